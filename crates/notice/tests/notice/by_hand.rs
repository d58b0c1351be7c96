//! Notices forwarded by hand, as mail programs quote them in text and in HTML, in many languages; also the day
//! that a quoted header names.

use model::notice::{Forwarded, MatchedBy, NoticeKind};
use rstest::rstest;

use crate::letter::{Letter, OPT_OUTS, ORDER, only};
use crate::transports::{SELLER, gmail_block, is_the_opt_out};

#[test]
fn forwarded_by_hand_it_is_read_under_a_note_and_twice_over() {
    for notice in OPT_OUTS {
        let once = format!("{}{}", gmail_block(notice), notice.text());
        let noted = format!("Ciao, see below. Order 111-0000000-0000000 is another matter.\n\n{once}");
        let twice = format!(
            "---------- Forwarded message ---------\nFrom: Berta <berta@seller.example>\nDate: Fri, Sep 11, 2026 at 9:00 AM\nSubject: Fwd: {}\nTo: Anna\n\n\n{once}",
            notice.subject
        );
        let quoted = once.lines().map(|line| format!(">> {line}")).collect::<Vec<_>>().join("\n");
        for text in [once, noted, twice, quoted] {
            let fwd = Letter::new(SELLER, &format!("Fwd: {}", notice.subject)).plain(text);
            let by_postmaster = fwd.clone().header("From", "postmaster@seller.example");
            is_the_opt_out(&only(&by_postmaster.write()), notice, Forwarded::Inline, MatchedBy::Wording);
            let reading = only(&fwd.write());
            is_the_opt_out(&reading, notice, Forwarded::Inline, MatchedBy::Wording);
            assert_eq!(reading.identity.message_id, None);
            assert_eq!(reading.identity.date.unwrap().to_string(), "2026-09-10");
        }
    }
}

#[rstest]
#[case::apple(
    "<html><body>FYI<br><blockquote type=\"cite\"><div>Begin forwarded message:</div><br><div><span style=\"x\"><b>From: </b></span><span>Amazon.it &lt;<a href=\"mailto:auto-communication@amazon.com\">auto-communication@amazon.com</a>&gt;<br></span></div><div><span><b>Subject: </b></span><span><b>{subject}</b></span></div><div><b>Date: </b>10 September 2026 at 02:04:50 CEST</div><div><b>To: </b>seller@example.com</div><br>{body}</blockquote></body></html>"
)]
#[case::outlook(
    "<html><body><p class=MsoNormal><o:p>&nbsp;</o:p></p><div style='border-top:solid'><p class=MsoNormal><b><span>Von:</span></b><span> Amazon.it &lt;auto-communication@amazon.com&gt; <br><b>Gesendet:</b> Donnerstag, 10. September 2026 02:05<br><b>An:</b> seller@example.com<br><b>Betreff:</b> {subject}</span></p></div>{body}</body></html>"
)]
#[case::thunderbird(
    "<html><body><div class=\"moz-forward-container\">-------- Messaggio inoltrato --------<table class=\"moz-email-headers-table\"><tbody><tr><th nowrap valign=\"BASELINE\">Oggetto: </th><td>{subject}</td></tr><tr><th>Data: </th><td>Thu, 10 Sep 2026 00:04:50 +0000</td></tr><tr><th>Mittente: </th><td>Amazon.it <a class=\"x\" href=\"mailto:auto-communication@amazon.com\">&lt;auto-communication@amazon.com&gt;</a></td></tr><tr><th>A: </th><td>seller@example.com</td></tr></tbody></table><br><br>{body}</div></body></html>"
)]
#[case::gmail(
    "<div dir=\"ltr\"><div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">---------- Forwarded message ---------<br>Da: <strong class=\"gmail_sendername\" dir=\"auto\">Amazon.it</strong> <span dir=\"auto\">&lt;<a href=\"mailto:auto-communication@amazon.com\">auto-communication@amazon.com</a>&gt;</span><br>Date: gio 10 set 2026 alle ore 02:04<br>Subject: {subject}<br>To:  &lt;<a href=\"mailto:seller@example.com\">seller@example.com</a>&gt;<br></div><br><br>{body}</div></div>"
)]
#[case::outlook_mac_ja(
    "<html><body><b>差出人： </b>Amazon.it &lt;auto-communication@amazon.com&gt;<br><b>日付： </b>2026年9月10日 木曜日 9:04<br><b>宛先： </b>seller@example.com<br><b>件名： </b>{subject}<br><br>{body}</body></html>"
)]
#[case::arabic(
    "<html dir=rtl><body><div>من: \u{200f}Amazon.it \u{200e}&lt;auto-communication@amazon.com&gt;<br>التاريخ: 2026-09-10<br>إلى: seller@example.com<br>الموضوع: {subject}</div>{body}</body></html>"
)]
#[case::reply(
    "<html><body><div>ok</div><div>Il giorno gio 10 set 2026 alle ore 02:04 Amazon.it &lt;<a href=\"mailto:auto-communication@amazon.com\">auto-communication@amazon.com</a>&gt; ha scritto:<br></div><blockquote>{body}</blockquote></body></html>"
)]
fn mail_programs_quote_it_in_html_of_their_own(#[case] frame: &str) {
    for notice in OPT_OUTS {
        let inner = notice.markup();
        let html = frame.replace("{subject}", notice.subject).replace("{body}", &inner);
        let raw = Letter::new(SELLER, &format!("I: {}", notice.subject)).html(html).write();
        let reading = only(&raw);
        is_the_opt_out(&reading, notice, Forwarded::Inline, MatchedBy::Wording);
        assert_eq!(reading.identity.date.unwrap().to_string(), "2026-09-10");
    }
}

