//! Deleting an account on its page: by its owner, with its name and his password, and never by mistake.

use axum::http::StatusCode;
use model::Timestamp;
use model::member::{Actor, Role};

use crate::app::{Browser, TestApp};
use crate::entrance::{sign_in, welcome};

const DELETE: &str = "/a/blue-widgets/settings/delete";
const PASSWORD: &str = "three random words";

async fn owner(app: &TestApp) -> Browser<'_> {
    let now = Timestamp::from_clock();
    let added =
        app.store.add_member(app.account.id, "ann@blue.example", Role::Owner, Actor::Operator, now).await.unwrap();
    let joined = welcome(app, &added.link.unwrap().0, PASSWORD).await;
    Browser { app, cookie: format!("abide={}", joined.cookie("abide").unwrap()) }
}

#[tokio::test]
async fn an_owner_deletes_his_account_and_is_out() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    assert!(owner.get("/a/blue-widgets/settings").await.body.contains(DELETE));
    let page = owner.get(DELETE).await.body;
    assert!(page.contains("/a/blue-widgets/opt-outs/export"), "the list is offered first: {page}");
    let gone = owner.post(DELETE, &[("handle", "blue-widgets"), ("current", PASSWORD)]).await;
    assert_eq!(gone.location(), "/sign-in?done=account_deleted");
    assert_eq!(gone.cookie("abide").as_deref(), Some(""), "his cookie goes with him");
    assert_eq!(owner.get("/a/blue-widgets").await.status, StatusCode::SEE_OTHER, "to the door");
    assert_ne!(sign_in(&app, "ann@blue.example", PASSWORD).await.status, StatusCode::SEE_OTHER);
    app.store.tombstone(app.account.id).await.unwrap();
    let operator = app.operator().await;
    let list = operator.get("/accounts").await.body;
    assert!(list.contains("Deleted by its owner on") && list.contains("The last of it is being erased."), "{list}");
    assert!(!list.contains("blue-widgets"), "the tombstone names nobody");
    assert_eq!(operator.get("/a/blue-widgets").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_member_of_another_account_keeps_that_one() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    let other = app.store.account(&"green-gadgets".parse().unwrap()).await.unwrap();
    let now = Timestamp::from_clock();
    app.store.add_member(other.id, "ann@blue.example", Role::Viewer, Actor::Operator, now).await.unwrap();
    let gone = owner.post(DELETE, &[("handle", "blue-widgets"), ("current", PASSWORD)]).await;
    assert_eq!(gone.location(), "/accounts?done=account_deleted");
    assert!(owner.get(gone.location()).await.body.contains("The account is deleted."));
    assert_eq!(owner.get("/a/green-gadgets").await.status, StatusCode::OK);
    assert_ne!(owner.get("/a/blue-widgets").await.status, StatusCode::OK);
}

#[tokio::test]
async fn neither_a_slip_nor_somebody_at_an_open_screen_deletes_anything() {
    let app = TestApp::new().await;
    let owner = owner(&app).await;
    for (fields, sentence) in [
        ([("handle", "green-gadgets"), ("current", PASSWORD)], "not the short name of this account"),
        ([("handle", ""), ("current", PASSWORD)], "not the short name of this account"),
        ([("handle", "blue-widgets"), ("current", "a guess")], "not your password now"),
        ([("handle", "blue-widgets"), ("current", "")], "not your password now"),
    ] {
        let answer = owner.post(DELETE, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        assert!(answer.body.contains(sentence), "{fields:?}: {}", answer.body);
    }
    for role in [Role::Manager, Role::Agent, Role::Viewer] {
        let member = app.member("blue-widgets", role).await;
        assert_eq!(member.get(DELETE).await.status, StatusCode::FORBIDDEN, "{role}");
        assert!(!member.get("/a/blue-widgets/settings").await.body.contains(DELETE), "{role}");
    }
    assert!(app.store.tombstone(app.account.id).await.is_err());
    // Guesses count as attempts to sign in.
    for _ in 0..20 {
        owner.post(DELETE, &[("handle", "blue-widgets"), ("current", "a guess")]).await;
    }
    let locked = owner.post(DELETE, &[("handle", "blue-widgets"), ("current", PASSWORD)]).await;
    assert!(locked.body.contains("Too many attempts"), "{}", locked.body);
    assert!(app.store.tombstone(app.account.id).await.is_err());
}

#[tokio::test]
async fn the_operators_deletion_is_not_told_as_the_owners() {
    let app = TestApp::new().await;
    let link = app.store.create_one_time_link(None, Timestamp::from_clock()).await.unwrap();
    let joined = welcome(&app, &link.0, PASSWORD).await;
    let operator = Browser { app: &app, cookie: format!("abide={}", joined.cookie("abide").unwrap()) };
    let gone = operator.post(DELETE, &[("handle", "blue-widgets"), ("current", PASSWORD)]).await;
    assert_eq!(gone.location(), "/accounts?done=account_deleted");
    let list = operator.get("/accounts").await.body;
    assert!(list.contains("Deleted by the operator on") && !list.contains("Deleted by its owner"), "{list}");
}
