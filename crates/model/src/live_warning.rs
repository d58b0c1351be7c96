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
                "Live sending is stopped here since {} by {}: nothing leaves until it is resumed.",
                stop.since, stop.by
            ));
        }
        match self.last_notice_at {
            None => warnings.push(
                "No notice of Amazon's has ever come in at this store's addresses. Until notices reach Abide, it can't \
                 know who opted out."
                    .to_owned(),
            ),
            Some(at) if now.since(at) > QUIET_FOR => warnings.push(format!(
                "The last notice of Amazon's came in {at}. If there should have been some since, look first whether they \
                 still reach Abide."
            )),
            Some(_) => {}
        }
        if let Some(trouble) = &self.trouble {
            warnings.push(format!("The store's server gave trouble lately: {}", trouble.reason.sentence()));
        }
        if self.unknown != Counted::default() {
            warnings.push(format!(
                "{} of the account's messages were lost on their way; settle them in the outbox.",
                self.unknown
            ));
        }
        if self.held != Counted::default() {
            warnings.push(format!(
                "{} entries of the opt-out list wait for a member to decide; nothing leaves for those orders and buyers.",
                self.held
            ));
        }
        let room = self.cap.saturating_sub(self.used_today);
        if self.at_once() > room {
            warnings.push(format!(
                "{} messages are due, and only {room} more may leave today; the rest goes on tomorrow.",
                self.at_once()
            ));
        }
        warnings
    }
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
