-- What a source's payloads are made of: records under the empty topic, a webhook's notices under theirs.
CREATE TABLE layout (
    source    text   NOT NULL,
    topic     text   NOT NULL,
    -- Payloads seen so far; those up to `accepted` are how an engineer says that they are to be.
    records   bigint NOT NULL,
    accepted  bigint NOT NULL,
    -- Changes of fields that there are now, and the most that operators were told of.
    changes   bigint NOT NULL,
    told      bigint NOT NULL,
    first_us  bigint NOT NULL,
    last_us   bigint NOT NULL,
    PRIMARY KEY (source, topic)
);

-- A field that held something of a kind: in how many payloads, and in which of them first and last.
CREATE TABLE layout_field (
    source       text   NOT NULL,
    topic        text   NOT NULL,
    path         text   NOT NULL,
    kind         text   NOT NULL,
    records      bigint NOT NULL,
    first_record bigint NOT NULL,
    last_record  bigint NOT NULL,
    first_us     bigint NOT NULL,
    last_us      bigint NOT NULL,
    PRIMARY KEY (source, topic, path, kind)
);
