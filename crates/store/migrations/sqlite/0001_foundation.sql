-- The foundation: accounts, ledger, inbound mail, suppressions, orders, campaigns, outbox, members.
-- Times are UTC microseconds; ids are 16 bytes (UUIDv7); *_sealed is encrypted; *_hash is keyed.

CREATE TABLE installation (
    name TEXT PRIMARY KEY, value TEXT NOT NULL
);

CREATE TABLE account (
    id BLOB PRIMARY KEY, handle TEXT NOT NULL UNIQUE, name TEXT NOT NULL, created_at BIGINT NOT NULL,
    trust_addresses BIGINT NOT NULL, solicit_without_alias BIGINT NOT NULL, delivery_days BIGINT,
    restricted_since BIGINT, feed_broken_since BIGINT
);

CREATE TABLE seller (
    account_id BLOB NOT NULL, store TEXT NOT NULL, delivery TEXT NOT NULL,
    PRIMARY KEY (account_id, store)
);

CREATE TABLE address (
    id BLOB PRIMARY KEY, account_id BLOB NOT NULL, store TEXT, kind TEXT NOT NULL,
    local_part_hash BLOB NOT NULL UNIQUE, local_part_sealed BLOB NOT NULL, state TEXT NOT NULL,
    issued_at BIGINT NOT NULL, accepted_until BIGINT, last_mail_at BIGINT, last_notice_at BIGINT
);
CREATE INDEX address_by_account ON address (account_id, id);

CREATE TABLE ledger_head (
    account_id BLOB PRIMARY KEY, number BIGINT NOT NULL, mac BLOB NOT NULL, time BIGINT NOT NULL
);
CREATE INDEX ledger_head_by_time ON ledger_head (time);
CREATE TABLE ledger_entry (
    account_id BLOB NOT NULL, number BIGINT NOT NULL, kind TEXT NOT NULL, time BIGINT NOT NULL, as_of BIGINT,
    digest BLOB NOT NULL, mac BLOB NOT NULL, salt_sealed BLOB, payload_sealed BLOB,
    PRIMARY KEY (account_id, number)
);

CREATE TABLE inbound_mail (
    id BLOB PRIMARY KEY, account_id BLOB NOT NULL, address_id BLOB, door TEXT NOT NULL,
    received_at BIGINT NOT NULL, written_at BIGINT, digest BLOB NOT NULL, size BIGINT NOT NULL,
    provenance TEXT NOT NULL, from_domain TEXT, subject_sealed BLOB, raw_sealed BLOB, purge_at BIGINT
);
CREATE INDEX inbound_mail_by_account ON inbound_mail (account_id, id);
CREATE INDEX inbound_mail_by_digest ON inbound_mail (account_id, digest);
CREATE INDEX inbound_mail_to_purge ON inbound_mail (purge_at) WHERE purge_at IS NOT NULL;

CREATE TABLE notice (
    id BLOB PRIMARY KEY, account_id BLOB NOT NULL, mail_id BLOB NOT NULL, part BIGINT NOT NULL,
    kind TEXT NOT NULL, buyer_hash BLOB, alias_sealed BLOB, marketplace TEXT, language TEXT,
    forwarded TEXT NOT NULL, matched_by TEXT NOT NULL, outcome TEXT NOT NULL, remarks TEXT NOT NULL,
    order_ids TEXT NOT NULL
);
CREATE INDEX notice_by_mail ON notice (mail_id, part);
CREATE TABLE notice_order (
    account_id BLOB NOT NULL, order_id TEXT NOT NULL, notice_id BLOB NOT NULL,
    PRIMARY KEY (account_id, order_id, notice_id)
);
CREATE TABLE notice_identity (
    account_id BLOB NOT NULL, subject_hash BLOB NOT NULL, notice_id BLOB NOT NULL,
    message_id_hash BLOB, sentence_hash BLOB, day BIGINT, digest BLOB NOT NULL,
    PRIMARY KEY (account_id, subject_hash, notice_id)
);

