//! `abide account token`: the ways in by HTTP. A token is told once, when it is made.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use model::inbound::HttpDoorKind;
use model::member::Actor;
use model::{HttpDoorId, Timestamp};
use serde::Serialize;
use store::{DoorKey, HttpDoor};

use crate::arguments::{TokenAdd, TokenCommand};
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{self, Output};

/// A signing key has some 40 bytes.
const LONGEST_KEY: usize = 200;

/// What is read of its file, in bytes.
const LONGEST_FILE: u64 = 1024;

#[derive(Serialize)]
struct DoorShown<'a> {
    id: HttpDoorId,
    name: &'a str,
    kind: HttpDoorKind,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    created_at: Timestamp,
    revoked_at: Option<Timestamp>,
    last_mail_at: Option<Timestamp>,
}

impl<'a> DoorShown<'a> {
    fn of(door: &'a HttpDoor, token: Option<&'a str>, configuration: &Configuration) -> Self {
        let local = || format!("http://{}", configuration.http);
        let base = configuration.public_url.clone().unwrap_or_else(local);
        let url = match door.kind {
            HttpDoorKind::Mailgun => format!("{base}/intake/mailgun/{}/mime", door.id),
            HttpDoorKind::Token | HttpDoorKind::Relay => format!("{base}/intake/raw"),
        };
        Self {
            id: door.id,
            name: &door.name,
            kind: door.kind,
            url,
            token,
            created_at: door.created_at,
            revoked_at: door.revoked_at,
            last_mail_at: door.last_mail_at,
        }
    }
}

pub async fn run(configuration: &Configuration, output: Output, command: TokenCommand) -> Result<Ended, Failure> {
    match command {
        TokenCommand::Add(add) => open(configuration, output, add).await,
        TokenCommand::List(of) => {
            let (store, account) = installation::open_account(configuration, &of.account).await?;
            let doors = store.http_doors(account.id).await?;
            for door in &doors {
                output.object(&DoorShown::of(door, None, configuration))?;
                let last =
                    door.last_mail_at.map_or("no mail yet".into(), |at| format!("last mail {}", output::moment(at)));
                let state = door.revoked_at.map_or(last, |at| format!("revoked {}", at.utc_date()));
                output.line(&format!("{}  {}  since {}, {state}", door.name, door.kind, door.created_at.utc_date()))?;
            }
            if doors.is_empty() {
                output.line("There is no way in by HTTP.")?;
            }
            Ok(Ended::Done)
        }
        TokenCommand::Revoke(named) => {
            let (store, account) = installation::open_account(configuration, &named.of.account).await?;
            let name = named.name;
            let revoked =
                store.revoke_http_door(account.id, name.clone(), Actor::Operator, installation::clock()).await?;
            let Some(id) = revoked else {
                return Err(Failure::usage(format!(
                    "no open way in is called `{name}`; `abide account token list` shows them"
                )));
            };
            output.object(&serde_json::json!({ "id": id, "name": name, "revoked": true }))?;
            output.line(&format!("`{name}` lets nothing in any more."))?;
            Ok(Ended::Done)
        }
    }
}

async fn open(configuration: &Configuration, output: Output, add: TokenAdd) -> Result<Ended, Failure> {
    let key = match &add.secret_file {
        Some(file) => DoorKey::Mailgun(signing_key(file)?.into()),
        None => DoorKey::Token { vouches: !add.relay },
    };
    let (store, account) = installation::open_account(configuration, &add.named.of.account).await?;
    let name = add.named.name.trim().to_owned();
    let (door, token) = store.open_http_door(account.id, name, key, Actor::Operator, installation::clock()).await?;
    let token = token.as_ref().map(|token| token.as_str());
    let shown = DoorShown::of(&door, token, configuration);
    output.object(&shown)?;
    output.title(&format!("Opened `{}` for {}:", door.name, account.handle))?;
    output.line(&format!("  address  {}", shown.url))?;
    if let Some(token) = token {
        output.line(&format!("  token    {token}"))?;
        output.aside("The token is told this once. Whoever has it can put buyers on the opt-out list.")?;
    }
    output.aside(match door.kind {
        HttpDoorKind::Token => "What is posted with it is vouched for: use it for your own programs alone.",
        HttpDoorKind::Relay => "Nothing that comes by it is vouched for; a signature can still prove it.",
        HttpDoorKind::Mailgun => "Let a route of Mailgun's forward to that address.",
    })?;
    Ok(Ended::Done)
}

fn signing_key(file: &Path) -> Result<String, Failure> {
    let unread = |error: std::io::Error| {
        Failure::usage(format!("the key file {} can't be read ({error}); correct --secret-file", file.display()))
    };
    let mut text = String::new();
    File::open(file).map_err(unread)?.take(LONGEST_FILE).read_to_string(&mut text).map_err(unread)?;
    let key = text.trim();
    if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::usage(format!(
            "{} holds no signing key; put Mailgun's HTTP webhook signing key into it, and nothing else",
            file.display()
        )));
    }
    Ok(key.to_owned())
}
