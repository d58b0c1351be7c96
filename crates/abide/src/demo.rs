//! The demo.
use crate::arguments::Demo;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::output::Output;
pub async fn run(_configuration: &Configuration, _output: Output, _demo: Demo) -> Result<Ended, Failure> {
    Err(Failure::could_not_run("not yet"))
}
