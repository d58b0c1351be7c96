//! The same notice by every way it can come: each must give the same kind, order, buyer and store, and say how
//! it came and on what evidence.

use model::Marketplace;
use model::notice::{Forwarded, MatchedBy, NoticeKind, Reading, Remark};
use rstest::rstest;

use crate::letter::{ALIAS, Letter, Notice, OPT_OUTS, ORDER, Transfer, only};

pub const SELLER: &str = "Anna Bianchi <anna@seller.example>";

pub fn is_the_opt_out(reading: &Reading, notice: &Notice, forwarded: Forwarded, matched_by: MatchedBy) {
    let told = format!("{}: {reading:#?}", notice.language);
    assert_eq!(reading.kind, NoticeKind::OptOut, "{told}");
    assert_eq!(reading.order_id().map(|id| id.to_string()).as_deref(), Some(ORDER), "{told}");
    assert_eq!(reading.alias.as_ref().map(model::Alias::as_str), Some(ALIAS), "{told}");
    assert_eq!(reading.marketplace, Some(Marketplace::It), "{told}");
    assert_eq!(reading.language.unwrap().as_str(), notice.language, "{told}");
    assert_eq!(reading.forwarded, forwarded, "{told}");
    assert_eq!(reading.matched_by, matched_by, "{told}");
}

/// The lines Gmail sets above a mail forwarded by hand.
pub fn gmail_block(notice: &Notice) -> String {
    format!(
        "---------- Forwarded message ---------\nFrom: Amazon.it <auto-communication@amazon.com>\nDate: Thu, Sep 10, 2026 at 2:04 AM\nSubject: {}\nTo: <seller@example.com>\n\n",
        notice.subject
    )
}

#[test]
fn as_amazon_sends_it_the_header_decides() {
    for notice in OPT_OUTS {
        let reading = only(&notice.marked().write());
        is_the_opt_out(&reading, notice, Forwarded::None, MatchedBy::Header);
        assert_eq!(reading.identity.message_id.as_deref(), Some("0102-000@eu-west-1.amazonses.com"));
        assert_eq!(reading.identity.date.unwrap().to_string(), "2026-09-10");
        assert!(reading.remarks.is_empty(), "{:?}", reading.remarks);
    }
}

#[test]
fn without_its_header_the_wording_decides() {
    for notice in OPT_OUTS {
        is_the_opt_out(&only(&notice.letter().write()), notice, Forwarded::None, MatchedBy::Wording);
    }
}

#[rstest]
#[case("X-Forwarded-For", "seller@gmail.com box@abide.example")]
#[case("X-Forwarded-To", "box@abide.example")]
#[case("X-Forwarded-Encrypted", "i=1; AJvYcCX")]
#[case("Resent-From", "seller@example.com")]
#[case("Resent-To", "box@abide.example")]
#[case("Return-Path", "<seller+caf_=box=abide.example@gmail.com>")]
#[case("Return-Path", "<SRS0=abcd=ef=amazon.com=auto-communication@seller.example>")]
#[case("ARC-Seal", "i=2; a=rsa-sha256; d=google.com; cv=pass; b=x")]
#[case("X-MS-Exchange-Inbox-Rules-Loop", "seller@example.com")]
fn forwarded_by_a_rule_it_says_so(#[case] name: &str, #[case] value: &str) {
    for notice in OPT_OUTS {
        let raw = notice.marked().header(name, value).write();
        is_the_opt_out(&only(&raw), notice, Forwarded::Auto, MatchedBy::Header);
    }
}

#[test]
fn delivered_to_one_address_after_another_it_was_forwarded_by_a_rule() {
    let notice = &OPT_OUTS[0];
    let once = notice.marked().header("Delivered-To", "seller@example.com");
    is_the_opt_out(&only(&once.clone().write()), notice, Forwarded::None, MatchedBy::Header);
    let twice = once.header("Delivered-To", "box@abide.example");
    is_the_opt_out(&only(&twice.write()), notice, Forwarded::Auto, MatchedBy::Header);
}

