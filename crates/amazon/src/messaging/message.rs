//! A typed message to a buyer: one kind, the words and files that this kind takes, all held against Amazon's limits when it is
//! made. It leaves under a permit alone.

use model::attachment::LARGEST_ATTACHMENT;
use model::{AttachedFile, AttachmentName, Marketplace, OrderId, Timestamp};
use policy::Sendable;
use serde_json::{Value, json};

use super::text::checked;
use super::{Action, UnfitText};
use crate::answer::Answer;
use crate::permitted::{Handed, Sealed, ToBuyer};
use crate::{FailureKind, OpaqueId, Region, Request, Usage};

/// A file that lies at Amazon already, for one message of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    id: OpaqueId,
    name: AttachmentName,
    bytes: u64,
}

impl Uploaded {
    /// By the id of the place it was uploaded to.
    pub fn new(id: OpaqueId, file: &AttachedFile) -> Self {
        Self { id, name: file.name.clone(), bytes: file.bytes }
    }
}

/// What somebody wants to send.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Draft {
    /// The text, in the buyer's language.
    pub text: Option<String>,
    /// The files.
    pub attachments: Vec<Uploaded>,
    /// When a warranty begins.
    pub coverage_start: Option<Timestamp>,
    /// When it ends.
    pub coverage_end: Option<Timestamp>,
}

impl std::fmt::Debug for Draft {
    /// Without its words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.text.as_ref().map_or(0, String::len);
        f.debug_struct("Draft")
            .field("bytes", &bytes)
            .field("attachments", &self.attachments.len())
            .finish_non_exhaustive()
    }
}

/// Why it can't be sent so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitMessage {
    /// Its text.
    #[error(transparent)]
    Text(#[from] UnfitText),
    /// It needs one.
    #[error("this kind of message needs a text")]
    NoText,
    /// It takes none.
    #[error("this kind of message has no text of your own")]
    TextNotTaken,
    /// It needs one.
    #[error("this kind of message needs an attachment")]
    NoAttachment,
    /// Too many.
    #[error("this kind of message takes at most {most} attachments")]
    TooManyAttachments {
        /// How many it takes.
        most: usize,
    },
    /// Too large together.
    #[error("the attachments are larger than {} MB together, which is all that Amazon takes", LARGEST_ATTACHMENT / 1_000_000)]
    AttachmentsTooLarge,
    /// Of another kind of message.
    #[error("only a warranty says when it begins and ends")]
    CoverageNotTaken,
    /// Turned around.
    #[error("the warranty ends before it begins")]
    CoverageReversed,
}

/// A message that fits its kind.
#[derive(Debug, PartialEq, Eq)]
pub struct BuyerMessage {
    action: Action,
    draft: Draft,
}

impl BuyerMessage {
    /// Holds a draft against the limits of its kind.
    pub fn new(action: Action, draft: Draft) -> Result<Self, UnfitMessage> {
        let limits = action.limits();
        let text = match (limits.text, &draft.text) {
            (Some(most), Some(text)) => Some(checked(text, most)?),
            (Some(_), None) => return Err(UnfitMessage::NoText),
            (None, Some(_)) => return Err(UnfitMessage::TextNotTaken),
            (None, None) => None,
        };
        let (fewest, most) = limits.attachments;
        if draft.attachments.len() < fewest {
            return Err(UnfitMessage::NoAttachment);
        }
        if draft.attachments.len() > most {
            return Err(UnfitMessage::TooManyAttachments { most });
        }
        let bytes = draft.attachments.iter().fold(0_u64, |sum, file| sum.saturating_add(file.bytes));
        if bytes > LARGEST_ATTACHMENT {
            return Err(UnfitMessage::AttachmentsTooLarge);
        }
        if !limits.coverage && (draft.coverage_start.is_some() || draft.coverage_end.is_some()) {
            return Err(UnfitMessage::CoverageNotTaken);
        }
        if draft.coverage_start.zip(draft.coverage_end).is_some_and(|(start, end)| end < start) {
            return Err(UnfitMessage::CoverageReversed);
        }
        Ok(Self { action, draft: Draft { text, ..draft } })
    }

