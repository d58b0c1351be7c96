//! Known answers: mails signed and sealed by dkimpy, an independent signer (`fixtures/make.py`), and what each of
//! them proves.

use crate::answers::{RECEIVED, Signer, grade_of, graded, graded_in, keys, mail, replaced, unsigned};
use model::{GradeReason, Provenance};
use provenance::{Answer, Circumstances, Trust};

#[test]
fn a_retail_domains_signature_proves_in_every_form_and_algorithm() {
    let proven = [
        "rsa_relaxed",
        "rsa_simple",
        "rsa_mixed",
        "rsa_mixed_other",
        "ed25519",
        "german",
        "big_key",
        "identity_below",
        "twice",
        "type_signed",
        "type_not_signed",
        "empty_body",
        "empty_body_simple",
        "no_last_line_end",
        "blank_lines",
        "blank_lines_simple",
    ];
    for name in proven {
        assert_eq!(grade_of(&mail(name)), (Provenance::Proven, vec![GradeReason::AmazonSigned]), "{name}");
    }
    let by = graded(&mail("german"), &keys()).grade.by;
    assert_eq!(by.as_deref(), Some("amazon.de"));
}

#[test]
fn what_is_not_quite_a_retail_domains_signature_proves_nothing_and_says_why() {
    for (name, reason) in [
        ("part_signed", GradeReason::PartSigned),
        ("subject_not_signed", GradeReason::SubjectNotSigned),
        ("sha1", GradeReason::WeakAlgorithm),
        ("service", GradeReason::ServiceSigned),
        ("lookalike", GradeReason::OthersSigned),
        ("other_sender", GradeReason::SenderDiffers),
        ("relay", GradeReason::SenderDiffers),
        ("huge_key", GradeReason::KeyTooLarge),
        ("forwarder", GradeReason::OthersSigned),
    ] {
        assert_eq!(grade_of(&mail(name)), (Provenance::Unproven, vec![reason]), "{name}");
    }
    assert_eq!(grade_of(&unsigned()), (Provenance::Unproven, vec![GradeReason::NotSigned]));
}

#[test]
fn only_keys_of_domains_that_count_are_asked_for() {
    let asked = |name: &str| provenance::questions(&mail(name), &Trust::default(), Circumstances::default());
    for name in ["service", "lookalike", "forwarder", "sealed_by_stranger"] {
        assert!(asked(name).is_empty(), "{name}");
    }
    assert_eq!(asked("twice"), ["s1._domainkey.amazon.com"]);
    assert_eq!(asked("sealed_twice"), ["arc._domainkey.google.com"]);
}

#[test]
fn a_trusted_sealer_vouches_for_what_it_saw_and_for_nothing_else() {
    for name in ["sealed", "sealed_twice"] {
        let found = graded(&mail(name), &keys());
        assert_eq!(found.grade.provenance, Provenance::Vouched, "{name}: {:?}", found.grade);
        assert_eq!((found.grade.by.as_deref(), found.holds_for_attached), (Some("google.com"), false));
    }
    for (name, reason) in [
        ("sealed_failed", GradeReason::SealSaysNothing),
        ("sealed_other", GradeReason::SealSaysNothing),
        ("sealed_by_stranger", GradeReason::SealerUnknown),
    ] {
        let (provenance, reasons) = grade_of(&mail(name));
        assert_eq!(provenance, Provenance::Unproven, "{name}");
        assert!(reasons.contains(&reason), "{name}: {reasons:?}");
    }
    let sealed = mail("sealed");
    let broken = [
        replaced(&sealed, "ARC-Seal: i=1", "ARC-Seal: i=2"),
        replaced(&sealed, "cv=none", "cv=pass"),
        replaced(&sealed, "dkim=pass", "dkim=pass "),
        replaced(&sealed, "ARC-Authentication-Results: i=1; mx", "ARC-Authentication-Results: i=1; my"),
        [b"ARC-Seal: i=1; cv=none; a=rsa-sha256; d=google.com; s=arc; b=AAAA\r\n".as_slice(), &sealed].concat(),
    ];
    let verdicts = broken.map(|raw| grade_of(&raw).0);
    // One more blank changes nothing in the relaxed form of the results.
    let unproven = Provenance::Unproven;
    assert_eq!(verdicts, [unproven, unproven, Provenance::Vouched, unproven, unproven]);
    assert_eq!(grade_of(&replaced(&sealed, "opt out", "opt in")).0, unproven);
}

