//! Order import, as `abide orders import` in a process of its own, from 10^4 to 10^6 rows: rows a second and peak
//! memory, beside a plain parse of the same bytes by the csv crate. The same report once more (all orders known), an
//! import while notices arrive by SMTP, and PostgreSQL with one importer and with two.

pub mod file;
mod notices;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::figures;
use crate::program::{self, Program, Running, Taken};

/// What the issue asks for.
const ROWS_A_SECOND: f64 = 25_000.0;
/// Memory is flat where a hundred times the rows take at most so many times the memory.
const FLAT: f64 = 1.5;

/// Prints the figures. `--quick` takes few rows, to see that the bench works; `--sqlite` leaves PostgreSQL out.
pub fn run(options: &[String]) -> Result<(), String> {
    let has = |name: &str| options.iter().any(|option| option == name);
    let sizes: &[u32] = if has("--quick") { &[1000, 10_000] } else { &[10_000, 100_000, 1_000_000] };
    let program = program::build()?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut bench = Bench { program, folder: folder.path().to_owned() };
    bench.sqlite(sizes)?;
    if !has("--sqlite") {
        bench.postgres(sizes.get(1).copied().unwrap_or(1000))?;
    }
    Ok(())
}

struct Bench {
    program: PathBuf,
    folder: PathBuf,
}

impl Bench {
    fn sqlite(&mut self, sizes: &[u32]) -> Result<(), String> {
        println!("engine    SQLite, in {}", self.folder.display());
        let mut peaks = Vec::new();
        let mut slowest = f64::INFINITY;
        for (place, rows) in sizes.iter().enumerate() {
            let report = self.report(*rows, 0)?;
            let parse = parse_time(&report)?;
            let parsed = figures::rate("csv parse of the report, rows", *rows, parse);
            let installed = Program::install(&self.program, self.folder.join(format!("sqlite-{rows}")), None)?;
            let taken = import(&installed, "seller", &report, "added")?;
            let rate = figures::rate("import, rows", *rows, taken.time);
            tell_more(&taken);
            figures::ratio("import beside csv parse, times", parsed / rate, "none", true);
            let again = import(&installed, "seller", &report, "unchanged")?;
            figures::rate("the same report again, rows", *rows, again.time);
            tell_more(&again);
            slowest = slowest.min(rate);
            peaks.push(taken.peak_mib);
            if place + 1 == sizes.len() {
                self.while_notices_arrive(&report, *rows)?;
            }
            // They would be gigabytes together.
            let _ = std::fs::remove_dir_all(installed.data());
            let _ = std::fs::remove_file(&report);
        }
        figures::ratio("rows a second, the slowest size", slowest, "25,000", slowest >= ROWS_A_SECOND);
        if let (Some(first), Some(last)) = (peaks.first(), peaks.last()) {
            let grown = last / first.max(1e-9);
            figures::ratio("peak memory, largest beside smallest size", grown, "at most 1.5", grown <= FLAT);
        }
        Ok(())
    }

    /// An import into the file of a running server that takes notices meanwhile.
    fn while_notices_arrive(&self, report: &Path, rows: u32) -> Result<(), String> {
        let installed = Program::install(&self.program, self.folder.join("sqlite-serving"), None)?;
        let addresses = installed.run(&["address", "list", "--account", "seller"])?.said;
        let to = program::text_of(&addresses, "address").ok_or("there is no address")?;
        let (server, smtp) = installed.serve()?;
        let sender = notices::Sender::begin(&smtp, &to)?;
        let taken = import(&installed, "seller", report, "added")?;
        let took = sender.end()?;
        drop(server);
        figures::rate("import while notices arrive, rows", rows, taken.time);
        let milliseconds = |thousandths| notices::thousandth(&took, thousandths).as_secs_f64() * 1000.0;
        println!("{:<44} {:>9} acknowledged, one every 25 ms", "  notices", took.len());
        println!("{:<44} {:>9.1} ms, 99.9 %: {:.1} ms", "  half of them within", milliseconds(500), milliseconds(999));
        let worst = milliseconds(990);
        figures::ratio("  99 % acknowledged within, ms", worst, "under 1000", worst < 1000.0);
        let _ = std::fs::remove_dir_all(installed.data());
        Ok(())
    }

