//! `abide backup` and `abide restore`. A backup holds all data and no keys; restoring one is time travel, so
//! live sending is off afterwards until an owner has imported what came since.

use crate::arguments::BackupFile;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::output::Output;

pub async fn backup(_configuration: &Configuration, _output: Output, _file: BackupFile) -> Result<Ended, Failure> {
    Err(Failure::could_not_run("backups are not ready yet"))
}

pub async fn restore(_configuration: &Configuration, _output: Output, _file: BackupFile) -> Result<Ended, Failure> {
    Err(Failure::could_not_run("backups are not ready yet"))
}
