//! The tables of an export: which columns of which rows, in what order, and how each is told. A column of passwords,
//! tokens or other secrets stands in none of them.

use crate::engine::{Sql, Value, sql};

/// How a column becomes a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    /// Text or number as it stands.
    Plain,
    /// Microseconds, told as an instant in UTC.
    Time,
    /// 0 or 1, told as no or yes.
    Flag,
    /// 16 bytes, told as an id.
    Id,
    /// Other bytes, told in hexadecimal digits.
    Bytes,
    /// Sealed for this purpose; empty once purged.
    Sealed(&'static str),
    /// An address of a member, sealed for the installation.
    Email,
}

/// Where a sheet's key begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    Text,
    Bytes,
    Number,
}

impl Start {
    pub fn value(self) -> Value {
        match self {
            Self::Text => Value::Text(String::new()),
            Self::Bytes => Value::Blob(Vec::new()),
            Self::Number => Value::Int(i64::MIN),
        }
    }
}

/// One table.
pub(super) struct Sheet {
    pub file: &'static str,
    /// What it is, for the file that tells of all files.
    pub about: &'static str,
    /// The first columns of a row; behind the last one read, the next page begins.
    pub key: &'static [Start],
    /// The columns behind the key, by their names.
    pub columns: &'static [(&'static str, Cell)],
    /// `$1` the account, `$2` rows at most, then the key.
    pub page: Sql,
}

use Cell::{Bytes, Email, Flag, Id, Plain, Sealed, Time};