#[test]
fn a_confirmed_forwarder_vouches_where_his_own_domain_signed() {
    let forwarders = ["owner@shop.example".to_owned()];
    let known = Circumstances { forwarders: &forwarders, ..Circumstances::default() };
    let found = graded_in(&mail("forwarder"), known, &keys());
    assert_eq!(found.grade.reasons, [GradeReason::ConfirmedForwarder]);
    assert!(found.holds_for_attached);
    // Another person at his provider is not he.
    let others = ["other@shop.example".to_owned()];
    let other = Circumstances { forwarders: &others, ..Circumstances::default() };
    assert_eq!(graded_in(&mail("forwarder"), other, &keys()).grade.provenance, Provenance::Unproven);
    let altered = replaced(&mail("forwarder"), "opt out", "opt in");
    assert_eq!(graded_in(&altered, known, &keys()).grade.reasons, [GradeReason::BodyAltered]);
}

#[test]
fn a_door_that_signs_in_vouches_and_a_signature_still_proves_more() {
    let signed_in = Circumstances { signs_in: true, ..Circumstances::default() };
    let found = graded_in(&unsigned(), signed_in, &keys());
    assert_eq!((found.grade.provenance, found.holds_for_attached), (Provenance::Vouched, true));
    assert_eq!(graded_in(&mail("rsa_relaxed"), signed_in, &keys()).grade.provenance, Provenance::Proven);
}

#[test]
fn a_providers_own_results_vouch_only_under_its_own_name_and_on_top() {
    let with = |field: &str| [field.as_bytes(), b"\r\n", &unsigned()].concat();
    let provider = Circumstances { provider: Some("mx.provider.example"), ..Circumstances::default() };
    let verdict = |field: &str| graded_in(&with(field), provider, &keys()).grade.provenance;
    let passes = "Authentication-Results: mx.provider.example; dkim=pass (2048-bit key) header.i=@amazon.com";
    assert_eq!(verdict(passes), Provenance::Vouched);
    for other in [
        "Authentication-Results: mx.other.example; dkim=pass header.d=amazon.com",
        "Authentication-Results: mx.provider.example; dkim=fail header.d=amazon.com",
        "Authentication-Results: mx.provider.example; dkim=pass header.d=amazonses.com",
        "Authentication-Results: mx.provider.example; dkim=neutral (dkim=pass header.d=amazon.com)",
        "Authentication-Results: mx.provider.example; spf=pass smtp.mailfrom=\"x; dkim=pass header.d=amazon.com\"",
        // A quoted local part, repeated in a comment, must not end it.
        "Authentication-Results: mx.provider.example; spf=pass (domain of \"a); dkim=pass header.d=amazon.com; x=(\"@evil.example)",
        "Authentication-Results: mx.provider.example; dkim=pass header.d=amazon.com.evil.example",
    ] {
        assert_eq!(verdict(other), Provenance::Unproven, "{other}");
    }
    let below = format!("Authentication-Results: mx.other.example; none\r\n{passes}");
    assert_eq!(verdict(&below), Provenance::Unproven);
}

