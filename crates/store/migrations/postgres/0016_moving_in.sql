-- Moving in: orders that another tool has messaged, by the lists that say so, and what was taken back of them; a list
-- that a member has uploaded and not imported yet, for minutes; and what campaigns attach to their letters.

CREATE TABLE messaged_list (
    id BYTEA PRIMARY KEY, account_id BYTEA NOT NULL, digest BYTEA NOT NULL, entered_at BIGINT NOT NULL, actor TEXT NOT NULL,
    orders BIGINT NOT NULL
);
CREATE INDEX messaged_list_by_account ON messaged_list (account_id, id);
CREATE INDEX messaged_list_by_digest ON messaged_list (account_id, digest);
CREATE TABLE messaged_order (
    account_id BYTEA NOT NULL, order_id TEXT NOT NULL, list_id BYTEA NOT NULL, messaged_at BIGINT,
    PRIMARY KEY (account_id, order_id, list_id)
);
CREATE TABLE messaged_removal (
    list_id BYTEA NOT NULL, order_id TEXT NOT NULL, account_id BYTEA NOT NULL, at BIGINT NOT NULL, actor TEXT NOT NULL,
    ledger_number BIGINT NOT NULL,
    PRIMARY KEY (list_id, order_id)
);

CREATE TABLE list_upload (
    id BYTEA NOT NULL, part BIGINT NOT NULL, account_id BYTEA NOT NULL, actor TEXT NOT NULL, ends_at BIGINT NOT NULL,
    content_sealed BYTEA NOT NULL,
    PRIMARY KEY (id, part)
);
CREATE INDEX list_upload_to_purge ON list_upload (ends_at);

CREATE TABLE attachment (
    account_id BYTEA NOT NULL, digest BYTEA NOT NULL, size BIGINT NOT NULL, content BYTEA NOT NULL,
    PRIMARY KEY (account_id, digest)
);
CREATE TABLE campaign_attachment (
    campaign_id BYTEA NOT NULL, version BIGINT NOT NULL, place BIGINT NOT NULL, name TEXT NOT NULL, digest BYTEA NOT NULL,
    size BIGINT NOT NULL, languages TEXT NOT NULL,
    PRIMARY KEY (campaign_id, version, place)
);
ALTER TABLE message ADD COLUMN attachments TEXT;
