//! Mails made to cost much: the work is bounded by the bytes and by how many signatures are looked at.

use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::answers::{graded, keys, mail, unsigned};
use model::{GradeReason, Provenance};
use provenance::{Circumstances, SIGNATURES_CHECKED, Trust};

/// Far above what each takes (tens of milliseconds, unoptimised), far below what any of them could be made to take.
const PATIENCE: Duration = Duration::from_secs(10);

fn grade_of_bomb(raw: &[u8]) -> (Provenance, Vec<GradeReason>) {
    let began = Instant::now();
    let asked = provenance::questions(raw, &Trust::default(), Circumstances::default());
    assert!(asked.len() <= SIGNATURES_CHECKED + 2);
    let grade = graded(raw, &keys()).grade;
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    (grade.provenance, grade.reasons)
}

fn above(fields: &str, raw: &[u8]) -> Vec<u8> {
    [fields.as_bytes(), raw].concat()
}

#[test]
fn ten_thousand_signatures_are_not_checked() {
    let mut own = String::new();
    for number in 0..10_000 {
        let tags = "v=1; a=rsa-sha256; d=amazon.com; h=from; bh=AAAA; b=AAAA";
        write!(own, "DKIM-Signature: {tags}; s=s{number}; l={number}\r\n").unwrap();
    }
    let (provenance, reasons) = grade_of_bomb(&above(&own, &mail("rsa_relaxed")));
    assert_eq!(provenance, Provenance::Unproven);
    assert!(reasons.contains(&GradeReason::TooManySignatures), "{reasons:?}");
    let foreign = "DKIM-Signature: v=1; d=evil.example; s=a; b=AAAA\r\n".repeat(10_000);
    assert_eq!(grade_of_bomb(&above(&foreign, &mail("rsa_relaxed"))).1, [GradeReason::TooManySignatures]);
}

#[test]
fn huge_fields_tags_and_lists_are_refused() {
    let raw = mail("rsa_relaxed");
    let names = "subject:".repeat(100_000);
    for field in [
        format!("DKIM-Signature: v=1; a=rsa-sha256; d=amazon.com; s=s1; h={names}from; bh=AAAA; b=AAAA\r\n"),
        format!("DKIM-Signature: d=amazon.com; {}\r\n", "a=b; ".repeat(100_000)),
        format!("DKIM-Signature: d=amazon.com; b={}\r\n", "A".repeat(900_000)),
        format!("ARC-Seal: i=1; {}\r\n", "a=b; ".repeat(100_000)),
        format!("Authentication-Results: {}\r\n", "(".repeat(500_000)),
        format!("From: {}\r\n", "(".repeat(500_000)),
    ] {
        grade_of_bomb(&above(&field, &raw));
    }
    let long = format!("X-Long: {}\r\n", "a".repeat(2_000_000));
    assert_eq!(grade_of_bomb(&above(&long, &raw)), (Provenance::Unproven, vec![GradeReason::HeadersUnreadable]));
    let many = "X: y\r\n".repeat(300_000);
    assert_eq!(grade_of_bomb(&above(&many, &raw)), (Provenance::Unproven, vec![GradeReason::HeadersUnreadable]));
}

#[test]
fn a_chain_of_any_length_is_read_once() {
    let mut sets = String::new();
    for number in 1..=5000 {
        write!(sets, "ARC-Seal: i={number}; cv=pass\r\nARC-Message-Signature: i={number}\r\n").unwrap();
        write!(sets, "ARC-Authentication-Results: i={number}; a\r\n").unwrap();
    }
    let (_, reasons) = grade_of_bomb(&above(&sets, &unsigned()));
    assert!(reasons.contains(&GradeReason::ChainBroken));
}

#[test]
fn a_body_of_blanks_and_empty_lines_is_hashed_once_in_each_form() {
    let mut raw = mail("rsa_relaxed");
    raw.extend(b" \t".repeat(1_000_000));
    raw.extend(b"\r\n".repeat(1_000_000));
    assert_eq!(grade_of_bomb(&raw).0, Provenance::Proven, "blank lines at the end are no part of a relaxed body");
    raw.extend(b"x");
    assert_eq!(grade_of_bomb(&raw).1, [GradeReason::BodyAltered]);
}
