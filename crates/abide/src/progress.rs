//! Progress on standard error: a bar where that is a terminal, elsewhere a line now and then for who reads a log.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over the bytes of files; hidden where nobody looks on. `None` where the total is not known.
pub fn over_bytes(total: Option<u64>) -> ProgressBar {
    let bar = match total {
        Some(total) => ProgressBar::new(total),
        None => ProgressBar::no_length(),
    };
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr_with_hz(10)
    } else {
        ProgressDrawTarget::hidden()
    };
    bar.set_draw_target(target);
    let template = match total {
        Some(_) => "{bar:30} {bytes}/{total_bytes}  {msg}  {binary_bytes_per_sec}, {eta} left",
        None => "{spinner} {bytes}  {msg}  {binary_bytes_per_sec}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// How often a line tells the progress where no bar does.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Progress of a count of things out of files, with its rate and the time left.
pub struct Counting {
    bar: ProgressBar,
    /// The plural of what is counted.
    what: &'static str,
    began: Instant,
    /// When the next line is due; none where there is a bar.
    line_due: Option<Instant>,
}

impl Counting {
    /// Begins; `total` in bytes, where it is known.
    pub fn over_bytes(total: Option<u64>, what: &'static str) -> Self {
        let began = Instant::now();
        let bar = over_bytes(total);
        let line_due = bar.is_hidden().then(|| began + LINE_EVERY);
        Self { bar, what, began, line_due }
    }

    /// How far it has come: so many bytes, and so many things out of them.
    pub fn at(&mut self, bytes: u64, count: u64) {
        self.bar.set_position(bytes);
        if count.is_multiple_of(64) && self.line_due.is_none() {
            self.bar.set_message(format!("{count} {}, {} a second", self.what, self.rate(count)));
        }
        let now = Instant::now();
        if self.line_due.is_some_and(|due| now >= due) {
            self.line_due = Some(now + LINE_EVERY);
            crate::output::note(&self.line(bytes, count));
        }
    }

    /// Shows something above the bar.
    pub fn suspend<R>(&self, show: impl FnOnce() -> R) -> R {
        self.bar.suspend(show)
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn rate(&self, count: u64) -> u128 {
        u128::from(count) * 1000 / self.began.elapsed().as_millis().max(1)
    }

    fn line(&self, bytes: u64, count: u64) -> String {
        let so_far = format!("{count} {} so far, {} a second", self.what, self.rate(count));
        let Some(total) = self.bar.length().filter(|total| *total > 0 && bytes > 0) else { return so_far };
        let percent = u128::from(bytes) * 100 / u128::from(total);
        let left = self.began.elapsed().as_millis() * u128::from(total.saturating_sub(bytes)) / u128::from(bytes);
        let left = HumanDuration(Duration::from_millis(u64::try_from(left).unwrap_or(u64::MAX)));
        format!("{so_far}; {percent} % of the files, about {left} left")
    }
}
