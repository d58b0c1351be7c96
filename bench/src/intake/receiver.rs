//! A receiver as the program runs it, in a process of its own: store, reading room, SMTP server, log at the usual
//! level. Built from the same crates as the program; only the command line is left out.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use intake::reading::{RoomSettings, reader_of_notices};
use intake::server::{Certificate, Tls};
use intake::session::Terms;
use intake::{PostmasterBox, ReadingRoom, Reception, Server, ServerSettings};
use model::{Account, AddressKind, Handle, Marketplace, Timestamp};
use serde_json::json;
use store::{Database, Options, Store, StoreError};

/// Accounts among which the notices are shared out.
pub const ACCOUNTS: u32 = 20;
const DOMAIN: &str = "localhost";

/// Takes mail until standard input is closed, as it is at the latest by the end of whoever started this. Says
/// first, in a line of JSON, where it listens and which addresses it takes.
pub fn run(data: &Path, database: Option<&str>) -> Result<(), String> {
    let _ = tracing_subscriber::fmt().with_env_filter("info").with_writer(std::io::stderr).with_ansi(false).try_init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(said)?;
    let ended = runtime.block_on(take_mail(data, database));
    runtime.shutdown_background();
    ended
}

async fn take_mail(data: &Path, database: Option<&str>) -> Result<(), String> {
    let database = match database {
        Some(url) => Database::Postgres(url.to_owned()),
        None => Database::Sqlite(data.join("abide.db")),
    };
    let store = Arc::new(Store::open(Options { database, keys: data.join("keys") }).await.map_err(said)?);
    let mut recipients = Vec::new();
    for number in 1..=ACCOUNTS {
        recipients.push(address(&store, number).await?);
    }
    let settings = RoomSettings { notes: Some(data.join("reading-now")), ..RoomSettings::default() };
    let room = Arc::new(ReadingRoom::open(reader_of_notices(), &settings).map_err(said)?);
    let tls = Tls::open(&Certificate::InMemory, DOMAIN).map_err(said)?;
    let settings = ServerSettings::new(Terms::for_domain(DOMAIN).map_err(said)?);
    let reception = Arc::new(Reception::new(store, PostmasterBox::at(data.join("postmaster"))));
    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::bind(any, settings, Some(tls), room, reception).await.map_err(said)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", json!({ "smtp": server.address(), "recipients": recipients })).map_err(said)?;
    out.flush().map_err(said)?;
    drop(out);
    let closed = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink()));
    server.run(async { drop(closed.await) }).await;
    Ok(())
}

/// The address for opt-outs of one of the accounts, which is made where it is missing.
async fn address(store: &Store, number: u32) -> Result<String, String> {
    let handle: Handle = format!("seller-{number}").parse().map_err(|_| "a handle that is none")?;
    let account: Account = match store.account(&handle).await {
        Err(StoreError::UnknownAccount(_)) => {
            let italy: Marketplace = "IT".parse().map_err(|_| "a store that is none")?;
            let name = format!("Seller {number}");
            store.add_account(name, handle, vec![italy], Timestamp::from_clock()).await.map_err(said)?
        }
        known => known.map_err(said)?,
    };
    let addresses = store.addresses(account.id).await.map_err(said)?;
    let address = addresses.iter().find(|address| address.kind == AddressKind::OptOut);
    address
        .map(|address| format!("{}@{DOMAIN}", address.local_part))
        .ok_or_else(|| "the account has no address for opt-outs".into())
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
