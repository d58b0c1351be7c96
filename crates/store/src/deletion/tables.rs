//! What an account's deletion erases, in its order: every table that holds something of one account. A test holds this list
//! against the schema, so that a table nobody thought of here fails it.

use std::sync::LazyLock;

use crate::engine::Sql;

/// A statement as each engine needs it: a limited `DELETE` names rows by where they lie.
pub(crate) struct Limited {
    pub sqlite: Sql,
    pub postgres: Sql,
}

/// One turn's work on a table. `$1` is the account (or the parent), `$2` how many rows at most.
pub(crate) enum Step {
    /// Rows that name their account.
    Rows(Limited),
    /// Messages: one that is on its way is left until its attempt has ended. `$3` is the time by the clock of leases.
    Messages(Limited),
    /// Rows with others that are found by them alone: `$1` is the account, `$2` how many.
    Families { parents: Sql, children: Vec<Limited>, parent: Sql },
}

/// What is worked off first, so that nothing is claimed of the account any more; then the list and what it holds back, the
/// orders, and at last the settings. The stop stands until the very end.
const LAYOUT: &[(&str, &[(&str, &str)])] = &[
    ("plan_queue", &[]),
    ("message", &[]),
    ("member_mail", &[]),
    ("self_test", &[]),
    ("alert", &[]),
    ("list_upload", &[]),
    ("critical_message", &[]),
    ("order_slot", &[]),
    (
        "campaign",
        &[("campaign_version", "campaign_id"), ("campaign_attachment", "campaign_id"), ("test_letter", "campaign_id")],
    ),
    ("attachment", &[]),
    ("inbound_mail", &[("grading", "mail_id"), ("notice", "mail_id")]),
    ("notice_order", &[]),
    ("notice_identity", &[]),
    ("review_decision", &[]),
    ("taught_form", &[]),
    ("suppression_buyer", &[]),
    ("suppression", &[("suppression_change", "suppression_id")]),
    ("messaged_list", &[("messaged_removal", "list_id")]),
    ("messaged_order", &[]),
    ("order_item", &[]),
    ("order_mark", &[]),
    ("order_refund", &[]),
    ("orders", &[]),
    ("buyer_name", &[]),
    ("buyer", &[]),
    ("daily_count", &[]),
    ("daily_number", &[]),
    ("http_door", &[("mailgun_post", "door_id")]),
    ("forwarder", &[]),
    ("address", &[]),
    ("mail_folder", &[]),
    ("feed_break", &[]),
    ("sender_trial", &[]),
    ("sender_trouble", &[]),
    ("sender", &[]),
    ("sending_pace", &[]),
    ("seller", &[]),
    ("ledger_entry", &[]),
];

/// The steps, made once for the life of the program.
pub(crate) static STEPS: LazyLock<Vec<Step>> =
    LazyLock::new(|| LAYOUT.iter().map(|(name, of)| step(name, of)).collect());

/// Whether anything of the account (`$1`) is left, table by table.
pub(crate) static LEFT: LazyLock<Vec<Sql>> = LazyLock::new(|| {
    LAYOUT.iter().map(|(name, _)| kept(format!("SELECT 1 FROM {name} WHERE account_id = $1 LIMIT 1"))).collect()
});

fn step(name: &str, children: &[(&str, &str)]) -> Step {
    if name == "message" {
        return Step::Messages(limited(name, "account_id = $1 AND (state <> 'sending' OR lease_until <= $3)"));
    }
    if children.is_empty() {
        return Step::Rows(limited(name, "account_id = $1"));
    }
    Step::Families {
        parents: kept(format!("SELECT id FROM {name} WHERE account_id = $1 ORDER BY id LIMIT $2")),
        children: children.iter().map(|(child, by)| limited(child, &format!("{by} = $1"))).collect(),
        parent: kept(format!("DELETE FROM {name} WHERE id = $1")),
    }
}

fn limited(name: &str, which: &str) -> Limited {
    let chosen = |place: &str| format!("SELECT {place} FROM {name} WHERE {which} LIMIT $2");
    Limited {
        sqlite: kept(format!("DELETE FROM {name} WHERE rowid IN ({})", chosen("rowid"))),
        postgres: kept(format!("DELETE FROM {name} WHERE ctid = ANY(ARRAY({}))", chosen("ctid"))),
    }
}

/// Leaked once for each statement of the list above: they live as long as the program.
fn kept(text: String) -> Sql {
    Sql(text.leak())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The account, its stop and its ledger's head go last, with the tombstone's end; the others belong to no account.
    const NOT_IN_THE_LAYOUT: [&str; 14] = [
        "account",
        "sending_stop",
        "ledger_head",
        "account_deletion",
        // Of people: who has no other account is forgotten as the deletion begins.
        "member",
        "membership",
        "session",
        "one_time_link",
        "second_factor",
        "recovery_code",
        "half_sign_in",
        // Of nobody's account.
        "installation",
        "sign_in_attempt",
        "contact_note",
    ];

    fn schema() -> rusqlite::Connection {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        for step in crate::migrations::sqlite_texts() {
            connection.execute_batch(step).unwrap();
        }
        connection
    }

    #[test]
    fn every_table_of_the_schema_is_erased_or_said_to_be_of_no_account() {
        let connection = schema();
        let mut statement = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        let known: BTreeSet<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let children = LAYOUT.iter().flat_map(|(_, children)| children.iter().map(|(child, _)| *child));
        let told: BTreeSet<&str> = LAYOUT.iter().map(|(name, _)| *name).chain(children).collect();
        for table in &known {
            let table = table.as_str();
            assert!(
                told.contains(table) != NOT_IN_THE_LAYOUT.contains(&table),
                "{table} is erased or is of no account"
            );
        }
        let named = told.iter().chain(&NOT_IN_THE_LAYOUT);
        assert!(named.into_iter().all(|table| known.contains(*table)), "a table that is named does not exist");
    }

    #[test]
    fn nothing_is_found_by_a_walk_through_other_accounts_rows() {
        let connection = schema();
        let mut statements: Vec<Sql> = LEFT.iter().copied().collect();
        for step in STEPS.iter() {
            match step {
                Step::Rows(limited) | Step::Messages(limited) => statements.push(limited.sqlite),
                Step::Families { parents, children, parent } => {
                    statements.extend([*parents, *parent]);
                    statements.extend(children.iter().map(|child| child.sqlite));
                }
            }
        }
        for statement in statements {
            let explain = format!("EXPLAIN QUERY PLAN {}", statement.0.replace('$', "?"));
            let mut prepared = connection.prepare(&explain).unwrap();
            let count = prepared.parameter_count();
            let nothing = vec![rusqlite::types::Null; count];
            let steps = prepared.query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>(3)).unwrap();
            for step in steps {
                let step = step.unwrap();
                assert!(!step.starts_with("SCAN"), "{step} in {}", statement.0);
            }
        }
    }
}
