//! Live as a deliberate step: what would leave a store, and the switch itself. Every count is bounded, so the summary
//! of an account with millions of rows costs as little as another's.

use std::collections::BTreeMap;

use model::ledger::LedgerKind;
use model::member::Actor;
use model::sending::{Counted, LiveSummary, StopScope, SummaryToken, Upcoming};
use model::{AccountId, CampaignId, Clock, Delivery, Marketplace, Reason, Span, Timestamp};
use serde_json::json;

use crate::engine::{Row, Sql, Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::{Store, accounts, attempt_facts, senders, sending_stops};

impl Store {
    /// What a store would do once it is live, or does while it is.
    pub async fn live_summary(
        &self,
        account: AccountId,
        store: Marketplace,
        clock: Clock,
    ) -> Result<LiveSummary, StoreError> {
        self.read(move |tx, keys| Box::pin(summary_in(tx, keys, account, store, clock))).await
    }

    /// Switches a store between capturing and live sending. To live only an owner or the operator may, and only where
    /// nothing stands against it ([`LiveSummary::obstacles`]); with `expected`, also only where what its summary showed
    /// still holds. To capture any owner or manager may, at any time. What is under way ends in the mode it began
    /// with. Whether anything changed.
    pub async fn switch_delivery(
        &self,
        account: AccountId,
        store: Marketplace,
        delivery: Delivery,
        expected: Option<SummaryToken>,
        by: Actor,
        clock: Clock,
    ) -> Result<bool, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                let known = accounts::seller_in(tx, account, store).await?;
                match delivery {
                    Delivery::Live if !by.may_manage_members() => {
                        return Err(StoreError::NotAllowed("only an owner may switch a store to live sending"));
                    }
                    Delivery::Capture if !by.may_configure() => {
                        return Err(StoreError::NotAllowed("only an owner or a manager may switch live sending off"));
                    }
                    _ => {}
                }
                if known == delivery {
                    return Ok(false);
                }
                if delivery == Delivery::Live {
                    let summary = summary_in(tx, keys, account, store, clock).await?;
                    if let Some(reason) = summary.obstacles().first() {
                        return Err(StoreError::Conflict(obstacle(*reason, store)));
                    }
                    if expected.is_some_and(|expected| expected != summary.token) {
                        return Err(StoreError::Conflict(
                            "what the summary showed has changed since; look at it again before you go live".into(),
                        ));
                    }
                }
                tx.run(
                    sql!("UPDATE seller SET delivery = $3 WHERE account_id = $1 AND store = $2"),
                    &[account.into(), store.into(), delivery.as_str().into()],
                )
                .await?;
                let said = json!({ "delivery": delivery, "store": store, "by": by.to_string() });
                ledger.append(tx, keys, clock, LedgerKind::SendingChanged, &said).await?;
                Ok(true)
            })
        })
        .await
    }
}

/// Why a store can't go live, in words that say what to do.
fn obstacle(reason: Reason, store: Marketplace) -> String {
    match reason {
        Reason::ChannelUnavailable => {
            format!("{store} has no sender yet: set its From address and its mail server first, then switch it to live")
        }
        Reason::Restored => "a backup was restored; import what came in since and say so, then switch to live".into(),
        Reason::AccountRestricted => {
            "Amazon restricts the account; review that and lift it, then switch to live".into()
        }
        other => format!("the store can't go live now: {}", other.sentence()),
    }
}

async fn summary_in(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    store: Marketplace,
    clock: Clock,
) -> Result<LiveSummary, StoreError> {
    let delivery = accounts::seller_in(tx, account, store).await?;
    let settings = accounts::account_in(tx, account).await?.settings;
    let sender = senders::sender_in(tx, keys, account, store).await?;
    let queue = queue(tx, account, store, clock.now()).await?;
    let stops = sending_stops::stops_in(tx, account).await?;
    let stops: Vec<_> =
        stops.into_iter().filter(|stop| !matches!(stop.scope, StopScope::Store(_, other) if other != store)).collect();
    let cap = attempt_facts::cap_use(tx, account, Delivery::Live, clock.now()).await?;
    let restored_at = restored_at(tx).await?;
    let most: [Value; 2] = [account.into(), (Counted::MOST + 1).into()];
    let mut summary = LiveSummary {
        store,
        delivery,
        sender: sender.map(|sender| (sender.from, sender.server)),
        trouble: senders::trouble_in(tx, keys, account, store).await?,
        upcoming: queue.upcoming,
        waiting: queue.waiting,
        queue_goes_on: queue.goes_on,
        unknown: counted(
            tx,
            sql!(
                "SELECT COUNT(*) FROM (SELECT 1 FROM message WHERE account_id = $1 AND state = 'unknown' LIMIT $2)
                 AS counted"
            ),
            &most,
        )
        .await?,
        held: counted(
            tx,
            sql!(
                "SELECT COUNT(*) FROM (SELECT id FROM suppression WHERE account_id = $1 AND held = 1 LIMIT $2) AS counted
                 WHERE NOT EXISTS (SELECT 1 FROM suppression_change WHERE suppression_id = counted.id)"
            ),
            &most,
        )
        .await?,
        suppressions: counted(
            tx,
            sql!(
                "SELECT COUNT(*) FROM (SELECT id FROM suppression WHERE account_id = $1 LIMIT $2) AS counted
                 WHERE NOT EXISTS (SELECT 1 FROM suppression_change WHERE suppression_id = counted.id
                 AND change = 'removed')"
            ),
            &most,
        )
        .await?,
        last_notice_at: last_notice(tx, account, store).await?,
        restored_at,
        restricted_since: settings.restricted_since,
        feed_broken_since: crate::feed_breaks::since_for(tx, account, store).await?,
        stops,
        cap: cap.a_day(),
        used_today: cap.used_today,
        captured_in_30_days: captured(tx, account, clock.now()).await?,
        token: SummaryToken(String::new()),
    };
    summary.token = token(tx, keys, account, &summary).await?;
    Ok(summary)
}

