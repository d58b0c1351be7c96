//! How far a mail is shown to come from Amazon: DKIM (RFC 6376) and ARC (RFC 8617) over answers of the DNS that are
//! handed in. Pure: no clock, no network. In two steps: [`questions`] names the keys that are needed, [`grade`]
//! decides with the answers. Domains are compared exactly, and only keys of domains that count are asked for.

mod arc;
mod canonical;
mod check;
mod dns;
mod key;
mod lines;
mod results;
mod sender;
mod signature;
mod tags;
mod trust;

use arc::Chain;
use check::Mail;
pub use dns::{Answer, Answers};
use lines::{Field, Parts};
use model::{Grade, GradeReason, Provenance, Timestamp};
use signature::{Kind, Signature};
pub use trust::{Trust, Untrustworthy};

/// Signatures of domains that count which are checked on one mail; ordinary mails have one or two.
pub const SIGNATURES_CHECKED: usize = 8;

/// Signatures whose domain is looked at.
const SIGNATURES_SEEN: usize = 200;

/// What is known of a mail beside its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances<'a> {
    /// Addresses, in lower case, of forwarders that a member has confirmed.
    pub forwarders: &'a [String],
    /// The address, in lower case, of the provider whose request to confirm a forwarding rule the mail is taken for; its
    /// own domain's signature shows that, and nothing of Amazon's.
    pub asking_provider: Option<&'a str>,
    /// Whether it came by a door that signs in.
    pub signs_in: bool,
    /// The name under which the provider of the folder it was read from writes `Authentication-Results`.
    pub provider: Option<&'a str>,
}

/// What was found of one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The grade with its reasons.
    pub grade: Grade,
    /// What the signature covers, where one counted: what the mail is must follow from this alone.
    pub covered: Option<Vec<u8>>,
    /// Whether asking the name servers again may give a better grade.
    pub ask_again: bool,
    /// Whether the grade holds for mails attached to it, too.
    pub holds_for_attached: bool,
}

impl Finding {
    fn of(provenance: Provenance, reason: GradeReason, by: Option<String>) -> Self {
        let grade = Grade { provenance, by, reasons: vec![reason] };
        Self { grade, covered: None, ask_again: false, holds_for_attached: false }
    }
}

/// Whether any signature or seal stands on a mail, whoever made it: without one there is nothing to grade.
pub fn bears_signature(raw: &[u8]) -> bool {
    let headers = memchr::memmem::find(raw, b"\r\n\r\n").map_or(raw, |end| raw.get(..end).unwrap_or(raw));
    let signs = |line: &[u8]| {
        ["dkim-signature", "arc-seal"]
            .iter()
            .any(|name| line.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name.as_bytes())))
    };
    headers.split(|byte| *byte == b'\n').any(signs)
}

/// A mailbox's address in the form in which forwarders are compared; none where it is not exactly one.
pub fn address(text: &str) -> Option<String> {
    sender::of(text.as_bytes()).map(|sender| sender.address)
}

