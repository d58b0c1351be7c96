//! Checking a signature over a mail, by what must hold before it counts: all of the body, one sender and one
//! subject, both signed. "Neutral" is no word here; a signature holds, or there is a reason why not.

use model::GradeReason;

use crate::canonical::{self, Form};
use crate::dns::Answers;
use crate::key::Key;
use crate::lines::{Field, Parts};
use crate::signature::Signature;
use crate::tags::without_signature;

/// A mail in parts with the hashes of its body, each made at most once.
#[derive(Debug)]
pub(crate) struct Mail<'a> {
    pub parts: Parts<'a>,
    hashes: [std::cell::OnceCell<[u8; 32]>; 2],
}

impl<'a> Mail<'a> {
    pub fn of(parts: Parts<'a>) -> Self {
        Self { parts, hashes: [const { std::cell::OnceCell::new() }; 2] }
    }

    fn body_hash(&self, form: Form) -> [u8; 32] {
        let [simple, relaxed] = &self.hashes;
        let made = match form {
            Form::Simple => simple,
            Form::Relaxed => relaxed,
        };
        *made.get_or_init(|| canonical::body_hash(form, self.parts.body))
    }

    /// The one field of that name.
    pub fn only(&self, name: &str) -> Option<&Field<'a>> {
        let mut fields = self.parts.fields.iter().filter(|field| field.is(name));
        let first = fields.next()?;
        fields.next().is_none().then_some(first)
    }

    /// Whether the mail has one sender and one subject, and the signature covers both.
    pub fn covers_what_is_shown(&self, signature: &Signature) -> Result<(), GradeReason> {
        if signature.in_part {
            return Err(GradeReason::PartSigned);
        }
        self.only("from").ok_or(GradeReason::FromNotOne)?;
        self.only("subject").ok_or(GradeReason::SubjectNotOne)?;
        if signature.times("from") == 0 {
            return Err(GradeReason::FromNotSigned);
        }
        if signature.times("subject") == 0 {
            return Err(GradeReason::SubjectNotSigned);
        }
        Ok(())
    }

    /// The fields that a signature covers, in its order: of several with one name the last one first
    /// (RFC 6376, 5.4.2).
    fn covered<'b>(&'b self, signature: &Signature) -> Vec<&'b Field<'a>> {
        let mut by_name: std::collections::BTreeMap<String, Vec<&Field<'a>>> = std::collections::BTreeMap::new();
        for name in &signature.covers {
            by_name.entry(name.clone()).or_default();
        }
        for field in &self.parts.fields {
            if let Some(known) = by_name.get_mut(&field.name.to_ascii_lowercase()) {
                known.push(field);
            }
        }
        signature.covers.iter().filter_map(|name| by_name.get_mut(name).and_then(Vec::pop)).collect()
    }

    /// Whether a signature holds over body and headers, at that time in seconds since 1970.
    pub fn verify(
        &self,
        at: &Field<'_>,
        signature: &Signature,
        answers: &Answers,
        now: u64,
    ) -> Result<(), GradeReason> {
        if signature.expires.is_some_and(|end| now > end) {
            return Err(GradeReason::Expired);
        }
        if signature.body_hash != self.body_hash(signature.body_form) {
            return Err(GradeReason::BodyAltered);
        }
        let key = Key::of(answers.get(&signature.key_name()), signature)?;
        let mut signed = Vec::new();
        for field in self.covered(signature) {
            canonical::header(signature.header_form, field, None, &mut signed);
            signed.extend_from_slice(b"\r\n");
        }
        let bare = without_signature(at.value);
        canonical::header(signature.header_form, at, Some(&bare), &mut signed);
        if key.made(&signed, &signature.bytes) { Ok(()) } else { Err(GradeReason::SignatureWrong) }
    }

    /// The mail as far as a signature covers it: the covered fields in their order within the mail, and the body.
    /// A field that stands more often than it is covered is left out altogether.
    pub fn covered_alone(&self, signature: &Signature) -> Vec<u8> {
        let mut counts: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
        for field in &self.parts.fields {
            *counts.entry(field.name.to_ascii_lowercase()).or_default() += 1;
        }
        let mut alone = Vec::new();
        for field in &self.parts.fields {
            let name = field.name.to_ascii_lowercase();
            if counts.get(&name).is_some_and(|count| *count <= signature.times(&name)) {
                alone.extend_from_slice(field.line);
                alone.extend_from_slice(b"\r\n");
            }
        }
        alone.extend_from_slice(b"\r\n");
        alone.extend_from_slice(self.parts.body);
        alone
    }
}