    fn postgres(&mut self, rows: u32) -> Result<(), String> {
        let Some(database) = cluster::fresh_database() else { return Ok(()) };
        println!("engine    PostgreSQL on this machine, by its socket, fsync on, 64 MB of shared buffers");
        let installed = Program::install(&self.program, self.folder.join("postgres"), Some(database.url()))?;
        let report = self.report(rows, 0)?;
        let taken = import(&installed, "seller", &report, "added")?;
        let one = figures::rate("import, rows", rows, taken.time);
        tell_more(&taken);
        let again = import(&installed, "seller", &report, "unchanged")?;
        figures::rate("the same report again, rows", rows, again.time);
        figures::ratio("rows a second on PostgreSQL", one, "25,000", one >= ROWS_A_SECOND);

        let importers = ["second", "third"].into_iter().zip([1, 2]).map(|(account, stream)| {
            installed.add_account(account)?;
            let report = self.report(rows, stream)?;
            Ok((account, report))
        });
        let importers = importers.collect::<Result<Vec<_>, String>>()?;
        let began = Instant::now();
        let running = importers.iter().map(|(account, report)| installed.begin(&arguments(account, report)));
        let running = running.collect::<Result<Vec<Running>, String>>()?;
        for one in running {
            check(&one.end()?, "added")?;
        }
        let two = figures::rate("two importers, two accounts, rows", 2 * rows, began.elapsed());
        figures::ratio("two importers beside one, times", two / one, "none", true);
        Ok(())
    }

    fn report(&self, rows: u32, stream: u32) -> Result<PathBuf, String> {
        let path = self.folder.join(format!("orders-{stream}-{rows}.txt"));
        file::write(&path, rows, stream).map_err(|error| format!("the report can't be written: {error}"))?;
        Ok(path)
    }
}

fn arguments<'a>(account: &'a str, report: &'a Path) -> [&'a str; 5] {
    ["orders", "import", "--account", account, report.to_str().unwrap_or_default()]
}

fn import(installed: &Program, account: &str, report: &Path, all: &str) -> Result<Taken, String> {
    let taken = installed.run(&arguments(account, report))?;
    check(&taken, all)?;
    Ok(taken)
}

/// Each order of the report must have been taken so, and none be too old: else it is other work that was timed.
fn check(taken: &Taken, all: &str) -> Result<(), String> {
    let number = |name| program::number_of(&taken.said, name);
    let sound = number("orders").is_some_and(|orders| orders > 0 && number(all) == Some(orders));
    if sound && number("too_old") == Some(0) { Ok(()) } else { Err(format!("not all was {all}: {}", taken.said)) }
}

fn tell_more(taken: &Taken) {
    let Taken { time, processor, peak_mib, .. } = taken;
    let cores = processor / time.as_secs_f64().max(1e-9);
    println!("{:<44} {processor:>9.2} s of processor time ({cores:.2} cores), peak {peak_mib:.1} MiB", "");
}

/// The median time to cut the report into fields, and nothing more.
fn parse_time(report: &Path) -> Result<Duration, String> {
    let mut failed = None;
    let time = figures::median_of(3, || {
        let reader = csv::ReaderBuilder::new().delimiter(b'\t').quoting(false).from_path(report);
        let fields = reader.and_then(|mut reader| {
            let (mut record, mut fields) = (csv::ByteRecord::new(), 0);
            while reader.read_byte_record(&mut record)? {
                fields += record.len();
            }
            Ok(fields)
        });
        failed = fields.err();
    });
    failed.map_or(Ok(time), |error| Err(error.to_string()))
}
