//! What reaches a buyer. No request of such a call can be had but through a [`Permitted`], which owns the call, its order and
//! its end, can't be copied and is used up by leaving (law 3).
//!
//! The gate's permit is made on a floor that this crate does not see, so the compiler can't keep here who makes a
//! [`Permitted`]: the crate `channel` alone, out of a permit that it takes by value. A test of this crate reads the sources of
//! all others for that.

use model::{Marketplace, OrderId, Span, Timestamp};

use crate::answer::Answer;
use crate::{Failure, Request, RequestId, Usage};

/// How long a permit holds (law 2); the same as the gate's.
const LIFE: Span = Span::seconds(10);

mod sealed {
    /// What only the calls of this crate can do: tell their request.
    pub trait Sealed {
        fn request(&self, order_id: super::OrderId, store: super::Marketplace) -> super::Request;
    }
}
pub(crate) use sealed::Sealed;

/// A call that reaches a buyer: it is no [`crate::Operation`], and tells its request to nobody.
///
/// ```compile_fail,E0599
/// fn bypass(call: &amazon::solicitation::RequestReview) {
///     call.request(todo!(), model::Marketplace::De);
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
/// It can't be used twice,
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
/// nor changed into another's.
///
/// ```compile_fail,E0616
/// fn redirect<C: amazon::ToBuyer>(call: &mut amazon::Permitted<C>, to: model::OrderId) {
///     call.order_id = to;
/// }
/// ```
#[derive(Debug)]
pub struct Permitted<C> {
    call: C,
    order_id: OrderId,
    store: Marketplace,
    expires_at: Timestamp,
}

/// The permit ran out before the request's first byte: nothing left, and the gate has to be asked anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the permit ran out before the request could leave; nothing was sent")]
pub struct Lapsed;

impl<C: ToBuyer> Permitted<C> {
    /// From what a permit says, by whoever took it by value: what leaves, for which order and store, until when.
    pub const fn under_permit(call: C, order_id: OrderId, store: Marketplace, expires_at: Timestamp) -> Self {
        Self { call, order_id, store, expires_at }
    }

    /// Its order.
    pub const fn order_id(&self) -> OrderId {
        self.order_id
    }

    /// The request, to be asked for last before its first byte: the permit must still hold by the clock of the machine that
    /// asked for it.
    ///
    /// # Errors
    /// Where it does not. A clock that was set back does not lengthen it.
    pub fn into_request(self, now: Timestamp) -> Result<Request, Lapsed> {
        let holds = now < self.expires_at && now >= self.expires_at.minus(LIFE);
        if holds { Ok(self.call.request(self.order_id, self.store)) } else { Err(Lapsed) }
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
