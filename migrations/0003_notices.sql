-- The topic under which a webhook brought a delivery; absent for all others.
ALTER TABLE delivery ADD COLUMN topic text;

-- What webhooks told that is no customer's state, for whoever it is for; the payload stands with the delivery.
CREATE TABLE notice (
    delivery   integer NOT NULL PRIMARY KEY,
    source     text   NOT NULL,
    topic      text   NOT NULL,
    -- 'merge', 'privacy', 'fetch' or 'keep'.
    purpose    text   NOT NULL,
    -- The record that it is about, where the source says.
    source_key text,
    at_us      bigint NOT NULL
);
CREATE INDEX notice_purpose ON notice (purpose, delivery);
