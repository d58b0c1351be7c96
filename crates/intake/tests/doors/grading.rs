//! From a signed mail at the SMTP door to its grade: recorded first, graded after, with answers handed in or from name
//! servers on this machine alone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use intake::dns::Dns;
use intake::grading::Passed;
use intake::{Grader, NameServers};
use model::inbound::InboundReading;
use model::member::Actor;
use model::suppression::SuppressionState;
use model::{Account, AccountSettings, GradeReason, Marketplace, NoticeKind, Provenance, Timestamp};
use provenance::{Answer, Answers, Trust};
use store::{InboundFilter, Store, SuppressionFilter};
use tokio::net::UdpSocket;

use crate::house::{House, settings};
use crate::notice_by_smtp::{Ground, reading_room};

/// Signed by dkimpy with a key made for the tests (`crates/provenance/tests/fixtures`).
const SIGNED: &str = include_str!("../../../provenance/tests/fixtures/type_signed.eml");
const KEYS: &str = include_str!("../../../provenance/tests/fixtures/keys.json");

fn keys() -> Answers {
    let text = KEYS.trim().trim_start_matches('{').trim_end_matches('}');
    let line = |line: &str| {
        let (name, record) = line.trim().trim_end_matches(',').split_once("\": \"").unwrap();
        (name.trim_matches('"').to_owned(), Answer::Records(vec![record.trim_matches('"').to_owned()]))
    };
    text.lines().filter(|line| line.contains(':')).map(line).collect()
}

/// Answers handed in, and what was asked.
#[derive(Clone, Default)]
struct Told {
    answers: Answers,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Dns for Told {
    async fn txt(&self, name: &str) -> Answer {
        self.asked.lock().unwrap().push(name.to_owned());
        self.answers.get(name).cloned().unwrap_or(Answer::Unavailable)
    }
}

struct Shop {
    store: Arc<Store>,
    account: Account,
    secret: String,
}

async fn wary_shop(ground: &Ground) -> Shop {
    let store = ground.store().await;
    let us: Marketplace = "US".parse().unwrap();
    let now = Timestamp::from_clock();
    let account =
        store.add_account("Blue Widgets".into(), "blue-widgets".parse().unwrap(), vec![us], now).await.unwrap();
    let wary = AccountSettings { trust_addresses: false, ..account.settings };
    store.change_settings(account.id, wary, Actor::Operator, now).await.unwrap();
    let secret = store.addresses(account.id).await.unwrap().remove(0).local_part;
    Shop { store, account, secret }
}

impl Shop {
    async fn receive(&self, mail: &str) {
        let mut house = House::around(settings(), reading_room(), Arc::clone(&self.store)).await;
        house.client().await.send(&self.secret, mail.trim_end(), "250 2.6.0").await;
        house.begin_to_stop();
        house.stopped().await;
    }

    async fn grade(&self, dns: impl Dns) -> Passed {
        let grader = Grader::new(Arc::clone(&self.store), Trust::default(), dns);
        grader.pass(Timestamp::from_clock).await.unwrap()
    }

    async fn states(&self) -> Vec<SuppressionState> {
        let page = self.store.suppressions(self.account.id, SuppressionFilter::All, None, 10).await.unwrap();
        page.rows.iter().map(|row| row.state).collect()
    }

    /// The readings of the newest mail.
    async fn readings(&self) -> Vec<InboundReading> {
        let page = self.store.inbound_log(self.account.id, InboundFilter::All, None, 1).await.unwrap();
        page.rows.into_iter().next().unwrap().readings
    }

