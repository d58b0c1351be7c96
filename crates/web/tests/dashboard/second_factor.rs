//! The second step of a sign-in: switched on with a code, asked for after the password, and open to nobody between the two.

use axum::http::StatusCode;
use model::Timestamp;
use model::member::{Actor, Member, Role, SecondFactor};
use ring::hmac;

use crate::app::{Answer, Browser, TestApp};
use crate::entrance::{sign_in, welcome};

const PASSWORD: &str = "three random words";
const EMAIL: &str = "ann@blue.example";

/// What an authenticator app shows, by RFC 6238: the code of the step so many after now.
fn shown(secret: &[u8], later: i64) -> String {
    let step = u64::try_from(Timestamp::from_clock().as_micros() / 30_000_000 + later).unwrap();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret), &step.to_be_bytes());
    let at = usize::from(tag.as_ref()[19] & 15);
    let cut = u32::from_be_bytes(tag.as_ref()[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", cut % 1_000_000)
}

/// A member with a password, signed in.
async fn member(app: &TestApp) -> (Member, Browser<'_>) {
    let now = Timestamp::from_clock();
    let added = app.store.add_member(app.account.id, EMAIL, Role::Manager, Actor::Operator, now).await.unwrap();
    let joined = welcome(app, &added.link.unwrap().0, PASSWORD).await;
    let browser = Browser { app, cookie: format!("abide={}", joined.cookie("abide").unwrap()) };
    (added.member, browser)
}

/// Switches it on by the page: the secret, and the recovery codes that the page shows.
async fn switched_on(app: &TestApp, member: &Member, browser: &Browser<'_>) -> (Vec<u8>, Vec<String>) {
    assert_eq!(browser.post("/me/second-factor/prepare", &[]).await.location(), "/me#second-factor");
    let page = browser.get("/me").await.body;
    assert!(page.contains("otpauth://totp/Abide:ann%40blue.example?secret=") && page.contains("<svg class=\"qr\""));
    let SecondFactor::Waiting(secret) = app.store.second_factor(member.id).await.unwrap() else { panic!("prepared") };
    let wrong = browser.post("/me/second-factor/confirm", &[("code", "000000")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = browser.post("/me/second-factor/confirm", &[("code", &shown(&secret.0, -1))]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let list = done.body.split("class=\"codes\">").nth(1).unwrap().split("</ul>").next().unwrap().to_owned();
    let codes: Vec<String> =
        list.split("<code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 10);
    let again = browser.get("/me").await.body;
    assert!(codes.iter().all(|code| !again.contains(code)) && !again.contains("otpauth"), "shown once");
    (secret.0, codes)
}

/// The second step, as the browser that was led there takes it.
async fn step<'a>(app: &'a TestApp, half: &Answer, code: &str) -> (Answer, Browser<'a>) {
    assert!(half.location().starts_with("/sign-in/code"), "{}", half.location());
    assert_eq!(half.cookie("abide"), None, "no session before the code");
    let token = half.cookie("abide-code").unwrap();
    let page = app.stranger().get("/sign-in").await;
    let cookie = format!("abide-visitor={}; abide-code={token}", page.cookie("abide-visitor").unwrap());
    let browser = Browser { app, cookie };
    let form = browser.get("/sign-in/code").await;
    assert_eq!(form.status, StatusCode::OK);
    let fields = [("token", form.token()), ("code", code.to_owned())];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    (browser.post_without_token("/sign-in/code", &fields).await, browser)
}

#[tokio::test]
async fn a_code_is_asked_for_after_the_password_and_each_is_good_once() {
    let app = TestApp::new().await;
    let (ann, browser) = member(&app).await;
    let (secret, _) = switched_on(&app, &ann, &browser).await;
    let half = sign_in(&app, EMAIL, PASSWORD).await;
    let (wrong, opened) = step(&app, &half, "000000").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for path in ["/", "/me", "/accounts", "/a/blue-widgets"] {
        assert!(opened.get(path).await.location().starts_with("/sign-in"), "{path}: the cookie between opens nothing");
    }
    let code = shown(&secret, 0);
    let (done, _) = step(&app, &half, &code).await;
    assert_eq!(done.location(), "/");
    let inside = Browser { app: &app, cookie: format!("abide={}", done.cookie("abide").unwrap()) };
    assert_eq!(inside.get("/me").await.status, StatusCode::OK);
    let replayed = sign_in(&app, EMAIL, PASSWORD).await;
    assert_eq!(step(&app, &replayed, &code).await.0.status, StatusCode::UNPROCESSABLE_ENTITY, "used before");
    assert_eq!(step(&app, &replayed, &shown(&secret, 1)).await.0.location(), "/");
    assert_eq!(app.stranger().get("/sign-in/code").await.location(), "/sign-in", "nobody begins with the code");
}

#[tokio::test]
async fn a_recovery_code_lets_in_once_and_a_lost_device_is_the_owners_to_forgive() {
    let app = TestApp::new().await;
    let (ann, browser) = member(&app).await;
    let (_, codes) = switched_on(&app, &ann, &browser).await;
    let (done, _) = step(&app, &sign_in(&app, EMAIL, PASSWORD).await, &codes[3].to_uppercase()).await;
    assert_eq!(done.location(), "/me?done=recovered");
    let (again, _) = step(&app, &sign_in(&app, EMAIL, PASSWORD).await, &codes[3]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    let owner = app.owner().await;
    let members = owner.get("/a/blue-widgets/members").await.body;
    assert!(members.contains("second step") && members.contains("He lost his device"));
    let path = format!("/a/blue-widgets/members/{}/second-factor", ann.id);
    assert_eq!(browser.post(&path, &[]).await.status, StatusCode::FORBIDDEN, "no manager");
    assert_eq!(owner.post(&path, &[]).await.location(), "/a/blue-widgets/members?done=factor_reset");
    assert!(browser.get("/me").await.location().starts_with("/sign-in"), "he is signed out everywhere");
    assert!(sign_in(&app, EMAIL, PASSWORD).await.cookie("abide").is_some(), "the password is enough again");
}

#[tokio::test]
async fn switching_it_off_asks_for_password_and_code_and_a_new_password_does_not_go_round_it() {
    let app = TestApp::new().await;
    let (ann, browser) = member(&app).await;
    let (_, codes) = switched_on(&app, &ann, &browser).await;
    let off = "/me/second-factor/off";
    for (password, code) in [("wrong password here", codes[0].as_str()), (PASSWORD, "000000"), (PASSWORD, "")] {
        let refused = browser.post(off, &[("current", password), ("code", code)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let link = app.store.create_one_time_link(Some(ann.id), Timestamp::from_clock()).await.unwrap();
    let by_link = welcome(&app, &link.0, "another three words").await;
    assert!(by_link.location().starts_with("/sign-in/code") && by_link.cookie("abide").is_none());
    let (inside, _) = step(&app, &by_link, &codes[1]).await;
    let inside = Browser { app: &app, cookie: format!("abide={}", inside.cookie("abide").unwrap()) };
    let done = inside.post(off, &[("current", "another three words"), ("code", &codes[2])]).await;
    assert_eq!(done.location(), "/me?done=factor_off");
    assert!(sign_in(&app, EMAIL, "another three words").await.cookie("abide").is_some());
}
