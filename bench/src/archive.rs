//! Archive import, as `abide intake import` in a process of its own: mails a second and peak memory for an mbox of
//! 10^4 and of 10^5 mails, beside Python's `mailbox` and `email` doing the least of the same on the beginning of it.

mod mbox;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::figures;
use crate::program::{self, Program, Taken};

/// What the issue asks for.
const TIMES: f64 = 20.0;
/// Memory is flat where ten times the mails take at most so many times the memory.
const FLAT: f64 = 1.25;

/// Prints the figures. `--quick` takes few mails, to see that the bench works; `--postgres` adds that engine.
pub fn run(options: &[String]) -> Result<(), String> {
    let has = |name: &str| options.iter().any(|option| option == name);
    let (sizes, part): (&[u32], u32) = if has("--quick") { (&[300, 1000], 200) } else { (&[10_000, 100_000], 3000) };
    let program = program::build()?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let folder = folder.path();
    let python = peer(folder, part)?;
    println!("engine    SQLite, in {}", folder.display());
    let (mut rates, mut peaks) = (Vec::new(), Vec::new());
    for mails in sizes {
        let installed = Program::install(&program, folder.join(format!("sqlite-{mails}")), None)?;
        let taken = import(&installed, folder, *mails)?;
        rates.push(figures::rate("abide intake import, mails", *mails, taken.time));
        tell_more(&taken);
        peaks.push(taken.peak_mib);
        let _ = std::fs::remove_dir_all(installed.data());
    }
    let slowest = rates.iter().copied().fold(f64::INFINITY, f64::min);
    figures::ratio("beside Python, times", slowest / python, "at least 20", slowest / python >= TIMES);
    if let (Some(first), Some(last)) = (peaks.first(), peaks.last()) {
        let grown = last / first.max(1e-9);
        figures::ratio("peak memory, largest beside smallest", grown, "at most 1.25", grown <= FLAT);
    }
    if has("--postgres") {
        postgres(&program, folder, sizes.first().copied().unwrap_or(300), python)?;
    }
    Ok(())
}

/// Python's rate, in mails a second.
fn peer(folder: &Path, mails: u32) -> Result<f64, String> {
    let path = folder.join("part.mbox");
    mbox::write(&path, mails).map_err(|error| format!("the mbox can't be written: {error}"))?;
    let script = folder.join("peer.py");
    std::fs::write(&script, include_str!("archive/peer.py")).map_err(|error| error.to_string())?;
    let mut command = Command::new("python3");
    command.arg(&script).arg(&path).arg(folder.join("peer.sqlite"));
    let taken = program::Running::begin(command)?.end()?;
    let seconds = taken.said.split_whitespace().nth(2).and_then(|seconds| seconds.parse().ok());
    let seconds: f64 = seconds.ok_or_else(|| format!("Python said {:?}", taken.said))?;
    let rate = figures::rate("Python's mailbox and email, mails", mails, Duration::from_secs_f64(seconds));
    tell_more(&taken);
    Ok(rate)
}

fn import(installed: &Program, folder: &Path, mails: u32) -> Result<Taken, String> {
    let path = folder.join("archive.mbox");
    let bytes = mbox::write(&path, mails).map_err(|error| format!("the mbox can't be written: {error}"))?;
    println!("mbox      {mails} mails, {} MB", bytes / 1_000_000);
    let taken = installed.run(&["intake", "import", "--account", "seller", path.to_str().unwrap_or_default()])?;
    // Else it is other work that was timed.
    let acted = taken.said.lines().filter(|line| line.contains("\"outcome\":\"suppressed\"")).count();
    if taken.said.lines().count() < usize::try_from(mails).unwrap_or(usize::MAX) || acted == 0 {
        return Err(format!("{} lines for {mails} mails, {acted} suppressed", taken.said.lines().count()));
    }
    Ok(taken)
}

fn postgres(program: &Path, folder: &Path, mails: u32, python: f64) -> Result<(), String> {
    let Some(database) = cluster::fresh_database() else { return Ok(()) };
    println!("engine    PostgreSQL on this machine, by its socket, fsync on, 64 MB of shared buffers");
    let installed = Program::install(program, folder.join("postgres"), Some(database.url()))?;
    let taken = import(&installed, folder, mails)?;
    let rate = figures::rate("abide intake import, mails", mails, taken.time);
    tell_more(&taken);
    figures::ratio("beside Python, times", rate / python, "none", true);
    Ok(())
}

fn tell_more(taken: &Taken) {
    let Taken { time, processor, peak_mib, .. } = taken;
    let cores = processor / time.as_secs_f64().max(1e-9);
    println!("{:<44} {processor:>9.2} s of processor time ({cores:.2} cores), peak {peak_mib:.1} MiB", "");
}
