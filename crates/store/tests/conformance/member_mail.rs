//! Mail to members: whom it goes to is read from the member and from nowhere else, no relay address and no buyer's
//! passes, the same mail goes once, trying ends, and texts do not stay.

use model::member::{Actor, LinkToken, Role};
use model::{AccountId, Alert, MemberId, MemberMailText, Span};
use store::{AlertsMailed, MEMBER_MAIL_TRIES, MEMBER_MAILS_A_DAY, MemberMailEnd, Store};

use crate::stage::{Letter, NOW, Stage, now};
use crate::{Ground, on_both};

pub const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA";

pub async fn member(store: &Store, account: AccountId, email: &str, role: Role) -> MemberId {
    let added = store.add_member(account, email, role, Actor::Operator, NOW).await.unwrap();
    if let Some(LinkToken(token)) = added.link {
        store.set_password_by_link(&token, HASH.into(), NOW).await.unwrap();
    }
    added.member.id
}

fn told(_: Option<&model::Account>, alerts: &[Alert]) -> MemberMailText {
    let details: Vec<&str> = alerts.iter().map(|alert| alert.detail.as_str()).collect();
    MemberMailText { subject: format!("{} alerts", alerts.len()), text: details.join(" ") }
}

async fn queued(stage: &Stage, days: i64) -> u32 {
    let mut queued = 0;
    while let AlertsMailed::Queued(more) =
        stage.store.mail_alerts(Span::micros(0), NOW.plus(Span::days(days)), told).await.unwrap()
    {
        queued += more;
    }
    queued
}

/// A mail that alerts: it looks like an opt-out, and its words are not known.
async fn alarm(stage: &Stage, number: u32, days: i64) {
    let letter = Letter::opt_out(number).by_structure().numbered(&format!("{number}@amazonses.com"));
    stage.receive(&Letter { sentence: None, received_at: NOW.plus(Span::days(days)), ..letter }).await;
}

async fn claimed(stage: &Stage) -> Vec<store::ClaimedMemberMail> {
    let mut found = Vec::new();
    while let Some(mail) = stage.store.claim_member_mail().await.unwrap() {
        found.push(mail);
    }
    found
}

