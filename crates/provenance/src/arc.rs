//! The last seal of a chain (RFC 8617). What is believed is the word of the last sealer alone, and only where it is
//! allow-listed: its own signature and seal are checked, and its seal covers every earlier set as it found it, so
//! what earlier sealers claim needs no question to their name servers.

use model::GradeReason;

use crate::canonical::{self, Form};
use crate::check::Mail;
use crate::dns::Answers;
use crate::key::Key;
use crate::lines::Field;
use crate::results;
use crate::signature::{Kind, Signature};
use crate::tags::{Tags, number, without_signature};

/// Sets that a chain may have (RFC 8617, 4.2.1).
const SETS: usize = 50;

const NAMES: [&str; 3] = ["arc-authentication-results", "arc-message-signature", "arc-seal"];

/// A chain with its sets in order.
pub(crate) struct Chain<'a, 'b> {
    sets: Vec<[&'b Field<'a>; 3]>,
    message: Signature,
    seal: Signature,
}

impl<'a, 'b> Chain<'a, 'b> {
    /// The mail's chain; none where it has none.
    pub fn of(mail: &'b Mail<'a>) -> Option<Result<Self, GradeReason>> {
        let any = mail.parts.fields.iter().any(|field| NAMES.iter().any(|name| field.is(name)));
        any.then(|| Self::read(mail))
    }

    fn read(mail: &'b Mail<'a>) -> Result<Self, GradeReason> {
        let broken = GradeReason::ChainBroken;
        let mut sets: [Vec<Option<&'b Field<'a>>>; 3] = [Vec::new(), Vec::new(), Vec::new()];
        for field in &mail.parts.fields {
            let Some(kind) = NAMES.iter().position(|name| field.is(name)) else { continue };
            let number = instance(field.value).filter(|number| (1..=SETS).contains(number)).ok_or(broken)?;
            let of_kind = sets.get_mut(kind).ok_or(broken)?;
            if of_kind.len() < number {
                of_kind.resize(number, None);
            }
            let place = of_kind.get_mut(number - 1).ok_or(broken)?;
            if place.replace(field).is_some() {
                return Err(broken);
            }
        }
        let [results, messages, seals] = sets;
        if results.len() != messages.len() || messages.len() != seals.len() {
            return Err(broken);
        }
        let mut whole = Vec::with_capacity(seals.len());
        for (at, ((result, message), seal)) in results.into_iter().zip(messages).zip(seals).enumerate() {
            let (Some(result), Some(message), Some(seal)) = (result, message, seal) else { return Err(broken) };
            let said = std::str::from_utf8(seal.value).ok().and_then(Tags::of).ok_or(broken)?;
            let before = if at == 0 { "none" } else { "pass" };
            if !said.get("cv").is_some_and(|cv| cv.eq_ignore_ascii_case(before)) {
                return Err(broken);
            }
            whole.push([result, message, seal]);
        }
        let [_, message, seal] = whole.last().ok_or(broken)?;
        let message = Signature::read(Kind::ArcMessage, message.value)?;
        let seal = Signature::read(Kind::ArcSeal, seal.value)?;
        Ok(Self { sets: whole, message, seal })
    }

    /// Who sealed last; none where two domains share the last set.
    pub fn sealer(&self) -> Option<&str> {
        (self.message.domain == self.seal.domain).then_some(self.seal.domain.as_str())
    }

    /// The names of the keys that checking needs.
    pub fn keys(&self) -> [String; 2] {
        [self.message.key_name(), self.seal.key_name()]
    }

    /// What the last sealer's signature covers.
    pub fn message(&self) -> &Signature {
        &self.message
    }

    /// The domains whose signatures passed, as the last sealer saw it.
    pub fn passed(&self) -> Vec<String> {
        self.sets.last().map(|[result, _, _]| results::passed(result.value, None)).unwrap_or_default()
    }

    /// Whether the last sealer's signature and seal hold.
    pub fn verify(&self, mail: &Mail<'_>, answers: &Answers, now: u64) -> Result<(), GradeReason> {
        let Some([_, at, last]) = self.sets.last() else { return Err(GradeReason::ChainBroken) };
        mail.covers_what_is_shown(&self.message)?;
        mail.verify(at, &self.message, answers, now)?;
        let key = Key::of(answers.get(&self.seal.key_name()), &self.seal)?;
        let mut sealed = Vec::new();
        for (number, [result, message, seal]) in self.sets.iter().enumerate() {
            for field in [result, message] {
                canonical::header(Form::Relaxed, field, None, &mut sealed);
                sealed.extend_from_slice(b"\r\n");
            }
            if number + 1 < self.sets.len() {
                canonical::header(Form::Relaxed, seal, None, &mut sealed);
                sealed.extend_from_slice(b"\r\n");
            }
        }
        canonical::header(Form::Relaxed, last, Some(&without_signature(last.value)), &mut sealed);
        if key.made(&sealed, &self.seal.bytes) { Ok(()) } else { Err(GradeReason::ChainBroken) }
    }
}

/// The number of its set, in the tag `i` that stands first in results and anywhere in the others.
fn instance(value: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(value).ok()?;
    let tag = text.split(';').find_map(|part| part.split_once('=').filter(|(name, _)| name.trim() == "i"))?;
    usize::try_from(number(tag.1.trim())?).ok()
}
