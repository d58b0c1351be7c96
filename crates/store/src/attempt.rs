//! An attempt to send: the facts are read under the account's lock, the gate decides on them, and its answer
//! is recorded before anything leaves (laws 2 and 3). This is the only place that asks the gate.

use model::ledger::LedgerKind;
use model::message::ClaimedMessage;
use model::sender::ServerReply;
use model::{
    AccountId, AlertKind, CampaignId, Channel, Clock, Delivery, MessageId, OrderId, Purpose, Reason, Span, Timestamp,
};
use policy::{Facts, Permit, Refusal, RenderedText, Verdict};
use serde_json::json;

use crate::Store;
use crate::attempt_facts::{HeldMessage, attempts_counter, held_message, read_facts, slot_class};
use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::numbers::{self, Counted};
use crate::outbox::{LEASE, lease_clock};
use crate::{alerts, message_detail, orders, pacing, planning, senders, sending_stops};

/// Law 8: texts of messages are kept as long as an order's personal data at most.
const CONTENT_KEPT: Span = Span::days(30);

/// What an attempt begins with.
#[derive(Debug)]
pub enum Attempt {
    /// The gate said yes: this is the only thing that may be sent.
    Permitted(Permit),
    /// The gate said no, for good.
    Refused(Refusal),
    /// The gate said not now.
    Waits(Refusal, Timestamp),
    /// The message is not this worker's any more: withdrawn, settled, or claimed by another.
    Gone,
}

/// What the gate would say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Foreseen {
    /// Yes.
    Permitted,
    /// No, for good.
    Refused(Refusal),
    /// Not now.
    Waits(Refusal, Timestamp),
    /// The message is not this worker's any more.
    Gone,
}

/// What became of a permitted message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handover {
    /// Kept; nothing left.
    Captured,
    /// It left.
    Sent {
        /// What the server answered after the data.
        reply: Option<ServerReply>,
    },
    /// It certainly did not leave; a new gate is asked at that time.
    NotSent {
        /// Why.
        reason: Reason,
        /// When to ask a new gate.
        retry_at: Timestamp,
        /// What the server answered, where it said anything.
        reply: Option<ServerReply>,
    },
    /// It was refused for good by the other side.
    Rejected {
        /// Why.
        reason: Reason,
        /// What the server answered.
        reply: Option<ServerReply>,
    },
    /// It may or may not have left; never sent again by itself.
    Lost,
}

impl Handover {
    /// It left, and nothing is known of what the server said.
    pub const SENT: Self = Self::Sent { reply: None };

    fn reply(&self) -> Option<&ServerReply> {
        match self {
            Self::Captured | Self::Lost => None,
            Self::Sent { reply } | Self::NotSent { reply, .. } | Self::Rejected { reply, .. } => reply.as_ref(),
        }
    }
}