#[test]
fn through_a_group_that_replaces_the_sender_it_is_held() {
    for notice in OPT_OUTS {
        let raw = notice
            .marked()
            .header("From", "\"'Amazon.it' via Sales\" <sales@seller.example>")
            .header("X-Original-From", "\"Amazon.it\" <auto-communication@amazon.com>")
            .header("List-Id", "<sales.seller.example>")
            .write();
        is_the_opt_out(&only(&raw), notice, Forwarded::Auto, MatchedBy::Structure);
    }
}

#[test]
fn attached_mails_are_read_each_for_itself() {
    for notice in OPT_OUTS {
        let first = notice.marked().write();
        let second = Letter::new(
            "\"Atoz\" <atoz-guarantee-no-reply@amazon.it>",
            "Richiesta di rimborso ricevuta per l’ordine 403-1111111-2222222",
        )
        .plain("...")
        .write();
        let plain = Letter::new("friend@example.org", "lunch").plain("at one?").write();
        let raw =
            Letter::new(SELLER, "Fwd: 3").plain("see attached").attach(&first).attach(&plain).attach(&second).write();
        let readings = notice::read(&raw).readings;
        assert_eq!(readings.len(), 2, "{readings:#?}");
        assert_eq!((readings[0].part, readings[1].part), (1, 3));
        is_the_opt_out(&readings[0], notice, Forwarded::Attached, MatchedBy::Header);
        assert_eq!(readings[0].identity.message_id.as_deref(), Some("0102-000@eu-west-1.amazonses.com"));
        assert_eq!(readings[1].kind, NoticeKind::ClaimOpened);
        assert_eq!(readings[1].order_id().unwrap().as_str(), "403-1111111-2222222");
        assert_eq!(readings[1].forwarded, Forwarded::Attached);
        assert_eq!(readings[1].matched_by, MatchedBy::Wording);
    }
}

#[rstest]
#[case("application/octet-stream; name=\"notice.eml\"", "base64")]
#[case("application/octet-stream", "base64")]
#[case("text/plain; name=\"notice.eml\"", "quoted-printable")]
#[case("message/rfc822", "base64")]
#[case("message/rfc822", "quoted-printable")]
#[case("message/rfc822; name=\"=?utf-8?Q?avviso.eml?=\"", "7bit")]
fn a_mail_attached_as_a_file_is_a_mail(#[case] kind: &str, #[case] encoding: &str) {
    for notice in OPT_OUTS {
        let inner = notice.marked().write();
        let content = match encoding {
            "base64" => crate::letter::base64(&inner),
            "quoted-printable" => crate::letter::quoted_printable(&inner, 60),
            _ => inner.clone(),
        };
        let file = if kind.contains("octet-stream") || kind.contains("text") {
            "; filename*=utf-8''not%C3%A9.eml"
        } else {
            ""
        };
        let mut part = format!("Content-Type: {kind}\r\nContent-Disposition: attachment{file}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n").into_bytes();
        part.extend(content);
        let raw = Letter::new(SELLER, "Fwd").plain("see file").part(part).write();
        let reading = only(&raw);
        is_the_opt_out(&reading, notice, Forwarded::Attached, MatchedBy::Header);
        assert_eq!(reading.part, 1);
    }
}

#[test]
fn an_attached_mail_with_the_notice_quoted_in_it_is_read() {
    for notice in OPT_OUTS {
        let inner =
            Letter::new("berta@seller.example", "Fwd").plain(format!("{}{}", gmail_block(notice), notice.text()));
        let raw = Letter::new(SELLER, "Fwd: Fwd").plain("and so on").attach(&inner.write()).write();
        let middle = Letter::new(SELLER, "Fwd: Fwd: Fwd").attach(&raw).write();
        for (raw, part) in [(raw, 1), (middle, 2)] {
            let reading = only(&raw);
            assert_eq!(reading.part, part);
            is_the_opt_out(&reading, notice, Forwarded::Attached, MatchedBy::Wording);
            assert_eq!(reading.identity.message_id, None);
        }
    }
}

