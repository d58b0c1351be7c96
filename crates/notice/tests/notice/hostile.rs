//! Mails made to hurt: deep nesting, many parts, endless headers, bodies of many megabytes. Each is read on a
//! small stack, nothing is lost without a remark, and work is bounded by the size.

use model::notice::{Forwarded, MatchedBy, NoticeKind, Remark};

use rstest::rstest;

use crate::letter::{Letter, OPT_OUTS, ORDER, Transfer, only};

/// Reads on half the stack that the crate asks for, where recursion over the mail would die.
fn on_a_small_stack(raw: Vec<u8>) -> Vec<model::Reading> {
    std::thread::Builder::new()
        .stack_size(notice::STACK_BYTES / 2)
        .spawn(move || notice::read(&raw).readings)
        .unwrap()
        .join()
        .unwrap()
}

fn nested_mails(levels: usize, inner: &[u8]) -> Vec<u8> {
    let mut raw = b"From: a@example.com\r\nContent-Type: message/rfc822\r\n\r\n".repeat(levels);
    raw.extend_from_slice(inner);
    raw
}

#[test]
fn a_hundred_thousand_nested_mails_are_said_to_be_too_deep() {
    let readings = on_a_small_stack(nested_mails(100_000, b"Subject: x\r\n\r\nend"));
    assert_eq!(readings.len(), 1);
    assert!(readings[0].remarks.contains(&Remark::TooDeep));
    let readings = on_a_small_stack(nested_mails(100_000, &OPT_OUTS[0].marked().write()));
    assert!(readings.iter().any(|reading| reading.remarks.contains(&Remark::TooDeep)));
}

#[test]
fn a_few_levels_are_opened() {
    let readings = on_a_small_stack(nested_mails(6, &OPT_OUTS[0].marked().write()));
    assert_eq!(readings.len(), 1);
    assert_eq!((readings[0].kind, readings[0].part), (NoticeKind::OptOut, 6));
}

#[test]
fn nested_multiparts_with_and_without_own_delimiters_end() {
    for same in [true, false] {
        let mut raw = b"From: a@example.com\r\n".to_vec();
        for level in 0..50_000 {
            let mark = if same { 0 } else { level };
            raw.extend(format!("Content-Type: multipart/mixed; boundary=b{mark}\r\n\r\n--b{mark}\r\n").bytes());
        }
        let readings = on_a_small_stack(raw);
        assert_eq!(readings.len(), 1, "{same}");
        assert!(same || readings[0].remarks.contains(&Remark::TooDeep));
    }
}

#[test]
fn base64_in_base64_is_opened_to_a_bound() {
    let mut raw = OPT_OUTS[0].marked().write();
    for _ in 0..20 {
        let inner = crate::letter::base64(&raw);
        raw = b"From: a@example.com\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            .to_vec();
        raw.extend(inner);
    }
    let readings = on_a_small_stack(raw);
    assert!(readings.iter().any(|reading| reading.remarks.contains(&Remark::TooDeep)));
}

#[test]
fn too_many_parts_headers_and_attached_mails_are_remarked_and_what_was_seen_counts() {
    let mut raw = b"From: a@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".to_vec();
    raw.extend(b"--b\r\n\r\nx\r\n".repeat(100_000));
    assert!(on_a_small_stack(raw)[0].remarks.contains(&Remark::TooDeep));

    let notice = OPT_OUTS[1].marked().write();
    let with_many = |count: usize| {
        let mut letter = Letter::new("a@example.com", "many").plain("x");
        for _ in 0..count {
            letter = letter.attach(&notice);
        }
        on_a_small_stack(letter.write())
    };
    let readings = with_many(1_000);
    assert_eq!(readings.iter().filter(|reading| reading.kind == NoticeKind::OptOut).count(), 1_000);
    assert!(readings.iter().all(|reading| reading.remarks.is_empty()));
    let readings = with_many(notice::limits::ATTACHED_MAILS + 1);
    let opt_outs = readings.iter().filter(|reading| reading.kind == NoticeKind::OptOut).count();
    assert_eq!(opt_outs, notice::limits::ATTACHED_MAILS);
    assert!(readings[0].remarks.contains(&Remark::TooDeep));
    assert_eq!(readings[0].part, 0);

    let mut headers = b"From: \"Amazon.it\" <auto-communication@amazon.com>\r\nX-Space-Notification-Type: BUYER_OPTED_OUT_BSM_MESSAGES\r\n".to_vec();
    headers.extend(b"X-Many: y\r\n".repeat(500_000));
    headers.extend_from_slice(format!("\r\norder [{ORDER}]").as_bytes());
    let readings = on_a_small_stack(headers);
    assert_eq!((readings[0].kind, readings[0].matched_by), (NoticeKind::OptOut, MatchedBy::Header));
    assert_eq!(readings[0].order_id().unwrap().as_str(), ORDER);
    assert!(readings[0].remarks.contains(&Remark::TooDeep));
}

