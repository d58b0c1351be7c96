//! Where the program is: built by cargo beside the proof's own binary, in the same profile, so that a proof never
//! runs against a program older than the sources.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::{Fault, fault};

/// Names a built program, which is then taken as it is.
const NAMED: &str = "ABIDE_PROGRAM";

/// The program's path; built once for each process.
pub fn path() -> Result<PathBuf, Fault> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    BUILT.get_or_init(|| build().map_err(|fault| fault.0)).clone().map_err(Fault)
}

fn build() -> Result<PathBuf, Fault> {
    if let Some(named) = std::env::var_os(NAMED) {
        return Ok(named.into());
    }
    let own = std::env::current_exe()?;
    // target/PROFILE/proofs, or target/PROFILE/deps/TEST.
    let folder = own.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    let folder = folder.ok_or_else(|| fault("the proof stands in no folder"))?;
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--quiet", "--package", "abide", "--bin", "abide"]);
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    if let Some(target) = folder.parent() {
        command.arg("--target-dir").arg(target);
    }
    if folder.ends_with("release") {
        command.arg("--release");
    }
    let output = command.output()?;
    if !output.status.success() {
        return Err(fault(format!("the program can't be built: {}", String::from_utf8_lossy(&output.stderr).trim())));
    }
    Ok(folder.join("abide"))
}
