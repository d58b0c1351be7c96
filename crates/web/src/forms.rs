//! The fields of a form, and the token that ties it to its session: a form without it changes nothing.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use store::Store;
use subtle::ConstantTimeEq;

use crate::problem::Problem;

/// The name of the hidden field.
pub(crate) const TOKEN: &str = "token";

/// A form has few fields and short ones; files come another way.
pub(crate) const LARGEST_FORM: usize = 64 * 1024;

/// The fields of a form whose token was right.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// A field as it was typed; empty where it is missing.
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// A field without the space around it.
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }
}

impl<S: Sync> FromRequestParts<S> for Fields {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Problem::fault("a form was asked for where none was read"))
    }
}

/// The token that forms of the holder of `secret` (the session's or the visitor's cookie) bear.
pub(crate) fn token_for(store: &Store, secret: &str) -> Result<String, Problem> {
    let hash = store.keys().hash("form token", &[secret.as_bytes()])?;
    Ok(data_encoding::BASE64URL_NOPAD.encode(&hash))
}

/// Whether a form's token is the one it should bear.
pub(crate) fn is_token(given: &str, right: &str) -> bool {
    given.as_bytes().ct_eq(right.as_bytes()).into()
}

/// A note as a member typed it: trimmed, and bounded in length.
pub(crate) fn note(fields: &Fields, asked_for: bool) -> Result<String, Problem> {
    const LONGEST: usize = 500;
    let note = fields.text("note");
    if asked_for && note.is_empty() {
        return Err(Problem::unclear("Please say why, in a few words: the ledger keeps it."));
    }
    if note.chars().count() > LONGEST {
        return Err(Problem::unclear("Please keep the note under 500 characters."));
    }
    Ok(note.to_owned())
}
