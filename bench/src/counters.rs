//! What the kernel counts of this process: processor time, bytes read through system calls, peak memory. They are
//! steadier than a clock on a machine that others share.

use std::time::Duration;

/// Ticks a second of `/proc/self/stat` (USER_HZ, 100 on every Linux that Rust supports).
const TICKS: f64 = 100.0;
/// A page of either database: SQLite's is 4096 bytes.
const PAGE: u64 = 4096;

/// Processor time of all threads and bytes read, at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counters {
    ticks: u64,
    read_bytes: u64,
}

impl Counters {
    /// As they stand now; zero where the kernel doesn't tell.
    pub fn now() -> Self {
        Self { ticks: ticks().unwrap_or_default(), read_bytes: read_bytes().unwrap_or_default() }
    }

    /// What was used since an earlier moment.
    pub const fn since(self, earlier: Self) -> Self {
        Self {
            ticks: self.ticks.saturating_sub(earlier.ticks),
            read_bytes: self.read_bytes.saturating_sub(earlier.read_bytes),
        }
    }

    /// Two spells together.
    pub const fn plus(self, other: Self) -> Self {
        Self { ticks: self.ticks + other.ticks, read_bytes: self.read_bytes + other.read_bytes }
    }

    /// Processor time.
    pub fn processor(self) -> Duration {
        Duration::from_secs_f64(u32::try_from(self.ticks).map_or(f64::MAX, f64::from) / TICKS)
    }

    /// Pages read from the file into SQLite's cache.
    pub fn pages(self) -> f64 {
        u32::try_from(self.read_bytes / PAGE).map_or(f64::INFINITY, f64::from)
    }
}

/// User and system time: the 14th and 15th field, counted behind the name, which may hold anything.
fn ticks() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
}

fn read_bytes() -> Option<u64> {
    let io = std::fs::read_to_string("/proc/self/io").ok()?;
    io.lines().find_map(|line| line.strip_prefix("rchar: "))?.trim().parse().ok()
}

/// Lets peak memory begin anew, so that building the case is not counted. Whether the kernel did.
pub fn forget_peak_memory() -> bool {
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}
