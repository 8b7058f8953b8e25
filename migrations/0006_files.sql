-- Files of sources, each known by its content. How far one was read commits with the deliveries that it gave, so that a
-- file is read once however often it comes, and to its end however often the hub is killed.
CREATE TABLE source_file (
    source   text   NOT NULL,
    -- SHA-256 of its bytes, in hexadecimal digits.
    hash     text   NOT NULL,
    -- Records that are durable, good and bad; a file that broke off is read on behind them.
    records  bigint NOT NULL,
    rejected bigint NOT NULL,
    began_us bigint NOT NULL,
    -- When it was read to its end.
    ended_us bigint,
    PRIMARY KEY (source, hash)
) WITHOUT ROWID;
