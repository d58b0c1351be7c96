//! Uploads API: a place for a file that goes with one message of one order, asked for with the file's digest, and what the
//! upload itself is. Nothing of it reaches the buyer before the message does.

use data_encoding::BASE64;
use md5::{Digest, Md5};
use model::sender::Secret;
use model::{Attachment, Marketplace, OrderId};
use serde_json::Value;

use crate::link::link;
use crate::messaging::{Action, path};
use crate::operation::text;
use crate::orders::value::at;
use crate::{OpaqueId, Operation, Region, Request, Unreadable, Usage};

/// The most headers of an upload, and the longest value.
const MOST_HEADERS: usize = 30;
const LONGEST_HEADER: usize = 4_096;

/// Asks for a place to upload a file to.
#[derive(Debug, Clone)]
pub struct CreateUploadDestination<'a> {
    /// The order of the message.
    pub order_id: OrderId,
    /// Its store.
    pub store: Marketplace,
    /// The kind of the message.
    pub action: Action,
    /// The file.
    pub attachment: &'a Attachment,
}

/// The place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadDestination {
    /// Its id, by which the message names the file.
    pub id: OpaqueId,
    /// Where the file's bytes go by PUT; it needs no token, and none may be sent there.
    pub url: Secret,
    /// Headers that must go with them.
    pub headers: Vec<(String, Secret)>,
}

impl UploadDestination {
    /// Whether the status of the upload's answer says that the file is there.
    pub const fn took(status: u16) -> bool {
        matches!(status, 200 | 201 | 204)
    }
}

impl CreateUploadDestination<'_> {
    /// The MD5 of the content in base64 (RFC 1864), the form in which uploads are checked.
    fn digest(&self) -> String {
        BASE64.encode(&Md5::digest(self.attachment.content()))
    }
}

impl Operation for CreateUploadDestination<'_> {
    type Answer = UploadDestination;
    const NAME: &'static str = "createUploadDestinationForResource";
    const USAGE: Usage = Usage::of(10_000_000, 10);

    fn request(&self) -> Request {
        let path = format!("/uploads/2020-11-01/uploadDestinations{}", path(self.order_id, self.action));
        // A POST without a body: all of it stands in the query.
        Request::post_empty(Region::of(self.store), path)
            .with("marketplaceIds", self.store.facts().id)
            .with("contentMD5", &self.digest())
            .with("contentType", self.attachment.file().name.kind().media_type())
    }

    fn read(&self, body: &Value) -> Result<UploadDestination, Unreadable> {
        let payload = at(body, &["payload"]);
        let id =
            text(payload, "uploadDestinationId").and_then(OpaqueId::new).ok_or(Unreadable("the id of the upload"))?;
        let url = text(payload, "url").and_then(link).ok_or(Unreadable("the address of the upload"))?;
        let unusable = Unreadable("the headers of the upload");
        let headers = match payload.get("headers") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Object(headers)) if headers.len() <= MOST_HEADERS => {
                headers.iter().map(|(name, value)| header(name, value)).collect::<Option<_>>().ok_or(unusable)?
            }
            Some(_) => return Err(unusable),
        };
        Ok(UploadDestination { id, url, headers })
    }
}

/// A header that can go with an upload: its name a token (RFC 9110, 5.6.2), none that frames or addresses the request.
fn header(name: &str, value: &Value) -> Option<(String, Secret)> {
    let value = value.as_str()?;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let named = (1..=100).contains(&name.len()) && name.bytes().all(is_token);
    let framing = ["host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer", "expect"];
    let frames = framing.iter().any(|other| name.eq_ignore_ascii_case(other));
    let shaped = value.len() <= LONGEST_HEADER && value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    (named && !frames && shaped).then(|| (name.to_owned(), Secret::new(value.to_owned())))
}
