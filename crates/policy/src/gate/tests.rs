//! The gate seen from outside: what must be refused, what may pass, and that no fact outweighs a suppression.

use model::{AccountId, Clock, Delivery, Marketplace, MessageId};
use proptest::prelude::*;

use super::*;
use crate::{CapUse, SuppressionFact};

const NOW: i64 = 1_790_000_000_000_000;

fn now() -> Timestamp {
    Timestamp::from_micros(NOW)
}

/// Facts of an order that nothing stands against.
fn clear() -> Facts {
    Facts {
        message: MessageId::generate(),
        account: AccountId::generate(),
        order_id: "111-1234567-1234567".parse().unwrap(),
        store: Marketplace::Us,
        channel: Channel::Email,
        purpose: Purpose::Proactive,
        delivery: Delivery::Capture,
        due: Some(now().minus(Span::hours(1))),
        closes: Some(now().plus(Span::days(3))),
        clock: Clock::real(now()),
        ledger_time: now(),
        restored: false,
        restricted: false,
        block_confirmed: false,
        important_by_email: true,
        feed_broken: false,
        campaign_active: true,
        withholding_marks: OrderMark::ALL.to_vec(),
        solicit_without_alias: true,
        order: Some(OrderFacts {
            status: Some(OrderStatus::Shipped),
            incomplete: false,
            marks: Vec::new(),
            alias: Some("abc12def34ghi56@marketplace.amazon.com".parse().unwrap()),
            alias_shared: false,
        }),
        suppressions: Vec::new(),
        slot_taken: false,
        messaged_elsewhere: false,
        cap: CapUse::default(),
        priority: 50,
        stopped: false,
        has_sender: true,
        paced_for: None,
    }
}

fn text() -> RenderedText {
    RenderedText::plain("Your order".into(), "Hello".into())
}

fn changed(change: impl FnOnce(&mut Facts)) -> Verdict {
    let mut facts = clear();
    change(&mut facts);
    decide(&facts, Some(text()))
}

fn refused_for(verdict: &Verdict) -> Option<Reason> {
    match verdict {
        Verdict::Refused(refusal) => Some(refusal.reason),
        _ => None,
    }
}

fn waits_for(verdict: &Verdict) -> Option<Reason> {
    match verdict {
        Verdict::Waits(refusal, _) => Some(refusal.reason),
        _ => None,
    }
}

#[test]
fn a_message_that_nothing_stands_against_may_leave_for_ten_seconds() {
    let Verdict::Permitted(permit) = decide(&clear(), Some(text())) else { panic!("refused") };
    assert!(permit.holds_at(now()));
    assert!(permit.holds_at(now().plus(Span::micros(9_999_999))));
    assert!(!permit.holds_at(now().plus(Span::seconds(10))));
    assert!(!permit.holds_at(now().minus(Span::seconds(1))), "a clock set back lengthens nothing");
}

#[test]
fn each_suppression_refuses_with_its_own_reason() {
    for (reason, expected) in [
        (SuppressionReason::OptOut, Reason::OptedOut),
        (SuppressionReason::Block, Reason::Blocked),
        (SuppressionReason::OrderStop, Reason::OrderStopped),
    ] {
        let verdict = changed(|facts| facts.suppressions.push(SuppressionFact { reason, held: false }));
        assert_eq!(refused_for(&verdict), Some(expected));
    }
    let held = SuppressionFact { reason: SuppressionReason::OptOut, held: true };
    assert_eq!(waits_for(&changed(|facts| facts.suppressions.push(held))), Some(Reason::Held));
}