#[test]
fn what_the_name_servers_say_decides_between_later_and_never() {
    let raw = mail("rsa_relaxed");
    let name = "s1._domainkey.amazon.com";
    let mut answers = keys();
    let Some(Answer::Records(good)) = answers.get(name).cloned() else { return };
    let good = good[0].clone();
    let mut with = |answer: Option<Answer>| {
        answers.remove(name);
        answers.extend(answer.map(|answer| (name.to_owned(), answer)));
        let found = graded(&raw, &answers);
        (found.grade.reasons, found.ask_again)
    };
    assert_eq!(with(Some(Answer::Unavailable)), (vec![GradeReason::DnsUnavailable], true));
    assert_eq!(with(None), (vec![GradeReason::DnsUnavailable], true));
    for (records, reason) in [
        (vec![], GradeReason::KeyMissing),
        (vec![good.clone(), good.clone()], GradeReason::KeyUnusable),
        (vec!["v=DKIM1; p=".into()], GradeReason::KeyRevoked),
        (vec!["v=DKIM1; p=AAAA".into()], GradeReason::KeyUnusable),
        (vec!["v=spf1 -all".into()], GradeReason::KeyUnusable),
        (vec![good.replace("v=DKIM1", "v=DKIM2")], GradeReason::KeyUnusable),
        (vec![good.replace("k=rsa", "k=ed25519")], GradeReason::KeyUnusable),
        (vec![good.replace("k=rsa", "k=rsa; h=sha1")], GradeReason::KeyUnusable),
        (vec![good.replace("k=rsa", "k=rsa; s=tlsrpt")], GradeReason::KeyUnusable),
        (vec![good.replace("k=rsa", "k=rsa; t=y:s")], GradeReason::KeyInTesting),
        (vec![good.replace("k=rsa", &format!("k=rsa; n={}", "a".repeat(5000)))], GradeReason::KeyTooLarge),
        (vec![SMALL_KEY.into()], GradeReason::KeyTooSmall),
    ] {
        assert_eq!(with(Some(Answer::Records(records.clone()))), (vec![reason], false), "{records:?}");
    }
    assert_eq!(with(Some(Answer::Nothing)), (vec![GradeReason::KeyMissing], false));
    // Tags that don't matter, and those that allow it.
    let roomy = good.replace("k=rsa", "k=rsa; h=sha1:sha256; s=email; t=s; n=a note");
    assert_eq!(with(Some(Answer::Records(vec![roomy]))), (vec![GradeReason::AmazonSigned], false));
}

/// A modulus of 512 bits, all ones.
const SMALL_KEY: &str = "v=DKIM1; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAP//////////////////////////\
    //////////////////////////////////////////////////////////8CAwEAAQ==";

#[test]
fn a_domain_that_wants_its_identity_exact_gets_it_exact() {
    let name = "s1._domainkey.amazon.com";
    let mut answers = keys();
    if let Some(Answer::Records(records)) = answers.get_mut(name) {
        records[0] = records[0].replace("k=rsa", "k=rsa; t=s");
    }
    assert_eq!(graded(&mail("identity_below"), &answers).grade.reasons, [GradeReason::KeyUnusable]);
    assert_eq!(graded(&mail("rsa_relaxed"), &answers).grade.provenance, Provenance::Proven);
}

#[test]
fn a_signature_runs_out_at_its_time_and_counts_until_then() {
    let signer = Signer::new();
    let answers = signer.answers("");
    let until = |tags: &str| graded(&signer.sign(&unsigned(), "from:subject", tags), &answers).grade.reasons;
    assert_eq!(until(""), [GradeReason::AmazonSigned]);
    assert_eq!(until("t=1790000000; x=1796000000; "), [GradeReason::AmazonSigned]);
    assert_eq!(until("t=1790000000; x=1795999999; "), [GradeReason::Expired]);
    assert_eq!(until("t=1790000000; x=1780000000; "), [GradeReason::SignatureUnreadable]);
    assert_eq!(until("l=11; "), [GradeReason::PartSigned]);
    assert_eq!(until("i=@amazon.de; "), [GradeReason::SignatureUnreadable]);
    assert_eq!(until("i=@notamazon.com; "), [GradeReason::SignatureUnreadable]);
    assert_eq!(until("q=other; "), [GradeReason::SignatureUnreadable]);
    assert_eq!(
        graded(&signer.sign(&unsigned(), "from:subject", ""), &signer.answers("t=y; ")).grade.reasons,
        [GradeReason::KeyInTesting]
    );
    assert_eq!(graded(&signer.sign(&unsigned(), "subject", ""), &answers).grade.reasons, [GradeReason::FromNotSigned]);
}

#[test]
fn the_domains_are_configuration_and_a_service_for_anybody_is_never_one() {
    let own = Trust::in_only(Some(&["Shop.Example".into()]), Some(&[]))
        .map(|trust| provenance::grade(&mail("forwarder"), &trust, Circumstances::default(), &keys(), RECEIVED).grade);
    assert_eq!(own.map(|grade| grade.provenance), Ok(Provenance::Proven));
    for name in ["amazonses.com", "eu-west-1.amazonses.com", "AmazonSES.com", "amazon", "ämazon.de", ""] {
        assert!(Trust::in_only(Some(&[name.into()]), None).is_err(), "{name}");
    }
}
