//! Signatures on any mail: graded without panic, and never proven by a name server that a stranger answers for, as the
//! only answer there is here is a key that signed nothing.

use model::{Provenance, Timestamp};
use provenance::{Answer, Answers, Circumstances, SIGNATURES_CHECKED, Trust};

/// A key of 1,024 bits that nobody has.
const KEY: &str = "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQD/////////////////////////////////////////\
    /////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////wIDAQAB";

pub fn check(input: &[u8]) {
    let trust = Trust::default();
    let forwarders = ["owner@shop.example".to_owned()];
    let circumstances = Circumstances { forwarders: &forwarders, ..Circumstances::default() };
    let names = provenance::questions(input, &trust, circumstances);
    assert!(names.len() <= SIGNATURES_CHECKED + 2, "{} names are asked for", names.len());
    for name in &names {
        let (_, domain) = name.split_once("._domainkey.").expect("a name that is no key's");
        assert!(trust.proves(domain) || trust.seals(domain) || domain == "shop.example", "{name} is asked for");
    }
    let answers: Answers = names.into_iter().map(|name| (name, Answer::Records(vec![KEY.into()]))).collect();
    let received = Timestamp::from_micros(1_790_000_000_000_000);
    let found = provenance::grade(input, &trust, circumstances, &answers, received);
    assert_eq!(found.grade.provenance, Provenance::Unproven);
    assert!(!found.grade.reasons.is_empty(), "a grade without a reason");
    if !provenance::bears_signature(input) {
        assert!(answers.is_empty(), "it bears no signature, and a key is asked for");
    }
}