#[test]
fn every_charset_and_transfer_encoding_reads_the_same() {
    for notice in OPT_OUTS {
        let mut charsets = vec!["utf-8", "utf-16le", "utf-16be", "utf-16", notice.charset];
        if notice.language == "ja" {
            charsets.extend(["shift_jis", "windows-31j", "euc-jp", "iso-2022-jp"]);
        }
        for charset in charsets {
            for transfer in [Transfer::QuotedPrintable, Transfer::Base64, Transfer::Plain] {
                if transfer != Transfer::Base64 && charset.starts_with("utf-16") {
                    continue;
                }
                // The true label, none, and some wrong ones.
                for label in [charset, "", "utf-8", "us-ascii", "iso-8859-1", "x-unknown"] {
                    let raw = notice.letter().charset(charset).label(label).transfer(transfer).write();
                    let reading = only(&raw);
                    assert_eq!(
                        reading.kind,
                        NoticeKind::OptOut,
                        "{charset} as {label} by {transfer:?}: {}",
                        notice.language
                    );
                    is_the_opt_out(&reading, notice, Forwarded::None, MatchedBy::Wording);
                }
            }
        }
    }
}

#[test]
fn every_line_end_reads_the_same_and_a_mixture_is_remarked() {
    for notice in OPT_OUTS {
        for ends in ["\r\n", "\n", "\r", "\r\r\n"] {
            let reading = only(&notice.marked().ends(ends).write());
            is_the_opt_out(&reading, notice, Forwarded::None, MatchedBy::Header);
            assert_eq!(reading.remarks.is_empty(), ends != "\r\r\n");
            let inner = notice.marked().ends(ends).write();
            let raw = Letter::new(SELLER, "Fwd").plain("x").attach(&inner).write();
            is_the_opt_out(&only(&raw), notice, Forwarded::Attached, MatchedBy::Header);
        }
        let mut mixed = notice.marked().write();
        mixed.extend_from_slice(b"\nend");
        assert_eq!(only(&mixed).remarks, [Remark::MixedLineEnds]);
    }
}

#[rstest]
#[case("&#39;", "&#x27;")]
#[case("'", "’")]
#[case("'", "ʼ")]
#[case(" ", "\u{a0}")]
#[case(" ", "&nbsp;")]
#[case(" ", " \u{200b}")]
#[case(" ", "\u{202f}\u{2009}")]
#[case(" ", "\n        \t")]
#[case(" ", "</span> <span style='x>y'>")]
#[case("e", "e\u{ad}")]
#[case("e", "<wbr>e")]
#[case("e", "<b>e</b>")]
#[case("a", "&#97;")]
#[case("o", "<!-- > -->o")]
#[case("r", "\u{feff}r")]
#[case("-", "\u{2011}")]
#[case("-", "&#8209;")]
#[case("-", "-<wbr>")]
#[case("7", "\u{ff17}")]
fn marked_up_and_odd_signs_change_nothing(#[case] plain: &str, #[case] odd: &str) {
    for notice in OPT_OUTS {
        let sentence = notice.sentence.replace(plain, odd);
        let html = format!("<html><body><p>{sentence}</p><a href='mailto:{ALIAS}'>x</a></body></html>");
        let raw = Letter::new(notice.from, notice.subject).html(html).write();
        is_the_opt_out(&only(&raw), notice, Forwarded::None, MatchedBy::Wording);
    }
}

#[test]
fn soft_breaks_anywhere_change_nothing() {
    for notice in OPT_OUTS {
        for width in 5..40 {
            let body = crate::letter::quoted_printable(notice.markup().as_bytes(), width);
            let mut raw = format!("From: {}\r\nSubject: x\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", notice.from).into_bytes();
            raw.extend(body);
            is_the_opt_out(&only(&raw), notice, Forwarded::None, MatchedBy::Wording);
        }
    }
}

