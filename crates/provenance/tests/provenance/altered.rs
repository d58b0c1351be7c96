//! What is changed after signing never stays proven; what a signature does not cover is not believed.

use crate::answers::{Signer, grade_of, graded, keys, mail, replaced, unsigned};
use model::{GradeReason, Provenance};
use proptest::prelude::*;

#[test]
fn altered_text_and_headers_are_told_apart() {
    for name in ["rsa_relaxed", "rsa_simple", "ed25519"] {
        let raw = mail(name);
        assert_eq!(grade_of(&replaced(&raw, "opt out", "opt in ")).1, [GradeReason::BodyAltered], "{name}");
        let other = replaced(&raw, "111-0000000-0000001", "111-0000000-0000002");
        assert_eq!(grade_of(&other).1, [GradeReason::BodyAltered], "{name}");
        let subject = replaced(&raw, "Subject: Your", "Subject: My");
        assert_eq!(grade_of(&subject).1, [GradeReason::SignatureWrong], "{name}");
        let more = [raw.as_slice(), b"One more line\r\n"].concat();
        assert_eq!(grade_of(&more).1, [GradeReason::BodyAltered], "{name}");
        let cut = &raw[..raw.len() - 20];
        assert_eq!(grade_of(cut).1, [GradeReason::BodyAltered], "{name}");
    }
}

#[test]
fn a_second_sender_or_subject_ends_it_wherever_it_stands() {
    let raw = mail("rsa_relaxed");
    for (added, reason) in [
        ("From: other@amazon.com\r\n", GradeReason::FromNotOne),
        ("fROM : other@amazon.com\r\n", GradeReason::FromNotOne),
        ("Subject: Another\r\n", GradeReason::SubjectNotOne),
    ] {
        let above = [added.as_bytes(), &raw].concat();
        assert_eq!(grade_of(&above).1, [reason], "{added}");
        let below = replaced(&raw, "MIME-Version", &format!("{added}MIME-Version"));
        assert_eq!(grade_of(&below).1, [reason], "{added}");
    }
    let signer = Signer::new();
    for from in
        ["From: a@amazon.com, b@amazon.com", "From: a@amazon.com <b@evil.example> <c@amazon.com>", "From: Amazon"]
    {
        let raw = replaced(&unsigned(), "From: Amazon <auto-communication@amazon.com>", from);
        let found = graded(&signer.sign(&raw, "from:subject", ""), &signer.answers(""));
        assert_eq!(found.grade.reasons, [GradeReason::FromNotOne], "{from}");
    }
    let quoted = r#"From: "a@evil.example, (" (an <x@y> comment) <auto-communication@AMAZON.com>"#;
    let raw = replaced(&unsigned(), "From: Amazon <auto-communication@amazon.com>", quoted);
    let found = graded(&signer.sign(&raw, "from:subject", ""), &signer.answers(""));
    assert_eq!(found.grade.reasons, [GradeReason::AmazonSigned]);
}

#[test]
fn what_is_not_covered_is_left_out_of_what_is_believed() {
    let covered = |raw: &[u8]| {
        let found = graded(raw, &keys());
        assert_eq!(found.grade.provenance, Provenance::Proven);
        String::from_utf8(found.covered.unwrap_or_default()).unwrap_or_default()
    };
    assert!(covered(&mail("type_signed")).contains("X-Space-Notification-Type"));
    let added = covered(&mail("type_not_signed"));
    assert!(!added.contains("X-Space-Notification-Type"), "{added}");
    assert!(added.contains("Subject: Your message") && added.contains("Content-Type") && added.contains("opt out"));
    // One more of a field that is covered once: neither is believed.
    let raw = mail("rsa_relaxed");
    let second = [b"Content-Type: text/html\r\nX-Marketplace-ID: X\r\n".as_slice(), &raw].concat();
    let left = covered(&second);
    assert!(!left.contains("Content-Type") && !left.contains("X-Marketplace-ID"), "{left}");
}

#[test]
fn a_bare_cr_or_lf_lowers_the_grade_and_a_file_of_another_system_does_not() {
    let raw = mail("rsa_relaxed");
    for bare in ["\r", "\n"] {
        let mixed = replaced(&raw, "because", &format!("because{bare}"));
        assert_eq!(grade_of(&mixed).1, [GradeReason::MixedLineEnds]);
    }
    let saved: Vec<u8> = raw.iter().copied().filter(|byte| *byte != b'\r').collect();
    assert_eq!(grade_of(&saved).0, Provenance::Proven);
    let returns: Vec<u8> = raw.iter().copied().filter(|byte| *byte != b'\n').collect();
    assert_eq!(grade_of(&returns).1, [GradeReason::MixedLineEnds]);
}

#[test]
fn a_truncated_or_torn_mail_is_read_without_harm() {
    for name in ["rsa_relaxed", "sealed_twice", "ed25519"] {
        let raw = mail(name);
        // The last two bytes are the end of the last line, which counts as ended without them.
        for end in 0..raw.len() - 2 {
            assert_eq!(grade_of(&raw[..end]).0, Provenance::Unproven, "{name} cut at {end}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// In the simple form every byte of body and covered headers is signed.
    #[test]
    fn any_change_of_a_signed_byte_proves_nothing_any_more(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let raw = mail("rsa_simple");
        let signed = memchr::memmem::find(&raw, b"From:").unwrap_or_default();
        let at = signed + at.index(raw.len() - signed);
        prop_assume!(raw[at] != to);
        let mut changed = raw.clone();
        changed[at] = to;
        prop_assert_eq!(grade_of(&changed).0, Provenance::Unproven, "byte {} of {}", at, raw.len());
    }

    /// In the relaxed form blanks may change; nothing else.
    #[test]
    fn any_change_of_a_signed_letter_proves_nothing_any_more(at in any::<prop::sample::Index>(), to in b'a'..=b'z') {
        let raw = mail("type_signed");
        let signed = memchr::memmem::find(&raw, b"From:").unwrap_or_default();
        let at = signed + at.index(raw.len() - signed);
        prop_assume!(raw[at].to_ascii_lowercase() != to && !raw[at].is_ascii_whitespace());
        let mut changed = raw.clone();
        changed[at] = to;
        prop_assert_eq!(grade_of(&changed).0, Provenance::Unproven, "byte {} of {}", at, raw.len());
    }

    /// The signature itself: no change of it makes a mail proven that was altered.
    #[test]
    fn no_change_of_a_signature_proves_an_altered_mail(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let raw = replaced(&mail("rsa_relaxed"), "opt out", "opt in");
        let end = memchr::memmem::find(&raw, b"From:").unwrap_or(1);
        let mut changed = raw.clone();
        changed[at.index(end)] = to;
        prop_assert_eq!(grade_of(&changed).0, Provenance::Unproven);
    }

    /// Any bytes at all are graded without panic, and unproven.
    #[test]
    fn any_bytes_are_graded_and_prove_nothing(raw in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert_eq!(grade_of(&raw).0, Provenance::Unproven);
    }
}
