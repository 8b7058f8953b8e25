-- One text for both databases, written so that SQLite keeps each table in the order of its key and without a second
-- tree: "integer" keys and WITHOUT ROWID. PostgreSQL reads "bigint" and nothing in their place.
--
-- Times are microseconds since 1970, ids of records and deliveries are dense integers drawn by the one writer, so that
-- their order is the order of commits.

-- What a source sent, byte for byte, in the order in which it became durable. Never updated.
CREATE TABLE delivery (
    id          integer NOT NULL PRIMARY KEY,
    source      text   NOT NULL,
    -- How the payload is to be read: 'manifest', 'canonical', or 'unreadable' for a dead letter from the start.
    shape       text   NOT NULL,
    received_us bigint NOT NULL,
    -- The dead letter that this delivery repairs.
    repairs     bigint,
    payload     bytea  NOT NULL
);

-- How far the pipeline has come; committed with the batch that it describes.
CREATE TABLE checkpoint (
    name     text   NOT NULL PRIMARY KEY,
    position bigint NOT NULL
);

-- The newest canonical state of one source's one customer; a deleted one keeps its row, so that an older version cannot bring it back.
CREATE TABLE source_record (
    record       integer NOT NULL PRIMARY KEY,
    delivery     bigint  NOT NULL,
    version      bigint  NOT NULL,
    updated_us   bigint  NOT NULL,
    content_hash bigint  NOT NULL,
    deleted      boolean NOT NULL,
    customer     text    NOT NULL
);

-- Source key to golden id, narrow because it changes at every merge.
CREATE TABLE crosswalk (
    record     integer NOT NULL PRIMARY KEY,
    source     text   NOT NULL,
    source_key text   NOT NULL,
    -- The golden id that this record brought along.
    anchor     uuid   NOT NULL,
    golden     uuid,
    UNIQUE (source, source_key)
);

-- A scored pair above the model's floor; a < b. New pairs mostly have the newest record in them, so the key begins with
-- it: rows are added at the end instead of all over the table.
CREATE TABLE edge (
    b      bigint NOT NULL,
    a      bigint NOT NULL,
    weight real   NOT NULL,
    PRIMARY KEY (b, a)
) WITHOUT ROWID;

-- The present state of every golden id ever published.
CREATE TABLE golden (
    id      uuid   NOT NULL PRIMARY KEY,
    version int    NOT NULL,
    owner   bigint NOT NULL,
    -- 'live', 'retired' or 'gone'.
    state   text   NOT NULL,
    -- The id that a retired one resolves to.
    into_id uuid,
    -- The change event that holds the values.
    event   bigint NOT NULL
) WITHOUT ROWID;

-- The feed: every version of every golden id, without a gap, in the order of commits. Also the history.
CREATE TABLE change_event (
    seq     integer NOT NULL PRIMARY KEY,
    golden  uuid   NOT NULL,
    version int    NOT NULL,
    kind    text   NOT NULL,
    at_us   bigint NOT NULL,
    body    text   NOT NULL,
    lineage text   NOT NULL
);
CREATE UNIQUE INDEX change_event_version ON change_event (golden, version);

-- What stewards decided; revoked decisions stay.
CREATE TABLE decision (
    id         uuid   NOT NULL PRIMARY KEY,
    verdict    text   NOT NULL,
    by_whom    text   NOT NULL,
    reason     text   NOT NULL,
    at_us      bigint NOT NULL,
    revoked_by text,
    revoked_us bigint
);

-- What stewards asked for, in order; the one writer turns it into decisions.
CREATE TABLE command (
    id         integer NOT NULL PRIMARY KEY,
    request    text   NOT NULL,
    -- NULL while it waits, then what came of it.
    outcome    text
);

CREATE INDEX command_waiting ON command (id) WHERE outcome IS NULL;

-- Doubtful pairs that wait for a steward; a < b.
CREATE TABLE review (
    b         bigint NOT NULL,
    a         bigint NOT NULL,
    weight    real   NOT NULL,
    reason    text   NOT NULL,
    opened_us bigint NOT NULL,
    PRIMARY KEY (b, a)
) WITHOUT ROWID;

-- Deliveries that could not be processed; the payload stands with the delivery.
CREATE TABLE dead_letter (
    delivery    integer NOT NULL PRIMARY KEY,
    source      text   NOT NULL,
    step        text   NOT NULL,
    reason      text   NOT NULL,
    at_us       bigint NOT NULL,
    -- The delivery that put it right.
    repaired_by bigint
);

-- Keys of programs; only their hashes.
CREATE TABLE api_key (
    id         uuid   NOT NULL PRIMARY KEY,
    name       text   NOT NULL,
    role       text   NOT NULL,
    hash       bytea  NOT NULL UNIQUE,
    created_us bigint NOT NULL,
    revoked_us bigint
);

-- Answers to requests that carried an Idempotency-Key, stored in the transaction that they report on.
CREATE TABLE idempotency (
    caller       uuid   NOT NULL,
    key          text   NOT NULL,
    request_hash bigint NOT NULL,
    response     text   NOT NULL,
    at_us        bigint NOT NULL,
    PRIMARY KEY (caller, key)
);

-- One row: each writer that takes over raises the epoch and so fences off its predecessor.
CREATE TABLE leader (
    one   int    NOT NULL PRIMARY KEY,
    epoch bigint NOT NULL
);
INSERT INTO leader (one, epoch) VALUES (1, 0);
