//! Which machine a request comes from: the peer, or what a trusted proxy says of it. Used to count sign-ins and for
//! nothing else; it is never logged.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::problem::Problem;
use crate::state::Dashboard;

/// The machine, where it is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Machine(pub Option<IpAddr>);

impl FromRequestParts<Dashboard> for Machine {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, dashboard: &Dashboard) -> Result<Self, Problem> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical());
        Ok(Self(peer.map(|peer| behind(peer, &dashboard.settings.trusted_proxies, &parts.headers))))
    }
}

/// Walks `X-Forwarded-For` from its end, past the proxies that are trusted; the first other one is the machine.
fn behind(peer: IpAddr, trusted: &[IpAddr], headers: &HeaderMap) -> IpAddr {
    if !trusted.contains(&peer) {
        return peer;
    }
    let said = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let all: Vec<&str> = said.flat_map(|line| line.split(',')).map(str::trim).collect();
    let mut machine = peer;
    for text in all.into_iter().rev() {
        let Ok(address) = text.parse::<IpAddr>() else { break };
        machine = address.to_canonical();
        if !trusted.contains(&machine) {
            break;
        }
    }
    machine
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_a_trusted_proxy_may_name_the_machine_behind_it() {
        let (proxy, stranger) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([192, 0, 2, 9]));
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("1.1.1.1, 198.51.100.7, 10.0.0.1"));
        assert_eq!(behind(stranger, &[proxy], &headers), stranger);
        assert_eq!(behind(proxy, &[proxy], &headers), IpAddr::from([198, 51, 100, 7]));
        assert_eq!(behind(proxy, &[proxy], &HeaderMap::new()), proxy);
    }
}
