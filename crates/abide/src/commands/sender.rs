//! `abide sender`: how a store's messages leave. The password comes from a file or from standard input, never from
//! the command line, and is never shown again.

use std::io::Read;
use std::path::Path;

use model::member::Actor;
use model::sender::{Secret, Sender, SenderLimits, SenderTried, SignIn, SubmissionServer};
use model::{Account, Delivery, Marketplace};
use serde_json::json;

use crate::arguments::{OfStore, SenderCommand, SenderSet};
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::output::{Output, counted, moment};
use crate::{installation, sending};

/// The longest password that is taken, in bytes; more is a wrong file.
const LONGEST_PASSWORD: u64 = 1024;

pub async fn run(configuration: &Configuration, output: Output, command: SenderCommand) -> Result<Ended, Failure> {
    match command {
        SenderCommand::Set(set) => set_sender(configuration, output, set).await,
        SenderCommand::Show { at } => show(configuration, output, &at).await,
        SenderCommand::Remove { at } => remove(configuration, output, &at).await,
        SenderCommand::Test { at } => test(configuration, output, &at).await,
    }
}

async fn set_sender(configuration: &Configuration, output: Output, set: SenderSet) -> Result<Ended, Failure> {
    let (store, account) = installation::open_store(configuration, &set.at).await?;
    let server = SubmissionServer::new(&set.server, set.port, set.security)
        .map_err(|error| Failure::usage(error.to_string()))?;
    let name = set.name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    if name.as_ref().is_some_and(|name| name.chars().count() > 100 || name.chars().any(char::is_control)) {
        return Err(Failure::usage("the name beside the From address is one line of at most 100 letters"));
    }
    let sign_in = match (set.user, set.password_file) {
        (Some(user), Some(file)) => Some(SignIn { user, password: password(&file)? }),
        _ => None,
    };
    let sender = Sender {
        from: set.from,
        name,
        server,
        sign_in,
        limits: SenderLimits { connections: set.connections, per_minute: set.per_minute },
    };
    store.set_sender(account.id, set.at.store, sender.clone(), Actor::Operator, installation::clock()).await?;
    let is_live = is_live(&account, set.at.store);
    tell(output, &set.at, &sender, is_live, None)?;
    let at = format!("--account {} --store {}", account.handle, set.at.store);
    output.line("")?;
    output.line(&format!("Next: abide sender test {at}   (connects and signs in, sends nothing)"))?;
    if !is_live {
        output.line(&format!("Then: abide store live {at}    (shows first what would leave)"))?;
    }
    Ok(Ended::Done)
}

/// One line, from a file or standard input; the line's end is no part of it.
pub fn password(file: &Path) -> Result<Secret, Failure> {
    let unread = |error: std::io::Error| {
        Failure::usage(format!("the password file {} can't be read ({error}); correct --password-file", file.display()))
    };
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().lock().take(LONGEST_PASSWORD + 1).read_to_string(&mut text).map_err(unread)?;
    } else {
        let opened = std::fs::File::open(file).map_err(unread)?;
        opened.take(LONGEST_PASSWORD + 1).read_to_string(&mut text).map_err(unread)?;
    }
    let line = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if line.is_empty() || line.len() as u64 > LONGEST_PASSWORD || line.chars().any(char::is_control) {
        return Err(Failure::usage(format!(
            "the password file {} must hold the password on one line and nothing else",
            file.display()
        )));
    }
    Ok(Secret::new(line.to_owned()))
}

fn is_live(account: &Account, store: Marketplace) -> bool {
    account.sellers.iter().any(|seller| seller.store == store && seller.delivery == Delivery::Live)
}

fn tell(
    output: Output,
    at: &OfStore,
    sender: &Sender,
    is_live: bool,
    tried: Option<&SenderTried>,
) -> Result<(), Failure> {
    output.object(&json!({
        "account": at.of.account,
        "store": at.store,
        "from": sender.from.as_str(),
        "name": sender.name,
        "server": sender.server.host(),
        "port": sender.server.port(),
        "security": sender.server.security(),
        "user": sender.sign_in.as_ref().map(|sign_in| &sign_in.user),
        "connections": sender.limits.connections,
        "per_minute": sender.limits.per_minute,
        "works": tried.map(|tried| tried.works),
        "tried_at": tried.map(|tried| tried.at),
    }))?;
    let when = if is_live { "" } else { " once the store is live" };
    output.title(&format!("Messages of {}, Amazon {}, leave like this{when}:", at.of.account, at.store))?;
    let name = sender.name.as_deref().map_or_else(String::new, |name| format!(" ({name})"));
    output.line(&format!("  from     {}{name}", sender.from.as_str()))?;
    output.line(&format!("  server   {}", sender.server))?;
    let user = sender.sign_in.as_ref().map_or("nobody: the server wants no sign-in", |sign_in| sign_in.user.as_str());
    output.line(&format!("  sign-in  {user}"))?;
    let SenderLimits { connections, per_minute } = sender.limits;
    let connections = counted(u64::from(connections), "connection", "connections");
    let messages = counted(u64::from(per_minute), "message", "messages");
    output.line(&format!("  limits   {connections}, {messages} a minute"))?;
    let Some(tried) = tried else { return output.line("  tried    not yet: abide serve does that (role worker)") };
    let how = if tried.works { "works" } else { "does not work" };
    output.line(&format!("  tried    {how}, {} UTC: {}", moment(tried.at), tried.words))
}

fn none_set(at: &OfStore) -> Failure {
    let OfStore { of, store } = at;
    Failure::usage(format!(
        "{}, Amazon {store}, has no sender yet; set one: abide sender set --account {} --store {store} --from ADDRESS \
         --server HOST --port PORT --security tls|starttls",
        of.account, of.account
    ))
}

async fn show(configuration: &Configuration, output: Output, at: &OfStore) -> Result<Ended, Failure> {
    let (store, account) = installation::open_store(configuration, at).await?;
    let sender = store.sender(account.id, at.store).await?.ok_or_else(|| none_set(at))?;
    let trial = store.sender_trial(account.id, at.store).await?;
    let tried = trial.as_ref().and_then(|trial| trial.tried.as_ref());
    tell(output, at, &sender, is_live(&account, at.store), tried)?;
    Ok(Ended::Done)
}

async fn remove(configuration: &Configuration, output: Output, at: &OfStore) -> Result<Ended, Failure> {
    let (store, account) = installation::open_store(configuration, at).await?;
    store.remove_sender(account.id, at.store, Actor::Operator, installation::clock()).await?;
    output.object(&json!({ "account": at.of.account, "store": at.store, "removed": true }))?;
    output.line(&format!("The sender of {}, Amazon {}, is removed; nothing of it leaves.", at.of.account, at.store))?;
    Ok(Ended::Done)
}

async fn test(configuration: &Configuration, output: Output, at: &OfStore) -> Result<Ended, Failure> {
    let (store, account) = installation::open_store(configuration, at).await?;
    let sender = store.sender(account.id, at.store).await?.ok_or_else(|| none_set(at))?;
    let trust = sending::trust(configuration)?;
    match sending::try_out(&sender, &trust).await {
        Ok(proved) => {
            output.object(&json!({ "account": at.of.account, "store": at.store, "works": true, "proved": proved }))?;
            output.title(&proved)?;
            output.line(
                "No mail was given to it: whether it takes this From address and Amazon lets it through shows with the \
                 first message.",
            )?;
            Ok(Ended::Done)
        }
        Err(error) => Err(sending::in_words(&sender, &error)),
    }
}
