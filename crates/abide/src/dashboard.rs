//! STUB until web lands.
use std::net::SocketAddr;
use std::sync::Arc;
use store::Store;
use tokio::net::TcpListener;
use crate::configuration::Configuration;
use crate::exit::Failure;
pub struct Router;
pub struct WebSettings { pub public_url: String }
pub fn settings(configuration: &Configuration, address: SocketAddr) -> Result<WebSettings, Failure> {
    let _ = (&configuration.trusted_proxies, &configuration.allowed_hosts);
    Ok(WebSettings { public_url: configuration.public_url.clone().unwrap_or_else(|| format!("http://{address}")) })
}
pub fn router(_store: &Arc<Store>, _settings: WebSettings) -> Router { Router }
pub fn welcome_path(token: &str) -> String { format!("/welcome#{token}") }
pub async fn serve(_listener: TcpListener, _router: Router, stop: impl Future<Output = ()>) -> std::io::Result<()> { stop.await; Ok(()) }
