-- What people may ask for: to see what is held about them, and to be forgotten.

-- Which deliveries said something of a record, so that all of them are found when the person is to be forgotten.
CREATE TABLE record_delivery (
    record   bigint NOT NULL,
    delivery bigint NOT NULL,
    PRIMARY KEY (record, delivery)
) WITHOUT ROWID;
INSERT INTO record_delivery (record, delivery) SELECT record, delivery FROM source_record;

-- Which golden records a record ever belonged to: their history holds values of it.
CREATE TABLE record_golden (
    record bigint NOT NULL,
    golden uuid   NOT NULL,
    PRIMARY KEY (record, golden)
) WITHOUT ROWID;
CREATE INDEX record_golden_members ON record_golden (golden, record);
INSERT INTO record_golden (record, golden) SELECT record, golden FROM crosswalk WHERE golden IS NOT NULL;

-- Requests with their clocks. Nothing personal stands here: a golden id leads nowhere once the person is forgotten.
CREATE TABLE privacy_request (
    id          uuid   NOT NULL PRIMARY KEY,
    -- 'access' or 'erasure'.
    kind        text   NOT NULL,
    -- 'open', 'verified', 'held', 'done' or 'refused'.
    state       text   NOT NULL,
    golden      uuid   NOT NULL,
    received_us bigint NOT NULL,
    due_us      bigint NOT NULL,
    -- What is to stay of an erasure, as JSON.
    keeps       text   NOT NULL,
    by_whom     text   NOT NULL,
    -- How the identity was checked, by whom and when.
    identity    text,
    verified_by text,
    verified_us bigint,
    -- Why it was put on hold or refused.
    reason      text,
    ended_by    text,
    ended_us    bigint,
    -- What was done, in numbers; JSON.
    summary     text,
    -- The last change event of an erased person.
    event       bigint
);
CREATE INDEX privacy_request_due ON privacy_request (state, due_us);

-- Sources that had records of an erased person, until each has said that it has removed them.
CREATE TABLE erasure_source (
    request         uuid   NOT NULL,
    source          text   NOT NULL,
    records         bigint NOT NULL,
    acknowledged_us bigint,
    acknowledged_by text,
    PRIMARY KEY (request, source)
) WITHOUT ROWID;

-- Keyed hashes of what a forgotten person was known by.
CREATE TABLE tombstone (
    hash       bytea  NOT NULL PRIMARY KEY,
    -- 'key', 'email', 'phone' or 'identifier'.
    kind       text   NOT NULL,
    request    uuid   NOT NULL,
    at_us      bigint NOT NULL,
    -- Deliveries that were refused because of it.
    refused    bigint NOT NULL DEFAULT 0,
    refused_us bigint
);

-- With what tombstones are hashed: one row, drawn when the first person is forgotten.
CREATE TABLE tombstone_key (
    one  int   NOT NULL PRIMARY KEY,
    salt bytea NOT NULL
);

-- A command that is done with says nothing more of anybody; what came of it stays.
UPDATE command SET request = '{}' WHERE outcome IS NOT NULL;
