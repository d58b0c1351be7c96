//! The time that a search covers: by last change or by purchase, since when and until when.

use model::{Span, Timestamp};

use crate::Request;

/// How long before the request the end must lie (Amazon's models of both order APIs).
const SETTLED: Span = Span::minutes(2);

/// What the times of a window are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Change,
    Purchase,
}

/// A time to look for orders in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderWindow {
    by: By,
    after: Timestamp,
    before: Option<Timestamp>,
}

/// A window that Amazon would not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWindow {
    /// Turned around.
    #[error("the time to look for orders in ends before it begins")]
    Reversed,
    /// Not settled.
    #[error("the time to look for orders in must end at least two minutes ago, or begin then where it has no end")]
    TooRecent,
}

impl OrderWindow {
    /// Orders that Amazon or the seller changed since `after`, until `before` where it is given.
    pub fn changed(after: Timestamp, before: Option<Timestamp>, now: Timestamp) -> Result<Self, InvalidWindow> {
        Self::new(By::Change, after, before, now)
    }

    /// Orders that were placed since `after`, until `before` where it is given.
    pub fn placed(after: Timestamp, before: Option<Timestamp>, now: Timestamp) -> Result<Self, InvalidWindow> {
        Self::new(By::Purchase, after, before, now)
    }

    fn new(by: By, after: Timestamp, before: Option<Timestamp>, now: Timestamp) -> Result<Self, InvalidWindow> {
        // Whole seconds; cut alike, so that windows that meet leave no gap.
        let (after, before) = (after.whole_seconds(), before.map(Timestamp::whole_seconds));
        if before.is_some_and(|before| before < after) {
            return Err(InvalidWindow::Reversed);
        }
        if before.unwrap_or(after) > now.minus(SETTLED) {
            return Err(InvalidWindow::TooRecent);
        }
        Ok(Self { by, after, before })
    }

    /// Its parameters under the names that the API has for them: change after and before, purchase after and before.
    pub(crate) fn add_to(self, request: Request, names: [&str; 4]) -> Request {
        let [changed_after, changed_before, placed_after, placed_before] = names;
        let (after, before) = match self.by {
            By::Change => (changed_after, changed_before),
            By::Purchase => (placed_after, placed_before),
        };
        let request = request.with(after, &self.after.to_string());
        match self.before {
            Some(end) => request.with(before, &end.to_string()),
            None => request,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_after_it_begins_and_two_minutes_ago() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-08-20T12:00:00Z");
        let changed = |after, before: Option<&str>| OrderWindow::changed(at(after), before.map(at), now);
        assert!(changed("2026-08-20T11:00:00Z", None).is_ok());
        assert!(changed("2026-08-20T11:58:00Z", Some("2026-08-20T11:58:00Z")).is_ok());
        let (earlier, later) = ("2026-08-20T11:00:00Z", "2026-08-20T11:00:01Z");
        assert_eq!(changed(later, Some(earlier)), Err(InvalidWindow::Reversed));
        assert_eq!(changed(earlier, Some("2026-08-20T11:58:01Z")), Err(InvalidWindow::TooRecent));
        assert_eq!(changed("2026-08-20T11:58:01Z", None), Err(InvalidWindow::TooRecent));
    }
}
