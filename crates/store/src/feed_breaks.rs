//! Why an account's notices are known not to come in (law 4): one row for each cause, store and way, each set and taken
//! back by itself under the account's lock, so that mending one clears no other. The gate asks whether any row stands
//! for the order's store or the whole account. The account's own column tells the eldest, for pages and older programs.

use model::ledger::LedgerKind;
use model::member::Actor;
use model::{AccountId, AlertKind, BreakCause, Clock, FeedBreak, Marketplace, Timestamp};
use serde_json::json;

use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::mail_folders::{column, store_of};
use crate::{Store, alerts};

/// One break, by what tells it apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub account: AccountId,
    pub store: Option<Marketplace>,
    pub cause: BreakCause,
    /// Which of several ways, where one cause may break more than one of a store; else empty.
    pub way: &'a str,
}

impl Store {
    /// The known breaks of an account's feed, the eldest first.
    pub async fn feed_breaks(&self, account: AccountId) -> Result<Vec<FeedBreak>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT store, cause, since FROM feed_break WHERE account_id = $1
                             ORDER BY since, store, cause, way LIMIT 1000"
                        ),
                        &[account.into()],
                    )
                    .await?;
                let opened = |row: &crate::engine::Row| {
                    Ok(FeedBreak { store: store_of(row.text(0)?)?, cause: row.word(1)?, since: row.time(2)? })
                };
                rows.iter().map(opened).collect()
            })
        })
        .await
    }

    /// Says that the notices' way in is known to be broken, or mended (law 4). What else is known of it stays.
    pub async fn set_feed_broken(
        &self,
        account: AccountId,
        broken: bool,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may say so"));
                }
                let place = Place { account, store: None, cause: BreakCause::Declared, way: "" };
                set(tx, keys, &mut ledger, place, broken, &by.to_string(), Clock::real(now)).await?;
                Ok(())
            })
        })
        .await
    }
}

/// Enters a break or takes it back, under the account's lock; whether anything changed.
pub(crate) async fn set(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    place: Place<'_>,
    broken: bool,
    by: &str,
    clock: Clock,
) -> Result<bool, StoreError> {
    let Place { account, store, cause, way } = place;
    let changed = if broken {
        let values: [Value; 5] =
            [account.into(), column(store).into(), cause.as_str().into(), way.into(), clock.real.into()];
        let enter = sql!(
            "INSERT INTO feed_break (account_id, store, cause, way, since) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (account_id, store, cause, way) DO NOTHING"
        );
        tx.run(enter, &values).await?
    } else {
        let values: [Value; 4] = [account.into(), column(store).into(), cause.as_str().into(), way.into()];
        let mend = sql!("DELETE FROM feed_break WHERE account_id = $1 AND store = $2 AND cause = $3 AND way = $4");
        tx.run(mend, &values).await?
    };
    if changed == 0 {
        return Ok(false);
    }
    let restated = sql!(
        "UPDATE account SET feed_broken_since = (SELECT MIN(since) FROM feed_break WHERE account_id = $1) WHERE id = $1"
    );
    tx.run(restated, &[account.into()]).await?;
    // Whoever says so himself need not be told.
    if broken && cause != BreakCause::Declared {
        let place = store.map_or("all", Marketplace::as_str);
        let about = format!("{place} {cause} {way}").trim_end().to_owned();
        alerts::raise(tx, keys, account, AlertKind::FeedBroken, &about, clock.real).await?;
    }
    let said = json!({ "by": by, "feed_broken": broken, "cause": cause, "store": store, "way": way });
    ledger.append(tx, keys, clock, LedgerKind::SettingChanged, &said).await?;
    Ok(true)
}

/// Since when the feed is broken for a store, if it is.
pub(crate) async fn since_for(
    tx: &mut Tx,
    account: AccountId,
    store: Marketplace,
) -> Result<Option<Timestamp>, StoreError> {
    let row = tx
        .row(
            sql!("SELECT MIN(since) FROM feed_break WHERE account_id = $1 AND store IN ('', $2)"),
            &[account.into(), store.into()],
        )
        .await?;
    row.map_or(Ok(None), |row| row.opt_time(0))
}

/// Looks which stores of the account have any way in left, after one came or went. An address that was replaced is none:
/// it ends by itself.
pub(crate) async fn ways_changed(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    account: AccountId,
    clock: Clock,
) -> Result<(), StoreError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT store, CASE WHEN EXISTS (SELECT 1 FROM address WHERE address.account_id = $1 AND address.state = 'active'
                 AND (address.store IS NULL OR address.store = seller.store))
                 OR EXISTS (SELECT 1 FROM mail_folder WHERE mail_folder.account_id = $1
                 AND mail_folder.store IN ('', seller.store))
                 OR EXISTS (SELECT 1 FROM http_door WHERE http_door.account_id = $1 AND http_door.revoked_at IS NULL)
                 THEN 1 ELSE 0 END FROM seller WHERE account_id = $1 ORDER BY store"
            ),
            &[account.into()],
        )
        .await?;
    for row in &rows {
        let place = Place { account, store: Some(row.word(0)?), cause: BreakCause::NoWayIn, way: "" };
        set(tx, keys, ledger, place, !row.flag(1)?, "abide", clock).await?;
    }
    Ok(())
}
