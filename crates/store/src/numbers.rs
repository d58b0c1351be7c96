//! The account's numbers by day, store and campaign: each event adds one in its own transaction, under the account's lock, so
//! that the numbers are what the ledger says, and a page reads a few rows a day instead of counting what grows.

use std::collections::HashMap;

use model::numbers::{Days, Numbers, Tally};
use model::{AccountId, CampaignId, Marketplace, Reason, Timestamp};

use crate::Store;
use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;

/// The part of what is of no known store.
const NO_STORE: &str = "-";
/// Before the reason that a message was refused for.
const REFUSED: &str = "refused.";
/// Campaigns whose numbers are told at most, the first by their names.
pub const MOST_CAMPAIGNS: usize = 200;

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Counted {
    Sent,
    Critical,
    Captured,
    OptedOut,
    PutOff,
    Refused(Reason),
}

impl Counted {
    fn word(self) -> String {
        match self {
            Self::Sent => "sent".into(),
            Self::Critical => "critical".into(),
            Self::Captured => "captured".into(),
            Self::OptedOut => "opted_out".into(),
            Self::PutOff => "put_off".into(),
            Self::Refused(reason) => format!("{REFUSED}{reason}"),
        }
    }
}

/// Adds one to the number of the store's day, and to the campaign's where there is one. Refusals are told by store alone.
pub(crate) async fn count(
    tx: &mut Tx,
    account: AccountId,
    of: (Option<Marketplace>, Option<CampaignId>),
    what: Counted,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (store, campaign) = of;
    let (day, part, word) = (day_of(store, at), part_of(store), what.word());
    if let Some(campaign) = campaign.filter(|_| !matches!(what, Counted::Refused(_))) {
        // Both in one statement: this is on the way of every message.
        let values: [Value; 5] = [account.into(), part.into(), campaign.to_string().into(), day.into(), word.into()];
        return tx
            .put(
                sql!(
                    "INSERT INTO daily_number (account_id, part, day, what, n) VALUES ($1, $2, $4, $5, 1), ($1, $3, $4, $5, 1)
                     ON CONFLICT (account_id, part, day, what) DO UPDATE SET n = daily_number.n + 1"
                ),
                values,
            )
            .await;
    }
    let values: [Value; 4] = [account.into(), part.into(), day.into(), word.into()];
    tx.put(
        sql!(
            "INSERT INTO daily_number (account_id, part, day, what, n) VALUES ($1, $2, $3, $4, 1)
             ON CONFLICT (account_id, part, day, what) DO UPDATE SET n = daily_number.n + 1"
        ),
        values,
    )
    .await
}

/// The store's own day; UTC's where no store is known.
fn day_of(store: Option<Marketplace>, at: Timestamp) -> i64 {
    store.map_or_else(|| at.utc_day(), |store| store.day_of(at))
}

fn part_of(store: Option<Marketplace>) -> String {
    store.map_or(NO_STORE, Marketplace::as_str).to_owned()
}

impl Store {
    /// The account's numbers from one day to another, both with them.
    pub async fn numbers(&self, account: AccountId, first: i64, last: i64) -> Result<Numbers, StoreError> {
        self.read(move |tx, _| Box::pin(read(tx, account, (first, last), true))).await
    }

    /// The same by store alone: few rows, for a page that people look at often.
    pub async fn store_numbers(&self, account: AccountId, first: i64, last: i64) -> Result<Numbers, StoreError> {
        self.read(move |tx, _| Box::pin(read(tx, account, (first, last), false))).await
    }
}

async fn read(tx: &mut Tx, account: AccountId, days: (i64, i64), with_campaigns: bool) -> Result<Numbers, StoreError> {
    let rows =
        tx.rows(sql!("SELECT store FROM seller WHERE account_id = $1 ORDER BY store"), &[account.into()]).await?;
    let stores = rows.iter().map(|row| row.word(0).map(Some)).collect::<Result<Vec<Option<Marketplace>>, _>>()?;
    let campaigns = if with_campaigns {
        let named = sql!("SELECT id, name FROM campaign WHERE account_id = $1 ORDER BY name LIMIT $2");
        tx.rows(named, &[account.into(), i64::try_from(MOST_CAMPAIGNS).unwrap_or(i64::MAX).into()]).await?
    } else {
        Vec::new()
    };
    let campaigns = campaigns.iter().map(|row| Ok((CampaignId::from_bytes(row.bytes(0)?), row.text(1)?.to_owned())));
    let campaigns = campaigns.collect::<Result<Vec<_>, StoreError>>()?;
    let stores: Vec<_> = stores.into_iter().chain([None]).collect();
    let parts = stores.iter().map(|store| part_of(*store)).chain(campaigns.iter().map(|(id, _)| id.to_string()));
    let mut found = by_part(tx, account, parts.collect(), days).await?;
    let mut numbers = Numbers::default();
    for store in stores {
        let days = found.remove(&part_of(store)).unwrap_or_default();
        if store.is_some() || !days.is_empty() {
            numbers.stores.push((store, days));
        }
    }
    for (id, name) in campaigns {
        let days = found.remove(&id.to_string()).unwrap_or_default();
        numbers.campaigns.push((id, name, days));
    }
    Ok(numbers)
}

async fn by_part(
    tx: &mut Tx,
    account: AccountId,
    parts: Vec<String>,
    days: (i64, i64),
) -> Result<HashMap<String, Days>, StoreError> {
    let parts: Vec<Value> = parts.into_iter().map(Value::from).collect();
    let rows = tx
        .rows_in(
            sql!(
                "SELECT part, day, what, n FROM daily_number WHERE account_id = $1 AND day >= $2 AND day <= $3
                 AND part IN ($4)"
            ),
            &[account.into(), days.0.into(), days.1.into()],
            &parts,
        )
        .await?;
    let mut found: HashMap<String, Days> = HashMap::new();
    for row in &rows {
        add(found.entry(row.text(0)?.to_owned()).or_default().entry(row.int(1)?).or_default(), row)?;
    }
    Ok(found)
}

fn add(tally: &mut Tally, row: &Row) -> Result<(), StoreError> {
    let (what, n) = (row.text(2)?, row.count(3)?);
    match what {
        "sent" => tally.sent += n,
        "critical" => tally.critical += n,
        "captured" => tally.captured += n,
        "opted_out" => tally.opted_out += n,
        "put_off" => tally.put_off += n,
        other => {
            // A word of a newer program's is not this one's affair.
            if let Some(Ok(reason)) = other.strip_prefix(REFUSED).map(str::parse) {
                *tally.refused.entry(reason).or_default() += n;
            }
        }
    }
    Ok(())
}
