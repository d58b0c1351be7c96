//! What is no notice, however much it looks like one: words quoted by strangers, lookalike domains, buyers,
//! ordinary mail; and notices that must not be taken for an opt-out or the other way round.

use model::notice::{Forwarded, MatchedBy, NoticeKind, Remark};
use rstest::rstest;

use crate::letter::{ALIAS, Letter, OPT_OUTS, ORDER, only};

#[rstest]
#[case("\"Amazon.it\" <auto-communication@amazon.com.evil.ru>")]
#[case("\"Amazon.it\" <auto-communication@amazon-notices.com>")]
#[case("\"Amazon.it\" <auto-communication@amaz0n.com>")]
#[case("\"Amazon.it\" <auto-communication@xn--mazon-3ve.com>")]
#[case("\"Amazon.it\" <auto-communication@аmazon.com>")]
#[case("\"Amazon.it\" <auto-communication@notamazon.com>")]
#[case("\"Amazon.it\" <auto-communication@mail.amazon.com>")]
#[case("\"Amazon.it\" <auto-communication@amazon.cn>")]
#[case("\"auto-communication@amazon.com\" <news@shop.example>")]
#[case("auto-communication@amazon.com <news@shop.example>")]
#[case("=?utf-8?B?YXV0by1jb21tdW5pY2F0aW9uQGFtYXpvbi5jb20=?= <news@shop.example>")]
#[case("=?utf-8?Q?=3Cauto-communication=40amazon.com=3E?= <news@shop.example>")]
#[case("<auto-communication@amazon.com> <news@shop.example>")]
#[case("news@shop.example (auto-communication@amazon.com)")]
#[case("auto-communication@amazon.com@shop.example")]
#[case("\"Amazon.it\" <auto-communication@amazon.com\u{200b}.evil.ru>")]
#[case("Amazon.it")]
#[case("")]
fn a_lookalike_with_exact_words_and_header_is_not_amazon(#[case] from: &str) {
    for notice in OPT_OUTS {
        let raw = notice.marked().header("From", from).write();
        let reading = only(&raw);
        assert_eq!(reading.kind, NoticeKind::NotAmazon, "{from}");
        assert_eq!(reading.matched_by, MatchedBy::None);
        assert_eq!((reading.alias, reading.marketplace), (None, None), "nothing but what a person may look up");
    }
}

#[rstest]
#[case("auto-communication@amazon.com, news@shop.example")]
#[case("news@shop.example, auto-communication@amazon.com")]
fn with_several_senders_words_are_held_at_most(#[case] from: &str) {
    for notice in OPT_OUTS {
        assert_eq!(only(&notice.marked().header("From", from).write()).matched_by, MatchedBy::Structure);
    }
    let doubled = [b"From: news@shop.example\r\n".to_vec(), OPT_OUTS[0].marked().write()].concat();
    assert_eq!(only(&doubled).matched_by, MatchedBy::Structure);
}

#[rstest]
#[case("x <abc12def34ghi56@marketplace.amazon.it>, auto-communication@amazon.com")]
#[case("auto-communication@amazon.com, x <abc12def34ghi56@marketplace.amazon.it>")]
fn a_buyer_among_several_senders_makes_it_a_buyer_s_message(#[case] from: &str) {
    for notice in OPT_OUTS {
        assert_eq!(only(&notice.marked().header("From", from).write()).kind, NoticeKind::BuyerMessage);
    }
}

#[test]
fn a_stranger_who_only_quotes_the_sentence_is_not_amazon() {
    for notice in OPT_OUTS {
        for text in [
            notice.sentence.to_owned(),
            format!("Sellers now get this from auto-communication@amazon.com:\n\n\"{}\"\n\nRead on.", notice.sentence),
            format!("Re: Amazon\n> {}\n\nI got this too. Mail amazon@shop.example", notice.sentence),
            format!("On Mon, 3 Sep 2018 at 10:11, Forum <digest@forum.example> wrote:\n> {}", notice.sentence),
            format!("Note: Amazon (auto-communication@amazon.com) writes so.\n{}", notice.sentence),
            format!(
                "From: Amazon.it <auto-communication@amazon.com.evil.ru>\nDate: 1 Jan 2026\nSubject: {}\nTo: x\n\n{}",
                notice.subject, notice.sentence
            ),
        ] {
            for letter in [
                Letter::new("Seller News <news@shop.example>", notice.subject).plain(text.clone()),
                Letter::new("Seller News <news@shop.example>", "News")
                    .html(text.replace('<', "&lt;").replace('\n', "<br>")),
            ] {
                let reading = only(&letter.write());
                assert_eq!(reading.kind, NoticeKind::NotAmazon, "{text}");
                assert_eq!(reading.forwarded, Forwarded::None);
            }
        }
    }
}

