//! What `doctor` looks at outside the database: rights of files, the keys' own backup, ports.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use intake::dns::Dns;
use intake::postmaster::MOST_MAILS;
use intake::server::Place;
use intake::{NameServers, PostmasterBox};
use model::Timestamp;
use provenance::Answer;
use store::Database;
use tokio::net::{TcpListener, TcpStream};

use super::Finding;
use crate::configuration::Configuration;
use crate::exit::Failure;
use crate::output::counted;

/// Whether only the owner can read the data folder, the database's file and the keys.
pub fn permissions(configuration: &Configuration) -> Vec<Finding> {
    let mut places = vec![(configuration.data.clone(), 0o700), (configuration.keys(), 0o700)];
    places.extend(key_files(configuration).into_iter().map(|path| (path, 0o600)));
    if let Database::Sqlite(path) = &configuration.database {
        places.push((path.clone(), 0o600));
    }
    let open: Vec<Finding> = places.iter().filter_map(|(path, mode)| too_open(path, *mode)).collect();
    if open.is_empty() {
        return vec![Finding::good("data", format!("{}: only its owner can read it", configuration.data.display()))];
    }
    open
}

fn too_open(path: &Path, mode: u32) -> Option<Finding> {
    let found = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let fault = |found| {
        Finding::fault(
            "data",
            format!("others can read {} (mode {found:o})", path.display()),
            format!("chmod {mode:o} {}", path.display()),
        )
    };
    (found & 0o077 != 0).then(|| fault(found))
}

fn key_files(configuration: &Configuration) -> Vec<PathBuf> {
    let listing = fs::read_dir(configuration.keys()).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = listing
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "key"))
        .collect();
    files.sort();
    files
}

/// Whether somebody has said that the keys have a backup of their own; a new key asks anew. Without the keys a
/// backup of the data is worth nothing, and backups never hold them.
pub fn keys_backup(configuration: &Configuration, confirm: bool) -> Result<Finding, Failure> {
    let note = configuration.data.join("keys-backed-up");
    let names: Vec<String> = key_files(configuration)
        .iter()
        .filter_map(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()))
        .collect();
    let names = names.join(" ");
    if confirm {
        fs::write(&note, format!("{}\n{names}\n", Timestamp::from_clock())).map_err(|error| {
            Failure::could_not_run(format!("the confirmation can't be written to {}: {error}", note.display()))
        })?;
    }
    let text = fs::read_to_string(&note).unwrap_or_default();
    let mut lines = text.lines();
    Ok(match (lines.next(), lines.next()) {
        (Some(at), Some(confirmed)) if confirmed == names => Finding::good("keys backup", format!("confirmed {at}")),
        _ => Finding::warning(
            "keys backup",
            "nobody has confirmed that the keys have a backup of their own; without them all data are lost",
            format!(
                "copy {} to another safe place, then run `abide doctor --keys-backed-up`",
                configuration.keys().display()
            ),
        ),
    })
}

/// What waits in the postmaster's box; nothing to say where it is empty.
pub fn postmaster(postmaster: &PostmasterBox) -> Option<Finding> {
    let folder = postmaster.folder().display();
    let held = match postmaster.held() {
        Ok(held) => held,
        Err(error) => {
            return Some(Finding::fault(
                "postmaster",
                format!("{folder} can't be read ({error})"),
                "give this program's user the right to it; until then mail to postmaster is put off",
            ));
        }
    };
    if held.mails == 0 {
        return None;
    }
    let mails = counted(held.mails, "mail", "mails");
    let end = if held.has_room_for(1) { "" } else { "; the box is full, further ones are put off" };
    Some(Finding::warning(
        "postmaster",
        format!("{mails} to postmaster in {folder}{end}"),
        format!("read them, then move or delete the files; at {MOST_MAILS} mails or 100 MB the box is full"),
    ))
}

/// Whether the places to listen at are free or served.
pub async fn listening(configuration: &Configuration) -> Vec<Finding> {
    let mut findings = vec![
        port("smtp", configuration.smtp, "ABIDE_SMTP").await,
        port("http", configuration.http, "ABIDE_HTTP").await,
    ];
    match &configuration.lmtp {
        Some(Place::Port(address)) => findings.push(port("lmtp", *address, "`lmtp` in abide.toml").await),
        Some(Place::Socket(path)) => findings.push(socket(path)),
        None => {}
    }
    findings
}

/// Whether a socket's file can be there, and is. Who listens at it is not asked.
fn socket(path: &Path) -> Finding {
    let place = path.display();
    let folder = path.parent().unwrap_or(path);
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => Finding::good("lmtp", format!("the socket {place} is there")),
        Ok(_) => Finding::fault(
            "lmtp",
            format!("{place} is no socket"),
            "`abide serve` does not start so: move the file away, or correct `lmtp` in abide.toml",
        ),
        Err(_) if folder.is_dir() => {
            Finding::good("lmtp", format!("the socket {place} is not there yet; `abide serve` makes it"))
        }
        Err(_) => Finding::fault(
            "lmtp",
            format!("the folder {} is not there, so no socket can be made in it", folder.display()),
            "make it and give this program's user the right to write there, or correct `lmtp` in abide.toml",
        ),
    }
}

async fn port(check: &'static str, address: SocketAddr, setting: &str) -> Finding {
    let connected = tokio::time::timeout(Duration::from_secs(2), TcpStream::connect(address)).await;
    if matches!(connected, Ok(Ok(_))) {
        return Finding::good(check, format!("{address} is served"));
    }
    match TcpListener::bind(address).await {
        Ok(_) => Finding::good(check, format!("{address} is free; `abide serve` takes it")),
        Err(error) => Finding::warning(
            check,
            format!("{address} can't be taken ({error})"),
            format!("choose another address with {setting}"),
        ),
    }
}

/// Whether the name servers answer, without whom no signature can be checked: they are asked for a key of a domain
/// that does not exist (RFC 2606), to which "there is none" is the right answer.
pub async fn name_servers(configuration: &Configuration) -> Finding {
    let advice = "name servers that this machine can reach with dns_servers in abide.toml; until then every mail from \
                  outside stays unproven";
    let servers = match NameServers::new(&configuration.dns_servers) {
        Ok(servers) => servers,
        Err(error) => return Finding::fault("dns", error.to_string(), advice),
    };
    match servers.txt("abide._domainkey.doctor.invalid").await {
        Answer::Unavailable => Finding::fault("dns", "the name servers do not answer", advice),
        Answer::Nothing | Answer::Records(_) => Finding::good("dns", "the name servers answer"),
    }
}
