//! `POST /intake/mailgun/{door}/mime`: Mailgun's raw MIME route. It stops at 200 and 406 alone and tries all else again
//! for about 8 hours, so a wrong key or a form that can't be read leaves time to put it right.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use model::inbound::Door;
use model::{AccountId, AddressId, HttpDoorId, Timestamp};
use store::StoreError;

use super::answer::Answer;
use super::body::receive;
use super::format::{Format, is_packed, told_length};
use super::{BodyFault, Form, FormReader, PostSignature, Posted, Way, in_doubt};

/// The field with the mail.
const MAIL: &str = "body-mime";

/// Recipients that are looked up; Mailgun names one.
const RECIPIENTS: usize = 5;

pub(super) async fn accept(
    State(way): State<Arc<Way>>,
    Path(door): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    // Who doesn't know the route's id gets no memory; the id alone opens nothing.
    let Ok(id) = door.parse::<HttpDoorId>() else { return Answer::Unknown };
    let (door, key) = match way.store.mailgun_door(id).await {
        Ok(Some(found)) => found,
        Ok(None) => return Answer::Unknown,
        Err(error) => return in_doubt(&error),
    };
    let Format::Form(kind) = Format::of(&headers) else {
        return Answer::WrongKind("this is a route of Mailgun's: it takes the form that Mailgun posts");
    };
    if is_packed(&headers) {
        return Answer::WrongKind("send the form unpacked, without Content-Encoding");
    }
    let most = way.settings.largest_wrapped;
    if told_length(&headers).is_some_and(|length| usize::try_from(length).map_or(true, |length| length > most)) {
        return BodyFault::TooLarge.into();
    }
    let mut reader = FormReader::new(kind, MAIL, way.settings.largest, &way.allowance);
    let form = match receive(body, &way.settings, most, &mut reader).await.and_then(|()| reader.finish()) {
        Ok(form) => form,
        Err(fault) => return fault.into(),
    };
    let Form { mail, recipient, timestamp, token, signature } = form;
    let Some(post) = PostSignature::checked(&key, &timestamp, &token, &signature, Timestamp::from_clock()) else {
        tracing::warn!(door = %id, "a post to a route of Mailgun's has a wrong or old signature; it is refused");
        return Answer::Unknown;
    };
    let Some(mail) = mail.filter(|mail| !mail.bytes().is_empty()) else {
        return BodyFault::Malformed("the form has no field `body-mime`: the route's address must end with `mime`")
            .into();
    };
    let mail = match mail.restore_line_ends() {
        Ok(mail) => mail,
        Err(fault) => return fault.into(),
    };
    match address(&way, door.account, &recipient).await {
        Ok(address) => way.take(&door, Posted { mail, door: Door::Mailgun, address, post: Some(post) }).await,
        Err(error) => in_doubt(&error),
    }
}

/// The account's inbound address among the recipients, by whatever domain Mailgun takes mail for it.
async fn address(way: &Way, account: AccountId, recipients: &str) -> Result<Option<AddressId>, StoreError> {
    for recipient in recipients.split(',').take(RECIPIENTS) {
        let Some((local, _)) = recipient.trim().rsplit_once('@') else { continue };
        let local = local.split('+').next().unwrap_or_default();
        let found = way.store.find_address(local, Timestamp::from_clock()).await?;
        if let Some(address) = found.filter(|address| address.account == account) {
            return Ok(Some(address.id));
        }
    }
    Ok(None)
}