/// All of them, in their order.
pub(super) const SHEETS: &[Sheet] = &[
    Sheet {
        file: "orders.csv",
        about: "the orders that reports told of; a buyer's alias goes 30 days after delivery",
        key: &[Start::Text],
        columns: &[
            ("order_id", Plain),
            ("store", Plain),
            ("purchased_at", Time),
            ("updated_at", Time),
            ("status", Plain),
            ("fulfilment", Plain),
            ("shipped_at", Time),
            ("promised_at", Time),
            ("delivery_earliest", Time),
            ("delivery_latest", Time),
            ("alias", Sealed("alias")),
            ("ship_country", Plain),
            ("business", Flag),
            ("first_seen_at", Time),
            ("changed_at", Time),
            ("carrier", Plain),
            ("tracking_number", Sealed("tracking")),
            ("buyer_language", Plain),
            ("feedback_stars", Plain),
            ("review_stars", Plain),
        ],
        page: sql!(
            "SELECT order_id, order_id, store, purchased_at, updated_at, status, fulfilment, shipped_at, promised_at,
             delivery_earliest, delivery_latest, alias_sealed, ship_country, business, first_seen_at, changed_at, carrier,
             tracking_sealed, buyer_language, feedback_stars, review_stars
             FROM orders WHERE account_id = $1 AND order_id > $3 ORDER BY order_id LIMIT $2"
        ),
    },
    Sheet {
        file: "order-items.csv",
        about: "what was ordered",
        key: &[Start::Text, Start::Text],
        columns: &[
            ("order_id", Plain),
            ("line", Plain),
            ("sku", Plain),
            ("asin", Plain),
            ("product_name", Plain),
            ("quantity", Plain),
            ("price_amount", Plain),
            ("price_currency", Plain),
            ("promotion_ids", Plain),
            ("item_condition", Plain),
        ],
        page: sql!(
            "SELECT order_id, line, order_id, line, sku, asin, product_name, quantity, price_amount, price_currency,
             promotion_ids, item_condition FROM order_item
             WHERE account_id = $1 AND (order_id, line) > ($3, $4) ORDER BY order_id, line LIMIT $2"
        ),
    },
    Sheet {
        file: "order-marks.csv",
        about: "what notices said of orders: refunds, returns, claims, cancellation requests, questions",
        key: &[Start::Text, Start::Text],
        columns: &[("order_id", Plain), ("mark", Plain), ("since", Time), ("provisional", Flag), ("notice_id", Id)],
        page: sql!(
            "SELECT order_id, mark, order_id, mark, since, provisional, notice_id FROM order_mark
             WHERE account_id = $1 AND (order_id, mark) > ($3, $4) ORDER BY order_id, mark LIMIT $2"
        ),
    },
    Sheet {
        file: "order-refunds.csv",
        about: "refunds that notices told of, with their amounts",
        key: &[Start::Text, Start::Bytes],
        columns: &[("order_id", Plain), ("amount", Plain), ("currency", Plain), ("at", Time), ("notice_id", Id)],
        page: sql!(
            "SELECT order_id, notice_id, order_id, amount, currency, at, notice_id FROM order_refund
             WHERE account_id = $1 AND (order_id, notice_id) > ($3, $4) ORDER BY order_id, notice_id LIMIT $2"
        ),
    },
    Sheet {
        file: "opt-out-entries.csv",
        about: "every entry of the list with where it came from; opt-outs.csv is the list itself",
        key: &[Start::Bytes],
        columns: &[
            ("entry_id", Id),
            ("order_id", Plain),
            ("reason", Plain),
            ("origin", Plain),
            ("held_at_first", Flag),
            ("since", Time),
            ("entered_at", Time),
            ("notice_id", Id),
            ("note", Sealed("note")),
            ("ledger_entry", Plain),
        ],
        page: sql!(
            "SELECT id, id, order_id, reason, origin, held, since, entered_at, notice_id, note_sealed, ledger_number
             FROM suppression WHERE account_id = $1 AND id > $3 ORDER BY id LIMIT $2"
        ),
    },
    Sheet {
        file: "opt-out-changes.csv",
        about: "who confirmed or removed which entry, and why",
        key: &[Start::Bytes, Start::Number],
        columns: &[
            ("entry_id", Id),
            ("number", Plain),
            ("change", Plain),
            ("at", Time),
            ("by", Plain),
            ("note", Sealed("note")),
            ("ledger_entry", Plain),
        ],
        page: sql!(
            "SELECT entry.id, made.number, entry.id, made.number, made.change, made.at, made.actor, made.note_sealed,
             made.ledger_number
             FROM suppression AS entry JOIN suppression_change AS made ON made.suppression_id = entry.id
             WHERE entry.account_id = $1 AND entry.id >= $3 AND (entry.id, made.number) > ($3, $4)
             ORDER BY entry.id, made.number LIMIT $2"
        ),
    },
    Sheet {
        file: "review-decisions.csv",
        about: "what members decided about notices that waited for them",
        key: &[Start::Number, Start::Bytes, Start::Number],
        columns: &[
            ("notice_id", Id),
            ("number", Plain),
            ("ruling", Plain),
            ("at", Time),
            ("by", Plain),
            ("note", Sealed("note")),
            ("did", Plain),
            ("ledger_entry", Plain),
        ],
        page: sql!(
            "SELECT at, notice_id, number, notice_id, number, ruling, at, actor, note_sealed, did, ledger_number
             FROM review_decision WHERE account_id = $1 AND at >= $3 AND (at, notice_id, number) > ($3, $4, $5)
             ORDER BY at, notice_id, number LIMIT $2"
        ),
    },
    Sheet {
        file: "numbers.csv",
        about: "the daily numbers that the charts show; part is a store or a campaign, day counts from 1970-01-01",
        key: &[Start::Text, Start::Number, Start::Text],
        columns: &[("part", Plain), ("day", Plain), ("what", Plain), ("n", Plain)],
        page: sql!(
            "SELECT part, day, what, part, day, what, n FROM daily_number
             WHERE account_id = $1 AND (part, day, what) > ($3, $4, $5) ORDER BY part, day, what LIMIT $2"
        ),
    },
    Sheet {
        file: "messages.csv",
        about: "every message with its state, reason and times; its text (subject in the first line) for 30 days",
        key: &[Start::Bytes],
        columns: &[
            ("message_id", Id),
            ("order_id", Plain),
            ("store", Plain),
            ("campaign_id", Id),
            ("campaign_version", Plain),
            ("channel", Plain),
            ("purpose", Plain),
            ("state", Plain),
            ("reason", Plain),
            ("created_at", Time),
            ("due", Time),
            ("closes", Time),
            ("attempts", Plain),
            ("sent_at", Time),
            ("settled_at", Time),
            ("arm", Plain),
            ("attempt_entry", Plain),
            ("last_entry", Plain),
            ("text", Sealed("content")),
        ],
        page: sql!(
            "SELECT id, id, order_id, store, campaign_id, campaign_version, channel, purpose, state, reason, created_at, due,
             closes, attempts, sent_at, settled_at, arm, attempt_entry, last_entry, content_sealed
             FROM message WHERE account_id = $1 AND id > $3 ORDER BY id LIMIT $2"
        ),
    },
    Sheet {
        file: "critical-messages.csv",
        about: "what was written to complete orders, by whom; its text (as JSON) for 30 days",
        key: &[Start::Bytes],
        columns: &[
            ("critical_id", Id),
            ("order_id", Plain),
            ("store", Plain),
            ("reason", Plain),
            ("language", Plain),
            ("route", Plain),
            ("state", Plain),
            ("by", Plain),
            ("created_at", Time),
            ("done_at", Time),
            ("ledger_entry", Plain),
            ("message_id", Id),
            ("text", Sealed("critical message")),
        ],
        page: sql!(
            "SELECT id, id, order_id, store, reason, language, route, state, actor, created_at, done_at, ledger_number,
             message_id, content_sealed
             FROM critical_message WHERE account_id = $1 AND id > $3 ORDER BY id LIMIT $2"
        ),
    },
    Sheet {
        file: "campaigns.csv",
        about: "the campaigns as they stand; each version's text is in campaigns/",
        key: &[Start::Text],
        columns: &[
            ("campaign_id", Id),
            ("name", Plain),
            ("version", Plain),
            ("active", Flag),
            ("activated_at", Time),
            ("testing_since", Time),
        ],
        page: sql!(
            "SELECT name, id, name, version, active, activated_at, testing_since FROM campaign
             WHERE account_id = $1 AND name > $3 ORDER BY name LIMIT $2"
        ),
    },
    Sheet {
        file: "campaign-attachments.csv",
        about: "which version of which campaign sends which file of attachments/",
        key: &[Start::Text, Start::Number, Start::Number],
        columns: &[("campaign_id", Id), ("version", Plain), ("name", Plain), ("size", Plain), ("file", Bytes)],
        page: sql!(
            "SELECT campaign.name, of.version, of.place, of.campaign_id, of.version, of.name, of.size, of.digest
             FROM campaign JOIN campaign_attachment AS of ON of.campaign_id = campaign.id
             WHERE campaign.account_id = $1 AND campaign.name >= $3 AND (campaign.name, of.version, of.place) > ($3, $4, $5)
             ORDER BY campaign.name, of.version, of.place LIMIT $2"
        ),
    },
    Sheet {
        file: "messaged-lists.csv",
        about: "lists of orders that another tool has messaged",
        key: &[Start::Bytes],
        columns: &[("list_id", Id), ("entered_at", Time), ("by", Plain), ("orders", Plain)],
        page: sql!(
            "SELECT id, id, entered_at, actor, orders FROM messaged_list
             WHERE account_id = $1 AND id > $3 ORDER BY id LIMIT $2"
        ),
    },
    Sheet {
        file: "messaged-orders.csv",
        about: "the orders of those lists",
        key: &[Start::Text, Start::Bytes],
        columns: &[("order_id", Plain), ("list_id", Id), ("messaged_at", Time)],
        page: sql!(
            "SELECT order_id, list_id, order_id, list_id, messaged_at FROM messaged_order
             WHERE account_id = $1 AND (order_id, list_id) > ($3, $4) ORDER BY order_id, list_id LIMIT $2"
        ),
    },
    Sheet {
        file: "alerts.csv",
        about: "what Abide drew attention to; kept for 90 days",
        key: &[Start::Bytes],
        columns: &[("kind", Plain), ("at", Time), ("detail", Sealed("alert")), ("seen_at", Time)],
        page: sql!(
            "SELECT id, kind, at, detail_sealed, seen_at FROM alert
             WHERE account_id = $1 AND id > $3 ORDER BY id LIMIT $2"
        ),
    },
    Sheet {
        file: "members.csv",
        about: "who has which role",
        key: &[Start::Bytes],
        columns: &[("member_id", Id), ("email", Email), ("role", Plain)],
        page: sql!(
            "SELECT membership.member_id, membership.member_id, member.email_sealed, membership.role
             FROM membership JOIN member ON member.id = membership.member_id
             WHERE membership.account_id = $1 AND membership.member_id > $3 ORDER BY membership.member_id LIMIT $2"
        ),
    },
    Sheet {
        file: "inbound-mail.csv",
        about: "every mail that came in; kept ones stand whole in mails/, their subject here",
        key: &[Start::Bytes],
        columns: &[
            ("mail_id", Id),
            ("received_at", Time),
            ("written_at", Time),
            ("door", Plain),
            ("provenance", Plain),
            ("from_domain", Plain),
            ("size", Plain),
            ("subject", Sealed("subject")),
            ("kept", Flag),
        ],
        page: sql!(
            "SELECT id, id, received_at, written_at, door, provenance, from_domain, size, subject_sealed,
             CASE WHEN raw_sealed IS NULL THEN 0 ELSE 1 END
             FROM inbound_mail WHERE account_id = $1 AND id > $3 ORDER BY id LIMIT $2"
        ),
    },
    Sheet {
        file: "notices.csv",
        about: "what Abide understood of those mails, and what it did",
        key: &[Start::Bytes, Start::Number],
        columns: &[
            ("mail_id", Id),
            ("part", Plain),
            ("notice_id", Id),
            ("kind", Plain),
            ("order_ids", Plain),
            ("alias", Sealed("alias")),
            ("marketplace", Plain),
            ("language", Plain),
            ("forwarded", Plain),
            ("matched_by", Plain),
            ("outcome", Plain),
            ("remarks", Plain),
            ("provenance", Plain),
            ("grade_reasons", Plain),
        ],
        page: sql!(
            "SELECT mail.id, notice.part, mail.id, notice.part, notice.id, notice.kind, notice.order_ids, notice.alias_sealed,
             notice.marketplace, notice.language, notice.forwarded, notice.matched_by, notice.outcome, notice.remarks,
             notice.provenance, notice.grade_reasons
             FROM inbound_mail AS mail JOIN notice ON notice.mail_id = mail.id
             WHERE mail.account_id = $1 AND mail.id >= $3 AND (mail.id, notice.part) > ($3, $4)
             ORDER BY mail.id, notice.part LIMIT $2"
        ),
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Told by other parts of the export: `settings.json`, `opt-outs.csv`, the campaigns' files, the ledger.
    const TOLD_ELSEWHERE: [&str; 13] = [
        "account",
        "seller",
        "sender",
        "mail_folder",
        "address",
        "http_door",
        "forwarder",
        "sending_stop",
        "suppression_buyer",
        "campaign_version",
        "attachment",
        "ledger_entry",
        "ledger_head",
    ];
    /// Left out, each for its reason.
    const LEFT_OUT: [&str; 28] = [
        // Sign-ins, and what only they need.
        "session",
        "one_time_link",
        "second_factor",
        "recovery_code",
        "half_sign_in",
        "sign_in_attempt",
        // Keyed hashes, which nobody without this installation's keys can use.
        "buyer",
        "buyer_name",
        "notice_identity",
        "taught_form",
        "mailgun_post",
        // Stands in another file: orders of notices, slots of messages, removals and breaks in the ledger.
        "notice_order",
        "order_slot",
        "messaged_removal",
        "feed_break",
        "daily_count",
        // What is to be done, under way or true for minutes.
        "plan_queue",
        "grading",
        "sender_trial",
        "sender_trouble",
        "sending_pace",
        "list_upload",
        "test_letter",
        "self_test",
        "member_mail",
        // Of no account.
        "installation",
        "contact_note",
        "account_deletion",
    ];

    #[test]
    fn every_table_is_exported_or_said_to_be_left_out() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        for step in crate::migrations::sqlite_texts() {
            connection.execute_batch(step).unwrap();
        }
        let mut statement = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        let known: BTreeSet<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let words = SHEETS.iter().flat_map(|sheet| sheet.page.0.split_whitespace());
        let told: BTreeSet<&str> = words.filter(|word| known.contains(*word)).collect();
        for table in &known {
            let table = table.as_str();
            let exported = told.contains(table) || TOLD_ELSEWHERE.contains(&table);
            assert!(exported != LEFT_OUT.contains(&table), "{table} is exported or left out with a reason");
        }
        for named in TOLD_ELSEWHERE.iter().chain(&LEFT_OUT) {
            assert!(known.contains(*named), "there is no table {named}");
        }
    }

    #[test]
    fn a_sheet_selects_its_key_and_its_columns_and_none_that_is_secret() {
        for sheet in SHEETS {
            let selected = sheet.page.0.split(" FROM ").next().unwrap().matches(',').count() + 1;
            assert!(sheet.page.0.contains("account_id = $1 AND "), "{} is of one account", sheet.file);
            assert_eq!(selected, sheet.key.len() + sheet.columns.len(), "{}", sheet.file);
            for secret in ["password", "secret", "token", "local_part", "raw_sealed,"] {
                assert!(!sheet.page.0.contains(secret), "{} selects {secret}", sheet.file);
            }
        }
    }
}
