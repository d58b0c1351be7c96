//! The settings page and what stands behind it: who changes what, what is kept and never shown, and which servers a member
//! may name.

use axum::http::StatusCode;
use model::mail_folder::FolderProof;
use model::member::Role;
use model::sender::SenderTried;
use model::{Delivery, Marketplace, Timestamp};

use crate::app::{Browser, TestApp};

const SENDER: &str = "/a/blue-widgets/settings/senders/DE";
const FOLDER: &str = "/a/blue-widgets/settings/folders/all";
const SETTINGS: &str = "/a/blue-widgets/settings";

/// A sender's form, with some fields in place of the usual ones.
fn sender<'a>(other: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    with(
        &[
            ("from", "orders@shop.example"),
            ("name", "The Shop"),
            ("host", "smtp.shop.example"),
            ("security", "starttls"),
            ("port", ""),
            ("user", "kettle"),
            ("password", "tin-whistle"),
            ("per_minute", "30"),
            ("connections", "2"),
        ],
        other,
    )
}

fn folder<'a>(other: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    with(
        &[
            ("provider", "gmail"),
            ("user", "you@shop.example"),
            ("password", "tin-whistle"),
            ("folder", "inbox"),
            ("start", "now"),
            ("security", "tls"),
        ],
        other,
    )
}

fn with<'a>(usual: &[(&'a str, &'a str)], other: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = usual.iter().filter(|(name, _)| !other.iter().any(|(changed, _)| changed == name));
    kept.chain(other).copied().collect()
}

async fn refused(browser: &Browser<'_>, path: &str, fields: &[(&str, &str)], sentence: &str) {
    let answer = browser.post(path, fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
    assert!(answer.body.contains(sentence), "{fields:?}: {sentence}");
    assert!(!answer.body.contains("tin-whistle"), "a password comes back to nobody");
}

#[tokio::test]
async fn a_sender_is_kept_and_tried_out_and_its_password_is_never_shown() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let answer = owner.post(SENDER, &sender(&[])).await;
    assert_eq!(answer.location(), format!("{SENDER}?done=sender_set"));
    let kept = app.store.sender(app.account.id, Marketplace::De).await.unwrap().unwrap();
    assert_eq!(kept.server.to_string(), "smtp.shop.example:587 (starttls)");
    assert_eq!((kept.limits.per_minute, kept.limits.connections), (30, 2));
    assert_eq!(kept.sign_in.as_ref().unwrap().password.reveal(), "tin-whistle");
    let waiting = owner.get(SENDER).await.body;
    assert!(waiting.contains("being tried") && waiting.contains("hx-trigger") && !waiting.contains("tin-whistle"));
    let claimed = app.store.claim_trial().await.unwrap().unwrap();
    let tried = SenderTried { at: Timestamp::from_clock(), works: false, words: "it said: 535 <b>no</b>".into() };
    app.store.finish_trial(&claimed, tried).await.unwrap();
    let page = owner.get(SENDER).await.body;
    assert!(page.contains("does not work") && page.contains("535 &#60;b&#62;no"), "a server's words are text");
    assert!(!page.contains("hx-trigger"), "nothing is waited for any more");
    assert!(owner.get(SETTINGS).await.body.contains("does not work"));
    assert_eq!(owner.post(&format!("{SENDER}/try"), &[]).await.location(), format!("{SENDER}?done=sender_trial_soon"));
    owner.post(&format!("{SENDER}/remove"), &[]).await.location();
    assert!(app.store.sender(app.account.id, Marketplace::De).await.unwrap().is_none());
}