#[test]
fn in_doubt_the_message_waits_and_says_why() {
    type Change = fn(&mut Facts);
    let doubts: [(Change, Reason); 6] = [
        (|f| f.ledger_time = now().plus(Span::minutes(6)), Reason::ClockBehind),
        (|f| f.restored = true, Reason::Restored),
        (|f| f.restricted = true, Reason::AccountRestricted),
        (|f| f.feed_broken = true, Reason::FeedBroken),
        (|f| f.due = None, Reason::DeliveryUnknown),
        (|f| f.cap = CapUse { used_today: 450, ..CapUse::default() }, Reason::CapReached),
    ];
    for (change, expected) in doubts {
        assert_eq!(waits_for(&changed(change)), Some(expected));
    }
    assert!(matches!(changed(|f| f.ledger_time = now().plus(Span::minutes(5))), Verdict::Permitted(_)));
}

#[test]
fn an_order_that_changed_its_mind_is_not_written_to() {
    let cancelled = changed(|f| f.order.as_mut().unwrap().status = Some(OrderStatus::Cancelled));
    assert_eq!(refused_for(&cancelled), Some(Reason::OrderCancelled));
    let refunded = changed(|f| f.order.as_mut().unwrap().marks.push(OrderMark::Refunded));
    assert_eq!(refused_for(&refunded), Some(Reason::Refunded));
    assert_eq!(refused_for(&changed(|f| f.order = None)), Some(Reason::OrderUnknown));
    assert_eq!(refused_for(&changed(|f| f.slot_taken = true)), Some(Reason::AlreadyMessaged));
    assert_eq!(refused_for(&changed(|f| f.messaged_elsewhere = true)), Some(Reason::AlreadyMessaged));
    assert_eq!(refused_for(&changed(|f| f.closes = Some(now()))), Some(Reason::OutsideWindow));
}

#[test]
fn email_needs_an_alias_of_one_buyer() {
    assert_eq!(waits_for(&changed(|f| f.order.as_mut().unwrap().alias = None)), Some(Reason::NoAlias));
    assert_eq!(refused_for(&changed(|f| f.order.as_mut().unwrap().alias_shared = true)), Some(Reason::SharedAlias));
}

#[test]
fn a_review_request_without_alias_is_the_accounts_choice() {
    let without = |choice| {
        changed(|f| {
            f.channel = Channel::Solicitation;
            f.order.as_mut().unwrap().alias = None;
            f.solicit_without_alias = choice;
        })
    };
    assert!(matches!(without(true), Verdict::Permitted(_)));
    assert_eq!(waits_for(&without(false)), Some(Reason::NoAlias));
}

#[test]
fn a_critical_message_passes_an_opt_out_and_not_a_block() {
    let critical = |reason| {
        changed(|f| {
            f.purpose = Purpose::Critical;
            f.suppressions.push(SuppressionFact { reason, held: false });
        })
    };
    assert!(matches!(critical(SuppressionReason::OptOut), Verdict::Permitted(_)));
    assert_eq!(refused_for(&critical(SuppressionReason::Block)), Some(Reason::Blocked));
}

#[test]
fn a_critical_e_mail_leaves_only_where_it_was_switched_on_and_a_block_only_by_confirmation() {
    let critical = |change: &dyn Fn(&mut Facts)| {
        changed(|f| {
            f.purpose = Purpose::Critical;
            f.campaign_active = false;
            change(f);
        })
    };
    assert!(matches!(critical(&|_| ()), Verdict::Permitted(_)));
    assert_eq!(refused_for(&critical(&|f| f.important_by_email = false)), Some(Reason::ImportantOff));
    for reason in [SuppressionReason::Block, SuppressionReason::OrderStop] {
        let blocked = |confirmed| {
            critical(&move |f: &mut Facts| {
                f.suppressions.push(SuppressionFact { reason, held: false });
                f.block_confirmed = confirmed;
            })
        };
        assert!(refused_for(&blocked(false)).is_some(), "{reason}");
        assert!(matches!(blocked(true), Verdict::Permitted(_)), "{reason}");
        // A confirmation of a critical message is none for what a campaign sends.
        let proactive = changed(|f| {
            f.suppressions.push(SuppressionFact { reason, held: false });
            f.block_confirmed = true;
        });
        assert!(refused_for(&proactive).is_some(), "{reason}");
    }
    let cancelled = critical(&|f| f.order.as_mut().unwrap().status = Some(OrderStatus::Cancelled));
    assert_eq!(refused_for(&cancelled), Some(Reason::OrderCancelled));
    assert_eq!(waits_for(&critical(&|f| f.restricted = true)), Some(Reason::AccountRestricted));
    // The switch is about critical messages alone.
    assert!(matches!(changed(|f| f.important_by_email = false), Verdict::Permitted(_)));
}

