-- Live sending: how a store's texts leave, who stopped it, how its server fares, its pace, and what came of a message.

CREATE TABLE sender (
    account_id BYTEA NOT NULL, store TEXT NOT NULL, from_sealed BYTEA NOT NULL, name_sealed BYTEA, host TEXT NOT NULL,
    port BIGINT NOT NULL, security TEXT NOT NULL, user_sealed BYTEA, password_sealed BYTEA,
    connections BIGINT NOT NULL, per_minute BIGINT NOT NULL, changed_at BIGINT NOT NULL, version BYTEA NOT NULL,
    PRIMARY KEY (account_id, store)
);
CREATE TABLE sender_trouble (
    account_id BYTEA NOT NULL, store TEXT NOT NULL, reason TEXT NOT NULL, since BIGINT NOT NULL,
    paused_until BIGINT NOT NULL, reply_sealed BYTEA,
    PRIMARY KEY (account_id, store)
);
-- The account of zeros stands for the installation, the empty store for the whole account.
CREATE TABLE sending_stop (
    account_id BYTEA NOT NULL, store TEXT NOT NULL, since BIGINT NOT NULL, actor TEXT NOT NULL,
    PRIMARY KEY (account_id, store)
);
CREATE TABLE sending_pace (
    account_id BYTEA NOT NULL, store TEXT NOT NULL, full_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, store)
);

ALTER TABLE message ADD COLUMN reply_sealed BYTEA;
ALTER TABLE message ADD COLUMN attempt_entry BIGINT;
ALTER TABLE message ADD COLUMN last_entry BIGINT;
ALTER TABLE message ADD COLUMN settled_at BIGINT;
CREATE INDEX message_pending ON message (account_id, store, next_try) WHERE state IN ('planned', 'waiting');
CREATE INDEX message_unknown ON message (account_id, id) WHERE state = 'unknown';
