//! The review queue: what waits for a member and why, what his one decision does, and that undoing it holds again what
//! it let go. Forms that he taught are taken without asking from then on, in his account alone.

use model::inbound::{Door, Outcome};
use model::ledger::LedgerKind;
use model::member::{Actor, Role};
use model::notice::{MatchedBy, Remark};
use model::order::{OrderItem, OrderMark, Refunded};
use model::review::{ReviewDecision, ReviewEffect, ReviewReason, Ruling};
use model::suppression::SuppressionState;
use model::{AccountSettings, AlertKind, Clock, MessageState, Money, NoticeId, NoticeKind, Reason, Span};
use store::StoreError;

use crate::stage::{Letter, NOW, Stage, alias, attempt, member, now, order, permitted, reason_of, shipped};
use crate::{Ground, on_both};

fn ruling(ruling: Ruling) -> ReviewDecision {
    ReviewDecision { ruling, orders: Vec::new(), teach: false, note: String::new() }
}

fn taught(decided: Ruling) -> ReviewDecision {
    ReviewDecision { teach: true, ..ruling(decided) }
}

/// The only notice that waits.
async fn waiting(stage: &Stage) -> (NoticeId, ReviewReason) {
    let rows = stage.store.review_queue(stage.account.id, None, 10).await.unwrap().rows;
    let [only] = rows.as_slice() else { panic!("{} wait", rows.len()) };
    (only.notice, only.reason.unwrap())
}

async fn none_waits(stage: &Stage) -> bool {
    stage.store.reviews_waiting(stage.account.id, 10).await.unwrap() == 0
}

async fn decide(stage: &Stage, notice: NoticeId, decision: ReviewDecision) -> ReviewEffect {
    let by = member(Role::Owner);
    stage.store.decide_review(stage.account.id, notice, decision, by, now()).await.unwrap()
}

async fn undo(stage: &Stage, notice: NoticeId) -> ReviewEffect {
    stage.store.undo_review(stage.account.id, notice, member(Role::Agent), now()).await.unwrap()
}

async fn states(stage: &Stage) -> Vec<SuppressionState> {
    stage.list().await.into_iter().map(|row| row.state).collect()
}

async fn marks(stage: &Stage, number: u32) -> Vec<OrderMark> {
    let order = stage.store.order(stage.account.id, order(number)).await.unwrap().unwrap();
    order.marks.into_iter().map(|marked| marked.mark).collect()
}

async fn wary(ground: &Ground) -> Stage {
    let stage = Stage::on(ground).await;
    let settings = AccountSettings { trust_addresses: false, ..stage.account.settings };
    stage.store.change_settings(stage.account.id, settings, Actor::Operator, NOW).await.unwrap();
    stage
}

fn unknown(number: u32) -> Letter {
    Letter { matched_by: MatchedBy::None, form: Some([7; 32]), ..Letter::of(NoticeKind::UnrecognisedAmazon, number) }
}