impl Store {
    /// Begins an attempt: locks the account, reads the facts, asks the gate, records its answer. Law 2: what
    /// commits first, this or a notice, counts.
    pub async fn begin_attempt(
        &self,
        claimed: ClaimedMessage,
        text: Option<RenderedText>,
        clock: Clock,
    ) -> Result<Attempt, StoreError> {
        self.write_together(claimed.account, move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, claimed.account).await?;
                let lease_now = sending_stops::hold_off(tx).await?;
                let content = text.clone();
                let asked = ask_the_gate(tx, keys, &ledger, (&claimed, text), (clock, lease_now)).await?;
                let Some(Asked { held, facts, verdict }) = asked else { return Ok(Attempt::Gone) };
                match verdict {
                    Verdict::Permitted(permit) => {
                        permit_recorded(tx, keys, &mut ledger, &facts, content.as_ref(), &permit, lease_now).await?;
                        Ok(Attempt::Permitted(permit))
                    }
                    Verdict::Refused(refusal) => {
                        let of = (Some(facts.store), claimed.campaign);
                        let what = Counted::Refused(refusal.reason);
                        numbers::count(tx, facts.account, of, what, clock.now()).await?;
                        refuse(tx, keys, &mut ledger, (facts.message, facts.order_id), &refusal, clock).await?;
                        Ok(Attempt::Refused(refusal))
                    }
                    Verdict::Waits(refusal, until) => {
                        if refusal.reason == Reason::Paced {
                            pacing::mend(tx, facts.account, facts.store, lease_now).await?;
                        }
                        let today = clock.now().utc_day();
                        // Its turn today is no other day: then it has room.
                        if refusal.reason == Reason::CapReached && until.utc_day() > today {
                            let of = (Some(facts.store), claimed.campaign);
                            numbers::count(tx, facts.account, of, Counted::PutOff, clock.now()).await?;
                        }
                        let message = (facts.message, facts.order_id);
                        wait(tx, keys, &mut ledger, (message, &held, clock), &refusal, until).await?;
                        Ok(Attempt::Waits(refusal, until))
                    }
                }
            })
        })
        .await
    }

    /// What the gate would say of claimed messages if they were attempted now, each on the same facts and by the
    /// same decision as [`begin_attempt`](Self::begin_attempt). Nothing is begun, recorded or locked, and no permit
    /// comes out of it: a later attempt asks anew.
    pub async fn foresee_attempts(
        &self,
        claimed: Vec<(ClaimedMessage, Option<RenderedText>)>,
        clock: Clock,
    ) -> Result<Vec<Foreseen>, StoreError> {
        self.read(move |tx, keys| {
            Box::pin(async move {
                let mut foreseen = Vec::with_capacity(claimed.len());
                let lease_now = lease_clock(tx).await?;
                for (message, text) in claimed {
                    let ledger = Ledger::look(tx, message.account).await?;
                    let asked = ask_the_gate(tx, keys, &ledger, (&message, text), (clock, lease_now)).await?;
                    foreseen.push(match asked.map(|asked| asked.verdict) {
                        Some(Verdict::Permitted(_)) => Foreseen::Permitted,
                        Some(Verdict::Refused(refusal)) => Foreseen::Refused(refusal),
                        Some(Verdict::Waits(refusal, until)) => Foreseen::Waits(refusal, until),
                        None => Foreseen::Gone,
                    });
                }
                Ok(foreseen)
            })
        })
        .await
    }

    /// A message that need not come before the gate, since its campaign or its template says no already, is
    /// refused, or waits until the time given. Nothing can leave by this.
    pub async fn turn_away(
        &self,
        claimed: ClaimedMessage,
        reason: Reason,
        until: Option<Timestamp>,
        clock: Clock,
    ) -> Result<(), StoreError> {
        self.write_together(claimed.account, move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, claimed.account).await?;
                let lease_now = lease_clock(tx).await?;
                let Some(held) = held_message(tx, &claimed, lease_now).await? else { return Ok(()) };
                let refusal = Refusal { reason, also: Vec::new() };
                let message = (claimed.id, claimed.order_id);
                if let Some(until) = until {
                    return wait(tx, keys, &mut ledger, (message, &held, clock), &refusal, until).await;
                }
                let of = (Some(claimed.store), claimed.campaign);
                numbers::count(tx, claimed.account, of, Counted::Refused(reason), clock.now()).await?;
                refuse(tx, keys, &mut ledger, message, &refusal, clock).await
            })
        })
        .await
    }

    /// Records what became of a permitted message. Only the attempt that was begun under this claim can be
    /// finished by it: one that was settled since, or is another worker's now, is left alone.
    pub async fn finish_attempt(
        &self,
        claimed: &ClaimedMessage,
        handover: Handover,
        clock: Clock,
    ) -> Result<(), StoreError> {
        let (account, message, lease) = (claimed.account, claimed.id, claimed.lease);
        self.write_together(account, move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                let row = tx
                    .row(
                        sql!(
                            "SELECT order_id, purpose, captures, permit_until, store, campaign_id FROM message
                             WHERE account_id = $1 AND id = $2 AND lease = $3 AND state = 'sending'"
                        ),
                        &[account.into(), message.into(), lease.0.into()],
                    )
                    .await?
                    .ok_or_else(|| StoreError::Conflict("this attempt was settled already".into()))?;
                let order: OrderId = row.word(0)?;
                let (state, reason) = match &handover {
                    Handover::Captured => ("captured", None),
                    Handover::Sent { .. } => ("sent", None),
                    Handover::NotSent { reason, .. } => ("waiting", Some(*reason)),
                    Handover::Rejected { reason, .. } => ("failed", Some(*reason)),
                    Handover::Lost => ("unknown", Some(Reason::LostInFlight)),
                };
                let said = json!({ "message": message, "order": order, "state": state, "reason": reason });
                let entry = ledger.append(tx, keys, clock, LedgerKind::Outcome, &said).await?;
                let left = matches!(handover, Handover::Captured | Handover::Sent { .. }).then_some(clock.now());
                end(tx, message, state, reason, left, entry).await?;
                if let Some(reply) = handover.reply() {
                    let sealed = senders::seal_reply(keys, account, message_detail::REPLY, reply)?;
                    tx.put(sql!("UPDATE message SET reply_sealed = $2 WHERE id = $1"), [message.into(), sealed.into()])
                        .await?;
                }
                match &handover {
                    Handover::NotSent { retry_at, .. } => {
                        tx.put(
                            sql!("UPDATE message SET next_try = $2 WHERE id = $1"),
                            [message.into(), (*retry_at).into()],
                        )
                        .await?;
                        free_slot(tx, account, order, message).await?;
                        give_turn_back(tx, account, &row, clock).await?;
                    }
                    Handover::Rejected { .. } => {
                        free_slot(tx, account, order, message).await?;
                        planning::make_room(tx, account, (message, order), clock).await?;
                    }
                    Handover::Lost => {
                        let detail = order.as_str();
                        alerts::raise(tx, keys, account, AlertKind::LostInFlight, detail, clock.real).await?;
                    }
                    Handover::Captured | Handover::Sent { .. } => {
                        let of = (Some(row.word(4)?), row.opt_bytes(5)?.map(CampaignId::from_bytes));
                        numbers::count(tx, account, of, counted(&handover, row.word(1)?), clock.now()).await?;
                    }
                }
                Ok(())
            })
        })
        .await
    }
}

