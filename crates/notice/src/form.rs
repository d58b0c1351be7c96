//! The form of a mail of Amazon's whose words are not known: what stays the same from one such mail to the next, so
//! that a member's one decision can teach it. Taken from letters alone, so that neither order, date nor amount nor a
//! mail program's wrapping changes it; where something else does, the form is not known again, and the mail is held.

use sha2::{Digest, Sha256};

use crate::evidence::Scope;
use crate::text::Folded;

/// Letters after the order id that make the form of an opt-out: its reason stands there, in most languages.
const LETTERS: usize = 100;

/// Letters below which a form would say too little.
const FEWEST_LETTERS: usize = 16;

/// The form of what is built like an opt-out: the words right after the last mention of its order id.
pub fn of_opt_out(scope: &Scope<'_>) -> Option<[u8; 32]> {
    let order = scope.orders().into_iter().next()?;
    let folded = Folded::new(scope.text());
    let at = memchr::memmem::rfind(&folded.bytes, order.as_str().as_bytes())?;
    let rest = folded.bytes.get(at + order.as_str().len()..)?;
    let letters = letters_of(rest, LETTERS);
    (letters.chars().count() >= FEWEST_LETTERS).then(|| hashed("opt-out", &[letters.as_bytes()]))
}

/// The form of any other mail of Amazon's: its sender's local part and the letters of its subject.
pub fn of_subject(local: &str, subject: &Folded) -> Option<[u8; 32]> {
    let letters = letters_of(&subject.bytes, usize::MAX);
    (!local.is_empty() && letters.chars().count() >= FEWEST_LETTERS / 2)
        .then(|| hashed("subject", &[local.as_bytes(), letters.as_bytes()]))
}

/// The form of a mail with a type code that is not known.
pub fn of_code(code: &str) -> [u8; 32] {
    hashed("code", &[code.trim().to_ascii_uppercase().as_bytes()])
}

/// The first letters of folded text, without digits and what is left of dates and amounts.
fn letters_of(folded: &[u8], most: usize) -> String {
    // A cut within a sign can only be at the ends, and loses that sign.
    let text = String::from_utf8_lossy(folded);
    text.chars().filter(|sign| !sign.is_numeric() && *sign != '-' && *sign != '\u{FFFD}').take(most).collect()
}

fn hashed(kind: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(kind.as_bytes());
    for part in parts {
        hash.update([0]);
        hash.update(part);
    }
    hash.finalize().into()
}