#[test]
fn under_a_lone_sender_line_or_from_a_list_it_is_held() {
    for notice in OPT_OUTS {
        let lone = format!("From: Amazon.it <auto-communication@amazon.com>\n\n{}", notice.text());
        let reading = only(&Letter::new("a@shop.example", "x").plain(lone).write());
        assert_eq!((reading.kind, reading.matched_by), (NoticeKind::OptOut, MatchedBy::Structure));
        let whole = format!(
            "From: Amazon.it <auto-communication@amazon.com>\nSubject: {}\n\n{}",
            notice.subject,
            notice.text()
        );
        let reading = only(&Letter::new("a@shop.example", "x").plain(whole).header("List-Id", "<l>").write());
        assert_eq!((reading.kind, reading.matched_by), (NoticeKind::OptOut, MatchedBy::Structure));
    }
}

#[test]
fn a_buyer_is_a_buyer_whatever_he_quotes() {
    for notice in OPT_OUTS {
        let letters = [
            notice.marked().header("From", &format!("Mario <{ALIAS}>")),
            notice
                .letter()
                .header("From", ALIAS)
                .header("Subject", &format!("Inquiry from Amazon customer Mario (Order: {ORDER})")),
            notice.marked().header("From", &format!("\"Amazon.it\" <{}>", ALIAS.to_uppercase())),
        ];
        for letter in letters {
            let reading = only(&letter.write());
            assert_eq!(reading.kind, NoticeKind::BuyerMessage);
            assert_eq!(reading.alias.unwrap().as_str(), ALIAS);
        }
        // Forwarded by hand.
        let text = format!("From: Mario <{ALIAS}>\nDate: 1 Jan 2026\nSubject: question\nTo: x\n\n{}", notice.text());
        let reading = only(&Letter::new("a@seller.example", "Fwd").plain(text).write());
        assert_eq!((reading.kind, reading.forwarded), (NoticeKind::BuyerMessage, Forwarded::Inline));
        // Forwarded by hand, and an Amazon header further up.
        let text = format!(
            "From: Amazon.it <auto-communication@amazon.com>\nSubject: x\n\nhello\n\nFrom: Mario <{ALIAS}>\nSubject: y\n\n{}",
            notice.text()
        );
        let reading = only(&Letter::new("a@seller.example", "Fwd").plain(text).write());
        assert_ne!(reading.kind, NoticeKind::OptOut);
    }
}

#[test]
fn what_a_buyer_attaches_says_nothing_either() {
    for notice in OPT_OUTS {
        let from = format!("\"Mario\" <{ALIAS}>");
        let message = Letter::new(&from, "Inquiry").plain("See the mail I attach.").attach(&notice.marked().write());
        let reading = only(&message.write());
        assert_eq!(reading.kind, NoticeKind::BuyerMessage);
        let carried = Letter::new("seller@shop.example", "Fwd").plain("x").attach(&message.write());
        assert_eq!(only(&carried.write()).kind, NoticeKind::BuyerMessage, "nor when the message is passed on");
    }
}

#[test]
fn a_message_that_amazon_passes_on_or_copies_is_no_opt_out() {
    for notice in OPT_OUTS {
        for (code, kind) in [
            ("BBC_MESSAGE_SENT_TO_MERCHANT", NoticeKind::BuyerMessage),
            ("BBC_MESSAGE_CONFIRMATION_TO_MERCHANT", NoticeKind::OwnMessageCopy),
        ] {
            let raw = notice
                .letter()
                .header("From", "donotreply@amazon.com")
                .header("X-Space-Notification-Type", code)
                .write();
            assert_eq!(only(&raw).kind, kind);
        }
        let raw =
            notice.letter().header("From", "donotreply@amazon.com").header("Subject", "Seu e-mail para Mário").write();
        let reading = only(&raw);
        assert_eq!((reading.kind, reading.matched_by), (NoticeKind::OwnMessageCopy, MatchedBy::Wording));
    }
}

