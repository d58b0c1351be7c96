//! The mail seen by a reader of mails: what was said comes back, and nothing said can become structure.

use mail_parser::MessageParser;
use model::outbox_message_of;
use proptest::prelude::*;

use super::*;

const ORDER: &str = "111-1234567-1234567";

struct Case {
    from: SenderAddress,
    name: Option<String>,
    text: RenderedText,
    message: MessageId,
}

impl Case {
    fn new(subject: &str, text: &str) -> Self {
        Self {
            from: "orders@shop.example".parse().unwrap(),
            name: None,
            text: RenderedText::plain(subject.into(), text.into()),
            message: MessageId::from_bytes([3; 16]),
        }
    }

    fn named(name: &str) -> Self {
        Self { name: Some(name.into()), ..Self::new(ORDER, "text") }
    }

    fn written(&self) -> String {
        self.of_account_and_order(1, ORDER)
    }

    fn of_account_and_order(&self, account: u8, order: &str) -> String {
        let to = "abc12def34ghi56@marketplace.amazon.com".parse().unwrap();
        let letter = Letter {
            message: self.message,
            account: AccountId::from_bytes([account; 16]),
            order: order.parse().unwrap(),
            from: &self.from,
            name: self.name.as_deref(),
            to: &to,
            text: &self.text,
            date: "2026-08-20T12:00:05Z".parse().unwrap(),
        };
        String::from_utf8(write(&letter)).unwrap()
    }
}

#[test]
fn a_plain_mail_reads_as_it_was_meant() {
    let mut case = Case::new("Your order", "Hello,\n\norder 111-1234567-1234567 = here.\n.\nFrom us");
    case.name = Some("Shop".into());
    let expected = "Date: Thu, 20 Aug 2026 12:00:05 +0000\r\n\
        From: Shop\r\n <orders@shop.example>\r\n\
        To: <abc12def34ghi56@marketplace.amazon.com>\r\n\
        Subject: Your order\r\n\
        Message-ID: <message-03030303-0303-0303-0303-030303030303@shop.example>\r\n\
        References: <order-a3ec00d7abff6ef19be9e40d33f31ebe@shop.example>\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\
        \r\n\
        Hello,\r\n\r\norder 111-1234567-1234567 =3D here.\r\n=2E\r\n=46rom us\r\n";
    assert_eq!(case.written(), expected);
}

#[test]
fn the_order_is_named_once_wherever_the_template_left_it_out() {
    let subject = |subject: &str, text: &str| {
        let written = Case::new(subject, text).written();
        MessageParser::default().parse(written.as_bytes()).unwrap().subject().unwrap().to_owned()
    };
    assert_eq!(subject("Your order", "Thank you"), format!("Your order ({ORDER})"));
    assert_eq!(subject("Grüße", "Thank you"), format!("Grüße ({ORDER})"));
    assert_eq!(subject("", "Thank you"), format!("({ORDER})"));
    assert_eq!(subject("Your order", &format!("about {ORDER}")), "Your order");
    assert_eq!(subject(&format!("About {ORDER}"), "Thank you"), format!("About {ORDER}"));
}

#[test]
fn mails_about_one_order_are_one_thread_and_each_has_its_own_name_at_every_try() {
    let field = |mail: &str, name: &str| {
        let line = mail.split("\r\n").find(|line| line.starts_with(name)).unwrap();
        line.to_owned()
    };
    let (first, again) = (Case::new("a", ORDER).written(), Case::new("a", ORDER).written());
    let second = Case { message: MessageId::from_bytes([4; 16]), ..Case::new("b", ORDER) }.written();
    assert_eq!(field(&first, "Message-ID"), field(&again, "Message-ID"));
    assert_ne!(field(&first, "Message-ID"), field(&second, "Message-ID"));
    assert_eq!(field(&first, "References"), field(&second, "References"));
    let other_order = Case::new("a", ORDER).of_account_and_order(1, "111-1234567-1234568");
    let other_account = Case::new("a", ORDER).of_account_and_order(2, ORDER);
    assert_ne!(field(&first, "References"), field(&other_order, "References"));
    assert_ne!(field(&first, "References"), field(&other_account, "References"));
    assert!(!field(&first, "References").contains("1234567"), "the root shows no order id");
}

