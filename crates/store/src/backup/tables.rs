//! What a backup holds: every table and column, told here once for both engines, so that a backup of one can
//! be restored into the other. A test holds this list against the schema.

use std::sync::LazyLock;

use crate::engine::Sql;

/// A table as it stands in a backup.
pub(crate) struct Table {
    pub name: &'static str,
    /// Its columns, those of the primary key first.
    pub columns: Vec<&'static str>,
    /// How many columns the primary key has.
    pub key: usize,
    /// Rows read at a time: few where a row may be a whole mail.
    pub page: u32,
    /// The first page: `$1` is its length.
    pub first: Sql,
    /// A later page: `$1` is its length, the key of the last row follows.
    pub next: Sql,
    /// One row.
    pub insert: Sql,
}

/// In this order they are written and read.
const LAYOUT: &[(&str, usize, u32, &str)] = &[
    ("installation", 1, 500, "name value"),
    (
        "account",
        1,
        500,
        "id handle name created_at trust_addresses solicit_without_alias delivery_days restricted_since
         feed_broken_since restriction_notice silence_look_at digest_at digest_number",
    ),
    ("account_deletion", 1, 500, "account_id handle_hash began_at actor ledger_number ledger_mac finished_at"),
    ("seller", 2, 500, "account_id store delivery important_by_email"),
    (
        "sender",
        2,
        500,
        "account_id store from_sealed name_sealed host port security user_sealed password_sealed connections per_minute
         changed_at version only_public",
    ),
    (
        "mail_folder",
        2,
        500,
        "account_id store host port security user_sealed password_sealed token_file_sealed folder_sealed move_to_sealed
         start changed_at version validity uid read_at last_mail_at last_notice_at trouble trouble_since failures
         next_try broke_feed lease lease_until last_notice_mail only_public",
    ),
    ("sending_stop", 2, 500, "account_id store since actor"),
    (
        "address",
        1,
        500,
        "id account_id store kind local_part_hash local_part_sealed state issued_at accepted_until last_mail_at
         last_notice_at last_notice_mail",
    ),
    ("ledger_head", 1, 500, "account_id number mac time"),
    ("ledger_entry", 2, 500, "account_id number kind time as_of digest mac salt_sealed payload_sealed"),
    (
        "inbound_mail",
        1,
        4,
        "id account_id address_id door received_at written_at digest size provenance from_domain subject_sealed
         raw_sealed purge_at",
    ),
    (
        "notice",
        1,
        500,
        "id account_id mail_id part kind buyer_hash alias_sealed marketplace language forwarded matched_by outcome
         remarks order_ids provenance grade_reasons graded_by review look_at form_hash",
    ),
    ("grading", 1, 500, "mail_id account_id due tries lease lease_until"),
    ("forwarder", 2, 500, "account_id address_hash address_sealed confirmed_at actor"),
    (
        "http_door",
        1,
        500,
        "id account_id name kind token_hash secret_sealed created_at actor revoked_at last_mail_at last_notice_mail
         last_notice_at",
    ),
    ("mailgun_post", 2, 500, "door_id post_hash digest kept_until"),
    ("notice_order", 3, 500, "account_id order_id notice_id"),
    ("notice_identity", 3, 500, "account_id subject_hash notice_id message_id_hash sentence_hash day digest"),
    (
        "suppression",
        1,
        500,
        "id account_id order_id reason origin held since entered_at notice_id note_sealed ledger_number store",
    ),
    ("suppression_buyer", 3, 500, "account_id buyer_hash suppression_id alias_sealed learnt_at purge_at"),
    ("suppression_change", 2, 500, "suppression_id number change at actor note_sealed ledger_number"),
    (
        "orders",
        2,
        500,
        "account_id order_id store purchased_at updated_at status fulfilment shipped_at estimated_arrival window_start
         window_end promised_at delivery_earliest delivery_latest delivery_basis buyer_hash alias_sealed ship_country
         business incomplete first_seen_at changed_at purge_at carrier tracking_sealed buyer_language feedback_stars
         review_stars",
    ),
    (
        "order_item",
        3,
        500,
        "account_id order_id line sku asin product_name quantity price_amount price_currency promotion_ids
         item_condition",
    ),
    ("order_mark", 3, 500, "account_id order_id mark since provisional notice_id"),
    ("order_refund", 3, 500, "account_id order_id notice_id amount currency at"),
    ("review_decision", 2, 500, "notice_id number account_id ruling at actor note_sealed ledger_number did"),
    ("taught_form", 2, 500, "account_id form_hash ruling notice_id at actor"),
    ("buyer", 2, 500, "account_id buyer_hash names shared"),
    ("buyer_name", 3, 500, "account_id buyer_hash name_hash"),
    (
        "campaign",
        1,
        500,
        "id account_id name version active activated_at backfill_from backfill_order testing_since test_look_at",
    ),
    ("campaign_version", 2, 100, "campaign_id version text withholding created_at priority"),
    ("plan_queue", 2, 500, "account_id order_id since turn"),
    (
        "message",
        1,
        500,
        "id account_id order_id store campaign_id campaign_version channel purpose state reason due closes next_try
         attempts lease lease_until permit_until captures sent_at created_at content_sealed purge_at reply_sealed
         attempt_entry last_entry settled_at attachments arm",
    ),
    ("order_slot", 3, 500, "account_id order_id class message_id"),
    ("messaged_list", 1, 500, "id account_id digest entered_at actor orders"),
    ("messaged_order", 3, 500, "account_id order_id list_id messaged_at"),
    ("messaged_removal", 2, 500, "list_id order_id account_id at actor ledger_number"),
    ("test_letter", 2, 500, "campaign_id order_id account_id version day at"),
    ("attachment", 2, 1, "account_id digest size content"),
    ("campaign_attachment", 3, 500, "campaign_id version place account_id name digest size"),
    (
        "critical_message",
        1,
        500,
        "id account_id order_id store reason language route state actor confirmed day created_at done_at ledger_number
         content_sealed purge_at message_id",
    ),
    ("daily_count", 3, 500, "account_id day what n"),
    ("daily_number", 4, 500, "account_id part day what n"),
    ("member", 1, 500, "id email_hash email_sealed password operator created_at"),
    ("second_factor", 1, 500, "member_id secret_sealed confirmed_at last_step"),
    ("recovery_code", 2, 500, "member_id code_hash"),
    ("membership", 2, 500, "member_id account_id role"),
    ("alert", 1, 500, "id account_id kind at subject_hash day detail_sealed seen_at mail_due mailed_at"),
    ("contact_note", 1, 500, "id at email_sealed text_sealed"),
    ("feed_break", 4, 500, "account_id store cause way since"),
    (
        "self_test",
        1,
        500,
        "id account_id way store member_id member_mail_id marker_hash started_at sent_at ends_at state came_at door
         forwarded",
    ),
];

