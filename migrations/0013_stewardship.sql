-- What stewards arrange among themselves about an open case, and what their worklist is filtered by.

-- Whose records they are, and where those people live as far as that is known; of reviews from before, when something about
-- them changes.
ALTER TABLE review ADD COLUMN left_source text NOT NULL DEFAULT '';
ALTER TABLE review ADD COLUMN right_source text NOT NULL DEFAULT '';
ALTER TABLE review ADD COLUMN left_country text NOT NULL DEFAULT '';
ALTER TABLE review ADD COLUMN right_country text NOT NULL DEFAULT '';
-- Who is to decide it; the end of that day is when.
ALTER TABLE review ADD COLUMN assignee text NOT NULL DEFAULT '';
ALTER TABLE review ADD COLUMN due_us bigint;
-- Nobody is asked before.
ALTER TABLE review ADD COLUMN deferred_us bigint;
-- The verdict that somebody has given and a second person has yet to confirm: 'same' or 'different'.
ALTER TABLE review ADD COLUMN proposed text;
ALTER TABLE review ADD COLUMN proposed_by text;
ALTER TABLE review ADD COLUMN proposed_reason text;

UPDATE review SET left_source = (SELECT source FROM crosswalk WHERE record = review.a),
                  right_source = (SELECT source FROM crosswalk WHERE record = review.b);

CREATE INDEX review_country ON review (left_country);
CREATE INDEX review_deferred ON review (deferred_us) WHERE deferred_us IS NOT NULL;
-- The worklist is read from these alone, whatever it is filtered by.
DROP INDEX review_weight;
DROP INDEX review_opened;
CREATE INDEX review_weight ON review (weight, b, a, reason, opened_us, left_source, right_source, left_country, right_country, assignee, deferred_us);
CREATE INDEX review_opened ON review (opened_us, b, a, reason, weight, left_source, right_source, left_country, right_country, assignee, deferred_us);

-- What stewards tell each other about two records. Stays when the case is closed, because it may be opened again.
CREATE TABLE review_comment (
    id      uuid   NOT NULL PRIMARY KEY,
    a       bigint NOT NULL,
    b       bigint NOT NULL,
    by_whom text   NOT NULL,
    at_us   bigint NOT NULL,
    body    text   NOT NULL
);
CREATE INDEX review_comment_a ON review_comment (a);
CREATE INDEX review_comment_b ON review_comment (b);

-- How cases were decided, beside how likely they had looked: what matching is judged by.
CREATE TABLE review_outcome (
    decision uuid   NOT NULL PRIMARY KEY,
    weight   real   NOT NULL,
    verdict  text   NOT NULL,
    at_us    bigint NOT NULL
);

-- Filters of the worklist that somebody has given a name.
CREATE TABLE saved_view (
    account uuid NOT NULL,
    name    text NOT NULL,
    query   text NOT NULL,
    PRIMARY KEY (account, name)
);

-- How often what happened on which day (UTC, counted from 1970-01-01); written with what happened.
CREATE TABLE tally (
    day   bigint NOT NULL,
    name  text   NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (day, name)
) WITHOUT ROWID;

-- What came of comparing a source's own list with what the hub holds of it, the last time.
CREATE TABLE reconciliation (
    source  text   NOT NULL PRIMARY KEY,
    at_us   bigint NOT NULL,
    ours    bigint NOT NULL,
    theirs  bigint NOT NULL,
    differ  bigint NOT NULL,
    -- Deliveries that were made to put right what differed.
    healed  bigint NOT NULL
);
