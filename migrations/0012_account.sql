-- People who sign in. Programs have keys.
CREATE TABLE account (
    id          uuid   NOT NULL PRIMARY KEY,
    -- What is typed, in small letters.
    name        text   NOT NULL UNIQUE,
    role        text   NOT NULL,
    -- A PHC string: the function, its costs, the salt and the hash.
    password    text   NOT NULL,
    created_us  bigint NOT NULL,
    disabled_us bigint,
    -- Wrong passwords since the last right one, and until when no further one is looked at.
    failures    bigint NOT NULL,
    locked_us   bigint NOT NULL
);

-- Who is signed in; only the hash of what the browser holds, so that a stolen database opens no door.
CREATE TABLE account_session (
    hash       bytea  NOT NULL PRIMARY KEY,
    account    uuid   NOT NULL,
    created_us bigint NOT NULL,
    seen_us    bigint NOT NULL
);
CREATE INDEX account_session_account ON account_session (account);

-- The worklist, the likeliest pairs first and the oldest first.
CREATE INDEX review_weight ON review (weight);
CREATE INDEX review_opened ON review (opened_us);