/// The tables with their statements, made once for the life of the program.
pub(crate) static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| LAYOUT.iter().map(table).collect());

fn table(&(name, key, page, columns): &(&'static str, usize, u32, &'static str)) -> Table {
    let columns: Vec<&str> = columns.split_whitespace().collect();
    let all = columns.join(", ");
    let order: String = columns.iter().take(key).copied().collect::<Vec<_>>().join(", ");
    let after = parameters(2, key);
    let values = parameters(1, columns.len());
    // Leaked once for each table of the list above: statements live as long as the program.
    let sql = |text: String| Sql(text.leak());
    Table {
        name,
        key,
        page,
        first: sql(format!("SELECT {all} FROM {name} ORDER BY {order} LIMIT $1")),
        next: sql(format!("SELECT {all} FROM {name} WHERE ({order}) > ({after}) ORDER BY {order} LIMIT $1")),
        insert: sql(format!("INSERT INTO {name} ({all}) VALUES ({values})")),
        columns,
    }
}

fn parameters(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The schema's own record (of which the header tells), what must not come back to life, and what is true for
    /// minutes only.
    const LEFT_OUT: [&str; 10] = [
        "schema_step",
        "session",
        "one_time_link",
        "half_sign_in",
        "sign_in_attempt",
        "sender_trouble",
        "sending_pace",
        "member_mail",
        "list_upload",
        "sender_trial",
    ];

    #[test]
    fn a_backup_holds_every_table_and_column_by_its_primary_key() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        for step in crate::migrations::sqlite_texts() {
            connection.execute_batch(step).unwrap();
        }
        let mut statement = connection
            .prepare(
                "SELECT t.name, c.name, c.pk FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'",
            )
            .unwrap();
        let mut schema: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        for row in rows {
            let (table, column, place): (String, String, i64) = row.unwrap();
            schema.entry(table).or_default().insert(column, place);
        }
        schema.retain(|table, _| !LEFT_OUT.contains(&table.as_str()));
        let told: BTreeMap<String, BTreeMap<String, i64>> = TABLES
            .iter()
            .map(|table| {
                let columns = table.columns.iter().enumerate().map(|(place, column)| {
                    ((*column).to_owned(), if place < table.key { i64::try_from(place).unwrap() + 1 } else { 0 })
                });
                (table.name.to_owned(), columns.collect())
            })
            .collect();
        assert_eq!(told, schema);
    }
}