#[test]
fn the_same_notice_by_any_route_has_the_same_sentence_and_another_has_not() {
    for notice in OPT_OUTS {
        let direct = only(&notice.marked().write()).identity;
        let text = format!("{}{}", gmail_block(notice), notice.text());
        let quoted = text.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n");
        let routes = [
            only(&notice.letter().charset("utf-16").transfer(Transfer::Base64).write()),
            only(&Letter::new(SELLER, "Fwd").plain(text).write()),
            only(&Letter::new(SELLER, "Fwd").plain(quoted).write()),
            only(&Letter::new(SELLER, "Fwd").attach(&notice.marked().write()).write()),
        ];
        for reading in routes {
            assert_eq!(reading.identity.sentence, direct.sentence, "{}", notice.language);
            assert_eq!(reading.identity.date, direct.date, "{}", notice.language);
        }
        let other = notice.sentence.replace(ORDER, "406-7654321-1234568");
        let other = only(&Letter::new(notice.from, notice.subject).plain(other).write());
        assert_ne!(other.identity.sentence, direct.sentence);
    }
}

#[test]
fn several_orders_are_all_named_and_remarked() {
    for notice in OPT_OUTS {
        let both = notice.sentence.replace(ORDER, "406-7654321-1234567], [111-2222222-3333333");
        let reading = only(&Letter::new(notice.from, notice.subject).plain(both).write());
        assert_eq!(reading.kind, NoticeKind::OptOut, "{}", notice.language);
        assert_eq!(reading.order_ids.len(), 2, "{} {reading:?}", notice.language);
        assert_eq!(reading.order_id(), None);
        assert_eq!(reading.remarks, [Remark::SeveralOrders]);
    }
}

#[test]
fn several_aliases_are_none_and_remarked_but_their_common_store_stays() {
    let text = format!("{} {ALIAS} zzz99zzz99zzz99@marketplace.amazon.it", OPT_OUTS[1].sentence);
    let reading = only(&Letter::new("auto-communication@amazon.com", "x").plain(text).write());
    assert_eq!(reading.alias, None);
    assert_eq!(reading.marketplace, Some(Marketplace::It));
    assert_eq!(reading.remarks, [Remark::SeveralAliases]);
}

#[test]
fn a_store_comes_from_header_then_alias_then_name_then_domain() {
    let sentence = OPT_OUTS[1].sentence;
    let with_alias = format!("{sentence} {ALIAS}");
    let store = |from: &str, text: &str, id: Option<&str>| {
        let letter = Letter::new(from, "x").plain(text);
        let letter = match id {
            Some(id) => letter.header("X-Marketplace-ID", id),
            None => letter,
        };
        only(&letter.write()).marketplace
    };
    let com = "auto-communication@amazon.com";
    assert_eq!(store(com, &with_alias, Some("A1PA6795UKMFR9")), Some(Marketplace::De));
    assert_eq!(store("\"Amazon.fr\" <auto-communication@amazon.com>", &with_alias, None), Some(Marketplace::It));
    assert_eq!(store("\"Amazon.fr\" <auto-communication@amazon.com>", sentence, None), Some(Marketplace::Fr));
    assert_eq!(store("auto-communication@amazon.co.jp", sentence, None), Some(Marketplace::Jp));
    assert_eq!(store(com, sentence, None), None);
    assert_eq!(store(com, sentence, Some("NOBODY")), None);
}

