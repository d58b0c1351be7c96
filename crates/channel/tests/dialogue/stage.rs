//! What the tests have in common: permits as the gate grants them, a sender, and a clock that can be moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use channel::{Line, LineError, Sent, Timeouts, TrustedRoots};
use model::order::OrderStatus;
use model::sender::{Secret, Security, Sender, SenderLimits, ServerReply, SignIn, SubmissionServer};
use model::{AccountId, Channel, Clock, Delivery, Marketplace, MessageId, Purpose, Reason, Span, Timestamp};
use policy::{CapUse, Facts, OrderFacts, Permit, RenderedText, Verdict};

pub const ALIAS: &str = "abc12def34ghi56@marketplace.amazon.com";
pub const FROM: &str = "orders@shop.example";

pub fn now() -> Timestamp {
    Timestamp::from_micros(1_790_000_000_000_000)
}

/// Facts of an order that nothing stands against.
fn facts(channel: Channel, delivery: Delivery) -> Facts {
    Facts {
        message: MessageId::generate(),
        account: AccountId::from_bytes([7; 16]),
        order_id: "111-1234567-1234567".parse().unwrap(),
        store: Marketplace::Us,
        channel,
        purpose: Purpose::Proactive,
        delivery,
        due: Some(now().minus(Span::hours(1))),
        closes: Some(now().plus(Span::days(3))),
        clock: Clock::real(now()),
        ledger_time: now(),
        stopped: false,
        has_sender: true,
        paced_for: None,
        restored: false,
        restricted: false,
        feed_broken: false,
        campaign_active: true,
        block_confirmed: false,
        important_by_email: false,
        withholding_marks: Vec::new(),
        solicit_without_alias: true,
        order: Some(OrderFacts {
            status: Some(OrderStatus::Shipped),
            incomplete: false,
            marks: Vec::new(),
            alias: Some(ALIAS.parse().unwrap()),
            alias_shared: false,
        }),
        suppressions: Vec::new(),
        slot_taken: false,
        messaged_elsewhere: false,
        cap: CapUse::default(),
        priority: 50,
    }
}

fn granted(facts: &Facts, text: Option<RenderedText>) -> Permit {
    match policy::decide(facts, text) {
        Verdict::Permitted(permit) => permit,
        other => panic!("{other:?}"),
    }
}

pub fn text() -> RenderedText {
    RenderedText::plain(
        "Your order 111-1234567-1234567".into(),
        "Hello,\n.\n..two dots\nFrom us: schöne Grüße ✓\n\nlast".into(),
    )
}

/// A live permit of ten seconds from [`now`].
pub fn permit() -> Permit {
    granted(&facts(Channel::Email, Delivery::Live), Some(text()))
}

/// A live permit that says so.
pub fn permit_saying(text: RenderedText) -> Permit {
    granted(&facts(Channel::Email, Delivery::Live), Some(text))
}

pub fn permit_to_capture() -> Permit {
    granted(&facts(Channel::Email, Delivery::Capture), Some(text()))
}

pub fn permit_to_solicit() -> Permit {
    granted(&facts(Channel::Solicitation, Delivery::Live), None)
}

/// A clock that stands at [`now`] for so many looks, and then past every permit.
pub fn lapsing_after(looks: usize) -> impl Fn() -> Timestamp {
    let seen = Arc::new(AtomicUsize::new(0));
    move || if seen.fetch_add(1, Ordering::SeqCst) < looks { now() } else { now().plus(Permit::LIFE) }
}

pub fn sender(port: u16, security: Security) -> Sender {
    Sender {
        from: FROM.parse().unwrap(),
        name: Some("Shop, the".into()),
        server: SubmissionServer::new("127.0.0.1", port, security).unwrap(),
        sign_in: None,
        limits: SenderLimits::default(),
    }
}

pub fn signing_in(mut sender: Sender, password: &str) -> Sender {
    sender.sign_in = Some(SignIn { user: mailserver::USER.into(), password: Secret::new(password.into()) });
    sender
}

/// Ample for every step: only what a test is about may run out of time.
pub fn ample() -> Timeouts {
    Timeouts { opening: Duration::from_mins(2), ..Timeouts::each(Duration::from_mins(1)) }
}

/// How long a step may take where the test is about its running out.
pub const SHORT: Duration = Duration::from_secs(1);

pub fn public_roots() -> TrustedRoots {
    TrustedRoots::public().unwrap()
}

pub async fn open(port: u16, timeouts: &Timeouts) -> Result<Line, LineError> {
    Line::open(&sender(port, Security::None), &public_roots(), timeouts).await
}

pub fn reply_of(sent: &Sent) -> Option<&ServerReply> {
    match sent {
        Sent::Sent(reply) | Sent::Rejected(reply) => Some(reply),
        Sent::NotSent { reply, .. } => reply.as_ref(),
        Sent::Captured | Sent::Lost => None,
    }
}

/// `Sent` in a word and the reply's code, for tables.
pub fn told(sent: &Sent) -> (&'static str, Option<u16>) {
    let word = match sent {
        Sent::Captured => "captured",
        Sent::Sent(_) => "sent",
        Sent::Rejected(_) => "rejected",
        Sent::Lost => "lost",
        Sent::NotSent { reason: Reason::PermitExpired, .. } => "expired",
        Sent::NotSent { reason: Reason::ServerDeferred, .. } => "deferred",
        Sent::NotSent { reason: Reason::ServerUnreachable, .. } => "unreachable",
        Sent::NotSent { reason: Reason::SignInFailed, .. } => "sign-in",
        Sent::NotSent { reason: Reason::SenderRefused, .. } => "sender",
        Sent::NotSent { reason: Reason::ChannelUnavailable, .. } => "no channel",
        Sent::NotSent { .. } => "another reason",
    };
    (word, reply_of(sent).map(ServerReply::code))
}

/// The mail as the crate writes it for one of [`permit`]'s messages.
pub fn written(message: MessageId) -> String {
    let (from, to) = (FROM.parse().unwrap(), ALIAS.parse().unwrap());
    let letter = channel::mail::Letter {
        message,
        account: AccountId::from_bytes([7; 16]),
        order: "111-1234567-1234567".parse().unwrap(),
        from: &from,
        name: Some("Shop, the"),
        to: &to,
        text: &text(),
        date: now(),
    };
    String::from_utf8(channel::mail::write(&letter)).unwrap()
}