CREATE TABLE suppression (
    id BLOB PRIMARY KEY, account_id BLOB NOT NULL, order_id TEXT, reason TEXT NOT NULL, origin TEXT NOT NULL,
    held BIGINT NOT NULL, since BIGINT NOT NULL, entered_at BIGINT NOT NULL, notice_id BLOB,
    note_sealed BLOB, ledger_number BIGINT NOT NULL
);
CREATE INDEX suppression_by_order ON suppression (account_id, order_id) WHERE order_id IS NOT NULL;
CREATE INDEX suppression_by_account ON suppression (account_id, id);
CREATE INDEX suppression_held ON suppression (account_id, id) WHERE held = 1;
CREATE TABLE suppression_buyer (
    account_id BLOB NOT NULL, buyer_hash BLOB NOT NULL, suppression_id BLOB NOT NULL, alias_sealed BLOB,
    learnt_at BIGINT NOT NULL, purge_at BIGINT,
    PRIMARY KEY (account_id, buyer_hash, suppression_id)
);
CREATE INDEX suppression_buyer_by_suppression ON suppression_buyer (suppression_id);
CREATE INDEX suppression_buyer_to_purge ON suppression_buyer (purge_at) WHERE purge_at IS NOT NULL;
CREATE TABLE suppression_change (
    suppression_id BLOB NOT NULL, number BIGINT NOT NULL, change TEXT NOT NULL, at BIGINT NOT NULL,
    actor TEXT NOT NULL, note_sealed BLOB, ledger_number BIGINT NOT NULL,
    PRIMARY KEY (suppression_id, number)
);

CREATE TABLE orders (
    account_id BLOB NOT NULL, order_id TEXT NOT NULL, store TEXT NOT NULL, purchased_at BIGINT,
    updated_at BIGINT, status TEXT, fulfilment TEXT, shipped_at BIGINT, estimated_arrival BIGINT,
    window_start BIGINT, window_end BIGINT, promised_at BIGINT, delivery_earliest BIGINT,
    delivery_latest BIGINT, delivery_basis TEXT, buyer_hash BLOB, alias_sealed BLOB, ship_country TEXT,
    business BIGINT, incomplete BIGINT NOT NULL, first_seen_at BIGINT NOT NULL, changed_at BIGINT NOT NULL,
    purge_at BIGINT,
    PRIMARY KEY (account_id, order_id)
);
CREATE INDEX orders_by_buyer ON orders (account_id, buyer_hash) WHERE buyer_hash IS NOT NULL;
CREATE INDEX orders_by_purchase ON orders (account_id, purchased_at, order_id);
CREATE INDEX orders_without_alias ON orders (account_id, purchased_at) WHERE buyer_hash IS NULL;
CREATE INDEX orders_to_purge ON orders (purge_at) WHERE purge_at IS NOT NULL;
CREATE TABLE order_item (
    account_id BLOB NOT NULL, order_id TEXT NOT NULL, line TEXT NOT NULL, sku TEXT, asin TEXT,
    product_name TEXT, quantity BIGINT, price_amount TEXT, price_currency TEXT, promotion_ids TEXT,
    PRIMARY KEY (account_id, order_id, line)
);
CREATE TABLE order_mark (
    account_id BLOB NOT NULL, order_id TEXT NOT NULL, mark TEXT NOT NULL, since BIGINT NOT NULL,
    provisional BIGINT NOT NULL, notice_id BLOB,
    PRIMARY KEY (account_id, order_id, mark)
);
CREATE TABLE buyer (
    account_id BLOB NOT NULL, buyer_hash BLOB NOT NULL, names BIGINT NOT NULL, shared BIGINT NOT NULL,
    PRIMARY KEY (account_id, buyer_hash)
);
CREATE TABLE buyer_name (
    account_id BLOB NOT NULL, buyer_hash BLOB NOT NULL, name_hash BLOB NOT NULL,
    PRIMARY KEY (account_id, buyer_hash, name_hash)
);

CREATE TABLE campaign (
    id BLOB PRIMARY KEY, account_id BLOB NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
    active BIGINT NOT NULL, activated_at BIGINT NOT NULL, backfill_from BIGINT, backfill_order TEXT,
    UNIQUE (account_id, name)
);
CREATE INDEX campaign_to_backfill ON campaign (id) WHERE backfill_from IS NOT NULL;
CREATE TABLE campaign_version (
    campaign_id BLOB NOT NULL, version BIGINT NOT NULL, text TEXT NOT NULL, withholding TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, version)
);

CREATE TABLE plan_queue (
    account_id BLOB NOT NULL, order_id TEXT NOT NULL, since BIGINT NOT NULL, turn BIGINT NOT NULL,
    PRIMARY KEY (account_id, order_id)
);
CREATE INDEX plan_queue_by_age ON plan_queue (since);

