//! The numbers: drawn and told in tables, the same on the overview, and each account's own.

use axum::http::StatusCode;
use model::member::Role;
use model::{Clock, Marketplace, Timestamp};
use policy::RenderedText;
use store::{Attempt, Handover};

use crate::app::TestApp;

const NUMBERS: &str = "/a/blue-widgets/numbers";

fn now() -> Clock {
    Clock::real(Timestamp::from_clock())
}

/// Two messages that left.
async fn sent(app: &TestApp) {
    app.planned(2).await;
    for claimed in app.store.claim_due(now(), 10).await.unwrap() {
        let text = RenderedText::plain("Hello".into(), "How was it?".into());
        let Attempt::Permitted(_) = app.store.begin_attempt(claimed.clone(), Some(text), now()).await.unwrap() else {
            // The pace lets one go at a time.
            continue;
        };
        app.store.finish_attempt(&claimed, Handover::SENT, now()).await.unwrap();
    }
}

/// What a table says of a day in its second column.
fn in_table(page: &str, column: &str, day: &str) -> Option<String> {
    let row = format!("<td data-label=\"Day\">{day}</td><td data-label=\"{column}\">");
    page.split(&row).nth(1).map(|rest| rest.split('<').next().unwrap().to_owned())
}

#[tokio::test]
async fn what_left_is_drawn_and_told_in_a_table_on_the_overview_too() {
    let app = TestApp::new().await;
    sent(&app).await;
    let viewer = app.member("blue-widgets", Role::Viewer).await;
    let day = Marketplace::Us.day_of(Timestamp::from_clock());
    let day = Timestamp::from_micros(day * 86_400_000_000).utc_date().to_string();
    let numbers = app.store.numbers(app.account.id, 0, i64::MAX).await.unwrap();
    let left = model::numbers::total(&numbers.all()).sent;
    assert!(left > 0, "something left");
    for path in [NUMBERS, "/a/blue-widgets", "/a/blue-widgets/numbers?days=90", "/a/blue-widgets/numbers?days=odd"] {
        let page = viewer.get(path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(in_table(&page.body, "Sent", &day), Some(left.to_string()), "{path}");
        assert!(page.body.contains("role=\"img\" aria-labelledby=\"sent-chart-title sent-chart-told\""), "{path}");
        assert!(page.body.contains("<desc id=\"sent-chart-told\">From ") && page.body.contains("<rect class=\"bar\""));
        assert!(!page.body.contains("style="), "the page's policy allows none");
    }
    let days = |page: &str| page.matches("<td data-label=\"Sent\">").count();
    let short = viewer.get(NUMBERS).await.body;
    let long = viewer.get(&format!("{NUMBERS}?days=90")).await.body;
    // A row for each day, and one for the store and the campaign, whose rates are told beside them.
    assert_eq!((days(&short), days(&long)), (32, 92));
    assert!(short.contains("<strong>Ask</strong>") && short.contains("0.00 %"), "the campaign's rate: {short}");
    let foreign = app.member("green-gadgets", Role::Owner).await;
    assert!(foreign.get("/a/green-gadgets/numbers").await.body.contains("No message left"));
}

#[tokio::test]
async fn without_numbers_a_page_says_what_to_do_next() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let page = owner.get(NUMBERS).await.body;
    for advice in
        ["order reports", "a self-test there shows it", "There is no rate yet", "there was room", "None in these days"]
    {
        assert!(page.contains(advice), "{advice}: {page}");
    }
    assert!(!page.contains("<svg class=\"chart\""), "nothing is drawn of nothing");
    let overview = owner.get("/a/blue-widgets").await.body;
    assert!(overview.contains("there is no chart yet") && overview.contains(&format!("href=\"{NUMBERS}\"")));
}
