-- What an operator has to know of, oldest first; never a person's values.
CREATE TABLE operator_event (
    id      integer NOT NULL PRIMARY KEY,
    at_us   bigint NOT NULL,
    -- 'subscriber_disabled', 'subscriber_misconfigured' or 'subscriber_restored'.
    kind    text   NOT NULL,
    -- The id of what it is about.
    subject text   NOT NULL,
    -- What happened, and what to do.
    detail  text   NOT NULL
);