#[test]
fn another_failure_to_deliver_is_no_opt_out() {
    let html = format!(
        "<p>Dear Seller,</p><p>We were unable to deliver the message you sent for order [{ORDER}] because the attachment is of a type that is not allowed.</p>"
    );
    let raw = Letter::new(OPT_OUTS[1].from, OPT_OUTS[1].subject).html(html).write();
    let reading = only(&raw);
    assert_eq!((reading.kind, reading.matched_by), (NoticeKind::UnrecognisedAmazon, MatchedBy::None));
    assert_eq!(reading.order_id().unwrap().as_str(), ORDER);
}

#[test]
fn amazons_own_talk_about_opting_out_is_no_opt_out() {
    let text = "News for sellers: some buyers have chosen to opt out of receiving unsolicited messages from sellers. If the buyer has chosen to opt out of receiving unsolicited messages from sellers, you will be told.";
    let reading = only(&Letter::new("seller-news@amazon.com", "News").plain(text).write());
    assert_eq!(reading.kind, NoticeKind::UnrecognisedAmazon);
}

#[test]
fn where_header_and_words_disagree_the_header_wins_and_it_is_remarked() {
    // Once the words won; but a return's notice carries the buyer's comment, which may quote anything.
    for notice in OPT_OUTS {
        for (code, kind) in [("REFUND_ISSUED", NoticeKind::Refund), ("RETURN_REQUEST", NoticeKind::ReturnRequest)] {
            let raw = notice.letter().header("X-Space-Notification-Type", code).write();
            let reading = only(&raw);
            assert_eq!((reading.kind, reading.matched_by), (kind, MatchedBy::Header));
            assert_eq!(reading.remarks, [Remark::HeaderAgainstWording]);
        }
    }
    let raw = Letter::new("donotreply@amazon.com", &format!("Refund initiated for order {ORDER}"))
        .plain("x")
        .header("X-Space-Notification-Type", "BUYER_OPTED_OUT_BSM_MESSAGES")
        .write();
    let reading = only(&raw);
    assert_eq!((reading.kind, reading.matched_by), (NoticeKind::OptOut, MatchedBy::Header));
    assert_eq!(reading.remarks, [Remark::HeaderAgainstWording]);
    let raw = OPT_OUTS[0].letter().header("X-Space-Notification-Type", "SOMETHING_NEW").write();
    let reading = only(&raw);
    assert_eq!((reading.kind, reading.matched_by), (NoticeKind::OptOut, MatchedBy::Wording));
    assert_eq!(reading.remarks, [Remark::UnknownTypeCode]);
}

#[test]
fn a_comment_in_another_notice_that_quotes_the_sentence_is_held_at_most() {
    for notice in OPT_OUTS {
        let comment =
            format!("Return request. Order ID: 403-1111111-2222222\nCustomer's Comment:\n{}", notice.sentence);
        for (from, subject) in [
            ("auto-communication@amazon.com", "Return authorization request for order # 403-1111111-2222222"),
            ("auto-communication@amazon.com", "Refund initiated for order 403-1111111-2222222"),
            ("auto-communication@amazon.com", "Claim received on order 403-1111111-2222222"),
            ("auto-communication@amazon.com", "Order cancellation request from Amazon customer"),
            ("donotreply@amazon.com", "Something new"),
            ("order-update@amazon.it", notice.subject),
        ] {
            let direct = Letter::new(from, subject).plain(comment.clone());
            assert_eq!(only(&direct.write()).matched_by, MatchedBy::Structure, "{from} {subject}");
        }
        let block = format!("From: Amazon <donotreply@amazon.com>\nDate: 1 Jan 2026\nSubject: x\nTo: y\n\n{comment}");
        let reading = only(&Letter::new("a@seller.example", "Fwd").plain(block).write());
        assert_eq!((reading.kind, reading.matched_by), (NoticeKind::OptOut, MatchedBy::Structure));
        let footer = format!("{}<a href='https://x/?nt=RETURN_REQUEST'>x</a>", notice.markup());
        assert_eq!(only(&Letter::new(notice.from, "x").html(footer).write()).matched_by, MatchedBy::Structure);
    }
}

