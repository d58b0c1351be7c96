//! What follows from a notice that is new: suppressions, marks, a stop of the account's own texts, or a member's look.
//! Within the step that records its mail, under the account's lock.

use model::inbound::{Outcome, RecordedReading};
use model::ledger::LedgerKind;
use model::notice::{NoticeKind, Remark};
use model::order::OrderMark;
use model::review::{ReviewReason, Ruling};
use model::{AlertKind, MatchedBy, OrderId};
use serde_json::json;

use crate::engine::Tx;
use crate::error::StoreError;
use crate::inbound::{Noticed, ORDERS_TOUCHED, Recording};
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::suppressing::{Coverage, NewSuppression};
use crate::{alerts, bounces, breaker, orders, refunds, suppressing};

/// The mark that a notice of a kind puts on its orders.
pub(crate) const fn mark_of(kind: NoticeKind) -> Option<OrderMark> {
    match kind {
        NoticeKind::Refund => Some(OrderMark::Refunded),
        NoticeKind::ReturnRequest => Some(OrderMark::Returned),
        NoticeKind::CancellationRequest => Some(OrderMark::CancellationRequested),
        NoticeKind::ClaimOpened => Some(OrderMark::Claim),
        NoticeKind::BuyerMessage => Some(OrderMark::OpenQuestion),
        _ => None,
    }
}

/// Applies it; what became of it, and why a member must look where he must, stands in `recorded` afterwards.
pub(crate) async fn apply(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    recording: &Recording<'_>,
    noticed: &Noticed<'_>,
    recorded: &mut RecordedReading,
) -> Result<(), StoreError> {
    let reading = noticed.reading;
    if noticed.ruling == Some(Ruling::Nothing) {
        recorded.outcome = Outcome::Noted;
        return Ok(());
    }
    match reading.kind {
        NoticeKind::OptOut => opt_out(tx, keys, ledger, recording, noticed, recorded).await?,
        // One message blocked for its content stops the others, too: they may be written alike.
        NoticeKind::Restriction | NoticeKind::ContentBlocked => {
            restrict(tx, keys, ledger, recording, noticed, recorded).await?;
        }
        NoticeKind::UnrecognisedAmazon => {
            let is_answer = match &reading.report {
                Some(report) => bounces::answered(tx, recording, report, recorded).await?,
                None => false,
            };
            to_review(recorded, if is_answer { ReviewReason::AmbiguousReport } else { ReviewReason::UnknownKind });
        }
        NoticeKind::DeliveryFailure => bounces::apply(tx, keys, ledger, recording, noticed, recorded).await?,
        // In a person's own mailbox and in archives it asks that person, not Abide.
        NoticeKind::ForwardingConfirmation if !recording.mail.door.is_for_notices() => {
            recorded.outcome = Outcome::Noted;
        }
        NoticeKind::ForwardingConfirmation => to_review(recorded, ReviewReason::Confirmation),
        NoticeKind::NotAmazon => to_review(recorded, ReviewReason::OrderWithoutVerdict),
        kind => match mark_of(kind) {
            Some(mark) if !reading.order_ids.is_empty() => {
                mark_orders(tx, keys, ledger, recording, (noticed, mark), recorded).await?;
            }
            // A question before any order is an ordinary thing.
            Some(mark) if mark != OrderMark::OpenQuestion => to_review(recorded, ReviewReason::NoOrder),
            _ => recorded.outcome = Outcome::Noted,
        },
    }
    if recorded.outcome == Outcome::Review {
        let said = json!({ "notice": noticed.id, "mail": recording.id, "kind": reading.kind,
            "orders": recorded.order_ids, "review": recorded.review });
        ledger.append(tx, keys, recording.clock, LedgerKind::Review, &said).await?;
        let (account, now) = (recording.mail.account, recording.clock.real);
        alerts::raise(tx, keys, account, AlertKind::UnrecognisedMail, reading.kind.as_str(), now).await?;
    }
    Ok(())
}

fn to_review(recorded: &mut RecordedReading, reason: ReviewReason) {
    (recorded.outcome, recorded.review) = (Outcome::Review, Some(reason));
}

