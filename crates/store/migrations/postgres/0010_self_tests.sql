-- Self-tests of every kind of way in; nothing wrote the table as it stood. `way` is the way's written form.

DROP TABLE self_test;
CREATE TABLE self_test (
    id BYTEA PRIMARY KEY, account_id BYTEA NOT NULL, way TEXT NOT NULL, store TEXT NOT NULL,
    member_id BYTEA NOT NULL, member_mail_id BYTEA NOT NULL UNIQUE, marker_hash BYTEA NOT NULL UNIQUE,
    started_at BIGINT NOT NULL, sent_at BIGINT, ends_at BIGINT NOT NULL, state TEXT NOT NULL,
    came_at BIGINT, door TEXT, forwarded TEXT
);
CREATE INDEX self_test_of_way ON self_test (account_id, way, id);
CREATE INDEX self_test_ending ON self_test (ends_at) WHERE state = 'waiting';
CREATE INDEX self_test_by_time ON self_test (started_at);
ALTER TABLE account ADD COLUMN silence_look_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX account_silence ON account (silence_look_at);
