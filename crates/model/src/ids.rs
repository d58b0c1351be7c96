//! Identifiers of rows: UUIDv7, so that they sort by the time they were made. Each kind is its own type,
//! so that an account's id can't be taken for a message's.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id; later ids of one process sort after earlier ones.
            #[must_use]
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// The 16 bytes as they stand in the tables.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// From the 16 bytes as they stand in the tables.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }
    };
}

/// A text that is not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an id; ids look like 0190a5d0-0000-7000-8000-000000000000")]
pub struct InvalidId;

id!(/** An account: one seller, the tenant. */ AccountId);
id!(/** An inbound address. */ AddressId);
id!(/** Something a member should look at. */ AlertId);
id!(/** A campaign, over all its versions. */ CampaignId);
id!(/** A critical message, for one order. */ CriticalId);
id!(/** A way in by HTTP: a token, or a route of Mailgun's. */ HttpDoorId);
id!(/** What somebody wrote to the operator. */ ContactNoteId);
id!(/** A list that a member has uploaded and not imported yet. */ ListUploadId);
id!(/** An inbound mail. */ MailId);
id!(/** A person who signs in. */ MemberId);
id!(/** A mail to a member. */ MemberMailId);
id!(/** A message in the outbox. */ MessageId);
id!(/** A list of orders that another tool has messaged. */ MessagedListId);
id!(/** One reading that was recorded. */ NoticeId);
id!(/** A self-test of a way in. */ SelfTestId);
id!(/** An entry of a suppression list. */ SuppressionId);