CREATE TABLE message (
    id BLOB PRIMARY KEY, account_id BLOB NOT NULL, order_id TEXT NOT NULL, store TEXT NOT NULL,
    campaign_id BLOB, campaign_version BIGINT, channel TEXT NOT NULL, purpose TEXT NOT NULL,
    state TEXT NOT NULL, reason TEXT, due BIGINT, closes BIGINT, next_try BIGINT, attempts BIGINT NOT NULL,
    lease BLOB, lease_until BIGINT, permit_until BIGINT, captures BIGINT NOT NULL, sent_at BIGINT,
    created_at BIGINT NOT NULL, content_sealed BLOB, purge_at BIGINT,
    UNIQUE (account_id, order_id, campaign_id)
);
CREATE INDEX message_due ON message (next_try) WHERE state IN ('planned', 'waiting');
CREATE INDEX message_in_flight ON message (lease_until) WHERE state = 'sending';
CREATE INDEX message_by_account ON message (account_id, id);
CREATE INDEX message_to_purge ON message (purge_at) WHERE purge_at IS NOT NULL;
CREATE TABLE order_slot (
    account_id BLOB NOT NULL, order_id TEXT NOT NULL, class TEXT NOT NULL, message_id BLOB NOT NULL,
    PRIMARY KEY (account_id, order_id, class)
);
CREATE TABLE daily_count (
    account_id BLOB NOT NULL, day BIGINT NOT NULL, what TEXT NOT NULL, n BIGINT NOT NULL,
    PRIMARY KEY (account_id, day, what)
);

CREATE TABLE member (
    id BLOB PRIMARY KEY, email_hash BLOB NOT NULL UNIQUE, email_sealed BLOB NOT NULL, password TEXT,
    operator BIGINT NOT NULL, created_at BIGINT NOT NULL
);
CREATE INDEX member_operator ON member (operator) WHERE operator = 1;
CREATE TABLE membership (
    member_id BLOB NOT NULL, account_id BLOB NOT NULL, role TEXT NOT NULL,
    PRIMARY KEY (member_id, account_id)
);
CREATE INDEX membership_by_account ON membership (account_id, member_id);
CREATE TABLE session (
    token_hash BLOB PRIMARY KEY, member_id BLOB NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL
);
CREATE INDEX session_by_member ON session (member_id, created_at);
CREATE INDEX session_by_end ON session (expires_at);
CREATE TABLE one_time_link (
    token_hash BLOB PRIMARY KEY, member_id BLOB, expires_at BIGINT NOT NULL
);
CREATE INDEX one_time_link_by_member ON one_time_link (member_id);
CREATE INDEX one_time_link_by_end ON one_time_link (expires_at);
CREATE TABLE sign_in_attempt (
    subject_hash BLOB PRIMARY KEY, n BIGINT NOT NULL, counted_until BIGINT NOT NULL
);
CREATE INDEX sign_in_attempt_by_end ON sign_in_attempt (counted_until);

CREATE TABLE alert (
    id BLOB PRIMARY KEY, account_id BLOB NOT NULL, kind TEXT NOT NULL, at BIGINT NOT NULL,
    subject_hash BLOB NOT NULL, day BIGINT NOT NULL, detail_sealed BLOB NOT NULL, seen_at BIGINT,
    UNIQUE (subject_hash, day)
);
CREATE INDEX alert_by_account ON alert (account_id, id);
CREATE INDEX alert_unseen ON alert (account_id, id) WHERE seen_at IS NULL;
CREATE INDEX alert_by_age ON alert (at);

-- The ledger and the list are only ever added to (law 7); a sealed part may be erased (law 8).
CREATE TRIGGER ledger_entry_stays BEFORE UPDATE OF account_id, number, kind, time, as_of, digest, mac ON ledger_entry
BEGIN SELECT RAISE(ABORT, 'a ledger entry is never changed'); END;
CREATE TRIGGER suppression_stays BEFORE UPDATE OF id, account_id, order_id, reason, origin, held, since, entered_at, notice_id, ledger_number ON suppression
BEGIN SELECT RAISE(ABORT, 'a suppression is never changed'); END;
CREATE TRIGGER suppression_change_stays BEFORE UPDATE OF suppression_id, number, change, at, actor, ledger_number ON suppression_change
BEGIN SELECT RAISE(ABORT, 'a change is never changed'); END;
CREATE TRIGGER suppression_buyer_stays BEFORE UPDATE OF account_id, buyer_hash, suppression_id, learnt_at ON suppression_buyer
BEGIN SELECT RAISE(ABORT, 'a suppression is never changed'); END;
CREATE TRIGGER suppression_change_not_deleted BEFORE DELETE ON suppression_change
BEGIN SELECT RAISE(ABORT, 'a change is never deleted'); END;
CREATE TRIGGER suppression_not_deleted BEFORE DELETE ON suppression
BEGIN SELECT RAISE(ABORT, 'a suppression is never deleted'); END;
CREATE TRIGGER suppression_buyer_not_deleted BEFORE DELETE ON suppression_buyer
BEGIN SELECT RAISE(ABORT, 'a suppression is never deleted'); END;
CREATE TRIGGER ledger_entry_not_deleted BEFORE DELETE ON ledger_entry
BEGIN SELECT RAISE(ABORT, 'a ledger entry is never deleted'); END;
CREATE TRIGGER ledger_head_not_deleted BEFORE DELETE ON ledger_head
BEGIN SELECT RAISE(ABORT, 'a ledger head is never deleted'); END;