#[test]
fn a_quoted_name_without_address_is_held() {
    for notice in OPT_OUTS {
        let text = format!(
            "Von: Amazon.it\nGesendet: Donnerstag, 10. September 2026 02:05\nAn: Anna\nBetreff: {}\n\n{}",
            notice.subject,
            notice.text()
        );
        let raw = Letter::new(SELLER, "WG: x").plain(text).write();
        is_the_opt_out(&only(&raw), notice, Forwarded::Inline, MatchedBy::Structure);
    }
}

#[rstest]
#[case::em_client(
    "------ Messaggio inoltrato ------\nDa \"Amazon.it\" <auto-communication@amazon.com>\nA seller@example.com\nData 10/09/2026 02:04:50\nOggetto {subject}\n\n{body}"
)]
#[case::netease(
    "---- Forwarded Message ----\n| From | Amazon.it<auto-communication@amazon.com> |\n| Date | 09/10/2026 02:04 |\n| To | seller@example.com |\n| Subject | {subject} |\n\n{body}"
)]
#[case::qq(
    "------------------ 原始邮件 ------------------\n发件人: \"Amazon.it\";<auto-communication@amazon.com>;\n发送时间: 2026年9月10日(星期四) 上午2:04\n收件人: \"seller\"<seller@example.com>;\n主题: {subject}\n\n{body}"
)]
#[case::samsung(
    "-------- Messaggio originale --------\nDa: \"Amazon.it\" <auto-communication@amazon.com> \nData: 10/09/26  02:04  (GMT+01:00) \nA: seller@example.com \nOggetto: {subject} \n\n{body}"
)]
#[case::mutt(
    "----- Forwarded message from \"Amazon.it\" <auto-communication@amazon.com> -----\n\nDate: Thu, 10 Sep 2026 00:04:50 +0000\nFrom: \"Amazon.it\" <auto-communication@amazon.com>\nTo: seller@example.com\nSubject: {subject}\n\n{body}\n\n----- End forwarded message -----"
)]
#[case::outlook_ios(
    "Get Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\nDa: Amazon.it <auto-communication@amazon.com>\nInviato: giovedì 10 settembre 2026 02:04\nA: seller@example.com <seller@example.com>\nOggetto: {subject}\n\n{body}"
)]
#[case::bold(
    "*Da:* Amazon.it <auto-communication@amazon.com>\n*Inviato:* giovedì 10 settembre 2026 02:04\n*A:* seller@example.com\n*Oggetto:* {subject}\n\n{body}"
)]
#[case::wrapped_labels(
    "From:\nAmazon.it <auto-communication@amazon.com>\nDate:\nThu, 10 Sep 2026 00:04:50 +0000\nTo:\nseller@example.com\nSubject:\n{subject}\n\n{body}"
)]
#[case::bars(
    "| Von: Amazon.it <auto-communication@amazon.com>\n| Gesendet: 10. September 2026 02:04\n| An: seller\n| Betreff: {subject}\n|\n| {body}"
)]
#[case::zoho(
    "============ Forwarded message ============\nFrom: Amazon.it <auto-communication@amazon.com>\nTo: <seller@example.com>\nDate: Thu, 10 Sep 2026 02:04:50 +0200\nSubject: {subject}\n============ Forwarded message ============\n\n{body}"
)]
#[case::samsung_de("Am 10.09.2026 um 02:04 schrieb \"Amazon.it\" <auto-communication@amazon.com>:\n\n{body}")]
fn other_mail_programs_quote_it_in_plain_text(#[case] frame: &str) {
    for notice in OPT_OUTS {
        let text = frame.replace("{subject}", notice.subject).replace("{body}", &notice.text());
        let reading = only(&Letter::new(SELLER, "I: x").plain(text).write());
        is_the_opt_out(&reading, notice, Forwarded::Inline, MatchedBy::Wording);
    }
}

