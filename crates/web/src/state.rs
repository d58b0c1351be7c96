//! What the program hands to the dashboard: the store, how the dashboard is reached, and the way to ask for an
//! order's explanation. The dashboard opens no connection to outside.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use campaign::{Campaign, Reach};
use model::explain::Explanation;
use model::{AccountId, Clock, OrderId};
use store::{Store, StoreError};
use tokio::sync::Semaphore;

use crate::attempts::Attempts;
use crate::password::Passwords;

/// Exports of whole accounts that may be under way at once.
const EXPORTS_AT_ONCE: usize = 3;

/// An explanation under way.
pub type Explaining = Pin<Box<dyn Future<Output = Result<Explanation, StoreError>> + Send>>;

/// Explains an order; the program wires it to the floor that plans, which the dashboard may not see.
pub type Explain = Arc<dyn Fn(AccountId, OrderId, Clock) -> Explaining + Send + Sync>;

/// A look at the last orders under way.
pub type Reaching = Pin<Box<dyn Future<Output = Result<Reach, StoreError>> + Send>>;

/// Asks a campaign whom of an account's last orders it would reach; wired as [`Explain`] is.
pub type AskReach = Arc<dyn Fn(AccountId, Campaign, Clock) -> Reaching + Send + Sync>;

/// How the dashboard is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebSettings {
    /// The domain of inbound addresses, as pages show them behind the `@`.
    pub inbound_domain: String,
    /// Values of the `Host` header that are answered, with the port where it is not the scheme's own:
    /// `127.0.0.1:8080`. Anything else gets 421 (RFC 9110, 15.5.20), so that no foreign name can be pointed here.
    pub allowed_hosts: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed when sign-ins are counted.
    pub trusted_proxies: Vec<IpAddr>,
    /// Whether browsers reach it over TLS: cookies are then `Secure` and named `__Host-…`.
    pub secure_cookies: bool,
    /// Where browsers reach it, without a slash at the end: `http://127.0.0.1:8080`.
    pub public_url: String,
    /// Whether Abide can write to members, as a self-test must.
    pub writes_to_members: bool,
    /// Whether members may name servers that are not of the public internet; an operator always may.
    pub private_servers: bool,
}

impl WebSettings {
    /// The settings for a listener on this machine that no proxy stands before.
    pub fn local(listening: SocketAddr, inbound_domain: impl Into<String>) -> Self {
        let port = listening.port();
        let mut hosts = vec![format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")];
        let own = listening.to_string();
        if !listening.ip().is_unspecified() && !hosts.contains(&own) {
            hosts.push(own);
        }
        if port == 80 {
            hosts.extend(["127.0.0.1", "localhost", "[::1]"].map(str::to_owned));
        }
        let shown = if listening.ip().is_unspecified() { format!("127.0.0.1:{port}") } else { listening.to_string() };
        Self {
            inbound_domain: inbound_domain.into(),
            allowed_hosts: hosts,
            trusted_proxies: Vec::new(),
            secure_cookies: false,
            public_url: format!("http://{shown}"),
            writes_to_members: false,
            private_servers: false,
        }
    }
}

/// What the dashboard needs from the program.
#[derive(Clone)]
pub struct WebState {
    /// All that is kept.
    pub store: Arc<Store>,
    /// How the dashboard is reached.
    pub settings: WebSettings,
    /// Explains an order.
    pub explain: Explain,
    /// Asks whom a campaign would reach.
    pub reach: AskReach,
}

/// What every request finds at hand. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Dashboard(Arc<Shared>);

pub(crate) struct Shared {
    pub store: Arc<Store>,
    pub settings: WebSettings,
    pub explain: Explain,
    pub reach: AskReach,
    pub passwords: Passwords,
    pub attempts: Attempts,
    pub notes: Attempts,
    /// Exports of whole accounts under way.
    pub exports: Arc<Semaphore>,
}

impl Dashboard {
    pub fn new(state: WebState) -> Self {
        Self(Arc::new(Shared {
            store: state.store,
            settings: state.settings,
            explain: state.explain,
            reach: state.reach,
            passwords: Passwords::default(),
            attempts: Attempts::of_sign_ins(),
            notes: Attempts::of_notes(),
            exports: Arc::new(Semaphore::new(EXPORTS_AT_ONCE)),
        }))
    }
}

impl std::ops::Deref for Dashboard {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
