//! Deciding about a notice that waits for a member, and undoing it: one step each, under the account's lock, with its
//! own ledger entry. Undoing never lets anything go: what a decision had suppressed is held until it is decided again.

use model::inbound::Outcome;
use model::ledger::LedgerKind;
use model::member::Actor;
use model::notice::NoticeKind;
use model::order::OrderMark;
use model::review::{ReviewDecision, ReviewEffect, ReviewReason, Ruling};
use model::suppression::{Origin, SuppressionReason};
use model::{AccountId, Alias, Clock, NoticeId, OrderId, SuppressionId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Store;
use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::inbound::ORDERS_TOUCHED;
use crate::inbound_effects::mark_of;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::suppressing::{self, Coverage, NewSuppression};
use crate::suppressions::{self, Change};
use crate::{breaker, identity, orders, proving, refunds, taught_forms};

/// What a decision did, so that it can be undone; ids only.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Did {
    outcome_before: String,
    review_before: String,
    suppressed: Vec<SuppressionId>,
    released: Vec<SuppressionId>,
    marked: Vec<(OrderId, OrderMark)>,
    provisional_before: Vec<(OrderId, OrderMark, Timestamp)>,
    tripped: bool,
    lifted: bool,
    taught: bool,
}

/// A notice as it waits.
struct Waiting {
    kind: NoticeKind,
    orders: Vec<OrderId>,
    alias: Option<Alias>,
    keep_until: Option<Timestamp>,
    form: Option<[u8; 32]>,
    outcome: Outcome,
    reason: Option<ReviewReason>,
}

/// What every part of one decision needs.
struct Deciding<'a> {
    account: AccountId,
    notice: NoticeId,
    by: &'a Actor,
    clock: Clock,
    note: &'a str,
}

impl Store {
    /// A member decides about a notice that waits; what follows is durable when this returns.
    ///
    /// # Errors
    /// `NotFound` for a notice of another account, `Conflict` where it does not wait or no order is named that the
    /// ruling is about, `NotAllowed` where the role does not suffice: viewers decide nothing; only owner and manager
    /// let go what an opt-out holds (law 7), lift a restriction and teach a form.
    pub async fn decide_review(
        &self,
        account: AccountId,
        notice: NoticeId,
        decision: ReviewDecision,
        by: Actor,
        clock: Clock,
    ) -> Result<ReviewEffect, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                let note = note_of(&decision)?;
                let deciding = Deciding { account, notice, by: &by, clock, note: &note };
                decide(tx, keys, &mut ledger, &deciding, &decision).await
            })
        })
        .await
    }

    /// Takes the last decision about a notice back: it waits again, and what the decision had suppressed or let go is
    /// held until then.
    ///
    /// # Errors
    /// As of [`Store::decide_review`]; `Conflict` where nothing is decided.
    pub async fn undo_review(
        &self,
        account: AccountId,
        notice: NoticeId,
        by: Actor,
        clock: Clock,
    ) -> Result<ReviewEffect, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                let deciding = Deciding { account, notice, by: &by, clock, note: "the decision was undone" };
                undo(tx, keys, &mut ledger, &deciding).await
            })
        })
        .await
    }
}

fn note_of(decision: &ReviewDecision) -> Result<String, StoreError> {
    if decision.note.chars().count() > ReviewDecision::NOTE_CHARS {
        return Err(StoreError::Conflict(format!("a note has at most {} characters", ReviewDecision::NOTE_CHARS)));
    }
    let note = decision.note.trim();
    Ok(if note.is_empty() { format!("decided as {}", decision.ruling) } else { note.to_owned() })
}

