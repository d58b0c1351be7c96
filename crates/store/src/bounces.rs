//! What follows from a report on the delivery of one of the account's own messages: a message that left and came back
//! is `failed`. Found by the Message-ID that the report returns, else by order and date; where more than one message
//! may be meant a member looks, and nothing fails. A bounce is evidence about a message: it frees no slot, sends
//! nothing again, and neither enters nor removes a suppression.

use model::delivery_report::{DeliveryAction, DeliveryReport};
use model::inbound::{Outcome, RecordedReading};
use model::ledger::LedgerKind;
use model::review::ReviewReason;
use model::sender::ServerReply;
use model::{Channel, MessageId, MessageState, OrderId, Reason, Span, Timestamp};
use serde_json::json;

use crate::engine::{Row, Tx, sql};
use crate::error::StoreError;
use crate::inbound::{Noticed, ORDERS_TOUCHED, Recording};
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::message_detail::REPLY;
use crate::senders::seal_reply;

/// How far the returned mail's own date may be from the time at which the message left: clocks differ.
const NEAR: Span = Span::minutes(10);

/// How long after a message left a report without the returned mail's date may be about it: servers try for five days
/// (RFC 5321, 4.5.4.1).
const LATE: Span = Span::days(7);

/// A message that a report may be about.
struct Candidate {
    id: MessageId,
    order: OrderId,
    state: MessageState,
    channel: Channel,
    /// When it left, or may have left at the latest.
    left: Option<Timestamp>,
}

impl Candidate {
    fn of(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: MessageId::from_bytes(row.bytes(0)?),
            order: row.word(1)?,
            state: row.word(2)?,
            channel: row.word(3)?,
            left: row.opt_time(4)?.or(row.opt_time(5)?),
        })
    }

    /// Whether it left, or may have.
    const fn may_have_left(&self) -> bool {
        matches!(self.state, MessageState::Sent | MessageState::Unknown | MessageState::Sending)
    }
}

/// Applies a report.
pub(crate) async fn apply(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    recording: &Recording<'_>,
    noticed: &Noticed<'_>,
    recorded: &mut RecordedReading,
) -> Result<(), StoreError> {
    recorded.outcome = Outcome::Noted;
    let Some(report) = &noticed.reading.report else { return Ok(()) };
    let named = by_message_id(tx, recording, report).await?;
    let candidates = if named.is_empty() { by_order(tx, recording, noticed, report).await? } else { named };
    let [message] = candidates.as_slice() else {
        if !candidates.is_empty() {
            (recorded.outcome, recorded.review) = (Outcome::Review, Some(ReviewReason::AmbiguousReport));
        }
        return Ok(());
    };
    let is_over = matches!(message.state, MessageState::Sent | MessageState::Unknown);
    match report.action {
        DeliveryAction::Failed if is_over => failed(tx, keys, ledger, recording, (noticed, report), message).await,
        DeliveryAction::Delivered | DeliveryAction::Delayed => Ok(()),
        // It does not say what became of it, or the message is still on its way out: a person looks.
        _ if message.may_have_left() => {
            (recorded.outcome, recorded.review) = (Outcome::Review, Some(ReviewReason::AmbiguousReport));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Amazon answers a message of ours in words that are not known: a member looks, and is told which order it was about.
pub(crate) async fn answered(
    tx: &mut Tx,
    recording: &Recording<'_>,
    report: &DeliveryReport,
    recorded: &mut RecordedReading,
) -> Result<bool, StoreError> {
    let named = by_message_id(tx, recording, report).await?;
    if recorded.order_ids.is_empty() {
        recorded.order_ids.extend(named.iter().map(|message| message.order).take(ORDERS_TOUCHED));
        recorded.order_ids.dedup();
    }
    Ok(!named.is_empty())
}

/// The account's messages whose Message-ID the report returns, whatever became of them.
async fn by_message_id(
    tx: &mut Tx,
    recording: &Recording<'_>,
    report: &DeliveryReport,
) -> Result<Vec<Candidate>, StoreError> {
    let mut found = Vec::new();
    for message in &report.messages {
        let row = tx
            .row(
                sql!(
                    "SELECT id, order_id, state, channel, sent_at, permit_until FROM message
                     WHERE account_id = $1 AND id = $2"
                ),
                &[recording.mail.account.into(), (*message).into()],
            )
            .await?;
        found.extend(row.map(|row| Candidate::of(&row)).transpose()?);
    }
    Ok(found)
}

/// The account's messages about the orders that the report names, which left when it says, or not long before it.
async fn by_order(
    tx: &mut Tx,
    recording: &Recording<'_>,
    noticed: &Noticed<'_>,
    report: &DeliveryReport,
) -> Result<Vec<Candidate>, StoreError> {
    let came = recording.mail.written_at.unwrap_or(recording.mail.received_at).min(recording.mail.received_at);
    let (from, to) = match report.written_at {
        Some(written) => (written.minus(NEAR), written.plus(NEAR)),
        // Another program's mail was returned, and nothing says that it was ours under another name.
        None if report.names_another => return Ok(Vec::new()),
        None => (came.minus(LATE), came.plus(NEAR)),
    };
    let mut found = Vec::new();
    for order in noticed.reading.order_ids.iter().take(ORDERS_TOUCHED) {
        let rows = tx
            .rows(
                sql!(
                    "SELECT id, order_id, state, channel, sent_at, permit_until FROM message
                     WHERE account_id = $1 AND order_id = $2 ORDER BY created_at, id LIMIT 100"
                ),
                &[recording.mail.account.into(), (*order).into()],
            )
            .await?;
        for row in &rows {
            let candidate = Candidate::of(row)?;
            let in_time = candidate.left.is_some_and(|left| from <= left && left <= to);
            if in_time && candidate.may_have_left() && candidate.channel == Channel::Email {
                found.push(candidate);
            }
        }
    }
    Ok(found)
}

async fn failed(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    recording: &Recording<'_>,
    about: (&Noticed<'_>, &DeliveryReport),
    message: &Candidate,
) -> Result<(), StoreError> {
    let ((noticed, report), account) = (about, recording.mail.account);
    let said = json!({ "message": message.id, "order": message.order, "state": MessageState::Failed,
        "reason": Reason::Bounced, "notice": noticed.id, "mail": recording.id, "status": report.status });
    let entry = ledger.append(tx, keys, recording.clock, LedgerKind::Outcome, &said).await?;
    let reply = report.said.as_ref().map(|said| ServerReply::new(code_of(report), said));
    let reply = reply.map(|reply| seal_reply(keys, account, REPLY, &reply)).transpose()?;
    // A sent message's text is erased at its own time, and the other server's words with it.
    tx.put(
        sql!(
            "UPDATE message SET state = 'failed', reason = 'bounced', next_try = NULL, permit_until = NULL,
             reply_sealed = CASE WHEN purge_at IS NULL THEN reply_sealed ELSE COALESCE($2, reply_sealed) END,
             settled_at = $3, last_entry = $4 WHERE id = $1"
        ),
        [message.id.into(), reply.into(), recording.clock.real.into(), entry.into()],
    )
    .await
}

/// The reply code in the other server's words, else the one that its status stands for.
fn code_of(report: &DeliveryReport) -> u16 {
    let said = report.said.as_deref().and_then(|said| said.get(..3)).and_then(|code| code.parse().ok());
    said.filter(|code| (400..600).contains(code)).unwrap_or(550)
}