/// What a message that was taken counts as.
const fn counted(handover: &Handover, purpose: Purpose) -> Counted {
    match (handover, purpose) {
        (Handover::Captured, _) => Counted::Captured,
        (_, Purpose::Critical) => Counted::Critical,
        _ => Counted::Sent,
    }
}

/// What the gate was asked with and what it said.
struct Asked {
    held: HeldMessage,
    facts: Facts,
    verdict: Verdict,
}

/// Reads the facts and asks the gate; none where the message is not this worker's any more.
async fn ask_the_gate(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &Ledger,
    message: (&ClaimedMessage, Option<RenderedText>),
    clocks: (Clock, Timestamp),
) -> Result<Option<Asked>, StoreError> {
    let ((claimed, text), (clock, lease_now)) = (message, clocks);
    let Some(held) = held_message(tx, claimed, lease_now).await? else { return Ok(None) };
    let facts = read_facts(tx, keys, ledger, claimed, &held, clock, lease_now).await?;
    let verdict = policy::decide(&facts, text);
    Ok(Some(Asked { held, facts, verdict }))
}

/// What did not leave gives its turn under the day's cap back; where midnight has passed since, that day is over.
async fn give_turn_back(tx: &mut Tx, account: AccountId, row: &Row, clock: Clock) -> Result<(), StoreError> {
    let today = clock.now().utc_day();
    let begun_today = row.opt_time(3)?.is_some_and(|until| until.minus(Permit::LIFE).utc_day() == today);
    if begun_today {
        let delivery = if row.flag(2)? { Delivery::Capture } else { Delivery::Live };
        orders::count_back(tx, account, today, attempts_counter(delivery, row.word(1)?)).await?;
    }
    Ok(())
}

async fn free_slot(tx: &mut Tx, account: AccountId, order: OrderId, message: MessageId) -> Result<(), StoreError> {
    tx.put(
        sql!("DELETE FROM order_slot WHERE account_id = $1 AND order_id = $2 AND message_id = $3"),
        [account.into(), order.into(), message.into()],
    )
    .await?;
    Ok(())
}