    async fn reasons(&self) -> Vec<GradeReason> {
        self.readings().await[0].grade.clone().map(|grade| grade.reasons).unwrap_or_default()
    }
}

const DONE: Passed = Passed { graded: 1, later: 0 };

async fn story(ground: Ground) {
    let shop = wary_shop(&ground).await;
    shop.receive(SIGNED).await;
    assert_eq!(shop.states().await, [SuppressionState::Held], "acknowledged, and held until it is proven");
    // The name servers are silent: later, and nothing changes.
    assert_eq!(shop.grade(Told::default()).await, Passed { graded: 0, later: 1 });
    assert_eq!(shop.grade(Told { answers: keys(), ..Told::default() }).await, Passed::default(), "not yet again");
    assert_eq!(shop.states().await, [SuppressionState::Held]);

    // A second notice, of which they know the key.
    let told = Told { answers: keys(), ..Told::default() };
    let other = SIGNED.replace("0100-made-up", "0200-made-up");
    shop.receive(&other).await;
    assert_eq!(shop.grade(told.clone()).await, DONE);
    assert_eq!(shop.reasons().await, [GradeReason::SignatureWrong], "its Message-ID was changed");
    assert_eq!(*told.asked.lock().unwrap(), ["s1._domainkey.amazon.com"]);

    // The header added to it says something else than what is signed.
    let added = format!(
        "X-Space-Notification-Type: REFUND_ISSUED\r\n{}",
        include_str!("../../../provenance/tests/fixtures/rsa_relaxed.eml")
    );
    shop.receive(&added).await;
    assert_eq!(shop.grade(told.clone()).await, DONE);
    assert_eq!(shop.reasons().await, [GradeReason::KindNotSigned]);

    // What is signed is known by structure alone; the header that makes it sure is anybody's.
    let added = format!(
        "X-Space-Notification-Type: BUYER_OPTED_OUT_BSM_MESSAGES\r\n{}",
        include_str!("../../../provenance/tests/fixtures/structure.eml")
    );
    shop.receive(&added).await;
    assert_eq!(shop.grade(told.clone()).await, DONE);
    assert_eq!(shop.reasons().await, [GradeReason::KindNotSigned]);

    // Attached to a mail of the seller's, as it came.
    let german = include_str!("../../../provenance/tests/fixtures/german.eml");
    let attached = format!(
        "From: seller@shop.example\r\nSubject: Fwd\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\n{german}\r\n--b--\r\n"
    );
    shop.receive(&attached).await;
    assert_eq!(shop.grade(told).await, DONE);
    let readings = shop.readings().await;
    let grade = readings.iter().find(|reading| reading.part == 1).and_then(|reading| reading.grade.clone()).unwrap();
    assert_eq!((grade.provenance, grade.by.as_deref()), (Provenance::Proven, Some("amazon.de")));
    assert!(shop.states().await.contains(&SuppressionState::Active));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_forwarder_attaches_is_vouched_for_and_not_what_another_makes_of_his_words() {
    let shop = wary_shop(&Ground { folder: tempfile::tempdir().unwrap(), postgres: None }).await;
    let (account, now) = (shop.account.id, model::Clock::real(Timestamp::from_clock()));
    assert!(shop.store.confirm_forwarder(account, "owner@shop.example".into(), Actor::Operator, now).await.unwrap());
    let told = Told { answers: keys(), ..Told::default() };

    let quotes = include_str!("../../../provenance/tests/fixtures/forwarder_quotes.eml");
    let made =
        quotes.replacen("Content-Type: text/plain; charset=utf-8", "Content-Type: multipart/mixed; boundary=b", 1);
    shop.receive(&made).await;
    assert_eq!(shop.grade(told.clone()).await, DONE);
    assert_eq!(shop.reasons().await, [GradeReason::KindNotSigned]);
    assert_eq!(shop.states().await, [SuppressionState::Held]);

    shop.receive(include_str!("../../../provenance/tests/fixtures/forwarder_attaches.eml")).await;
    assert_eq!(shop.grade(told).await, DONE);
    assert_eq!(shop.reasons().await, [GradeReason::ConfirmedForwarder]);
    assert!(shop.states().await.contains(&SuppressionState::Active));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_notice_is_graded_after_it_is_safe_on_sqlite() {
    story(Ground { folder: tempfile::tempdir().unwrap(), postgres: None }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_notice_is_graded_after_it_is_safe_on_postgres() {
    if let Some(database) = cluster::fresh_database() {
        story(Ground { folder: tempfile::tempdir().unwrap(), postgres: Some(database) }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn name_servers_tell_what_is_there_what_is_not_and_what_they_can_t_tell() {
    let long = format!("v=DKIM1; p={}", "A".repeat(600));
    let server =
        mailserver::name_server(BTreeMap::from([("key._domainkey.amazon.com".to_owned(), long.clone())])).unwrap();
    let servers = NameServers::new(&[server]).unwrap();
    assert_eq!(servers.txt("key._domainkey.amazon.com").await, Answer::Records(vec![long]));
    assert_eq!(servers.txt("none._domainkey.amazon.com").await, Answer::Nothing);
    assert_eq!(servers.txt("fail.example").await, Answer::Unavailable);
    // Nobody listens there.
    let closed = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(NameServers::new(&[closed]).unwrap().txt("key._domainkey.amazon.com").await, Answer::Unavailable);
    assert_eq!(NameServers::none().txt("key._domainkey.amazon.com").await, Answer::Unavailable);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_confirm_forwarding_is_shown_only_where_its_provider_signed_it() {
    let shop = wary_shop(&Ground { folder: tempfile::tempdir().unwrap(), postgres: None }).await;
    let genuine = include_str!("../../../provenance/tests/fixtures/confirmation.eml");
    let forged = include_str!("../../../provenance/tests/fixtures/confirmation_by_stranger.eml");
    // Each by a name of its own, or it would be the same mail again (law 9).
    let forged = forged.replace("0100-made-up", "0200-made-up");
    let altered = genuine.replace("871234567", "999999999").replace("0100-made-up", "0300-made-up");
    for (mail, shown) in [(forged.as_str(), 0), (altered.as_str(), 0), (genuine, 1)] {
        shop.receive(mail).await;
        assert_eq!(shop.grade(Told { answers: keys(), ..Told::default() }).await, DONE);
        assert_eq!(shop.store.waiting_confirmations(shop.account.id).await.unwrap().len(), shown);
    }
    assert_eq!(shop.reasons().await, [GradeReason::ProviderSigned]);
    for number in 0..21 {
        shop.receive(&forged.replace("0200-made-up", &format!("0400-{number}"))).await;
    }
    while shop.grade(Told { answers: keys(), ..Told::default() }).await.graded > 0 {}
    assert_eq!(shop.store.waiting_confirmations(shop.account.id).await.unwrap().len(), 1, "not crowded out");
    shop.receive(&genuine.replace("0100-made-up", "0500-made-up")).await;
    assert_eq!(shop.readings().await[0].kind, NoticeKind::ForwardingConfirmation);
    assert_eq!(shop.store.reviews_waiting(shop.account.id, 100).await.unwrap(), 25, "each waits for a look");
    assert!(shop.states().await.is_empty());
}