/// Stands for what weighs: mode, sender, restrictions, stops.
async fn token(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    summary: &LiveSummary,
) -> Result<SummaryToken, StoreError> {
    let row = tx
        .row(
            sql!("SELECT version FROM sender WHERE account_id = $1 AND store = $2"),
            &[account.into(), summary.store.into()],
        )
        .await?;
    let version = row.map(|row| row.blob(0).map(<[u8]>::to_vec)).transpose()?.unwrap_or_default();
    let weighs = format!(
        "{:?}",
        (
            summary.delivery,
            summary.restored_at,
            summary.restricted_since,
            summary.feed_broken_since,
            summary.stops.iter().map(|stop| (stop.scope, stop.since)).collect::<Vec<_>>(),
        )
    );
    let parts: [&[u8]; 4] = [account.as_bytes(), summary.store.as_str().as_bytes(), &version, weighs.as_bytes()];
    let hash = keys.hash("live summary", &parts)?;
    Ok(SummaryToken(data_encoding::HEXLOWER.encode(hash.get(..16).unwrap_or(&hash))))
}

struct Queue {
    upcoming: Vec<Upcoming>,
    waiting: Vec<(Reason, u64)>,
    goes_on: bool,
}

/// What waits to leave a store, the soonest first.
async fn queue(tx: &mut Tx, account: AccountId, store: Marketplace, now: Timestamp) -> Result<Queue, StoreError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT campaign_id, reason, next_try FROM message WHERE account_id = $1 AND store = $2
                 AND state IN ('planned', 'waiting') ORDER BY next_try LIMIT $3"
            ),
            &[account.into(), store.into(), (Counted::MOST + 1).into()],
        )
        .await?;
    let most = usize::try_from(Counted::MOST).unwrap_or(usize::MAX);
    let (mut campaigns, mut reasons) = (BTreeMap::new(), BTreeMap::new());
    for row in rows.iter().take(most) {
        let campaign = row.opt_bytes::<16>(0)?.map(CampaignId::from_bytes);
        let counts = campaigns.entry(campaign).or_insert_with(|| Upcoming {
            campaign,
            name: None,
            now: 0,
            in_a_day: 0,
            in_a_week: 0,
            later: 0,
        });
        let place = match row.opt_time(2)? {
            Some(time) if time <= now => &mut counts.now,
            Some(time) if time <= now.plus(Span::days(1)) => &mut counts.in_a_day,
            Some(time) if time <= now.plus(Span::days(7)) => &mut counts.in_a_week,
            _ => &mut counts.later,
        };
        *place += 1;
        if let Some(reason) = row.opt_word::<Reason>(1)? {
            *reasons.entry(reason).or_insert(0) += 1;
        }
    }
    let mut upcoming: Vec<Upcoming> = campaigns.into_values().collect();
    for counts in &mut upcoming {
        let Some(campaign) = counts.campaign else { continue };
        let row = tx.row(sql!("SELECT name FROM campaign WHERE id = $1"), &[campaign.into()]).await?;
        counts.name = row.map(|row| row.text(0).map(str::to_owned)).transpose()?;
    }
    upcoming.sort_by_key(|counts| std::cmp::Reverse(counts.now + counts.in_a_day + counts.in_a_week + counts.later));
    let mut waiting: Vec<(Reason, u64)> = reasons.into_iter().collect();
    waiting.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    Ok(Queue { upcoming, waiting, goes_on: rows.len() > most })
}

/// A count whose statement looks at one row more than [`Counted::MOST`] at most.
async fn counted(tx: &mut Tx, statement: Sql, values: &[Value]) -> Result<Counted, StoreError> {
    let n = tx.row(statement, values).await?.map_or(Ok(0), |row: Row| row.count(0))?;
    let most = u64::from(Counted::MOST);
    Ok(Counted { n: n.min(most), or_more: n > most })
}

/// When the last notice came in by the store's own ways or by the account's.
async fn last_notice(tx: &mut Tx, account: AccountId, store: Marketplace) -> Result<Option<Timestamp>, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT MAX(at) FROM (SELECT MAX(last_notice_at) AS at FROM address
                 WHERE account_id = $1 AND (store = $2 OR store IS NULL) UNION ALL
                 SELECT MAX(last_notice_at) FROM mail_folder WHERE account_id = $1 AND store IN ('', $2) UNION ALL
                 SELECT MAX(last_notice_at) FROM http_door WHERE account_id = $1) AS ways"
            ),
            &[account.into(), store.into()],
        )
        .await?;
    row.map_or(Ok(None), |row| row.opt_time(0))
}

async fn restored_at(tx: &mut Tx) -> Result<Option<Timestamp>, StoreError> {
    let row = tx.row(sql!("SELECT value FROM installation WHERE name = 'restored_at'"), &[]).await?;
    row.map(|row| row.word(0)).transpose()
}

async fn captured(tx: &mut Tx, account: AccountId, now: Timestamp) -> Result<u64, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM daily_count
                 WHERE account_id = $1 AND day > $2 AND what = 'captured'"
            ),
            &[account.into(), (now.utc_day() - 30).into()],
        )
        .await?;
    row.map_or(Ok(0), |row| row.count(0))
}
