//! An account as large as a seller's gets in two years: orders, opt-outs with their notices, messages in each state. Written
//! straight into the tables as the store would have left them after their time (law 8: nothing sealed is left); what the pages
//! open is made through the store's own doors besides.

use std::fmt::Write;
use std::time::Duration;

use cluster::FreshDatabase;
use model::{AccountId, CampaignId, Timestamp};
use rusqlite::Connection;

use crate::house::House;

/// How much there is of each.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub orders: u64,
    pub opt_outs: u64,
    pub messages: u64,
}

/// Tables that are filled, whose indexes are quicker made after the rows.
const FILLED: [&str; 8] =
    ["orders", "suppression", "suppression_buyer", "inbound_mail", "notice", "notice_order", "message", "daily_number"];
/// What is told of lies within so many days.
const DAYS: u64 = 730;
const MICROS_OF_A_DAY: u64 = 86_400_000_000;

/// What one engine writes where the other writes something else.
struct Dialect {
    /// The account's and the campaign's id as they stand in a statement.
    account: String,
    campaign: String,
    campaign_text: String,
    postgres: bool,
    now: i64,
}

impl Dialect {
    /// Numbers from 0 up to a count, as a table `n (i)`.
    fn numbers(&self, count: u64) -> String {
        if self.postgres {
            format!("generate_series(0::bigint, {count} - 1) AS n (i)")
        } else {
            format!(
                "(WITH RECURSIVE c (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < {count}) SELECT i FROM c) AS n"
            )
        }
    }

    /// An id that ascends with a number, of a family of its own.
    fn id(&self, family: &str, number: &str) -> String {
        if self.postgres {
            format!(
                "decode('{family}' || lpad(to_hex({number}), 12, '0') || '7000' || lpad(to_hex({number}), 12, '0'), 'hex')"
            )
        } else {
            format!("unhex(printf('{family}%012x7000%012x', {number}, {number}))")
        }
    }

    fn order(&self, number: &str) -> String {
        if self.postgres {
            format!(
                "'302-' || lpad((({number}) / 10000000)::text, 7, '0') || '-' || lpad((({number}) % 10000000)::text, 7, '0')"
            )
        } else {
            format!("printf('302-%07d-%07d', ({number}) / 10000000, ({number}) % 10000000)")
        }
    }

    /// A hash; three orders in a row are one buyer's.
    fn buyer(&self, number: &str) -> String {
        if self.postgres {
            format!("sha256((({number}) / 3)::text::bytea)")
        } else {
            format!(
                "unhex(printf('%016x%016x%016x%016x', ({number}) / 3 * 2654435761 % 4294967296, ({number}) / 3, 7, 9))"
            )
        }
    }

    /// The time of one of so many things that lie evenly in the two years up to now.
    fn time(&self, number: &str, of: u64) -> String {
        let span = DAYS * MICROS_OF_A_DAY;
        format!("({} - ({of} - {number}) * {})", self.now, span / of.max(1))
    }

    fn statements(&self, size: Size) -> Vec<String> {
        let Size { orders, opt_outs, messages } = size;
        let (account, campaign) = (&self.account, &self.campaign);
        let store = "CASE WHEN i % 3 = 0 THEN 'DE' ELSE 'US' END";
        let (out_order, sent_order) =
            (format!("i * {}", orders / opt_outs.max(1)), format!("i * {}", orders / messages.max(1)));
        let (bought, left, written) = (self.time("i", orders), self.time("i", opt_outs), self.time("i", messages));
        let day = MICROS_OF_A_DAY;
        vec![
            format!(
                "INSERT INTO orders (account_id, order_id, store, purchased_at, updated_at, status, fulfilment, shipped_at,
                 delivery_earliest, delivery_latest, delivery_basis, buyer_hash, incomplete, first_seen_at, changed_at)
                 SELECT {account}, {}, {store}, {bought}, {bought} + {day}, 'shipped', 'fba', {bought} + {day},
                 {bought} + 3 * {day}, {bought} + 4 * {day}, 'estimated_arrival', {}, 0, {bought}, {bought} + {day} FROM {}",
                self.order("i"),
                self.buyer("i"),
                self.numbers(orders)
            ),
            format!(
                "INSERT INTO suppression (id, account_id, order_id, reason, origin, held, since, entered_at, notice_id, ledger_number,
                 store) SELECT {}, {account}, {}, CASE i % 20 WHEN 0 THEN 'block' WHEN 1 THEN 'order_stop' ELSE 'opt_out' END,
                 'notice', 0, {left}, {left}, {}, 1, {store} FROM {}",
                self.id("0150", "i"),
                self.order(&out_order),
                self.id("0152", "i"),
                self.numbers(opt_outs)
            ),
            format!(
                "INSERT INTO suppression_buyer (account_id, buyer_hash, suppression_id, learnt_at)
                 SELECT {account}, {}, {}, {left} FROM {}",
                self.buyer(&out_order),
                self.id("0150", "i"),
                self.numbers(opt_outs)
            ),
            format!(
                "INSERT INTO inbound_mail (id, account_id, door, received_at, digest, size, provenance, from_domain)
                 SELECT {}, {account}, 'smtp', {left}, {}, 20000, 'proven', 'amazon.com' FROM {}",
                self.id("0151", "i"),
                self.buyer("i * 3"),
                self.numbers(opt_outs)
            ),
            format!(
                "INSERT INTO notice (id, account_id, mail_id, part, kind, marketplace, language, forwarded, matched_by, outcome,
                 remarks, order_ids, provenance) SELECT {}, {account}, {}, 0, 'opt_out', {store}, 'en', 'none', 'wording',
                 'suppressed', '', {}, 'proven' FROM {}",
                self.id("0152", "i"),
                self.id("0151", "i"),
                self.order(&out_order),
                self.numbers(opt_outs)
            ),
            format!(
                "INSERT INTO notice_order (account_id, order_id, notice_id) SELECT {account}, {}, {} FROM {}",
                self.order(&out_order),
                self.id("0152", "i"),
                self.numbers(opt_outs)
            ),
            format!(
                "INSERT INTO message (id, account_id, order_id, store, campaign_id, campaign_version, channel, purpose, state,
                 reason, due, closes, attempts, captures, sent_at, created_at)
                 SELECT {}, {account}, {}, {store}, {campaign}, 1, 'email', 'proactive',
                 CASE i % 20 WHEN 0 THEN 'refused' WHEN 1 THEN 'withdrawn' WHEN 2 THEN 'captured' ELSE 'sent' END,
                 CASE i % 20 WHEN 0 THEN 'opted_out' WHEN 1 THEN 'opted_out' ELSE NULL END,
                 {written}, {written} + 20 * {day}, 1, 0,
                 CASE WHEN i % 20 > 1 THEN {written} ELSE NULL END, {written} - 5 * {day} FROM {}",
                self.id("0153", "i"),
                self.order(&sent_order),
                self.numbers(messages)
            ),
            self.daily_numbers(),
        ]
    }

    /// What each day counted, for either store and the campaign.
    fn daily_numbers(&self) -> String {
        let mut parts = String::new();
        for part in ["US", "DE", &self.campaign_text] {
            for what in ["sent", "captured", "opted_out", "put_off", "refused.opted_out"] {
                if !(part == self.campaign_text && what.starts_with("refused")) {
                    let union = if parts.is_empty() { "" } else { " UNION ALL " };
                    // Writing into a text does not fail.
                    let _ = write!(parts, "{union}SELECT '{part}' AS part, '{what}' AS what");
                }
            }
        }
        let today = self.now.unsigned_abs() / MICROS_OF_A_DAY;
        format!(
            "INSERT INTO daily_number (account_id, part, day, what, n)
             SELECT {}, part, {today} - i, what, 3000 + i FROM {}, ({parts}) AS p WHERE true
             ON CONFLICT (account_id, part, day, what) DO NOTHING",
            self.account,
            self.numbers(DAYS)
        )
    }
}