#[tokio::test]
async fn a_kept_password_goes_to_no_other_server_and_no_other_user() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    owner.post(SENDER, &sender(&[])).await.location();
    owner.post(SENDER, &sender(&[("password", ""), ("per_minute", "10")])).await.location();
    let kept = app.store.sender(app.account.id, Marketplace::De).await.unwrap().unwrap();
    assert_eq!((kept.limits.per_minute, kept.sign_in.unwrap().password.reveal()), (10, "tin-whistle"));
    for other in [("host", "smtp.evil.example"), ("user", "other"), ("port", "25"), ("security", "tls")] {
        refused(&owner, SENDER, &sender(&[("password", ""), other]), "Type the password, too").await;
    }
    owner.post(FOLDER, &folder(&[])).await.location();
    owner.post(FOLDER, &folder(&[("password", ""), ("folder", "Amazon")])).await.location();
    for other in [("provider", "yahoo"), ("user", "other")] {
        refused(&owner, FOLDER, &folder(&[("password", ""), other]), "Type the password, too").await;
    }
    let (kept, _) = app.store.mail_folder(app.account.id, None).await.unwrap().unwrap();
    assert!(matches!(kept.proof, FolderProof::Password(password) if password.reveal() == "tin-whistle"));
    assert_eq!((kept.server.host(), kept.folder.as_str()), ("imap.gmail.com", "Amazon"));
}

#[tokio::test]
async fn a_member_names_servers_of_the_public_internet_alone_and_the_operator_any() {
    let app = TestApp::new().await;
    let (owner, operator) = (app.owner().await, app.operator().await);
    for host in ["127.0.0.1", "localhost", "10.0.0.9", "[::1]", "169.254.169.254"] {
        refused(&owner, SENDER, &sender(&[("host", host)]), "public internet").await;
        refused(&owner, FOLDER, &folder(&[("provider", "other"), ("host", host)]), "public internet").await;
    }
    refused(&owner, SENDER, &sender(&[("host", "localhost"), ("security", "none")]), "public internet").await;
    owner.post(SENDER, &sender(&[])).await.location();
    let kept = app.store.sender(app.account.id, Marketplace::De).await.unwrap().unwrap();
    assert!(kept.server.is_only_public(), "a name is looked up later, and may lead anywhere");
    owner.post(FOLDER, &folder(&[])).await.location();
    assert!(app.store.mail_folder(app.account.id, None).await.unwrap().unwrap().0.server.is_only_public());
    operator.post(SENDER, &sender(&[("host", "127.0.0.1"), ("security", "none")])).await.location();
    let kept = app.store.sender(app.account.id, Marketplace::De).await.unwrap().unwrap();
    assert_eq!((kept.server.is_only_public(), kept.server.port()), (false, 25));
    let home = TestApp::with(|settings| settings.private_servers = true).await;
    home.owner().await.post(SENDER, &sender(&[("host", "10.0.0.9")])).await.location();
}

