//! The signed mails beside this file, the keys as the DNS would tell them, and a small signer for what dkimpy does
//! not write.

use std::path::Path;

use model::{Grade, GradeReason, Provenance, Timestamp};
use provenance::{Answer, Answers, Circumstances, Finding, Trust};
use ring::signature::{Ed25519KeyPair, KeyPair};

/// When every mail here was received.
pub const RECEIVED: Timestamp = Timestamp::from_micros(1_796_000_000_000_000);

pub fn mail(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(format!("{name}.eml"))).unwrap()
}

pub fn keys() -> Answers {
    let text = include_str!("../fixtures/keys.json");
    let keys: std::collections::BTreeMap<String, String> = serde_json::from_str(text).unwrap();
    keys.into_iter().map(|(name, record)| (name, Answer::Records(vec![record]))).collect()
}

pub fn graded(raw: &[u8], answers: &Answers) -> Finding {
    graded_in(raw, Circumstances::default(), answers)
}

pub fn graded_in(raw: &[u8], circumstances: Circumstances<'_>, answers: &Answers) -> Finding {
    let trust = Trust::default();
    // What is not asked for is not answered.
    let asked = provenance::questions(raw, &trust, circumstances);
    let answers = answers.iter().filter(|(name, _)| asked.contains(name));
    let answers = answers.map(|(name, answer)| (name.clone(), answer.clone())).collect();
    provenance::grade(raw, &trust, circumstances, &answers, RECEIVED)
}

pub fn grade_of(raw: &[u8]) -> (Provenance, Vec<GradeReason>) {
    let Grade { provenance, reasons, .. } = graded(raw, &keys()).grade;
    (provenance, reasons)
}

/// `from` once replaced by `to`, which must be there.
pub fn replaced(raw: &[u8], from: &str, to: &str) -> Vec<u8> {
    let at = memchr::memmem::find(raw, from.as_bytes()).unwrap();
    [&raw[..at], to.as_bytes(), &raw[at + from.len()..]].concat()
}

/// A key of `amazon.com` in the tests' own hands, with its record.
pub struct Signer(Ed25519KeyPair);

impl Signer {
    pub fn new() -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap())
    }

    /// The answers with this key, whose record has further tags.
    pub fn answers(&self, tags: &str) -> Answers {
        let key = data_encoding::BASE64.encode(self.0.public_key().as_ref());
        let record = format!("v=DKIM1; k=ed25519; {tags}p={key}");
        let mut answers = keys();
        answers.insert("own._domainkey.amazon.com".into(), Answer::Records(vec![record]));
        answers
    }

    /// Signs in the simple form: the fields named, each as it stands, the last of several first.
    pub fn sign(&self, raw: &[u8], covers: &str, tags: &str) -> Vec<u8> {
        let split = memchr::memmem::find(raw, b"\r\n\r\n").unwrap();
        let (head, body) = (std::str::from_utf8(&raw[..split]).unwrap(), &raw[split + 4..]);
        let hash = ring::digest::digest(&ring::digest::SHA256, body);
        let bare = format!(
            "DKIM-Signature: v=1; a=ed25519-sha256; c=simple/simple; d=amazon.com; s=own; {tags}h={covers}; bh={}; b=",
            data_encoding::BASE64.encode(hash.as_ref())
        );
        let mut fields: Vec<&str> = head.split("\r\n").collect();
        let mut signed = String::new();
        for name in covers.split(':') {
            let is = |field: &&str| field.split(':').next().unwrap().eq_ignore_ascii_case(name);
            if let Some(at) = fields.iter().rposition(is) {
                signed.push_str(fields.remove(at));
                signed.push_str("\r\n");
            }
        }
        signed.push_str(&bare);
        let signature = self.0.sign(ring::digest::digest(&ring::digest::SHA256, signed.as_bytes()).as_ref());
        let mut whole = format!("{bare}{}\r\n", data_encoding::BASE64.encode(signature.as_ref())).into_bytes();
        whole.extend_from_slice(raw);
        whole
    }
}

/// An unsigned mail of the usual look.
pub fn unsigned() -> Vec<u8> {
    b"From: Amazon <auto-communication@amazon.com>\r\nSubject: A letter\r\nTo: seller@shop.example\r\n\r\nThe text.\r\n"
        .to_vec()
}
