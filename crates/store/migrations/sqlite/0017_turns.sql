-- Turns under the daily cap: by the campaign's priority, and whether any message waits for a day with room.

ALTER TABLE campaign_version ADD COLUMN priority BIGINT NOT NULL DEFAULT 50;
CREATE INDEX message_capped ON message (account_id) WHERE state = 'waiting' AND reason = 'cap_reached';
