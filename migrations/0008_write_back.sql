-- What was asked of sources: written before the request leaves, so that it is known when the source says it again.
CREATE TABLE write_back (
    source       text   NOT NULL,
    source_key   text   NOT NULL,
    -- Of the record as it will be once the request is obeyed.
    content_hash bigint NOT NULL,
    -- When the record was changed before: what the hub has written is no news of the person.
    updated_us   bigint NOT NULL,
    at_us        bigint NOT NULL,
    -- The delivery that told the record's state before; 0 once the source has refused the request.
    delivery     bigint NOT NULL,
    -- Whether the source has confirmed it.
    taken        boolean NOT NULL,
    -- Requests for this content within a day.
    attempts     bigint NOT NULL,
    PRIMARY KEY (source, source_key, content_hash)
) WITHOUT ROWID;
