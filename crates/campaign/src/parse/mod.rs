//! A campaign file read: TOML in, a campaign or every mistake out. Unknown fields are mistakes too, since a condition
//! that is misspelt would otherwise let everything through.

mod conditions;
mod section;
mod split;
mod templates;
mod window;
mod written;

use model::order::OrderMark;
use model::{Span, Timestamp};
use toml::de::{DeTable, DeValue};

use crate::problem::{Problem, Problems};
use crate::types::{Campaign, CampaignChannel, Conditions, SkipWhen, Trigger, USUAL_PRIORITY};
use section::{Section, word_of, wrong_type};
pub(crate) use templates::ATTACHMENTS;

/// The largest campaign file, in bytes.
const LONGEST_FILE: usize = 512 * 1024;
/// The longest delay, in days.
const LONGEST_DELAY: u32 = 60;

pub(crate) fn parse(source: &str) -> Result<Campaign, Vec<Problem>> {
    let mut problems = Problems::new(source);
    if source.len() > LONGEST_FILE {
        problems.missing("", format!("the file is longer than {} KiB, which no campaign needs", LONGEST_FILE / 1024));
        return Err(problems.finish());
    }
    let (document, errors) = DeTable::parse_recoverable(source);
    for error in errors {
        let span = error.span().unwrap_or_default();
        problems.at(&span, "", format!("this is not TOML here: {}", error.message()));
    }
    if problems.count() > 0 {
        return Err(problems.finish());
    }
    let mut root = Section::root(document.get_ref());

    let name = root.text("name", 100, &mut problems).map(|found| found.value.trim().to_owned());
    if !root.has("name") {
        problems.missing("name", "a campaign needs a name, such as name = \"Ask for a review\"");
    }
    let channel = channel(&mut root, &mut problems);
    let trigger = trigger(&mut root, &mut problems);
    let orders_after = orders_after(&mut root, &mut problems);
    let priority = root.number("priority", 1..=100, &mut problems);
    let priority = priority.map_or(USUAL_PRIORITY, |found| u8::try_from(found.value).unwrap_or(USUAL_PRIORITY));
    let conditions::Read { conditions, left_out } = conditions::read(&mut root, &mut problems);
    let asked_for = asked_for(trigger, &conditions);
    let skip_when = skip_when(&mut root, &asked_for, &left_out, &mut problems);
    let window = window::read(&mut root, &mut problems);
    let templates = templates::read(&mut root, channel, &mut problems);
    let split = split::read(&mut root, templates.as_ref(), &mut problems);
    root.finish(&mut problems);

    match (name, channel, trigger, window, templates) {
        (Some(name), Some(channel), Some((trigger, delay)), Some(window), Some(templates)) if problems.count() == 0 => {
            Ok(Campaign {
                name,
                channel,
                priority,
                trigger,
                delay,
                orders_after,
                conditions,
                skip_when,
                window,
                templates,
                split,
            })
        }
        _ => Err(problems.finish()),
    }
}

fn channel(root: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<CampaignChannel> {
    if !root.has("channel") {
        let message = "a campaign needs a channel: email (your own text), solicitation (Amazon's), or fallback (your own \
                       where the buyer's language has one, else Amazon's)";
        problems.missing("channel", message);
    }
    root.word("channel", &CampaignChannel::WORDS, problems).map(|found| found.value)
}

fn trigger(root: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<(Trigger, Span)> {
    if !root.has("trigger") {
        problems.missing("trigger", "a campaign needs a trigger, such as trigger = { when = \"delivered\" }");
    }
    let mut section = root.section("trigger", problems);
    if section.is_table() && !section.has("when") {
        problems.missing("trigger.when", "a trigger needs `when`: confirmed, shipped, delivered, returned or refunded");
    }
    let when = section.word("when", &Trigger::WORDS, problems).map(|found| found.value);
    let mut delay = section.section("delay", problems);
    let days = delay.number("days", 0..=LONGEST_DELAY, problems).map_or(0, |found| found.value);
    let hours = delay.number("hours", 0..=23, problems).map_or(0, |found| found.value);
    delay.finish(problems);
    section.finish(problems);
    Some((when?, Span::hours(i64::from(days) * 24 + i64::from(hours))))
}

fn orders_after(root: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Timestamp> {
    let name = root.name("orders_after");
    let value = root.any("orders_after")?;
    let written = match value.get_ref() {
        DeValue::String(text) => text.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        _ => {
            wrong_type(value, &name, "a date or time", problems);
            return None;
        }
    };
    let day = || {
        let date: jiff::civil::Date = (written.len() == 10).then(|| written.parse().ok())??;
        date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| Timestamp::from_jiff(zoned.timestamp()))
    };
    let time = written.parse::<Timestamp>().ok().or_else(day);
    if time.is_none() {
        let message = "expected a time with its offset, such as 2026-08-20T12:00:00Z, or a date such as 2026-08-20 (then midnight UTC)";
        problems.at(&value.span(), name, message);
    }
    time
}

/// The marks that an order must or may have for this campaign, so that they can't hold its message back.
fn asked_for(trigger: Option<(Trigger, Span)>, conditions: &Conditions) -> Vec<OrderMark> {
    let mut marks = conditions.only_marked.clone();
    marks.extend(conditions.refunded.map(|_| OrderMark::Refunded));
    marks.extend(trigger.and_then(|(trigger, _)| trigger.mark()));
    marks
}

/// What keeps a message back: what the file says, else what is usual, and what its conditions leave out. A return is
/// mostly refunded, so that a campaign for the one is for the other, too, unless it says otherwise.
fn skip_when(
    root: &mut Section<'_>,
    asked_for: &[OrderMark],
    left_out: &[OrderMark],
    problems: &mut Problems<'_>,
) -> Vec<SkipWhen> {
    let name = root.name("skip_when");
    let mut chosen = Vec::new();
    match root.list("skip_when", problems) {
        None => {
            let goes_with_it = |mark: &OrderMark| matches!(mark, OrderMark::Returned | OrderMark::Refunded);
            let is_asked_for = |mark: OrderMark| {
                asked_for.contains(&mark) || (goes_with_it(&mark) && asked_for.iter().any(goes_with_it))
            };
            let usual = SkipWhen::DEFAULT.into_iter().filter(|skip| !skip.mark().is_some_and(is_asked_for));
            chosen.extend(usual);
        }
        Some(list) => {
            for text in &list {
                let Some(skip) = word_of(text, &name, &SkipWhen::WORDS, problems) else { continue };
                if skip.mark().is_some_and(|mark| asked_for.contains(&mark)) {
                    let message = "the trigger or a condition asks for such orders, so that none could get a message";
                    problems.at(&text.span, name.clone(), message);
                }
                chosen.push(skip);
            }
            if !chosen.contains(&SkipWhen::Cancelled) {
                let message = "cancelled can't be left out: nobody is asked about an order that was cancelled";
                problems.missing(name, message);
            }
        }
    }
    for mark in left_out {
        if asked_for.contains(mark) {
            let message =
                "the trigger asks for such orders and the condition leaves them out, so that none could get a message";
            problems.missing(format!("conditions.{mark}"), message);
        }
        if !chosen.contains(&SkipWhen::of_mark(*mark)) {
            chosen.push(SkipWhen::of_mark(*mark));
        }
    }
    chosen
}
