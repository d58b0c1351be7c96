//! The opt-out list: adding, searching, deciding, importing, exporting.

use axum::http::StatusCode;
use model::inbound::{Door, IncomingMail};
use model::member::Role;
use model::{Provenance, Timestamp};

use crate::app::{Answer, Browser, TestApp};

const LIST: &str = "/a/blue-widgets/opt-outs";
const ORDER: &str = "111-1234567-1234567";
const ALIAS: &str = "abc12def34ghi56@marketplace.amazon.com";

async fn search(browser: &Browser<'_>, asked: &str) -> String {
    let answer = browser.post(&format!("{LIST}/search"), &[("q", asked)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.body
}

/// The path of the first entry's form for `what`.
fn form_of(page: &str, what: &str) -> String {
    let end = page.find(&format!("/{what}\"")).unwrap_or_else(|| panic!("no form to {what}")) + what.len() + 1;
    let start = page[..end].rfind('"').unwrap() + 1;
    page[start..end].to_owned()
}

/// Amazon's notice about an order.
pub async fn notice(app: &TestApp, order: &str, trusted: bool) {
    if !trusted {
        let settings = model::AccountSettings { trust_addresses: false, ..app.account.settings };
        let by = model::member::Actor::Operator;
        app.store.change_settings(app.account.id, settings, by, Timestamp::from_clock()).await.unwrap();
    }
    let raw = format!(
        "From: \"Amazon.com\" <auto-communication@amazon.com>\r\nSubject: Your message to a buyer could not be delivered\r\n\
         Message-ID: <{order}@amazon.com>\r\n\r\nWe were unable to deliver the message you sent for order [{order}] because the \
         buyer has chosen to opt out of receiving unsolicited messages from sellers.\r\n"
    )
    .into_bytes();
    let mail = IncomingMail {
        account: app.account.id,
        address: None,
        source: None,
        door: Door::File,
        received_at: Timestamp::from_clock(),
        written_at: None,
        digest: [7; 32],
        read: Some(::notice::read(&raw)),
        raw,
        provenance: Provenance::Unproven,
        may_be_proven: false,
    };
    app.store.record_mail(mail).await.unwrap();
}

/// Uploads a list and takes it over with these choices of columns.
pub async fn taken_over(
    browser: &Browser<'_>,
    path: &str,
    fields: &[(&str, &str)],
    file: &[u8],
    choices: &[(&str, &str)],
) -> Answer {
    let kept = browser.upload(path, fields, file).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.body);
    browser.post(kept.location(), &[choices, &[("action", "take")]].concat()).await
}

#[tokio::test]
async fn an_entry_is_added_found_and_removed_with_a_reason() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    assert!(owner.get(LIST).await.body.contains("The list is empty"));

    let note = "<script>alert(1)</script>";
    let added = owner.post(&format!("{LIST}/add"), &[("target", ORDER), ("note", note)]).await;
    assert!(owner.get(added.location()).await.body.contains("The order is stopped"));
    let blocked = owner.post(&format!("{LIST}/add"), &[("target", &ALIAS.to_uppercase())]).await;
    assert!(blocked.location().contains("done=blocked") && !blocked.location().contains('@'));
    let again = owner.post(&format!("{LIST}/add"), &[("target", ORDER)]).await;
    assert!(again.location().contains("done=stood"));

    assert!(search(&owner, ORDER).await.contains("order stop"));
    assert!(!search(&owner, ORDER).await.contains(ALIAS));
    assert!(search(&owner, &format!(" {ALIAS} ")).await.contains(ALIAS));
    assert!(search(&owner, "222-1234567-1234567").await.contains("Nothing on the list covers that"));
    assert!(search(&owner, "abc").await.contains("Type a whole order id"));

    let remove = form_of(&search(&owner, ORDER).await, "remove");
    assert_eq!(owner.post(&remove, &[("note", "  ")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(owner.post(&remove, &[("note", "by mistake")]).await.location().contains("done=removed"));
    assert!(search(&owner, ORDER).await.contains(">removed<"));
    assert_eq!(owner.post(&remove, &[("note", "twice")]).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn searching_as_one_types_gets_the_rows_alone() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let token = owner.token().await;
    let request = owner.request("POST", &format!("{LIST}/search")).header("hx-request", "true");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let answer = app.ask(request.body(format!("token={token}&q={ORDER}").into()).unwrap()).await;
    assert!(answer.body.contains("Nothing on the list"));
    assert!(!answer.body.contains("<html"));
}

#[tokio::test]
async fn what_can_be_nothing_is_answered_in_the_form() {
    let app = TestApp::new().await;
    let answer = app.owner().await.post(&format!("{LIST}/add"), &[("target", "<b>x"), ("note", "kept")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("Write an order id") && answer.body.contains("value=\"kept\""));
    assert!(!answer.body.contains("<b>x"));
}

#[tokio::test]
async fn an_agent_can_not_remove_amazons_opt_out_and_an_owner_can() {
    let app = TestApp::new().await;
    notice(&app, ORDER, true).await;
    let (agent, owner) = (app.member("blue-widgets", Role::Agent).await, app.owner().await);
    assert!(!agent.get(LIST).await.body.contains("/remove\""), "he is not shown the form");
    let remove = form_of(&owner.get(LIST).await.body, "remove");
    assert_eq!(agent.post(&remove, &[("note", "please")]).await.status, StatusCode::FORBIDDEN);
    assert!(owner.post(&remove, &[("note", "asked for by mail")]).await.location().contains("removed"));
}

#[tokio::test]
async fn a_held_entry_waits_on_the_overview_until_it_is_confirmed() {
    let app = TestApp::new().await;
    notice(&app, ORDER, false).await;
    let owner = app.owner().await;
    let overview = owner.get("/a/blue-widgets").await.body;
    assert!(overview.contains("nothing leaves to that buyer until you decide") && overview.contains(ORDER));
    let confirm = form_of(&owner.get(LIST).await.body, "confirm");
    assert!(owner.post(&confirm, &[]).await.location().contains("done=confirmed"));
    assert!(!owner.get("/a/blue-widgets").await.body.contains("nothing leaves to that buyer until you decide"));
    assert_eq!(owner.post(&confirm, &[]).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn an_export_is_read_back_by_another_account() {
    let app = TestApp::new().await;
    let (owner, other) = (app.owner().await, app.member("green-gadgets", Role::Owner).await);
    for target in [ORDER, ALIAS, "-formula@marketplace.amazon.com"] {
        owner.post(&format!("{LIST}/add"), &[("target", target)]).await;
    }
    let file = owner.get(&format!("{LIST}/export")).await;
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"blue-widgets-opt-outs-"));
    assert!(file.body.starts_with("order_id,alias,reason,since,origin,state\r\n"));
    assert!(file.body.contains(",'-formula@marketplace.amazon.com,block,"), "no spreadsheet runs it: {}", file.body);
    assert_eq!(file.body.lines().count(), 4);

    let path = "/a/green-gadgets/opt-outs/import";
    let taken = taken_over(&other, path, &[("reason", "opt_out")], file.body.as_bytes(), &[]).await;
    assert!(taken.body.contains("<dt>New entries</dt><dd>3</dd>"), "{}", taken.body);
    let again = taken_over(&other, path, &[("reason", "opt_out")], file.body.as_bytes(), &[]).await;
    assert!(again.body.contains("<dt>New entries</dt><dd>0</dd>"));
    assert!(other.get("/a/green-gadgets/opt-outs").await.body.contains("-formula@marketplace.amazon.com"));
}

#[tokio::test]
async fn lines_of_a_list_that_say_nothing_are_named() {
    let app = TestApp::new().await;
    let path = format!("{LIST}/import");
    let owner = app.owner().await;
    let file = format!("Order\n{ORDER}\n<i>nonsense</i>\n");
    let taken = taken_over(&owner, &path, &[], file.as_bytes(), &[]).await;
    assert!(taken.body.contains("stands in these lines:\n  3."), "{}", taken.body);
    assert!(!taken.body.contains("<i>nonsense"));
    let shared = format!("no-reply-amazon-iba-buyer@marketplace.amazon.it\n{ORDER}\n");
    let shared = taken_over(&owner, &path, &[], shared.as_bytes(), &[]).await;
    assert!(shared.body.contains("<dt>Shared addresses left out</dt><dd>1</dd>"), "{}", shared.body);
    assert!(shared.body.contains("Lines of such:\n  1."), "{}", shared.body);
    assert_eq!(owner.upload(&path, &[], b"").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let large = vec![b'x'; 11 * 1024 * 1024];
    assert_eq!(owner.upload(&path, &[], &large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_long_list_is_turned_page_by_page_and_exported_whole() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let lines: Vec<String> = (0..600).map(|n| format!("111-1234567-{n:07}")).collect();
    taken_over(&owner, &format!("{LIST}/import"), &[], lines.join("\n").as_bytes(), &[]).await;
    let first = owner.get(LIST).await.body;
    assert_eq!(first.matches("<tr>").count(), 51);
    let next = first.split('"').find(|text| text.starts_with("/a/blue-widgets/opt-outs?before=")).unwrap();
    let second = owner.get(next).await.body;
    assert!(second.contains("111-1234567-0000549") && !second.contains("111-1234567-0000550"));
    assert_eq!(owner.get(&format!("{LIST}/export")).await.body.lines().count(), 601);
}

#[tokio::test]
async fn orders_messaged_elsewhere_are_taken_over_and_only_a_manager_takes_them_back() {
    let app = TestApp::new().await;
    let (owner, agent) = (app.owner().await, app.member("blue-widgets", Role::Agent).await);
    let path = "/a/blue-widgets/messaged";
    let file = format!("A,B,Name\n{ORDER},222-1234567-1234567,Anna Berg\n");
    let unclear = agent.upload(path, &[], file.as_bytes()).await;
    let unclear = agent.get(unclear.location()).await;
    assert_eq!(unclear.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        unclear.body.contains("several columns hold order ids")
            || unclear.body.contains("Several columns hold order ids")
    );
    assert!(!unclear.body.contains("Anna Berg") && !unclear.body.contains("Take over<"), "{}", unclear.body);
    let taken = taken_over(&agent, path, &[], file.as_bytes(), &[("order", "1")]).await;
    assert!(taken.body.contains("<dt>New on the list</dt><dd>1</dd>"), "{}", taken.body);
    let again = taken_over(&agent, path, &[], file.as_bytes(), &[("order", "1")]).await;
    assert!(again.body.contains("<dt>New on the list</dt><dd>0</dd>"));
    let page = owner.get(path).await.body;
    let remove = page.split('"').find(|text| text.ends_with("/remove")).unwrap();
    assert_eq!(agent.post(remove, &[("note", "wrong")]).await.status, StatusCode::FORBIDDEN);
    assert!(!owner.get(path).await.body.contains("taken back on"));
    assert_eq!(owner.post(remove, &[("note", "wrong")]).await.status, StatusCode::SEE_OTHER);
    assert!(owner.get(path).await.body.contains("taken back on"));
}

#[tokio::test]
async fn an_entry_has_a_report_that_can_be_printed_and_checked() {
    let app = TestApp::new().await;
    let viewer = app.member("blue-widgets", Role::Viewer).await;
    let owner = app.owner().await;
    owner.post(&format!("{LIST}/add"), &[("target", ORDER)]).await;
    let entry =
        app.store.suppressions(app.account.id, store::SuppressionFilter::All, None, 1).await.unwrap().rows.remove(0);
    let path = format!("{LIST}/{}", entry.id);
    assert!(viewer.get(LIST).await.body.contains(&path), "the list leads there");
    let report = viewer.get(&path).await;
    assert_eq!(report.status, StatusCode::OK);
    for words in [
        "Nothing unsolicited left since",
        ORDER,
        "the order alone is covered",
        "ledger verify --account blue-widgets --head blue-widgets:",
    ] {
        assert!(report.body.contains(words), "{words}: {}", report.body);
    }
    let foreign = app.member("green-gadgets", Role::Owner).await;
    let theirs = format!("/a/green-gadgets/opt-outs/{}", entry.id);
    assert_eq!(foreign.get(&theirs).await.status, StatusCode::NOT_FOUND);
}

/// The orders that a page of the list or of the outbox names, each once.
fn orders_on(page: &str) -> Vec<String> {
    let rows = page.split("<tbody>").nth(1).unwrap_or_default();
    let mut orders: Vec<String> =
        rows.split("/orders/").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    orders.sort();
    orders.dedup();
    orders
}

#[tokio::test]
async fn the_list_is_shown_by_store_reason_and_day_and_turned_within_what_was_asked() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let lines: Vec<String> = (0..60).map(|n| format!("111-1234567-{n:07},2026-03-01\n")).collect();
    let file = format!("order_id,since\n{}", lines.concat());
    taken_over(&owner, &format!("{LIST}/import"), &[("reason", "opt_out")], file.as_bytes(), &[]).await;
    owner.post(&format!("{LIST}/add"), &[("target", "222-1234567-1234567")]).await;
    let get = async |query: &str| owner.get(&format!("{LIST}?{query}")).await.body;

    assert_eq!(orders_on(&get("from=&to=&reason=order_stop&store=").await), ["222-1234567-1234567"]);
    let first = get("reason=opt_out&from=2026-03-01&to=2026-03-01").await;
    assert_eq!(orders_on(&first).len(), 50);
    assert!(first.contains("<option value=\"opt_out\" selected>") && first.contains("value=\"2026-03-01\""));
    let next = first.split('"').find(|text| text.contains("before=")).unwrap().replace("&#38;", "&");
    assert!(next.contains("reason=opt_out") && next.contains("from=2026-03-01"), "{next}");
    let second = owner.get(&next).await.body;
    let all: std::collections::BTreeSet<_> = orders_on(&first).into_iter().chain(orders_on(&second)).collect();
    assert_eq!((orders_on(&second).len(), all.len()), (10, 60), "every one once");

    assert!(get("to=2026-02-28").await.contains("No entry is of that store, reason and time"));
    assert!(get("store=DE").await.contains("No entry is of that store"), "nothing is known of these orders");
    for odd in ["from=tomorrow", "reason=whim", "store=XX", "to=2026-02-30"] {
        let page = get(odd).await;
        assert!(page.contains("tell what is asked for"), "{odd}: {page}");
    }
    assert_eq!(owner.get(&format!("{LIST}?before=nonsense&reason=opt_out")).await.status, StatusCode::NOT_FOUND);
    let foreign = app.member("green-gadgets", Role::Owner).await;
    let theirs = foreign.get("/a/green-gadgets/opt-outs?reason=opt_out").await.body;
    assert!(orders_on(&theirs).is_empty(), "another account's entries are not there");
}

#[tokio::test]
async fn a_relay_address_that_was_searched_for_stands_in_no_field_and_no_link() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    owner.post(&format!("{LIST}/add"), &[("target", ALIAS)]).await;
    let found = search(&owner, ALIAS).await;
    assert_eq!(found.matches(ALIAS).count(), 1, "in the row it covers, and nowhere else: {found}");
    let unknown = search(&owner, "zzz99zzz99zzz99@marketplace.amazon.com").await;
    assert!(unknown.contains("Nothing on the list covers that") && !unknown.contains("zzz99"), "{unknown}");
    assert!(!search(&owner, "zzz99@nearly an address").await.contains("zzz99"));
    assert!(search(&owner, ORDER).await.contains(&format!("value=\"{ORDER}\"")), "an order id may stand there");
}

#[tokio::test]
async fn an_entrys_report_shows_its_evidence_and_groups_what_it_did() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    notice(&app, ORDER, true).await;
    let page = owner.get(LIST).await.body;
    let path =
        page.split('"').find(|text| text.starts_with(&format!("{LIST}/0")) && !text.ends_with("/remove")).unwrap();
    let report = owner.get(path).await.body;
    for words in ["Evidence", "says it is from amazon.com", "opt-out", "known by", "There is none"] {
        assert!(report.contains(words), "{words}: {report}");
    }
}