#[test]
fn link_targets_and_bold_marks_within_the_sentence_change_nothing() {
    for notice in OPT_OUTS {
        let direct = only(&notice.letter().write());
        for id in [
            format!("{ORDER}<https://sellercentral.amazon.it/orders/{ORDER}?x=999-9999999-9999999>"),
            format!("*{ORDER}*"),
            format!("{ORDER} <https://sellercentral.amazon.it/o/111-1111111-1111111>"),
            "406-\n> 7654321-1234567".to_owned(),
            "406-7654321-\n> 1234567".to_owned(),
        ] {
            let text = format!("{}{}", gmail_block(notice), notice.text().replace(ORDER, &id));
            let quoted =
                text.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n").replace("> > ", "> ");
            let reading = only(&Letter::new(SELLER, "Fwd").plain(quoted).write());
            is_the_opt_out(&reading, notice, Forwarded::Inline, MatchedBy::Wording);
            assert_eq!(reading.identity.sentence, direct.identity.sentence);
        }
    }
}

#[rstest]
#[case("28/10/2021 12:46", Some("2021-10-28"))]
#[case("Wed, Oct 27, 2021 at 9:31 AM", Some("2021-10-27"))]
#[case("Mi., 27. Okt. 2021 um 09:31", Some("2021-10-27"))]
#[case("2021年10月27日(水) 9:31", Some("2021-10-27"))]
#[case("27 de outubro de 2021, 09:31", Some("2021-10-27"))]
#[case("2021-10-27 09:31", Some("2021-10-27"))]
#[case("17 août 2022 à 09:06", Some("2022-08-17"))]
#[case("Tuesday, November 2, 2021, 03:01:36 PM GMT+1", Some("2021-11-02"))]
#[case("03/11/2021 15:51", None)]
#[case("11/11/2021 15:51", Some("2021-11-11"))]
#[case("31 February 2021 15:51", None)]
fn a_quoted_day_is_read_where_it_can_be_read_one_way_only(#[case] date: &str, #[case] expected: Option<&str>) {
    let text = format!("On {date}, Amazon <auto-communication@amazon.com> wrote:\n> {}", OPT_OUTS[1].text());
    let reading = only(&Letter::new(SELLER, "Fwd").plain(text).write());
    assert_eq!(reading.kind, NoticeKind::OptOut);
    assert_eq!(reading.identity.date.map(|day| day.to_string()).as_deref(), expected);
}
