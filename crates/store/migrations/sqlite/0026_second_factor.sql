-- The second factor of a member's sign-in: a sealed secret that counts once a code of it was entered, the hashes of his
-- recovery codes, and sign-ins whose password was right and whose code is still asked for.

CREATE TABLE second_factor (
    member_id BLOB PRIMARY KEY, secret_sealed BLOB NOT NULL, confirmed_at BIGINT, last_step BIGINT NOT NULL
);
CREATE TABLE recovery_code (
    member_id BLOB NOT NULL, code_hash BLOB NOT NULL,
    PRIMARY KEY (member_id, code_hash)
);
CREATE TABLE half_sign_in (
    token_hash BLOB PRIMARY KEY, member_id BLOB NOT NULL, expires_at BIGINT NOT NULL
);
CREATE INDEX half_sign_in_by_member ON half_sign_in (member_id);
CREATE INDEX half_sign_in_by_end ON half_sign_in (expires_at);
