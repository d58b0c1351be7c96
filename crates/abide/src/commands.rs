//! One room for each command: it opens what it needs, calls the crate that does the work, and says what came
//! of it. What is decided here is only words, order and exit codes.

mod account;
mod address;
mod backup;
pub mod campaign;
mod campaign_files;
mod campaign_reach;
mod campaign_results;
mod campaign_test;
mod campaign_text;
mod critical;
mod doctor;
mod dry_run;
mod explain;
mod feed;
mod folder;
mod intake;
mod ledger;
mod list_file;
pub mod member;
pub mod notice;
mod orders;
mod outbox;
mod policy;
mod review;
pub mod run;
pub(crate) mod sender;
mod sending;
pub mod serve;
mod store;
mod suppression;
mod words;

use crate::arguments::Command;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::output::Output;

/// Rows asked of the store at once, wherever a list is written out whole.
const PAGE: u32 = 500;

/// Runs a command.
pub async fn run(command: Command, configuration: Configuration) -> Result<Ended, Failure> {
    let output = Output::new(configuration.json);
    let configuration = &configuration;
    match command {
        Command::Demo(demo) => crate::demo::run(configuration, output, demo).await,
        Command::Account(command) => account::run(configuration, output, command).await,
        Command::Address(command) => address::run(configuration, output, command).await,
        Command::Folder(command) => folder::run(configuration, output, command).await,
        Command::Feed(command) => feed::run(configuration, output, command).await,
        Command::Orders(command) => orders::run(configuration, output, command).await,
        Command::Campaign(command) => campaign::run(configuration, output, command).await,
        Command::Template(command) => words::template(output, &command),
        Command::Serve(serve) => serve::run(configuration, output, serve).await,
        Command::Run(run) => run::run(configuration, output, run).await,
        Command::Notice(command) => notice::run(configuration, output, command).await,
        Command::Intake(command) => intake::run(configuration, output, command).await,
        Command::Suppression(command) => suppression::run(configuration, output, command).await,
        Command::Outbox(command) => outbox::run(configuration, output, command).await,
        Command::Review(command) => review::run(configuration, output, command).await,
        Command::Sender(command) => sender::run(configuration, output, command).await,
        Command::Store(command) => store::run(configuration, output, command).await,
        Command::Sending(command) => sending::run(configuration, output, command).await,
        Command::Policy(command) => policy::run(output, &command),
        Command::Critical(command) => critical::run(configuration, output, command).await,
        Command::Explain(explain) => explain::run(configuration, output, explain).await,
        Command::Ledger(command) => ledger::run(configuration, output, command).await,
        Command::Backup(backup) => backup::backup(configuration, output, backup).await,
        Command::Restore(backup) => backup::restore(configuration, output, backup).await,
        Command::Doctor(doctor) => doctor::run(configuration, output, doctor).await,
        Command::Member(command) => member::run(configuration, output, command).await,
    }
}
