//! The suppression list as members and lists of other tools change it, and as pages show it. Entries are only
//! ever added to: a removal is a fact of its own, with who, when and why (law 7).

use model::inbound::Outcome;
use model::ledger::LedgerKind;
use model::member::Actor;
use model::suppression::{
    ImportedSuppression, Origin, SuppressionChange, SuppressionReason, SuppressionRow, SuppressionState, Target,
};
use model::{AccountId, Clock, Cursor, OrderId, Page, Span, SuppressionId, Timestamp};
use serde_json::json;

use crate::Store;
use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::{BuyerHash, Keys};
use crate::ledger::Ledger;
use crate::reviewing;
use crate::suppressing::{self, Coverage, NewSuppression};

/// How long the alias of an entry without an order is kept (law 8).
const ALIAS_KEPT: Span = Span::days(30);

/// Lines of an imported list that one transaction takes, so that others get their turn.
pub const IMPORTED_AT_ONCE: usize = 200;

/// Which entries a page of the list shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SuppressionFilter {
    /// All of them.
    #[default]
    All,
    /// Those of one order.
    Order(OrderId),
    /// Those that cover one buyer.
    Buyer(BuyerHash),
}

impl Store {
    /// A page of the list, newest first: a row for each entry and each buyer it covers.
    pub async fn suppressions(
        &self,
        account: AccountId,
        filter: SuppressionFilter,
        before: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<SuppressionRow>, StoreError> {
        let before = match before {
            Some(cursor) => cursor.0.parse().map_err(|_| StoreError::NotFound("this page does not exist".into()))?,
            None => SuppressionId::from_bytes([0xff; 16]),
        };
        self.read(move |tx, keys| Box::pin(page(tx, keys, account, filter, before, limit))).await
    }

    /// Adds an entry by a member's word: a stop of the order, or a block of the buyer.
    pub async fn add_suppression(
        &self,
        account: AccountId,
        target: Target,
        note: String,
        by: Actor,
        clock: Clock,
    ) -> Result<SuppressionChange, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_change() {
                    return Err(StoreError::NotAllowed("viewers can't change the list"));
                }
                let (order, alias, reason) = match &target {
                    Target::Order(order) => (Some(*order), None, SuppressionReason::OrderStop),
                    Target::Buyer(alias) => (None, Some(alias), SuppressionReason::Block),
                };
                let new = NewSuppression {
                    account,
                    order,
                    alias,
                    reason,
                    origin: Origin::Member,
                    held: false,
                    since: clock.real,
                    notice: None,
                    store: None,
                    note: Some(&note),
                    keep_until: Some(clock.real.plus(ALIAS_KEPT)),
                };
                let coverage = suppressing::enter(tx, keys, &mut ledger, clock, &new).await?;
                if coverage.entered_nothing() {
                    return Err(StoreError::Conflict(
                        "this relay address is shared by many buyers, so it can't be blocked; stop the orders one by one"
                            .into(),
                    ));
                }
                note_withdrawn(tx, keys, &mut ledger, &coverage, (&by, clock)).await?;
                Ok(change_of(&coverage))
            })
        })
        .await
    }

    /// Takes a part of a list that another tool kept. Buyers and orders that stand already stay as they are.
    pub async fn import_suppressions(
        &self,
        account: AccountId,
        lines: Vec<ImportedSuppression>,
        by: Actor,
        clock: Clock,
    ) -> Result<SuppressionChange, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_change() {
                    return Err(StoreError::NotAllowed("viewers can't change the list"));
                }
                let (mut all, mut covered) = (SuppressionChange::default(), Coverage::default());
                for line in &lines {
                    let (order, alias) = match &line.target {
                        Target::Order(order) => (Some(*order), None),
                        Target::Buyer(alias) => (None, Some(alias)),
                    };
                    let since = line.since.map_or(clock.real, |since| since.min(clock.real));
                    let end = since.plus(ALIAS_KEPT);
                    let new = NewSuppression {
                        account,
                        order,
                        alias,
                        reason: line.reason,
                        origin: Origin::Import,
                        held: false,
                        since,
                        notice: None,
                        store: None,
                        note: None,
                        keep_until: (end > clock.real).then_some(end),
                    };
                    let coverage = suppressing::enter(tx, keys, &mut ledger, clock, &new).await?;
                    let one = change_of(&coverage);
                    all.changed += one.changed;
                    all.unchanged += one.unchanged;
                    all.withdrawn += one.withdrawn;
                    all.already_leaving += one.already_leaving;
                    covered.add(coverage);
                }
                note_withdrawn(tx, keys, &mut ledger, &covered, (&by, clock)).await?;
                Ok(all)
            })
        })
        .await
    }

    /// Removes every standing entry of the order, or every one that covers the buyer. Amazon's opt-outs only
    /// by owner, manager or operator (law 7): otherwise nothing is removed.
    pub async fn remove_suppression(
        &self,
        account: AccountId,
        target: Target,
        note: String,
        by: Actor,
        clock: Clock,
    ) -> Result<SuppressionChange, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                let filter = match &target {
                    Target::Order(order) => SuppressionFilter::Order(*order),
                    Target::Buyer(alias) => SuppressionFilter::Buyer(keys.buyer(account, alias)?),
                };
                let mut change = SuppressionChange::default();
                for (entry, reason) in standing_entries(tx, account, &filter).await? {
                    let why = Change { to: "removed", kind: LedgerKind::SuppressionRemoved, note: &note };
                    decide(tx, keys, &mut ledger, (account, entry, reason), &why, (&by, clock)).await?;
                    change.changed += 1;
                }
                if change.changed == 0 {
                    return Err(StoreError::NotFound("nothing in the list stands for that order or buyer".into()));
                }
                Ok(change)
            })
        })
        .await
    }

    /// Removes one entry.
    pub async fn remove_entry(
        &self,
        account: AccountId,
        entry: SuppressionId,
        note: String,
        by: Actor,
        clock: Clock,
    ) -> Result<(), StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                let (reason, state, _) = standing_entry(tx, account, entry).await?;
                if state == SuppressionState::Removed {
                    return Err(StoreError::Conflict("this entry was removed already".into()));
                }
                let why = Change { to: "removed", kind: LedgerKind::SuppressionRemoved, note: &note };
                decide(tx, keys, &mut ledger, (account, entry, reason), &why, (&by, clock)).await
            })
        })
        .await
    }

    /// A member says that a held entry is right: it acts from now on, and what waits is withdrawn.
    pub async fn confirm_entry(
        &self,
        account: AccountId,
        entry: SuppressionId,
        note: String,
        by: Actor,
        clock: Clock,
    ) -> Result<SuppressionChange, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                let (reason, state, order) = standing_entry(tx, account, entry).await?;
                if state != SuppressionState::Held {
                    return Err(StoreError::Conflict("this entry is not held".into()));
                }
                if !by.may_change() {
                    return Err(StoreError::NotAllowed("viewers can't change the list"));
                }
                let why = Change { to: "confirmed", kind: LedgerKind::HeldDecided, note: &note };
                record_change(tx, keys, &mut ledger, (account, entry), &why, (&by, clock)).await?;
                reviewing::settle_by_entry(tx, account, entry, Outcome::Suppressed).await?;
                let coverage = suppressing::take_back_for_entry(tx, account, entry, order, reason).await?;
                note_withdrawn(tx, keys, &mut ledger, &coverage, (&by, clock)).await?;
                Ok(SuppressionChange { changed: 1, ..change_of(&coverage) })
            })
        })
        .await
    }
}

