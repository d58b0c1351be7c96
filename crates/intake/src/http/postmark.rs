//! Postmark's inbound webhook: a JSON object whose `RawEmail` holds the mail, where the operator asked for it there.

use serde::Deserialize;

use super::BodyFault;

#[derive(Deserialize)]
struct Inbound {
    #[serde(rename = "RawEmail")]
    raw_email: String,
}

/// The mail in the object. All else in it is Postmark's view of the mail, which isn't looked at.
pub(super) fn raw_email(json: &[u8]) -> Result<String, BodyFault> {
    serde_json::from_slice(json).map(|Inbound { raw_email }| raw_email).map_err(|_| {
        BodyFault::Malformed("no JSON object with the mail in `RawEmail`; let Postmark include the raw email content")
    })
}
