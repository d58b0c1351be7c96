//! Handing one permitted message over. The permit is checked last, right before DATA and again before the message's first
//! byte; from that byte to the final reply whatever goes wrong is `Lost`, before it nothing has left.

use std::time::Instant;

use model::{Delivery, Reason, Timestamp};
use policy::{Permit, Sendable};

use crate::reply::Reply;
use crate::wire::WireFault;
use crate::{Line, Sent, mail, stuffing};

/// A step before the message's first byte.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Mail,
    Rcpt,
    Data,
}

/// How the part before the message's first byte ended, where the message may not go on.
pub(crate) struct Halt {
    pub(crate) sent: Sent,
    /// Whether the dialogue is in order, so that RSET makes the line good for another message.
    pub(crate) orderly: bool,
}

impl Line {
    /// Hands the message over; `real_now` is asked for the machine's clock at the last moment, since permits go by it.
    ///
    /// A permit to capture touches no line. The line stays usable after a message that went or was refused in good order.
    /// If the future is dropped half-way, the line is not used again.
    pub async fn hand_over(&mut self, permit: Permit, real_now: impl Fn() -> Timestamp) -> Sent {
        let now = real_now();
        let (to, text) = match permit.sendable() {
            Sendable::Email { to, text } if permit.delivery() == Delivery::Live => (to, text),
            _ => return crate::capture(permit, now),
        };
        if !permit.holds_at(now) {
            return Sent::not_sent(Reason::PermitExpired);
        }
        if !self.is_usable() {
            return Sent::not_sent(Reason::ServerUnreachable);
        }
        let letter = mail::Letter {
            message: permit.message(),
            account: permit.account(),
            order: permit.order_id(),
            from: &self.from,
            name: self.name.as_deref(),
            to,
            text,
            date: now,
        };
        let bytes = mail::write(&letter);
        self.usable = false;
        self.messages += 1;
        let envelope = self.envelope(to.as_str(), bytes.len(), &permit, &real_now).await;
        let sent = match envelope {
            Ok(()) => self.message(&stuffing::stuffed(&bytes)).await,
            Err(Halt { sent, orderly }) => {
                self.usable = orderly && self.reset().await;
                sent
            }
        };
        self.last_used = Instant::now();
        sent
    }

    /// MAIL, RCPT and DATA, with the permit's last checks.
    async fn envelope(
        &mut self,
        to: &str,
        size: usize,
        permit: &Permit,
        real_now: &impl Fn() -> Timestamp,
    ) -> Result<(), Halt> {
        let size = if self.capabilities.size { format!(" SIZE={size}") } else { String::new() };
        let mail = format!("MAIL FROM:<{}>{size}\r\n", self.from.as_str());
        self.step(Step::Mail, mail.as_bytes()).await?;
        self.step(Step::Rcpt, format!("RCPT TO:<{to}>\r\n").as_bytes()).await?;
        let expired = |orderly| Halt { sent: Sent::not_sent(Reason::PermitExpired), orderly };
        if !permit.holds_at(real_now()) {
            return Err(expired(true));
        }
        self.step(Step::Data, b"DATA\r\n").await?;
        // A slow answer to DATA must not carry the message past its permit. The server waits for a message now, so only
        // hanging up leaves it without one.
        if !permit.holds_at(real_now()) {
            return Err(expired(false));
        }
        // A reply before there is anything to reply to: whoever says it can't be believed about the message.
        self.wire.silent().await.map_err(|fault| before_data(fault, None))
    }

    pub(crate) async fn step(&mut self, step: Step, command: &[u8]) -> Result<(), Halt> {
        let reply = self.wire.ask(command, self.timeouts.command).await.map_err(|fault| before_data(fault, None))?;
        let good = match step {
            Step::Mail => reply.code == 250,
            Step::Rcpt => matches!(reply.code, 250 | 251),
            Step::Data => reply.code == 354,
        };
        if good { Ok(()) } else { Err(refused(step, &reply)) }
    }

    /// The message's bytes and the reply to them.
    pub(crate) async fn message(&mut self, stuffed: &[u8]) -> Sent {
        if self.wire.say(stuffed, self.timeouts.data).await.is_err() {
            return Sent::Lost;
        }
        let Ok(reply) = self.wire.hear(self.timeouts.last_reply).await else { return Sent::Lost };
        let kept = reply.kept();
        match reply.code {
            250..=259 => {
                self.usable = true;
                Sent::Sent(kept)
            }
            421 => Sent::NotSent { reason: Reason::ServerDeferred, reply: Some(kept) },
            400..=499 => {
                self.usable = true;
                Sent::NotSent { reason: Reason::ServerDeferred, reply: Some(kept) }
            }
            530..=539 => Sent::NotSent { reason: Reason::SignInFailed, reply: Some(kept) },
            500..=599 => {
                self.usable = true;
                Sent::Rejected(kept)
            }
            // Neither yes nor no: it may have left.
            _ => Sent::Lost,
        }
    }

    /// Takes a begun message back (RSET); whether the line is in order afterwards.
    pub(crate) async fn reset(&mut self) -> bool {
        self.wire.ask(b"RSET\r\n", self.timeouts.aside).await.is_ok_and(|reply| reply.code == 250)
    }
}

/// Before the first data byte nothing has left, whatever happened.
fn before_data(_fault: WireFault, reply: Option<&Reply>) -> Halt {
    let reply = reply.map(Reply::kept);
    Halt { sent: Sent::NotSent { reason: Reason::ServerUnreachable, reply }, orderly: false }
}

/// Whether a 5yz is about who sends, not about this message. At MAIL only its size is the message's own. At RCPT, to which
/// Postfix puts its refusals of senders and strangers off, the enhanced code tells (RFC 3463): security and policy
/// (x.7.z; the recipient's own server is not asked yet) or the sender's address (x.1.7, x.1.8).
fn concerns_the_sender(step: Step, reply: &Reply) -> bool {
    let enhanced = reply.lines.first().and_then(|line| line.split(' ').next()).unwrap_or_default();
    match step {
        Step::Mail => reply.code != 552,
        Step::Rcpt => enhanced.starts_with("5.7.") || matches!(enhanced, "5.1.7" | "5.1.8"),
        Step::Data => false,
    }
}

/// What a reply other than the good one means, before the message's first byte.
fn refused(step: Step, reply: &Reply) -> Halt {
    let not_sent = |reason, orderly| Halt { sent: Sent::NotSent { reason, reply: Some(reply.kept()) }, orderly };
    match reply.code {
        // The server is about to hang up (RFC 5321, 3.8).
        421 => not_sent(Reason::ServerDeferred, false),
        400..=499 => not_sent(Reason::ServerDeferred, true),
        // The sign-in is wanted, or no longer good (RFC 4954, 6).
        530..=539 => not_sent(Reason::SignInFailed, false),
        // A command unknown, out of turn or badly written: server and client don't understand each other, and the message
        // has no part in that. An address badly written (501 to RCPT) is the message's.
        500 | 502 | 503 => not_sent(Reason::ServerUnreachable, false),
        // Against the store's settings, and so against every message of it: none may fail for good by that.
        500..=599 if concerns_the_sender(step, reply) => not_sent(Reason::SenderRefused, true),
        500..=599 => Halt { sent: Sent::Rejected(reply.kept()), orderly: true },
        // A yes to another question: the dialogue is out of step.
        _ => before_data(WireFault::OutOfStep, Some(reply)),
    }
}
