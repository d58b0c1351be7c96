//! What the operator does on the list of accounts: makes one, and reads what people write to him from the help page.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use model::Marketplace;

use crate::app::{Browser, TestApp};

#[tokio::test]
async fn the_operator_makes_an_account_and_is_led_to_its_set_up() {
    let app = TestApp::new().await;
    let operator = app.operator().await;
    let fields = [("name", "Red <Kettles>"), ("store", "JP"), ("store", "US"), ("store", "JP")];
    let answer = operator.post("/accounts", &fields).await;
    assert_eq!(answer.location(), "/a/red-kettles/setup?done=account_added");
    let account = app.store.account(&"red-kettles".parse().unwrap()).await.unwrap();
    let stores: Vec<_> = account.sellers.iter().map(|seller| seller.store).collect();
    assert_eq!(stores, [Marketplace::Jp, Marketplace::Us]);
    assert!(operator.get(answer.location()).await.body.contains("The account is made"));
    let again = operator.post("/accounts", &fields).await;
    assert_eq!(again.location(), "/a/red-kettles-2/setup?done=account_added", "sellers may bear one name");
    for (name, store, sentence) in
        [("", "US", "Give the account a name"), ("Lamps", "", "Choose at least one"), ("日本", "JP", "no short name")]
    {
        let chosen = [("name", name), ("store", store)];
        let fields: Vec<_> = chosen.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let refused = operator.post("/accounts", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(refused.body.contains(sentence) && refused.body.contains(&format!("value=\"{name}\"")), "{name}");
    }
    let owner = app.owner().await;
    assert_eq!(owner.post("/accounts", &fields).await.status, StatusCode::FORBIDDEN);
    assert!(!owner.get("/accounts").await.body.contains("Add an account"));
}

const CONTACT: &str = "/help/contact";

fn note<'a>(text: &'a str, website: &'a str) -> [(&'a str, &'a str); 3] {
    [("email", "anna@shop.example"), ("text", text), ("website", website)]
}

#[tokio::test]
async fn anybody_writes_to_the_operator_who_alone_reads_it_and_erases_it() {
    let app = TestApp::new().await;
    let stranger = app.stranger();
    let page = stranger.get("/help").await;
    let visitor = Browser { app: &app, cookie: format!("abide-visitor={}", page.cookie("abide-visitor").unwrap()) };
    assert_eq!(visitor.post(CONTACT, &note("Where is <my> list?", "")).await.location(), "/help?done=note_left");
    assert_eq!(
        visitor.post(CONTACT, &note("Buy pills", "http://pills.example")).await.location(),
        "/help?done=note_left"
    );
    let operator = app.operator().await;
    let accounts = operator.get("/accounts").await.body;
    assert!(accounts.contains("Where is &#60;my&#62; list?") && accounts.contains("anna@shop.example"));
    assert!(!accounts.contains("pills"), "what filled in the hidden field is a program");
    let id = app.store.contact_notes().await.unwrap()[0].id;
    let owner = app.owner().await;
    assert!(!owner.get("/accounts").await.body.contains("anna@shop.example"));
    assert_eq!(owner.post(&format!("/notes/{id}/done"), &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(operator.post(&format!("/notes/{id}/done"), &[]).await.location(), "/accounts?done=note_done");
    assert!(app.store.contact_notes().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_note_without_an_address_or_a_text_is_asked_for_again_with_what_was_typed() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let long = "x".repeat(2001);
    for (email, text, sentence) in [
        ("nobody", "Hello", "Give your e-mail address"),
        ("a b@c.example", "Hello", "Give your e-mail address"),
        ("a@c.example", "", "Write what it is about"),
        ("a@c.example", long.as_str(), "at most 2,000 letters"),
    ] {
        let answer = owner.post(CONTACT, &[("email", email), ("text", text)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{email} {}", text.len());
        assert!(answer.body.contains(sentence) && answer.body.contains(&format!("value=\"{email}\"")));
    }
    assert!(app.store.contact_notes().await.unwrap().is_empty());
}

#[tokio::test]
async fn one_machine_leaves_few_notes_in_a_quarter_of_an_hour() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let token = owner.token().await;
    let body = format!("token={token}&email=a%40b.example&text=Hello");
    let mut answers = Vec::new();
    for machine in [1, 1, 1, 1, 1, 1, 2] {
        let request = owner.request("POST", CONTACT).header("content-type", "application/x-www-form-urlencoded");
        let mut request = request.body(Body::from(body.clone())).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, machine], 40_000))));
        answers.push(app.ask(request).await.status);
    }
    let (taken, refused) = (StatusCode::SEE_OTHER, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answers, [taken, taken, taken, taken, taken, refused, taken]);
}

#[tokio::test]
async fn the_help_stands_where_its_questions_arise() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let help = owner.get("/help").await.body;
    for (page, question) in [
        ("opt-outs", "opt-out"),
        ("opt-outs/import", "list"),
        ("outbox", "why"),
        ("inbound", "forward"),
        ("orders/111-1234567-1234567/critical", "critical"),
    ] {
        let link = format!("href=\"/help#{question}\"");
        assert!(owner.get(&format!("/a/blue-widgets/{page}")).await.body.contains(&link), "{page}");
        assert!(help.contains(&format!("id=\"{question}\"")), "{question}");
    }
}
