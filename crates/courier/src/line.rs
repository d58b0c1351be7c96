//! A connection that is ready for one call. What reaches a buyer is handed over here: its permit is asked last, right before
//! the request's first byte, and from that byte on whatever goes wrong leaves it unknown.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use amazon::{Answer, Endpoint, LARGEST_BODY, Permitted, Request, ToBuyer};
use connection::Stream;
use model::Timestamp;
use model::sender::Secret;
use tokio::time::timeout;

use crate::address::Address;
use crate::exchange::{Driver, Raw, Sender, exchange, fetching, ready, written};
use crate::watched::Watched;
use crate::{CarryFault, Courier};

/// A connection for one call.
pub struct Line<'c> {
    courier: &'c Courier,
    base: String,
    both: (Sender, Driver),
    begun: Arc<AtomicBool>,
}

/// What became of a call that reaches a buyer.
#[derive(Debug)]
pub enum Delivered {
    /// An answer came; [`amazon::Handed::of`] says what it means.
    Answered(Answer),
    /// Its permit ran out: nothing left.
    Lapsed,
    /// Something failed before the request's first byte: nothing left.
    NotSent(CarryFault),
    /// Something failed after it: the buyer may have been reached, so it is not made again by itself.
    Unknown(CarryFault),
}

impl std::fmt::Debug for Line<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Line({})", self.base)
    }
}

impl<'c> Line<'c> {
    pub(crate) async fn open(courier: &'c Courier, url: &str) -> Result<Self, CarryFault> {
        let address = Address::of(url)?;
        let (server, times) = (&address.server, courier.timeouts);
        let stream: Box<dyn Stream> = if address.is_protected() {
            let tcp = match courier.proxies.to(server.host()) {
                None => connection::connect(server, times.connect).await?,
                Some(proxy) => {
                    let mut tcp = connection::connect(&proxy.server, times.connect).await?;
                    let made = timeout(times.connect, proxy.tunnel(&mut tcp, server)).await;
                    made.map_err(|_| CarryFault::Proxy)??;
                    tcp
                }
            };
            Box::new(connection::under_tls(tcp, server, &courier.roots, times.tls).await?)
        } else {
            Box::new(connection::connect(server, times.connect).await?)
        };
        let begun = Arc::new(AtomicBool::new(false));
        let both = ready(Watched { stream, begun: Arc::clone(&begun) }).await?;
        let (scheme, _) = url.split_once("://").ok_or(CarryFault::Address)?;
        Ok(Self { courier, base: format!("{scheme}://{}", address.authority), both, begun })
    }

    /// Hands a permitted call over; `real_now` is asked for the machine's clock at the last moment, since permits go by it.
    pub async fn hand_over<C: ToBuyer>(
        self,
        call: Permitted<C>,
        endpoint: &Endpoint,
        token: &Secret,
        real_now: impl Fn() -> Timestamp,
    ) -> Delivered {
        let Ok(request) = call.into_request(real_now()) else { return Delivered::Lapsed };
        let Ok(url) = request.url(endpoint) else { return Delivered::NotSent(CarryFault::OtherRegion) };
        match self.exchange(&request, &url, Some(token)).await {
            Ok(answer) => Delivered::Answered(answer),
            Err((fault, true)) => Delivered::Unknown(fault),
            Err((fault, false)) => Delivered::NotSent(fault),
        }
    }

    /// The answer, or the fault with whether the request had begun to leave.
    pub(crate) async fn exchange(
        self,
        request: &Request,
        url: &str,
        token: Option<&Secret>,
    ) -> Result<Answer, (CarryFault, bool)> {
        let before = |fault| (fault, false);
        // The line leads to one place, and a call for another one does not go there.
        if url.strip_prefix(self.base.as_str()).is_none_or(|rest| !rest.is_empty() && !rest.starts_with('/')) {
            return Err(before(CarryFault::Address));
        }
        let address = Address::of(url).map_err(before)?;
        let out = written(request, &address, &self.courier.agent, token).map_err(before)?;
        let raw = exchange(self.both, out, self.courier.timeouts, &self.begun, LARGEST_BODY).await?;
        Ok(raw.answer())
    }

    /// Fetches what lies behind the address that the line was opened to.
    pub(crate) async fn fetch(self, url: &str, most: usize) -> Result<Raw, CarryFault> {
        let out = fetching(&Address::of(url)?, &self.courier.agent)?;
        exchange(self.both, out, self.courier.timeouts, &self.begun, most).await.map_err(|(fault, _)| fault)
    }
}
