//! Everything of an account as a download: for its owner alone, noted in the ledger, and whole.

use axum::http::StatusCode;
use model::ledger::LedgerKind;
use model::member::Role;

use crate::app::TestApp;

const EXPORT: &str = "/a/blue-widgets/settings/export";

async fn exports_noted(app: &TestApp) -> usize {
    let entries = app.store.ledger_page(app.account.id, None, 1000).await.unwrap().rows;
    entries.iter().filter(|entry| entry.kind == LedgerKind::Exported).count()
}

#[tokio::test]
async fn an_owner_downloads_everything_and_the_ledger_says_so() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    assert!(owner.get("/a/blue-widgets/settings").await.body.contains(EXPORT));
    assert!(owner.get(EXPORT).await.body.contains("Download everything"));
    assert_eq!(exports_noted(&app).await, 0, "looking at the page takes nothing");
    let file = owner.post(EXPORT, &[]).await;
    assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "application/zip"));
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"blue-widgets-20"));
    assert_eq!(file.header("cache-control"), "no-store");
    assert!(file.body.starts_with("PK\u{3}\u{4}"), "it begins as a ZIP file does");
    assert!(file.body.contains("PK\u{5}\u{6}"), "and ends as one does");
    for name in ["README.txt", "opt-outs.csv", "orders.csv", "ledger.jsonl", "settings.json"] {
        assert!(file.body.contains(name), "{name}");
    }
    assert_eq!(exports_noted(&app).await, 1);
}

#[tokio::test]
async fn nobody_else_takes_anything() {
    let app = TestApp::new().await;
    for role in [Role::Manager, Role::Agent, Role::Viewer] {
        let member = app.member("blue-widgets", role).await;
        assert_eq!(member.get(EXPORT).await.status, StatusCode::FORBIDDEN, "{role}");
        assert_eq!(member.post(EXPORT, &[]).await.status, StatusCode::FORBIDDEN, "{role}");
        assert!(!member.get("/a/blue-widgets/settings").await.body.contains(EXPORT), "{role}");
    }
    let other = app.member("green-gadgets", Role::Owner).await;
    assert_eq!(other.post(EXPORT, &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(exports_noted(&app).await, 0);
}
