//! Every route of one account, asked with the ids of another's things by an owner who may do everything in his own: he sees
//! nothing of them, and nothing of them changes. The table of routes is walked, so none can be forgotten.

use axum::http::StatusCode;
use model::member::Role;
use store::{InboundFilter, OutboxFilter, SuppressionFilter};
use web::{Brings, Needs, Route, routes};

use crate::app::{Browser, TestApp};
use crate::opt_outs::{notice, taken_over};

const ORDER: &str = "111-0000001-1000001";

/// What no page of another account may show.
const SECRETS: [&str; 6] =
    ["Blue Widgets", "buyer1abc", "orders@blue.example", "second@blue.example", "Ask about the hat", "house number"];

/// Blue's things, one of each kind that a path can name.
struct Things(Vec<(&'static str, String)>);

impl Things {
    async fn of(app: &TestApp) -> Self {
        let owner = app.owner().await;
        app.planned(2).await;
        notice(app, "111-7654321-1234567", false).await;
        let (store, account) = (&app.store, app.account.id);
        let campaign = "name = \"Ask about the hat\"\nchannel = \"email\"\ntrigger = { when = \"delivered\" }\n\n[template.en]\n\
                        subject = \"Order {{ order_id }}\"\ntext = \"How was it?\"\n";
        let fields = [("text", campaign), ("action", "keep")];
        owner.upload_named("/a/blue-widgets/campaigns/new", &fields, ("", b"")).await.location();
        let list = b"Order\n987-0000003-0000003\n";
        taken_over(&owner, "/a/blue-widgets/messaged", &[], list, &[]).await;
        let upload = owner.upload("/a/blue-widgets/messaged", &[], list).await.location().to_owned();
        let words = "Hello, the shipping address of your order 111-0000001-1000001 is incomplete: the house number is \
                     missing. Could you tell us the full address so that the carrier can deliver the parcel?";
        let critical = format!("/a/blue-widgets/orders/{ORDER}/critical");
        let critical = owner.post(&critical, &[("reason", "shipping_address"), ("text", words)]).await;
        let by = model::member::Actor::Operator;
        let now = model::Timestamp::from_clock();
        let member = store.add_member(account, "second@blue.example", Role::Viewer, by, now).await.unwrap().member;
        let mail = store.inbound_log(account, InboundFilter::All, None, 1).await.unwrap().rows.remove(0);
        let first = |path: &str| path.rsplit('/').next().unwrap().split(['?', '#']).next().unwrap().to_owned();
        let campaigns = store.campaigns(account).await.unwrap();
        Self(vec![
            ("{order}", ORDER.into()),
            (
                "{entry}",
                store.suppressions(account, SuppressionFilter::All, None, 1).await.unwrap().rows[0].id.to_string(),
            ),
            ("{message}", store.outbox(account, OutboxFilter::All, None, 1).await.unwrap().rows[0].id.to_string()),
            ("{campaign}", campaigns.iter().find(|known| known.name.contains("hat")).unwrap().id.to_string()),
            ("{mail}", mail.id.to_string()),
            ("{notice}", store.review_queue(account, None, 1).await.unwrap().rows[0].notice.to_string()),
            ("{alert}", store.unseen_alerts(account, 1).await.unwrap()[0].id.to_string()),
            ("{address}", store.addresses(account).await.unwrap()[0].id.to_string()),
            ("{member}", member.id.to_string()),
            ("{list}", store.messaged_lists(account, None, 1).await.unwrap().rows[0].id.to_string()),
            ("{upload}", first(&upload)),
            ("{critical}", first(critical.location())),
            ("{version}", "1".into()),
            ("{store}", "DE".into()),
            ("{place}", "all".into()),
        ])
    }

    fn path(&self, route: &Route, handle: &str) -> String {
        let path = route.path.replace("{handle}", handle);
        let path = self.0.iter().fold(path, |path, (name, value)| path.replace(name, value));
        assert!(!path.contains('{'), "{path}: this test has nothing of that kind yet");
        path
    }
}

async fn come(browser: &Browser<'_>, route: &Route, path: &str) -> (StatusCode, String) {
    let answer = match route.brings {
        Brings::Nothing => browser.get(path).await,
        Brings::Form => browser.post(path, &[("note", "a test"), ("role", "owner"), ("ruling", "nothing")]).await,
        Brings::File => browser.upload(path, &[("text", "name = \"x\"")], b"").await,
    };
    (answer.status, answer.body)
}

/// Everything of an account that a change would touch: each change stands in its ledger, or makes one of these differ.
async fn state(app: &TestApp) -> String {
    let (store, account) = (&app.store, app.account.id);
    let outbox = store.outbox(account, OutboxFilter::All, None, 100).await.unwrap().rows;
    let outbox: Vec<_> = outbox.iter().map(|row| (row.id, row.state)).collect();
    let alerts: Vec<_> = store.unseen_alerts(account, 100).await.unwrap().iter().map(|alert| alert.id).collect();
    format!(
        "{:?} {outbox:?} {alerts:?} {} {} {:?}",
        store.head_of(&app.account.handle).await.unwrap().number,
        store.members(account).await.unwrap().len(),
        store.messaged_lists(account, None, 9).await.unwrap().rows.len(),
        store.review_queue(account, None, 100).await.unwrap().rows.iter().map(|item| item.notice).collect::<Vec<_>>(),
    )
}

#[tokio::test]
async fn with_another_accounts_ids_nothing_is_seen_and_nothing_is_changed() {
    let app = TestApp::new().await;
    let things = Things::of(&app).await;
    let before = state(&app).await;
    let stranger = app.member("green-gadgets", Role::Owner).await;
    let mut asked = 0;
    let own = |route: &&Route| matches!(route.needs, Needs::Look | Needs::Change | Needs::Configure | Needs::Own);
    // What switches green's own things off comes last, so that nothing is hidden by it.
    for route in routes().iter().filter(own).filter(|route| route.path.matches('{').count() > 1) {
        let path = things.path(route, "green-gadgets");
        let (status, body) = come(&stranger, route, &path).await;
        assert!(!status.is_server_error(), "{route:?}: {status}");
        for secret in SECRETS {
            assert!(!body.contains(secret), "{route:?} shows {secret}");
        }
        asked += 1;
    }
    assert!(asked > 30, "{asked} routes were asked");
    assert_eq!(state(&app).await, before);
    // The same ids are good in their own account: the walk has asked for what there is.
    let owner = app.owner_again().await;
    for route in
        routes().iter().filter(own).filter(|route| route.method == "GET" && route.path.matches('{').count() > 1)
    {
        let path = things.path(route, "blue-widgets");
        assert_eq!(owner.get(&path).await.status, StatusCode::OK, "{path}");
    }
}
