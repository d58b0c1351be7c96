//! Members of an account, and one's own sign-in: owners add, change and take out; a link is shown once; a password changes
//! only for who knows the old one, and ends every other session.

use axum::http::StatusCode;
use model::Timestamp;
use model::member::{Member, Role};

use crate::app::{Browser, TestApp};
use crate::entrance::{sign_in, welcome};

const MEMBERS: &str = "/a/blue-widgets/members";

async fn member(app: &TestApp, email: &str) -> Member {
    app.store.member_by_email(email).await.unwrap().unwrap()
}

fn code(page: &str) -> String {
    let at = page.find("/welcome#").unwrap() + "/welcome#".len();
    page[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
}

#[tokio::test]
async fn an_owner_adds_a_member_whose_link_is_shown_once_and_opens_his_own_account_alone() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let added = owner.post(MEMBERS, &[("email", "Anna@Shop.example"), ("role", "agent")]).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    assert!(added.body.contains("anna@shop.example") && added.body.contains("no password yet"), "{}", added.body);
    let code = code(&added.body);
    assert!(!owner.get(MEMBERS).await.body.contains("/welcome#"), "only in that one answer");
    assert_eq!(welcome(&app, &code, "three random words").await.status, StatusCode::SEE_OTHER);
    assert_eq!(sign_in(&app, "anna@shop.example", "three random words").await.status, StatusCode::SEE_OTHER);
    let roles = member(&app, "anna@shop.example").await.roles;
    assert_eq!(roles, [(app.account.id, Role::Agent)]);

    let again = owner.post(MEMBERS, &[("email", "anna@shop.example"), ("role", "agent")]).await;
    assert!(again.status == StatusCode::CONFLICT && again.body.contains("already"), "{}", again.body);
    let wrong = owner.post(MEMBERS, &[("email", "no address"), ("role", "agent")]).await;
    assert!(wrong.body.contains("value=\"no address\""), "what was typed stays: {}", wrong.body);
    assert!(owner.post(MEMBERS, &[("email", "x@y.example")]).await.body.contains("Choose what the new member may do"));
    // Who signs in elsewhere already is given no link to take his password over.
    let elsewhere = app.member("green-gadgets", Role::Viewer).await;
    let known = owner.post(MEMBERS, &[("email", "viewer@green-gadgets.example"), ("role", "viewer")]).await;
    assert!(known.body.contains("signs in here already") && !known.body.contains("/welcome#"), "{}", known.body);
    assert_eq!(elsewhere.get("/a/blue-widgets").await.status, StatusCode::OK);
    let id = member(&app, "viewer@green-gadgets.example").await.id;
    let link = owner.post(&format!("{MEMBERS}/{id}/link"), &[]).await;
    assert!(link.status == StatusCode::UNPROCESSABLE_ENTITY && !link.body.contains("/welcome#"), "{}", link.body);
}

#[tokio::test]
async fn roles_change_members_go_and_the_last_owner_stays() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let viewer = app.member("blue-widgets", Role::Viewer).await;
    let theirs = member(&app, "viewer@blue-widgets.example").await.id;
    assert_eq!(viewer.get(MEMBERS).await.status, StatusCode::FORBIDDEN);
    assert!(!viewer.get("/a/blue-widgets").await.body.contains(MEMBERS), "no tab leads there");
    let changed = owner.post(&format!("{MEMBERS}/{theirs}/role"), &[("role", "manager")]).await;
    assert_eq!(changed.location(), format!("{MEMBERS}?done=role_changed"));
    assert_eq!(member(&app, "viewer@blue-widgets.example").await.roles[0].1, Role::Manager);
    let mine = member(&app, "owner@blue-widgets.example").await.id;
    for (action, fields) in [("role", vec![("role", "agent")]), ("remove", vec![])] {
        let last = owner.post(&format!("{MEMBERS}/{mine}/{action}"), &fields).await;
        assert_eq!(last.status, StatusCode::CONFLICT, "{action}: {}", last.body);
    }
    let removed = owner.post(&format!("{MEMBERS}/{theirs}/remove"), &[]).await;
    assert_eq!(removed.location(), format!("{MEMBERS}?done=member_removed"));
    assert!(viewer.get("/a/blue-widgets").await.location().starts_with("/sign-in"), "he is forgotten altogether");
    // A member of another account is none here.
    app.member("green-gadgets", Role::Viewer).await;
    let other = member(&app, "viewer@green-gadgets.example").await.id;
    for action in ["role", "remove", "link"] {
        let foreign = owner.post(&format!("{MEMBERS}/{other}/{action}"), &[("role", "owner")]).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{action}");
    }
}

