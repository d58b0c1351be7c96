-- Critical messages: what completes an order and may reach a buyer who opted out. Apart from the outbox, since they hold
-- no slot and come from no campaign. `day` counts from 1970 in UTC, for the limit of a day; `confirmed` are words.

CREATE TABLE critical_message (
    id BYTEA PRIMARY KEY, account_id BYTEA NOT NULL, order_id TEXT NOT NULL, store TEXT NOT NULL, reason TEXT NOT NULL,
    language TEXT, route TEXT NOT NULL, state TEXT NOT NULL, actor TEXT NOT NULL, confirmed TEXT NOT NULL,
    day BIGINT NOT NULL, created_at BIGINT NOT NULL, done_at BIGINT, ledger_number BIGINT NOT NULL,
    content_sealed BYTEA, purge_at BIGINT
);
CREATE INDEX critical_of_order ON critical_message (account_id, order_id, id);
CREATE INDEX critical_of_day ON critical_message (account_id, day);
CREATE INDEX critical_by_time ON critical_message (account_id, id);
CREATE INDEX critical_purge ON critical_message (purge_at) WHERE purge_at IS NOT NULL;
