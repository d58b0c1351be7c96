//! How figures are taken and printed: medians over several runs, rates, and ratios to a peer or limit measured
//! in the same run. A ratio without its peer beside it is not printed.

use std::time::{Duration, Instant};

/// Says on what the figures were taken.
pub fn machine() {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let processor = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        text.lines()
            .find(|line| line.starts_with("model name"))
            .and_then(|line| line.split(": ").nth(1).map(String::from))
    });
    println!("machine   {cores} cores, {}", processor.as_deref().unwrap_or("processor unknown"));
}

/// The median time of `runs` calls, after one that is not counted.
pub fn median_of(runs: usize, mut call: impl FnMut()) -> Duration {
    call();
    let mut times: Vec<Duration> = (0..runs.max(1))
        .map(|_| {
            let begun = Instant::now();
            call();
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// One line: what was done, how often, how long, how many a second.
pub fn rate(what: &str, count: u32, taken: Duration) -> f64 {
    let a_second = f64::from(count) / taken.as_secs_f64().max(1e-9);
    println!("{what:<44} {count:>9} in {:>9.3} s  {a_second:>12.0} /s", taken.as_secs_f64());
    a_second
}

/// One line: a figure, its peer or limit, what the issue asks for, and whether it holds.
pub fn ratio(what: &str, ratio: f64, target: &str, holds: bool) {
    println!("{what:<44} {ratio:>9.2}   target {target}: {}", if holds { "holds" } else { "MISSED" });
}

/// The process's own peak memory, in MiB.
pub fn peak_memory_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}

/// The middle one of several figures.
pub fn middle(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// A length as a count.
pub fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Bytes as megabytes.
pub fn megabytes(bytes: usize) -> f64 {
    u32::try_from(bytes).map_or(f64::INFINITY, f64::from) / 1e6
}
