//! Each law's check beside pictures that keep it and pictures that break it.

use std::collections::BTreeMap;

use model::message::OutboxRow;
use model::suppression::{Origin, SuppressionRow};
use model::{Channel, Marketplace, MessageId, Purpose, SuppressionId};

use super::*;
use crate::kill::memory::{KnownOrder, Reported};
use crate::kill::picture::LoggedMail;
use crate::letters::ReportedOrder;

const FIRST: &str = "111-0000000-0000001";
const SECOND: &str = "111-0000000-0000002";

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000 + seconds * 1_000_000)
}

/// Two orders of one buyer; the first has a notice that was acknowledged so often.
fn known(acknowledged: u64) -> (KnownAccount, Vec<KnownNotice>) {
    let order = |id: &str, notices| {
        let reported = ReportedOrder { id: id.to_owned(), alias: Some("a1@marketplace.amazon.com".to_owned()) };
        (id.to_owned(), KnownOrder { reported, state: Reported::Done, notices })
    };
    let orders = BTreeMap::from([order(FIRST, vec![0]), order(SECOND, Vec::new())]);
    let notice = KnownNotice {
        account: 0,
        order: FIRST.to_owned(),
        form: Form::Header,
        names_buyer: false,
        mail: Vec::new(),
        transmitted: 1,
        acknowledged,
        by_file: 0,
        passed_over: 0,
    };
    (KnownAccount { orders, ..KnownAccount::default() }, vec![notice])
}

fn entry(id: SuppressionId) -> SuppressionRow {
    SuppressionRow {
        store: None,
        id,
        order_id: Some(FIRST.parse().unwrap()),
        alias: None,
        covers_buyer: true,
        reason: SuppressionReason::OptOut,
        origin: Origin::Notice,
        since: time(0),
        state: SuppressionState::Active,
    }
}

fn message(id: MessageId, state: MessageState) -> OutboxRow {
    OutboxRow {
        id,
        order_id: SECOND.parse().unwrap(),
        store: Marketplace::Us,
        channel: Channel::Email,
        purpose: Purpose::Proactive,
        state,
        reason: None,
        due: None,
        next_try: None,
        sent_at: None,
        campaign: None,
        campaign_version: None,
    }
}

fn picture(what: Vec<What>) -> Picture {
    let events =
        (1..).zip(what).map(|(number, what)| Event { number, time: time(i64::try_from(number).unwrap()), what });
    Picture { events: events.collect(), list: Vec::new(), outbox: Vec::new(), mails: Vec::new() }
}

fn added(id: SuppressionId) -> What {
    What::Added { entry: id.to_string(), order: Some(FIRST.to_owned()) }
}

fn notice(id: SuppressionId, leaving: &[MessageId]) -> What {
    What::Notice {
        orders: vec![FIRST.to_owned()],
        entries: vec![id.to_string()],
        already_leaving: leaving.iter().map(ToString::to_string).collect(),
    }
}

fn attempt(id: MessageId) -> What {
    What::Attempt { message: id.to_string(), order: SECOND.to_owned() }
}

fn outcome(id: MessageId, state: &str) -> What {
    What::Outcome { message: id.to_string(), order: SECOND.to_owned(), state: state.to_owned() }
}

fn mail(outcome: &str) -> LoggedMail {
    LoggedMail { orders: vec![FIRST.to_owned()], outcome: outcome.to_owned() }
}

#[test]
fn a_notice_stands_once_everywhere_or_nowhere() {
    let id = SuppressionId::generate();
    let whole = || Picture {
        list: vec![entry(id)],
        mails: vec![mail("suppressed")],
        ..picture(vec![added(id), notice(id, &[])])
    };
    let faults = |acknowledged, picture: &Picture| {
        let (account, sent) = known(acknowledged);
        notices(&account, &sent, picture).len()
    };
    assert_eq!((faults(1, &whole()), faults(0, &whole()), faults(0, &picture(vec![]))), (0, 0, 0));
    assert!(faults(1, &picture(vec![])) > 0, "acknowledged and lost");
    assert!(faults(1, &Picture { list: vec![], ..whole() }) > 0, "in the ledger alone");
    assert!(faults(0, &Picture { list: vec![], ..whole() }) > 0, "half of one that was not acknowledged");
    assert!(faults(1, &Picture { mails: vec![], ..whole() }) > 0, "its mail is gone");
    assert!(
        faults(1, &Picture { mails: vec![mail("suppressed"), mail("repeated")], ..whole() }) > 0,
        "more mails than sent"
    );
    let by_files = |passed_over| {
        let (account, mut sent) = known(2);
        (sent[0].transmitted, sent[0].passed_over) = (2, passed_over);
        notices(&account, &sent, &whole()).len()
    };
    assert_eq!((by_files(1), by_files(0)), (0, 1), "passed over, and without a mail of its own");
    let twice = Picture { list: vec![entry(id), entry(SuppressionId::generate())], ..whole() };
    assert!(faults(1, &twice) > 0, "two entries");
    let without_notice = Picture { list: vec![entry(id)], mails: vec![mail("suppressed")], ..picture(vec![added(id)]) };
    assert!(faults(1, &without_notice) > 0, "no notice in the ledger");
    let removed = Picture { list: vec![SuppressionRow { state: SuppressionState::Removed, ..entry(id) }], ..whole() };
    assert!(faults(1, &removed) > 0, "removed by nobody");
}

