-- The daily digest to members: when an account's next is due, and up to which entry of its ledger the last one told.

ALTER TABLE account ADD COLUMN digest_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN digest_number BIGINT NOT NULL DEFAULT 0;
CREATE INDEX account_digest ON account (digest_at);
