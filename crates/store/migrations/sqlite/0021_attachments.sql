-- Files that go with a campaign's letters. Which letter takes which stands in the campaign's text; nothing was kept here
-- before, so the table is made anew.

DROP TABLE campaign_attachment;
CREATE TABLE campaign_attachment (
    campaign_id BLOB NOT NULL, version BIGINT NOT NULL, place BIGINT NOT NULL, account_id BLOB NOT NULL, name TEXT NOT NULL,
    digest BLOB NOT NULL, size BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, version, place)
);
