-- The ways in by HTTP: tokens and Mailgun routes of an account, and which of Mailgun's signed posts came already.

CREATE TABLE http_door (
    id BLOB PRIMARY KEY, account_id BLOB NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, token_hash BLOB,
    secret_sealed BLOB, created_at BIGINT NOT NULL, actor TEXT NOT NULL, revoked_at BIGINT, last_mail_at BIGINT
);
CREATE UNIQUE INDEX http_door_token ON http_door (token_hash) WHERE token_hash IS NOT NULL;
CREATE UNIQUE INDEX http_door_open ON http_door (account_id, name) WHERE revoked_at IS NULL;
CREATE INDEX http_door_by_account ON http_door (account_id, created_at);
CREATE TABLE mailgun_post (
    door_id BLOB NOT NULL, post_hash BLOB NOT NULL, digest BLOB NOT NULL, kept_until BIGINT NOT NULL,
    PRIMARY KEY (door_id, post_hash)
);
CREATE INDEX mailgun_post_by_end ON mailgun_post (kept_until);

CREATE INDEX inbound_mail_unproven_without_address ON inbound_mail (account_id, door, received_at)
    WHERE provenance = 'unproven' AND address_id IS NULL;
