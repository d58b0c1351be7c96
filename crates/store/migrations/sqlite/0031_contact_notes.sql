-- What people write to the operator from the help page; sealed, few, and gone when the operator is done with it.

CREATE TABLE contact_note (
    id BLOB PRIMARY KEY, at BIGINT NOT NULL, email_sealed BLOB NOT NULL, text_sealed BLOB NOT NULL
);
