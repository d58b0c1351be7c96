//! Coming in and going out: the one-time link, signing in, signing out.

use axum::http::StatusCode;
use model::member::{Actor, Role};
use model::{Span, Timestamp};

use crate::app::{Answer, Browser, TestApp};

const PASSWORD: &str = "three random words";

pub async fn welcome(app: &TestApp, code: &str, password: &str) -> Answer {
    with_visitor(app, "/welcome", &[("code", code), ("email", "operator@example.com"), ("password", password)]).await
}

pub async fn sign_in(app: &TestApp, email: &str, password: &str) -> Answer {
    with_visitor(app, "/sign-in", &[("email", email), ("password", password)]).await
}

/// Opens the page first, as a browser does, so that the form's token fits to its cookie.
async fn with_visitor(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> Answer {
    let page = app.stranger().get(path).await;
    let visitor = page.cookie("abide-visitor").expect("a cookie for the form");
    let browser = Browser { app, cookie: format!("abide-visitor={visitor}") };
    let token = page.token();
    let mut all = vec![("token", token.as_str())];
    all.extend_from_slice(fields);
    browser.post_without_token(path, &all).await
}

#[tokio::test]
async fn the_link_makes_the_operator_once() {
    let app = TestApp::new().await;
    let link = app.store.create_one_time_link(None, Timestamp::from_clock()).await.unwrap();
    assert_eq!(web::welcome_path(&link.0), format!("/welcome#{}", link.0));

    let short = welcome(&app, &link.0, "too short").await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(short.body.contains("at least 12 characters"));

    let made = welcome(&app, &link.0, PASSWORD).await;
    assert!(made.location().starts_with("/?done=welcome"));
    let browser = Browser { app: &app, cookie: format!("abide={}", made.cookie("abide").unwrap()) };
    assert!(browser.get("/accounts").await.body.contains("Green Gadgets"), "he is operator and signed in");

    let again = welcome(&app, &link.0, PASSWORD).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.body.contains("used before"));
}

#[tokio::test]
async fn a_link_is_good_for_a_quarter_of_an_hour() {
    let app = TestApp::new().await;
    let before = Timestamp::from_clock().minus(Span::minutes(16));
    let link = app.store.create_one_time_link(None, before).await.unwrap();
    let late = welcome(&app, &link.0, PASSWORD).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!app.store.operator_exists().await.unwrap());
}

#[tokio::test]
async fn an_invited_member_chooses_a_password_once_and_signs_in_with_it() {
    let app = TestApp::new().await;
    let (now, by) = (Timestamp::from_clock(), Actor::Operator);
    let added = app.store.add_member(app.account.id, "agent@example.com", Role::Agent, by, now).await.unwrap();
    let code = added.link.unwrap().0;
    let fields = [("code", code.as_str()), ("email", ""), ("password", PASSWORD)];
    assert_eq!(with_visitor(&app, "/welcome", &fields).await.location(), "/?done=joined");
    assert_eq!(with_visitor(&app, "/welcome", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let back = sign_in(&app, "agent@example.com", PASSWORD).await;
    let browser = Browser { app: &app, cookie: format!("abide={}", back.cookie("abide").unwrap()) };
    assert_eq!(browser.get("/").await.location(), "/a/blue-widgets");
    assert!(!app.store.operator_exists().await.unwrap());
}

#[tokio::test]
async fn a_whole_link_may_be_pasted_where_there_is_no_script() {
    let app = TestApp::new().await;
    let link = app.store.create_one_time_link(None, Timestamp::from_clock()).await.unwrap();
    let pasted = format!("http://127.0.0.1:8080{}", web::welcome_path(&link.0));
    assert!(welcome(&app, &pasted, PASSWORD).await.location().starts_with('/'));
}

#[tokio::test]
async fn who_signs_out_is_out_and_may_sign_in_again() {
    let app = TestApp::new().await;
    let link = app.store.create_one_time_link(None, Timestamp::from_clock()).await.unwrap();
    let made = welcome(&app, &link.0, PASSWORD).await;
    let browser = Browser { app: &app, cookie: format!("abide={}", made.cookie("abide").unwrap()) };
    assert_eq!(browser.post("/sign-out", &[]).await.location(), "/sign-in");
    assert_eq!(browser.get("/accounts").await.location(), "/sign-in", "the session ended on the server");

    let back = sign_in(&app, " Operator@Example.com ", PASSWORD).await;
    assert_eq!(back.location(), "/");
    let set = back.header("set-cookie");
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/"), "{set}");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer_and_soon_none() {
    let app = TestApp::new().await;
    let link = app.store.create_one_time_link(None, Timestamp::from_clock()).await.unwrap();
    welcome(&app, &link.0, PASSWORD).await;
    let wrong = sign_in(&app, "operator@example.com", "not the password").await;
    let unknown = sign_in(&app, "nobody@example.com", "not the password").await;
    assert_eq!((wrong.status, unknown.status), (StatusCode::UNPROCESSABLE_ENTITY, StatusCode::UNPROCESSABLE_ENTITY));
    for answer in [&wrong, &unknown] {
        assert!(answer.body.contains("do not belong together"));
        assert!(answer.cookie("abide").is_none());
    }
    let mut last = wrong.status;
    for _ in 0..5 {
        last = sign_in(&app, "operator@example.com", "not the password").await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    let locked = sign_in(&app, "operator@example.com", PASSWORD).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS, "even with the right one");
}

#[tokio::test]
async fn signing_in_leads_back_to_the_page_that_was_asked_for_and_nowhere_else() {
    let app = TestApp::new().await;
    let asked = app.stranger().get("/a/blue-widgets/outbox").await;
    assert_eq!(asked.location(), "/sign-in?next=/a/blue-widgets/outbox");
    let page = app.stranger().get("/sign-in?next=/a/blue-widgets/outbox").await;
    assert!(page.body.contains("value=\"/a/blue-widgets/outbox\""));
    let evil = app.stranger().get("/sign-in?next=//evil.example/a/").await;
    assert!(!evil.body.contains("evil.example"));
}

#[tokio::test]
async fn over_tls_cookies_are_bound_to_their_host() {
    let app = TestApp::with(|settings| settings.secure_cookies = true).await;
    let page = app.stranger().get("/sign-in").await;
    let set = page.header("set-cookie");
    assert!(set.starts_with("__Host-abide-visitor=") && set.ends_with("; Secure"), "{set}");
}
