//! Whether members can be written to.

use super::Finding;
use crate::configuration::Configuration;
use crate::sending;

/// What `[member_mail]` says, and with `connect` whether its server takes the sign-in.
pub(super) async fn finding(configuration: &Configuration, connect: bool) -> Finding {
    const CHECK: &str = "member mail";
    let settings = match sending::member_mail(configuration) {
        Ok(Some(settings)) => settings,
        Ok(None) => {
            return Finding::good(
                CHECK,
                "not set: alerts stay on the dashboard, and no self-test can be sent; [member_mail] in abide.toml sets it",
            );
        }
        Err(failure) => {
            let found = failure.sentence().unwrap_or_default().to_owned();
            return Finding::fault(CHECK, found, "correct [member_mail] in abide.toml");
        }
    };
    if !connect {
        return Finding::good(CHECK, format!("by {}; --connect tries it out", settings.sender.server));
    }
    match sending::try_out(&settings.sender, &settings.trust).await {
        Ok(proved) => Finding::good(CHECK, proved),
        Err(error) => Finding::fault(
            CHECK,
            format!("{}: {}", settings.sender.server, error.sentence()),
            "correct [member_mail] in abide.toml; until then alerts stay on the dashboard",
        ),
    }
}
