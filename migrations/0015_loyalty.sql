-- Points of loyalty programmes: a double-entry ledger to which lines are only ever added.

-- What loyalty systems have told, in the order in which it was posted; the same entry of one programme once.
CREATE TABLE ledger_entry (
    seq         integer NOT NULL PRIMARY KEY,
    programme   text   NOT NULL,
    entry_id    text   NOT NULL,
    -- The system that told it.
    source      text   NOT NULL,
    -- As it was told; JSON.
    entry       text   NOT NULL,
    -- Points of it that later entries have taken back.
    taken_back  bigint NOT NULL DEFAULT 0,
    received_us bigint NOT NULL,
    UNIQUE (programme, entry_id)
);

-- What entries move: the lines of one entry sum to 0. Each holds the sum of its account so far, so that a balance is read in
-- one row; `hub verify` adds them up again.
CREATE TABLE ledger_posting (
    programme text   NOT NULL,
    account   text   NOT NULL,
    seq       bigint NOT NULL,
    -- Its place in the entry: where the points come from is 0.
    line      int    NOT NULL,
    points    bigint NOT NULL,
    balance   bigint NOT NULL,
    PRIMARY KEY (programme, account, seq)
) WITHOUT ROWID;

-- Entries that take back what has not come yet.
CREATE TABLE ledger_waiting (
    programme   text   NOT NULL,
    entry_id    text   NOT NULL,
    reverses    text   NOT NULL,
    source      text   NOT NULL,
    entry       text   NOT NULL,
    received_us bigint NOT NULL,
    PRIMARY KEY (programme, entry_id)
) WITHOUT ROWID;
CREATE INDEX ledger_posting_entry ON ledger_posting (seq, line);
CREATE INDEX ledger_waiting_for ON ledger_waiting (programme, reverses);