/// Which messages a member's own entry took back; a notice's own entry of the ledger names those that it did (law 7).
async fn note_withdrawn(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    coverage: &Coverage,
    by: (&Actor, Clock),
) -> Result<(), StoreError> {
    if coverage.withdrawn.is_empty() {
        return Ok(());
    }
    let said = json!({ "entries": coverage.entries, "withdrawn": coverage.withdrawn, "by": by.0.to_string() });
    ledger.append(tx, keys, by.1, LedgerKind::Withdrawal, &said).await?;
    Ok(())
}

fn change_of(coverage: &Coverage) -> SuppressionChange {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    SuppressionChange {
        changed: count(coverage.entries.len()),
        unchanged: coverage.stood,
        withdrawn: count(coverage.withdrawn.len()),
        already_leaving: count(coverage.already_leaving.len()),
    }
}

/// What was decided about an entry, and why.
pub(crate) struct Change<'a> {
    pub to: &'static str,
    pub kind: LedgerKind,
    pub note: &'a str,
}

async fn decide(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    entry: (AccountId, SuppressionId, SuppressionReason),
    decision: &Change<'_>,
    by: (&Actor, Clock),
) -> Result<(), StoreError> {
    let (account, id, reason) = entry;
    if reason == SuppressionReason::OptOut && !by.0.may_remove_opt_out() {
        return Err(StoreError::NotAllowed("only an owner or a manager may remove an opt-out that Amazon reported"));
    }
    if !by.0.may_change() {
        return Err(StoreError::NotAllowed("viewers can't change the list"));
    }
    record_change(tx, keys, ledger, (account, id), decision, by).await?;
    reviewing::settle_by_entry(tx, account, id, Outcome::Noted).await
}

