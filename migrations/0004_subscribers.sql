-- Systems that are told of changes. The feed itself (change_event) is the log; here stands how far each has come.
CREATE TABLE subscriber (
    id               uuid   NOT NULL PRIMARY KEY,
    name             text   NOT NULL UNIQUE,
    -- Target, filter, projection and pace as JSON; secrets are named, never held.
    settings         text   NOT NULL,
    created_us       bigint NOT NULL,
    -- Raised by every change that is not the deliverer's own, so that it cannot store over it what it read before.
    revision         bigint NOT NULL,
    -- 'active', 'paused' or 'disabled', with the reason.
    status           text   NOT NULL,
    reason           text,
    -- Every event up to here is delivered, unwanted, or owed to a person in subscriber_owed.
    cursor           bigint NOT NULL,
    -- The circuit breaker: failures in a row while closed (no time), holds in a row while open until a time.
    circuit_failures bigint NOT NULL,
    circuit_until_us bigint,
    delivered        bigint NOT NULL,
    failed           bigint NOT NULL,
    delivered_us     bigint
) WITHOUT ROWID;

-- People whose events from seq up to the cursor are still to be delivered.
CREATE TABLE subscriber_owed (
    subscriber uuid   NOT NULL,
    golden     uuid   NOT NULL,
    seq        bigint NOT NULL,
    attempts   bigint NOT NULL,
    since_us   bigint NOT NULL,
    due_us     bigint NOT NULL,
    PRIMARY KEY (subscriber, golden)
) WITHOUT ROWID;

-- The latest failed attempts of each subscriber; never what was sent or answered.
CREATE TABLE subscriber_failure (
    subscriber uuid   NOT NULL,
    number     bigint NOT NULL,
    seq        bigint NOT NULL,
    attempt    bigint NOT NULL,
    at_us      bigint NOT NULL,
    what       text   NOT NULL,
    PRIMARY KEY (subscriber, number)
) WITHOUT ROWID;
