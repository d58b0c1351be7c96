//! The words of the house as types: what an order id, an alias, a notice, a suppression is, and all that
//! crosses the store's door. Nothing here does I/O or holds a clock, and a value that exists is valid.

pub mod account;
pub mod alert;
pub mod alias;
pub mod attachment;
pub mod campaign;
pub mod critical;
pub mod csv;
pub mod delivery_report;
pub mod digest;
pub mod explain;
pub mod feed;
pub mod grade;
pub mod handle;
pub mod ids;
pub mod inbound;
pub mod ledger;
pub mod live_warning;
pub mod mail_folder;
pub mod marketplace;
pub mod member;
pub mod member_mail;
pub mod message;
pub mod message_reference;
pub mod messaged;
pub mod money;
pub mod notice;
pub mod numbers;
pub mod order;
pub mod order_id;
pub mod page;
mod public_address;
pub mod reason;
pub mod review;
pub mod self_test;
pub mod sender;
pub mod sending;
pub mod suppression;
pub mod suppression_report;
pub mod time;
mod word;

pub use account::{Account, AccountSettings, AddressKind, AddressState, Delivery, InboundAddress, Seller};
pub use alert::{Alert, AlertKind};
pub use alias::{Alias, InvalidAlias};
pub use attachment::{AttachedFile, Attachment, AttachmentName};
pub use campaign::CampaignState;
pub use critical::CriticalReason;
pub use feed::{BreakCause, FeedBreak, InvalidWay, LastNotice, Source, Way, WayHealth};
pub use grade::{Grade, GradeReason};
pub use handle::{Handle, InvalidHandle};
pub use ids::{
    AccountId, AddressId, AlertId, CampaignId, ContactNoteId, CriticalId, HttpDoorId, ListUploadId, MailId, MemberId,
    MemberMailId, MessageId, MessagedListId, NoticeId, SelfTestId, SuppressionId,
};
pub use marketplace::{Marketplace, UnknownMarketplace};
pub use member_mail::{MemberMailKind, MemberMailState, MemberMailText};
pub use message::{Channel, MessageState, Purpose};
pub use message_reference::{message_id_of, outbox_message_of};
pub use money::Money;
pub use notice::{Forwarded, Language, MailRead, MatchedBy, NoticeKind, Provenance, Reading};
pub use order::Order;
pub use order_id::{InvalidOrderId, OrderId};
pub use page::{Cursor, Page};
pub use public_address::is_public;
pub use reason::Reason;
pub use self_test::{CameIn, SelfTest, SelfTestMarker, SelfTestState};
pub use time::{Clock, Span, Timestamp};
pub use word::UnknownWord;
