//! The other pages: what they show, and what they say while there is nothing to show.

use axum::http::StatusCode;
use model::inbound::{Door, IncomingMail};
use model::member::Actor;
use model::{Clock, Provenance, Timestamp};
use policy::words::Linter;
use store::NewCampaign;

use crate::app::TestApp;

/// A campaign as it was added before its words were held against the rules.
const OLD: &str = "name = \"Ask\"\nchannel = \"email\"\ntrigger = { when = \"delivered\" }\n[template.en]\n\
    subject = \"Order {{ order_id }}\"\ntext = \"Leave a review and get a gift card!\"\n";

#[tokio::test]
async fn a_campaign_whose_words_break_rules_says_so_with_place_sentence_and_proposal() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let text = Linter::built_in().unwrap().judge(OLD.into(), &[]).approved.unwrap();
    let new = NewCampaign {
        name: "Ask".into(),
        text,
        withholding: Vec::new(),
        orders_after: None,
        priority: 50,
        attachments: Vec::new(),
    };
    app.store.add_campaign(app.account.id, new, Actor::Operator, Clock::real(Timestamp::from_clock())).await.unwrap();
    let page = owner.get("/a/blue-widgets/campaigns").await.body;
    assert!(page.contains("held back"), "{page}");
    for words in ["Line 6, column ", "template.en.text", "<code>incentive</code>", "in exchange", "Offer nothing."] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[tokio::test]
async fn empty_pages_say_what_to_do_next() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    for (path, advice) in [
        ("", "No mail has come in yet"),
        ("/opt-outs", "import a list"),
        ("/outbox", "Messages are planned from"),
        ("/inbound", "Forwarding one by hand is a good first test"),
        ("/campaigns", "abide campaign add --account blue-widgets"),
    ] {
        let page = owner.get(&format!("/a/blue-widgets{path}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains(advice), "{path}");
    }
}

#[tokio::test]
async fn help_is_there_for_everybody_and_tells_every_reason() {
    let app = TestApp::new().await;
    let stranger = app.stranger().get("/help").await;
    assert_eq!(stranger.status, StatusCode::OK);
    for words in
        ["What does an opt-out mean?", "gives nobody a list", "Additional Information Required", "What is new?"]
    {
        assert!(stranger.body.contains(words), "{words}");
    }
    for reason in model::Reason::ALL {
        assert!(stranger.body.contains(&format!("<code>{reason}</code>")), "{reason}");
    }
    assert!(app.owner().await.get("/a/blue-widgets").await.body.contains("href=\"/help\""));
    assert!(app.stranger().get("/sign-in").await.body.contains("href=\"/help\""));
}

#[tokio::test]
async fn the_overview_shows_whole_addresses_and_issues_new_ones() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let before = app.store.addresses(app.account.id).await.unwrap();
    let page = owner.get("/a/blue-widgets").await.body;
    for address in &before {
        assert!(page.contains(&format!("data-copy=\"{}@in.example.com\"", address.local_part)));
    }
    let path = format!("/a/blue-widgets/addresses/{}/reissue", before[0].id);
    assert!(owner.post(&path, &[]).await.location().contains("done=reissued"));
    assert_eq!(app.store.addresses(app.account.id).await.unwrap().len(), before.len() + 1);
    assert!(owner.get("/a/blue-widgets").await.body.contains("taken until"));
    assert_eq!(owner.post(&path, &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_restriction_stands_on_the_overview_until_it_is_reviewed() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let raw = b"From: \"Amazon.com\" <donotreply@amazon.com>\r\nSubject: Your account\r\n\r\n\
        This message was not delivered because your account was restricted from sending proactive messages. For more \
        information please check the email inbox associated with your account for a detailed error notification.\r\n"
        .to_vec();
    let mail = IncomingMail {
        account: app.account.id,
        address: None,
        source: None,
        door: Door::File,
        received_at: Timestamp::from_clock(),
        written_at: None,
        digest: [8; 32],
        read: Some(::notice::read(&raw)),
        raw,
        provenance: Provenance::Vouched,
        may_be_proven: false,
    };
    app.store.record_mail(mail).await.unwrap();
    assert!(owner.get("/a/blue-widgets").await.body.contains("Amazon restricts this account"));
    assert!(owner.post("/a/blue-widgets/restriction/lift", &[]).await.location().contains("done=lifted"));
    assert!(!owner.get("/a/blue-widgets").await.body.contains("Amazon restricts this account"));
}

#[tokio::test]
async fn a_hostile_mail_is_shown_as_plain_text_and_nothing_in_it_is_loaded() {
    let app = TestApp::new().await;
    let raw = b"From: Amazon <x@amazon.com>\r\nSubject: <script>alert(1)</script>\r\nContent-Type: text/html\r\n\r\n\
        <img src=https://evil.example/a.png><script>alert(2)</script></pre>"
        .to_vec();
    let mail = IncomingMail {
        account: app.account.id,
        address: None,
        source: None,
        door: Door::File,
        received_at: Timestamp::from_clock(),
        written_at: None,
        digest: [1; 32],
        read: Some(::notice::read(&raw)),
        raw,
        provenance: Provenance::Unproven,
        may_be_proven: false,
    };
    let id = app.store.record_mail(mail).await.unwrap().id;
    let owner = app.owner().await;
    assert!(owner.get("/a/blue-widgets/inbound").await.body.contains(&id.to_string()));
    let page = owner.get(&format!("/a/blue-widgets/inbound/{id}")).await;
    assert!(page.body.contains("&#60;img src=https://evil.example/a.png&#62;"), "{}", page.body);
    assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=https"));
}

#[tokio::test]
async fn the_ledger_tells_who_did_what_and_shows_its_head() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    owner.post("/a/blue-widgets/opt-outs/add", &[("target", "111-1234567-1234567")]).await;
    let page = owner.get("/a/blue-widgets/ledger").await.body;
    assert!(page.contains("Suppression added") && page.contains("111-1234567-1234567"));
    let head = app.store.head_of(&app.account.handle).await.unwrap();
    assert!(page.contains(&head.to_string()));
}

#[tokio::test]
async fn templates_never_switch_escaping_off() {
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/templates")).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("|safe") && !text.contains("| safe") && !text.contains("escape"), "{}", path.display());
        assert!(
            !text.contains("http://") && !text.contains("https://") || text.contains("xmlns"),
            "{}",
            path.display()
        );
    }
}
