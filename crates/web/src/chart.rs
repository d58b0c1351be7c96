//! Charts as pages draw them: bars of whole numbers in an inline SVG without a word of script or style, each number told beside
//! them in a table. All of it is reckoned in integers, in a field that the page stretches to its width.

use jiff::civil::Date;

use crate::language::say_with;

/// The height of the field.
const HEIGHT: u64 = 1000;
/// The width that a bar has, with the space around it.
const STEP: u64 = 10;
/// What is more than nothing shows at least so high.
const LEAST: u64 = 20;

/// A chart of bars, one a day or a few days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chart {
    /// By which its words are found on the page.
    pub id: String,
    pub title: &'static str,
    /// What it shows, in a sentence, for who can't see it.
    pub told: String,
    /// All of it together, as shown.
    pub total: String,
    /// The scale: what the highest bar stands for, in words.
    pub most: String,
    pub width: u64,
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bar {
    /// The day, or the days.
    pub label: String,
    /// The number, as shown.
    pub value: String,
    pub x: u64,
    pub y: u64,
    pub height: u64,
    /// What stands on top of it, in another tone: its number, place and height.
    pub upper: Option<(String, u64, u64)>,
}

impl Chart {
    /// A bar a day; a second number of the day, if any is more than nothing, stands on the first.
    pub fn of_days(id: &str, title: &'static str, days: &[(Date, u64, u64)]) -> Self {
        let most = days.iter().map(|(_, lower, upper)| lower + upper).max().unwrap_or(0);
        let (sum, above) = days.iter().fold((0, 0), |(sum, above), (_, lower, upper)| (sum + lower, above + upper));
        let bars = days.iter().zip(0..).map(|((day, lower, upper), place)| {
            let height = scaled(*lower, most);
            let on_top = (above > 0).then(|| {
                let height_on_top = scaled(*upper, most);
                (upper.to_string(), (HEIGHT - height).saturating_sub(height_on_top), height_on_top)
            });
            Bar {
                label: crate::when::day_in_words(*day),
                value: lower.to_string(),
                x: place * STEP,
                y: HEIGHT - height,
                height,
                upper: on_top,
            }
        });
        let span = match (days.first(), days.last()) {
            (Some((first, ..)), Some((last, ..))) => {
                say_with(
                    "From {first} to {last}:",
                    &[("first", &crate::when::day_in_words(*first)), ("last", &crate::when::day_in_words(*last))],
                ) + " "
            }
            _ => String::new(),
        };
        Self {
            id: id.to_owned(),
            title,
            told: span
                + &say_with("{all} in all, at most {most} in one day.", &[("all", &(sum + above)), ("most", &most)]),
            total: (sum + above).to_string(),
            most: say_with("at most {most} a day", &[("most", &most)]),
            width: STEP * u64::try_from(days.len()).unwrap_or(1).max(1),
            bars: bars.collect(),
        }
    }

    /// Rates over time, a bar for each stretch of days, on the scale of `most` (in hundredths of a percent).
    pub fn of_rates(
        id: String,
        title: &'static str,
        rates: &[(String, Option<u64>)],
        all: Option<u64>,
        most: u64,
    ) -> Self {
        let bars = rates.iter().zip(0..).map(|((label, rate), place)| {
            let height = scaled(rate.unwrap_or(0), most);
            Bar {
                label: label.clone(),
                value: percent(*rate),
                x: place * STEP,
                y: HEIGHT - height,
                height,
                upper: None,
            }
        });
        let told: Vec<String> = rates.iter().map(|(label, rate)| format!("{label}: {}", percent(*rate))).collect();
        Self {
            id,
            title,
            told: told.join("; "),
            total: percent(all),
            most: String::new(),
            width: STEP * u64::try_from(rates.len()).unwrap_or(1).max(1),
            bars: bars.collect(),
        }
    }

    /// Whether there is nothing to see.
    pub fn is_empty(&self) -> bool {
        self.bars.iter().all(|bar| bar.height == 0 && bar.upper.as_ref().is_none_or(|(_, _, height)| *height == 0))
    }

    /// Whether it has a second tone.
    pub fn has_upper(&self) -> bool {
        self.bars.iter().any(|bar| bar.upper.is_some())
    }

    pub fn first(&self) -> &str {
        self.bars.first().map_or("", |bar| &bar.label)
    }

    pub fn last(&self) -> &str {
        self.bars.last().map_or("", |bar| &bar.label)
    }
}

/// How high `n` is where `most` fills the field.
fn scaled(n: u64, most: u64) -> u64 {
    match n {
        0 => 0,
        n => (n.min(most).saturating_mul(HEIGHT) / most.max(1)).max(LEAST),
    }
}

/// How many of those sent said no, in hundredths of a percent; none where nothing was sent.
pub(crate) fn rate(opted_out: u64, sent: u64) -> Option<u64> {
    opted_out.saturating_mul(10_000).checked_div(sent)
}

/// A rate as shown.
pub(crate) fn percent(rate: Option<u64>) -> String {
    rate.map_or_else(
        || "–".to_owned(),
        |rate| {
            let point = crate::language::reader().decimal_point();
            format!("{}{point}{:02} %", rate / 100, rate % 100)
        },
    )
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn bars_fill_the_field_and_what_is_little_still_shows() {
        let days = [(date(2026, 11, 1), 0, 0), (date(2026, 11, 2), 1, 0), (date(2026, 11, 3), 600, 400)];
        let chart = Chart::of_days("sent", "Messages", &days);
        assert_eq!(chart.told, "From 2026-11-01 to 2026-11-03: 1001 in all, at most 1000 in one day.");
        assert_eq!((chart.width, chart.first(), chart.last()), (30, "2026-11-01", "2026-11-03"));
        let told: Vec<_> = chart.bars.iter().map(|bar| (bar.x, bar.y, bar.height, bar.upper.clone())).collect();
        assert_eq!(told[0], (0, 1000, 0, Some(("0".into(), 1000, 0))));
        assert_eq!(told[1], (10, 980, 20, Some(("0".into(), 980, 0))));
        assert_eq!(told[2], (20, 400, 600, Some(("400".into(), 0, 400))));
        let quiet = Chart::of_days("sent", "Messages", &days[..1]);
        assert!(quiet.is_empty() && !chart.is_empty() && !quiet.has_upper());
    }

    #[test]
    fn a_rate_without_anything_sent_is_none() {
        assert_eq!(percent(rate(3, 0)), "–");
        assert_eq!(percent(rate(1, 3)), "33.33 %");
        assert_eq!(percent(rate(1, 2000)), "0.05 %");
        assert_eq!(percent(rate(u64::MAX, 1)), percent(Some(u64::MAX)));
    }
}
