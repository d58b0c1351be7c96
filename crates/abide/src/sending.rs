//! What sending for real needs of this machine: the certificates that are believed, and trying out a store's server
//! without giving it a mail.

use channel::{LineError, Timeouts, TrustedRoots};
use delivery::MemberMailSettings;
use model::sender::Sender;

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
    Failure::could_not_run(delivery::sender_fault(sender, error))
}

/// Connects and signs in, says farewell, and tells what that proved.
pub async fn try_out(sender: &Sender, trust: &TrustedRoots) -> Result<String, LineError> {
    delivery::try_sender_out(sender, trust, &Timeouts::default()).await
}
