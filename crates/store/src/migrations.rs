//! The schema's steps: forward only, one numbered text for each step and engine, applied under a lock and
//! remembered with a checksum. A schema newer than the program is refused.

use sha2::{Digest, Sha256};

use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;

struct Step {
    number: i64,
    sqlite: &'static str,
    postgres: &'static str,
}

const STEPS: &[Step] = &[
    Step {
        number: 1,
        sqlite: include_str!("../migrations/sqlite/0001_foundation.sql"),
        postgres: include_str!("../migrations/postgres/0001_foundation.sql"),
    },
    Step {
        number: 2,
        sqlite: include_str!("../migrations/sqlite/0002_live_sending.sql"),
        postgres: include_str!("../migrations/postgres/0002_live_sending.sql"),
    },
    Step {
        number: 3,
        sqlite: include_str!("../migrations/sqlite/0003_mail_folders.sql"),
        postgres: include_str!("../migrations/postgres/0003_mail_folders.sql"),
    },
    Step {
        number: 4,
        sqlite: include_str!("../migrations/sqlite/0004_provenance.sql"),
        postgres: include_str!("../migrations/postgres/0004_provenance.sql"),
    },
    Step {
        number: 6,
        sqlite: include_str!("../migrations/sqlite/0006_http_doors.sql"),
        postgres: include_str!("../migrations/postgres/0006_http_doors.sql"),
    },
    Step {
        number: 7,
        sqlite: include_str!("../migrations/sqlite/0007_review.sql"),
        postgres: include_str!("../migrations/postgres/0007_review.sql"),
    },
    Step {
        number: 9,
        sqlite: include_str!("../migrations/sqlite/0009_feed.sql"),
        postgres: include_str!("../migrations/postgres/0009_feed.sql"),
    },
    Step {
        number: 10,
        sqlite: include_str!("../migrations/sqlite/0010_self_tests.sql"),
        postgres: include_str!("../migrations/postgres/0010_self_tests.sql"),
    },
    Step {
        number: 11,
        sqlite: include_str!("../migrations/sqlite/0011_confirmations.sql"),
        postgres: include_str!("../migrations/postgres/0011_confirmations.sql"),
    },
    Step {
        number: 12,
        sqlite: include_str!("../migrations/sqlite/0012_critical.sql"),
        postgres: include_str!("../migrations/postgres/0012_critical.sql"),
    },
    Step {
        number: 13,
        sqlite: include_str!("../migrations/sqlite/0013_order_facts.sql"),
        postgres: include_str!("../migrations/postgres/0013_order_facts.sql"),
    },
    Step {
        number: 14,
        sqlite: include_str!("../migrations/sqlite/0014_digest.sql"),
        postgres: include_str!("../migrations/postgres/0014_digest.sql"),
    },
    Step {
        number: 16,
        sqlite: include_str!("../migrations/sqlite/0016_moving_in.sql"),
        postgres: include_str!("../migrations/postgres/0016_moving_in.sql"),
    },
    Step {
        number: 17,
        sqlite: include_str!("../migrations/sqlite/0017_turns.sql"),
        postgres: include_str!("../migrations/postgres/0017_turns.sql"),
    },
    Step {
        number: 18,
        sqlite: include_str!("../migrations/sqlite/0018_split_tests.sql"),
        postgres: include_str!("../migrations/postgres/0018_split_tests.sql"),
    },
    Step {
        number: 21,
        sqlite: include_str!("../migrations/sqlite/0021_attachments.sql"),
        postgres: include_str!("../migrations/postgres/0021_attachments.sql"),
    },
    Step {
        number: 23,
        sqlite: include_str!("../migrations/sqlite/0023_campaign_tests.sql"),
        postgres: include_str!("../migrations/postgres/0023_campaign_tests.sql"),
    },
    Step {
        number: 24,
        sqlite: include_str!("../migrations/sqlite/0024_important.sql"),
        postgres: include_str!("../migrations/postgres/0024_important.sql"),
    },
    Step {
        number: 25,
        sqlite: include_str!("../migrations/sqlite/0025_list_uploads.sql"),
        postgres: include_str!("../migrations/postgres/0025_list_uploads.sql"),
    },
    Step {
        number: 26,
        sqlite: include_str!("../migrations/sqlite/0026_second_factor.sql"),
        postgres: include_str!("../migrations/postgres/0026_second_factor.sql"),
    },
    Step {
        number: 28,
        sqlite: include_str!("../migrations/sqlite/0028_searching.sql"),
        postgres: include_str!("../migrations/postgres/0028_searching.sql"),
    },
    Step {
        number: 29,
        sqlite: include_str!("../migrations/sqlite/0029_daily_numbers.sql"),
        postgres: include_str!("../migrations/postgres/0029_daily_numbers.sql"),
    },
    Step {
        number: 30,
        sqlite: include_str!("../migrations/sqlite/0030_settings.sql"),
        postgres: include_str!("../migrations/postgres/0030_settings.sql"),
    },
    Step {
        number: 31,
        sqlite: include_str!("../migrations/sqlite/0031_contact_notes.sql"),
        postgres: include_str!("../migrations/postgres/0031_contact_notes.sql"),
    },
    Step {
        number: 32,
        sqlite: include_str!("../migrations/sqlite/0032_account_deletion.sql"),
        postgres: include_str!("../migrations/postgres/0032_account_deletion.sql"),
    },
    Step {
        number: 33,
        sqlite: include_str!("../migrations/sqlite/0033_rare_messages.sql"),
        postgres: include_str!("../migrations/postgres/0033_rare_messages.sql"),
    },
];