pub(crate) async fn record_change(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    entry: (AccountId, SuppressionId),
    decision: &Change<'_>,
    by: (&Actor, Clock),
) -> Result<(), StoreError> {
    let ((account, id), (actor, clock)) = (entry, by);
    if decision.note.trim().is_empty() {
        return Err(StoreError::Conflict("say why: the note must not be empty".into()));
    }
    let said = json!({ "entry": id, "change": decision.to, "by": actor.to_string() });
    let number = ledger.append(tx, keys, clock, decision.kind, &said).await?;
    let values: [Value; 6] = [
        id.into(),
        number.into(),
        decision.to.into(),
        clock.real.into(),
        actor.to_string().into(),
        keys.seal(account, "note", decision.note.as_bytes())?.into(),
    ];
    tx.run(
        sql!(
            "INSERT INTO suppression_change (suppression_id, number, change, at, actor, note_sealed, ledger_number)
             VALUES ($1, $2, $3, $4, $5, $6, $2)"
        ),
        &values,
    )
    .await?;
    Ok(())
}

/// A held entry acts from now on, since its notice was graded; the ledger's entry of that number says so.
pub(crate) async fn confirm_by_grade(
    tx: &mut Tx,
    entry: SuppressionId,
    number: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.run(
        sql!(
            "INSERT INTO suppression_change (suppression_id, number, change, at, actor, ledger_number)
             VALUES ($1, $2, 'confirmed', $3, $4, $2)"
        ),
        &[entry.into(), number.into(), now.into(), Actor::Abide.to_string().into()],
    )
    .await?;
    Ok(())
}

async fn standing_entries(
    tx: &mut Tx,
    account: AccountId,
    filter: &SuppressionFilter,
) -> Result<Vec<(SuppressionId, SuppressionReason)>, StoreError> {
    let rows = match filter {
        SuppressionFilter::Order(order) => {
            tx.rows(
                sql!(
                    "SELECT suppression.id, suppression.reason,
                     (SELECT change FROM suppression_change WHERE suppression_id = suppression.id ORDER BY number DESC LIMIT 1)
                     FROM suppression WHERE account_id = $1 AND order_id = $2 ORDER BY since, id LIMIT 1000"
                ),
                &[account.into(), (*order).into()],
            )
            .await?
        }
        SuppressionFilter::Buyer(buyer) => {
            tx.rows(
                sql!(
                    "SELECT suppression.id, suppression.reason,
                     (SELECT change FROM suppression_change WHERE suppression_id = suppression.id ORDER BY number DESC LIMIT 1)
                     FROM suppression_buyer JOIN suppression ON suppression.id = suppression_buyer.suppression_id
                     WHERE suppression_buyer.account_id = $1 AND suppression_buyer.buyer_hash = $2
                     ORDER BY suppression.id LIMIT 1000"
                ),
                &[account.into(), (*buyer).into()],
            )
            .await?
        }
        SuppressionFilter::All => Vec::new(),
    };
    let mut entries = Vec::new();
    for row in &rows {
        if row.opt_text(2)? != Some("removed") {
            entries.push((SuppressionId::from_bytes(row.bytes(0)?), row.word(1)?));
        }
    }
    Ok(entries)
}

async fn standing_entry(
    tx: &mut Tx,
    account: AccountId,
    entry: SuppressionId,
) -> Result<(SuppressionReason, SuppressionState, Option<OrderId>), StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT reason, held, order_id,
                 (SELECT change FROM suppression_change WHERE suppression_id = suppression.id ORDER BY number DESC LIMIT 1)
                 FROM suppression WHERE account_id = $1 AND id = $2"
            ),
            &[account.into(), entry.into()],
        )
        .await?
        .ok_or_else(|| StoreError::NotFound("there is no such entry in the account's list".into()))?;
    Ok((row.word(0)?, state_of(row.flag(1)?, row.opt_text(3)?), row.opt_word(2)?))
}

