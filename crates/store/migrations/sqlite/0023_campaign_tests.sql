-- Campaigns that are tried out: since when, when they are looked at next, and for which orders a letter went to members.
-- A campaign in test is not active, so that the gate refuses whatever it may have planned.

ALTER TABLE campaign ADD COLUMN testing_since BIGINT;
ALTER TABLE campaign ADD COLUMN test_look_at BIGINT;
CREATE INDEX campaign_test_to_look_at ON campaign (test_look_at) WHERE test_look_at IS NOT NULL;
CREATE TABLE test_letter (
    campaign_id BLOB NOT NULL, order_id TEXT NOT NULL, account_id BLOB NOT NULL, version BIGINT NOT NULL, day BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, order_id)
);
CREATE INDEX test_letter_of_day ON test_letter (campaign_id, day);
CREATE INDEX test_letter_to_forget ON test_letter (at);
