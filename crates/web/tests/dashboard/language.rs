//! Pages are read in English and German: as the browser asks, or as a link on each page says from then on.

use axum::body::Body;
use axum::http::StatusCode;

use crate::app::{Answer, Browser, TestApp};

/// A campaign whose name is also the English name of a page.
const NAMED_LIKE_A_PAGE: &str = "name = \"Outbox\"\nchannel = \"email\"\ntrigger = { when = \"delivered\" }\n\n[template.en]\n\
     subject = \"Order {{ order_id }}\"\ntext = \"How was it?\"\n";

async fn asking(browser: &Browser<'_>, path: &str, languages: &str) -> Answer {
    let request = browser.request("GET", path).header("accept-language", languages).body(Body::empty()).unwrap();
    browser.app.ask(request).await
}

#[tokio::test]
async fn a_page_is_read_in_the_language_that_the_browser_asks_for() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    for (languages, code, title) in [
        ("de-AT,de;q=0.9,en;q=0.5", "de", "Abmeldungen"),
        ("fr", "en", "Opt-outs"),
        ("en-GB,de;q=0.5", "en", "Opt-outs"),
    ] {
        let page = asking(&owner, "/a/blue-widgets/opt-outs", languages).await;
        assert!(page.body.contains(&format!("<html lang=\"{code}\">")), "{languages}");
        assert!(page.body.contains(&format!("<h1>{title}</h1>")), "{languages}");
    }
}

#[tokio::test]
async fn a_link_on_each_page_keeps_the_choice_and_shows_the_page_again() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    assert!(
        owner
            .get("/a/blue-widgets/outbox")
            .await
            .body
            .contains("<a href=\"?language=de\" lang=\"de\" hreflang=\"de\">Deutsch</a>")
    );

    let chosen = owner.get("/a/blue-widgets/outbox?language=de").await;
    assert_eq!((chosen.status, chosen.location()), (StatusCode::SEE_OTHER, "/a/blue-widgets/outbox"));
    let kept = Browser {
        app: &app,
        cookie: format!("{}; abide-language={}", owner.cookie, chosen.cookie("abide-language").unwrap()),
    };
    let page = kept.get("/a/blue-widgets/outbox").await;
    assert!(page.body.contains("<h1>Postausgang</h1>"), "{}", page.body);
    assert!(asking(&kept, "/a/blue-widgets/outbox", "en").await.body.contains("<h1>Postausgang</h1>"));

    let unknown = owner.get("/a/blue-widgets/outbox?language=xx").await;
    assert_eq!(unknown.status, StatusCode::OK);
    assert!(unknown.cookie("abide-language").is_none());
}

#[tokio::test]
async fn a_choice_of_language_keeps_what_the_page_was_asked_for() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let page = owner.get("/a/blue-widgets/outbox?state=sent&store=DE&done=withdrawn").await;
    let link = "?state=sent&#38;store=DE&#38;language=de";
    assert!(page.body.contains(link), "{}", page.body);
    let chosen = owner.get("/a/blue-widgets/outbox?state=sent&store=DE&language=de").await;
    assert_eq!(chosen.location(), "/a/blue-widgets/outbox?state=sent&store=DE");
    let door = app.stranger().get("/sign-in?next=/a/blue-widgets/ledger&language=de").await;
    assert_eq!(door.location(), "/sign-in?next=/a/blue-widgets/ledger");
    let hostile = app.stranger().get("/help?%22%3E%3Cscript%3E=1&x='%3E%3Cb").await;
    assert!(!hostile.body.contains("<script>=1") && !hostile.body.contains("'><b"), "what was asked stays text");
}

#[tokio::test]
async fn a_choice_of_language_never_leads_to_another_host() {
    let app = TestApp::new().await;
    for path in ["//evil.example/?language=de", "///evil.example?language=de"] {
        let answer = app.stranger().get(path).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::NOT_FOUND, ""), "{path}");
    }
}

#[tokio::test]
async fn what_a_form_answers_and_what_is_done_are_told_in_the_readers_language() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let german = Browser { app: &app, cookie: format!("{}; abide-language=de", owner.cookie) };
    let wrong = german.post("/a/blue-widgets/opt-outs/add", &[("target", "nonsense"), ("note", "")]).await;
    assert!(wrong.body.contains("Schreiben Sie eine Bestellnummer wie"), "{}", wrong.body);
    let done = german.get("/a/blue-widgets/opt-outs?done=blocked&withdrawn=3").await;
    assert!(
        done.body.contains("Der Käufer ist gesperrt") && done.body.contains("3 wartende Nachrichten wurden"),
        "{}",
        done.body
    );
    // Read on a thread of its own, and refused there; then by the store.
    let page = german.upload("/a/blue-widgets/orders", &[], b"<!doctype html><html>").await;
    assert!(
        page.body.contains("Das ist eine Webseite, kein Bestellbericht; vielleicht wollte Seller Central"),
        "{}",
        page.body
    );
    let again = german.post("/a/blue-widgets/settings/stores", &[("store", "US")]).await;
    assert!(again.body.contains("Das Konto hat diesen Marktplatz schon."), "{}", again.body);
    let lost = german.get("/a/blue-widgets/nowhere").await;
    assert!(lost.body.contains("Es gibt keine solche Seite"), "{}", lost.body);
}

#[tokio::test]
async fn what_members_have_written_is_never_translated() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let german = Browser { app: &app, cookie: format!("{}; abide-language=de", owner.cookie) };
    let searched = german.post("/a/blue-widgets/opt-outs/add", &[("target", "Outbox"), ("note", "Orders")]).await;
    assert!(
        searched.body.contains("value=\"Outbox\"") && searched.body.contains("value=\"Orders\""),
        "{}",
        searched.body
    );

    let (text, file) = (NAMED_LIKE_A_PAGE, ("", b"".as_slice()));
    let kept = owner.upload_named("/a/blue-widgets/campaigns/new", &[("text", text), ("action", "keep")], file).await;
    let place = kept.location().split('?').next().unwrap().to_owned();
    let campaign = german.get(&place).await.body;
    assert!(campaign.contains("<title>Outbox · Blue Widgets") && campaign.contains("<h1>Outbox "), "{campaign}");
}