/// The id of a filled order, as the statements write it.
pub fn order(number: u64) -> String {
    format!("302-{:07}-{:07}", number / 10_000_000, number % 10_000_000)
}

fn said(error: &impl std::fmt::Display) -> String {
    format!("the account can't be filled: {error}")
}

/// Fills the account, with no store open on it.
pub fn fill(house: &House, account: AccountId, campaign: CampaignId, size: Size) -> Result<(), String> {
    let hex = |bytes: &[u8; 16]| data_encoding::HEXLOWER.encode(bytes);
    let (account, now) = (hex(account.as_bytes()), Timestamp::from_clock().as_micros());
    let (campaign_text, campaign) = (campaign.to_string(), hex(campaign.as_bytes()));
    if let Some(database) = house.database() {
        let literal = |id: String| format!("'\\x{id}'::bytea");
        let (account, campaign) = (literal(account), literal(campaign));
        return fill_postgres(database, &Dialect { account, campaign, campaign_text, postgres: true, now }, size);
    }
    let literal = |id: String| format!("x'{id}'");
    let (account, campaign) = (literal(account), literal(campaign));
    fill_sqlite(house, &Dialect { account, campaign, campaign_text, postgres: false, now }, size)
}

fn fill_postgres(database: &FreshDatabase, dialect: &Dialect, size: Size) -> Result<(), String> {
    let indexes = "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = ANY('{TABLES}')
                   AND indexname NOT LIKE '%_pkey' AND indexname NOT LIKE '%_key'"
        .replace("TABLES", &FILLED.join(","));
    let made: Vec<String> = database.psql(&indexes)?.lines().map(str::to_owned).collect();
    let names: Vec<&str> = made.iter().filter_map(|index| index.split(" INDEX ").nth(1)?.split(' ').next()).collect();
    database.psql(&format!("DROP INDEX {}", names.join(", ")))?;
    for statement in dialect.statements(size) {
        database.psql(&format!("SET synchronous_commit = off; {statement}"))?;
    }
    for index in made {
        database.psql(&format!("SET maintenance_work_mem = '512MB'; {index}"))?;
    }
    for table in FILLED {
        database.psql(&format!("VACUUM ANALYZE {table}"))?;
    }
    database.psql("CHECKPOINT").map(drop)
}

fn fill_sqlite(house: &House, dialect: &Dialect, size: Size) -> Result<(), String> {
    let connection = Connection::open(house.file()).map_err(|error| said(&error))?;
    connection.busy_timeout(Duration::from_secs(20)).map_err(|error| said(&error))?;
    let run = |statement: &str| connection.execute_batch(statement).map_err(|error| said(&error));
    // Nothing here must survive a crash: a half-filled case is thrown away.
    run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
         PRAGMA cache_size = -800000; PRAGMA temp_store = FILE; PRAGMA threads = 2;")?;
    let mut made = Vec::new();
    for table in FILLED {
        let find = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1 AND sql IS NOT NULL";
        let mut statement = connection.prepare(find).map_err(|error| said(&error))?;
        let rows = statement.query_map([table], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
        for row in rows.map_err(|error| said(&error))? {
            made.push(row.map_err(|error| said(&error))?);
        }
    }
    for (name, _) in &made {
        run(&format!("DROP INDEX {name}"))?;
    }
    for statement in dialect.statements(size) {
        run(&statement)?;
    }
    for (_, index) in made {
        run(&index)?;
    }
    run("PRAGMA journal_mode = WAL; PRAGMA locking_mode = NORMAL; SELECT COUNT(*) FROM installation;")
}
