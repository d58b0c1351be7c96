//! The ledger: one append-only, hash-chained record per account. Its head is also the account's lock: every
//! step that changes something locks it first (law 2), so notices and attempts stand in one order.
//!
//! An entry is MAC(previous, number, time, kind, as-of, H(salt ‖ payload)). Payload and salt are sealed apart
//! and may be erased; the chain verifies all the same.

use model::ledger::{Head, LedgerKind, LedgerRow};
use model::{AccountId, Clock, Cursor, Handle, Page, Span, Timestamp};
use serde::Serialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::Store;
use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;

/// Entries that verification reads at a time.
const VERIFIED_AT_ONCE: i64 = 1000;

/// The account's ledger, locked for the length of the transaction.
pub(crate) struct Ledger {
    account: AccountId,
    number: i64,
    mac: [u8; 32],
    time: Timestamp,
}

impl Ledger {
    /// Locks the account's head: the first statement of every step that changes something of an account.
    pub async fn lock(tx: &mut Tx, account: AccountId) -> Result<Self, StoreError> {
        // SQLite's BEGIN IMMEDIATE has locked everything already.
        let select = tx.either(
            sql!("SELECT number, mac, time FROM ledger_head WHERE account_id = $1"),
            sql!("SELECT number, mac, time FROM ledger_head WHERE account_id = $1 FOR UPDATE"),
        );
        Self::of(account, tx.row(select, &[account.into()]).await?)
    }

    /// The account's head without its lock, for a step that only looks.
    pub async fn look(tx: &mut Tx, account: AccountId) -> Result<Self, StoreError> {
        let select = sql!("SELECT number, mac, time FROM ledger_head WHERE account_id = $1");
        Self::of(account, tx.row(select, &[account.into()]).await?)
    }

    fn of(account: AccountId, row: Option<Row>) -> Result<Self, StoreError> {
        let row = row.ok_or_else(|| StoreError::UnknownAccount(account.to_string()))?;
        Ok(Self { account, number: row.int(0)?, mac: row.bytes(1)?, time: row.time(2)? })
    }

    /// Whose it is.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// Begins the record of a new account.
    pub async fn begin(tx: &mut Tx, account: AccountId, now: Timestamp) -> Result<Self, StoreError> {
        let mac = [0; 32];
        tx.put(
            sql!("INSERT INTO ledger_head (account_id, number, mac, time) VALUES ($1, 0, $2, $3)"),
            [account.into(), mac.into(), now.into()],
        )
        .await?;
        Ok(Self { account, number: 0, mac, time: now })
    }

    /// The time of the last entry.
    pub const fn time(&self) -> Timestamp {
        self.time
    }

    /// Adds an entry; its number.
    pub async fn append(
        &mut self,
        tx: &mut Tx,
        keys: &Keys,
        clock: Clock,
        kind: LedgerKind,
        payload: &impl Serialize,
    ) -> Result<i64, StoreError> {
        let payload = serde_json::to_vec(payload).map_err(|error| StoreError::unexpected(error.to_string()))?;
        let salt: [u8; 16] = crate::random::bytes()?;
        let number = self.number.saturating_add(1);
        let time = clock.real.max(self.time);
        let digest = digest_of(&salt, &payload);
        let mac = entry_mac(keys, self.account, &self.mac, number, time, clock.given, kind.as_str(), &digest)?;
        let values: [Value; 9] = [
            self.account.into(),
            number.into(),
            kind.as_str().into(),
            time.into(),
            clock.given.into(),
            digest.into(),
            mac.into(),
            keys.seal(self.account, "ledger salt", &salt)?.into(),
            keys.seal(self.account, "ledger payload", &payload)?.into(),
        ];
        tx.put(
            sql!(
                "INSERT INTO ledger_entry (account_id, number, kind, time, as_of, digest, mac, salt_sealed, payload_sealed)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
            ),
            values,
        )
        .await?;
        tx.put(
            sql!("UPDATE ledger_head SET number = $2, mac = $3, time = $4 WHERE account_id = $1"),
            [self.account.into(), number.into(), mac.into(), time.into()],
        )
        .await?;
        (self.number, self.mac, self.time) = (number, mac, time);
        Ok(number)
    }
}

