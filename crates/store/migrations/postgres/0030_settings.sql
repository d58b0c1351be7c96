-- Servers that a member named are connected to at public addresses alone; and a sender that waits to be tried out, or how
-- that ended.

ALTER TABLE sender ADD COLUMN only_public BIGINT NOT NULL DEFAULT 0;
ALTER TABLE mail_folder ADD COLUMN only_public BIGINT NOT NULL DEFAULT 0;
CREATE TABLE sender_trial (
    account_id BYTEA NOT NULL, store TEXT NOT NULL, asked_at BIGINT NOT NULL, lease BYTEA, lease_until BIGINT NOT NULL DEFAULT 0,
    answered_at BIGINT, works BIGINT, words_sealed BYTEA,
    PRIMARY KEY (account_id, store)
);
CREATE INDEX sender_trial_open ON sender_trial (asked_at) WHERE answered_at IS NULL;
