//! Campaigns in the dashboard: begun from a text that ships, checked, kept, changed, switched; nothing is kept that breaks
//! a rule, and nothing that was typed is lost.

use axum::http::StatusCode;
use model::campaign::StoredCampaign;
use model::member::Role;

use crate::app::{Answer, Browser, TestApp};

const LIST: &str = "/a/blue-widgets/campaigns";
const NO_FILE: (&str, &[u8]) = ("", b"");

fn text(name: &str, words: &str) -> String {
    format!(
        "name = \"{name}\"\nchannel = \"email\"\ntrigger = {{ when = \"delivered\" }}\n\n[template.en]\n\
         subject = \"Order {{{{ order_id }}}}\"\ntext = \"{words}\"\n"
    )
}

async fn new(browser: &Browser<'_>, text: &str, action: &str) -> Answer {
    browser.upload_named(&format!("{LIST}/new"), &[("text", text), ("action", action)], NO_FILE).await
}

async fn change(browser: &Browser<'_>, campaign: &StoredCampaign, text: &str, file: (&str, &[u8])) -> Answer {
    let seen = campaign.version.to_string();
    let fields = [("seen", seen.as_str()), ("text", text), ("action", "keep")];
    browser.upload_named(&format!("{LIST}/{}", campaign.id), &fields, file).await
}

fn now() -> model::Timestamp {
    model::Timestamp::from_clock()
}

async fn only(app: &TestApp) -> StoredCampaign {
    let mut campaigns = app.store.campaigns(app.account.id).await.unwrap();
    assert_eq!(campaigns.len(), 1);
    campaigns.remove(0)
}

async fn kept(app: &TestApp, browser: &Browser<'_>) -> StoredCampaign {
    assert_eq!(new(browser, &text("Ask", "How was it?"), "keep").await.status, StatusCode::SEE_OTHER);
    only(app).await
}

#[tokio::test]
async fn a_campaign_is_begun_from_a_text_that_ships_checked_kept_and_switched() {
    let app = TestApp::new().await;
    let manager = app.member("blue-widgets", Role::Manager).await;
    let starters = manager.get(&format!("{LIST}/new")).await.body;
    assert!(starters.contains("new?starter=ask-for-a-review") && starters.contains("alternatives, not a series"));
    let begun = manager.get(&format!("{LIST}/new?starter=ask-for-a-review")).await.body;
    assert!(begun.contains("name = &#34;Ask for a review&#34;"), "{begun}");
    let whole = campaign::starters()[0].file(None, &[]);
    // A browser sends CRLF.
    let checked = new(&manager, &whole.replace('\n', "\r\n"), "check").await;
    assert!(checked.status == StatusCode::OK && checked.body.contains(">passed<"), "{}", checked.body);
    assert!(app.store.campaigns(app.account.id).await.unwrap().is_empty(), "a check keeps nothing");
    let answer = new(&manager, &whole.replace('\n', "\r\n"), "keep").await;
    let campaign = only(&app).await;
    assert_eq!(answer.location(), format!("{LIST}/{}?done=campaign_added", campaign.id));
    assert_eq!((campaign.text.as_str(), campaign.is_active()), (whole.as_str(), false));

    let on = manager.post(&format!("{LIST}/{}/on", campaign.id), &[]).await;
    assert_eq!(on.location(), format!("{LIST}/{}?done=campaign_on&orders=1&messages=1", campaign.id));
    let page = manager.get(on.location()).await.body;
    assert!(page.contains("Orders of the last 30 days: 1; it would reach 1 of them.") && page.contains(">on<"));
    assert!(only(&app).await.is_active());
    manager.post(&format!("{LIST}/{}/off", campaign.id), &[]).await;
    assert!(!only(&app).await.is_active());
}

