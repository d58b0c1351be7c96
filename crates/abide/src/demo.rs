//! `abide demo`: the whole way, on a fresh installation of its own with an invented seller. Nothing leaves the
//! machine; the mails go by real SMTP to the demo's own receiver, and the dashboard stays open to look around.

mod changes;
mod notices;
mod orders;
mod smtp;
mod story;
mod telling;

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;

use model::Timestamp;
use tokio::net::TcpListener;

use self::story::Story;
use self::telling::Telling;
use crate::arguments::{Demo, Work};
use crate::commands::{notice, serve};
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{self, Output};
use crate::roles::Roles;
use crate::sending;

/// A new folder under the system's folder for temporary files, readable by its owner alone.
pub fn fresh_folder() -> Result<PathBuf, Failure> {
    let unmade = |error: &dyn std::fmt::Display| {
        Failure::could_not_run(format!(
            "no folder for the demo can be made under {}: {error}; name one with --data",
            std::env::temp_dir().display()
        ))
    };
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| unmade(&error))?;
    let name = format!("abide-demo-{}", data_encoding::HEXLOWER.encode(&random));
    let folder = std::env::temp_dir().join(name);
    fs::DirBuilder::new().mode(0o700).create(&folder).map_err(|error| unmade(&error))?;
    Ok(folder)
}

pub async fn run(configuration: &Configuration, output: Output, demo: Demo) -> Result<Ended, Failure> {
    let mut configuration = configuration.clone();
    let store = Arc::new(installation::open(&configuration).await?);
    if !store.accounts(None, 1).await?.is_empty() {
        return Err(Failure::usage(format!(
            "the demo wants an installation of its own, and {} holds accounts already; name an empty folder with --data",
            configuration.data.display()
        )));
    }
    configuration.smtp = free(configuration.smtp, "SMTP").await;
    configuration.http = free(configuration.http, "dashboard").await;
    let room = notice::reading_room(Some(configuration.data.join("reading-now")))?;
    let roles = Roles::prepare(&configuration, &store, room, &[Work::Intake, Work::Web]).await?;
    let stopped = serve::stopped()?;
    let (Some(smtp), Some((_, url))) = (roles.smtp, roles.http.clone()) else {
        return Err(Failure::could_not_run("the demo's ports could not be taken"));
    };
    output.title("Abide, shown on an invented seller. Nothing leaves this machine.")?;
    output.aside(&format!("Data are in {}; mail is taken at {smtp}.", configuration.data.display()))?;
    // The worker joins only after the story, so that each pass is told there.
    let (end, ended) = tokio::sync::watch::channel(false);
    let serving = tokio::spawn(roles.start().until(heard(ended.clone())));
    let domain = &configuration.inbound_domain;
    let mut story = Story {
        store: &store,
        telling: Telling::new(output),
        smtp: on_this_machine(smtp),
        inbound_domain: domain,
        data: configuration.data.display().to_string(),
    };
    let shown = tokio::select! {
        told = tell_and_stay(&mut story, &configuration, output, &url, demo.exit) => told,
        () = stopped => Ok(()),
    };
    // Nobody listens any more where the roles have ended already.
    let _ = end.send(true);
    let served = serving.await.map_err(|_| Failure::could_not_run("the demo's server broke off"))?;
    shown.and(served).map(|()| Ended::Done)
}

/// Tells the story, then works on until this is dropped, unless the demo is to end.
async fn tell_and_stay(
    story: &mut Story<'_>,
    configuration: &Configuration,
    output: Output,
    url: &str,
    exit: bool,
) -> Result<(), Failure> {
    story.tell().await?;
    let link = serve::first_link(story.store, url).await?;
    story.telling.dashboard(url, link.as_deref())?;
    if exit {
        return Ok(());
    }
    output.aside(&format!("It stays open until Ctrl-C. The data stay in {}.", configuration.data.display()))?;
    output::flush()?;
    let (_never, stop) = tokio::sync::watch::channel(false);
    delivery::work_until(story.store, sending::trust(configuration)?, stop, Timestamp::from_clock).await;
    Ok(())
}

async fn heard(mut ended: tokio::sync::watch::Receiver<bool>) {
    // An error means that the sender is gone, which is the end, too.
    let _ = ended.wait_for(|ended| *ended).await;
}

/// The address, or a free port of the same machine where it is taken, which is said.
async fn free(wanted: SocketAddr, what: &str) -> SocketAddr {
    match TcpListener::bind(wanted).await {
        Ok(_) => wanted,
        Err(error) => {
            output::note(&format!("{wanted} can't be taken for the {what} ({error}); another free port is used"));
            SocketAddr::new(wanted.ip(), 0)
        }
    }
}

/// How this machine reaches a listener of its own.
fn on_this_machine(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
