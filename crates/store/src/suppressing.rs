//! Entering a suppression, by whatever word: which order and buyers it covers (law 6), and which messages it
//! takes back or finds already leaving (law 2). Always under the account's lock.

use model::ledger::LedgerKind;
use model::suppression::{Origin, SuppressionReason};
use model::{
    AccountId, Alias, CampaignId, Clock, Marketplace, MessageId, NoticeId, OrderId, Reason, SuppressionId, Timestamp,
};
use serde_json::json;

use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::{BuyerHash, Keys};
use crate::ledger::Ledger;
use crate::numbers::{self, Counted};

/// A suppression to be entered.
pub(crate) struct NewSuppression<'a> {
    pub account: AccountId,
    pub order: Option<OrderId>,
    pub alias: Option<&'a Alias>,
    pub reason: SuppressionReason,
    pub origin: Origin,
    pub held: bool,
    pub since: Timestamp,
    pub notice: Option<NoticeId>,
    /// The store that the notice names, which is asked where the order's own is not known.
    pub store: Option<Marketplace>,
    pub note: Option<&'a str>,
    /// Until when the alias itself is kept (law 8); none: only its hash.
    pub keep_until: Option<Timestamp>,
}

/// What entering did.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    /// Entries that are new.
    pub entries: Vec<SuppressionId>,
    /// Entries that stood already and cover the same.
    pub stood: u64,
    pub covers_buyer: bool,
    /// The alias is one that many share: it was left out (law 6).
    pub shared_alias: bool,
    /// Notice and order name different aliases: both are covered (law 6).
    pub aliases_differ: bool,
    pub withdrawn: Vec<MessageId>,
    pub already_leaving: Vec<MessageId>,
}

impl Coverage {
    pub fn add(&mut self, other: Self) {
        self.entries.extend(other.entries);
        self.stood += other.stood;
        self.covers_buyer |= other.covers_buyer;
        self.shared_alias |= other.shared_alias;
        self.aliases_differ |= other.aliases_differ;
        self.withdrawn.extend(other.withdrawn);
        self.already_leaving.extend(other.already_leaving);
    }

    pub fn entered_nothing(&self) -> bool {
        self.entries.is_empty() && self.stood == 0
    }
}

/// A buyer whom an entry covers.
struct Buyer {
    hash: BuyerHash,
    alias_sealed: Option<Vec<u8>>,
    keep_until: Option<Timestamp>,
}

/// Enters a suppression, unless one that says as much stands already, and takes back what waits.
pub(crate) async fn enter(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    clock: Clock,
    new: &NewSuppression<'_>,
) -> Result<Coverage, StoreError> {
    let mut coverage = Coverage::default();
    let buyers = buyers_of(tx, keys, new, &mut coverage).await?;
    if new.order.is_none() && buyers.is_empty() {
        return Ok(coverage);
    }
    coverage.covers_buyer = !buyers.is_empty();
    let entry = if let Some(entry) = standing(tx, new, &buyers).await? {
        coverage.stood = 1;
        entry
    } else {
        count(tx, new).await?;
        let entry = insert(tx, keys, ledger, clock, new).await?;
        coverage.entries.push(entry);
        entry
    };
    for buyer in &buyers {
        cover(tx, new.account, entry, buyer, clock.real).await?;
    }
    let hashes: Vec<BuyerHash> = buyers.iter().map(|buyer| buyer.hash).collect();
    let reason = (!new.held).then(|| reason_for(new.reason));
    take_back(tx, new.account, new.order, &hashes, reason, &mut coverage).await?;
    Ok(coverage)
}

/// Counts an opt-out that Amazon reports, the first time that a notice names its order; for the campaign whose message left to
/// that order.
async fn count(tx: &mut Tx, new: &NewSuppression<'_>) -> Result<(), StoreError> {
    if (new.reason, new.origin) != (SuppressionReason::OptOut, Origin::Notice) {
        return Ok(());
    }
    let row = tx
        .row(
            sql!(
                "SELECT (SELECT 1 FROM suppression WHERE suppression.account_id = $1 AND suppression.order_id = $2
                  AND suppression.reason = 'opt_out' AND suppression.origin = 'notice' LIMIT 1),
                 (SELECT orders.store FROM orders WHERE orders.account_id = $1 AND orders.order_id = $2),
                 (SELECT notice.marketplace FROM notice WHERE notice.id = $3),
                 (SELECT message.campaign_id FROM order_slot JOIN message ON message.id = order_slot.message_id
                  WHERE order_slot.account_id = $1 AND order_slot.order_id = $2 AND order_slot.class = 'live'
                  AND message.state = 'sent')"
            ),
            &[new.account.into(), new.order.into(), new.notice.into()],
        )
        .await?
        .ok_or_else(|| StoreError::unexpected("no row of values"))?;
    if row.opt_int(0)?.is_some() {
        return Ok(());
    }
    let store = row.opt_word(1)?.or(new.store).or(row.opt_word(2)?);
    let campaign = row.opt_bytes(3)?.map(CampaignId::from_bytes);
    numbers::count(tx, new.account, (store, campaign), Counted::OptedOut, new.since).await
}