#[test]
fn mails_whose_text_no_longer_fits_say_so() {
    let text = "hello there ".repeat(100_000);
    let mut letter = Letter::new("a@example.com", "many").plain("x");
    for _ in 0..20 {
        letter =
            letter.attach(&Letter::new("b@example.com", "Fwd").plain(text.clone()).transfer(Transfer::Plain).write());
    }
    let readings = on_a_small_stack(letter.write());
    assert!(readings.iter().any(|reading| reading.remarks.contains(&Remark::TooDeep)), "{readings:?}");
}

#[test]
fn a_header_of_any_line_ends_that_is_too_long_still_has_its_body() {
    for end in ["\r\n", "\n", "\r", "\r\r\n"] {
        for filler in ["X-Many: y", " folded"] {
            let mut raw = format!("From: \"Amazon.it\" <auto-communication@amazon.com>{end}X: y{end}").into_bytes();
            raw.extend(format!("{filler}{end}").repeat(100_000).bytes());
            raw.extend(format!("{end}{}", OPT_OUTS[1].sentence).bytes());
            let reading = only(&raw);
            assert_eq!(reading.kind, NoticeKind::OptOut, "{end:?} {filler}");
            assert!(reading.remarks.contains(&Remark::TooDeep));
        }
    }
}

#[rstest]
#[case("text/html")]
#[case("text/plain")]
fn bodies_of_many_megabytes_are_read_to_a_bound_and_remarked(#[case] kind: &str) {
    let size = 9 * 1024 * 1024 / 2;
    let fillers: [&[u8]; 12] = [
        b"<div>",
        b"<a href='mailto:x",
        b"<!--",
        b"&",
        b"<",
        b"[406-7654321-1234567] ",
        b"From: a <b@amazon.com>\n",
        b"> ",
        b"x@marketplace.amazon.com ",
        b"because the buyer has chosen to opt out of receiving unsolicited messages from sellers",
        b"a\n",
        b"=\r\n",
    ];
    for filler in fillers {
        let mut raw = format!("From: auto-communication@amazon.com\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n").into_bytes();
        raw.extend(filler.repeat(size / filler.len()));
        let readings = on_a_small_stack(raw);
        assert!(readings[0].remarks.contains(&Remark::Truncated), "{kind} {:?}", String::from_utf8_lossy(filler));
        assert_ne!(readings[0].kind, NoticeKind::NotAmazon);
    }
}

#[test]
fn one_header_of_many_megabytes_is_borne() {
    for filler in [&b"=?utf-8?B?"[..], b"a@b,", b"\"", b"(", b"<", b";a=b", b"x ", b"\r\n "] {
        for name in ["From", "Subject", "Content-Type", "Date", "X-Space-Notification-Type"] {
            let mut raw = format!("{name}: ").into_bytes();
            raw.extend(filler.repeat(2_000_000 / filler.len()));
            raw.extend_from_slice(b"\r\n\r\nbody");
            assert_eq!(on_a_small_stack(raw).len(), 1);
        }
    }
}

#[test]
fn what_is_encrypted_or_packed_is_remarked() {
    for part in [
        "Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\nx",
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nx",
        "Content-Type: multipart/encrypted; boundary=q\r\n\r\n--q\r\nContent-Type: application/pgp-encrypted\r\n\r\n--q--",
        "Content-Type: application/octet-stream; name=\"fwd.msg\"\r\n\r\nx",
    ] {
        let reading = only(&Letter::new("a@example.com", "Fwd").plain("x").part(part).write());
        assert_eq!(reading.remarks, [Remark::Unopened]);
    }
}

#[test]
fn nothing_at_all_is_still_one_reading() {
    for raw in
        [&b""[..], b"\r\n", b"\0", b"\n\n\n", b"From: ", b":", b"\xFF\xFE", b"From auto-communication@amazon.com Thu\n"]
    {
        let reading = only(raw);
        assert_eq!((reading.kind, reading.part, reading.forwarded), (NoticeKind::NotAmazon, 0, Forwarded::None));
    }
}

#[test]
fn a_broken_multipart_is_read_as_far_as_it_goes() {
    let notice = &OPT_OUTS[0];
    let whole = String::from_utf8(notice.letter().plain("plain").write()).unwrap();
    let cut = whole.rsplit_once("--=_").unwrap().0;
    assert_eq!(only(cut.as_bytes()).kind, NoticeKind::OptOut, "no closing delimiter");
    let at = whole.find("boundary=").unwrap();
    let end = at + whole[at..].find("\r\n").unwrap();
    let lost = format!("{}{}", &whole[..at], &whole[end..]);
    assert_eq!(only(lost.as_bytes()).kind, NoticeKind::OptOut, "no boundary parameter");
    let bare = format!("From: {}\r\nSubject: x\r\n\r\n{}", notice.from, notice.markup());
    assert_eq!(only(bare.as_bytes()).kind, NoticeKind::OptOut, "HTML without a type");
}
