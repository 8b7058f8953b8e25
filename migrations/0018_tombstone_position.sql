-- Deliveries up to this one were dealt with before the person was forgotten: a replay takes them in as they were then.
ALTER TABLE tombstone ADD COLUMN position bigint NOT NULL DEFAULT 0;
