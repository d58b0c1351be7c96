//! `abide serve`: the server, until it is told to stop. It says where it listens, and on the first start
//! prints the link by which whoever started it becomes the operator.

use std::sync::Arc;

use model::Timestamp;
use serde_json::json;
use store::Store;
use tokio::signal::unix::{SignalKind, signal};

use super::{member, notice};
use crate::arguments::Serve;
use crate::configuration::{Configuration, INBOUND_DOMAIN};
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{self, Output};
use crate::roles::Roles;

pub async fn run(configuration: &Configuration, output: Output, serve: Serve) -> Result<Ended, Failure> {
    let store = Arc::new(installation::open(configuration).await?);
    let room = notice::reading_room(Some(configuration.data.join("reading-now")))?;
    let roles = Roles::prepare(configuration, &store, room, &serve.roles).await?;
    if let Some(behind) = store.clock_behind(Timestamp::from_clock()).await? {
        // Mail is taken all the same; the gate lets every attempt wait.
        output::note(&format!("abide: {}", super::run::clock_behind(behind)));
    }
    // Taken before anything is told, so that a stop right after that is heard.
    let stopped = stopped()?;
    let link = match &roles.http {
        Some((_, url)) => first_link(&store, url).await?,
        None => None,
    };
    output.object(&json!({
        "smtp": roles.smtp,
        "lmtp": roles.lmtp.as_ref().map(ToString::to_string),
        "http": roles.http.as_ref().map(|(address, _)| address),
        "url": roles.http.as_ref().map(|(_, url)| url),
        "link": link,
        "data": configuration.data.display().to_string(),
    }))?;
    if let Some(address) = roles.smtp {
        let domain = &configuration.inbound_domain;
        output.line(&format!("Mail to …@{domain} is taken at {address}."))?;
        if domain == INBOUND_DOMAIN {
            output
                .aside("The inbound domain is localhost, so only this machine can send here; see docs/abide.toml.")?;
        }
    }
    if let Some(place) = &roles.lmtp {
        output.line(&format!("The same is taken by LMTP at {place}."))?;
    }
    if let Some((_, url)) = &roles.http {
        output.line(&format!("The dashboard is at {url}"))?;
    }
    if let Some(link) = &link {
        member::tell(output, "Become the operator", link)?;
    }
    output.aside(&format!("Data are in {}. Stop with Ctrl-C.", configuration.data.display()))?;
    output::flush()?;
    roles.start().until(stopped).await?;
    Ok(Ended::Done)
}

/// The link to become operator, where nobody is yet.
pub async fn first_link(store: &Store, url: &str) -> Result<Option<String>, Failure> {
    if store.operator_exists().await? {
        return Ok(None);
    }
    let token = store.create_one_time_link(None, Timestamp::from_clock()).await?;
    Ok(Some(member::link(url, &token)))
}

/// Ready when the program is told to stop.
pub fn stopped() -> Result<impl Future<Output = ()>, Failure> {
    let handler = |kind| {
        signal(kind).map_err(|error| Failure::could_not_run(format!("signals can't be heard on this machine: {error}")))
    };
    let (mut terminated, mut interrupted) = (handler(SignalKind::terminate())?, handler(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    })
}
