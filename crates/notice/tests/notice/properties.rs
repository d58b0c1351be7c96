//! Properties over made-up mails: no bytes make it panic, and no wrapping changes what a notice says.

use model::notice::NoticeKind;
use proptest::prelude::*;

use crate::letter::{ALIAS, Letter, Notice, OPT_OUTS, Transfer, only};

/// Pieces that mails are made of, so that made-up bytes reach deep.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::sample::select(vec![
            "From: ",
            "Subject: ",
            "\r\n",
            "\n",
            "\r",
            "\r\n\r\n",
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n",
            "--b\r\n",
            "--b--\r\n",
            "Content-Type: message/rfc822\r\n\r\n",
            "Content-Type: text/html; charset=shift_jis\r\n\r\n",
            "Content-Transfer-Encoding: base64\r\n",
            "Content-Transfer-Encoding: quoted-printable\r\n",
            "auto-communication@amazon.com",
            "<",
            ">",
            "&#x27;",
            "&eacute;",
            "=?utf-8?B?",
            "?=",
            "[406-7654321-1234567]",
            "406-7654321-1234567",
            "@marketplace.amazon.it",
            "because the buyer has chosen to opt out of receiving unsolicited messages from sellers",
            "On 28/10/2021 12:46, X <a@amazon.com> wrote:",
            "> ",
            "Date: Thu, 10 Sep 2026 00:04:50 +0000\r\n",
            "\u{200b}",
            "é",
            "購入者",
            "=\r\n",
            "<a href=\"mailto:",
            "filename*0*=utf-8''a",
            "; name=\"x.eml\"",
            "X-Space-Notification-Type: REFUND_ISSUED\r\n",
            "\x1b$B",
            "{",
            "http://",
            "&",
            ";",
            "'",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ]
}

fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        if column + word.chars().count() > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
        }
        column += word.chars().count() + 1;
        out.push_str(word);
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_make_it_panic(pieces in prop::collection::vec(piece(), 0..60)) {
        let raw = pieces.concat();
        let read = notice::read(&raw);
        prop_assert!(!read.readings.is_empty());
        let _ = notice::written_at(&raw);
    }

    #[test]
    fn the_same_bytes_read_the_same(pieces in prop::collection::vec(piece(), 0..30)) {
        let raw = pieces.concat();
        prop_assert_eq!(notice::read(&raw), notice::read(&raw));
    }

    #[test]
    fn a_stranger_without_quoted_header_never_opts_anybody_out(text in "[ -~]{0,200}", after in "[ -~]{0,100}") {
        // Words may form a header by chance only with these.
        prop_assume!(!text.contains("amazon") && !after.contains("amazon"));
        for notice in OPT_OUTS {
            let raw = Letter::new("x@shop.example", "x").plain(format!("{text}\n{}\n{after}", notice.sentence)).write();
            prop_assert_eq!(only(&raw).kind, NoticeKind::NotAmazon);
        }
    }

    #[test]
    fn no_wrapping_changes_what_a_notice_says(
        number in 0..OPT_OUTS.len(),
        transfer in prop::sample::select(vec![Transfer::Plain, Transfer::QuotedPrintable, Transfer::Base64]),
        own_charset in any::<bool>(),
        ends in prop::sample::select(vec!["\r\n", "\n", "\r"]),
        width in 20usize..100,
        quotes in 0usize..4,
        order in "[0-9]{3}-[0-9]{7}-[0-9]{7}",
        as_html in any::<bool>(),
    ) {
        let notice: &Notice = &OPT_OUTS[number];
        let sentence = notice.sentence.replace(crate::letter::ORDER, &order);
        let mark = "> ".repeat(quotes);
        let text = wrapped(&format!("Hello,\n\n{sentence}\n\n{ALIAS}\n"), width);
        let text = format!("{mark}{}", text.replace('\n', &format!("\n{mark}")));
        let charset = if own_charset { notice.charset } else { "utf-8" };
        let letter = Letter::new(notice.from, notice.subject).charset(charset).transfer(transfer).ends(ends);
        let letter = if as_html { letter.html(text.replace("> ", "&gt; ").replace('\n', "<br>\n")) } else { letter.plain(text) };
        let reading = only(&letter.write());
        prop_assert_eq!(reading.kind, NoticeKind::OptOut);
        prop_assert_eq!(reading.order_id().map(|id| id.to_string()), Some(order));
        prop_assert_eq!(reading.language.map(|code| code.to_string()), Some(notice.language.to_owned()));
        prop_assert_eq!(reading.alias, ALIAS.parse().ok());
    }
}
