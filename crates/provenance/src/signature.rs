//! What a signature says of itself: a `DKIM-Signature` (RFC 6376, 3.5), an `ARC-Message-Signature` or an
//! `ARC-Seal` (RFC 8617, 4.1). Read here and checked elsewhere.

use model::GradeReason;

use crate::canonical::{Form, forms};
use crate::tags::{BLANKS, Tags, base64, domain, number};

/// Bytes of one signature that are read; those in use have less than 2,000.
const LONGEST: usize = 16 * 1024;

/// Names that a signature may cover.
const COVERED: usize = 500;

/// The algorithms that still count (RFC 8301, RFC 8463).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    RsaSha256,
    Ed25519Sha256,
}

/// What a signature says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Signature {
    pub algorithm: Algorithm,
    pub domain: String,
    pub selector: String,
    pub bytes: Vec<u8>,
    /// The name of the signing identity's domain, where one is given.
    pub identity: Option<String>,
    pub header_form: Form,
    pub body_form: Form,
    pub body_hash: Vec<u8>,
    /// The names it covers, in their order.
    pub covers: Vec<String>,
    /// Whether it covers a part of the body only.
    pub in_part: bool,
    /// When it runs out, in seconds since 1970.
    pub expires: Option<u64>,
}

/// Which kind of signature is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Dkim,
    ArcMessage,
    ArcSeal,
}

/// The domain that a signature names, however little else of it can be read: what is not looked at must cost
/// next to nothing.
pub(crate) fn domain_of(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value.get(..value.len().min(LONGEST))?).ok()?;
    let named = |part: &str| {
        part.split_once('=')
            .filter(|(name, _)| name.trim_matches(BLANKS) == "d")
            .map(|(_, d)| d.trim_matches(BLANKS).to_owned())
    };
    text.split(';').find_map(named).and_then(|value| domain(&value))
}

impl Signature {
    /// Reads a signature; the reason where it can't count.
    pub fn read(kind: Kind, value: &[u8]) -> Result<Self, GradeReason> {
        let unreadable = GradeReason::SignatureUnreadable;
        if value.len() > LONGEST {
            return Err(unreadable);
        }
        let text = std::str::from_utf8(value).map_err(|_| unreadable)?;
        let tags = Tags::of(text).ok_or(unreadable)?;
        let get = |name: &str| tags.get(name).ok_or(unreadable);
        if kind == Kind::Dkim && get("v")? != "1" {
            return Err(unreadable);
        }
        let algorithm = match get("a")?.to_ascii_lowercase().as_str() {
            "rsa-sha256" => Algorithm::RsaSha256,
            "ed25519-sha256" => Algorithm::Ed25519Sha256,
            _ => return Err(GradeReason::WeakAlgorithm),
        };
        let own = domain(get("d")?).ok_or(unreadable)?;
        let selector = domain(get("s")?).ok_or(unreadable)?;
        let bytes = base64(get("b")?).ok_or(unreadable)?;
        let mut signature = Self {
            algorithm,
            domain: own,
            selector,
            bytes,
            identity: None,
            header_form: Form::Relaxed,
            body_form: Form::Relaxed,
            body_hash: Vec::new(),
            covers: Vec::new(),
            in_part: false,
            expires: None,
        };
        if kind == Kind::ArcSeal {
            return Ok(signature);
        }
        (signature.header_form, signature.body_form) = forms(tags.get("c")).ok_or(unreadable)?;
        signature.body_hash = base64(get("bh")?).ok_or(unreadable)?;
        for name in get("h")?.split(':') {
            let name = name.trim_matches(BLANKS);
            if name.is_empty() || signature.covers.len() >= COVERED {
                return Err(unreadable);
            }
            signature.covers.push(name.to_ascii_lowercase());
        }
        signature.in_part = tags.get("l").is_some();
        let signed_at = tags.get("t").map(|time| number(time).ok_or(unreadable)).transpose()?;
        signature.expires = tags.get("x").map(|time| number(time).ok_or(unreadable)).transpose()?;
        if let (Some(signed_at), Some(expires)) = (signed_at, signature.expires)
            && expires <= signed_at
        {
            return Err(unreadable);
        }
        if tags.get("q").is_some_and(|query| query.split(':').all(|one| one.trim_matches(BLANKS) != "dns/txt")) {
            return Err(unreadable);
        }
        if let Some(identity) = tags.get("i").filter(|_| kind == Kind::Dkim) {
            let (_, of) = identity.rsplit_once('@').ok_or(unreadable)?;
            let of = domain(of).ok_or(unreadable)?;
            let below =
                of.strip_suffix(signature.domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
            if !below {
                return Err(unreadable);
            }
            signature.identity = Some(of);
        }
        Ok(signature)
    }

    /// Where its key stands in the DNS.
    pub fn key_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// How often it covers a field of that name.
    pub fn times(&self, name: &str) -> usize {
        self.covers.iter().filter(|covered| *covered == name).count()
    }
}
