//! Messaging API: which messages an order offers, the language its buyer reads, and the typed messages themselves, held against
//! Amazon's limits before they leave. It can't answer a buyer's own message.

mod action;
mod actions;
mod attributes;
mod message;
mod text;

pub use action::{Action, Limits};
pub use actions::{GetMessagingActions, MessagingActions};
pub use attributes::{GetAttributes, Locale};
pub(crate) use message::path;
pub use message::{BuyerMessage, Draft, Messaged, UnfitMessage, Uploaded};
pub use text::UnfitText;