/// Any number: all nodes of one installation must agree on it, and nobody else is likely to use it.
const ADVISORY_LOCK: i64 = 0x0041_6269_6465;

/// Brings the schema to this program's steps. Runs inside one transaction, so a half-made schema can't be.
pub(crate) async fn migrate(tx: &mut Tx) -> Result<(), StoreError> {
    lock(tx).await?;
    batch(tx, "CREATE TABLE IF NOT EXISTS schema_step (number BIGINT PRIMARY KEY, checksum TEXT NOT NULL)").await?;
    let applied = tx.rows(sql!("SELECT number, checksum FROM schema_step ORDER BY number"), &[]).await?;
    let newest = newest();
    let mut known = Vec::with_capacity(applied.len());
    for row in &applied {
        let (found, checksum) = (row.int(0)?, row.text(1)?);
        let Some(step) = STEPS.iter().find(|step| step.number == found) else {
            return Err(StoreError::NewerSchema { found, known: newest });
        };
        if checksum != checksum_of(text_for(tx, step)) {
            return Err(StoreError::ForeignSchema(found));
        }
        known.push(found);
    }
    for step in STEPS.iter().filter(|step| !known.contains(&step.number)) {
        let text = text_for(tx, step);
        batch(tx, text).await?;
        let values: [Value; 2] = [step.number.into(), checksum_of(text).into()];
        tx.run(sql!("INSERT INTO schema_step (number, checksum) VALUES ($1, $2)"), &values).await?;
    }
    Ok(())
}

/// SQLite's steps, for tests that look at the whole schema.
#[cfg(test)]
pub(crate) fn sqlite_texts() -> impl Iterator<Item = &'static str> {
    STEPS.iter().map(|step| step.sqlite)
}

/// The number of this program's schema.
pub(crate) fn newest() -> i64 {
    STEPS.last().map_or(0, |step| step.number)
}

/// One at a time over all nodes, until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    // SQLite's BEGIN IMMEDIATE has locked everything already.
    let lock = tx.either(sql!("SELECT $1"), sql!("SELECT 1 FROM (SELECT pg_advisory_xact_lock($1)) AS locked"));
    tx.rows(lock, &[ADVISORY_LOCK.into()]).await?;
    Ok(())
}

fn text_for(tx: &Tx, step: &Step) -> &'static str {
    if tx.is_postgres() { step.postgres } else { step.sqlite }
}

fn checksum_of(text: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}

async fn batch(tx: &mut Tx, text: &str) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => tx.batch(text),
        Tx::Postgres(tx) => tx.batch(text).await,
    }
}