/// The outbox's word for a suppression, as its report has it (`SuppressionReport::word`).
pub(crate) const fn reason_for(reason: SuppressionReason) -> Reason {
    match reason {
        SuppressionReason::OptOut => Reason::OptedOut,
        SuppressionReason::Block => Reason::Blocked,
        SuppressionReason::OrderStop => Reason::OrderStopped,
    }
}

/// The buyers that the entry covers: by the alias given and by the order's own, shared ones left out (law 6).
/// An order stop covers the order alone.
async fn buyers_of(
    tx: &mut Tx,
    keys: &Keys,
    new: &NewSuppression<'_>,
    coverage: &mut Coverage,
) -> Result<Vec<Buyer>, StoreError> {
    let mut buyers: Vec<Buyer> = Vec::new();
    if new.reason == SuppressionReason::OrderStop {
        return Ok(buyers);
    }
    if let Some(alias) = new.alias {
        let hash = keys.buyer(new.account, alias)?;
        if alias.is_shared_by_form() || is_shared(tx, new.account, hash).await? {
            coverage.shared_alias = true;
        } else {
            let alias_sealed = new.keep_until.map(|_| keys.seal_alias(new.account, alias)).transpose()?;
            buyers.push(Buyer { hash, alias_sealed, keep_until: new.keep_until });
        }
    }
    let Some(order) = new.order else { return Ok(buyers) };
    let row = tx
        .row(
            sql!("SELECT buyer_hash, alias_sealed, purge_at FROM orders WHERE account_id = $1 AND order_id = $2"),
            &[new.account.into(), order.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(buyers) };
    let Some(hash) = row.opt_bytes(0)?.map(BuyerHash) else { return Ok(buyers) };
    if buyers.iter().any(|buyer| buyer.hash == hash) {
        return Ok(buyers);
    }
    let alias_sealed = row.opt_blob(1)?.map(<[u8]>::to_vec);
    let shared_by_form = match &alias_sealed {
        Some(sealed) => keys.open_alias(new.account, sealed)?.is_shared_by_form(),
        None => false,
    };
    if shared_by_form || is_shared(tx, new.account, hash).await? {
        coverage.shared_alias = true;
    } else {
        coverage.aliases_differ = new.alias.is_some_and(|alias| !alias.is_shared_by_form());
        buyers.push(Buyer { hash, alias_sealed, keep_until: row.opt_time(2)? });
    }
    Ok(buyers)
}

/// Whether many buyers share the alias behind a hash (law 6).
pub(crate) async fn is_shared(tx: &mut Tx, account: AccountId, buyer: BuyerHash) -> Result<bool, StoreError> {
    let row = tx
        .row(
            sql!("SELECT shared FROM buyer WHERE account_id = $1 AND buyer_hash = $2"),
            &[account.into(), buyer.into()],
        )
        .await?;
    row.map_or(Ok(false), |row| row.flag(0))
}

/// An entry that stands, for the same order or buyer and the same reason, and is not weaker than the new one.
async fn standing(
    tx: &mut Tx,
    new: &NewSuppression<'_>,
    buyers: &[Buyer],
) -> Result<Option<SuppressionId>, StoreError> {
    // Not by id alone: for that order SQLite would walk the account's whole list by its index, not the order's entries.
    let rows = match (new.order, buyers.first()) {
        (Some(order), _) => {
            tx.rows(
                sql!(
                    "SELECT suppression.id, suppression.held,
                     (SELECT change FROM suppression_change WHERE suppression_id = suppression.id ORDER BY number DESC LIMIT 1)
                     FROM suppression WHERE account_id = $1 AND order_id = $2 AND reason = $3 ORDER BY since, id LIMIT 1000"
                ),
                &[new.account.into(), order.into(), new.reason.as_str().into()],
            )
            .await?
        }
        (None, Some(buyer)) => {
            tx.rows(
                sql!(
                    "SELECT suppression.id, suppression.held,
                     (SELECT change FROM suppression_change WHERE suppression_id = suppression.id ORDER BY number DESC LIMIT 1)
                     FROM suppression_buyer JOIN suppression ON suppression.id = suppression_buyer.suppression_id
                     WHERE suppression_buyer.account_id = $1 AND suppression_buyer.buyer_hash = $2
                     AND suppression.order_id IS NULL AND suppression.reason = $3 ORDER BY suppression.id LIMIT 1000"
                ),
                &[new.account.into(), buyer.hash.into(), new.reason.as_str().into()],
            )
            .await?
        }
        (None, None) => Vec::new(),
    };
    for row in &rows {
        let held = match row.opt_text(2)? {
            Some("removed") => continue,
            Some("confirmed") => false,
            _ => row.flag(1)?,
        };
        if !held || new.held {
            return Ok(Some(SuppressionId::from_bytes(row.bytes(0)?)));
        }
    }
    Ok(None)
}

pub(crate) async fn insert(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    clock: Clock,
    new: &NewSuppression<'_>,
) -> Result<SuppressionId, StoreError> {
    let id = SuppressionId::generate();
    let said = json!({ "entry": id, "order": new.order, "reason": new.reason, "origin": new.origin,
        "held": new.held, "since": new.since, "notice": new.notice });
    let number = ledger.append(tx, keys, clock, LedgerKind::SuppressionAdded, &said).await?;
    let values: [Value; 12] = [
        id.into(),
        new.account.into(),
        new.order.into(),
        new.reason.as_str().into(),
        new.origin.as_str().into(),
        new.held.into(),
        new.since.into(),
        clock.real.into(),
        new.notice.into(),
        new.note.map(|note| keys.seal(new.account, "note", note.as_bytes())).transpose()?.into(),
        number.into(),
        new.store.map(Marketplace::as_str).into(),
    ];
    tx.put(
        sql!(
            "INSERT INTO suppression (id, account_id, order_id, reason, origin, held, since, entered_at, notice_id,
             note_sealed, ledger_number, store) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
             COALESCE((SELECT orders.store FROM orders WHERE orders.account_id = $2 AND orders.order_id = $3), $12,
             (SELECT notice.marketplace FROM notice WHERE notice.id = $9)))"
        ),
        values,
    )
    .await?;
    Ok(id)
}

