//! What happened over the last 30 or 90 days: messages, opt-outs, their rate by store and by campaign, the backlog, and what was
//! refused and why; each a chart and a table, from numbers that were counted as it happened.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::response::Response;
use catalogue_macros::told;
use jiff::civil::Date;
use model::numbers::{Day, Days, Numbers, Tally, total};
use model::{Marketplace, Reason, Span, Timestamp};
use serde::Deserialize;
use store::MOST_CAMPAIGNS;

use crate::admission::InAccount;
use crate::chart::{Chart, rate};
use crate::frame::{Frame, Here, page};
use crate::language::say;
use crate::problem::Problem;
use crate::state::Dashboard;

/// Campaigns and stores whose rate is shown, those that sent most.
const RATES: usize = 20;
/// Stretches of days that a rate is shown for.
const STRETCHES: usize = 10;

/// What the page's address asks for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    days: String,
}

/// The rate of a store or a campaign.
struct Part {
    name: String,
    sent: u64,
    opted_out: u64,
    chart: Chart,
}

#[told("numbers.html")]
struct Page {
    frame: Frame,
    handle: String,
    days: Day,
    /// Days of one bar of a rate.
    stretch: usize,
    messages: Chart,
    opt_outs: Chart,
    stores: Vec<Part>,
    campaigns: Vec<Part>,
    /// There are more campaigns than are looked at.
    many_campaigns: bool,
    backlog: Chart,
    /// The most frequent first.
    refused: Vec<(Reason, u64)>,
}

/// `GET /a/{handle}/numbers`
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    Query(asked): Query<Asked>,
    visit: InAccount,
) -> Result<Response, Problem> {
    let days = if asked.days == "90" { 90 } else { 30 };
    let last = today(&visit);
    let numbers = dashboard.store.numbers(visit.account.id, last - days + 1, last).await?;
    let all = numbers.all();
    let mut refused: Vec<_> = total(&all).refused.into_iter().collect();
    refused.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let span = (last - days + 1, last);
    let stores = numbers.stores.iter().map(|(store, days)| (store_name(*store).to_owned(), days)).collect();
    let campaigns = numbers.campaigns.iter().map(|(_, name, days)| (name.clone(), days)).collect();
    page(&Page {
        frame: Frame::in_account(&visit, Here::Overview, "Numbers"),
        handle: visit.account.handle.to_string(),
        days,
        stretch: stretch(span),
        messages: messages(&all, span),
        opt_outs: opt_outs(&all, span),
        stores: rates("store", stores, span),
        many_campaigns: numbers.campaigns.len() >= MOST_CAMPAIGNS,
        campaigns: rates("campaign", campaigns, span),
        backlog: Chart::of_days(
            "backlog-chart",
            say("messages put off"),
            &by_day(&all, span, |tally| (tally.put_off, 0)),
        ),
        refused,
    })
}

/// The latest day at any of the account's stores.
pub(crate) fn today(visit: &InAccount) -> Day {
    let now = Timestamp::from_clock();
    visit.account.sellers.iter().map(|seller| seller.store.day_of(now)).max().unwrap_or_else(|| now.utc_day())
}

/// What happened today, each store by its own clock.
pub(crate) fn so_far_today(numbers: &Numbers) -> Tally {
    let now = Timestamp::from_clock();
    let mut so_far = Tally::default();
    for (store, days) in &numbers.stores {
        let today = store.map_or_else(|| now.utc_day(), |store| store.day_of(now));
        if let Some(tally) = days.get(&today) {
            so_far.add(tally);
        }
    }
    so_far
}

pub(crate) fn messages(all: &Days, span: (Day, Day)) -> Chart {
    Chart::of_days(
        "sent-chart",
        say("messages"),
        &by_day(all, span, |tally| (tally.sent + tally.critical, tally.captured)),
    )
}

pub(crate) fn opt_outs(all: &Days, span: (Day, Day)) -> Chart {
    Chart::of_days("opt-out-chart", say("opt-outs"), &by_day(all, span, |tally| (tally.opted_out, 0)))
}

