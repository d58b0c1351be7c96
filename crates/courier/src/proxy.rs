//! Proxies as the environment names them: `HTTPS_PROXY` for Amazon's addresses, `NO_PROXY` for hosts to which none leads. A
//! proxy is asked for a tunnel (RFC 9110, 9.3.6), and TLS with Amazon goes through it, so it sees names and no secret.

use connection::{ConnectFault, Stream};
use data_encoding::BASE64;
use model::sender::{Secret, Security, SubmissionServer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::CarryFault;
use crate::address::split;

/// The longest head of a proxy's answer, in bytes.
const LONGEST_HEAD: usize = 8_192;

/// Which proxy leads to Amazon, if any.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    proxy: Option<Proxy>,
    except: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    pub(crate) server: SubmissionServer,
    sign_in: Option<Secret>,
}

/// A proxy that can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("HTTPS_PROXY must be written like http://proxy.example:3128 or http://user:password@proxy.example:3128")]
pub struct InvalidProxy;

impl Proxies {
    /// By `HTTPS_PROXY` and `NO_PROXY`, or their names in lower case.
    ///
    /// # Errors
    /// A proxy that can't be used: going past it may be what the operator forbids.
    pub fn from_environment() -> Result<Self, InvalidProxy> {
        let read = |names: [&str; 2]| names.iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
        Self::new(&read(["HTTPS_PROXY", "https_proxy"]), &read(["NO_PROXY", "no_proxy"]))
    }

    /// By the two values; empty ones name none.
    ///
    /// # Errors
    /// A proxy that can't be used.
    pub fn new(proxy: &str, except: &str) -> Result<Self, InvalidProxy> {
        let except = except.split([',', ' ']).map(|host| host.trim().trim_start_matches("*.").trim_start_matches('.'));
        let except = except.filter(|host| !host.is_empty()).map(str::to_ascii_lowercase).collect();
        let proxy = proxy.trim().trim_end_matches('/');
        if proxy.is_empty() {
            return Ok(Self { proxy: None, except });
        }
        let rest = proxy.strip_prefix("http://").unwrap_or(proxy);
        let (user, authority) = rest.rsplit_once('@').map_or((None, rest), |(user, rest)| (Some(user), rest));
        let (host, port) = split(authority, 80).ok_or(InvalidProxy)?;
        // Plain at first, with TLS laid over it: what goes to a proxy in the clear is the name of Amazon's host.
        let server = SubmissionServer::new(host, port, Security::StartTls).map_err(|_| InvalidProxy)?;
        let sign_in = user.map(|user| Secret::new(BASE64.encode(&decoded(user))));
        Ok(Self { proxy: Some(Proxy { server, sign_in }), except })
    }

    /// The proxy on the way to a host.
    pub(crate) fn to(&self, host: &str) -> Option<&Proxy> {
        let is_within = |except: &String| {
            except == "*"
                || host == except
                || host.strip_suffix(except.as_str()).is_some_and(|rest| rest.ends_with('.'))
        };
        self.proxy.as_ref().filter(|_| !self.except.iter().any(is_within))
    }
}

/// A user's name and password may be percent-encoded.
fn decoded(text: &str) -> Vec<u8> {
    let digits = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let encoded = (*first == b'%').then(|| after.get(..2).and_then(digits)).flatten();
        bytes.push(encoded.unwrap_or(*first));
        rest = if encoded.is_some() { &after[2..] } else { after };
    }
    bytes
}

impl Proxy {
    /// Asks for a tunnel to a server.
    pub(crate) async fn tunnel(&self, stream: &mut impl Stream, to: &SubmissionServer) -> Result<(), CarryFault> {
        let target = format!("{}:{}", to.host(), to.port());
        let sign_in = self.sign_in.as_ref().map(|secret| format!("Proxy-Authorization: Basic {}\r\n", secret.reveal()));
        let ask = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{}\r\n", sign_in.unwrap_or_default());
        let lost = |_| CarryFault::Connect(ConnectFault::Lost);
        stream.write_all(ask.as_bytes()).await.map_err(lost)?;
        stream.flush().await.map_err(lost)?;
        let mut head = Vec::new();
        // Byte by byte: what follows the head is not the proxy's.
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() == LONGEST_HEAD {
                return Err(CarryFault::Proxy);
            }
            head.push(stream.read_u8().await.map_err(lost)?);
        }
        let is_made = head.starts_with(b"HTTP/1.") && head.get(8..10) == Some(b" 2");
        if is_made { Ok(()) } else { Err(CarryFault::Proxy) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_leads_everywhere_but_where_none_is_to() {
        let proxies =
            Proxies::new("http://a%40b:p%3A@proxy.example:3128/", "localhost, .amazon.de,api.amazon.com").unwrap();
        let proxy = proxies.to("sellingpartnerapi-eu.amazon.com").unwrap();
        assert_eq!((proxy.server.host(), proxy.server.port()), ("proxy.example", 3128));
        assert_eq!(proxy.sign_in.as_ref().unwrap().reveal(), BASE64.encode(b"a@b:p:"));
        assert!(!format!("{proxies:?}").contains(&BASE64.encode(b"a@b:p:")));
        for except in ["localhost", "amazon.de", "x.amazon.de", "api.amazon.com"] {
            assert!(proxies.to(except).is_none(), "{except}");
        }
        assert!(proxies.to("notamazon.de").is_some());
        assert!(Proxies::new("http://proxy.example", "*").unwrap().to("api.amazon.com").is_none());
        assert!(Proxies::new("", "").unwrap().to("api.amazon.com").is_none());
        for bad in ["https://proxy.example", "socks5://proxy.example", "http://pro xy", "http://proxy:x"] {
            assert_eq!(Proxies::new(bad, "").err(), Some(InvalidProxy), "{bad}");
        }
    }
}