async fn decide(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    deciding: &Deciding<'_>,
    decision: &ReviewDecision,
) -> Result<ReviewEffect, StoreError> {
    let waiting = waiting(tx, keys, deciding.account, deciding.notice).await?;
    let Some(reason) = waiting.reason else {
        return Err(StoreError::Conflict("this notice does not wait for a decision; undo the last one first".into()));
    };
    may_decide(deciding.by)?;
    let orders = if decision.orders.is_empty() { &waiting.orders } else { &decision.orders };
    let orders: Vec<OrderId> = orders.iter().take(ORDERS_TOUCHED).copied().collect();
    let by_alias_alone = decision.ruling == Ruling::OptOut && waiting.alias.is_some();
    if decision.ruling.needs_order() && orders.is_empty() && !by_alias_alone {
        return Err(StoreError::Conflict("say which order it is about".into()));
    }
    let mut did =
        Did { outcome_before: waiting.outcome.to_string(), review_before: reason.to_string(), ..Did::default() };
    let mut effect = ReviewEffect::default();
    let mut coverage = Coverage::default();
    settle_held(tx, keys, ledger, deciding, (decision.ruling, &orders), (&mut did, &mut coverage)).await?;
    if decision.ruling == Ruling::OptOut {
        enter(tx, keys, ledger, deciding, (&waiting, &orders), (&mut did, &mut coverage)).await?;
    }
    take_provisional_marks(tx, deciding, &waiting.orders, &mut did).await?;
    mark_orders(tx, deciding, (decision.ruling, &orders, &waiting.orders), &mut did).await?;
    restriction(tx, deciding, (decision.ruling, reason), (&mut did, &mut effect)).await?;
    if decision.teach {
        let Some(form) = waiting.form else {
            return Err(StoreError::Conflict(
                "mails of this form can't be told from others, so it can't be taught".into(),
            ));
        };
        taught_forms::may_teach(deciding.by)?;
        let by = (deciding.by, deciding.clock);
        taught_forms::teach(tx, deciding.account, (form, deciding.notice), decision.ruling, by).await?;
        did.taught = true;
    }
    let outcome = match decision.ruling {
        Ruling::OptOut => Outcome::Suppressed,
        Ruling::Restriction => Outcome::Restricted,
        // What is active already stays so: the two aliases of law 6.
        Ruling::Nothing if waiting.outcome == Outcome::Suppressed => Outcome::Suppressed,
        Ruling::Nothing => Outcome::Noted,
        _ => Outcome::Marked,
    };
    tx.put(
        sql!("UPDATE notice SET outcome = $2, review = NULL, look_at = NULL WHERE id = $1"),
        [deciding.notice.into(), outcome.as_str().into()],
    )
    .await?;
    if decision.ruling == Ruling::OptOut && waiting.kind != NoticeKind::OptOut {
        let (read, said) = ((waiting.kind, waiting.orders.as_slice()), (NoticeKind::OptOut, orders.as_slice()));
        identity::remember_as(tx, keys, deciding.account, deciding.notice, read, said).await?;
    }
    let said = json!({
        "notice": deciding.notice, "by": deciding.by.to_string(), "ruling": decision.ruling, "orders": orders,
        "suppressed": did.suppressed, "released": did.released, "marked": did.marked, "taught": did.taught,
        "restricted": effect.restriction, "withdrawn": coverage.withdrawn, "already_leaving": coverage.already_leaving,
    });
    let number = ledger.append(tx, keys, deciding.clock, LedgerKind::ReviewDecided, &said).await?;
    record(tx, keys, deciding, decision.ruling.as_str(), number, &did).await?;
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    Ok(ReviewEffect {
        suppressed: count(did.suppressed.len()),
        released: count(did.released.len()),
        marked: count(did.marked.len()),
        withdrawn: count(coverage.withdrawn.len()),
        already_leaving: count(coverage.already_leaving.len()),
        taught: did.taught,
        ..effect
    })
}

fn may_decide(by: &Actor) -> Result<(), StoreError> {
    if by.may_change() { Ok(()) } else { Err(StoreError::NotAllowed("viewers decide nothing")) }
}

/// What the notice holds: confirmed where it is an opt-out of that order, else let go.
async fn settle_held(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    deciding: &Deciding<'_>,
    ruled: (Ruling, &[OrderId]),
    done: (&mut Did, &mut Coverage),
) -> Result<(), StoreError> {
    let ((ruling, orders), (did, coverage)) = (ruled, done);
    for (entry, order) in proving::held_by_notice(tx, deciding.account, deciding.notice).await? {
        let is_meant = ruling == Ruling::OptOut && order.is_none_or(|order| orders.contains(&order));
        if !is_meant && !deciding.by.may_remove_opt_out() {
            return Err(StoreError::NotAllowed("only an owner or a manager may let go what an opt-out holds"));
        }
        let change = if is_meant { "confirmed" } else { "removed" };
        change_entry(tx, keys, ledger, deciding, (entry, change)).await?;
        if is_meant {
            let (account, reason) = (deciding.account, SuppressionReason::OptOut);
            coverage.add(suppressing::take_back_for_entry(tx, account, entry, order, reason).await?);
            did.suppressed.push(entry);
        } else {
            did.released.push(entry);
        }
    }
    Ok(())
}

