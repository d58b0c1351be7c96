//! Where requests go: Amazon's own addresses by region, its sandbox, or a stand-in on this same machine, for tests. No other
//! address can be one, since each request carries a token of the seller's.

use crate::Region;

/// Where tokens are given (Login with Amazon), the same for all regions.
const SIGN_IN: &str = "https://api.amazon.com";

/// The addresses of one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    region: Region,
    api: String,
    sign_in: String,
}

/// An address that a stand-in can't have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stand-in for Amazon's API is reached on this machine only; write it like http://127.0.0.1:8080")]
pub struct NotThisMachine;

impl Endpoint {
    /// Amazon's own.
    pub fn of(region: Region) -> Self {
        let api = format!("https://sellingpartnerapi-{region}.amazon.com");
        Self { region, api, sign_in: SIGN_IN.to_owned() }
    }

    /// Amazon's sandbox, which answers from examples. Its tokens are given where the others are.
    pub fn sandbox(region: Region) -> Self {
        let api = format!("https://sandbox.sellingpartnerapi-{region}.amazon.com");
        Self { region, api, sign_in: SIGN_IN.to_owned() }
    }

    /// A stand-in for both, at `http://` and a loopback address of this machine with or without a port.
    pub fn stand_in(region: Region, base: &str) -> Result<Self, NotThisMachine> {
        let base = base.trim().trim_end_matches('/');
        if !is_loopback(base.strip_prefix("http://").ok_or(NotThisMachine)?) {
            return Err(NotThisMachine);
        }
        Ok(Self { region, api: base.to_owned(), sign_in: base.to_owned() })
    }

    /// Its region.
    pub const fn region(&self) -> Region {
        self.region
    }

    /// Where calls go, without a slash at the end.
    pub fn api(&self) -> &str {
        &self.api
    }

    /// Where tokens are asked for, without a slash at the end.
    pub fn sign_in(&self) -> &str {
        &self.sign_in
    }
}

/// Whether `host[:port]`, without anything after it, is this machine.
pub(crate) fn is_loopback(authority: &str) -> bool {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, "")) => (host, None),
            Some((host, port)) => match port.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None => return false,
            },
            None => return false,
        },
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    port.is_none_or(is_port)
        && (host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_go_to_amazon_or_to_this_machine() {
        assert_eq!(Endpoint::of(Region::Europe).api(), "https://sellingpartnerapi-eu.amazon.com");
        assert_eq!(Endpoint::sandbox(Region::FarEast).api(), "https://sandbox.sellingpartnerapi-fe.amazon.com");
        assert_eq!(Endpoint::sandbox(Region::FarEast).sign_in(), "https://api.amazon.com");
        for here in ["http://127.0.0.1:8080/", "http://localhost", "http://[::1]:9", "http://127.9.9.9"] {
            let endpoint = Endpoint::stand_in(Region::Europe, here).unwrap();
            assert_eq!(endpoint.api(), here.trim_end_matches('/'));
        }
        for elsewhere in [
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com",
            "http://127.0.0.1:80@example.com",
            "http://example.com",
            "http://10.0.0.1",
            "http://localhost:+80",
            "http://localhost/path",
            "http://[::1",
            "http://[::1]8",
            "https://localhost",
            "localhost",
            "",
        ] {
            assert_eq!(Endpoint::stand_in(Region::Europe, elsewhere), Err(NotThisMachine), "{elsewhere}");
        }
    }
}
