//! `abide ledger verify`: walks every chain and prints the heads. A head that was noted earlier (on a digest,
//! a print, another machine) shows whether a tail was cut off since.

use model::Handle;
use model::ledger::Head;
use serde_json::json;
use store::{Store, StoreError};

use crate::arguments::LedgerCommand;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::installation;
use crate::output::{self, Output, counted};

pub async fn run(configuration: &Configuration, output: Output, command: LedgerCommand) -> Result<Ended, Failure> {
    let LedgerCommand::Verify { account, head } = command;
    if let (Some(account), Some(head)) = (&account, &head)
        && *account != head.account
    {
        return Err(Failure::usage(format!(
            "this head is of `{}`, not of `{account}`; leave --account out",
            head.account
        )));
    }
    let store = installation::open_existing(configuration).await?;
    let one = account.or_else(|| head.as_ref().map(|head| head.account.clone()));
    let mut all_verify = true;
    if let Some(handle) = one {
        all_verify = verify(&store, output, &handle, head).await?;
    } else {
        let (mut after, mut any) = (None, false);
        loop {
            let heads = store.ledger_heads(after, super::PAGE).await?;
            for head in &heads {
                any = true;
                all_verify &= verify(&store, output, &head.account, None).await?;
            }
            match heads.last() {
                Some(last) => after = Some(last.account.clone()),
                None => break,
            }
        }
        if !any {
            output.line("There are no accounts yet, so there is no ledger.")?;
        }
    }
    Ok(Ended::with_faults(!all_verify))
}

/// Verifies one account's ledger and says so; whether it holds.
pub async fn verify(store: &Store, output: Output, account: &Handle, known: Option<Head>) -> Result<bool, Failure> {
    match store.verify_ledger(account, known).await {
        Ok(verified) => {
            output.object(&json!({
                "account": account,
                "verified": true,
                "entries": verified.head.number,
                "opened": verified.opened,
                "erased": verified.erased,
                "head": verified.head.to_string(),
                "bad_entry": null,
                "problem": null,
            }))?;
            let entries = counted(verified.head.number, "entry", "entries");
            output.line(&format!("{account}: {entries}, all in order"))?;
            output.line(&format!("  head {}", verified.head))?;
            Ok(true)
        }
        Err(StoreError::Ledger { account, number, problem }) => {
            output.object(&json!({
                "account": account,
                "verified": false,
                "entries": null,
                "opened": null,
                "erased": null,
                "head": null,
                "bad_entry": number,
                "problem": problem,
            }))?;
            output::error(&format!("the ledger of `{account}` does not verify at entry {number}: {problem}"));
            Ok(false)
        }
        Err(other) => Err(other.into()),
    }
}