/// Every day of the span, also those on which nothing happened.
fn by_day(all: &Days, span: (Day, Day), of: impl Fn(&Tally) -> (u64, u64)) -> Vec<(Date, u64, u64)> {
    let told = |day: Day| {
        let (lower, upper) = all.get(&day).map_or((0, 0), &of);
        (date_of(day), lower, upper)
    };
    (span.0..=span.1).map(told).collect()
}

fn date_of(day: Day) -> Date {
    Timestamp::from_micros(0).plus(Span::days(day)).utc_date()
}

fn store_name(store: Option<Marketplace>) -> &'static str {
    match store {
        Some(store) => say(store.facts().country),
        None => say("Store not known"),
    }
}

/// The rate of each part that sent anything, on one scale, those that sent most first.
fn rates(id: &str, parts: Vec<(String, &Days)>, span: (Day, Day)) -> Vec<Part> {
    let mut counted: Vec<_> = parts
        .into_iter()
        .map(|(name, days)| (name, total(days), stretches(days, span)))
        .filter(|(_, total, _)| total.sent > 0)
        .collect();
    counted.sort_by_key(|(_, total, _)| std::cmp::Reverse(total.sent));
    counted.truncate(RATES);
    let most = counted.iter().flat_map(|(_, _, rates)| rates.iter().filter_map(|(_, rate)| *rate)).max().unwrap_or(0);
    let drawn = counted.into_iter().enumerate().map(|(place, (name, total, rates))| {
        let all = rate(total.opted_out, total.sent);
        let chart = Chart::of_rates(format!("{id}-{place}"), say("Opt-out rate over time"), &rates, all, most);
        Part { name, sent: total.sent, opted_out: total.opted_out, chart }
    });
    drawn.collect()
}

/// How many days have a bar of a rate together.
fn stretch(span: (Day, Day)) -> usize {
    usize::try_from(span.1 - span.0 + 1).unwrap_or(STRETCHES).div_ceil(STRETCHES).max(1)
}

/// The rate of each stretch of days, by its first day.
fn stretches(days: &Days, span: (Day, Day)) -> Vec<(String, Option<u64>)> {
    let mut by_stretch: BTreeMap<Day, Tally> = BTreeMap::new();
    let all: Vec<Day> = (span.0..=span.1).collect();
    for stretch in all.chunks(stretch(span)) {
        let Some(first) = stretch.first() else { continue };
        let sum = by_stretch.entry(*first).or_default();
        for tally in stretch.iter().filter_map(|day| days.get(day)) {
            sum.add(tally);
        }
    }
    by_stretch.iter().map(|(first, sum)| (date_of(*first).to_string(), rate(sum.opted_out, sum.sent))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_the_span_is_told_and_stretches_cover_it_whole() {
        let tally = |sent, opted_out| Tally { sent, opted_out, ..Tally::default() };
        let days = Days::from([(100, tally(10, 1)), (129, tally(5, 5))]);
        let told = by_day(&days, (100, 129), |tally| (tally.sent, 0));
        assert_eq!((told.len(), told[0].1, told[1].1, told[29].1), (30, 10, 0, 5));
        let rates = stretches(&days, (100, 129));
        assert_eq!((rates.len(), rates[0].1, rates[1].1, rates[9].1), (10, Some(1000), None, Some(10_000)));
        assert_eq!(stretches(&days, (100, 189)).len(), 10);
        assert_eq!(date_of(0).to_string(), "1970-01-01");
    }

    #[test]
    fn only_what_sent_has_a_rate_and_what_sent_most_comes_first() {
        let of = |sent, opted_out| Days::from([(1, Tally { sent, opted_out, ..Tally::default() })]);
        let (few, many, none) = (of(10, 5), of(100, 1), of(0, 3));
        let parts = rates("x", vec![("few".into(), &few), ("none".into(), &none), ("many".into(), &many)], (1, 30));
        let told: Vec<_> = parts.iter().map(|part| (part.name.as_str(), part.chart.total.as_str())).collect();
        assert_eq!(told, [("many", "1.00 %"), ("few", "50.00 %")]);
        assert_eq!((parts[1].chart.bars[0].height, parts[0].chart.bars[0].height), (1000, 20), "on one scale");
    }
}