async fn change_entry(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    deciding: &Deciding<'_>,
    entry: (SuppressionId, &'static str),
) -> Result<(), StoreError> {
    let change = Change { to: entry.1, kind: LedgerKind::HeldDecided, note: deciding.note };
    let by = (deciding.by, deciding.clock);
    suppressions::record_change(tx, keys, ledger, (deciding.account, entry.0), &change, by).await
}

/// Enters the orders of an opt-out that nothing stands for yet, and their buyers.
async fn enter(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    deciding: &Deciding<'_>,
    notice: (&Waiting, &[OrderId]),
    done: (&mut Did, &mut Coverage),
) -> Result<(), StoreError> {
    let ((waiting, orders), (did, coverage)) = (notice, done);
    let listed: Vec<Option<OrderId>> =
        if orders.is_empty() { vec![None] } else { orders.iter().copied().map(Some).collect() };
    for order in listed {
        let new = NewSuppression {
            account: deciding.account,
            order,
            // An alias beside several orders can't be told to belong to all of them.
            alias: waiting.alias.as_ref().filter(|_| orders.len() <= 1),
            reason: SuppressionReason::OptOut,
            origin: Origin::Notice,
            held: false,
            since: deciding.clock.real,
            notice: Some(deciding.notice),
            store: None,
            note: Some(deciding.note),
            keep_until: waiting.keep_until,
        };
        let entered = suppressing::enter(tx, keys, ledger, deciding.clock, &new).await?;
        if entered.entered_nothing() {
            return Err(StoreError::Conflict("many buyers share that relay address: name the order".into()));
        }
        did.suppressed.extend(entered.entries.iter().copied());
        coverage.add(entered);
    }
    Ok(())
}

/// Marks that the notice made provisionally give way to what was decided.
async fn take_provisional_marks(
    tx: &mut Tx,
    deciding: &Deciding<'_>,
    orders: &[OrderId],
    did: &mut Did,
) -> Result<(), StoreError> {
    for order in orders.iter().take(ORDERS_TOUCHED) {
        let rows = tx
            .rows(
                sql!(
                    "SELECT mark, since FROM order_mark WHERE account_id = $1 AND order_id = $2 AND notice_id = $3
                     AND provisional = 1"
                ),
                &[deciding.account.into(), (*order).into(), deciding.notice.into()],
            )
            .await?;
        for row in &rows {
            let mark: OrderMark = row.word(0)?;
            did.provisional_before.push((*order, mark, row.time(1)?));
            unmark(tx, deciding, (*order, mark)).await?;
        }
    }
    Ok(())
}

async fn unmark(tx: &mut Tx, deciding: &Deciding<'_>, marked: (OrderId, OrderMark)) -> Result<(), StoreError> {
    let (account, (order, mark)) = (deciding.account, marked);
    tx.put(
        sql!("DELETE FROM order_mark WHERE account_id = $1 AND order_id = $2 AND mark = $3 AND notice_id = $4"),
        [account.into(), order.into(), mark.as_str().into(), deciding.notice.into()],
    )
    .await?;
    orders::queue_for_planning(tx, account, &[order], deciding.clock.real).await
}

/// Marks the orders that the decision is about. A refund that it is not is taken out of the sum.
async fn mark_orders(
    tx: &mut Tx,
    deciding: &Deciding<'_>,
    ruled: (Ruling, &[OrderId], &[OrderId]),
    did: &mut Did,
) -> Result<(), StoreError> {
    let (ruling, orders, read) = ruled;
    let (account, notice, now) = (deciding.account, deciding.notice, deciding.clock.real);
    for order in read.iter().take(ORDERS_TOUCHED).filter(|order| ruling != Ruling::Refund || !orders.contains(order)) {
        refunds::forget(tx, account, *order, notice).await?;
    }
    let Some(mark) = ruling.kind().and_then(mark_of) else { return Ok(()) };
    for order in orders {
        orders::mark(tx, account, (*order, mark), false, notice, now).await?;
        if mark == OrderMark::Refunded {
            refunds::record(tx, account, (*order, notice), None, now).await?;
        }
        did.marked.push((*order, mark));
    }
    Ok(())
}

async fn restriction(
    tx: &mut Tx,
    deciding: &Deciding<'_>,
    ruled: (Ruling, ReviewReason),
    done: (&mut Did, &mut ReviewEffect),
) -> Result<(), StoreError> {
    let ((ruling, reason), (did, effect)) = (ruled, done);
    if ruling == Ruling::Restriction {
        breaker::trip(tx, deciding.account, deciding.notice, true, deciding.clock.real).await?;
        (did.tripped, effect.restriction) = (true, Some(true));
    } else if reason == ReviewReason::RestrictionUnproven {
        breaker::may_lift(deciding.by)?;
        // It no longer waits, so that it does not stand in its own way.
        tx.put(sql!("UPDATE notice SET review = NULL WHERE id = $1"), [deciding.notice.into()]).await?;
        did.lifted = breaker::take_back(tx, deciding.account, deciding.notice).await?;
        effect.restriction = did.lifted.then_some(false);
    }
    Ok(())
}

async fn undo(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    deciding: &Deciding<'_>,
) -> Result<ReviewEffect, StoreError> {
    let waiting = waiting(tx, keys, deciding.account, deciding.notice).await?;
    let row = tx
        .row(
            sql!(
                "SELECT ruling, did FROM review_decision WHERE notice_id = $1 AND account_id = $2
                 ORDER BY number DESC LIMIT 1"
            ),
            &[deciding.notice.into(), deciding.account.into()],
        )
        .await?;
    let row = row.filter(|row| row.text(0).is_ok_and(|ruling| ruling != UNDONE) && waiting.reason.is_none());
    let row = row.ok_or_else(|| StoreError::Conflict("nothing is decided about this notice".into()))?;
    may_decide(deciding.by)?;
    let did: Did =
        serde_json::from_str(row.text(1)?).map_err(|_| StoreError::unexpected("what a decision did can't be read"))?;
    let mut effect = ReviewEffect::default();
    for entry in &did.suppressed {
        if stands(tx, *entry).await? {
            change_entry(tx, keys, ledger, deciding, (*entry, "removed")).await?;
            hold_again(tx, keys, ledger, deciding, *entry).await?;
            effect.held += 1;
        }
    }
    for entry in &did.released {
        hold_again(tx, keys, ledger, deciding, *entry).await?;
        effect.held += 1;
    }
    for marked in &did.marked {
        unmark(tx, deciding, *marked).await?;
        effect.marked += 1;
    }
    for (order, mark, since) in &did.provisional_before {
        orders::mark(tx, deciding.account, (*order, *mark), true, deciding.notice, *since).await?;
    }
    for (order, _) in did.marked.iter().filter(|(_, mark)| *mark == OrderMark::Refunded) {
        let stays =
            did.provisional_before.iter().any(|(other, mark, _)| other == order && *mark == OrderMark::Refunded);
        if !stays {
            refunds::forget(tx, deciding.account, *order, deciding.notice).await?;
        }
    }
    if did.tripped {
        breaker::may_lift(deciding.by)?;
        let lifted = breaker::take_back(tx, deciding.account, deciding.notice).await?;
        effect.restriction = lifted.then_some(false);
    }
    if did.lifted || did.tripped && did.review_before == ReviewReason::RestrictionUnproven.as_str() {
        breaker::trip(tx, deciding.account, deciding.notice, false, deciding.clock.real).await?;
        effect.restriction = Some(true);
    }
    if did.taught {
        taught_forms::may_teach(deciding.by)?;
        effect.taught = taught_forms::forget(tx, deciding.account, deciding.notice).await?;
    }
    // What held nothing before holds now: then it waits as what is held does.
    let outcome = if effect.held > 0 { Outcome::Held.as_str() } else { did.outcome_before.as_str() };
    tx.put(
        sql!("UPDATE notice SET outcome = $2, review = $3, look_at = $4 WHERE id = $1"),
        [
            deciding.notice.into(),
            outcome.into(),
            did.review_before.as_str().into(),
            waiting.keep_until.map(|_| deciding.clock.real).into(),
        ],
    )
    .await?;
    let said = json!({ "notice": deciding.notice, "by": deciding.by.to_string(), "ruling": UNDONE,
        "held": effect.held, "unmarked": did.marked, "restricted": effect.restriction });
    let number = ledger.append(tx, keys, deciding.clock, LedgerKind::ReviewDecided, &said).await?;
    record(tx, keys, deciding, UNDONE, number, &Did::default()).await?;
    Ok(effect)
}

/// Stands in the place of a ruling where the one before was taken back.
pub(crate) const UNDONE: &str = "undone";

/// Whether an entry has not been removed meanwhile.
async fn stands(tx: &mut Tx, entry: SuppressionId) -> Result<bool, StoreError> {
    let row = tx
        .row(
            sql!("SELECT change FROM suppression_change WHERE suppression_id = $1 ORDER BY number DESC LIMIT 1"),
            &[entry.into()],
        )
        .await?;
    Ok(row.map(|row| row.text(0).map(|change| change != "removed")).transpose()?.unwrap_or(true))
}

/// Enters a held entry that covers what another one covered.
async fn hold_again(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    deciding: &Deciding<'_>,
    entry: SuppressionId,
) -> Result<(), StoreError> {
    let row = tx
        .row(sql!("SELECT order_id FROM suppression WHERE id = $1"), &[entry.into()])
        .await?
        .ok_or_else(|| StoreError::unexpected("an entry that is none"))?;
    let new = NewSuppression {
        account: deciding.account,
        order: row.opt_word(0)?,
        alias: None,
        reason: SuppressionReason::OptOut,
        origin: Origin::Notice,
        held: true,
        since: deciding.clock.real,
        notice: Some(deciding.notice),
        store: None,
        note: Some(deciding.note),
        keep_until: None,
    };
    let held = suppressing::insert(tx, keys, ledger, deciding.clock, &new).await?;
    tx.put(
        sql!(
            "INSERT INTO suppression_buyer (account_id, buyer_hash, suppression_id, alias_sealed, learnt_at, purge_at)
             SELECT account_id, buyer_hash, $2, alias_sealed, $3, purge_at FROM suppression_buyer WHERE suppression_id = $1"
        ),
        [entry.into(), held.into(), deciding.clock.real.into()],
    )
    .await
}

async fn record(
    tx: &mut Tx,
    keys: &Keys,
    deciding: &Deciding<'_>,
    ruling: &'static str,
    number: i64,
    did: &Did,
) -> Result<(), StoreError> {
    let did = serde_json::to_string(did).map_err(|error| StoreError::unexpected(error.to_string()))?;
    let values: [Value; 8] = [
        deciding.notice.into(),
        number.into(),
        deciding.account.into(),
        ruling.into(),
        deciding.clock.real.into(),
        deciding.by.to_string().into(),
        keys.seal(deciding.account, "note", deciding.note.as_bytes())?.into(),
        did.into(),
    ];
    tx.put(
        sql!(
            "INSERT INTO review_decision (notice_id, number, account_id, ruling, at, actor, note_sealed, ledger_number, did)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $2, $8)"
        ),
        values,
    )
    .await
}

async fn waiting(tx: &mut Tx, keys: &Keys, account: AccountId, notice: NoticeId) -> Result<Waiting, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT notice.kind, notice.order_ids, notice.alias_sealed, notice.form_hash, notice.outcome,
                 notice.review, inbound_mail.purge_at FROM notice JOIN inbound_mail ON inbound_mail.id = notice.mail_id
                 WHERE notice.id = $2 AND notice.account_id = $1"
            ),
            &[account.into(), notice.into()],
        )
        .await?
        .ok_or_else(|| StoreError::NotFound("there is no such notice in the account".into()))?;
    let orders = row.text(1)?.split_ascii_whitespace().map(str::parse);
    Ok(Waiting {
        kind: row.word(0)?,
        orders: orders.collect::<Result<_, _>>().map_err(|_| StoreError::unexpected("an order id that is none"))?,
        alias: row.opt_blob(2)?.map(|sealed| keys.open_alias(account, sealed)).transpose()?,
        form: row.opt_bytes(3)?,
        outcome: row.word(4)?,
        reason: row.opt_word(5)?,
        keep_until: row.opt_time(6)?,
    })
}

/// An entry of a notice was decided by itself, in the list: where the notice holds nothing else, it waits no more.
pub(crate) async fn settle_by_entry(
    tx: &mut Tx,
    account: AccountId,
    entry: SuppressionId,
    outcome: Outcome,
) -> Result<(), StoreError> {
    let row = tx
        .row(sql!("SELECT notice_id FROM suppression WHERE id = $1 AND notice_id IS NOT NULL"), &[entry.into()])
        .await?;
    let Some(row) = row else { return Ok(()) };
    let notice = NoticeId::from_bytes(row.bytes(0)?);
    if !proving::held_by_notice(tx, account, notice).await?.is_empty() {
        return Ok(());
    }
    tx.put(
        sql!(
            "UPDATE notice SET outcome = $2, review = NULL, look_at = NULL
             WHERE id = $1 AND review IN ('unproven', 'unclear', 'several_orders')"
        ),
        [notice.into(), outcome.as_str().into()],
    )
    .await
}
