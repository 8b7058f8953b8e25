-- Under which matching model and which survivorship rules each decision of the hub was made.

-- Every matching model that somebody wanted in force, as JSON. Never updated, never removed.
CREATE TABLE matching_model (
    id       integer NOT NULL PRIMARY KEY,
    -- Of the content, so that the same model is kept once.
    hash     text   NOT NULL UNIQUE,
    name     text   NOT NULL,
    body     text   NOT NULL,
    added_us bigint NOT NULL
);

-- The same for survivorship rules, as TOML with its comments; the hash leaves those out.
CREATE TABLE rule_set (
    id       integer NOT NULL PRIMARY KEY,
    hash     text   NOT NULL UNIQUE,
    name     text   NOT NULL,
    body     text   NOT NULL,
    added_us bigint NOT NULL
);

-- Every pair of a model and rules that was asked for, in order: who, when, why, and how far it has come.
-- In force is the newest one that is 'renewing' or 'settled'.
CREATE TABLE policy (
    id          integer NOT NULL PRIMARY KEY,
    model       bigint  NOT NULL,
    rules       bigint  NOT NULL,
    by_whom     text    NOT NULL,
    reason      text    NOT NULL,
    at_us       bigint  NOT NULL,
    -- 'weighing', 'renewing', 'settled' or 'superseded'.
    stage       text    NOT NULL,
    -- Whether pairs are weighed anew, because the model is another one.
    weighs      boolean NOT NULL,
    -- Records that the stage is done with, committed with them.
    position    bigint  NOT NULL,
    total       bigint  NOT NULL,
    in_force_us bigint,
    settled_us  bigint
);

-- What was decided before policies were numbered was decided under what becomes the first one.
ALTER TABLE edge ADD COLUMN policy int NOT NULL DEFAULT 1;
ALTER TABLE review ADD COLUMN policy int NOT NULL DEFAULT 1;
ALTER TABLE change_event ADD COLUMN policy int NOT NULL DEFAULT 1;
ALTER TABLE decision ADD COLUMN policy int NOT NULL DEFAULT 1;
