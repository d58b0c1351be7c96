-- A feed that watches itself: mail to members, known breaks by cause, self-tests, and the last notice of each way in.

CREATE TABLE member_mail (
    id BYTEA PRIMARY KEY, account_id BYTEA NOT NULL, member_id BYTEA NOT NULL, kind TEXT NOT NULL,
    subject_hash BYTEA NOT NULL UNIQUE, subject_sealed BYTEA, text_sealed BYTEA, day BIGINT NOT NULL,
    created_at BIGINT NOT NULL, state TEXT NOT NULL, reason TEXT, tries BIGINT NOT NULL, next_try BIGINT,
    lease BYTEA, settled_at BIGINT
);
CREATE INDEX member_mail_due ON member_mail (next_try) WHERE next_try IS NOT NULL;
CREATE INDEX member_mail_by_day ON member_mail (member_id, day);
CREATE INDEX member_mail_by_time ON member_mail (created_at);
ALTER TABLE alert ADD COLUMN mail_due BIGINT;
ALTER TABLE alert ADD COLUMN mailed_at BIGINT;
CREATE INDEX alert_mail_due ON alert (mail_due) WHERE mail_due IS NOT NULL;
CREATE INDEX alert_mail_of ON alert (account_id, mail_due) WHERE mail_due IS NOT NULL;
CREATE INDEX alert_mailed ON alert (account_id, mailed_at) WHERE mailed_at IS NOT NULL;

-- The empty store stands for the whole account; `way` tells breaks of one cause apart, and is empty where there is one.
CREATE TABLE feed_break (
    account_id BYTEA NOT NULL, store TEXT NOT NULL, cause TEXT NOT NULL, way TEXT NOT NULL, since BIGINT NOT NULL,
    PRIMARY KEY (account_id, store, cause, way)
);
INSERT INTO feed_break (account_id, store, cause, way, since)
    SELECT account_id, store, 'sign_in_refused', '', COALESCE(trouble_since, changed_at) FROM mail_folder
    WHERE broke_feed = 1;
INSERT INTO feed_break (account_id, store, cause, way, since)
    SELECT id, '', 'declared', '', feed_broken_since FROM account WHERE feed_broken_since IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM mail_folder WHERE mail_folder.account_id = account.id AND mail_folder.broke_feed = 1);

CREATE TABLE self_test (
    id BYTEA PRIMARY KEY, account_id BYTEA NOT NULL, address_id BYTEA NOT NULL, store TEXT NOT NULL,
    member_id BYTEA NOT NULL, member_mail_id BYTEA NOT NULL UNIQUE, marker_hash BYTEA NOT NULL UNIQUE,
    started_at BIGINT NOT NULL, sent_at BIGINT, ends_at BIGINT NOT NULL, state TEXT NOT NULL,
    came_at BIGINT, door TEXT, forwarded TEXT
);
CREATE INDEX self_test_by_address ON self_test (address_id, id);
CREATE INDEX self_test_ending ON self_test (ends_at) WHERE state = 'waiting';

ALTER TABLE address ADD COLUMN last_notice_mail BYTEA;
ALTER TABLE mail_folder ADD COLUMN last_notice_mail BYTEA;
ALTER TABLE http_door ADD COLUMN last_notice_mail BYTEA;
ALTER TABLE http_door ADD COLUMN last_notice_at BIGINT;
