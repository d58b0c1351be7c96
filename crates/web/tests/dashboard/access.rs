//! Every route against everybody who may come: the table of routes is walked, so none can be forgotten.

use axum::http::StatusCode;
use model::member::Role;
use web::{Brings, Needs, Route, routes};

use crate::app::{Answer, Browser, TestApp};

/// The route's path with something for each parameter. No such thing exists; who may not come never learns that.
fn path(route: &Route, handle: &str) -> String {
    let id = "01890a5d-0000-7000-8000-000000000000";
    route
        .path
        .replace("{handle}", handle)
        .replace("{order}", "111-1234567-1234567")
        .replace("{file}", "none.css")
        .replace("{alert}", id)
        .replace("{address}", id)
        .replace("{entry}", id)
        .replace("{list}", id)
        .replace("{message}", id)
        .replace("{critical}", id)
        .replace("{campaign}", id)
        .replace("{member}", id)
        .replace("{upload}", id)
        .replace("{place}", "all")
        .replace("{note}", id)
        .replace("{version}", "1")
        .replace("{store}", "US")
        .replace("{mail}", id)
        .replace("{notice}", id)
}

async fn come(browser: &Browser<'_>, route: &Route, handle: &str) -> Answer {
    let path = path(route, handle);
    match route.brings {
        Brings::Nothing => browser.get(&path).await,
        Brings::Form => browser.post(&path, &[("note", "a test")]).await,
        Brings::File => browser.upload(&path, &[], b"").await,
    }
}

fn in_account(route: &Route) -> bool {
    matches!(route.needs, Needs::Look | Needs::Change | Needs::Configure | Needs::Own)
}

#[tokio::test]
async fn a_stranger_is_led_to_the_sign_in_page_from_every_page_that_needs_somebody() {
    let app = TestApp::new().await;
    for route in routes() {
        let answer = come(&app.stranger(), &route, "blue-widgets").await;
        if matches!(route.needs, Needs::Nothing | Needs::Anyone) {
            // Who has shown no password has no code to enter.
            let led = answer.status == StatusCode::SEE_OTHER && route.path != "/sign-in/code";
            assert!(!led, "{route:?}");
        } else {
            assert!(answer.location().starts_with("/sign-in"), "{route:?}");
        }
    }
}

#[tokio::test]
async fn another_accounts_owner_finds_nothing_and_can_not_tell_whether_the_account_exists() {
    let app = TestApp::new().await;
    let foreign = app.member("green-gadgets", Role::Owner).await;
    for route in routes().iter().filter(|route| in_account(route)) {
        let existing = come(&foreign, route, "blue-widgets").await;
        let missing = come(&foreign, route, "no-such-account").await;
        assert_eq!((existing.status, missing.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{route:?}");
        assert_eq!(existing.body, missing.body, "{route:?}");
        assert!(!existing.body.contains("Blue Widgets"));
    }
}

#[tokio::test]
async fn a_role_does_what_its_routes_need_and_no_more() {
    let app = TestApp::new().await;
    for role in Role::ALL.iter().copied() {
        let browser = app.member("blue-widgets", role).await;
        for route in routes().iter().filter(|route| in_account(route)) {
            let allowed = match route.needs {
                Needs::Change => role.may_change(),
                Needs::Configure => role.may_configure(),
                Needs::Own => role == Role::Owner,
                _ => true,
            };
            let answer = come(&browser, route, "blue-widgets").await;
            assert_eq!(answer.status == StatusCode::FORBIDDEN, !allowed, "{role} {route:?}: {}", answer.status);
            assert!(!answer.status.is_server_error(), "{role} {route:?}: {}", answer.status);
        }
    }
}

#[tokio::test]
async fn no_form_is_taken_without_its_token_or_with_another_sessions() {
    let app = TestApp::new().await;
    let (owner, other) = (app.owner().await, app.member("blue-widgets", Role::Manager).await);
    let foreign = other.token().await;
    for route in routes().iter().filter(|route| route.method == "POST") {
        let path = path(route, "blue-widgets");
        for fields in [vec![], vec![("token", "")], vec![("token", foreign.as_str())]] {
            let answer = match route.brings {
                Brings::File => owner.upload_without_token(&path, &fields, b"x").await,
                _ => owner.post_without_token(&path, &fields).await,
            };
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{route:?} {fields:?}");
        }
    }
}

#[tokio::test]
async fn every_change_is_a_post_and_every_page_a_get() {
    for route in routes() {
        assert_eq!(route.method == "POST", route.brings != Brings::Nothing, "{route:?}");
    }
}

#[tokio::test]
async fn the_operator_sees_every_account_and_a_member_only_his() {
    let app = TestApp::new().await;
    let all = app.operator().await.get("/").await.body;
    assert!(all.contains("Blue Widgets") && all.contains("Green Gadgets"));
    let owner = app.owner().await;
    assert_eq!(owner.get("/").await.location(), "/a/blue-widgets");
    assert!(!owner.get("/accounts").await.body.contains("Green Gadgets"));
}
