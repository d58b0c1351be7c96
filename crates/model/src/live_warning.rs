//! What whoever lets a store send for real should know first, in plain sentences: the same on the command line and
//! on the dashboard.

use crate::sending::{Counted, LiveSummary};
use crate::{Reason, Span, Timestamp};

/// Without a notice for so long, the way in may be broken.
const QUIET_FOR: Span = Span::days(30);

impl LiveSummary {
    /// Messages that would come before the gate at once.
    pub fn at_once(&self) -> u64 {
        self.upcoming.iter().map(|campaign| campaign.now).sum()
    }

    /// What to mind before the store goes live, the weightiest first. Nothing here forbids it.
    pub fn warnings(&self, now: Timestamp) -> Vec<String> {
        let mut warnings = Vec::new();
        for stop in &self.stops {
            warnings.push(format!(
                "Live sending is stopped here since {since} by {by}: nothing leaves until it is resumed.",
                since = minute(stop.since),
                by = stop.by
            ));
        }
        match self.last_notice_at {
            None => warnings.push(
                "No notice of Amazon's has ever come in for this store, by any way. Until notices reach Abide, it can't \
                 know who opted out."
                    .to_owned(),
            ),
            Some(at) if now.since(at) > QUIET_FOR => warnings.push(format!(
                "The last notice of Amazon's came in {}. If there should have been some since, look first whether they \
                 still reach Abide.",
                minute(at)
            )),
            Some(_) => {}
        }
        if let Some(trouble) = &self.trouble {
            warnings.push(format!("The store's server gave trouble lately: {}", trouble.reason.sentence()));
        }
        if self.unknown != Counted::default() {
            warnings.push(format!(
                "Messages of the account that were lost on their way: {}. Settle in the outbox whether they left.",
                self.unknown
            ));
        }
        if self.held != Counted::default() {
            warnings.push(format!(
                "Entries of the opt-out list that wait for a member to decide: {}. Nothing leaves for those orders and buyers.",
                self.held
            ));
        }
        let room = self.cap.saturating_sub(self.used_today);
        if self.at_once() > room {
            warnings.push(format!(
                "Due at once: {}. Only {room} more may leave today; the rest goes on tomorrow.",
                self.at_once()
            ));
        }
        warnings
    }
}

/// A time as people read it.
fn minute(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// What keeps a store from going live, as a sentence for whoever wants it to.
pub const fn obstacle(reason: Reason) -> &'static str {
    match reason {
        Reason::ChannelUnavailable => {
            "The store has no sender yet: From address, server and sign-in must be set first."
        }
        other => other.sentence(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Delivery;
    use crate::sending::{SendingStop, StopScope, SummaryToken};

    #[test]
    fn times_stand_as_people_read_them_and_one_is_not_called_many() {
        let at: Timestamp = "2026-11-23T01:58:03.564448Z".parse().unwrap();
        let summary = LiveSummary {
            store: "US".parse().unwrap(),
            delivery: Delivery::Capture,
            sender: None,
            trouble: None,
            upcoming: Vec::new(),
            waiting: Vec::new(),
            queue_goes_on: false,
            unknown: Counted { n: 1, or_more: false },
            held: Counted::default(),
            suppressions: Counted::default(),
            last_notice_at: Some(at.minus(Span::days(31))),
            restored_at: None,
            restricted_since: None,
            feed_broken_since: None,
            stops: vec![SendingStop { scope: StopScope::Installation, since: at, by: "operator".into() }],
            cap: 500,
            used_today: 0,
            captured_in_30_days: 0,
            token: SummaryToken(String::new()),
        };
        let warnings = summary.warnings(at);
        assert!(warnings[0].contains("since 2026-11-23 01:58 UTC by operator"), "{warnings:?}");
        assert!(warnings[1].contains("came in 2026-10-23 01:58 UTC."), "{warnings:?}");
        assert!(warnings[2].contains("lost on their way: 1."), "{warnings:?}");
        assert_eq!(warnings.len(), 3);
    }
}