/// The names whose TXT records are needed to grade a mail: at most [`SIGNATURES_CHECKED`] and two more, each a key
/// of a domain that counts, in lower case without a dot at the end.
pub fn questions(raw: &[u8], trust: &Trust, circumstances: Circumstances<'_>) -> Vec<String> {
    let mut names = Vec::new();
    let Ok(bytes) = lines::with_crlf(raw) else { return names };
    let Ok(parts) = Parts::of(&bytes) else { return names };
    let mail = Mail::of(parts);
    for field in looked_at(&mail, trust, circumstances).fields {
        if let Ok(signature) = Signature::read(Kind::Dkim, field.value) {
            names.push(signature.key_name());
        }
    }
    if let Some(Ok(chain)) = Chain::of(&mail)
        && chain.sealer().is_some_and(|sealer| trust.seals(sealer))
    {
        names.extend(chain.keys());
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// Grades a mail that was received at that time.
pub fn grade(
    raw: &[u8],
    trust: &Trust,
    circumstances: Circumstances<'_>,
    answers: &Answers,
    received_at: Timestamp,
) -> Finding {
    let found = examine(raw, trust, circumstances, answers, received_at);
    if found.grade.provenance == Provenance::Unproven && circumstances.signs_in {
        let vouched = Finding::of(Provenance::Vouched, GradeReason::DoorSignsIn, None);
        return Finding { holds_for_attached: true, ..vouched };
    }
    found
}

fn examine(
    raw: &[u8],
    trust: &Trust,
    circumstances: Circumstances<'_>,
    answers: &Answers,
    received_at: Timestamp,
) -> Finding {
    let unproven = |reason| Finding::of(Provenance::Unproven, reason, None);
    let bytes = match lines::with_crlf(raw) {
        Ok(bytes) => bytes,
        Err(reason) => return unproven(reason),
    };
    let parts = match Parts::of(&bytes) {
        Ok(parts) => parts,
        Err(reason) => return unproven(reason),
    };
    let now = u64::try_from(received_at.as_micros() / 1_000_000).unwrap_or_default();
    let mail = Mail::of(parts);
    let mut reasons = Vec::new();
    let mut vouched = None;
    let seen = looked_at(&mail, trust, circumstances);
    for field in &seen.fields {
        match signed_by(&mail, field, trust, circumstances, answers, now) {
            Ok(found) if found.grade.provenance == Provenance::Proven => return found,
            Ok(found) => vouched = vouched.or(Some(found)),
            Err(reason) => note(&mut reasons, reason),
        }
    }
    if let Some(reason) = seen.reason {
        note(&mut reasons, reason);
    }
    if let Some(chain) = Chain::of(&mail) {
        match chain.and_then(|chain| sealed_by(&mail, &chain, trust, answers, now)) {
            Ok(found) => vouched = vouched.or(Some(found)),
            Err(reason) => note(&mut reasons, reason),
        }
    }
    if vouched.is_none() {
        vouched = circumstances.provider.and_then(|provider| provider_says(&mail, provider, trust));
    }
    vouched.unwrap_or_else(|| Finding {
        ask_again: reasons.contains(&GradeReason::DnsUnavailable),
        grade: Grade { provenance: Provenance::Unproven, by: None, reasons },
        covered: None,
        holds_for_attached: false,
    })
}

/// The signatures that are checked, and why nothing else is.
struct LookedAt<'a, 'b> {
    fields: Vec<&'b Field<'a>>,
    reason: Option<GradeReason>,
}

fn looked_at<'a, 'b>(mail: &'b Mail<'a>, trust: &Trust, circumstances: Circumstances<'_>) -> LookedAt<'a, 'b> {
    let counts = |domain: &str| {
        let forwards = |address: &String| address.rsplit_once('@').is_some_and(|(_, of)| of == domain);
        let asks = |address: &str| address.rsplit_once('@').is_some_and(|(_, of)| of == domain);
        trust.proves(domain)
            || circumstances.forwarders.iter().any(forwards)
            || circumstances.asking_provider.is_some_and(asks)
    };
    let (mut fields, mut seen, mut service, mut too_many) = (Vec::new(), 0, false, false);
    for field in mail.parts.named("DKIM-Signature") {
        seen += 1;
        if seen > SIGNATURES_SEEN {
            too_many = true;
            break;
        }
        let Some(domain) = signature::domain_of(field.value) else { continue };
        service |= domain == trust::ANYBODYS_SERVICE;
        if counts(&domain) {
            if fields.len() == SIGNATURES_CHECKED {
                too_many = true;
                break;
            }
            fields.push(field);
        }
    }
    let reason = match (too_many, fields.is_empty(), seen, service) {
        (true, ..) => Some(GradeReason::TooManySignatures),
        (_, false, ..) => None,
        (_, _, 0, _) => Some(GradeReason::NotSigned),
        (_, _, 1, true) => Some(GradeReason::ServiceSigned),
        _ => Some(GradeReason::OthersSigned),
    };
    LookedAt { fields, reason }
}

fn signed_by(
    mail: &Mail<'_>,
    field: &Field<'_>,
    trust: &Trust,
    circumstances: Circumstances<'_>,
    answers: &Answers,
    now: u64,
) -> Result<Finding, GradeReason> {
    let signature = Signature::read(Kind::Dkim, field.value)?;
    mail.covers_what_is_shown(&signature)?;
    let sender = mail.only("from").and_then(|from| sender::of(from.value)).ok_or(GradeReason::FromNotOne)?;
    if sender.domain != signature.domain {
        return Err(GradeReason::SenderDiffers);
    }
    let proves = trust.proves(&signature.domain);
    let asks = circumstances.asking_provider == Some(sender.address.as_str());
    let forwards = circumstances.forwarders.contains(&sender.address);
    if !proves && !forwards && !asks {
        return Err(GradeReason::OthersSigned);
    }
    mail.verify(field, &signature, answers, now)?;
    let (provenance, reason) = if proves {
        (Provenance::Proven, GradeReason::AmazonSigned)
    } else if forwards {
        (Provenance::Vouched, GradeReason::ConfirmedForwarder)
    } else {
        (Provenance::Vouched, GradeReason::ProviderSigned)
    };
    Ok(Finding {
        covered: Some(mail.covered_alone(&signature)),
        // What a confirmed forwarder attaches, he vouches for; Amazon doesn't for what it passes on.
        holds_for_attached: forwards && !proves,
        ..Finding::of(provenance, reason, Some(signature.domain))
    })
}

fn sealed_by(
    mail: &Mail<'_>,
    chain: &Chain<'_, '_>,
    trust: &Trust,
    answers: &Answers,
    now: u64,
) -> Result<Finding, GradeReason> {
    let sealer = chain.sealer().filter(|sealer| trust.seals(sealer)).ok_or(GradeReason::SealerUnknown)?;
    let sender = mail.only("from").and_then(|from| sender::of(from.value)).ok_or(GradeReason::FromNotOne)?;
    if !trust.proves(&sender.domain) || !chain.passed().contains(&sender.domain) {
        return Err(GradeReason::SealSaysNothing);
    }
    chain.verify(mail, answers, now)?;
    Ok(Finding {
        covered: Some(mail.covered_alone(chain.message())),
        ..Finding::of(Provenance::Vouched, GradeReason::TrustedSeal, Some(sealer.to_owned()))
    })
}

/// The word of the provider whose folder is read, in the topmost field that bears its name: providers take out
/// such fields of others' making.
fn provider_says(mail: &Mail<'_>, provider: &str, trust: &Trust) -> Option<Finding> {
    let sender = mail.only("from").and_then(|from| sender::of(from.value))?;
    mail.only("subject")?;
    let first = mail.parts.named("Authentication-Results").next()?;
    let passed = results::passed(first.value, Some(provider));
    (trust.proves(&sender.domain) && passed.contains(&sender.domain))
        .then(|| Finding::of(Provenance::Vouched, GradeReason::ProviderSays, Some(provider.to_owned())))
}

fn note(reasons: &mut Vec<GradeReason>, reason: GradeReason) {
    if !reasons.contains(&reason) {
        reasons.push(reason);
    }
}