/// The state that an entry and the last change of it make.
pub(crate) fn state_of(held: bool, change: Option<&str>) -> SuppressionState {
    match (change, held) {
        (Some("removed"), _) => SuppressionState::Removed,
        (Some("confirmed"), _) | (_, false) => SuppressionState::Active,
        (_, true) => SuppressionState::Held,
    }
}

async fn page(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    filter: SuppressionFilter,
    before: SuppressionId,
    limit: u32,
) -> Result<Page<SuppressionRow>, StoreError> {
    let rows = match filter {
        SuppressionFilter::All => {
            tx.rows(
                sql!(
                    "SELECT id, order_id, reason, origin, since, held,
                     (SELECT change FROM suppression_change WHERE suppression_id = suppression.id ORDER BY number DESC LIMIT 1),
                     store FROM suppression WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
                ),
                &[account.into(), before.into(), limit.into()],
            )
            .await?
        }
        SuppressionFilter::Order(order) => {
            // Neither found nor sorted by the page's place: for that SQLite would walk the account's whole list.
            tx.rows(
                sql!(
                    "SELECT id, order_id, reason, origin, since, held,
                     (SELECT change FROM suppression_change WHERE suppression_id = suppression.id ORDER BY number DESC LIMIT 1),
                     store FROM suppression WHERE account_id = $1 AND order_id = $4 AND CASE WHEN id < $2 THEN 1 ELSE 0 END = 1
                     ORDER BY since DESC, id DESC LIMIT $3"
                ),
                &[account.into(), before.into(), limit.into(), order.into()],
            )
            .await?
        }
        SuppressionFilter::Buyer(buyer) => {
            tx.rows(
                sql!(
                    "SELECT id, order_id, reason, origin, since, held,
                     (SELECT change FROM suppression_change WHERE suppression_id = suppression.id ORDER BY number DESC LIMIT 1),
                     store FROM suppression WHERE id < $2 AND id IN
                     (SELECT suppression_id FROM suppression_buyer WHERE account_id = $1 AND buyer_hash = $4)
                     ORDER BY id DESC LIMIT $3"
                ),
                &[account.into(), before.into(), limit.into(), buyer.into()],
            )
            .await?
        }
    };
    let mut page = Page { rows: Vec::with_capacity(rows.len()), next: None };
    for row in &rows {
        let id = SuppressionId::from_bytes(row.bytes(0)?);
        show_entry(tx, keys, account, id, row, &mut page.rows).await?;
    }
    let full = rows.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    if let (true, Some(last)) = (full, page.rows.last()) {
        page.next = Some(Cursor(last.id.to_string()));
    }
    Ok(page)
}

/// Puts an entry into `shown`: a row for each buyer it covers, or one for its order alone.
pub(crate) async fn show_entry(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    id: SuppressionId,
    row: &Row,
    rows: &mut Vec<SuppressionRow>,
) -> Result<(), StoreError> {
    let buyers = tx
        .rows(
            sql!(
                "SELECT alias_sealed FROM suppression_buyer WHERE suppression_id = $1
                 ORDER BY learnt_at, buyer_hash LIMIT 100"
            ),
            &[id.into()],
        )
        .await?;
    if buyers.is_empty() {
        rows.push(shown(keys, account, row, None)?);
    }
    for buyer in &buyers {
        rows.push(shown(keys, account, row, Some(buyer))?);
    }
    Ok(())
}

fn shown(keys: &Keys, account: AccountId, row: &Row, buyer: Option<&Row>) -> Result<SuppressionRow, StoreError> {
    let alias = match buyer.map(|buyer| buyer.opt_blob(0)).transpose()?.flatten() {
        Some(sealed) => Some(keys.open_alias(account, sealed)?),
        None => None,
    };
    Ok(SuppressionRow {
        id: SuppressionId::from_bytes(row.bytes(0)?),
        order_id: row.opt_word(1)?,
        store: row.opt_word(7)?,
        alias,
        covers_buyer: buyer.is_some(),
        reason: row.word(2)?,
        origin: row.word(3)?,
        since: Timestamp::from_micros(row.int(4)?),
        state: state_of(row.flag(5)?, row.opt_text(6)?),
    })
}
