-- Split tests: which arm of its campaign a message belongs to, and a campaign's messages one version at a time.

ALTER TABLE message ADD COLUMN arm TEXT;
CREATE INDEX message_of_arm ON message (campaign_id, campaign_version, id) WHERE arm IS NOT NULL;
