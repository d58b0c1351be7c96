//! What `doctor` looks at of watched mail folders: whether they are read, and since when not. It connects only where it
//! was told to.

use model::{Account, Span, Timestamp};
use store::Store;

use super::Finding;
use crate::commands::folder;
use crate::configuration::Configuration;
use crate::exit::Failure;
use crate::output::moment;

/// A folder that is watched is looked at every ten minutes at least.
const READ_WITHIN: Span = Span::minutes(30);

/// Of each folder: whether it is read.
pub async fn of_account(
    configuration: &Configuration,
    store: &Store,
    account: &Account,
    connect: bool,
) -> Result<Vec<Finding>, Failure> {
    let mut findings = Vec::new();
    let handle = &account.handle;
    for (at, watched, status) in store.mail_folders(account.id).await? {
        let name = format!("{handle}, {}, at {}", folder::place(at), watched.server);
        let flags = at.map_or_else(String::new, |store| format!(" --store {store}"));
        let advice = format!(
            "`abide folder test --account {handle}{flags}` says more; put it right with `abide folder set`, and it is \
             tried again by itself"
        );
        if connect {
            findings.push(match folder::tried(configuration, &watched).await {
                Ok(proved) => Finding::good("folder", format!("{name}: {proved}")),
                Err(failure) => {
                    Finding::fault("folder", format!("{name}: {}", failure.sentence().unwrap_or_default()), advice)
                }
            });
            continue;
        }
        let now = Timestamp::from_clock();
        findings.push(match (status.trouble, status.read_at) {
            (Some((trouble, since)), _) => {
                Finding::fault("folder", format!("{name}: {}, since {} UTC", trouble.sentence(), moment(since)), advice)
            }
            (None, Some(at)) if now.since(at) <= READ_WITHIN => {
                Finding::good("folder", format!("{name}: up to date {} UTC", moment(at)))
            }
            (None, read_at) => Finding::warning(
                "folder",
                read_at.map_or_else(
                    || format!("{name}: not read yet"),
                    |at| format!("{name}: last seen to be up to date {} UTC", moment(at)),
                ),
                "folders are watched by `abide serve` with the role intake; is it running?",
            ),
        });
    }
    Ok(findings)
}
