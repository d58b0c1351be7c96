-- The order in which a page wants what is of one state or campaign is made one that no other index has: by the bare id
-- PostgreSQL walked all messages of an account until enough of a rare state were met.

DROP INDEX message_by_state;
DROP INDEX message_by_campaign;
CREATE INDEX message_by_state ON message ((state || ''), account_id, (id || ''::bytea));
CREATE INDEX message_by_campaign ON message (COALESCE(campaign_id, id), account_id, (id || ''::bytea));
