//! Bytes made to hurt, at the doors where strangers hand some in: each bomb in a process of its own, the
//! processor's time and the memory it took beside the input, against one second and a fixed bound in the same run.

mod mails;
mod reports;
mod streams;
mod zipped;

use std::process::Command;
use std::time::Duration;

/// The most that one bomb may take of the processor.
const MOST_TIME: Duration = Duration::from_secs(1);
/// The most memory beside the input: what the limits of `notice` allow, and the process itself.
const MOST_MEMORY_MIB: f64 = 160.0;

/// One bomb: its door, what it is, and how to set it off. Preparing is not timed.
struct Bomb {
    name: &'static str,
    prepare: fn() -> Box<dyn FnOnce()>,
}

fn all() -> Vec<Bomb> {
    let mut bombs = mails::all();
    bombs.extend(streams::all());
    bombs.extend(reports::all());
    bombs.extend(zipped::all());
    bombs
}

/// Without options all of them; `one NAME` sets off one here and prints bare figures; any other word: those whose
/// name contains it.
pub fn run(options: &[String]) -> Result<(), String> {
    if let [word, name] = options
        && word == "one"
    {
        let bomb = all().into_iter().find(|bomb| bomb.name == name).ok_or("no such bomb")?;
        return one(&bomb);
    }
    let wanted = options.first().map(String::as_str).unwrap_or_default();
    println!("{:<62} {:>8} {:>9}", "bomb", "ms", "MiB more");
    let mut missed = Vec::new();
    for bomb in all().iter().filter(|bomb| bomb.name.contains(wanted)) {
        match in_a_process(bomb.name) {
            Ok((milliseconds, mebibytes)) => {
                let holds = milliseconds <= MOST_TIME.as_secs_f64() * 1e3 && mebibytes <= MOST_MEMORY_MIB;
                println!(
                    "{:<62} {milliseconds:>8.0} {mebibytes:>9.1}{}",
                    bomb.name,
                    if holds { "" } else { "  MISSED" }
                );
                if !holds {
                    missed.push(bomb.name);
                }
            }
            Err(problem) => {
                println!("{:<62} {problem}", bomb.name);
                missed.push(bomb.name);
            }
        }
    }
    println!("limits: {} ms and {MOST_MEMORY_MIB:.0} MiB each", MOST_TIME.as_millis());
    if missed.is_empty() { Ok(()) } else { Err(format!("missed by {}", missed.join("; "))) }
}

fn in_a_process(name: &str) -> Result<(f64, f64), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(program).args(["bombs", "one", name]).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("the process died: {}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut figures = text.lines().last().unwrap_or_default().split(' ').map(str::parse::<f64>);
    match (figures.next(), figures.next()) {
        (Some(Ok(milliseconds)), Some(Ok(mebibytes))) => Ok((milliseconds, mebibytes)),
        _ => Err("the process gave no figures".into()),
    }
}

fn one(bomb: &Bomb) -> Result<(), String> {
    let set_off = (bomb.prepare)();
    // The peak so far is that of preparing.
    std::fs::write("/proc/self/clear_refs", "5").map_err(|error| format!("the peak can't be reset: {error}"))?;
    let memory_before = status("VmRSS").ok_or("no VmRSS")?;
    let time_before = processor_time();
    set_off();
    let taken = processor_time().saturating_sub(time_before);
    let peak = status("VmHWM").ok_or("no VmHWM")?;
    println!("{:.1} {:.1}", taken.as_secs_f64() * 1e3, (peak - memory_before).max(0.0) / 1024.0);
    Ok(())
}

/// A figure of this process's, in KiB.
fn status(name: &str) -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    text.lines().find(|line| line.starts_with(name))?.split_whitespace().nth(1)?.parse().ok()
}

/// Of the whole process: a bomb may be set off on several threads.
fn processor_time() -> Duration {
    rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime).try_into().unwrap_or_default()
}
