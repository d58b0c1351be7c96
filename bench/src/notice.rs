//! Reading a notice beside a plain MIME parse of the same bytes, in turns within one run: `notice::read`
//! against mail-parser's tree. Both get the whole mail as it came; the ratio is what knowing costs over
//! taking apart.

mod mails;

use std::hint::black_box;
use std::time::{Duration, Instant};

use mail_parser::MessageParser;
use model::notice::NoticeKind;

use crate::figures;
use mails::{Decided, Mail};

/// Rounds of which the median is taken.
const ROUNDS: usize = 201;
/// Bytes read in one round: long beside the clock, short beside a turn of the scheduler, so that what else the
/// machine does falls into few rounds.
const BYTES_A_ROUND: usize = 250_000;

/// Prints, for each size and way of travelling, microseconds a mail and the ratio. Options: `profile
/// [SECONDS [PART-OF-A-NAME]]` only reads, for a profiler to look at.
pub fn run(options: &[String]) -> Result<(), String> {
    let mails = mails::all();
    for mail in &mails {
        check(mail)?;
    }
    if let [first, rest @ ..] = options {
        let seconds = rest.first().and_then(|seconds| seconds.parse().ok()).unwrap_or(10);
        return match first.as_str() {
            "profile" => {
                let wanted = rest.get(1).map(String::as_str).unwrap_or_default();
                only_read(&mails, wanted, Duration::from_secs(seconds));
                Ok(())
            }
            _ => Err("the only option is `profile [SECONDS [PART-OF-A-NAME]]`".into()),
        };
    }
    println!("{:<46} {:>7} {:>9} {:>9} {:>7}", "mail", "bytes", "read us", "parse us", "ratio");
    let (mut worst_header, mut worst_wording) = (0.0_f64, 0.0_f64);
    for mail in &mails {
        let (read, parse) = measure(&mail.raw);
        let ratio = read / parse.max(1e-9);
        println!("{:<46} {:>7} {read:>9.1} {parse:>9.1} {ratio:>7.2}", mail.name, mail.raw.len());
        match mail.decided {
            Decided::Header => worst_header = worst_header.max(ratio),
            Decided::Wording => worst_wording = worst_wording.max(ratio),
        }
    }
    figures::ratio("worst where the header decides", worst_header, "at most 2", worst_header <= 2.0);
    figures::ratio("worst where wording decides", worst_wording, "at most 4", worst_wording <= 4.0);
    if worst_header > 2.0 || worst_wording > 4.0 {
        return Err("a target was missed".into());
    }
    Ok(())
}

/// That the reader understands what it is timed on.
fn check(mail: &Mail) -> Result<(), String> {
    let read = notice::read(&mail.raw);
    let expected = match mail.decided {
        Decided::Header => model::notice::MatchedBy::Header,
        Decided::Wording => model::notice::MatchedBy::Wording,
    };
    let is_right = read.readings.iter().any(|reading| {
        reading.kind == NoticeKind::OptOut
            && reading.matched_by == expected
            && reading.order_ids.iter().any(|id| id.as_str() == mails::ORDER)
            && reading.alias.is_some()
    });
    is_right.then_some(()).ok_or_else(|| format!("{} was not understood: {:?}", mail.name, read.readings))
}

/// Median microseconds of one reading and of one parse.
fn measure(raw: &[u8]) -> (f64, f64) {
    let times = u32::try_from(BYTES_A_ROUND / raw.len().max(1)).unwrap_or(1).max(1);
    let parser = MessageParser::default();
    let (mut reads, mut parses) = (Vec::new(), Vec::new());
    // One round each is not counted.
    for round in 0..=ROUNDS {
        let read = timed(times, || drop(black_box(notice::read(black_box(raw)))));
        let parse = timed(times, || drop(black_box(parser.parse(black_box(raw)))));
        if round > 0 {
            reads.push(read);
            parses.push(parse);
        }
    }
    (median(reads), median(parses))
}

/// Microseconds of the processor that one call takes. Nothing here waits, so what else the machine does is left
/// out: on a busy one, wall-clock figures tell of its neighbours.
fn timed(times: u32, mut call: impl FnMut()) -> f64 {
    let begun = processor_time();
    for _ in 0..times {
        call();
    }
    processor_time().saturating_sub(begun).as_secs_f64() * 1e6 / f64::from(times)
}

fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.try_into().unwrap_or_default()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn only_read(mails: &[Mail], wanted: &str, time: Duration) {
    let begun = Instant::now();
    let mut count = 0_u32;
    while begun.elapsed() < time {
        for mail in mails.iter().filter(|mail| mail.name.contains(wanted)) {
            black_box(notice::read(black_box(&mail.raw)));
            count += 1;
        }
    }
    figures::rate("mails of all kinds read", count, begun.elapsed());
}
