//! Lists of other tools', in two steps: what was found is shown first, with a choice for each column, and nothing is entered
//! before the member says so.

use axum::http::StatusCode;
use model::member::Role;
use store::SuppressionFilter;

use crate::app::TestApp;
use crate::opt_outs::taken_over;

const IMPORT: &str = "/a/blue-widgets/opt-outs/import";
const MESSAGED: &str = "/a/blue-widgets/messaged";
const LIST: &str = "Name,Order,Old order,E-mail,Sent\n\
    Anna Berg,111-1234567-1234567,222-1234567-0000001,buyer1abcdefgh@marketplace.amazon.com,2026-08-01\n\
    Carl Dorn,111-1234567-1234568,222-1234567-0000002,carl@home.example,2026-08-02\n\
    Anna Berg,111-1234567-1234567,,,2026-08-03\n\
    Ed Fox,none,,,\n";

async fn entries(app: &TestApp) -> usize {
    app.store.suppressions(app.account.id, SuppressionFilter::All, None, 100).await.unwrap().rows.len()
}

#[tokio::test]
async fn what_was_found_is_shown_without_a_word_of_persons_and_nothing_is_entered() {
    let app = TestApp::new().await;
    let agent = app.member("blue-widgets", Role::Agent).await;
    let kept = agent.upload(IMPORT, &[("reason", "opt_out")], LIST.as_bytes()).await;
    assert!(kept.location().starts_with("/a/blue-widgets/lists/"), "{}", kept.body);
    let page = agent.get(kept.location()).await;
    assert_eq!(page.status, StatusCode::OK);
    for words in [
        "Order (3 of 4 rows)",
        "Old order (2 of 4 rows)",
        "E-mail (1 of 4 rows)",
        "wherever one stands",
        "Rows read: 4.",
        "<dt>Orders</dt><dd>4</dd>",
        "<dt>Buyer</dt><dd>1</dd>",
        "<dt>Said more than once</dt><dd>1</dd>",
        "<dt>Rows left out</dt><dd>1</dd>",
        "stands in these lines: 5",
        "111-1234567-1234567",
        "a relay address",
        "Take over",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    for private in ["Anna", "Carl", "home.example", "buyer1abcdefgh"] {
        assert!(!page.body.contains(private), "{private}: {}", page.body);
    }
    assert_eq!(entries(&app).await, 0);

    // Only one of the columns counts: what would be taken over is told anew.
    let again = agent.post(kept.location(), &[("order", "2"), ("action", "look")]).await;
    assert!(
        again.body.contains("<dt>Orders</dt><dd>2</dd>") && again.body.contains("<dt>Buyers</dt><dd>0</dd>"),
        "{}",
        again.body
    );
    assert!(again.body.contains("<option value=\"2\" selected>"), "{}", again.body);
    assert_eq!(entries(&app).await, 0);
    let taken = agent.post(kept.location(), &[("order", "2"), ("action", "take")]).await;
    assert!(taken.body.contains("<dt>New entries</dt><dd>2</dd>"), "{}", taken.body);
    assert_eq!(entries(&app).await, 2);
    assert_eq!(agent.get(kept.location()).await.status, StatusCode::NOT_FOUND, "once it was taken over it is gone");
}

#[tokio::test]
async fn a_list_can_be_pasted_and_thrown_away() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let pasted = [("pasted", "111-1234567-1234567\r\n111-1234567-1234568")];
    let kept = owner.upload_named(MESSAGED, &pasted, ("", b"")).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.body);
    assert!(owner.get(kept.location()).await.body.contains("<dt>Orders</dt><dd>2</dd>"));
    let back = owner.post(kept.location(), &[("action", "drop")]).await;
    assert_eq!(back.location(), MESSAGED);
    assert_eq!(owner.get(kept.location()).await.status, StatusCode::NOT_FOUND);
    let both = owner.upload(MESSAGED, &pasted, b"111-1234567-1234569").await;
    assert!(both.status == StatusCode::UNPROCESSABLE_ENTITY && both.body.contains("not both at once"));
    let neither = owner.upload_named(MESSAGED, &[("pasted", "  ")], ("", b"")).await;
    assert!(neither.body.contains("Choose a file, or paste the list."));
    let taken = owner.upload_named(MESSAGED, &pasted, ("", b"")).await;
    let taken = owner.post(taken.location(), &[("action", "take")]).await;
    assert!(taken.body.contains("<dt>New on the list</dt><dd>2</dd>"), "{}", taken.body);
}

#[tokio::test]
async fn a_list_is_for_who_uploaded_it_alone_and_the_last_one_counts() {
    let app = TestApp::new().await;
    let (owner, agent) = (app.owner().await, app.member("blue-widgets", Role::Agent).await);
    let first = owner.upload(IMPORT, &[], b"111-1234567-1234567").await;
    assert_eq!(agent.get(first.location()).await.status, StatusCode::NOT_FOUND);
    assert_eq!(agent.post(first.location(), &[("action", "take")]).await.status, StatusCode::NOT_FOUND);
    let foreign = app.member("green-gadgets", Role::Owner).await;
    let theirs = first.location().replace("blue-widgets", "green-gadgets");
    assert_eq!(foreign.get(&theirs).await.status, StatusCode::NOT_FOUND);
    owner.upload(IMPORT, &[], b"111-1234567-1234568").await;
    assert_eq!(owner.get(first.location()).await.status, StatusCode::NOT_FOUND, "the one before goes");
    let picked =
        taken_over(&owner, IMPORT, &[("reason", "block")], b"buyer1abcdefgh@marketplace.amazon.com", &[]).await;
    assert!(picked.body.contains("<dt>New entries</dt><dd>1</dd>"), "{}", picked.body);
    let listed = app.store.suppressions(app.account.id, SuppressionFilter::All, None, 10).await.unwrap().rows;
    assert_eq!(listed[0].reason, model::suppression::SuppressionReason::Block);
}

#[tokio::test]
async fn a_column_that_holds_none_of_it_is_told_and_nothing_is_taken() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let kept = owner.upload(MESSAGED, &[], LIST.as_bytes()).await;
    let wrong = owner.post(kept.location(), &[("order", "1"), ("action", "take")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("Column 1 holds no order id") && !wrong.body.contains("Anna"), "{}", wrong.body);
    let right = owner.post(kept.location(), &[("order", "3"), ("action", "take")]).await;
    assert!(right.body.contains("<dt>New on the list</dt><dd>2</dd>"), "{}", right.body);
}

#[tokio::test]
async fn a_first_row_that_may_be_a_persons_is_not_shown_as_heads() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let kept = owner.upload(MESSAGED, &[], b"Anna Berg,none\nCarl Dorn,111-1234567-1234567\n").await;
    let page = owner.get(kept.location()).await.body;
    assert!(!page.contains("Anna") && page.contains("Column 2 (1 of"), "{page}");
}