#[test]
fn nothing_leaves_after_a_notice_but_what_it_names() {
    let (id, message) = (SuppressionId::generate(), MessageId::generate());
    let faults = |what: Vec<What>| {
        let (account, sent) = known(1);
        never_again(&account, &sent, &Picture { list: vec![entry(id)], ..picture(what) }).len()
    };
    assert_eq!(faults(vec![attempt(message), outcome(message, "captured"), added(id), notice(id, &[])]), 0);
    assert_eq!(faults(vec![attempt(message), added(id), notice(id, &[message]), outcome(message, "captured")]), 0);
    assert_eq!(
        faults(vec![attempt(message), added(id), notice(id, &[]), outcome(message, "captured")]),
        1,
        "not named"
    );
    assert_eq!(
        faults(vec![added(id), notice(id, &[]), attempt(message), outcome(message, "captured")]),
        1,
        "to the buyer"
    );
    assert_eq!(faults(vec![outcome(message, "captured")]), 1, "without an attempt");
    // The buyer became known later: until then only the order is covered.
    let learnt = What::Learnt { entry: id.to_string(), order: FIRST.to_owned(), already_leaving: vec![] };
    let before = vec![added(id), notice(id, &[]), attempt(message), outcome(message, "captured"), learnt.clone()];
    assert_eq!(faults(before), 0);
    let after = vec![added(id), notice(id, &[]), learnt, attempt(message), outcome(message, "captured")];
    assert_eq!(faults(after), 1);
}

#[test]
fn an_order_gets_one_message() {
    let (one, other) = (MessageId::generate(), MessageId::generate());
    let faults = |what: Vec<What>| {
        let (account, sent) = known(0);
        never_again(&account, &sent, &picture(what)).len()
    };
    assert_eq!(faults(vec![attempt(one), outcome(one, "captured"), attempt(other)]), 1);
    assert_eq!(faults(vec![attempt(one), attempt(one)]), 1);
    assert_eq!(faults(vec![attempt(one), outcome(one, "tried_again"), attempt(one), outcome(one, "captured")]), 0);
}

#[test]
fn the_outbox_says_what_the_ledger_says() {
    let id = MessageId::generate();
    let faults = |state, what: Vec<What>| outbox(&Picture { outbox: vec![message(id, state)], ..picture(what) }).len();
    assert_eq!(faults(MessageState::Captured, vec![attempt(id), outcome(id, "captured")]), 0);
    assert_eq!(faults(MessageState::Captured, vec![attempt(id)]), 1);
    assert_eq!(faults(MessageState::Waiting, vec![attempt(id), outcome(id, "captured")]), 1, "it would leave again");
    assert_eq!(faults(MessageState::Sending, vec![]), 1);
    assert_eq!(faults(MessageState::Withdrawn, vec![]), 0);
    let twice = Picture {
        outbox: vec![message(id, MessageState::Planned), message(MessageId::generate(), MessageState::Planned)],
        ..picture(vec![])
    };
    assert_eq!(outbox(&twice).len(), 1);
}

#[test]
fn what_the_submission_server_took_is_known_and_came_in_time() {
    let id = MessageId::generate();
    let (account, _) = known(1);
    let took = |seconds| Accepted { order: SECOND.to_owned(), message_id: "<a@b>".to_owned(), at: time(seconds) };
    let faults = |state, taken: &[Accepted]| {
        accepted(&account, &Picture { outbox: vec![message(id, state)], ..picture(vec![]) }, taken).len()
    };
    assert_eq!(faults(MessageState::Sent, &[took(0)]), 0);
    assert_eq!(faults(MessageState::Unknown, &[took(0)]), 0);
    assert_eq!(faults(MessageState::Sent, &[]), 1, "sent, and never there");
    assert_eq!(faults(MessageState::Waiting, &[took(0)]), 1);
    assert_eq!(faults(MessageState::Withdrawn, &[took(0)]), 1);
    assert_eq!(faults(MessageState::Sent, &[took(0), took(1)]), 2, "the same Message-ID, and the same order");
    let suppressed = What::Added { entry: SuppressionId::generate().to_string(), order: Some(SECOND.to_owned()) };
    let late = |seconds| {
        let picture = Picture { outbox: vec![message(id, MessageState::Sent)], ..picture(vec![suppressed.clone()]) };
        accepted(&account, &picture, &[took(seconds)]).len()
    };
    assert_eq!((late(10), late(12)), (0, 1));
}