    /// Its kind.
    pub const fn action(&self) -> Action {
        self.action
    }

    /// What it says, as Amazon's model has it: for looking at, since a request of it leaves under a permit alone.
    pub fn body(&self) -> Value {
        let mut body = serde_json::Map::new();
        let draft = &self.draft;
        if let Some(text) = &draft.text {
            body.insert("text".to_owned(), json!(text));
        }
        if !draft.attachments.is_empty() {
            let file =
                |file: &Uploaded| json!({"uploadDestinationId": file.id.as_str(), "fileName": file.name.as_str()});
            body.insert("attachments".to_owned(), draft.attachments.iter().map(file).collect());
        }
        for (name, time) in [("coverageStartDate", draft.coverage_start), ("coverageEndDate", draft.coverage_end)] {
            if let Some(time) = time {
                body.insert(name.to_owned(), json!(time.to_string()));
            }
        }
        Value::Object(body)
    }
}

/// The path of a kind of message for an order.
pub(crate) fn path(order_id: OrderId, action: Action) -> String {
    format!("/messaging/v1/orders/{order_id}/messages/{action}")
}

impl Sealed for BuyerMessage {
    /// By no permit yet: the gate grants none for the channel `messaging`, and one for a mail is for that mail.
    fn is_meant_by(&self, sendable: &Sendable) -> bool {
        match sendable {
            Sendable::Email { .. } | Sendable::Solicitation => false,
        }
    }

    fn request(&self, order_id: OrderId, store: Marketplace) -> Request {
        Request::post(Some(Region::of(store)), path(order_id, self.action), &self.body())
            .with("marketplaceIds", store.facts().id)
    }
}

impl ToBuyer for BuyerMessage {
    /// All kinds have the same plan; each is counted by itself at Amazon, all together here, which is slower and never faster.
    const NAME: &'static str = "createMessage";
    const USAGE: Usage = Usage::of(1_000_000, 5);
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Messaged {
    /// Amazon took it.
    Sent,
    /// The order does not offer this kind of message now.
    NotOffered,
    /// The access token is not taken: get a new one, and ask again.
    TokenNotTaken,
    /// The application lacks the role Buyer Communication, or the seller did not grant it.
    RoleMissing,
    /// Too many calls.
    Throttled,
    /// Amazon refused it for another reason; its words are kept.
    Refused,
    /// It may have reached the buyer or not.
    Unknown,
}

impl Messaged {
    /// What the answer says.
    pub fn by_answer(answer: &Answer) -> Self {
        let failure = match Handed::of(answer) {
            Handed::Taken(_) => return Self::Sent,
            Handed::Unknown(_) => return Self::Unknown,
            Handed::Refused(failure) => failure,
        };
        match failure.kind() {
            FailureKind::Throttled => Self::Throttled,
            FailureKind::TokenNotTaken => Self::TokenNotTaken,
            FailureKind::RoleMissing => Self::RoleMissing,
            // A 403 `Unauthorized` with these words, as users report it.
            _ if failure.words().folded().contains("invalidamazonorderidandtemplatecombination") => Self::NotOffered,
            _ => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_a_post_to_its_kind_and_store() {
        let draft = Draft { text: Some("Where shall it go?".to_owned()), ..Draft::default() };
        let message = BuyerMessage::new(Action::ConfirmDeliveryDetails, draft).unwrap();
        let order_id: OrderId = "302-1111111-2222222".parse().unwrap();
        let request = message.request(order_id, Marketplace::De);
        let path = "/messaging/v1/orders/302-1111111-2222222/messages/confirmDeliveryDetails";
        assert_eq!((request.method().as_str(), request.path()), ("POST", path));
        assert_eq!(request.query(), "marketplaceIds=A1PA6795UKMFR9");
        assert_eq!((request.content_type(), request.body()), (Some("application/json"), &*message.body().to_string()));
    }
}
