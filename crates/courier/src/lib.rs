//! Carries one call of `amazon` to Amazon's API and brings the answer back: HTTP/1.1 over TLS, or to a stand-in on this same
//! machine. Each step has its time, an answer its largest size, no redirection is followed, and no error shows a secret, a
//! query or a body. What reaches a buyer is taken as a [`amazon::Permitted`], by value (law 3).
//!
//! A [`Line`] is opened first, so that no permit runs while names are looked up and TLS is agreed on; it carries one call.

mod address;
mod exchange;
mod fault;
mod line;
mod proxy;
mod timeouts;
mod watched;

use amazon::reports::Download;
use amazon::sign_in::{AccessToken, Renewal, SignInFailure};
use amazon::{Endpoint, Failure, Operation, Rate, Request, RequestId};
use connection::TrustedRoots;
use hyper::header::CONTENT_TYPE;
use model::sender::Secret;

pub use fault::CarryFault;
pub use line::{Delivered, Line};
pub use proxy::{InvalidProxy, Proxies};
pub use timeouts::Timeouts;

/// Who carries calls: what is believed, how the program calls itself, which proxies lie on the way, how long steps may take.
#[derive(Debug, Clone)]
pub struct Courier {
    roots: TrustedRoots,
    agent: String,
    proxies: Proxies,
    timeouts: Timeouts,
}

/// A document, or what came in its place.
#[derive(Debug)]
pub struct Downloaded {
    /// What the status says.
    pub status: Download,
    /// The value of `Content-Type`, which names the charset.
    pub content_type: Option<String>,
    /// Its bytes, packed as they came.
    pub content: Content,
}

/// The bytes of a document, which no `Debug` shows.
pub struct Content(pub Vec<u8>);

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({} bytes)", self.0.len())
    }
}

/// What a call that reads brought, with what the answer told beside it.
#[derive(Debug)]
pub struct Brought<A> {
    /// What it means, or why it brought nothing.
    pub answer: Result<A, Box<Failure>>,
    /// The rate that holds for the operation now, where it was told.
    pub rate: Option<Rate>,
    /// Amazon's id of the request.
    pub request_id: Option<RequestId>,
}

impl Courier {
    /// With the agent of [`amazon::user_agent`].
    pub const fn new(roots: TrustedRoots, agent: String, proxies: Proxies, timeouts: Timeouts) -> Self {
        Self { roots, agent, proxies, timeouts }
    }

    /// Makes a line to an endpoint's API ready, for one call.
    ///
    /// # Errors
    /// Where there is no way there; nothing was sent.
    pub async fn open(&self, endpoint: &Endpoint) -> Result<Line<'_>, CarryFault> {
        Line::open(self, endpoint.api()).await
    }

    /// Asks, and understands the answer. A call that needs a token is given the one that fits it.
    ///
    /// # Errors
    /// Where no answer came.
    pub async fn ask<O: Operation>(
        &self,
        operation: &O,
        endpoint: &Endpoint,
        token: &Secret,
    ) -> Result<Brought<O::Answer>, CarryFault> {
        let answer = self.carry(&operation.request(), endpoint, Some(token)).await?;
        let (rate, request_id) = (answer.rate(), answer.request_id().cloned());
        Ok(Brought { answer: operation.understand(&answer), rate, request_id })
    }

    /// Exchanges a refresh token for an access token.
    ///
    /// # Errors
    /// Where no answer came.
    pub async fn sign_in(
        &self,
        renewal: &Renewal<'_>,
        endpoint: &Endpoint,
    ) -> Result<Result<AccessToken, Box<SignInFailure>>, CarryFault> {
        let answer = self.carry(&renewal.request(), endpoint, None).await?;
        Ok(renewal.understand(&answer))
    }

    /// Downloads a report's document of at most so many bytes, packed, from the address that Amazon gave for it; no token goes
    /// there.
    ///
    /// # Errors
    /// Where it did not come whole.
    pub async fn download(&self, address: &Secret, most: usize) -> Result<Downloaded, CarryFault> {
        let line = Line::open(self, address.reveal()).await?;
        let raw = line.fetch(address.reveal(), most).await?;
        let content_type = raw.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Downloaded { status: Download::by_status(raw.status), content_type, content: Content(raw.body) })
    }

    async fn carry(
        &self,
        request: &Request,
        endpoint: &Endpoint,
        token: Option<&Secret>,
    ) -> Result<amazon::Answer, CarryFault> {
        let url = request.url(endpoint).map_err(|_| CarryFault::OtherRegion)?;
        let line = Line::open(self, &url).await?;
        line.exchange(request, &url, token).await.map_err(|(fault, _)| fault)
    }
}