fn digest_of(salt: &[u8], payload: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(payload).finalize().into()
}

#[expect(clippy::too_many_arguments, reason = "each is a part of the entry that the code covers")]
fn entry_mac(
    keys: &Keys,
    account: AccountId,
    previous: &[u8; 32],
    number: i64,
    time: Timestamp,
    as_of: Option<Timestamp>,
    kind: &str,
    digest: &[u8; 32],
) -> Result<[u8; 32], StoreError> {
    let as_of = as_of.map(|time| time.as_micros().to_be_bytes());
    keys.ledger_mac(&[
        account.as_bytes(),
        previous,
        &number.to_be_bytes(),
        &time.as_micros().to_be_bytes(),
        kind.as_bytes(),
        as_of.as_ref().map_or(&[], |bytes| bytes.as_slice()),
        digest,
    ])
}

/// What verification found: every chain held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The account's head.
    pub head: Head,
    /// Entries whose payload could be opened and matched its digest.
    pub opened: u64,
    /// Entries whose payload was erased (law 8).
    pub erased: u64,
}

impl Store {
    /// How far this machine's clock is behind the newest entry of any ledger; none where it is not (law 4).
    pub async fn clock_behind(&self, now: Timestamp) -> Result<Option<Span>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let row = tx.row(sql!("SELECT time FROM ledger_head ORDER BY time DESC LIMIT 1"), &[]).await?;
                let newest = row.map(|row| row.time(0)).transpose()?;
                Ok(newest.filter(|newest| now.plus(policy::gate::CLOCK_TOLERANCE) < *newest).map(|t| t.since(now)))
            })
        })
        .await
    }

    /// The heads of the ledgers, a page of accounts at a time in the order of handles. An account without a head
    /// is there all the same, with the number 0, so that verifying finds it; a ledger without an account is an
    /// error, since somebody took the account's row away.
    pub async fn ledger_heads(&self, after: Option<Handle>, limit: u32) -> Result<Vec<Head>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                if after.is_none() {
                    orphans(tx).await?;
                }
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT account.handle, ledger_head.number, ledger_head.mac FROM account
                             LEFT JOIN ledger_head ON ledger_head.account_id = account.id
                             WHERE account.handle > $1
                             AND NOT EXISTS (SELECT 1 FROM account_deletion WHERE account_deletion.account_id = account.id)
                             ORDER BY account.handle LIMIT $2"
                        ),
                        &[after.as_ref().map_or("", Handle::as_str).into(), limit.into()],
                    )
                    .await?;
                let head = |row: &Row| {
                    let number = row.opt_int(1)?.map_or(Ok(0), |_| row.count(1))?;
                    Ok(Head { account: row.word(0)?, number, mac: row.opt_bytes(2)?.unwrap_or_default() })
                };
                rows.iter().map(head).collect()
            })
        })
        .await
    }

    /// Walks an account's chain from its first entry; `known` must be one of its entries, so that a cut-off
    /// tail shows. Reads in slices, so that memory stays flat.
    pub async fn verify_ledger(&self, account: &Handle, known: Option<Head>) -> Result<Verified, StoreError> {
        let id = self.account(account).await?.id;
        let fault = |number: i64, problem| StoreError::Ledger {
            account: account.to_string(),
            number: u64::try_from(number).unwrap_or_default(),
            problem,
        };
        // Entries that are added meanwhile are left for the next time.
        let end = self.ledger_end(id).await?;
        let Some(end) = end else { return Err(fault(0, "its head is missing")) };
        let (mut number, mut previous, mut time) = (0_i64, [0; 32], Timestamp::MIN);
        let (mut opened, mut erased, mut met) = (0, 0, known.as_ref().is_none_or(|head| head.number == 0));
        while number < end.number {
            let entries = self.ledger_slice(id, number).await?;
            if entries.is_empty() {
                return Err(fault(number + 1, "it is missing"));
            }
            for entry in entries {
                if number == end.number {
                    break;
                }
                number += 1;
                if entry.number != number {
                    return Err(fault(number, "it is missing"));
                }
                if entry.time < time {
                    return Err(fault(number, "its time is before its predecessor's"));
                }
                let mac = entry.mac_after(&self.keys, id, &previous)?;
                if !bool::from(mac.ct_eq(&entry.mac)) {
                    return Err(fault(number, "it was changed"));
                }
                match entry.payload_matches(&self.keys, id) {
                    Some(true) => opened += 1,
                    Some(false) => return Err(fault(number, "its payload was changed")),
                    None => erased += 1,
                }
                if let Some(head) = &known
                    && u64::try_from(number) == Ok(head.number)
                {
                    if !bool::from(mac.ct_eq(&head.mac)) {
                        return Err(fault(number, "it is not the entry whose head was given"));
                    }
                    met = true;
                }
                (previous, time) = (mac, entry.time);
            }
        }
        if end.number != end.last_entry || previous != end.mac || (number > 0 && time != end.time) {
            return Err(fault(number, "the head is not its last entry"));
        }
        if !met {
            return Err(fault(number + 1, "the ledger ends before the head that was given: its tail is cut off"));
        }
        let count = u64::try_from(number).map_err(|_| fault(number, "it has no number"))?;
        Ok(Verified { head: Head { account: account.clone(), number: count, mac: previous }, opened, erased })
    }

    async fn ledger_end(&self, account: AccountId) -> Result<Option<End>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT number, mac, time, (SELECT number FROM ledger_entry
                             WHERE ledger_entry.account_id = ledger_head.account_id ORDER BY number DESC LIMIT 1)
                             FROM ledger_head WHERE account_id = $1"
                        ),
                        &[account.into()],
                    )
                    .await?;
                let end = |row: Row| {
                    let last_entry = row.opt_int(3)?.unwrap_or(0);
                    Ok(End { number: row.int(0)?, mac: row.bytes(1)?, time: row.time(2)?, last_entry })
                };
                row.map(end).transpose()
            })
        })
        .await
    }

    async fn ledger_slice(&self, account: AccountId, after: i64) -> Result<Vec<Entry>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT number, kind, time, as_of, digest, mac, salt_sealed, payload_sealed FROM ledger_entry
                             WHERE account_id = $1 AND number > $2 ORDER BY number LIMIT $3"
                        ),
                        &[account.into(), after.into(), VERIFIED_AT_ONCE.into()],
                    )
                    .await?;
                rows.iter().map(Entry::from_row).collect()
            })
        })
        .await
    }

    /// The next entries of an account behind a number, the oldest first, each as a line of JSON with what proves it.
    pub(crate) async fn ledger_lines(&self, account: AccountId, after: i64) -> Result<Vec<(i64, String)>, StoreError> {
        let entries = self.ledger_slice(account, after).await?;
        entries.iter().map(|entry| Ok((entry.number, entry.line(&self.keys, account)?))).collect()
    }

    /// The entries of an account, newest first.
    pub async fn ledger_page(
        &self,
        account: AccountId,
        before: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<LedgerRow>, StoreError> {
        let before = before.and_then(|cursor| cursor.0.parse::<i64>().ok()).unwrap_or(i64::MAX);
        self.read(move |tx, keys| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT number, kind, time, as_of, digest, mac, salt_sealed, payload_sealed FROM ledger_entry
                             WHERE account_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3"
                        ),
                        &[account.into(), before.into(), limit.into()],
                    )
                    .await?;
                let mut page = Page { rows: Vec::with_capacity(rows.len()), next: None };
                for row in &rows {
                    let entry = Entry::from_row(row)?;
                    page.next = Some(Cursor(entry.number.to_string()));
                    page.rows.push(LedgerRow {
                        number: row.count(0)?,
                        time: entry.time,
                        as_of: entry.as_of,
                        kind: row.word(1)?,
                        payload: entry
                            .payload
                            .map(|sealed| keys.open_text(account, "ledger payload", &sealed))
                            .transpose()?,
                    });
                }
                if page.rows.len() < usize::try_from(limit).unwrap_or(usize::MAX) {
                    page.next = None;
                }
                Ok(page)
            })
        })
        .await
    }
}

