//! `POST /intake/raw`: a mail by a token of the account. The mail itself by the account's own programs, or wrapped as
//! SendGrid and Postmark send it on. Those take mail from anybody, so what is wrapped is never vouched for.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use model::inbound::Door;

use super::answer::Answer;
use super::body::receive;
use super::format::{FormKind, Format, is_packed, told_length};
use super::kept::Kept;
use super::{BodyFault, FormReader, Posted, Way, credentials, in_doubt, postmark};

/// The field in which SendGrid sends the raw mail on.
const SENDGRID: &str = "email";

pub(super) async fn accept(State(way): State<Arc<Way>>, headers: HeaderMap, body: Body) -> Answer {
    // A request without a token costs what one with a wrong token costs.
    let token = credentials::token(&headers).unwrap_or_default();
    let door = match way.store.http_door_by_token(&token).await {
        Ok(Some(door)) => door,
        Ok(None) => return Answer::Unknown,
        Err(error) => return in_doubt(&error),
    };
    if is_packed(&headers) {
        return Answer::WrongKind("send the mail unpacked, without Content-Encoding");
    }
    let (format, settings) = (Format::of(&headers), &way.settings);
    let most = if format == Format::Plain { settings.largest } else { settings.largest_wrapped };
    if told_length(&headers).is_some_and(|length| usize::try_from(length).map_or(true, |length| length > most)) {
        return BodyFault::TooLarge.into();
    }
    let taken = match format {
        Format::Plain => plain(&way, body).await.map(|mail| (mail, door.kind.door())),
        Format::Form(kind @ FormKind::Multipart(_)) => form(&way, kind, body).await.map(|mail| (mail, Door::Relay)),
        Format::Json => json(&way, body).await.map(|mail| (mail, Door::Relay)),
        Format::Form(FormKind::UrlEncoded) => {
            return Answer::WrongKind("send the mail's bytes as they are, with Content-Type: message/rfc822");
        }
        Format::BadForm => return Answer::WrongKind("the form's boundary is missing or can't be one"),
    };
    match taken {
        Ok((mail, _)) if mail.bytes().is_empty() => BodyFault::Malformed("there is no mail in the request").into(),
        Ok((mail, came_by)) => way.take(&door, Posted { mail, door: came_by, address: None, post: None }).await,
        Err(fault) => fault.into(),
    }
}

async fn plain(way: &Way, body: Body) -> Result<Kept, BodyFault> {
    let mut mail = Kept::new(way.settings.largest, &way.allowance);
    receive(body, &way.settings, way.settings.largest, &mut mail).await?;
    Ok(mail)
}

async fn form(way: &Way, kind: FormKind, body: Body) -> Result<Kept, BodyFault> {
    let mut reader = FormReader::new(kind, SENDGRID, way.settings.largest, &way.allowance);
    receive(body, &way.settings, way.settings.largest_wrapped, &mut reader).await?;
    let missing = BodyFault::Malformed("the form has no field `email`; let SendGrid post the raw, full MIME message");
    reader.finish()?.mail.ok_or(missing)?.restore_line_ends()
}

async fn json(way: &Way, body: Body) -> Result<Kept, BodyFault> {
    let mut text = Kept::new(way.settings.largest_wrapped, &way.allowance);
    receive(body, &way.settings, way.settings.largest_wrapped, &mut text).await?;
    let raw = postmark::raw_email(text.bytes())?;
    // From here on the mail has the memory, not the text around it.
    drop(text);
    let mut mail = Kept::new(way.settings.largest, &way.allowance);
    mail.push(raw.as_bytes())?;
    mail.restore_line_ends()
}
