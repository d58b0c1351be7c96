//! The dashboard as the program wires it: by which names it is called, who explains an order to it, and who
//! tells whom a campaign reaches.

use std::net::SocketAddr;
use std::sync::Arc;

pub use axum::Router;
use store::Store;
use tokio::net::TcpListener;
pub use web::welcome_path;
use web::{WebSettings, WebState};

use crate::configuration::Configuration;

/// How the dashboard at this address is reached.
pub fn settings(configuration: &Configuration, address: SocketAddr) -> WebSettings {
    let mut settings = WebSettings::local(address, configuration.inbound_domain.clone());
    settings.writes_to_members = configuration.member_mail.is_some();
    settings.private_servers = configuration.private_servers;
    settings.trusted_proxies.clone_from(&configuration.trusted_proxies);
    if let Some(url) = &configuration.public_url {
        settings.secure_cookies = url.starts_with("https://");
        let host = url.split("://").nth(1).unwrap_or_default();
        settings.allowed_hosts.push(host.to_owned());
        settings.public_url.clone_from(url);
    }
    settings.allowed_hosts.extend(configuration.allowed_hosts.iter().cloned());
    settings
}

/// The dashboard over a store.
pub fn router(store: &Arc<Store>, settings: WebSettings) -> Router {
    let explaining = Arc::clone(store);
    let explain: web::Explain = Arc::new(move |account, order, clock| {
        let store = Arc::clone(&explaining);
        Box::pin(async move { delivery::explain(&store, account, order, clock).await })
    });
    let reaching = Arc::clone(store);
    let reach: web::AskReach = Arc::new(move |account, campaign, clock| {
        let store = Arc::clone(&reaching);
        Box::pin(async move { delivery::reach(&store, account, &campaign, clock).await })
    });
    web::router(WebState { store: Arc::clone(store), settings, explain, reach })
}

/// Serves it until `stop` is ready; requests that have begun are finished first.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    web::serve(listener, router, stop).await
}
