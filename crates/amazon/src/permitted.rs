//! What reaches a buyer. No request of such a call can be had but through a [`Permitted`], which takes the gate's permit by
//! value and owns it: order, store and end are the permit's own, it can't be copied and is used up by leaving (law 3). Only
//! the gate makes a permit, so the compiler keeps that nothing reaches a buyer without it.

use model::{Delivery, OrderId, Timestamp};
use policy::{Permit, Sendable};

use crate::answer::Answer;
use crate::{Failure, Request, RequestId, Usage};

mod sealed {
    /// What only the calls of this crate can do: tell their request, and what a permit must be for to let it out.
    pub trait Sealed {
        fn is_meant_by(&self, sendable: &super::Sendable) -> bool;
        fn request(&self, order_id: super::OrderId, store: model::Marketplace) -> super::Request;
    }
}
pub(crate) use sealed::Sealed;

/// A call that reaches a buyer: it is no [`crate::Operation`], and tells its request to nobody.
///
/// ```compile_fail,E0599
/// fn bypass(call: &amazon::solicitation::RequestReview, order_id: model::OrderId) {
///     call.request(order_id, model::Marketplace::De);
/// }
/// ```
///
/// Nobody else can add one.
///
/// ```compile_fail,E0277
/// struct Mine;
/// impl amazon::ToBuyer for Mine {
///     const NAME: &'static str = "mine";
///     const USAGE: amazon::Usage = amazon::Usage::SANDBOX;
/// }
/// ```
pub trait ToBuyer: Sealed {
    /// The name under which calls are paced and logged: Amazon's, or one for calls of a kind.
    const NAME: &'static str;

    /// Its usage plan as Amazon prints it.
    const USAGE: Usage;
}

/// A call to one buyer that the gate permitted, on its way out.
///
/// It takes the permit with it, so that nothing else can leave under it,
///
/// ```compile_fail,E0382
/// use amazon::{Permitted, solicitation::RequestReview};
/// fn twice(permit: policy::Permit) {
///     let _ = Permitted::new(RequestReview, permit);
///     let _ = Permitted::new(RequestReview, permit);
/// }
/// ```
///
/// can't be used twice,
///
/// ```compile_fail,E0382
/// fn twice<C: amazon::ToBuyer>(call: amazon::Permitted<C>, now: model::Timestamp) {
///     let _ = call.into_request(now);
///     let _ = call.into_request(now);
/// }
/// ```
///
/// nor copied,
///
/// ```compile_fail,E0277
/// fn copy<C: amazon::ToBuyer>(call: &amazon::Permitted<C>) -> amazon::Permitted<C> {
///     amazon::Permitted::clone(call)
/// }
/// ```
///
/// nor put together from parts.
///
/// ```compile_fail,E0451
/// fn make(permit: policy::Permit) -> amazon::Permitted<amazon::solicitation::RequestReview> {
///     amazon::Permitted { call: amazon::solicitation::RequestReview, permit }
/// }
/// ```
#[derive(Debug)]
pub struct Permitted<C> {
    call: C,
    permit: Permit,
}

/// A permit that is for something else than this call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the permit is for another kind of message, or for one that is to be captured; nothing was sent")]
pub struct OtherPermit;

/// The permit ran out before the request's first byte: nothing left, and the gate has to be asked anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the permit ran out before the request could leave; nothing was sent")]
pub struct Lapsed;

impl<C: ToBuyer> Permitted<C> {
    /// The call that a permit is for. The permit is used up by asking, whatever the answer.
    ///
    /// # Errors
    /// Where the permit is for another channel, or to capture. No permit is for a typed message yet: the gate grants none.
    pub fn new(call: C, permit: Permit) -> Result<Self, OtherPermit> {
        let is_meant = permit.delivery() == Delivery::Live && call.is_meant_by(permit.sendable());
        if is_meant { Ok(Self { call, permit }) } else { Err(OtherPermit) }
    }

    /// Its permit, for reading.
    pub const fn permit(&self) -> &Permit {
        &self.permit
    }

    /// The request, to be asked for last before its first byte: the permit must still hold by the clock of the machine that
    /// asked for it.
    ///
    /// # Errors
    /// Where it does not. A clock that was set back does not lengthen it.
    pub fn into_request(self, now: Timestamp) -> Result<Request, Lapsed> {
        let Self { call, permit } = self;
        if permit.holds_at(now) { Ok(call.request(permit.order_id(), permit.store())) } else { Err(Lapsed) }
    }
}

/// What Amazon did with a call that reaches a buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handed {
    /// It took it: 201, and nothing that speaks against it.
    Taken(Option<RequestId>),
    /// It decided against it, so that nothing reached the buyer: a 4xx of its own.
    Refused(Box<Failure>),
    /// Nobody can tell: Amazon's fault, a time-out, something in between, an answer that can't be read. As with a request
    /// whose answer never came, it may have reached the buyer, so it is not made again by itself.
    Unknown(Box<Failure>),
}

impl Handed {
    /// By the answer.
    pub fn of(answer: &Answer) -> Self {
        let says_nothing_else = || match answer.json() {
            Some(serde_json::Value::Object(_)) => !answer.complaint().is_listed,
            Some(_) => false,
            None => answer.is_empty(),
        };
        if answer.status == 201 && !answer.is_page() && says_nothing_else() {
            return Self::Taken(answer.request_id.clone());
        }
        if (200..300).contains(&answer.status) {
            return Self::Unknown(Box::new(Failure::unreadable(answer, "whether it was taken")));
        }
        let failure = Box::new(Failure::of(answer));
        if failure.is_definite() { Self::Refused(failure) } else { Self::Unknown(failure) }
    }
}
