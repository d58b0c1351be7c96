//! The floor under any receiver that keeps the same: the very rows that Abide wrote, put into an empty SQLite
//! file with the same schema and pragmas, in groups of one commit each, and nothing else.

use std::path::Path;
use std::time::Instant;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};

/// Tables to which a notice adds rows.
const TABLES: [&str; 7] =
    ["ledger_entry", "notice_identity", "suppression", "suppression_buyer", "notice", "notice_order", "inbound_mail"];
/// The same as the store's own (`store/src/engine/sqlite.rs`).
const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
    PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -32000;";

/// Rows of one table, and how one is put in.
struct Table {
    insert: String,
    rows: Vec<Vec<Value>>,
}

/// What a run of Abide's wrote.
pub struct Rows {
    schema: Vec<String>,
    tables: Vec<Table>,
    /// The account and the address that are touched for every notice.
    touched: Vec<(Value, Value)>,
    notices: usize,
}

impl Rows {
    /// Reads the rows of at most so many notices, in the order in which they were written.
    pub fn of(file: &Path, most: u32) -> Result<Self, String> {
        read(file, most).map_err(|error| format!("the rows can't be read: {error}"))
    }

    /// Puts them into an empty file, `group` notices a commit; notices a second.
    pub fn insert_into(&self, file: &Path, group: usize) -> Result<f64, String> {
        self.insert(file, group).map_err(|error| format!("the bare insert failed: {error}"))
    }

    fn insert(&self, file: &Path, group: usize) -> rusqlite::Result<f64> {
        let connection = Connection::open(file)?;
        connection.execute_batch(PRAGMAS)?;
        for statement in &self.schema {
            connection.execute_batch(statement)?;
        }
        for (account, address) in &self.touched {
            connection.execute(
                "INSERT INTO ledger_head (account_id, number, mac, time) VALUES (?1, 0, zeroblob(32), 0)
                 ON CONFLICT DO NOTHING",
                [account],
            )?;
            connection.execute(
                "INSERT INTO address (id, account_id, kind, local_part_hash, local_part_sealed, state, issued_at)
                 VALUES (?1, ?2, 'opt_out', ?1, ?1, 'active', 0) ON CONFLICT DO NOTHING",
                [address, account],
            )?;
        }
        let mut inserts =
            self.tables.iter().map(|table| connection.prepare(&table.insert)).collect::<Result<Vec<_>, _>>()?;
        let mut head = connection
            .prepare("UPDATE ledger_head SET number = ?2, mac = zeroblob(32), time = ?2 WHERE account_id = ?1")?;
        let mut address =
            connection.prepare("UPDATE address SET last_mail_at = ?2, last_notice_at = ?2 WHERE id = ?1")?;
        let began = Instant::now();
        let mut done = 0;
        while done < self.notices {
            let end = (done + group.max(1)).min(self.notices);
            connection.execute_batch("BEGIN IMMEDIATE")?;
            for notice in done..end {
                for (table, insert) in self.tables.iter().zip(&mut inserts) {
                    // Some tables get more than one row a notice.
                    let part = |notice: usize| table.rows.len() * notice / self.notices;
                    for row in table.rows.get(part(notice)..part(notice + 1)).unwrap_or_default() {
                        insert.execute(params_from_iter(row))?;
                    }
                }
                if let Some((account, of)) = self.touched.get(notice % self.touched.len().max(1)) {
                    let number = i64::try_from(notice).unwrap_or(i64::MAX);
                    head.execute((account, number))?;
                    address.execute((of, number))?;
                }
            }
            connection.execute_batch("COMMIT")?;
            done = end;
        }
        let notices = f64::from(u32::try_from(self.notices).unwrap_or(u32::MAX));
        Ok(notices / began.elapsed().as_secs_f64().max(1e-9))
    }
}

fn read(file: &Path, most: u32) -> rusqlite::Result<Rows> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let mut schema = connection.prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")?;
    let schema = schema.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    let all: u32 = connection.query_row("SELECT COUNT(*) FROM inbound_mail", [], |row| row.get(0))?;
    let notices = all.min(most);
    let mut tables = Vec::new();
    for table in TABLES {
        let (count, set_up): (u32, u32) =
            connection.query_row(&format!("SELECT COUNT(*), COUNT(*) % {} FROM {table}", all.max(1)), [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        // What making the accounts wrote comes first and is left out.
        let wanted = (count / all.max(1)) * notices;
        let mut select =
            connection.prepare(&format!("SELECT * FROM {table} ORDER BY rowid LIMIT {wanted} OFFSET {set_up}"))?;
        let columns = select.column_count();
        let rows = select.query_map([], |row| (0..columns).map(|place| row.get(place)).collect())?;
        let rows = rows.collect::<Result<Vec<Vec<Value>>, _>>()?;
        let places = (1..=columns).map(|place| format!("?{place}")).collect::<Vec<_>>().join(", ");
        tables.push(Table { insert: format!("INSERT INTO {table} VALUES ({places})"), rows });
    }
    let mut touched = connection.prepare("SELECT account_id, MIN(id) FROM address GROUP BY account_id")?;
    let touched = touched.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    let notices = usize::try_from(notices).unwrap_or(usize::MAX);
    Ok(Rows { schema, tables, touched, notices })
}

/// Mails and suppressions in the file: what was acknowledged must be there.
pub fn committed(file: &Path) -> Result<(u32, u32), String> {
    let count = |table: &str| {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get(0))
    };
    let counts = count("inbound_mail").and_then(|mails| Ok((mails, count("suppression")?)));
    counts.map_err(|error: rusqlite::Error| format!("the database can't be read: {error}"))
}