async fn mark_orders(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    recording: &Recording<'_>,
    noticed: (&Noticed<'_>, OrderMark),
    recorded: &mut RecordedReading,
) -> Result<(), StoreError> {
    let (Noticed { reading, id, .. }, mark) = noticed;
    let (account, now) = (recording.mail.account, recording.clock.real);
    let unclear = reading.matched_by == MatchedBy::Structure;
    let provisional = unclear || !recording.acts();
    for order in reading.order_ids.iter().take(ORDERS_TOUCHED) {
        orders::mark(tx, account, (*order, mark), provisional, *id, now).await?;
        if mark == OrderMark::Refunded {
            // Of several orders nobody knows which share is whose.
            let amount = reading.refunded.as_ref().filter(|_| reading.order_ids.len() == 1);
            refunds::record(tx, account, (*order, *id), amount, now).await?;
        }
    }
    recorded.outcome = Outcome::Marked;
    // Who writes by a buyer's relay address is a buyer, whatever words he finds.
    recorded.review = (unclear && mark != OrderMark::OpenQuestion).then_some(ReviewReason::Unclear);
    let said = json!({ "notice": id, "mail": recording.id, "kind": reading.kind, "orders": reading.order_ids,
        "mark": mark, "provisional": provisional });
    ledger.append(tx, keys, recording.clock, LedgerKind::Notice, &said).await?;
    Ok(())
}

async fn opt_out(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    recording: &Recording<'_>,
    noticed: &Noticed<'_>,
    recorded: &mut RecordedReading,
) -> Result<(), StoreError> {
    let (reading, id) = (noticed.reading, noticed.id);
    if reading.order_ids.is_empty() && reading.alias.is_none() {
        to_review(recorded, ReviewReason::NoOrder);
        return Ok(());
    }
    let several = reading.order_ids.len() > 1 || reading.remarks.contains(&Remark::SeveralOrders);
    let unclear = reading.matched_by == MatchedBy::Structure || several;
    let held = unclear || !recording.acts();
    let account = recording.mail.account;
    let orders: Vec<Option<OrderId>> = if reading.order_ids.is_empty() {
        vec![None]
    } else {
        reading.order_ids.iter().take(ORDERS_TOUCHED).copied().map(Some).collect()
    };
    let mut coverage = Coverage::default();
    for order in orders {
        let new = NewSuppression {
            account,
            order,
            // An alias beside several orders can't be told to belong to all of them.
            alias: reading.alias.as_ref().filter(|_| reading.order_ids.len() <= 1),
            reason: model::suppression::SuppressionReason::OptOut,
            origin: model::suppression::Origin::Notice,
            held,
            since: recording.clock.real,
            notice: Some(id),
            store: reading.marketplace,
            note: None,
            keep_until: recording.keep_until,
        };
        coverage.add(suppressing::enter(tx, keys, ledger, recording.clock, &new).await?);
    }
    recorded.covers_buyer = coverage.covers_buyer;
    recorded.outcome = match (coverage.entered_nothing(), held) {
        // A shared alias without an order: nobody can be suppressed by it (law 6).
        (true, _) => Outcome::Review,
        (false, true) => Outcome::Held,
        (false, false) => Outcome::Suppressed,
    };
    recorded.review = match recorded.outcome {
        Outcome::Review => Some(ReviewReason::SharedAlias),
        Outcome::Held if several => Some(ReviewReason::SeveralOrders),
        Outcome::Held if unclear => Some(ReviewReason::Unclear),
        Outcome::Held => Some(ReviewReason::Unproven),
        _ => coverage.aliases_differ.then_some(ReviewReason::AliasesDiffer),
    };
    if coverage.shared_alias {
        alerts::raise(tx, keys, account, AlertKind::SharedAlias, &id.to_string(), recording.clock.real).await?;
    }
    if coverage.aliases_differ {
        alerts::raise(tx, keys, account, AlertKind::AliasConflict, &id.to_string(), recording.clock.real).await?;
    }
    if held && !unclear && !recording.is_to_be_graded() {
        alerts::raise(tx, keys, account, AlertKind::UnprovenHeld, &id.to_string(), recording.clock.real).await?;
    }
    if unclear {
        alerts::raise(tx, keys, account, AlertKind::StructureHeld, &id.to_string(), recording.clock.real).await?;
    }
    if !coverage.already_leaving.is_empty() {
        alerts::raise(tx, keys, account, AlertKind::AlreadyLeaving, &id.to_string(), recording.clock.real).await?;
    }
    if coverage.entered_nothing() {
        return Ok(());
    }
    let said = json!({
        "notice": id, "mail": recording.id, "kind": reading.kind, "orders": reading.order_ids,
        "matched_by": reading.matched_by, "provenance": recording.mail.provenance, "held": held,
        "entries": coverage.entries, "withdrawn": coverage.withdrawn, "already_leaving": coverage.already_leaving,
    });
    ledger.append(tx, keys, recording.clock, LedgerKind::Notice, &said).await?;
    recorded.withdrawn = coverage.withdrawn;
    recorded.already_leaving = coverage.already_leaving;
    Ok(())
}

/// A restriction stops the account's own texts at once; one that is not shown to come from Amazon does so until
/// somebody has looked.
async fn restrict(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    recording: &Recording<'_>,
    noticed: &Noticed<'_>,
    recorded: &mut RecordedReading,
) -> Result<(), StoreError> {
    let (reading, account, now) = (noticed.reading, recording.mail.account, recording.clock.real);
    let certain = recording.acts() && reading.matched_by != MatchedBy::Structure;
    breaker::trip(tx, account, noticed.id, certain, now).await?;
    let alert = if certain { AlertKind::Restriction } else { AlertKind::RestrictionUnproven };
    alerts::raise(tx, keys, account, alert, "", now).await?;
    let said = json!({ "notice": noticed.id, "mail": recording.id, "kind": reading.kind, "restricted": true,
        "certain": certain, "provenance": recording.mail.provenance });
    ledger.append(tx, keys, recording.clock, LedgerKind::Notice, &said).await?;
    recorded.outcome = Outcome::Restricted;
    recorded.review = (!certain).then_some(ReviewReason::RestrictionUnproven);
    Ok(())
}