#[tokio::test]
async fn a_change_is_a_new_version_that_leaves_the_campaign_on_or_off_as_it_is() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let first = kept(&app, &owner).await;
    assert_eq!(change(&owner, &first, &first.text, NO_FILE).await.status, StatusCode::SEE_OTHER);
    assert_eq!(only(&app).await.version, 1, "the same again is no new version");
    change(&owner, &first, &text("Ask", "How do you like it?"), NO_FILE).await;
    let second = only(&app).await;
    assert_eq!((second.version, second.is_active()), (2, false));
    owner.post(&format!("{LIST}/{}/on", first.id), &[]).await;
    change(&owner, &second, &text("Ask", "Do you like it?"), NO_FILE).await;
    let third = only(&app).await;
    assert_eq!((third.version, third.is_active()), (3, true));
    let page = owner.get(&format!("{LIST}/{}/versions/2", first.id)).await.body;
    assert!(page.contains("<del>- text = &#34;How was it?&#34;</del>"), "{page}");
    assert!(page.contains("<ins>+ text = &#34;How do you like it?&#34;</ins>"), "{page}");
    assert_eq!(owner.get(&format!("{LIST}/{}/versions/4", first.id)).await.status, StatusCode::NOT_FOUND);
    let file = owner.get(&format!("{LIST}/{}/text", first.id)).await;
    assert_eq!(file.body, third.text);
    assert!(file.header("content-disposition").starts_with("attachment"));
}

#[tokio::test]
async fn what_another_changed_meanwhile_is_not_written_over_and_what_was_typed_stays() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let first = kept(&app, &owner).await;
    change(&owner, &first, &text("Ask", "How do you like it?"), NO_FILE).await;
    let late = change(&owner, &first, &text("Ask", "Typed for an hour."), NO_FILE).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("Typed for an hour.") && late.body.contains("version 2 of this campaign meanwhile"));
    assert_eq!(only(&app).await.version, 2);
    let renamed = change(&owner, &only(&app).await, &text("Other", "How was it?"), NO_FILE).await;
    assert!(renamed.status == StatusCode::CONFLICT && renamed.body.contains("the text names it otherwise"));
    let twice = new(&owner, &text("Ask", "Once more?"), "keep").await;
    assert!(twice.status == StatusCode::CONFLICT && twice.body.contains("Once more?"), "{}", twice.body);
    assert_eq!(only(&app).await.version, 2);
}

#[tokio::test]
async fn mistakes_and_words_that_break_rules_come_back_with_their_place_and_nothing_is_kept() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let wrong = new(&owner, "name = 7\nchannel = \"fax\"\n", "keep").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in ["Line 1, column 8: name", "Line 2, column 11: channel", "channel = &#34;fax&#34;"] {
        assert!(wrong.body.contains(words), "{words}: {}", wrong.body);
    }
    let gift = new(&owner, &text("Ask", "Leave a review and get a gift card!"), "keep").await;
    assert_eq!(gift.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(gift.body.contains("<code>incentive</code>") && gift.body.contains("get a gift card!"), "{}", gift.body);
    let empty = new(&owner, "  ", "keep").await;
    assert!(empty.status == StatusCode::UNPROCESSABLE_ENTITY && empty.body.contains("The text is empty"));
    assert!(app.store.campaigns(app.account.id).await.unwrap().is_empty());
    let campaign = kept(&app, &owner).await;
    let gift = change(&owner, &campaign, &text("Ask", "Leave a review and get a gift card!"), NO_FILE).await;
    assert_eq!(gift.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(only(&app).await, campaign);
}

#[tokio::test]
async fn files_come_with_the_form_and_stay_with_the_campaign() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let campaign = kept(&app, &owner).await;
    let with = text("Ask", "See the manual.") + "attachments = [\"manual.pdf\"]\n";
    let missing = change(&owner, &campaign, &with, NO_FILE).await;
    assert!(missing.body.contains("the file manual.pdf is not there"), "{}", missing.body);
    let other = change(&owner, &campaign, &with, ("manual.pdf", b"MZ")).await;
    assert!(other.body.contains("its name says PDF, but its content is none"), "{}", other.body);
    assert_eq!(only(&app).await.version, 1);
    // Some browsers send the whole path.
    let kept = change(&owner, &campaign, &with, ("C:\\files\\manual.pdf", b"%PDF-1.7 one")).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.body);
    let second = only(&app).await;
    assert_eq!(second.attachments.len(), 1);
    let words = with.replace("See the manual.", "Please see the manual.");
    assert_eq!(change(&owner, &second, &words, NO_FILE).await.status, StatusCode::SEE_OTHER);
    assert_eq!(only(&app).await.attachments, second.attachments, "a kept file need not be chosen again");
    change(&owner, &only(&app).await, &words, ("manual.pdf", b"%PDF-1.7 two")).await;
    let fourth = only(&app).await;
    assert_eq!(fourth.version, 4);
    assert_ne!(fourth.attachments, second.attachments);
}

