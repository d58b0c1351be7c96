-- Folders of sellers' own mailboxes, watched by IMAP: what to read, how far it was read, by whom, how it fares.

-- The empty store stands for the whole account.
CREATE TABLE mail_folder (
    account_id BYTEA NOT NULL, store TEXT NOT NULL, host TEXT NOT NULL, port BIGINT NOT NULL, security TEXT NOT NULL,
    user_sealed BYTEA NOT NULL, password_sealed BYTEA, token_file_sealed BYTEA, folder_sealed BYTEA NOT NULL,
    move_to_sealed BYTEA, start TEXT NOT NULL, changed_at BIGINT NOT NULL, version BYTEA NOT NULL,
    validity BIGINT, uid BIGINT, read_at BIGINT, last_mail_at BIGINT, last_notice_at BIGINT,
    trouble TEXT, trouble_since BIGINT, failures BIGINT NOT NULL, next_try BIGINT NOT NULL, broke_feed BIGINT NOT NULL,
    lease BYTEA, lease_until BIGINT NOT NULL,
    PRIMARY KEY (account_id, store)
);
CREATE INDEX mail_folder_due ON mail_folder (next_try);
