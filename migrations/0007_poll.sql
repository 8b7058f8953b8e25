-- Systems that are read over HTTP: how far each has been read, and how that goes.
CREATE TABLE poll (
    source      text   NOT NULL PRIMARY KEY,
    -- Raised by every change that is not the reader's own, so that it cannot store over it what it read before.
    revision    bigint NOT NULL,
    -- 'active' or 'paused'.
    status      text   NOT NULL,
    -- How far it has been read, as the planner writes it; it changes with the records that it stands for.
    progress    text   NOT NULL,
    -- When the next page, or the next run, is due.
    due_us      bigint NOT NULL,
    -- Nothing at all is asked before.
    held_us     bigint NOT NULL,
    -- Failures in a row; from five on the circuit is open.
    failures    bigint NOT NULL,
    failed_us   bigint,
    -- What went wrong the last time; never what was sent or answered.
    failure     text,
    -- When the last page was stored, and when everything had been read the last time.
    answered_us bigint,
    finished_us bigint,
    pages       bigint NOT NULL,
    records     bigint NOT NULL,
    -- Records that said what they had said the last time, and were not stored again.
    unchanged   bigint NOT NULL,
    -- Thin notices up to this delivery have been followed up.
    notice      bigint NOT NULL
);

-- What polled records said the last time, so that reading everything again stores only what is new.
CREATE TABLE poll_seen (
    source     text   NOT NULL,
    source_key text   NOT NULL,
    hash       bigint NOT NULL,
    delivery   bigint NOT NULL,
    PRIMARY KEY (source, source_key)
) WITHOUT ROWID;