async fn cover(
    tx: &mut Tx,
    account: AccountId,
    entry: SuppressionId,
    buyer: &Buyer,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let keep_until = buyer.keep_until.filter(|_| buyer.alias_sealed.is_some());
    let values: [Value; 6] = [
        account.into(),
        buyer.hash.into(),
        entry.into(),
        buyer.alias_sealed.clone().into(),
        now.into(),
        keep_until.into(),
    ];
    let added = tx
        .run(
            sql!(
                "INSERT INTO suppression_buyer (account_id, buyer_hash, suppression_id, alias_sealed, learnt_at, purge_at)
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"
            ),
            &values,
        )
        .await?;
    Ok(added > 0)
}

/// Law 6, the other direction of arrival: an order whose alias has just become known brings its buyer under
/// every entry that stands for the order. Held entries cover him too, and hold.
pub(crate) async fn learn_buyer(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    clock: Clock,
    order: (AccountId, OrderId),
    alias: (BuyerHash, Option<Vec<u8>>, Option<Timestamp>),
) -> Result<Option<Coverage>, StoreError> {
    let (account, order_id) = order;
    let rows = tx
        .rows(
            sql!(
                "SELECT suppression.id, suppression.held, suppression.reason,
                 (SELECT change FROM suppression_change WHERE suppression_id = suppression.id ORDER BY number DESC LIMIT 1)
                 FROM suppression WHERE account_id = $1 AND order_id = $2 ORDER BY since, id LIMIT 1000"
            ),
            &[account.into(), order_id.into()],
        )
        .await?;
    let (hash, alias_sealed, keep_until) = alias;
    let buyer = Buyer { hash, alias_sealed, keep_until };
    let mut learnt: Option<Coverage> = None;
    for row in &rows {
        let (entry, reason) = (SuppressionId::from_bytes(row.bytes(0)?), row.word::<SuppressionReason>(2)?);
        let change = row.opt_text(3)?;
        if reason == SuppressionReason::OrderStop || change == Some("removed") {
            continue;
        }
        let others = tx
            .row(
                sql!("SELECT COUNT(*) FROM suppression_buyer WHERE suppression_id = $1 AND buyer_hash <> $2"),
                &[entry.into(), hash.into()],
            )
            .await?
            .map_or(Ok(0), |row| row.int(0))?;
        if !cover(tx, account, entry, &buyer, clock.real).await? {
            continue;
        }
        let coverage = learnt.get_or_insert_with(Coverage::default);
        coverage.covers_buyer = true;
        coverage.aliases_differ |= others > 0;
        let held = row.flag(1)? && change != Some("confirmed");
        let mut taken = Coverage::default();
        let reason = (!held).then(|| reason_for(reason));
        take_back(tx, account, Some(order_id), &[hash], reason, &mut taken).await?;
        let said = json!({ "entry": entry, "order": order_id, "withdrawn": taken.withdrawn,
            "already_leaving": taken.already_leaving });
        ledger.append(tx, keys, clock, LedgerKind::BuyerLearnt, &said).await?;
        coverage.add(taken);
    }
    Ok(learnt)
}

