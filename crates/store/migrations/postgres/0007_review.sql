-- The review queue: which notices wait for a member and why, what was decided, which forms were taught; the amounts of
-- refunds; and by which notice an account's own texts are stopped.

ALTER TABLE notice ADD COLUMN review TEXT;
ALTER TABLE notice ADD COLUMN look_at BIGINT;
ALTER TABLE notice ADD COLUMN form_hash BYTEA;
ALTER TABLE account ADD COLUMN restriction_notice BYTEA;

UPDATE notice SET review = CASE
    WHEN outcome = 'unread' THEN 'unread'
    WHEN outcome = 'review' AND kind = 'forwarding_confirmation' THEN 'confirmation'
    WHEN outcome = 'review' AND kind = 'not_amazon' THEN 'unopened'
    WHEN outcome = 'review' AND kind IN ('unrecognised_amazon', 'content_blocked') THEN 'unknown_kind'
    WHEN outcome = 'review' THEN 'no_order'
    WHEN remarks LIKE '%several_orders%' THEN 'several_orders'
    WHEN matched_by = 'structure' THEN 'unclear'
    ELSE 'unproven' END
WHERE outcome IN ('unread', 'review') OR outcome = 'held' AND EXISTS
    (SELECT 1 FROM suppression WHERE suppression.notice_id = notice.id AND held = 1 AND NOT EXISTS
     (SELECT 1 FROM suppression_change WHERE suppression_id = suppression.id));
UPDATE notice SET look_at = 0 WHERE review IS NOT NULL;

CREATE INDEX notice_to_review ON notice (account_id, id) WHERE review IS NOT NULL;
CREATE INDEX notice_restricting ON notice (account_id, id) WHERE review = 'restriction_unproven';
CREATE INDEX notice_to_look_at ON notice (look_at) WHERE look_at IS NOT NULL;

CREATE TABLE review_decision (
    notice_id BYTEA NOT NULL, number BIGINT NOT NULL, account_id BYTEA NOT NULL, ruling TEXT NOT NULL, at BIGINT NOT NULL,
    actor TEXT NOT NULL, note_sealed BYTEA, ledger_number BIGINT NOT NULL, did TEXT NOT NULL,
    PRIMARY KEY (notice_id, number)
);
CREATE INDEX review_decision_by_account ON review_decision (account_id, at, notice_id);
CREATE TABLE taught_form (
    account_id BYTEA NOT NULL, form_hash BYTEA NOT NULL, ruling TEXT NOT NULL, notice_id BYTEA NOT NULL, at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (account_id, form_hash)
);
CREATE INDEX taught_form_by_notice ON taught_form (notice_id);
CREATE TABLE order_refund (
    account_id BYTEA NOT NULL, order_id TEXT NOT NULL, notice_id BYTEA NOT NULL, amount TEXT, currency TEXT, at BIGINT NOT NULL,
    PRIMARY KEY (account_id, order_id, notice_id)
);