/// Where a ledger ends, by its head and by its entries, as one moment saw both.
struct End {
    number: i64,
    mac: [u8; 32],
    time: Timestamp,
    last_entry: i64,
}

/// A ledger whose account is gone was not ended by Abide.
async fn orphans(tx: &mut Tx) -> Result<(), StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT number FROM ledger_head WHERE NOT EXISTS
                 (SELECT 1 FROM account WHERE account.id = ledger_head.account_id) LIMIT 1"
            ),
            &[],
        )
        .await?;
    let Some(row) = row else { return Ok(()) };
    Err(StoreError::Ledger {
        account: "(unnamed)".into(),
        number: row.count(0)?,
        problem: "the row of its account was taken away",
    })
}

struct Entry {
    number: i64,
    /// As it stands there: verification must name an entry whose kind was changed to no kind at all.
    kind: String,
    time: Timestamp,
    as_of: Option<Timestamp>,
    digest: [u8; 32],
    mac: [u8; 32],
    salt: Option<Vec<u8>>,
    payload: Option<Vec<u8>>,
}

impl Entry {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            number: row.int(0)?,
            kind: row.text(1)?.to_owned(),
            time: row.time(2)?,
            as_of: row.opt_time(3)?,
            digest: row.bytes(4)?,
            mac: row.bytes(5)?,
            salt: row.opt_blob(6)?.map(<[u8]>::to_vec),
            payload: row.opt_blob(7)?.map(<[u8]>::to_vec),
        })
    }

    fn mac_after(&self, keys: &Keys, account: AccountId, previous: &[u8; 32]) -> Result<[u8; 32], StoreError> {
        entry_mac(keys, account, previous, self.number, self.time, self.as_of, &self.kind, &self.digest)
    }

    /// The entry as JSON. The payload stands there byte for byte, as its digest covers it.
    fn line(&self, keys: &Keys, account: AccountId) -> Result<String, StoreError> {
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        let null = || "null".to_owned();
        let as_of = self.as_of.map_or_else(null, |time| format!("\"{time}\""));
        let opened =
            |purpose, sealed: Option<&Vec<u8>>| sealed.map(|sealed| keys.open(account, purpose, sealed)).transpose();
        let salt = opened("ledger salt", self.salt.as_ref())?.map_or_else(null, |salt| format!("\"{}\"", hex(&salt)));
        let payload =
            self.payload.as_ref().map(|sealed| keys.open_text(account, "ledger payload", sealed)).transpose()?;
        Ok(format!(
            "{{\"number\":{},\"time\":\"{}\",\"as_of\":{as_of},\"kind\":\"{}\",\"payload\":{},\"salt\":{salt},\"digest\":\"{}\",\"mac\":\"{}\"}}\n",
            self.number,
            self.time,
            self.kind,
            payload.unwrap_or_else(null),
            hex(&self.digest),
            hex(&self.mac),
        ))
    }

    /// Whether the sealed parts are those of the digest; none where they were erased.
    fn payload_matches(&self, keys: &Keys, account: AccountId) -> Option<bool> {
        let (salt, payload) = (self.salt.as_ref()?, self.payload.as_ref()?);
        let opened = keys
            .open(account, "ledger salt", salt)
            .and_then(|salt| keys.open(account, "ledger payload", payload).map(|payload| digest_of(&salt, &payload)));
        Some(opened.is_ok_and(|digest| bool::from(digest.ct_eq(&self.digest))))
    }
}