/// Names what is already leaving to the order and the buyers (law 2), and withdraws what waits for the reason
/// given. Without one, as for a held entry, what waits goes on waiting: the gate holds it.
pub(crate) async fn take_back(
    tx: &mut Tx,
    account: AccountId,
    order: Option<OrderId>,
    buyers: &[BuyerHash],
    reason: Option<Reason>,
    coverage: &mut Coverage,
) -> Result<(), StoreError> {
    let mut orders: Vec<OrderId> = order.into_iter().collect();
    for buyer in buyers {
        // Sorted by what no index gives, or else SQLite would walk all orders of the account for the sake of the order.
        let rows = tx
            .rows(
                sql!("SELECT order_id FROM orders WHERE account_id = $1 AND buyer_hash = $2 ORDER BY first_seen_at, order_id LIMIT 10000"),
                &[account.into(), (*buyer).into()],
            )
            .await?;
        for row in &rows {
            let other = row.word(0)?;
            if !orders.contains(&other) {
                orders.push(other);
            }
        }
    }
    for order in orders {
        if let Some(reason) = reason {
            coverage.withdrawn.extend(withdraw(tx, account, order, reason).await?);
        }
        let rows = tx
            .rows(
                sql!(
                    "SELECT id FROM message WHERE account_id = $1 AND order_id = $2 AND purpose = 'proactive'
                     AND state = 'sending'"
                ),
                &[account.into(), order.into()],
            )
            .await?;
        for row in &rows {
            coverage.already_leaving.push(MessageId::from_bytes(row.bytes(0)?));
        }
    }
    Ok(())
}

async fn withdraw(
    tx: &mut Tx,
    account: AccountId,
    order: OrderId,
    reason: Reason,
) -> Result<Vec<MessageId>, StoreError> {
    let rows = tx
        .rows(
            sql!(
                "UPDATE message SET state = 'withdrawn', reason = $3, next_try = NULL, lease = NULL, lease_until = NULL
                 WHERE account_id = $1 AND order_id = $2 AND purpose = 'proactive' AND state IN ('planned', 'waiting')
                 RETURNING id"
            ),
            &[account.into(), order.into(), reason.as_str().into()],
        )
        .await?;
    rows.iter().map(|row| Ok(MessageId::from_bytes(row.bytes(0)?))).collect()
}

/// Takes back what waits for an entry that has just begun to act.
pub(crate) async fn take_back_for_entry(
    tx: &mut Tx,
    account: AccountId,
    entry: SuppressionId,
    order: Option<OrderId>,
    reason: SuppressionReason,
) -> Result<Coverage, StoreError> {
    let rows = tx
        .rows(
            sql!("SELECT buyer_hash FROM suppression_buyer WHERE suppression_id = $1 ORDER BY buyer_hash LIMIT 1000"),
            &[entry.into()],
        )
        .await?;
    let buyers = rows.iter().map(|row| row.bytes(0).map(BuyerHash)).collect::<Result<Vec<_>, _>>()?;
    let mut coverage = Coverage::default();
    take_back(tx, account, order, &buyers, Some(reason_for(reason)), &mut coverage).await?;
    Ok(coverage)
}
