//! What one small durable write costs on the disk that holds the temporary folder: the physical limit beside
//! which a commit is judged.

use std::io::Write;
use std::time::Duration;

use crate::figures;

/// Bytes of one write: a page.
const PAGE: [u8; 4096] = [0x5a; 4096];

/// The median time of one appended page made durable with fdatasync, over `runs` writes.
pub fn one(runs: usize) -> Result<Duration, String> {
    let mut file = tempfile::tempfile().map_err(|error| format!("no temporary file: {error}"))?;
    let mut failed = None;
    let median = figures::median_of(runs, || {
        if let Err(error) = file.write_all(&PAGE).and_then(|()| file.sync_data()) {
            failed = Some(error);
        }
    });
    failed.map_or(Ok(median), |error| Err(format!("the disk refused: {error}")))
}

/// Prints it.
pub fn run(_options: &[String]) -> Result<(), String> {
    let durable = one(500)?;
    figures::rate("one page written and made durable", 1, durable);
    let mut file = tempfile::tempfile().map_err(|error| error.to_string())?;
    let plain = figures::median_of(500, || drop(file.write_all(&PAGE)));
    figures::rate("one page written to the cache", 1, plain);
    figures::ratio("durable beside cached", durable.as_secs_f64() / plain.as_secs_f64().max(1e-9), "none", true);
    if let Some(mib) = figures::peak_memory_mib() {
        println!("{:<44} {mib:>9.1} MiB", "peak memory of this process");
    }
    Ok(())
}
