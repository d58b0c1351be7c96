-- Searching the list and the outbox: an entry's store, and the ways by which a page finds its rows.

-- No part of the entry: its order's store once the order is known, else the one that its notice names.
ALTER TABLE suppression ADD COLUMN store TEXT;
UPDATE suppression SET store = COALESCE(
    (SELECT orders.store FROM orders WHERE orders.account_id = suppression.account_id AND orders.order_id = suppression.order_id),
    (SELECT notice.marketplace FROM notice WHERE notice.id = suppression.notice_id));

-- Each begins with an expression or a column that no other statement asks for: SQLite plans without a look at the values,
-- and would else find by them what better indexes find.
CREATE INDEX suppression_by_reason ON suppression ((reason || ''), account_id, since, id);
CREATE INDEX suppression_by_store ON suppression (store, account_id, reason, since, id) WHERE store IS NOT NULL;
CREATE INDEX message_by_state ON message ((state || ''), account_id, id);
CREATE INDEX message_by_campaign ON message (COALESCE(campaign_id, id), account_id, id);
CREATE INDEX message_by_day ON message ((store || ''), account_id, (COALESCE(sent_at, due, created_at)), id);