#[test]
fn an_unknown_language_is_known_by_header_and_else_held_by_its_build() {
    let body = format!(
        "<p>Nie udało się dostarczyć wiadomości dla zamówienia [{ORDER}].</p><ul><li>a<li>b</ul><ul><li>c<li>d</ul><a href=\"mailto:{ALIAS}?subject=%5BWa%C5%BCne%5D\">x</a> <a href='https://amazon.it/222-2222222-2222222'>222</a>"
    );
    let letter = Letter::new("\"Amazon.pl\" <auto-communication@amazon.com>", "Wiadomość").html(body.clone());
    let held = only(&letter.clone().write());
    let sure = only(&letter.header("X-Space-Notification-Type", "BUYER_OPTED_OUT_BSM_MESSAGES").write());
    for reading in [&held, &sure] {
        assert_eq!(reading.kind, NoticeKind::OptOut);
        assert_eq!(reading.order_id().unwrap().as_str(), ORDER);
        assert_eq!(reading.language, None);
    }
    assert_eq!(held.matched_by, MatchedBy::Structure);
    assert_eq!(sure.matched_by, MatchedBy::Header);
    let html = format!("From: Amazon.pl &lt;auto-communication@amazon.com&gt;<br>Temat: Wiadomość<br>{body}");
    let inline = only(&Letter::new(SELLER, "Fwd").html(html).write());
    assert_eq!((inline.kind, inline.matched_by), (NoticeKind::OptOut, MatchedBy::Structure));
    assert_eq!(inline.order_id().unwrap().as_str(), ORDER);
    assert_eq!(inline.identity.sentence, held.identity.sentence);
}

#[test]
fn the_mails_own_date_is_told_as_an_instant() {
    let at = |date: &str| {
        notice::written_at(&Letter::new(SELLER, "x").header("Date", date).write()).map(|at| at.to_string())
    };
    assert_eq!(at("Thu, 10 Sep 2026 02:04:50 +0200").as_deref(), Some("2026-09-10T00:04:50Z"));
    assert_eq!(at("10 Sep 2026 00:04:50 GMT (UTC)").as_deref(), Some("2026-09-10T00:04:50Z"));
    assert_eq!(at("yesterday"), None);
    assert_eq!(at("Thu, 31 Feb 2026 02:04:50 +0200"), None);
}

#[test]
fn the_inbound_log_shows_subject_and_senders_domain() {
    let read = notice::read(&OPT_OUTS[3].marked().write());
    assert_eq!(read.subject.as_deref(), Some("購入者へのメッセージを送信できませんでした"));
    assert_eq!(read.from_domain.as_deref(), Some("amazon.com"));
    let long = notice::read(&Letter::new(SELLER, &"é".repeat(900)).plain("x").write());
    assert_eq!(long.subject.unwrap().chars().count(), 300);
}

#[test]
fn blank_lines_and_an_mbox_line_before_the_headers_are_borne() {
    let notice = &OPT_OUTS[0];
    for before in ["\r\n\r\n", "\n", "From auto-communication@amazon.com Thu Sep 10 00:04:50 2026\r\n", "\u{feff}"] {
        let raw = [before.as_bytes(), &notice.marked().write()].concat();
        let reading = only(&raw);
        assert_eq!((reading.kind, reading.matched_by), (NoticeKind::OptOut, MatchedBy::Header), "{before:?}");
        assert!(notice::written_at(&raw).is_some());
        let raw = Letter::new(SELLER, "Fwd").plain("x").attach(&raw).write();
        assert_eq!(only(&raw).kind, NoticeKind::OptOut, "{before:?}");
    }
}

#[test]
fn a_digest_of_mails_is_opened() {
    let parts: Vec<u8> = OPT_OUTS[..2]
        .iter()
        .flat_map(|notice| [b"--d\r\n\r\n".to_vec(), notice.marked().write(), b"\r\n".to_vec()].concat())
        .collect();
    let mut raw = b"From: a@seller.example\r\nContent-Type: multipart/digest; boundary=d\r\n\r\n".to_vec();
    raw.extend(parts);
    raw.extend_from_slice(b"--d--\r\n");
    let readings = notice::read(&raw).readings;
    assert_eq!(readings.iter().map(|reading| reading.part).collect::<Vec<_>>(), [1, 2]);
    assert!(readings.iter().all(|reading| reading.kind == NoticeKind::OptOut));
}