on_both! {
    async fn what_is_unclear_waits_and_says_why(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let none = |kind, number| Letter { orders: vec![], ..Letter::of(kind, number) };
        let closed = Letter { remarks: vec![Remark::Unopened], ..none(NoticeKind::NotAmazon, 18) };
        let letters = [
            (unknown(2), ReviewReason::UnknownKind),
            (Letter::of(NoticeKind::NotAmazon, 4), ReviewReason::OrderWithoutVerdict),
            (none(NoticeKind::OptOut, 6), ReviewReason::NoOrder),
            (none(NoticeKind::Refund, 8), ReviewReason::NoOrder),
            (Letter::opt_out(10).by_structure(), ReviewReason::Unclear),
            (Letter::of(NoticeKind::Refund, 12).by_structure(), ReviewReason::Unclear),
            (Letter { orders: vec![order(2), order(4)], ..Letter::opt_out(14) }, ReviewReason::SeveralOrders),
            (Letter::of(NoticeKind::ForwardingConfirmation, 16), ReviewReason::Confirmation),
            (closed, ReviewReason::Unopened),
        ];
        for (letter, reason) in &letters {
            assert_eq!(stage.receive(letter).await.review, Some(*reason));
        }
        let rows = stage.store.review_queue(stage.account.id, None, 100).await.unwrap().rows;
        let shown: Vec<_> = rows.iter().rev().map(|row| row.reason).collect();
        assert_eq!(shown, letters.map(|(_, reason)| Some(reason)));
    }

    async fn what_is_clear_or_nothing_of_amazons_waits_for_nobody(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for letter in [
            Letter::opt_out(2),
            Letter::of(NoticeKind::Refund, 4),
            Letter { orders: vec![], ..Letter::of(NoticeKind::NotAmazon, 6) },
            Letter { door: Door::Imap, ..Letter::of(NoticeKind::NotAmazon, 8) },
            Letter { door: Door::File, ..Letter::of(NoticeKind::NotAmazon, 10) },
            Letter::of(NoticeKind::BuyerMessage, 12).by_structure(),
            Letter { orders: vec![], ..Letter::of(NoticeKind::BuyerMessage, 14) },
        ] {
            stage.receive(&letter).await;
            assert!(none_waits(&stage).await, "{} by {}", letter.kind, letter.door);
        }
    }

    async fn an_unknown_mail_that_a_member_calls_an_opt_out_acts_as_one(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        stage.plan_emails().await;
        stage.receive(&unknown(2)).await;
        let (notice, _) = waiting(&stage).await;
        assert_eq!(stage.message(2).await.0, MessageState::Planned);

        let effect = decide(&stage, notice, ruling(Ruling::OptOut)).await;
        assert_eq!((effect.suppressed, effect.withdrawn), (1, 1));
        assert_eq!(stage.message(2).await, (MessageState::Withdrawn, Some(Reason::OptedOut)));
        assert_eq!(stage.list().await[0].alias, Some(alias(1)), "and the buyer, whom the order knows");
        assert!(none_waits(&stage).await);
        let item = stage.store.review_item(stage.account.id, notice).await.unwrap().unwrap();
        assert_eq!(item.decided.unwrap().ruling, Ruling::OptOut);
        let said = stage.last_entry(LedgerKind::ReviewDecided).await;
        assert_eq!((said["ruling"].as_str(), said["suppressed"].as_array().unwrap().len()), (Some("opt_out"), 1));
        assert!(stage.store.verify_ledger(&stage.account.handle, None).await.is_ok());
    }

    async fn undoing_an_opt_out_holds_it_until_it_is_decided_again(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, Some(alias(1))).await;
        stage.import(4, Some(alias(1))).await;
        stage.receive(&unknown(2)).await;
        let (notice, reason) = waiting(&stage).await;
        decide(&stage, notice, ruling(Ruling::OptOut)).await;
        assert_eq!(undo(&stage, notice).await.held, 1);
        assert_eq!(waiting(&stage).await, (notice, reason));
        assert_eq!(states(&stage).await, [SuppressionState::Removed, SuppressionState::Held]);
        // Nothing leaves, not to another order of the buyer either.
        stage.plan_emails().await;
        for claimed in stage.claim().await {
            assert_eq!(reason_of(&stage.attempt(&claimed).await), Reason::Held);
        }
        let effect = decide(&stage, notice, ruling(Ruling::Nothing)).await;
        assert_eq!(effect.released, 1);
        let later = Clock::real(NOW.plus(Span::days(1)));
        for claimed in stage.store.claim_due(later, 10).await.unwrap() {
            permitted(attempt(&stage.store, &claimed, later).await);
        }
        assert!(stage.store.verify_ledger(&stage.account.handle, None).await.is_ok());
    }

    async fn a_held_opt_out_is_confirmed_or_let_go_by_one_decision(ground: Ground) {
        let stage = wary(&ground).await;
        stage.receive(&Letter::opt_out(2)).await;
        let (notice, reason) = waiting(&stage).await;
        assert_eq!(reason, ReviewReason::Unproven);
        assert_eq!(decide(&stage, notice, ruling(Ruling::OptOut)).await.suppressed, 1);
        assert_eq!(states(&stage).await, [SuppressionState::Active]);

        stage.receive(&Letter::opt_out(4)).await;
        let (notice, _) = waiting(&stage).await;
        assert_eq!(decide(&stage, notice, ruling(Ruling::Nothing)).await.released, 1);
        assert_eq!(undo(&stage, notice).await.held, 1);
        assert_eq!(states(&stage).await.last(), Some(&SuppressionState::Held));
        assert_eq!(waiting(&stage).await.0, notice);
    }

    async fn of_several_orders_only_those_that_are_meant_stay(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter { orders: vec![order(2), order(4)], ..Letter::opt_out(2) }).await;
        let (notice, _) = waiting(&stage).await;
        let effect = decide(&stage, notice, ReviewDecision { orders: vec![order(4)], ..ruling(Ruling::OptOut) }).await;
        assert_eq!((effect.suppressed, effect.released), (1, 1));
        let standing: Vec<_> = stage.list().await.into_iter().filter(|row| row.state == SuppressionState::Active).collect();
        assert_eq!(standing.iter().map(|row| row.order_id.unwrap()).collect::<Vec<_>>(), [order(4)]);
    }

    async fn only_who_may_remove_an_opt_out_lets_go_what_one_holds(ground: Ground) {
        let stage = wary(&ground).await;
        stage.receive(&Letter::opt_out(2)).await;
        let (notice, _) = waiting(&stage).await;
        for (role, decision) in
            [(Role::Agent, Ruling::Nothing), (Role::Agent, Ruling::Refund), (Role::Viewer, Ruling::OptOut)]
        {
            let refused = stage.store.decide_review(stage.account.id, notice, ruling(decision), member(role), now()).await;
            assert!(matches!(refused, Err(StoreError::NotAllowed(_))), "{role} {decision}");
        }
        assert_eq!(states(&stage).await, [SuppressionState::Held], "nothing of it was done");
        let by = member(Role::Agent);
        stage.store.decide_review(stage.account.id, notice, ruling(Ruling::OptOut), by, now()).await.unwrap();
        assert_eq!(states(&stage).await, [SuppressionState::Active]);
    }

    async fn another_accounts_notice_can_t_be_decided(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&unknown(2)).await;
        let (notice, _) = waiting(&stage).await;
        let other = stage.store.add_account("Other".into(), "other".parse().unwrap(), vec![], NOW).await.unwrap();
        let refused = stage.store.decide_review(other.id, notice, ruling(Ruling::OptOut), Actor::Operator, now()).await;
        assert!(matches!(refused, Err(StoreError::NotFound(_))));
        assert_eq!(stage.store.review_item(other.id, notice).await.unwrap(), None);
        assert!(matches!(stage.store.undo_review(other.id, notice, Actor::Operator, now()).await, Err(StoreError::NotFound(_))));
    }

    async fn a_decision_that_needs_an_order_asks_for_one(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter { orders: vec![], ..Letter::of(NoticeKind::Refund, 2) }).await;
        let (notice, _) = waiting(&stage).await;
        let by = member(Role::Owner);
        let refused = stage.store.decide_review(stage.account.id, notice, ruling(Ruling::Refund), by, now()).await;
        assert!(matches!(refused, Err(StoreError::Conflict(_))));
        let decision = ReviewDecision { orders: vec![order(6)], ..ruling(Ruling::Refund) };
        assert_eq!(decide(&stage, notice, decision).await.marked, 1);
        stage.import(6, None).await;
        assert_eq!(marks(&stage, 6).await, [OrderMark::Refunded]);
        undo(&stage, notice).await;
        assert!(marks(&stage, 6).await.is_empty());
    }

    async fn a_provisional_mark_gives_way_to_what_was_decided(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, None).await;
        stage.receive(&Letter::of(NoticeKind::Refund, 2).by_structure()).await;
        assert_eq!(marks(&stage, 2).await, [OrderMark::Refunded]);
        let (notice, _) = waiting(&stage).await;
        decide(&stage, notice, ruling(Ruling::ReturnRequest)).await;
        assert_eq!(marks(&stage, 2).await, [OrderMark::Returned]);
        assert_eq!(stage.store.order(stage.account.id, order(2)).await.unwrap().unwrap().refunded(), None);
        undo(&stage, notice).await;
        assert_eq!(marks(&stage, 2).await, [OrderMark::Refunded]);
    }

    async fn a_taught_form_is_taken_without_asking_in_its_account_alone(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter { form: Some([9; 32]), ..Letter::opt_out(2).by_structure() }).await;
        let (notice, _) = waiting(&stage).await;
        assert!(decide(&stage, notice, taught(Ruling::OptOut)).await.taught);
        let again = stage.receive(&Letter { form: Some([9; 32]), ..Letter::opt_out(4).by_structure() }).await;
        assert_eq!((again.outcome, again.review), (Outcome::Suppressed, None));
        let other = stage.receive(&Letter { form: Some([8; 32]), ..Letter::opt_out(6).by_structure() }).await;
        assert_eq!(other.outcome, Outcome::Held, "another form is not known by it");

        let account = stage.store.add_account("Other".into(), "other".parse().unwrap(), vec![], NOW).await.unwrap();
        let elsewhere = Letter { form: Some([9; 32]), ..Letter::opt_out(4).by_structure() };
        let elsewhere = stage.store.record_mail(elsewhere.mail(&account)).await.unwrap();
        assert_eq!(elsewhere.readings[0].outcome, Outcome::Held);

        let forms = stage.store.taught_forms(stage.account.id, 10).await.unwrap();
        assert_eq!(forms.iter().map(|form| (form.notice, form.ruling)).collect::<Vec<_>>(), [(notice, Ruling::OptOut)]);
        assert!(stage.store.forget_form(stage.account.id, notice, Actor::Operator, now()).await.unwrap());
        let later = stage.receive(&Letter { form: Some([9; 32]), ..Letter::opt_out(8).by_structure() }).await;
        assert_eq!(later.outcome, Outcome::Held);
    }

    async fn a_form_may_be_taught_to_be_an_opt_out_or_nothing_at_all(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&unknown(2)).await;
        let (notice, _) = waiting(&stage).await;
        decide(&stage, notice, taught(Ruling::OptOut)).await;
        let again = stage.receive(&unknown(4)).await;
        assert_eq!((again.kind, again.outcome), (NoticeKind::OptOut, Outcome::Suppressed));

        let news = |number| Letter { form: Some([3; 32]), ..unknown(number) };
        stage.receive(&news(6)).await;
        let (notice, _) = waiting(&stage).await;
        decide(&stage, notice, taught(Ruling::Nothing)).await;
        let again = stage.receive(&news(8)).await;
        assert_eq!((again.outcome, again.review), (Outcome::Noted, None));
    }

    async fn the_same_notice_stays_the_same_when_its_form_is_taught_afterwards(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&unknown(2)).await;
        let (notice, _) = waiting(&stage).await;
        decide(&stage, notice, taught(Ruling::OptOut)).await;
        let entry = stage.list().await[0].id;
        let note = "a mistake".to_owned();
        stage.store.remove_entry(stage.account.id, entry, note, Actor::Operator, now()).await.unwrap();
        // By the taught form, and by a route whose wording is known.
        for letter in [unknown(2), Letter { message_id: unknown(2).message_id, ..Letter::opt_out(2) }] {
            assert_eq!(stage.receive(&letter).await.outcome, Outcome::Repeated);
        }
        assert_eq!(states(&stage).await, [SuppressionState::Removed]);
    }

    async fn only_who_may_configure_teaches_a_form(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&unknown(2)).await;
        let (notice, _) = waiting(&stage).await;
        let by = member(Role::Agent);
        let refused = stage.store.decide_review(stage.account.id, notice, taught(Ruling::OptOut), by, now()).await;
        assert!(matches!(refused, Err(StoreError::NotAllowed(_))));
        assert!(stage.list().await.is_empty(), "nothing of it was done");
    }

    async fn a_blocked_content_and_a_restriction_trip_the_breaker_until_who_may_lifts_it(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for (number, kind) in [(2, NoticeKind::ContentBlocked), (4, NoticeKind::Restriction)] {
            let claimed = stage.claimed_email(number, number).await;
            assert_eq!(stage.receive(&Letter::of(kind, 8)).await.outcome, Outcome::Restricted);
            assert_eq!(reason_of(&stage.attempt(&claimed).await), Reason::AccountRestricted, "{kind}");
            assert!(stage.alerts().await.iter().any(|alert| alert.kind == AlertKind::Restriction));
            let refused = stage.store.lift_restriction(stage.account.id, member(Role::Agent), NOW).await;
            assert!(matches!(refused, Err(StoreError::NotAllowed(_))));
            assert!(stage.store.lift_restriction(stage.account.id, member(Role::Manager), NOW).await.unwrap());
        }
    }

    async fn a_restriction_nobody_proved_pauses_until_it_is_decided(ground: Ground) {
        let stage = wary(&ground).await;
        let restriction = |number| Letter { orders: vec![], ..Letter::of(NoticeKind::Restriction, number) };
        stage.receive(&restriction(2)).await;
        let (notice, reason) = waiting(&stage).await;
        assert_eq!(reason, ReviewReason::RestrictionUnproven);
        stage.receive(&restriction(4)).await;
        assert_eq!(decide(&stage, notice, ruling(Ruling::Nothing)).await.restriction, None, "the other still says so");
        let (other, _) = waiting(&stage).await;
        assert_eq!(decide(&stage, other, ruling(Ruling::Nothing)).await.restriction, Some(false));
        assert_eq!(restricted(&stage).await, None);
        assert_eq!(undo(&stage, other).await.restriction, Some(true));
        assert!(restricted(&stage).await.is_some());
        assert_eq!(decide(&stage, other, ruling(Ruling::Restriction)).await.restriction, Some(true));
        assert!(restricted(&stage).await.is_some());
    }

    async fn a_proven_restriction_is_not_lifted_by_deciding_about_an_unproven_one(ground: Ground) {
        let stage = wary(&ground).await;
        let restriction = |number| Letter { orders: vec![], ..Letter::of(NoticeKind::Restriction, number) };
        stage.receive(&restriction(2)).await;
        let (before, _) = waiting(&stage).await;
        stage.receive(&Letter { provenance: model::Provenance::Proven, ..restriction(4) }).await;
        decide(&stage, before, ruling(Ruling::Nothing)).await;
        assert!(restricted(&stage).await.is_some());
        stage.receive(&restriction(6)).await;
        let (after, _) = waiting(&stage).await;
        decide(&stage, after, ruling(Ruling::Nothing)).await;
        assert!(restricted(&stage).await.is_some(), "nor by one that came later");
    }

    async fn deciding_an_entry_in_the_list_decides_its_notice(ground: Ground) {
        let stage = wary(&ground).await;
        stage.receive(&Letter::opt_out(2)).await;
        let entry = stage.list().await[0].id;
        let by = member(Role::Agent);
        stage.store.confirm_entry(stage.account.id, entry, "seen".into(), by, now()).await.unwrap();
        assert!(none_waits(&stage).await);
        stage.receive(&Letter::opt_out(4)).await;
        let entry = stage.list().await[1].id;
        stage.store.remove_entry(stage.account.id, entry, "no".into(), member(Role::Owner), now()).await.unwrap();
        assert!(none_waits(&stage).await);
    }

    async fn refunds_of_an_order_add_up_once_each(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let price = |amount: &str| Some(Money::new(amount, "EUR").unwrap());
        let lines = [("1", "30.00"), ("2", "20.00")];
        let items = lines.map(|(line, amount)| OrderItem { line: line.into(), price: price(amount), ..OrderItem::default() });
        stage.import_order(model::order::ImportedOrder { items: items.to_vec(), ..shipped(2) }).await;
        let refund = |message_id: &str, amount: &str| {
            Letter { refunded: price(amount), ..Letter::of(NoticeKind::Refund, 2).numbered(message_id) }
        };
        let refunded = || async { stage.store.order(stage.account.id, order(2)).await.unwrap().unwrap().refunded() };
        assert_eq!(refunded().await, None);
        for _ in 0..2 {
            stage.receive(&refund("a@x", "20.00")).await;
            assert_eq!(refunded().await, Some(Refunded::Part(Money::new("20.00", "EUR").unwrap())));
        }
        stage.receive(&Letter { sentence: Some([200; 32]), ..refund("b@x", "30") }).await;
        assert_eq!(refunded().await, Some(Refunded::All(Money::new("50.00", "EUR").unwrap())));
    }

    async fn members_are_warned_a_week_before_a_waiting_mail_is_erased(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&unknown(2)).await;
        let warned = || async { stage.alerts().await.iter().filter(|alert| alert.kind == AlertKind::PurgeSoon).count() };
        let on_day = |day| Clock::real(NOW.plus(Span::days(day)));
        for day in 0..23 {
            assert_eq!(stage.store.warn_before_purge(on_day(day), 10).await.unwrap(), 1, "looked at once a day");
            assert_eq!(stage.store.warn_before_purge(on_day(day), 10).await.unwrap(), 0);
        }
        assert_eq!(warned().await, 0);
        stage.store.warn_before_purge(on_day(23), 10).await.unwrap();
        assert_eq!(warned().await, 1);
        assert_eq!(stage.store.warn_before_purge(on_day(24), 10).await.unwrap(), 0, "once");
    }

    async fn a_warning_comes_in_time_where_its_order_is_erased_first(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&unknown(2)).await;
        let early = model::order::ImportedOrder { estimated_arrival: Some(NOW.minus(Span::days(20))), ..shipped(2) };
        stage.import_order(early).await;
        stage.store.warn_before_purge(Clock::real(NOW.plus(Span::days(4))), 10).await.unwrap();
        assert!(stage.alerts().await.iter().any(|alert| alert.kind == AlertKind::PurgeSoon));
    }

    async fn what_was_decided_is_not_warned_of(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&unknown(2)).await;
        let (notice, _) = waiting(&stage).await;
        decide(&stage, notice, ruling(Ruling::Nothing)).await;
        assert_eq!(stage.store.warn_before_purge(Clock::real(NOW.plus(Span::days(25))), 10).await.unwrap(), 0);
    }

    async fn a_buyers_question_stays_open_until_a_member_says_otherwise(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.import(2, None).await;
        stage.receive(&Letter::of(NoticeKind::BuyerMessage, 2)).await;
        assert_eq!(marks(&stage, 2).await, [OrderMark::OpenQuestion]);
        let close = |by| stage.store.close_question(stage.account.id, order(2), by, now());
        assert!(matches!(close(member(Role::Viewer)).await, Err(StoreError::NotAllowed(_))));
        assert!(close(member(Role::Agent)).await.unwrap());
        assert!(!close(member(Role::Agent)).await.unwrap());
        assert!(marks(&stage, 2).await.is_empty());
    }
}

async fn restricted(stage: &Stage) -> Option<model::Timestamp> {
    stage.store.account_by_id(stage.account.id).await.unwrap().settings.restricted_since
}