on_both! {
    async fn alerts_are_gathered_into_one_mail_to_owners_and_managers_once_a_day_and_kind(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let account = stage.account.id;
        for (email, role) in [("o@x.example", Role::Owner), ("m@x.example", Role::Manager), ("a@x.example", Role::Agent)] {
            member(&stage.store, account, email, role).await;
        }
        // He has set no password: nobody has shown that he is there.
        stage.store.add_member(account, "new@x.example", Role::Owner, Actor::Operator, NOW).await.unwrap();
        alarm(&stage, 1, 0).await;
        alarm(&stage, 2, 0).await;
        assert_eq!(stage.store.mail_alerts(Span::minutes(5), NOW, told).await.unwrap(), AlertsMailed::NoneDue);
        assert_eq!(queued(&stage, 0).await, 2);
        let mails = claimed(&stage).await;
        let mut to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
        to.sort_unstable();
        assert_eq!(to, ["m@x.example", "o@x.example"]);
        assert!(mails.iter().all(|mail| mail.text.subject == "2 alerts"));
        // Another alert of the kind waits for the next day; one that was seen is told of no more.
        alarm(&stage, 3, 0).await;
        alarm(&stage, 4, 0).await;
        assert_eq!(queued(&stage, 0).await, 0);
        let seen = stage.store.unseen_alerts(account, 1).await.unwrap().remove(0);
        stage.store.mark_seen(account, seen.id, NOW).await.unwrap();
        assert_eq!(queued(&stage, 1).await, 2);
        assert!(claimed(&stage).await.iter().all(|mail| mail.text.subject == "1 alerts"));
        assert_eq!(queued(&stage, 1).await, 0);
    }

    async fn without_such_members_operators_are_told_and_without_anybody_nothing_is_queued(ground: Ground) {
        let stage = Stage::on(&ground).await;
        alarm(&stage, 1, 0).await;
        assert_eq!(queued(&stage, 0).await, 0);
        assert_eq!(queued(&stage, 1).await, 0, "nothing waits for ever");
        stage.store.add_operator("olga@x.example", HASH.into(), NOW).await.unwrap();
        alarm(&stage, 2, 0).await;
        assert_eq!(queued(&stage, 0).await, 1);
        assert_eq!(claimed(&stage).await[0].to.as_str(), "olga@x.example");
    }

    async fn no_mail_goes_to_a_relay_address_or_a_known_buyer_however_it_got_among_the_members(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let account = stage.account.id;
        let relays = ["abc@marketplace.amazon.com.", "abc%marketplace.amazon.com@relay.example", "abc@m.amazon.de"];
        for relay in relays {
            member(&stage.store, account, relay, Role::Owner).await;
        }
        let buyer = "buyer@shop.example";
        member(&stage.store, account, buyer, Role::Owner).await;
        let hash = stage.store.keys().hash("buyer", &[account.as_bytes(), buyer.as_bytes()]).unwrap();
        let (account_hex, hash) = (hex(account.as_bytes()), hex(&hash));
        ground.by_hand(
            &format!("INSERT INTO buyer (account_id, buyer_hash, names, shared) VALUES (x'{account_hex}', x'{hash}', 1, 0)"),
            &format!(
                "INSERT INTO buyer (account_id, buyer_hash, names, shared) VALUES ('\\x{account_hex}', '\\x{hash}', 1, 0)"
            ),
        );
        member(&stage.store, account, "fine@x.example", Role::Owner).await;
        alarm(&stage, 1, 0).await;
        assert_eq!(queued(&stage, 0).await, 5);
        let mails = claimed(&stage).await;
        assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["fine@x.example"]);
        let mut reasons = ground.texts("SELECT reason FROM member_mail WHERE state = 'refused'");
        reasons.sort();
        assert_eq!(reasons, ["known_buyer", "relay_address", "relay_address", "relay_address"]);
        assert_eq!(ground.number("SELECT COUNT(*) FROM member_mail WHERE state = 'refused' AND text_sealed IS NOT NULL"), 0);
    }

    async fn a_mail_is_tried_a_bounded_number_of_times_and_leaves_no_text_behind(ground: Ground) {
        let stage = Stage::on(&ground).await;
        member(&stage.store, stage.account.id, "o@x.example", Role::Owner).await;
        alarm(&stage, 1, 0).await;
        assert_eq!(queued(&stage, 0).await, 1);
        for attempt in 1..=MEMBER_MAIL_TRIES {
            let mail = stage.store.claim_member_mail().await.unwrap().unwrap();
            assert_eq!(mail.attempt, attempt);
            assert!(stage.store.claim_member_mail().await.unwrap().is_none(), "one node has it");
            stage.store.finish_member_mail(&mail, MemberMailEnd::Later(Span::micros(0)), NOW).await.unwrap();
            // What its lease was lost over changes nothing any more.
            stage.store.finish_member_mail(&mail, MemberMailEnd::Sent, NOW).await.unwrap();
        }
        assert!(!stage.store.has_member_mail_due().await.unwrap());
        assert_eq!(ground.texts("SELECT state FROM member_mail"), ["failed"]);
        assert_eq!(ground.number("SELECT COUNT(*) FROM member_mail WHERE text_sealed IS NOT NULL OR subject_sealed IS NOT NULL"), 0);
        assert_eq!(stage.store.purge(now(), 10).await.unwrap().member_mails, 0);
        let later = model::Clock::real(NOW.plus(Span::days(31)));
        assert_eq!(stage.store.purge(later, 10).await.unwrap().member_mails, 1);
    }

    async fn a_member_gets_so_many_mails_a_day_and_no_more_and_a_removed_one_gets_none(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let owner = member(&stage.store, stage.account.id, "o@x.example", Role::Owner).await;
        for number in 0..=MEMBER_MAILS_A_DAY {
            alarm(&stage, number + 1, 0).await;
            // As if each were of a kind of its own.
            queued(&stage, 0).await;
            ground.by_hand_alike("UPDATE alert SET mailed_at = 1 WHERE mailed_at IS NOT NULL");
        }
        assert_eq!(ground.number("SELECT COUNT(*) FROM member_mail"), i64::from(MEMBER_MAILS_A_DAY));
        assert_eq!(queued(&stage, 1).await, 1, "what was too much for one day is told the next");
        stage.store.remove_member(stage.account.id, owner, Actor::Operator, NOW).await.unwrap();
        assert_eq!(claimed(&stage).await.len(), 0);
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}
