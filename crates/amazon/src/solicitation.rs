//! Amazon's own review request (Solicitations API): what an order offers, the request itself, and what became of it. Amazon
//! writes the text, knows the buyer, and takes one request per order between 5 and 30 days after delivery.

use model::{Marketplace, OrderId};
use policy::Sendable;
use serde_json::Value;

use crate::answer::Answer;
use crate::permitted::{Handed, Sealed, ToBuyer};
use crate::{Failure, FailureKind, Operation, Region, Request, Unreadable, Usage, hal};

const ACTION: &str = "productReviewAndSellerFeedback";

fn path(order_id: OrderId) -> String {
    format!("/solicitations/v1/orders/{order_id}")
}

/// Asks which solicitations an order allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetSolicitationActions {
    /// The order.
    pub order_id: OrderId,
    /// Its store.
    pub store: Marketplace,
}

/// What an order allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SolicitationActions {
    /// Whether a review can be requested now. A no is no lasting one: it was seen to change within a day.
    pub offers_review: bool,
}

impl Operation for GetSolicitationActions {
    type Answer = SolicitationActions;
    const NAME: &'static str = "getSolicitationActionsForOrder";
    const USAGE: Usage = Usage::of(1_000_000, 5);

    fn request(&self) -> Request {
        Request::get(Some(Region::of(self.store)), path(self.order_id)).with("marketplaceIds", self.store.facts().id)
    }

    fn read(&self, body: &Value) -> Result<SolicitationActions, Unreadable> {
        let offers = hal::offers(body)?;
        let offers_review = offers.iter().any(|offer| offer.name == ACTION && offer.disabled.is_none());
        Ok(SolicitationActions { offers_review })
    }
}

/// The request for a product review and seller feedback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestReview;

impl Sealed for RequestReview {
    fn is_meant_by(&self, sendable: &Sendable) -> bool {
        matches!(sendable, Sendable::Solicitation)
    }

    fn request(&self, order_id: OrderId, store: Marketplace) -> Request {
        let path = format!("{}/solicitations/{ACTION}", path(order_id));
        Request::post_empty(Region::of(store), path).with("marketplaceIds", store.facts().id)
    }
}

impl ToBuyer for RequestReview {
    const NAME: &'static str = "createProductReviewAndSellerFeedbackSolicitation";
    const USAGE: Usage = Usage::of(1_000_000, 5);
}

/// What became of a review request, from the question whether it may be made to its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Solicited {
    /// Amazon took it.
    Sent,
    /// There was one for this order already, by whomever.
    AlreadyRequested,
    /// Amazon says that it is not between 5 and 30 days after delivery.
    OutsideWindow,
    /// The order does not offer it now. It is asked about again daily while the window is open.
    NotEligibleNow,
    /// The access token is not taken: get a new one, and ask again.
    TokenNotTaken,
    /// The application lacks the role Buyer Solicitation, or the seller did not grant it.
    RoleMissing,
    /// Too many calls.
    Throttled,
    /// The question failed on Amazon's side or on the way. Nothing was requested.
    AmazonsFault,
    /// Amazon refused it for a reason that is not known here; its words are kept.
    Refused,
    /// It may have been requested or not.
    Unknown,
}

impl Solicited {
    /// What the question says before a request is made; none where the request may be made.
    pub fn by_question(answer: &Result<SolicitationActions, Box<Failure>>) -> Option<Self> {
        match answer {
            Ok(actions) => (!actions.offers_review).then_some(Self::NotEligibleNow),
            Err(failure) => Some(Self::by_failure(failure)),
        }
    }

    /// What the request's answer says.
    pub fn by_request(answer: &Answer) -> Self {
        match Handed::of(answer) {
            Handed::Taken(_) => Self::Sent,
            Handed::Refused(failure) => Self::by_failure(&failure),
            Handed::Unknown(_) => Self::Unknown,
        }
    }

    /// Whether the order has had its one request, or may have had it, so that its slot stays taken.
    pub const fn takes_slot(self) -> bool {
        matches!(self, Self::Sent | Self::AlreadyRequested | Self::Unknown)
    }

    fn by_failure(failure: &Failure) -> Self {
        match failure.kind() {
            FailureKind::Throttled => Self::Throttled,
            FailureKind::TokenNotTaken => Self::TokenNotTaken,
            FailureKind::RoleMissing => Self::RoleMissing,
            FailureKind::AmazonsFault | FailureKind::TimedOut | FailureKind::NotAmazon | FailureKind::Unreadable => {
                Self::AmazonsFault
            }
            FailureKind::OurMistake | FailureKind::NotFound => Self::Refused,
            FailureKind::Denied | FailureKind::Refused => Self::by_words(failure),
        }
    }

    /// By Amazon's English, the only one seen (threads 19 and 779 of the models' repository). Both come as 403
    /// `Unauthorized`, so the words alone tell them from a missing right.
    fn by_words(failure: &Failure) -> Self {
        let words = failure.words().folded();
        if words.contains("requestedsolicitationisnotavailable") {
            Self::AlreadyRequested
        } else if words.contains("requestareviewoutside") || words.contains("rangeaftertheorderdeliverydate") {
            Self::OutsideWindow
        } else {
            Self::Refused
        }
    }
}