/// Facts of a live store that nothing stands against.
fn changed_live(change: impl FnOnce(&mut Facts)) -> Verdict {
    changed(|facts| {
        facts.delivery = Delivery::Live;
        change(facts);
    })
}

#[test]
fn what_stands_against_live_sending_holds_a_live_message_and_never_a_captured_one() {
    type Change = fn(&mut Facts);
    let against: [(Change, Reason); 3] = [
        (|f| f.stopped = true, Reason::LiveOff),
        (|f| f.has_sender = false, Reason::ChannelUnavailable),
        (|f| f.paced_for = Some(Span::seconds(7)), Reason::Paced),
    ];
    assert!(matches!(changed_live(|_| {}), Verdict::Permitted(_)));
    for (change, expected) in against {
        assert_eq!(waits_for(&changed_live(change)), Some(expected));
        assert!(matches!(changed(change), Verdict::Permitted(_)), "{expected}: what is captured leaves nothing");
    }
}

#[test]
fn a_stop_holds_critical_messages_and_every_channel() {
    for channel in [Channel::Email, Channel::Solicitation] {
        let stopped = changed_live(|f| {
            f.stopped = true;
            f.channel = channel;
            f.purpose = Purpose::Critical;
        });
        assert_eq!(waits_for(&stopped), Some(Reason::LiveOff), "{channel}");
    }
}

#[test]
fn the_pace_tells_when_to_ask_again_and_stands_behind_every_other_reason() {
    let paced = changed_live(|f| f.paced_for = Some(Span::seconds(7)));
    assert!(matches!(paced, Verdict::Waits(_, until) if until == now().plus(Span::seconds(7))));
    let both = changed_live(|f| {
        f.paced_for = Some(Span::seconds(7));
        f.feed_broken = true;
    });
    assert_eq!(waits_for(&both), Some(Reason::FeedBroken));
}

proptest! {
    /// While sending is stopped no live message is permitted, whatever else is true.
    #[test]
    fn no_fact_outweighs_a_stop(
        channel in proptest::sample::select(Channel::ALL.to_vec()),
        purpose in proptest::sample::select(Purpose::ALL.to_vec()),
        has_sender in any::<bool>(),
        used in 0_u64..1000,
    ) {
        let verdict = changed_live(|facts| {
            facts.stopped = true;
            facts.channel = channel;
            facts.purpose = purpose;
            facts.has_sender = has_sender;
            facts.cap.used_today = used;
        });
        prop_assert!(!matches!(verdict, Verdict::Permitted(_)));
    }

    /// Law 2's half in the gate: whatever else is true, a suppressed order gets no proactive permit.
    #[test]
    fn no_fact_outweighs_a_suppression(
        reason in proptest::sample::select(SuppressionReason::ALL.to_vec()),
        held in any::<bool>(),
        channel in proptest::sample::select(Channel::ALL.to_vec()),
        live in any::<bool>(),
        used in 0_u64..1000,
        trust in any::<bool>(),
    ) {
        let verdict = changed(|facts| {
            facts.suppressions.push(SuppressionFact { reason, held });
            facts.channel = channel;
            facts.delivery = if live { Delivery::Live } else { Delivery::Capture };
            facts.cap.used_today = used;
            facts.solicit_without_alias = trust;
        });
        prop_assert!(!matches!(verdict, Verdict::Permitted(_)));
    }
}