#[test]
fn a_digest_of_amazons_own_that_quotes_the_sentence_is_no_opt_out() {
    for notice in OPT_OUTS {
        let from = "Amazon Seller Forums <sellerforums@amazon.com>";
        let quoted = format!("seller123 wrote:\n> Hello,\n> {}\n\nReply by email", notice.sentence);
        let by_quote = Letter::new(from, "[Seller Forums] Digest: opt-out").plain(quoted);
        let by_list = notice.letter().header("From", from).header("List-Id", "<forums.amazon.com>");
        for letter in [by_quote, by_list] {
            assert_eq!(only(&letter.write()).kind, NoticeKind::UnrecognisedAmazon);
        }
        // From Amazon's address for opt-outs a quote mark changes nothing: some gateways add them.
        let own = Letter::new(notice.from, notice.subject).plain(format!("> {}", notice.sentence));
        assert_eq!(only(&own.write()).matched_by, MatchedBy::Wording);
    }
}

#[rstest]
#[case(
    "atoz-guarantee-no-reply@amazon.it",
    "Richiesta di rimborso ricevuta per l’ordine 403-1111111-2222222",
    NoticeKind::ClaimOpened
)]
#[case("donotreply@amazon.com", "rimborso 169.01 EUR avviato - ordine 403-1111111-2222222", NoticeKind::Refund)]
#[case(
    "do-not-reply@amazon.com",
    "Amazon.co.jp - 返金処理開始のお知らせ：注文番号403-1111111-2222222",
    NoticeKind::Refund
)]
#[case("donotreply@amazon.de", "Gutschrift veranlasst zu Bestellung 403-1111111-2222222", NoticeKind::Refund)]
#[case(
    "order-update@amazon.com",
    "Return authorisation notification for order 403-1111111-2222222",
    NoticeKind::ReturnRequest
)]
#[case(
    "atoz-guarantee-no-reply@amazon.com",
    "Action required: Claim received on order 403-1111111-2222222",
    NoticeKind::ClaimOpened
)]
#[case(
    "cb-seller-query@amazon.com",
    "403-1111111-2222222, Amazon.com Chargeback Dispute Funding Decision",
    NoticeKind::ClaimDecided
)]
#[case(
    "auto-communication@amazon.co.jp",
    "注文番号403-1111111-2222222のキャンセルリクエスト",
    NoticeKind::CancellationRequest
)]
#[case("seller-notification@amazon.com", "Sold, ship now: 403-1111111-2222222", NoticeKind::OrderPlaced)]
fn other_notices_are_told_by_their_subject_direct_and_forwarded(
    #[case] from: &str,
    #[case] subject: &str,
    #[case] kind: NoticeKind,
) {
    let direct = Letter::new(from, subject)
        .html("<p>Feedback? Refund? See <a href='https://x/?o=111-1111111-1111111'>here</a></p>");
    let block = format!(
        "---------- Forwarded message ---------\nDa: Amazon <{from}>\nDate: 10 Sep 2026\nSubject: {subject}\nTo: x\n\nbody"
    );
    let reply = format!("On 28/10/2021 12:46, Amazon <{from}> wrote:\n> body");
    let inline = Letter::new("a@seller.example", &format!("Fwd: {subject}")).plain(block);
    let outlook = Letter::new("a@seller.example", &format!("RV: {subject}")).plain(reply);
    let mut sentences = Vec::new();
    for (letter, forwarded) in [(direct, Forwarded::None), (inline, Forwarded::Inline), (outlook, Forwarded::Inline)] {
        let reading = only(&letter.write());
        assert_eq!((reading.kind, reading.matched_by), (kind, MatchedBy::Wording), "{reading:?}");
        assert_eq!(reading.order_id().unwrap().as_str(), "403-1111111-2222222");
        assert_eq!(reading.forwarded, forwarded);
        sentences.push(reading.identity.sentence);
    }
    assert!(sentences.iter().all(|sentence| sentence.is_some() && *sentence == sentences[0]));
}