async fn with_password<'a>(app: &'a TestApp, password: &str) -> Browser<'a> {
    let owner = app.owner().await;
    let added = owner.post(MEMBERS, &[("email", "anna@shop.example"), ("role", "agent")]).await;
    let answer = welcome(app, &code(&added.body), password).await;
    Browser { app, cookie: format!("abide={}", answer.cookie("abide").unwrap()) }
}

#[tokio::test]
async fn a_password_changes_for_who_knows_the_old_one_and_every_other_session_ends() {
    let app = TestApp::new().await;
    let anna = with_password(&app, "three random words").await;
    let elsewhere = Browser {
        app: &app,
        cookie: format!(
            "abide={}",
            sign_in(&app, "anna@shop.example", "three random words").await.cookie("abide").unwrap()
        ),
    };
    let page = anna.get("/me").await.body;
    assert!(page.contains("anna@shop.example") && page.matches("<li>").count() == 2, "{page}");
    let wrong =
        anna.post("/me/password", &[("current", "not the old one"), ("password", "four other random words")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.body.contains("not your password now"));
    let short = anna.post("/me/password", &[("current", "three random words"), ("password", "short")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(elsewhere.get("/me").await.status, StatusCode::OK);
    let changed =
        anna.post("/me/password", &[("current", "three random words"), ("password", "four other random words")]).await;
    assert_eq!(changed.location(), "/me?done=password_changed", "{}", changed.body);
    let renewed = Browser { app: &app, cookie: format!("abide={}", changed.cookie("abide").unwrap()) };
    assert_eq!(renewed.get("/me").await.status, StatusCode::OK);
    for ended in [&anna, &elsewhere] {
        assert!(ended.get("/me").await.location().starts_with("/sign-in"));
    }
    assert_eq!(sign_in(&app, "anna@shop.example", "three random words").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sign_in(&app, "anna@shop.example", "four other random words").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn guessing_the_old_password_in_an_open_session_is_stopped_soon() {
    let app = TestApp::new().await;
    let anna = with_password(&app, "three random words").await;
    let mut told = String::new();
    for _ in 0..8 {
        told = anna.post("/me/password", &[("current", "a guess"), ("password", "four other random words")]).await.body;
    }
    assert!(told.contains("Too many attempts"), "{told}");
    let right =
        anna.post("/me/password", &[("current", "three random words"), ("password", "four other random words")]).await;
    assert!(right.body.contains("Too many attempts"), "not even the right one then");
}

#[tokio::test]
async fn a_session_elsewhere_is_signed_out_one_by_one_or_all_at_once() {
    let app = TestApp::new().await;
    let anna = with_password(&app, "three random words").await;
    let id = member(&app, "anna@shop.example").await.id;
    let mut others = Vec::new();
    for _ in 0..3 {
        let session = app.store.create_session(id, Timestamp::from_clock()).await.unwrap();
        others.push(Browser { app: &app, cookie: format!("abide={session}") });
    }
    let page = others[0].get("/me").await.body;
    assert_eq!(page.matches("name=\"session\"").count(), 3, "his own has no button");
    let mark =
        |page: &str| page.split("name=\"session\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    anna.post("/me/sessions", &[("session", &mark(&anna.get("/me").await.body))]).await;
    let mut open = 0;
    for other in &others {
        open += u32::from(other.get("/me").await.status == StatusCode::OK);
    }
    assert_eq!(open, 2);
    // A mark of somebody else's ends nothing.
    let owner = app.member("green-gadgets", Role::Owner).await;
    owner.post("/me/sessions", &[("session", &mark(&anna.get("/me").await.body))]).await;
    assert_eq!(anna.get("/me").await.body.matches("name=\"session\"").count(), 2);
    assert_eq!(anna.post("/me/sessions", &[]).await.location(), "/me?done=sessions_ended");
    for other in &others {
        assert!(other.get("/me").await.location().starts_with("/sign-in"));
    }
    assert_eq!(anna.get("/me").await.status, StatusCode::OK);
}
