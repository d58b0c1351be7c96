//! `abide folder`: the folders of sellers' mailboxes that are watched by IMAP. A password comes from a file or from
//! standard input, never from the command line, and is never shown again.

use intake::imap::{ImapFault, Pace, Tried, try_out};
use model::Marketplace;
use model::mail_folder::{FolderName, FolderProof, FolderStart, FolderStatus, MailFolder};
use model::member::Actor;
use model::sender::{Security, SubmissionServer};
use serde_json::json;

use super::sender::password;
use crate::arguments::{FolderCommand, FolderSet, Watched};
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::output::{Output, counted, moment, shown};
use crate::{installation, sending};

/// Names told of the folders that there are.
const TOLD: usize = 30;

pub async fn run(configuration: &Configuration, output: Output, command: FolderCommand) -> Result<Ended, Failure> {
    match command {
        FolderCommand::Set(set) => set_folder(configuration, output, set).await,
        FolderCommand::List { of } => {
            let (store, account) = installation::open_account(configuration, &of.account).await?;
            let folders = store.mail_folders(account.id).await?;
            for (at, folder, status) in &folders {
                tell(output, *at, folder, status)?;
            }
            if folders.is_empty() {
                output
                    .line("No folder is watched; set one: abide folder set --account A --server HOST --user NAME …")?;
            }
            Ok(Ended::Done)
        }
        FolderCommand::Remove { at } => {
            let (store, account) = installation::open_account(configuration, &at.of.account).await?;
            if !store.remove_mail_folder(account.id, at.store, Actor::Operator, installation::clock()).await? {
                return Err(none_set(&at));
            }
            output.object(&json!({ "account": at.of.account, "store": at.store, "removed": true }))?;
            output.line("The folder is watched no more; the mailbox is as it was.")?;
            Ok(Ended::Done)
        }
        FolderCommand::Test { at } => test(configuration, output, &at).await,
    }
}

/// What a folder is for, in words.
pub fn place(store: Option<Marketplace>) -> String {
    store.map_or_else(|| "all stores".to_owned(), |store| format!("Amazon {store}"))
}

fn none_set(at: &Watched) -> Failure {
    let flags = at.store.map_or_else(String::new, |store| format!(" --store {store}"));
    Failure::usage(format!(
        "no folder is watched for {}, {}; set one: abide folder set --account {}{flags} --server HOST --user NAME \
         --password-file FILE",
        at.of.account,
        place(at.store),
        at.of.account
    ))
}

async fn set_folder(configuration: &Configuration, output: Output, set: FolderSet) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, &set.at.of.account).await?;
    if let Some(at) = set.at.store {
        installation::must_have(&account, at)?;
    }
    let port = set.port.unwrap_or(if set.security == Security::Tls { 993 } else { 143 });
    let server = SubmissionServer::new(&set.server, port, set.security).map_err(|error| {
        Failure::usage(error.to_string().replace("465 for TLS, 587 for STARTTLS", "993 for TLS, 143 for STARTTLS"))
    })?;
    if set.user.is_empty() || set.user.len() > 320 || set.user.chars().any(char::is_control) {
        return Err(Failure::usage("the user's name is one line of at most 320 letters"));
    }
    let proof = match (&set.proof.password_file, &set.proof.token_file) {
        (Some(file), _) => FolderProof::Password(password(file)?),
        (None, Some(file)) => {
            // The server may be started from another folder.
            let whole = std::path::absolute(file).map_err(|error| {
                Failure::usage(format!("the token file {} can't be named ({error})", file.display()))
            })?;
            FolderProof::TokenFile(whole)
        }
        (None, None) => return Err(Failure::usage("give --password-file or --token-file")),
    };
    if set.move_to.as_ref() == Some(&set.folder) {
        return Err(Failure::usage("--move-to must name another folder than the one that is watched"));
    }
    let folder =
        MailFolder { server, user: set.user, proof, folder: set.folder, move_to: set.move_to, start: set.start };
    let at = &set.at;
    store.set_mail_folder(account.id, at.store, folder.clone(), Actor::Operator, installation::clock()).await?;
    let status = store.mail_folder(account.id, at.store).await?.map(|(_, status)| status).unwrap_or_default();
    tell(output, at.store, &folder, &status)?;
    let flags = at.store.map_or_else(String::new, |store| format!(" --store {store}"));
    output.line("")?;
    output.line(&format!(
        "Next: abide folder test --account {}{flags}   (changes nothing in the mailbox)",
        account.handle
    ))?;
    output.line("Then: abide serve watches it (role intake).")?;
    Ok(Ended::Done)
}