#[rstest]
#[case(
    "This message was not delivered because your account was temporarily restricted from sending proactive messages. For more information please check the email inbox.",
    NoticeKind::Restriction
)]
#[case(
    "This message was not sent as it did not meet the Buyer-Seller Messaging communication guidelines.",
    NoticeKind::ContentBlocked
)]
fn restrictions_and_blocked_content_are_told_by_their_sentence(#[case] text: &str, #[case] kind: NoticeKind) {
    let reading = only(&Letter::new("auto-communication@amazon.com", "x").plain(text).write());
    assert_eq!((reading.kind, reading.matched_by), (kind, MatchedBy::Wording));
}

#[test]
fn a_footer_link_tells_the_kind_where_the_header_was_lost() {
    let html = "<p>ordine 403-1111111-2222222</p><a href='https://sellercentral.amazon.it/x?nt=REFUND_ISSUED&amp;o=111-1111111-1111111'>x</a>";
    let reading = only(&Letter::new("donotreply@amazon.com", "x").html(html).write());
    assert_eq!((reading.kind, reading.matched_by), (NoticeKind::Refund, MatchedBy::Structure));
    assert_eq!(reading.order_id().unwrap().as_str(), "403-1111111-2222222");
}

#[test]
fn gmails_confirmation_and_bounces_are_named() {
    let raw = Letter::new("Gmail Team <forwarding-noreply@google.com>", "(#1) Gmail Forwarding Confirmation")
        .plain("x")
        .write();
    assert_eq!(only(&raw).kind, NoticeKind::ForwardingConfirmation);
    let report = "From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nfailed\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nStatus: 5.1.1\r\n\r\n--b--\r\n";
    assert_eq!(only(report.as_bytes()).kind, NoticeKind::DeliveryFailure);
}

/// A small generator of numbers, so that the thousand mails are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 40).unwrap() % sides
    }
}

#[test]
fn of_a_thousand_ordinary_mails_none_reports_anything() {
    let words = [
        "order",
        "refund",
        "Amazon",
        "message",
        "buyer",
        "delivery",
        "could",
        "not",
        "be",
        "delivered",
        "invoice",
        "[Important]",
        "feedback",
        "opt",
        "out",
        "unsolicited",
        "sellers",
        "406-7654321-1234567",
        "Il",
        "tuo",
        "messaggio",
        "注文",
        "l'ordine",
        "Versand",
        "https://www.amazon.de/x",
        "auto-communication@amazon.com",
        "restricted",
        "claim",
        "from",
        "2026",
    ];
    let mut dice = Dice(7);
    for number in 0..1_000 {
        let mut text = String::new();
        for _ in 0..dice.roll(200) {
            text.push_str(words[dice.roll(words.len())]);
            text.push(if dice.roll(9) == 0 { '\n' } else { ' ' });
        }
        let from = ["shop@example.com", "Amazon <newsletter@example.org>", "a@amazon.example"][dice.roll(3)];
        let letter = Letter::new(from, words[dice.roll(words.len())]);
        let letter = if dice.roll(2) == 0 { letter.plain(text) } else { letter.html(text.replace('\n', "<br>")) };
        let reading = only(&letter.write());
        assert_eq!(reading.kind, NoticeKind::NotAmazon, "{number}: {letter:?}");
    }
}

#[test]
fn a_quoted_name_that_looks_like_amazons_address_is_only_a_name() {
    for notice in OPT_OUTS {
        for from in [
            "auto-communication@amazon.com <news@evil.example>",
            "\"auto-communication@amazon.com\" [mailto:news@evil.example]",
        ] {
            let text = format!("From: {from}\nDate: 1 Jan 2026\nSubject: x\nTo: y\n\n{}", notice.text());
            assert_eq!(only(&Letter::new("a@seller.example", "Fwd").plain(text).write()).kind, NoticeKind::NotAmazon);
        }
    }
}

#[test]
fn quoted_from_memory_without_a_time_it_is_held() {
    for notice in OPT_OUTS {
        let text = format!("On 3 Sep 2018 Amazon <auto-communication@amazon.com> wrote:\n{}", notice.text());
        let reading = only(&Letter::new("a@shop.example", "x").plain(text).write());
        assert_eq!((reading.kind, reading.matched_by), (NoticeKind::OptOut, MatchedBy::Structure));
    }
}
