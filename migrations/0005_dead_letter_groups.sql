-- What like failures have in common. Empty only until the program that makes the upgrade has filled it in.
ALTER TABLE dead_letter ADD COLUMN fingerprint text NOT NULL DEFAULT '';

-- Those that wait for repair, by group.
CREATE INDEX dead_letter_open ON dead_letter (fingerprint, delivery) WHERE repaired_by IS NULL;
