//! Reads a form as it comes in: of its fields those that matter are kept, all others are passed over. A field that
//! matters comes once; where it comes twice, nobody can tell which one was signed for.

mod multipart;
mod url_encoded;

use std::sync::Arc;

use super::kept::Kept;
use super::{BodyFault, FormKind};
use crate::data::Allowance;
use multipart::Multipart;
use url_encoded::UrlEncoded;

/// The longest of the short fields, in bytes.
const SHORT: usize = 1024;

/// The short fields, by Mailgun's names.
const NAMES: [&str; 4] = ["recipient", "timestamp", "token", "signature"];

/// What a form held.
#[derive(Debug)]
pub struct Form {
    /// The mail, where there was one.
    pub mail: Option<Kept>,
    /// To whom it came; empty where that isn't told, as the others are.
    pub recipient: String,
    /// When it was signed.
    pub timestamp: String,
    /// What was signed beside the time.
    pub token: String,
    /// The signature.
    pub signature: String,
}

/// Reads one form, piece by piece.
#[derive(Debug)]
pub struct FormReader {
    way: Reader,
    fields: Fields,
}

#[derive(Debug)]
enum Reader {
    UrlEncoded(UrlEncoded),
    Multipart(Multipart),
}

impl FormReader {
    /// A reader for which the mail stands in the field `mail` and has at most `limit` bytes.
    pub fn new(kind: FormKind, mail: &'static str, limit: usize, allowance: &Arc<Allowance>) -> Self {
        let way = match kind {
            FormKind::UrlEncoded => Reader::UrlEncoded(UrlEncoded::default()),
            FormKind::Multipart(boundary) => Reader::Multipart(Multipart::new(&boundary)),
        };
        let kept = Kept::new(limit, allowance);
        Self { way, fields: Fields { mail_name: mail, mail: kept, has_mail: false, short: Default::default() } }
    }

    /// Takes the next piece.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), BodyFault> {
        match &mut self.way {
            Reader::UrlEncoded(way) => way.feed(piece, &mut self.fields),
            Reader::Multipart(way) => way.feed(piece, &mut self.fields),
        }
    }

    /// The form, where it is whole.
    pub fn finish(mut self) -> Result<Form, BodyFault> {
        match self.way {
            Reader::UrlEncoded(way) => way.finish(&mut self.fields)?,
            Reader::Multipart(way) => way.finish()?,
        }
        let Fields { mail, has_mail, short, .. } = self.fields;
        let [recipient, timestamp, token, signature] = short.map(|field| {
            String::from_utf8(field.unwrap_or_default())
                .map_err(|_| BodyFault::Malformed("a field of the form is no UTF-8"))
        });
        Ok(Form {
            mail: has_mail.then_some(mail),
            recipient: recipient?,
            timestamp: timestamp?,
            token: token?,
            signature: signature?,
        })
    }
}

/// Into which field a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Slot {
    /// One that is passed over.
    #[default]
    Nowhere,
    Mail,
    Short(usize),
}

#[derive(Debug)]
struct Fields {
    mail_name: &'static str,
    mail: Kept,
    has_mail: bool,
    short: [Option<Vec<u8>>; NAMES.len()],
}

impl Fields {
    /// A field begins.
    fn begin(&mut self, name: &[u8]) -> Result<Slot, BodyFault> {
        let twice = BodyFault::Malformed("a field of the form comes twice");
        if name == self.mail_name.as_bytes() {
            return if std::mem::replace(&mut self.has_mail, true) { Err(twice) } else { Ok(Slot::Mail) };
        }
        let Some(place) = NAMES.iter().position(|known| known.as_bytes() == name) else { return Ok(Slot::Nowhere) };
        match self.short.get_mut(place) {
            Some(field @ None) => *field = Some(Vec::new()),
            _ => return Err(twice),
        }
        Ok(Slot::Short(place))
    }

    /// More of a field's value.
    fn push(&mut self, slot: Slot, bytes: &[u8]) -> Result<(), BodyFault> {
        match slot {
            Slot::Nowhere => Ok(()),
            Slot::Mail => self.mail.push(bytes),
            Slot::Short(place) => {
                let Some(Some(field)) = self.short.get_mut(place) else { return Ok(()) };
                if field.len().saturating_add(bytes.len()) > SHORT {
                    return Err(BodyFault::Malformed("a field of the form is too long"));
                }
                field.extend_from_slice(bytes);
                Ok(())
            }
        }
    }
}
