-- Who did what, one entry after the other, each sealed by a hash over itself and the one before. Nothing personal stands
-- here: entries name golden ids, decisions and requests, whose values lie elsewhere, so that forgetting somebody changes none.
CREATE TABLE audit_entry (
    seq     integer NOT NULL PRIMARY KEY,
    at_us   bigint NOT NULL,
    -- An API key's or an account's name, or who ran the program.
    actor   text   NOT NULL,
    role    text   NOT NULL,
    action  text   NOT NULL,
    -- What it was done to.
    subject text   NOT NULL,
    -- 'permitted' or 'denied'.
    outcome text   NOT NULL,
    hash    bytea  NOT NULL
);
CREATE INDEX audit_entry_actor ON audit_entry (actor, seq);