/// What must hold of any mail, whatever went in.
fn check(case: &Case) -> Result<(), TestCaseError> {
    let written = case.written();
    prop_assert!(written.ends_with("\r\n"));
    prop_assert!(written.is_ascii());
    prop_assert!(!written.replace("\r\n", "").contains(['\r', '\n', '\0']), "no bare CR or LF, no NUL");
    prop_assert!(written.split("\r\n").all(|line| line.len() <= 78), "short lines: {written}");
    prop_assert!(!written.split("\r\n").any(|line| line.starts_with('.')), "no dot begins a line");
    let (header, body) = written.split_once("\r\n\r\n").unwrap();
    let names: Vec<&str> = header
        .split("\r\n")
        .filter(|line| !line.starts_with(' '))
        .map(|line| line.split(':').next().unwrap_or_default())
        .collect();
    prop_assert_eq!(
        names,
        [
            "Date",
            "From",
            "To",
            "Subject",
            "Message-ID",
            "References",
            "MIME-Version",
            "Content-Type",
            "Content-Transfer-Encoding"
        ],
        "these fields and no others"
    );
    prop_assert!(header.split("\r\n").all(|line| !line.trim().is_empty()));
    prop_assert!(body.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t')));
    let parsed = MessageParser::default().parse(written.as_bytes()).unwrap();
    prop_assert_eq!(outbox_message_of(parsed.message_id().unwrap()), Some(case.message));
    let from = parsed.from().unwrap();
    prop_assert_eq!(from.as_list().unwrap().len(), 1);
    prop_assert_eq!(from.first().unwrap().address(), Some("orders@shop.example"));
    prop_assert_eq!(parsed.to().unwrap().as_list().unwrap().len(), 1);
    prop_assert_eq!(parsed.to().unwrap().first().unwrap().address(), Some("abc12def34ghi56@marketplace.amazon.com"));
    let subject = parsed.subject().unwrap_or_default();
    let meant = encoded::one_line(&case.text.subject);
    prop_assert!(subject == meant || subject == format!("{meant} ({ORDER})").trim_start(), "{subject:?} {meant:?}");
    let name = case.name.as_deref().map(encoded::one_line).unwrap_or_default();
    prop_assert_eq!(from.first().unwrap().name().unwrap_or_default(), name);
    let text = parsed.body_text(0).unwrap().replace("\r\n", "\n");
    let lines = case.text.text.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = lines.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect();
    prop_assert_eq!(text.strip_suffix('\n').unwrap_or(&text), kept.strip_suffix('\n').unwrap_or(&kept));
    Ok(())
}

#[test]
fn hostile_and_odd_words_stay_words() {
    let long = "x".repeat(3_000);
    let wide = "ж漢🎁".repeat(400);
    let odd = [
        "a\r\nBcc: evil@evil.example",
        "a\nBcc: evil@evil.example\n\nbody",
        "a\rX: y",
        "\0",
        "=?utf-8?B?QmNjOiBldmls?=",
        "=?utf-8?Q?=0D=0ABcc:_evil?= x",
        "\u{202e}txet desrever\u{202c}",
        "שלום עולם",
        "🎁 👩‍👩‍👧 ✓",
        "Shop, the \"best\" \\ (really) <evil@evil.example>",
        "\u{2028}line\u{2029}paragraph\u{85}next",
        ".",
        "\r\n.\r\n",
        "trailing blanks   ",
        " leading",
        "tab\there\t",
        "a=b=3D",
        "From me",
        &long,
        &wide,
        "",
        " ",
    ];
    for word in odd {
        for case in [Case::new(word, ORDER), Case::new(ORDER, word), Case::named(word)] {
            check(&case).unwrap_or_else(|error| panic!("{word:?}: {error}"));
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_said_comes_back_and_becomes_no_structure(
        subject in any::<String>(), name in any::<Option<String>>(), text in any::<String>(),
    ) {
        check(&Case { name, ..Case::new(&subject, &text) })?;
    }

    #[test]
    fn lines_of_any_length_come_back(
        text in "([a-zé=. F\n]{0,5}|[ -~]{60,90}|From |\n\\.){0,12}", subject in "([ -~]{1,90} |[é=?]{1,9} ){0,4}",
    ) {
        check(&Case::new(&subject, &text))?;
    }
}

fn with_files(text: &str, files: &[(&str, Vec<u8>)]) -> Case {
    let attached =
        |(name, content): &(&str, Vec<u8>)| model::Attachment::new(name.parse().unwrap(), content.clone()).unwrap();
    let mut case = Case::new(ORDER, text);
    case.text.attachments = files.iter().map(attached).collect();
    case
}

fn pdf(rest: &[u8]) -> Vec<u8> {
    [b"%PDF-1.7\n", rest].concat()
}

#[test]
fn files_come_back_byte_for_byte_under_their_names_and_the_text_stays_the_text() {
    let every_byte: Vec<u8> = (0..=255_u8).cycle().take(10_000).collect();
    let files = [
        ("manual.pdf", pdf(&every_byte)),
        ("Garantie für Käufer (2026) – alle Länder und Sprachen, gültig ab sofort.pdf", pdf(b"")),
        ("取扱説明書取扱説明書取扱説明書取扱説明書.png", b"\x89PNG\r\n\x1a\n".to_vec()),
        ("it's 100% = good;x.jpg", b"\xff\xd8\xff\xe0--=_\r\n.\r\n".to_vec()),
    ];
    let case = with_files("Hello\n--=_\n--\n.\nBye", &files);
    let written = case.written();
    assert!(written.is_ascii());
    for line in written.split("\r\n") {
        assert!(line.len() <= 78 && !line.contains(['\r', '\n']), "{line}");
    }
    let read = MessageParser::new().parse(written.as_bytes()).unwrap();
    assert_eq!(read.text_body_count(), 1);
    assert_eq!(read.body_text(0).unwrap().replace("\r\n", "\n"), "Hello\n--=_\n--\n.\nBye\n");
    let found: Vec<(String, Vec<u8>)> = read
        .attachments()
        .map(|part| {
            use mail_parser::MimeHeaders;
            (part.attachment_name().unwrap().to_owned(), part.contents().to_vec())
        })
        .collect();
    let expected: Vec<(String, Vec<u8>)> =
        files.iter().map(|(name, content)| ((*name).to_owned(), content.clone())).collect();
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found.0, expected.0);
        assert!(found.1 == expected.1, "{}", found.0);
    }
    assert_eq!(found.len(), expected.len());
}

#[test]
fn a_mail_with_files_is_the_same_at_every_try() {
    let case = with_files("text", &[("manual.pdf", pdf(b"x"))]);
    assert_eq!(case.written(), case.written());
    let expected = "MIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed;\r\n boundary=\"=_";
    assert!(case.written().contains(expected), "{}", case.written());
    assert!(case.written().ends_with("--\r\n"));
}

proptest! {
    #[test]
    fn whatever_is_said_beside_a_file_both_come_back(text in "(\\PC|\n){1,200}", content in prop::collection::vec(any::<u8>(), 0..500)) {
        let text = format!("{text}.");
        let case = with_files(&text, &[("a.pdf", pdf(&content))]);
        let written = case.written();
        let read = MessageParser::new().parse(written.as_bytes()).unwrap();
        prop_assert_eq!(read.attachment_count(), 1);
        prop_assert_eq!(read.attachment(0).unwrap().contents().to_vec(), pdf(&content));
        let plain = Case::new(ORDER, &text).written();
        let plain = MessageParser::new().parse(plain.as_bytes()).unwrap().body_text(0).unwrap().into_owned();
        prop_assert_eq!(read.body_text(0).unwrap().into_owned(), plain);
    }
}
