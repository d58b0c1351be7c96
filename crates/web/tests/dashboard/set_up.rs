//! The set-up guide: what is done is read off what there is, and it can be left and taken up again.

use model::member::{Actor, Role};
use model::sender::{Security, Sender, SenderLimits, SenderTried, SubmissionServer};
use model::{Clock, Marketplace, Timestamp, Way};

use crate::app::{Browser, TestApp};

const GUIDE: &str = "/a/blue-widgets/setup";

/// Which of the six steps the guide says are done.
async fn done(browser: &Browser<'_>) -> Vec<usize> {
    let page = browser.get(GUIDE).await.body;
    let headings: Vec<&str> =
        page.split("<h2 id=\"step-").skip(1).map(|rest| rest.split("</h2>").next().unwrap()).collect();
    assert_eq!(headings.len(), 6);
    assert!(headings.iter().all(|heading| heading.contains("badge-good") != heading.contains("badge-wait")));
    (1..=6).filter(|step| headings[step - 1].contains("badge-good")).collect()
}

#[tokio::test]
async fn a_new_account_has_its_stores_and_the_overview_leads_to_the_guide() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    assert_eq!(done(&owner).await, [1]);
    let overview = owner.get("/a/blue-widgets").await.body;
    assert!(overview.contains("5 steps are") && overview.contains(GUIDE));
    let page = owner.get(GUIDE).await.body;
    for address in app.store.addresses(app.account.id).await.unwrap() {
        assert!(page.contains(&format!("{}@in.example.com", address.local_part)), "each address can be copied");
    }
}

#[tokio::test]
async fn a_self_test_that_passed_proves_the_way_in_and_one_that_is_under_way_is_looked_at_live() {
    let app = TestApp::with(|settings| settings.writes_to_members = true).await;
    let owner = app.owner().await;
    let addresses = app.store.addresses(app.account.id).await.unwrap();
    let any = addresses.iter().find(|address| address.store.is_none()).unwrap();
    assert!(!owner.get(GUIDE).await.body.contains("hx-trigger"));
    // Self-tests go to members who have set a password.
    let me = app.store.members(app.account.id).await.unwrap().remove(0);
    let password = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA";
    app.store.set_password(me.id, password.into()).await.unwrap();
    let owner = app.signed_in(&me).await;
    let way = Way::Address(any.id).to_string();
    let answer = owner.post("/a/blue-widgets/feed/test", &[("way", &way), ("back", "setup")]).await;
    assert_eq!(answer.location(), format!("{GUIDE}?done=testing#proof"));
    let page = owner.get(GUIDE).await.body;
    assert!(page.contains("hx-trigger=\"every 3s\"") && page.contains("self-test under way"));
    assert_eq!(done(&owner).await, [1], "a test that is under way proves nothing");
}

#[tokio::test]
async fn a_sender_counts_until_trying_it_out_shows_that_it_does_not_work() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let sender = Sender {
        from: "orders@shop.example".parse().unwrap(),
        name: None,
        server: SubmissionServer::new("smtp.shop.example", 587, Security::StartTls).unwrap(),
        sign_in: None,
        limits: SenderLimits::default(),
    };
    let clock = Clock::real(Timestamp::from_clock());
    app.store.set_sender(app.account.id, Marketplace::De, sender, Actor::Operator, clock).await.unwrap();
    assert_eq!(done(&owner).await, [1, 4]);
    let claimed = app.store.claim_trial().await.unwrap().unwrap();
    let refused = SenderTried { at: clock.real, works: false, words: "refused".into() };
    app.store.finish_trial(&claimed, refused).await.unwrap();
    assert_eq!(done(&owner).await, [1], "a step that breaks is open again");
}

#[tokio::test]
async fn known_orders_and_a_campaign_that_is_on_are_done() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let report = "amazon-order-id\tpurchase-date\tsales-channel\tsku\tquantity-purchased\n\
                  111-1234567-1234567\t2026-11-20T10:00:00+00:00\tAmazon.com\tKETTLE\t1\n";
    let answer = owner.upload("/a/blue-widgets/orders", &[("store", "US")], report.as_bytes()).await;
    assert!(answer.body.contains("New orders"), "{}", answer.body);
    assert_eq!(done(&owner).await, [1, 3]);
}

#[tokio::test]
async fn who_may_only_look_reads_the_guide_and_finds_no_form_in_it() {
    let app = TestApp::with(|settings| settings.writes_to_members = true).await;
    let page = app.member("blue-widgets", Role::Viewer).await.get(GUIDE).await.body;
    assert!(page.contains("An owner or a manager of this account sets it"));
    assert_eq!(page.matches("<form").count(), 1, "signing out alone");
}
