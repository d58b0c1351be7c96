//! The review queue on the dashboard: the mail shown as text that can do nothing, one decision, and the way back.

use axum::http::StatusCode;
use model::inbound::{Door, IncomingMail};
use model::member::Role;
use model::{Provenance, Timestamp};

use crate::app::TestApp;

const QUEUE: &str = "/a/blue-widgets/review";
const ORDER: &str = "111-7654321-1234567";

/// A mail of Amazon's whose words are not known.
async fn unknown(app: &TestApp, message_id: &str, order: &str) {
    let raw = format!(
        "From: \"Amazon.com\" <donotreply@amazon.com>\r\nSubject: Something new about order {order}\r\n\
         Message-ID: <{message_id}@amazon.com>\r\nContent-Type: text/html\r\n\r\n<p>Words that &lt;b&gt;nobody&lt;/b&gt; knows.</p>\
         <script>alert(1)</script><a href=\"https://evil.example/\">here</a><p>\u{202e}turned</p>\r\n"
    )
    .into_bytes();
    let mail = IncomingMail {
        account: app.account.id,
        address: None,
        source: None,
        door: Door::Smtp,
        received_at: Timestamp::from_clock(),
        written_at: None,
        digest: [u8::try_from(message_id.len()).unwrap(); 32],
        read: Some(::notice::read(&raw)),
        raw,
        provenance: Provenance::Unproven,
        may_be_proven: false,
    };
    app.store.record_mail(mail).await.unwrap();
}

/// The page of the newest notice that waits.
async fn first(browser: &crate::app::Browser<'_>) -> String {
    let body = browser.get(QUEUE).await.body;
    let at = body.find("/review/0").unwrap();
    format!("/a/blue-widgets{}", &body[at..at + "/review/".len() + 36])
}

#[tokio::test]
async fn a_decision_suppresses_teaches_and_can_be_undone() {
    let app = TestApp::new().await;
    unknown(&app, "a", ORDER).await;
    let owner = app.owner().await;
    assert!(owner.get("/a/blue-widgets").await.body.contains("Look and decide"));
    let item = first(&owner).await;
    let page = owner.get(&item).await.body;
    assert!(page.contains("no rule knows what it is") && page.contains(ORDER));

    let fields = [("ruling", "opt_out"), ("orders", ORDER), ("teach", "yes")];
    assert!(owner.post(&item, &fields).await.location().contains("done=decided"));
    assert!(owner.get("/a/blue-widgets/opt-outs").await.body.contains(ORDER));
    unknown(&app, "bb", "111-7654321-0000002").await;
    assert!(owner.get("/a/blue-widgets/opt-outs").await.body.contains("111-7654321-0000002"), "the form is known now");
    assert!(owner.get(QUEUE).await.body.contains("Nothing waits for you"));

    assert!(owner.post(&format!("{item}/undo"), &[]).await.location().contains("done=undone"));
    assert!(owner.get(&item).await.body.contains("What is it?"));
    assert!(owner.get("/a/blue-widgets/opt-outs").await.body.contains("badge-wait\">held"));
    assert_eq!(owner.post(&format!("{item}/undo"), &[]).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn the_mail_is_shown_as_text_that_does_nothing() {
    let app = TestApp::new().await;
    unknown(&app, "a", ORDER).await;
    let owner = app.owner().await;
    let page = owner.get(&first(&owner).await).await.body;
    assert!(page.contains("Words that &#60;b&#62;nobody&#60;/b&#62; knows."), "{page}");
    for bad in ["alert(1)", "evil.example", "\u{202e}"] {
        assert!(!page.contains(bad), "{bad}");
    }
}

#[tokio::test]
async fn what_is_typed_wrongly_is_asked_for_again_and_changes_nothing() {
    let app = TestApp::new().await;
    unknown(&app, "a", ORDER).await;
    let owner = app.owner().await;
    let item = first(&owner).await;
    for fields in [&[("ruling", "perhaps")][..], &[("orders", ORDER)], &[("ruling", "opt_out"), ("orders", "12-34")]] {
        let answer = owner.post(&item, fields).await;
        assert!(answer.status.is_client_error(), "{fields:?}: {}", answer.status);
    }
    assert!(owner.get(&item).await.body.contains("What is it?"));
}

#[tokio::test]
async fn an_agent_is_not_shown_what_he_may_not_do_and_another_account_finds_nothing() {
    let app = TestApp::new().await;
    unknown(&app, "a", ORDER).await;
    let (owner, agent) = (app.owner().await, app.member("blue-widgets", Role::Agent).await);
    let item = first(&owner).await;
    assert!(!agent.get(&item).await.body.contains("name=\"teach\""));
    let fields = [("ruling", "opt_out"), ("teach", "yes")];
    assert_eq!(agent.post(&item, &fields).await.status, StatusCode::FORBIDDEN);
    let foreign = app.member("green-gadgets", Role::Owner).await;
    let theirs = item.replace("blue-widgets", "green-gadgets");
    assert_eq!(foreign.get(&theirs).await.status, StatusCode::NOT_FOUND);
    assert_eq!(foreign.post(&theirs, &[("ruling", "opt_out")]).await.status, StatusCode::NOT_FOUND);
    assert!(owner.get(&item).await.body.contains("What is it?"), "it still waits");
}
