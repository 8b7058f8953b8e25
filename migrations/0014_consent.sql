-- What people have allowed and refused.

-- Every statement, never updated: by the source record that it is about, newest first where it is read.
CREATE TABLE consent_statement (
    record      bigint NOT NULL,
    -- When it was said; where the source does not say, when the record was changed.
    at_us       bigint NOT NULL,
    -- Of the statement: the same one is kept once, however often it is sent.
    digest      bigint NOT NULL,
    -- As it was understood, and as it was said with its evidence; JSON.
    statement   text   NOT NULL,
    delivery    bigint NOT NULL,
    received_us bigint NOT NULL,
    PRIMARY KEY (record, at_us, digest)
) WITHOUT ROWID;

-- What the statements of a record come to, so that they need not be read again; JSON.
CREATE TABLE stance (
    record integer NOT NULL PRIMARY KEY,
    stance text    NOT NULL
);

-- Golden records show consents and jurisdictions from now on: everybody's values are looked at once more.
UPDATE policy SET stage = 'renewing', weighs = FALSE, position = 0, settled_us = NULL,
       total = (SELECT COUNT(*) FROM source_record)
 WHERE stage IN ('renewing', 'settled') AND id = (SELECT MAX(id) FROM policy WHERE stage IN ('renewing', 'settled'));
