-- Provenance: what is still to be graded, what the grades were, and whom an account's members confirmed as forwarders.

CREATE TABLE grading (
    mail_id BYTEA PRIMARY KEY, account_id BYTEA NOT NULL, due BIGINT NOT NULL, tries BIGINT NOT NULL,
    lease BYTEA, lease_until BIGINT
);
CREATE INDEX grading_due ON grading (due);
CREATE TABLE forwarder (
    account_id BYTEA NOT NULL, address_hash BYTEA NOT NULL, address_sealed BYTEA NOT NULL,
    confirmed_at BIGINT NOT NULL, actor TEXT NOT NULL,
    PRIMARY KEY (account_id, address_hash)
);

ALTER TABLE notice ADD COLUMN provenance TEXT;
ALTER TABLE notice ADD COLUMN grade_reasons TEXT;
ALTER TABLE notice ADD COLUMN graded_by TEXT;
CREATE INDEX inbound_mail_unproven ON inbound_mail (address_id, received_at)
    WHERE provenance = 'unproven' AND address_id IS NOT NULL;
CREATE INDEX suppression_by_notice ON suppression (notice_id) WHERE held = 1;