#[tokio::test]
async fn one_that_is_for_nobody_or_breaks_rules_today_stays_off_and_says_why() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    new(&owner, &text("For nobody", "How was it?"), "keep").await;
    let campaign = only(&app).await;
    let on = format!("{LIST}/{}/on", campaign.id);
    let refused = owner.post(&on, &[]).await;
    assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("for none of"), "{}", refused.body);
    assert!(!only(&app).await.is_active());
    assert_eq!(owner.post(&on, &[("anyway", "yes")]).await.status, StatusCode::SEE_OTHER);
    assert!(only(&app).await.is_active());

    let app = TestApp::new().await;
    let owner = app.owner().await;
    let old = text("Old", "Leave a review and get a gift card!");
    let approved = policy::words::Linter::built_in().unwrap().judge(old, &[]).approved.unwrap();
    let new = store::NewCampaign {
        name: "Old".into(),
        text: approved,
        withholding: Vec::new(),
        orders_after: None,
        priority: 50,
        attachments: Vec::new(),
    };
    let clock = model::Clock::real(model::Timestamp::from_clock());
    app.store.keep_campaign(app.account.id, new, model::member::Actor::Operator, clock).await.unwrap();
    let refused = owner.post(&format!("{LIST}/{}/on", only(&app).await.id), &[("anyway", "yes")]).await;
    assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("<code>incentive</code>"));
    assert!(!only(&app).await.is_active());
}

#[tokio::test]
async fn one_is_tried_out_on_members_and_says_why_no_letter_goes() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let campaign = kept(&app, &owner).await;
    let tested = owner.post(&format!("{LIST}/{}/test", campaign.id), &[]).await;
    assert_eq!(tested.location(), format!("{LIST}/{}?done=campaign_test", campaign.id));
    let page = owner.get(tested.location()).await.body;
    for words in [">in test<", "nothing of it leaves to buyers", "no way to write to members", "/on\"", "/off\""] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!only(&app).await.is_active());
    let app = TestApp::with(|settings| settings.writes_to_members = true).await;
    let owner = app.owner().await;
    let campaign = kept(&app, &owner).await;
    owner.post(&format!("{LIST}/{}/test", campaign.id), &[]).await;
    let page = owner.get(&format!("{LIST}/{}", campaign.id)).await.body;
    // These members were signed in without one.
    assert!(page.contains("no owner or manager who has set a password"), "{page}");
    let added =
        app.store.add_member(app.account.id, "new@x.example", Role::Manager, model::member::Actor::Operator, now());
    let link = added.await.unwrap().link.unwrap();
    app.store
        .set_password_by_link(&link.0, "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".into(), now())
        .await
        .unwrap();
    let page = owner.get(&format!("{LIST}/{}", campaign.id)).await.body;
    assert!(page.contains("0 today, 0 in all"), "{page}");
}

