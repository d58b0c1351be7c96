//! A connection to a server that somebody set: its address, TCP, TLS, each in its own time. What is unprotected goes to
//! this machine only, whatever a name leads to, and what a member set to public addresses only; a certificate is always
//! checked. No protocol is spoken here.

mod roots;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use model::is_public;
use model::sender::{Security, SubmissionServer};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

pub use roots::{TrustFault, TrustedRoots};

/// Addresses of one name that are tried.
const MOST_ADDRESSES: usize = 4;

/// A connection, plain or under TLS.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + Sync {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send + Sync> Stream for S {}

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConnectFault {
    /// The name leads to no address that may be connected to.
    #[error("the server's name leads to no address")]
    NoAddress,
    /// Refused, or no way there.
    #[error("the server takes no connection on this port")]
    NoConnection,
    /// The step's time is up.
    #[error("the server did not answer in time")]
    TooSlow,
    /// Closed, or broken.
    #[error("the server closed the connection")]
    Lost,
    /// No TLS, or none that both know.
    #[error("the server and Abide could not agree on TLS; check port and security (tls, starttls)")]
    Tls,
    /// A certificate that is not believed.
    #[error("the server's certificate is not to be believed: wrong name, expired, or from an unknown authority")]
    Certificate,
}

/// Connects by TCP. The name's look-up and each of its addresses have the time `within`.
///
/// # Errors
/// No address, no connection, or no answer in time.
pub async fn connect(server: &SubmissionServer, within: Duration) -> Result<TcpStream, ConnectFault> {
    let looked_up = timeout(within, tokio::net::lookup_host((server.host(), server.port()))).await;
    let addresses = match looked_up {
        Ok(Ok(addresses)) => addresses,
        Ok(Err(_)) => return Err(ConnectFault::NoAddress),
        Err(_) => return Err(ConnectFault::TooSlow),
    };
    let mut last = ConnectFault::NoAddress;
    for address in addresses.filter(|address| may_be_meant(server, address)).take(MOST_ADDRESSES) {
        match timeout(within, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Each command is one small packet that waits for its answer.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(_)) => last = ConnectFault::NoConnection,
            Err(_) => last = ConnectFault::TooSlow,
        }
    }
    Err(last)
}

/// Whether one of the addresses that a server's name leads to may be connected to. `localhost` is a name like others, and
/// may lead elsewhere; and whoever owns a name may let it lead anywhere.
fn may_be_meant(server: &SubmissionServer, address: &SocketAddr) -> bool {
    (server.security() != Security::None || address.ip().is_loopback())
        && (!server.is_only_public() || is_public(address.ip()))
}

/// Lays TLS over a connection, and checks the server's certificate.
///
/// # Errors
/// No TLS, a certificate that is not believed, or no answer within the time.
pub async fn under_tls<S: Stream + 'static>(
    stream: S,
    server: &SubmissionServer,
    roots: &TrustedRoots,
    within: Duration,
) -> Result<impl Stream + use<S> + 'static, ConnectFault> {
    let name = ServerName::try_from(server.host().to_owned()).map_err(|_| ConnectFault::NoAddress)?;
    let connector = TlsConnector::from(Arc::clone(&roots.config()));
    match timeout(within, connector.connect(name, stream)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(fault_of(&error)),
        Err(_) => Err(ConnectFault::TooSlow),
    }
}

fn fault_of(error: &std::io::Error) -> ConnectFault {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(_)) => ConnectFault::Certificate,
        Some(_) => ConnectFault::Tls,
        None => ConnectFault::Lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_to_a_private_address_is_not_connected_to_for_a_member() {
        let private: SocketAddr = "10.0.0.5:587".parse().unwrap();
        let public: SocketAddr = "9.9.9.9:587".parse().unwrap();
        let of_operator = SubmissionServer::new("smtp.shop.example", 587, Security::StartTls).unwrap();
        let of_member = of_operator.clone().only_public().unwrap();
        assert!(may_be_meant(&of_operator, &private) && may_be_meant(&of_operator, &public));
        assert!(!may_be_meant(&of_member, &private) && may_be_meant(&of_member, &public));
    }

    #[test]
    fn what_is_unprotected_stays_on_this_machine() {
        let server = SubmissionServer::new("localhost", 25, Security::None).unwrap();
        assert!(may_be_meant(&server, &"127.0.0.1:25".parse().unwrap()));
        assert!(!may_be_meant(&server, &"9.9.9.9:25".parse().unwrap()));
    }
}
