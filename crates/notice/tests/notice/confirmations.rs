//! Requests of mailbox providers to confirm a forwarding rule: known by the exact sender in any language; code, mailbox
//! and link are what a member is shown, and a link only where it leads to the provider's own host.

use model::notice::NoticeKind;
use notice::confirmation;
use rstest::rstest;

use crate::letter::{Letter, only};

const GMAIL: &str = "Gmail Team <forwarding-noreply@google.com>";
const LINK: &str = "https://mail-settings.google.com/mail/vf-%5Bmade%5D-up";

#[rstest]
#[case("(#871234567) Request: owner@mailbox.example", "Words.", Some("871234567"))]
#[case("(Gmail) 转发确认", "owner@mailbox.example\n确认码：871234567\n", Some("871234567"))]
#[case("Request by owner@mailbox.example", "Code\n\n  871234567\n\nnot 12 345", Some("871234567"))]
#[case("Request by owner@mailbox.example", "In 2026 we moved 1500000 mails.", None)]
fn the_code_and_the_mailbox_are_found_in_any_language(
    #[case] subject: &str,
    #[case] text: &str,
    #[case] code: Option<&str>,
) {
    let raw = Letter::new(GMAIL, subject).plain(format!("{text}\n{LINK}\n")).write();
    assert_eq!(only(&raw).kind, NoticeKind::ForwardingConfirmation);
    let asked = confirmation(&raw).unwrap();
    assert_eq!((asked.provider, asked.sender.as_str()), ("Gmail", "forwarding-noreply@google.com"));
    assert_eq!((asked.code.as_deref(), asked.mailbox.as_deref()), (code, Some("owner@mailbox.example")));
    assert_eq!(asked.link.as_deref(), Some(LINK));
}

#[rstest]
#[case("http://mail-settings.google.com/mail/vf-x")]
#[case("https://mail-settings.google.com.evil.example/mail/vf-x")]
#[case("https://mail-settings.google.com@evil.example/mail/vf-x")]
#[case("https://mail-settings.google.com:8443/mail/vf-x")]
#[case("https://evil.example/mail-settings.google.com/mail/vf-x")]
#[case("https://mail-settings.google.com/mail/uf-takes-it-back")]
#[case("https://google.com/mail/vf-x")]
fn a_link_to_anywhere_else_is_not_shown(#[case] link: &str) {
    let raw = Letter::new(GMAIL, "owner@mailbox.example").plain(format!("{link} \n")).write();
    assert_eq!(confirmation(&raw).unwrap().link, None);
    let html = format!("<a href=\"{link}\">{LINK}x</a>");
    let shown = confirmation(&Letter::new(GMAIL, "x").html(html).write()).unwrap().link;
    assert_ne!(shown.as_deref(), Some(link));
}

#[rstest]
#[case("forwarding-noreply@google.com.evil.example")]
#[case("forwarding-noreply@gmail.com")]
#[case("\"forwarding-noreply@google.com\" <news@evil.example>")]
#[case("forwarding-noreply@google.com, news@evil.example")]
#[case("somebody@zoho.com")]
#[case("noreply@zoho.com.evil.example")]
#[case("noreply.somebody@yahoo.com")]
#[case("no-reply-shop@fastmail.com")]
#[case("noreplysomebody@zohomail.com")]
fn a_lookalike_asks_nothing(#[case] from: &str) {
    let raw = Letter::new(from, "(#871234567) owner@mailbox.example").plain(LINK).write();
    assert_ne!(only(&raw).kind, NoticeKind::ForwardingConfirmation, "{from}");
    assert_eq!(confirmation(&raw), None);
}

#[rstest]
#[case("noreply@zoho.com", "Zoho Mail", "https://mail.zoho.com/verify?x=1")]
#[case("no-reply@cc.yahoo-inc.com", "Yahoo Mail", "https://mail.yahoo.com/v/1")]
#[case("noreply@fastmail.com", "Fastmail", "https://app.fastmail.com/confirm/1")]
fn other_providers_automatic_mail_is_taken_for_one(#[case] from: &str, #[case] provider: &str, #[case] link: &str) {
    let raw = Letter::new(from, "Please confirm").plain(format!("owner@mailbox.example\n{link}\n")).write();
    assert_eq!(only(&raw).kind, NoticeKind::ForwardingConfirmation);
    let asked = confirmation(&raw).unwrap();
    assert_eq!((asked.provider, asked.link.as_deref()), (provider, Some(link)));
}

#[rstest]
#[case("noreply@cc.yahoo-inc.com", "https://login.yahoo.com/oauth2/request_auth?client_id=stranger")]
#[case("noreply@zoho.com", "https://accounts.zoho.com/oauth/v2/auth?client_id=stranger")]
fn a_link_to_where_people_sign_in_is_not_shown(#[case] from: &str, #[case] link: &str) {
    let raw = Letter::new(from, "Please confirm").plain(format!("owner@mailbox.example\n{link}\n")).write();
    assert_eq!(confirmation(&raw).unwrap().link, None);
}
