//! One request and its answer over a stream that is ready. No redirection is followed: it is an answer like others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use amazon::{ACCESS_TOKEN, Answer, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{Connection, SendRequest};
use hyper::header::HeaderMap;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper_util::rt::TokioIo;
use model::sender::Secret;
use tokio::time::{Instant, timeout_at};

use crate::address::Address;
use crate::watched::Watched;
use crate::{CarryFault, Timeouts};

/// The most bytes of an answer's head.
const LARGEST_HEAD: usize = 64 * 1024;

pub(crate) type Sender = SendRequest<Full<Bytes>>;
pub(crate) type Driver = Connection<TokioIo<Watched>, Full<Bytes>>;

pub(crate) async fn ready(watched: Watched) -> Result<(Sender, Driver), CarryFault> {
    let mut builder = hyper::client::conn::http1::Builder::new();
    builder.max_buf_size(LARGEST_HEAD);
    builder.handshake(TokioIo::new(watched)).await.map_err(|_| CarryFault::Lost)
}

/// The request as it goes to the wire.
pub(crate) fn written(
    request: &Request,
    address: &Address<'_>,
    agent: &str,
    token: Option<&Secret>,
) -> Result<hyper::Request<Full<Bytes>>, CarryFault> {
    let value = |text: &str| HeaderValue::from_str(text).map_err(|_| CarryFault::Address);
    let body = Full::new(Bytes::copy_from_slice(request.body().as_bytes()));
    let mut out = hyper::Request::new(body);
    *out.method_mut() = match request.method() {
        amazon::Method::Get => hyper::Method::GET,
        amazon::Method::Post => hyper::Method::POST,
    };
    *out.uri_mut() = address.target.parse().map_err(|_| CarryFault::Address)?;
    let headers = out.headers_mut();
    headers.insert(HOST, value(address.authority)?);
    headers.insert(USER_AGENT, value(agent)?);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(kind) = request.content_type() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    if let Some(token) = token {
        let mut secret = value(token.reveal())?;
        secret.set_sensitive(true);
        headers.insert(ACCESS_TOKEN, secret);
    }
    Ok(out)
}

/// An answer as it came from the wire.
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Raw {
    pub(crate) fn answer(self) -> Answer {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        Answer::new(self.status, headers, self.body)
    }
}

/// What is sent to fetch a document: no token, since its address is all that is needed.
pub(crate) fn fetching(address: &Address<'_>, agent: &str) -> Result<hyper::Request<Full<Bytes>>, CarryFault> {
    let value = |text: &str| HeaderValue::from_str(text).map_err(|_| CarryFault::Address);
    let mut out = hyper::Request::new(Full::new(Bytes::new()));
    *out.uri_mut() = address.target.parse().map_err(|_| CarryFault::Address)?;
    out.headers_mut().insert(HOST, value(address.authority)?);
    out.headers_mut().insert(USER_AGENT, value(agent)?);
    Ok(out)
}

/// Sends it and reads the answer up to so many bytes, and says of a failure whether the request had begun to leave.
pub(crate) async fn exchange(
    (mut sender, driver): (Sender, Driver),
    request: hyper::Request<Full<Bytes>>,
    timeouts: Timeouts,
    begun: &Arc<AtomicBool>,
    most: usize,
) -> Result<Raw, (CarryFault, bool)> {
    let start = Instant::now();
    let (head, end) = (start + timeouts.first_byte.min(timeouts.whole), start + timeouts.whole);
    let talk = async move {
        let response = match timeout_at(head, sender.send_request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => return Err(CarryFault::Lost),
            Err(_) => return Err(CarryFault::TooSlow),
        };
        match timeout_at(end, whole(response, most)).await {
            Ok(answer) => answer,
            Err(_) => Err(CarryFault::TooSlow),
        }
    };
    // Both in this task: when it is dropped, the connection ends with it.
    tokio::pin!(talk);
    let answer = tokio::select! {
        biased;
        answer = &mut talk => answer,
        _ = driver => talk.await,
    };
    answer.map_err(|fault| (fault, begun.load(Ordering::SeqCst)))
}

async fn whole(response: hyper::Response<Incoming>, most: usize) -> Result<Raw, CarryFault> {
    let (head, mut body) = response.into_parts();
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| CarryFault::Lost)?.into_data() else { continue };
        if bytes.len() + data.len() > most {
            return Err(CarryFault::TooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Raw { status: head.status.as_u16(), headers: head.headers, body: bytes })
}
