//! A domain's key as its record tells it (RFC 6376, 3.6.1), and whether it made a signature. Keys below 1,024 and
//! above 4,096 bits don't count (RFC 8301, 3.2), nor records longer than such a key can need.

use model::GradeReason;
use ring::signature::{
    ED25519, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RsaPublicKeyComponents, UnparsedPublicKey,
};

use crate::dns::Answer;
use crate::signature::{Algorithm, Signature};
use crate::tags::{BLANKS, Tags, base64};

/// Bytes of a record that are read; a key of 4,096 bits needs about 750.
const LONGEST: usize = 4 * 1024;

/// Bits of an RSA key's modulus.
const RSA_BITS: std::ops::RangeInclusive<usize> = 1024..=4096;

/// A key that may be used.
#[derive(Debug)]
pub(crate) enum Key {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    Ed25519(Vec<u8>),
}

impl Key {
    /// The key for a signature, from what the DNS answered.
    pub fn of(answer: Option<&Answer>, signature: &Signature) -> Result<Self, GradeReason> {
        match answer {
            None | Some(Answer::Unavailable) => Err(GradeReason::DnsUnavailable),
            Some(Answer::Nothing) => Err(GradeReason::KeyMissing),
            Some(Answer::Records(records)) => match records.as_slice() {
                [] => Err(GradeReason::KeyMissing),
                [only] => Self::read(only, signature),
                // Which one counts is not defined (RFC 6376, 3.6.2.2).
                _ => Err(GradeReason::KeyUnusable),
            },
        }
    }

    fn read(record: &str, signature: &Signature) -> Result<Self, GradeReason> {
        let unusable = GradeReason::KeyUnusable;
        if record.len() > LONGEST {
            return Err(GradeReason::KeyTooLarge);
        }
        let tags = Tags::of(record).ok_or(unusable)?;
        if tags.get("v").is_some_and(|version| version != "DKIM1" || !tags.begins_with("v")) {
            return Err(unusable);
        }
        let lists = |tag: &str, wanted: &[&str]| {
            let names = |list: &str| list.split(':').any(|one| wanted.contains(&one.trim_matches(BLANKS)));
            tags.get(tag).is_none_or(names)
        };
        if !lists("h", &["sha256"]) || !lists("s", &["*", "email"]) {
            return Err(unusable);
        }
        let flag = |wanted: &str| {
            tags.get("t").is_some_and(|list| list.split(':').any(|one| one.trim_matches(BLANKS) == wanted))
        };
        if flag("y") {
            return Err(GradeReason::KeyInTesting);
        }
        if flag("s") && signature.identity.as_ref().is_some_and(|identity| *identity != signature.domain) {
            return Err(unusable);
        }
        let encoded = tags.get("p").ok_or(unusable)?;
        if encoded.is_empty() {
            return Err(GradeReason::KeyRevoked);
        }
        let bytes = base64(encoded).ok_or(unusable)?;
        match (signature.algorithm, tags.get("k").unwrap_or("rsa")) {
            (Algorithm::RsaSha256, "rsa") => rsa(&bytes),
            (Algorithm::Ed25519Sha256, "ed25519") if bytes.len() == 32 => Ok(Self::Ed25519(bytes)),
            _ => Err(unusable),
        }
    }

    /// Whether it made the signature over these bytes.
    pub fn made(&self, signed: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Rsa { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }
                .verify(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, signed, signature)
                .is_ok(),
            // The hash is signed, not the text (RFC 8463, 3).
            Self::Ed25519(key) => {
                let hash = ring::digest::digest(&ring::digest::SHA256, signed);
                UnparsedPublicKey::new(&ED25519, key).verify(hash.as_ref(), signature).is_ok()
            }
        }
    }
}

fn rsa(der: &[u8]) -> Result<Key, GradeReason> {
    let (modulus, exponent) = numbers(der).ok_or(GradeReason::KeyUnusable)?;
    let leading = modulus.first().map_or(0, |byte| byte.leading_zeros());
    let bits = modulus.len() * 8 - usize::try_from(leading).unwrap_or_default();
    if bits < *RSA_BITS.start() {
        return Err(GradeReason::KeyTooSmall);
    }
    // A long exponent makes verifying slow; those in use are 3 and 65,537.
    if bits > *RSA_BITS.end() || exponent.len() > 4 {
        return Err(GradeReason::KeyTooLarge);
    }
    Ok(Key::Rsa { modulus: modulus.to_vec(), exponent: exponent.to_vec() })
}

/// Modulus and exponent without leading zeros, of a SubjectPublicKeyInfo (RFC 5280, 4.1) or of a bare
/// RSAPublicKey (RFC 8017, A.1.1), both of which are in use.
fn numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let (mut inner, rest) = element(der, 0x30)?;
    if !rest.is_empty() {
        return None;
    }
    if let Some((algorithm, behind)) = element(inner, 0x30) {
        let (object, _) = element(algorithm, 0x06)?;
        let (bits, behind) = element(behind, 0x03)?;
        let (key, behind_key) = element(bits.strip_prefix(&[0])?, 0x30)?;
        if object != RSA_ENCRYPTION || !behind.is_empty() || !behind_key.is_empty() {
            return None;
        }
        inner = key;
    }
    let (modulus, behind) = element(inner, 0x02)?;
    let (exponent, behind) = element(behind, 0x02)?;
    behind.is_empty().then_some((positive(modulus)?, positive(exponent)?))
}

fn positive(number: &[u8]) -> Option<&[u8]> {
    match number {
        [0, rest @ ..] if !rest.is_empty() => Some(rest),
        [first, ..] if *first < 0x80 => Some(number),
        _ => None,
    }
}

/// The content of a DER element of that tag, and what follows it (X.690, 8.1).
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    if *first != tag {
        return None;
    }
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => (usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])), rest.get(2..)?),
        _ => return None,
    };
    rest.split_at_checked(length)
}
