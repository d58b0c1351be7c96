//! The send window of a campaign file: narrower than Amazon's by choice, never wider.

use toml::de::DeValue;

use super::section::{Section, word_of, wrong_type};
use crate::problem::Problems;
use crate::schedule::{CLOSES_AT_MOST, OPENS_AT_LEAST, SendWindow, Slots};

const WEEKDAYS: [(&str, usize); 14] = [
    ("mon", 0),
    ("tue", 1),
    ("wed", 2),
    ("thu", 3),
    ("fri", 4),
    ("sat", 5),
    ("sun", 6),
    ("monday", 0),
    ("tuesday", 1),
    ("wednesday", 2),
    ("thursday", 3),
    ("friday", 4),
    ("saturday", 5),
    ("sunday", 6),
];

pub(super) fn read(root: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<SendWindow> {
    let before = problems.count();
    let mut section = root.section("window", problems);
    let opens = section.number("opens_days", u32::from(OPENS_AT_LEAST)..=u32::from(CLOSES_AT_MOST) - 1, problems);
    let closes = section.number("closes_days", u32::from(OPENS_AT_LEAST) + 1..=u32::from(CLOSES_AT_MOST), problems);
    let opens_days = opens.map_or(OPENS_AT_LEAST, |found| u8::try_from(found.value).unwrap_or(OPENS_AT_LEAST));
    let closes_days =
        closes.as_ref().map_or(CLOSES_AT_MOST, |found| u8::try_from(found.value).unwrap_or(CLOSES_AT_MOST));
    if let Some(closes) = closes.filter(|_| closes_days <= opens_days) {
        problems.at(
            &closes.span,
            section.name("closes_days"),
            "this must be more than opens_days, or nothing could ever leave",
        );
    }
    let weekdays = weekdays(&mut section, problems);
    let (from, to) = hours(&mut section, problems);
    section.finish(problems);
    (problems.count() == before).then_some(SendWindow { opens_days, closes_days, slots: Slots { weekdays, from, to } })
}

fn weekdays(section: &mut Section<'_>, problems: &mut Problems<'_>) -> [bool; 7] {
    let name = section.name("weekdays");
    let Some(list) = section.list("weekdays", problems) else { return [true; 7] };
    let mut weekdays = [false; 7];
    for entry in &list {
        if let Some(place) = word_of(entry, &name, &WEEKDAYS, problems) {
            weekdays[place] = true;
        }
    }
    if list.is_empty() {
        problems.missing(name, "this list is empty, so nothing could ever leave; leave it out to mean every day");
    }
    weekdays
}

fn hours(section: &mut Section<'_>, problems: &mut Problems<'_>) -> (u16, u16) {
    let mut hours = section.section("hours", problems);
    let (from_name, to_name) = (hours.name("from"), hours.name("to"));
    let from = hours.any("from").map(|value| (minute(value, &from_name, problems), value.span()));
    let to = hours.any("to").map(|value| (minute(value, &to_name, problems), value.span()));
    hours.finish(problems);
    let (from, _) = from.unwrap_or((Some(0), 0..0));
    let (to, to_span) = to.unwrap_or((Some(24 * 60), 0..0));
    match (from, to) {
        (Some(from), Some(to)) if from < to => (from, to),
        (Some(_), Some(_)) => {
            problems.at(&to_span, to_name, "this must be later than `from`; hours over midnight can't be given");
            (0, 24 * 60)
        }
        _ => (0, 24 * 60),
    }
}

/// A minute of the day: `"09:30"`, TOML's 09:30:00, and `"24:00"` for its end.
fn minute(value: &toml::Spanned<DeValue<'_>>, name: &str, problems: &mut Problems<'_>) -> Option<u16> {
    let written = match value.get_ref() {
        DeValue::String(text) => text.to_string(),
        DeValue::Datetime(time) if time.date.is_none() => time.to_string(),
        _ => {
            wrong_type(value, name, "a time of day such as \"09:30\"", problems);
            return None;
        }
    };
    let minute = if written == "24:00" { Some(24 * 60) } else { clock_minute(&written) };
    if minute.is_none() {
        problems.at(&value.span(), name, "expected a time of day in whole minutes, such as \"09:30\"");
    }
    minute
}

fn clock_minute(written: &str) -> Option<u16> {
    let time: jiff::civil::Time = written.parse().ok()?;
    let whole = time.second() == 0 && time.subsec_nanosecond() == 0;
    let minute = u16::try_from(time.hour()).ok()? * 60 + u16::try_from(time.minute()).ok()?;
    whole.then_some(minute)
}