async fn permit_recorded(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    facts: &Facts,
    content: Option<&RenderedText>,
    permit: &Permit,
    lease_now: Timestamp,
) -> Result<(), StoreError> {
    let said = json!({ "message": facts.message, "order": facts.order_id, "channel": facts.channel,
        "purpose": facts.purpose, "delivery": facts.delivery });
    let entry = ledger.append(tx, keys, facts.clock, LedgerKind::Attempt, &said).await?;
    let sealed = content
        .map(|text| keys.seal(facts.account, "content", format!("{}\n{}", text.subject, text.text).as_bytes()))
        .transpose()?;
    let attached = content.and_then(|text| message_detail::attachments_told(&text.attachments));
    let keep_until = facts.closes.unwrap_or_else(|| facts.clock.real.plus(CONTENT_KEPT));
    let values: [Value; 8] = [
        permit.message().into(),
        lease_now.plus(LEASE).into(),
        permit.expires_at().into(),
        (facts.delivery == Delivery::Capture).into(),
        sealed.into(),
        keep_until.into(),
        entry.into(),
        attached.into(),
    ];
    tx.put(
        sql!(
            "UPDATE message SET state = 'sending', reason = NULL, next_try = NULL, attempts = attempts + 1,
             lease_until = $2, permit_until = $3, captures = $4, content_sealed = $5, purge_at = $6,
             reply_sealed = NULL, attempt_entry = $7, last_entry = $7, attachments = $8 WHERE id = $1"
        ),
        values,
    )
    .await?;
    if facts.purpose == Purpose::Proactive {
        let class = slot_class(facts.delivery);
        // Not DO NOTHING: a slot taken meanwhile must break the attempt, never let it pass (one per order).
        let taken = tx
            .run(
                sql!(
                    "INSERT INTO order_slot (account_id, order_id, class, message_id) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (account_id, order_id, class) DO UPDATE SET message_id = excluded.message_id
                     WHERE order_slot.message_id = excluded.message_id"
                ),
                &[facts.account.into(), facts.order_id.into(), class.into(), facts.message.into()],
            )
            .await?;
        if taken != 1 {
            return Err(StoreError::unexpected("the order's slot was taken during the attempt"));
        }
    }
    let counter = attempts_counter(facts.delivery, facts.purpose);
    orders::count(tx, facts.account, facts.clock.now().utc_day(), counter).await?;
    if facts.delivery == Delivery::Live && facts.channel == Channel::Email {
        pacing::take(tx, facts.account, facts.store, lease_now).await?;
    }
    Ok(())
}

async fn refuse(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    message: (MessageId, OrderId),
    refusal: &Refusal,
    clock: Clock,
) -> Result<(), StoreError> {
    let (message, order) = message;
    let said = json!({ "message": message, "order": order, "reason": refusal.reason, "also": refusal.also });
    let entry = ledger.append(tx, keys, clock, LedgerKind::Refusal, &said).await?;
    end(tx, message, "refused", Some(refusal.reason), None, entry).await?;
    if refusal.reason == Reason::AlreadyMessaged {
        return Ok(());
    }
    planning::make_room(tx, ledger.account(), (message, order), clock).await
}

async fn wait(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    message: ((MessageId, OrderId), &HeldMessage, Clock),
    refusal: &Refusal,
    until: Timestamp,
) -> Result<(), StoreError> {
    let ((message, order), held, clock) = message;
    // Waiting on for the same reason is no change of state.
    // Nor is its turn in the lane: a store that sends as much as it may would fill its ledger with it.
    let changed = !held.waits_for(refusal.reason)? && refusal.reason != Reason::Paced;
    tx.put(
        sql!(
            "UPDATE message SET state = 'waiting', reason = $2, next_try = $3, lease = NULL, lease_until = NULL WHERE id = $1"
        ),
        [message.into(), refusal.reason.as_str().into(), until.into()],
    )
    .await?;
    if changed {
        let said = json!({ "message": message, "order": order, "waits_for": refusal.reason, "also": refusal.also,
            "until": until });
        let entry = ledger.append(tx, keys, clock, LedgerKind::Refusal, &said).await?;
        tx.put(sql!("UPDATE message SET last_entry = $2 WHERE id = $1"), [message.into(), entry.into()]).await?;
    }
    Ok(())
}

async fn end(
    tx: &mut Tx,
    message: MessageId,
    state: &'static str,
    reason: Option<Reason>,
    left: Option<Timestamp>,
    entry: i64,
) -> Result<(), StoreError> {
    // Of what was lost, its permit's end is all that tells when it may have left.
    tx.put(
        sql!(
            "UPDATE message SET state = $2, reason = $3, sent_at = $4, next_try = NULL, lease = NULL, lease_until = NULL,
             permit_until = CASE WHEN $2 = 'unknown' THEN permit_until ELSE NULL END, last_entry = $5 WHERE id = $1"
        ),
        [message.into(), state.into(), reason.map(Reason::as_str).into(), left.into(), entry.into()],
    )
    .await?;
    Ok(())
}
