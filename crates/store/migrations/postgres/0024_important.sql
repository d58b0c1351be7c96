-- Critical messages by e-mail under [Important]: the operator's switch for a store, and the outbox message that carries one.

ALTER TABLE seller ADD COLUMN important_by_email BIGINT NOT NULL DEFAULT 0;
ALTER TABLE critical_message ADD COLUMN message_id BYTEA;
CREATE UNIQUE INDEX critical_by_message ON critical_message (message_id) WHERE message_id IS NOT NULL;
