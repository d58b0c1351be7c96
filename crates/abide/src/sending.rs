//! What sending for real needs of this machine: the certificates that are believed, and trying out a store's server
//! without giving it a mail.

use channel::{Line, LineError, Timeouts, TrustedRoots};
use delivery::MemberMailSettings;
use model::sender::{Security, Sender};

use crate::configuration::Configuration;
use crate::exit::{Failure, in_full};

/// The authorities that servers' certificates may come from.
pub fn trust(configuration: &Configuration) -> Result<TrustedRoots, Failure> {
    let roots = match &configuration.sending_ca {
        Some(file) => TrustedRoots::with_file(file),
        None => TrustedRoots::public(),
    };
    roots.map_err(|error| Failure::usage(format!("{}; correct sending_ca in abide.toml", in_full(&error))))
}

/// How Abide writes to members; none where the operator set no `[member_mail]`.
pub fn member_mail(configuration: &Configuration) -> Result<Option<MemberMailSettings>, Failure> {
    let Some(set) = &configuration.member_mail else { return Ok(None) };
    Ok(Some(MemberMailSettings {
        sender: set.sender()?,
        trust: trust(configuration)?,
        gather: set.gather(),
        digest: set.digest(),
        dashboard: configuration.public_url.clone(),
    }))
}

/// What was wrong, in full: the operator himself sees the server's words.
pub fn in_words(sender: &Sender, error: &LineError) -> Failure {
    let said = error.reply().map_or_else(String::new, |reply| format!("; it said: {} {}", reply.code(), reply.words()));
    Failure::could_not_run(format!("{}: {}{said}", sender.server, error.sentence()))
}

/// Connects and signs in, says farewell, and tells what that proved.
pub async fn try_out(sender: &Sender, trust: &TrustedRoots) -> Result<String, LineError> {
    let line = Line::open(sender, trust, &Timeouts::default()).await?;
    line.close().await;
    let encrypted = match sender.server.security() {
        Security::None => "",
        Security::Tls | Security::StartTls => ", its certificate is good",
    };
    let signed_in = match &sender.sign_in {
        Some(sign_in) => format!(" and it took the sign-in of {}", sign_in.user),
        None => "; no sign-in is set".to_owned(),
    };
    Ok(format!("{} answers{encrypted}{signed_in}.", sender.server))
}