fn tell(output: Output, at: Option<Marketplace>, folder: &MailFolder, status: &FolderStatus) -> Result<(), Failure> {
    output.object(&json!({
        "store": at,
        "server": folder.server.host(),
        "port": folder.server.port(),
        "security": folder.server.security(),
        "user": folder.user,
        "sign_in": match folder.proof { FolderProof::Password(_) => "password", FolderProof::TokenFile(_) => "token_file" },
        "folder": folder.folder.as_str(),
        "move_to": folder.move_to.as_ref().map(FolderName::as_str),
        "start": folder.start,
        "read_at": status.read_at,
        "last_mail_at": status.last_mail_at,
        "last_notice_at": status.last_notice_at,
        "trouble": status.trouble.map(|(trouble, _)| trouble),
        "trouble_since": status.trouble.map(|(_, since)| since),
        "next_try": status.next_try,
    }))?;
    output.title(&format!("{}: {} of {} at {}", place(at), folder.folder.as_str(), folder.user, folder.server))?;
    let moved = folder.move_to.as_ref().map_or_else(
        || "nothing; the mailbox is only read".to_owned(),
        |to| format!("mails with notices, to {}", to.as_str()),
    );
    output.line(&format!(
        "  begins with  {}",
        match folder.start {
            FolderStart::Recent => "the last 60 days",
            FolderStart::Whole => "its first mail",
            FolderStart::Now => "what comes in from now on",
        }
    ))?;
    output.line(&format!("  moves        {moved}"))?;
    output.line(&format!("  up to date   {}", shown(status.read_at.map(moment))))?;
    output.line(&format!("  last notice  {}", shown(status.last_notice_at.map(moment))))?;
    if let Some((trouble, since)) = status.trouble {
        output.line(&format!("  trouble      {}, since {} UTC", trouble.sentence(), moment(since)))?;
    }
    Ok(())
}

/// Tries a folder out; what that proved, or what was wrong.
pub async fn tried(configuration: &Configuration, folder: &MailFolder) -> Result<String, Failure> {
    let trust = sending::trust(configuration)?;
    match try_out(folder, &trust, &Pace::default()).await {
        Ok(tried) => in_words(folder, &tried),
        Err((fault, folders)) => Err(refused(folder, &fault, &folders)),
    }
}

fn in_words(folder: &MailFolder, tried: &Tried) -> Result<String, Failure> {
    let name = folder.folder.as_str();
    if let (Some(false), Some(to)) = (tried.can_move, &folder.move_to) {
        return Err(Failure::could_not_run(format!(
            "{}: {name} opens, but mails can't be moved to {}: make that folder in your mail program, or set the folder \
             without --move-to (a server needs MOVE or UIDPLUS)",
            folder.server,
            to.as_str()
        )));
    }
    let encrypted = if folder.server.security() == Security::None { "" } else { ", its certificate is good" };
    let tells = if tried.tells { "it tells of new mail by itself" } else { "it is asked for new mail every minute" };
    Ok(format!(
        "{} answers{encrypted}, it took the sign-in of {}, and {name} opens with {}; {tells}.",
        folder.server,
        folder.user,
        counted(u64::from(tried.mails), "mail", "mails")
    ))
}

fn refused(folder: &MailFolder, fault: &ImapFault, folders: &[String]) -> Failure {
    let said = fault.said.as_ref().map_or_else(String::new, |said| format!("; it said: {said}"));
    let mut names: Vec<&str> = folders.iter().map(String::as_str).take(TOLD).collect();
    names.sort_unstable();
    let there = match (names.is_empty(), folders.len() > TOLD) {
        (true, _) => String::new(),
        (false, true) => format!(". There are, among others: {}", names.join(", ")),
        (false, false) => format!(". There are: {}", names.join(", ")),
    };
    Failure::could_not_run(format!("{}: {}{said}{there}", folder.server, fault.sentence))
}

async fn test(configuration: &Configuration, output: Output, at: &Watched) -> Result<Ended, Failure> {
    let (store, account) = installation::open_account(configuration, &at.of.account).await?;
    let (folder, _) = store.mail_folder(account.id, at.store).await?.ok_or_else(|| none_set(at))?;
    let proved = tried(configuration, &folder).await?;
    output.object(&json!({ "account": at.of.account, "store": at.store, "works": true, "proved": proved }))?;
    output.title(&proved)?;
    output.line("No mail was read, and nothing was changed.")?;
    Ok(Ended::Done)
}