#[tokio::test]
async fn who_may_only_look_sees_the_text_and_no_form_and_another_accounts_owner_sees_nothing() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let campaign = kept(&app, &owner).await;
    let viewer = app.member("blue-widgets", Role::Viewer).await;
    let page = viewer.get(&format!("{LIST}/{}", campaign.id)).await.body;
    assert!(page.contains("How was it?") && !page.contains("<textarea") && !page.contains("/on\""), "{page}");
    let foreign = app.member("green-gadgets", Role::Owner).await;
    let theirs = format!("/a/green-gadgets/campaigns/{}", campaign.id);
    for path in ["", "/text", "/versions/1"] {
        assert_eq!(foreign.get(&format!("{theirs}{path}")).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for action in ["/on", "/test", "/off"] {
        assert_eq!(foreign.post(&format!("{theirs}{action}"), &[]).await.status, StatusCode::NOT_FOUND, "{action}");
    }
    let fields = [("seen", "1"), ("text", campaign.text.as_str()), ("action", "keep")];
    assert_eq!(foreign.upload_named(&theirs, &fields, NO_FILE).await.status, StatusCode::NOT_FOUND);
    assert_eq!(only(&app).await, campaign);
}

#[tokio::test]
async fn a_dry_run_says_what_a_report_would_bring_and_keeps_nothing_of_it() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let path = format!("{LIST}/dry-run");
    assert!(owner.get(LIST).await.body.contains("New campaign"));
    let campaign = kept(&app, &owner).await;
    assert!(owner.get(LIST).await.body.contains(&format!("<a class=\"button\" href=\"{path}\">Dry run</a>")));
    let report = "amazon-order-id\tpurchase-date\tbuyer-email\tsales-channel\tshipment-date\testimated-arrival-date\n\
                  111-1234567-1234567\t2026-08-01T10:00:00+00:00\tabc12def34ghi56@marketplace.amazon.com\tAmazon.com\t2026-08-02T10:00:00+00:00\t2026-08-05T10:00:00+00:00\n\
                  222-1234567-1234567\t2026-08-01T10:00:00+00:00\t\tAmazon.com\t2026-08-02T10:00:00+00:00\t2026-08-05T10:00:00+00:00\n\
                  333-1234567-1234567\tyesterday\t\tAmazon.com\t\t\n";
    let none = owner.upload(&path, &[], report.as_bytes()).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(none.body.contains("No campaign is switched on"), "{}", none.body);

    let id = campaign.id.to_string();
    let fields = [("campaign", id.as_str()), ("at", "2026-08-06T12:00")];
    let ran = owner.upload(&path, &fields, report.as_bytes()).await;
    assert_eq!(ran.status, StatusCode::OK, "{}", ran.body);
    assert!(ran.body.contains("Get its message: <strong>1</strong>"), "{}", ran.body);
    assert!(
        ran.body.contains("<span class=\"id\">111-1234567-1234567</span>")
            && ran.body.contains("relay address is not known")
    );
    assert!(ran.body.contains("Rows that could not be read: 1"), "{}", ran.body);
    assert!(!ran.body.contains("abc12def34ghi56"), "no address is shown");
    assert!(app.store.order(app.account.id, "111-1234567-1234567".parse().unwrap()).await.unwrap().is_none());

    let late = owner.upload(&path, &[("campaign", &id), ("at", "2026-12-24T12:00")], report.as_bytes()).await;
    assert!(
        late.body.contains("Get its message: <strong>0</strong>") && late.body.contains("has passed"),
        "{}",
        late.body
    );
    let unclear = owner.upload(&path, &[("campaign", &id), ("at", "soon")], report.as_bytes()).await;
    assert!(unclear.status == StatusCode::UNPROCESSABLE_ENTITY && unclear.body.contains("Give the moment like"));
    let foreign = owner.upload(&path, &[("campaign", "01a20cfc-dd14-72f0-a3fe-fe557014d7ee")], report.as_bytes()).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    let viewer = app.member("blue-widgets", Role::Viewer).await;
    assert!(viewer.get(&path).await.body.contains("Your role may not upload reports."));
    assert_eq!(viewer.upload(&path, &fields, report.as_bytes()).await.status, StatusCode::FORBIDDEN);
}
