//! Amazon's Selling Partner API as types: each call is a type that builds its request and understands its answer. Pure: no
//! socket, no clock, nothing asynchronous; whoever has a connection asks for the [`Request`], sends it and hands the
//! [`Answer`] back. Calls that read are [`Operation`]s; calls that reach a buyer are [`ToBuyer`] and leave by a
//! [`policy::Permit`] alone, which [`Permitted`] takes by value.
//!
//! What is said here of Amazon's rules follows its published models (`selling-partner-api-models` of August 2026) and what
//! users of the API report in public. Nothing of it has been tried against Amazon itself.
//!
//! # How a failure is told
//! By [`FailureKind`], in this order: a page of HTML or a redirection comes from somebody else than Amazon; then the status;
//! a 403 by its words, since Amazon gives it for a token that has run out, for a role that the application lacks and for an
//! order that may not be asked about alike. Amazon's own words are kept ([`Words`]) for who seals them, and shown nowhere.
//!
//! ```
//! use amazon::solicitation::{GetSolicitationActions, Solicited};
//! use amazon::{Answer, Operation};
//!
//! let call = GetSolicitationActions { order_id: "302-1111111-2222222".parse()?, store: model::Marketplace::De };
//! assert_eq!(call.request().path(), "/solicitations/v1/orders/302-1111111-2222222");
//! let answer = Answer::new(200, [], br#"{"_links": {"actions": []}}"#.to_vec());
//! assert_eq!(Solicited::by_question(&call.understand(&answer)), Some(Solicited::NotEligibleNow));
//! # Ok::<(), model::InvalidOrderId>(())
//! ```

mod answer;
mod endpoint;
mod failure;
mod hal;
mod header;
mod link;
pub mod messaging;
mod operation;
pub mod orders;
pub mod pacing;
mod participation;
mod percent;
mod permitted;
mod rate;
mod region;
pub mod reports;
mod request;
pub mod restricted;
pub mod sign_in;
pub mod solicitation;
mod stores;
mod token;
pub mod upload;
mod words;

pub use answer::{Answer, LARGEST_BODY};
pub use endpoint::{Endpoint, NotThisMachine};
pub use failure::{Failure, FailureKind};
pub use header::{ACCESS_TOKEN, user_agent};
pub use operation::{Operation, Unreadable};
pub use participation::{GetMarketplaceParticipations, Participation, Participations};
pub use permitted::{Handed, Lapsed, OtherPermit, Permitted, ToBuyer};
pub use rate::{Rate, Usage};
pub use region::Region;
pub use request::{Method, OtherRegion, Request, TokenKind};
pub use stores::{InvalidStores, Stores};
pub use token::{OpaqueId, PageToken};
pub use words::{RequestId, Words};
