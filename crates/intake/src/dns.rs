//! Asking the name servers for the keys that grading needs: the machine's own or those of the configuration, with a
//! time for each answer and a bounded cache. What can't be answered now is told apart from what is not there.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RData;
use provenance::Answer;

/// One question to one server takes no longer; it is asked twice.
const PATIENCE: Duration = Duration::from_secs(3);
const ATTEMPTS: usize = 2;

/// A question takes no longer in all, whatever the servers do.
const PATIENCE_IN_ALL: Duration = Duration::from_secs(12);

/// Answers that are kept at most, and how long: a key that was taken back must not count for long.
const KEPT: u64 = 4096;
const KEPT_FOR: Duration = Duration::from_hours(1);
const KEPT_MISSING_FOR: Duration = Duration::from_mins(5);

/// Records and bytes of one answer that are looked at.
const RECORDS: usize = 16;
const BYTES: usize = 16 * 1024;

/// Whoever can tell TXT records.
pub trait Dns: Send + Sync + 'static {
    /// The TXT records of a name without a dot at its end, each with its pieces put together.
    fn txt(&self, name: &str) -> impl Future<Output = Answer> + Send;
}

/// Why there is nobody to ask.
#[derive(Debug, thiserror::Error)]
#[error("the name servers of this machine can't be told from its configuration; name some with `dns_servers`")]
pub struct NoNameServers(#[source] NetError);

/// The name servers, with a cache.
#[derive(Clone)]
pub struct NameServers(Option<TokioResolver>);

impl std::fmt::Debug for NameServers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NameServers").finish_non_exhaustive()
    }
}

impl NameServers {
    /// Those named, or the machine's own where none is. Nothing is asked yet.
    pub fn new(servers: &[SocketAddr]) -> Result<Self, NoNameServers> {
        let mut builder = if servers.is_empty() {
            TokioResolver::builder_tokio().map_err(NoNameServers)?
        } else {
            let servers = servers.iter().map(server).collect();
            let config = ResolverConfig::from_parts(None, Vec::new(), servers);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        };
        settle(builder.options_mut());
        builder.build().map(|resolver| Self(Some(resolver))).map_err(NoNameServers)
    }

    /// Nobody to ask: every answer is wanting.
    pub const fn none() -> Self {
        Self(None)
    }
}

fn server(address: &SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    NameServerConfig::new(address.ip(), true, connections.to_vec())
}

fn settle(options: &mut ResolverOpts) {
    options.timeout = PATIENCE;
    options.attempts = ATTEMPTS;
    options.cache_size = KEPT;
    options.positive_max_ttl = Some(KEPT_FOR);
    options.negative_max_ttl = Some(KEPT_MISSING_FOR);
    // Names are asked for as they are, never with a search domain behind them.
    options.ndots = 0;
}

impl Dns for NameServers {
    async fn txt(&self, name: &str) -> Answer {
        let Some(servers) = &self.0 else { return Answer::Unavailable };
        let asked = servers.txt_lookup(format!("{name}."));
        match tokio::time::timeout(PATIENCE_IN_ALL, asked).await {
            Err(_) => Answer::Unavailable,
            Ok(Err(error)) => without_records(&error),
            Ok(Ok(found)) => {
                let mut records = Vec::new();
                let mut bytes = 0;
                for record in found.answers().iter().take(RECORDS) {
                    let RData::TXT(text) = &record.data else { continue };
                    let whole: Vec<u8> = text.txt_data.iter().flat_map(|piece| piece.iter().copied()).collect();
                    bytes += whole.len();
                    if bytes > BYTES {
                        break;
                    }
                    // What is no text is no key; it is shown to be there, so that it can't pass for another.
                    records.push(String::from_utf8_lossy(&whole).into_owned());
                }
                if records.is_empty() { Answer::Nothing } else { Answer::Records(records) }
            }
        }
    }
}

fn without_records(error: &NetError) -> Answer {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none))
            if matches!(none.response_code, ResponseCode::NXDomain | ResponseCode::NoError) =>
        {
            Answer::Nothing
        }
        _ => Answer::Unavailable,
    }
}