#[tokio::test]
async fn mistakes_of_a_form_are_named_and_what_was_typed_stays() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let long = "x".repeat(2000);
    for (field, value, sentence) in [
        ("from", "nobody", "not a plain mail address"),
        ("host", "no host", "must be a host name"),
        ("port", "70000", "from 1 to 65535"),
        ("per_minute", "0", "from 1 to 6000"),
        ("connections", "11", "from 1 to 10"),
        ("name", long.as_str(), "at most 100 letters"),
        ("user", long.as_str(), "at most 320 letters"),
        ("password", long.as_str(), "at most 1024 letters"),
    ] {
        refused(&owner, SENDER, &sender(&[(field, value)]), sentence).await;
    }
    let typed = owner.post(SENDER, &sender(&[("per_minute", "0"), ("name", "\"><i>Kettle")])).await.body;
    assert!(typed.contains("&#34;&#62;&#60;i&#62;Kettle") && !typed.contains("<i>Kettle"));
    assert!(typed.contains("smtp.shop.example"));
    for (field, value, sentence) in [
        ("provider", "", "Choose where your mailbox is"),
        ("folder", "a%", "folder&#39;s name"),
        ("move_to", "INBOX", "can&#39;t be moved"),
        ("user", "", "at most 320 letters"),
    ] {
        refused(&owner, FOLDER, &folder(&[(field, value)]), sentence).await;
    }
    assert!(app.store.sender(app.account.id, Marketplace::De).await.unwrap().is_none());
    assert!(app.store.mail_folder(app.account.id, None).await.unwrap().is_none());
    assert_eq!(owner.get("/a/blue-widgets/settings/senders/JP").await.status, StatusCode::NOT_FOUND);
    assert_eq!(owner.get("/a/blue-widgets/settings/folders/JP").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn stores_addresses_and_forwarders_are_added_and_taken_away() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    owner.post(&format!("{SETTINGS}/stores"), &[("store", "JP")]).await.location();
    let account = app.store.account(&app.account.handle).await.unwrap();
    let added = account.sellers.iter().find(|seller| seller.store == Marketplace::Jp).unwrap();
    assert_eq!(added.delivery, Delivery::Capture);
    let again = owner.post(&format!("{SETTINGS}/stores"), &[("store", "JP")]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let before = app.store.addresses(app.account.id).await.unwrap().len();
    let one_more = [("store", "JP"), ("kind", "opt_out")];
    owner.post(&format!("{SETTINGS}/addresses"), &one_more).await.location();
    let addresses = app.store.addresses(app.account.id).await.unwrap();
    assert_eq!(addresses.len(), before + 1);
    let mixed = owner.post(&format!("{SETTINGS}/addresses"), &[("store", "all"), ("kind", "refund")]).await;
    assert_eq!(mixed.status, StatusCode::UNPROCESSABLE_ENTITY);
    owner.post(&format!("{SETTINGS}/addresses/{}/revoke", addresses[0].id), &[]).await.location();
    assert_eq!(app.store.addresses(app.account.id).await.unwrap().len(), before);
    owner.post(&format!("{SETTINGS}/forwarders"), &[("address", "Me@shop.example")]).await.location();
    assert!(owner.get(SETTINGS).await.body.contains("me@shop.example"));
    let wrong = owner.post(&format!("{SETTINGS}/forwarders"), &[("address", "me")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    owner.post(&format!("{SETTINGS}/forwarders/remove"), &[("address", "me@shop.example")]).await.location();
    assert!(app.store.forwarders(app.account.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn choices_are_kept_with_the_member_in_the_ledger_and_the_operators_switch_is_his_alone() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let policy = format!("{SETTINGS}/policy");
    let chosen = [("trust_addresses", "no"), ("solicit_without_alias", "no"), ("delivery_days", "5")];
    owner.post(&policy, &chosen).await.location();
    let settings = app.store.account(&app.account.handle).await.unwrap().settings;
    assert_eq!(
        (settings.trust_addresses, settings.solicit_without_alias, settings.delivery_days),
        (false, false, Some(5))
    );
    let said = app.store.ledger_page(app.account.id, None, 1).await.unwrap().rows[0].payload.clone().unwrap();
    assert!(said.contains("trust_addresses") && said.contains("\"by\":\"owner "), "{said}");
    for days in ["0", "31", "soon"] {
        let wrong = owner.post(&policy, &[("delivery_days", days)]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{days}");
    }
    let important = format!("{SETTINGS}/stores/DE/important");
    assert_eq!(owner.post(&important, &[("state", "on")]).await.status, StatusCode::NOT_FOUND);
    assert!(!owner.get(SETTINGS).await.body.contains("/important"));
    assert!(!app.store.important_by_email(app.account.id, Marketplace::De).await.unwrap());
    let operator = app.operator().await;
    operator.post(&important, &[("state", "on")]).await.location();
    assert!(app.store.important_by_email(app.account.id, Marketplace::De).await.unwrap());
}

#[tokio::test]
async fn who_may_only_look_sees_the_settings_and_no_form() {
    let app = TestApp::new().await;
    app.owner().await.post(SENDER, &sender(&[])).await.location();
    for role in [Role::Viewer, Role::Agent] {
        let page = app.member("blue-widgets", role).await.get(SETTINGS).await.body;
        assert!(page.contains("orders@shop.example"));
        let forms = page.matches("<form").count();
        assert_eq!(forms, 1, "signing out alone: {role}");
    }
}
