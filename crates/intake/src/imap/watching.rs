//! Watching one folder: read it from the cursor on, wait for more, look again. Each step goes by what stands in the
//! store, so a node that dies or sleeps leaves nothing behind but a cursor that is too low, and then mails come again,
//! which changes nothing (law 9).

use std::time::Duration;

use connection::TrustedRoots;
use model::mail_folder::{FolderCursor, FolderProgress, FolderStart, FolderTrouble};
use model::{Clock, Span, Timestamp};

use super::dialogue::{Dialogue, LISTED, Listed, Times, View, Waited};
use super::taking::{Taken, Taker, groups};
use super::{ImapFault, opening};

/// After a change of UIDVALIDITY: so much before the folder was last up to date is read once more. A restored mailbox
/// may be some days old, and its mails may bear other dates.
const READ_AGAIN: Span = Span::days(7);

/// How often a folder is looked at, and how long its server may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long one IDLE waits until the folder is looked at anyway; below the 29 minutes of RFC 2177, and below what
    /// most routers keep a silent connection for.
    pub idle: Duration,
    /// Between two looks where the server does not tell by itself.
    pub poll: Duration,
    /// The first wait after a failure; each further failure doubles it.
    pub after_failure: Duration,
    /// The same where a person must do something: a server may lock out whoever knocks too often.
    pub after_refusal: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// How long the server may take for each step.
    pub times: Times,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            idle: Duration::from_mins(9),
            poll: Duration::from_mins(1),
            after_failure: Duration::from_secs(2),
            after_refusal: Duration::from_mins(1),
            longest: Duration::from_mins(15),
            times: Times {
                connect: Duration::from_secs(15),
                command: Duration::from_secs(30),
                mails: Duration::from_mins(5),
            },
        }
    }
}

impl Pace {
    /// The same with this time for each of the server's steps, as tests want it.
    #[must_use]
    pub const fn with_each_step(mut self, time: Duration) -> Self {
        self.times = Times { connect: time, command: time, mails: time };
        self
    }

    /// How long to wait after so many failures in a row.
    pub(super) fn wait_after(&self, trouble: FolderTrouble, failures: u32) -> Duration {
        let first = if trouble.breaks_feed() { self.after_refusal } else { self.after_failure };
        first.saturating_mul(2_u32.saturating_pow(failures.min(20))).min(self.longest)
    }
}

/// Why watching ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// Something is wrong.
    Fault(ImapFault),
    /// Another node has it, or it was set anew or removed.
    NotOurs,
}

impl From<ImapFault> for Ended {
    fn from(fault: ImapFault) -> Self {
        Self::Fault(fault)
    }
}

/// Watches until something is wrong or the folder is not ours any more.
pub(super) async fn watch(taker: &Taker<'_>, roots: &TrustedRoots, pace: &Pace) -> Ended {
    let folder = &taker.claimed.folder;
    let mut dialogue = match opening::open(folder, roots, &pace.times).await {
        Ok(dialogue) => dialogue,
        Err(fault) => return fault.into(),
    };
    let mut watching = Watching::of(taker);
    loop {
        match watching.look(&mut dialogue).await {
            Ok(()) => {}
            Err(ended) => {
                dialogue.close().await;
                return ended;
            }
        }
        match dialogue.wait(pace.idle).await {
            Ok(Waited::Look) => {}
            Ok(Waited::NotOffered) => tokio::time::sleep(pace.poll).await,
            Err(fault) => return fault.into(),
        }
    }
}

struct Watching<'a> {
    taker: &'a Taker<'a>,
    cursor: Option<FolderCursor>,
    /// Only mails that came into the folder since then, until it is up to date.
    since: Option<Timestamp>,
    read_at: Option<Timestamp>,
}

impl<'a> Watching<'a> {
    fn of(taker: &'a Taker<'a>) -> Self {
        let claimed = taker.claimed;
        let recent = claimed.folder.start == FolderStart::Recent && claimed.read_at.is_none();
        let since = recent.then(|| Timestamp::from_clock().minus(FolderStart::RECENT));
        Self { taker, cursor: claimed.cursor, since, read_at: claimed.read_at }
    }

    /// Reads the folder until nothing is left that was there when it was opened.
    async fn look(&mut self, dialogue: &mut Dialogue) -> Result<(), Ended> {
        let folder = &self.taker.claimed.folder;
        let view = dialogue.open_folder(&folder.folder, folder.move_to.is_some()).await?;
        let mut cursor = self.begin(view);
        let mut at = cursor.uid;
        let last = u32::try_from(view.next.saturating_sub(1)).unwrap_or(u32::MAX);
        let mut width = FEWEST;
        let mut moved = true;
        while at < last {
            let to = at.saturating_add(width).min(last);
            let (listed, more) = dialogue.list(at + 1, to).await?;
            // Numbers may lie far apart: where there was nothing, more of them are asked for at once.
            width = if listed.is_empty() { width.saturating_mul(4) } else { FEWEST };
            at = if more { listed.last().map_or(to, |mail| mail.uid) } else { to };
            let since = self.since;
            let wanted: Vec<Listed> = listed
                .iter()
                .filter(|mail| mail.date.is_none_or(|date| since.is_none_or(|since| date >= since)))
                .copied()
                .collect();
            for group in groups(&wanted) {
                let taken = self.taker.take(dialogue, group).await?;
                moved &= self.move_away(dialogue, &taken).await?;
                if let Some(last) = group.last() {
                    cursor.uid = last.uid;
                    self.taken(cursor, &taken, false).await?;
                }
            }
            if let Some(last) = listed.last()
                && last.uid > cursor.uid
            {
                cursor.uid = last.uid;
                self.taken(cursor, &Taken::default(), false).await?;
            }
        }
        self.taken(cursor, &Taken::default(), true).await?;
        self.since = None;
        self.read_at = Some(Timestamp::from_clock());
        if moved { Ok(()) } else { Err(ImapFault::of(FolderTrouble::NotMoved).into()) }
    }

    /// From where a folder is read that was just opened.
    fn begin(&mut self, view: View) -> FolderCursor {
        let validity = view.validity;
        let start = self.taker.claimed.folder.start;
        match self.cursor {
            Some(cursor) if cursor.validity == validity => cursor,
            Some(_) => {
                // The numbers mean nothing any more (RFC 3501, 2.3.1.1).
                tracing::warn!(account = %self.taker.claimed.account, "a watched folder's numbers were given anew; it is read again");
                self.since = match start {
                    FolderStart::Whole => None,
                    FolderStart::Recent | FolderStart::Now => Some(self.read_at.map_or_else(
                        || Timestamp::from_clock().minus(FolderStart::RECENT),
                        |read_at| read_at.minus(READ_AGAIN),
                    )),
                };
                FolderCursor { validity, uid: 0 }
            }
            None if start == FolderStart::Now => {
                FolderCursor { validity, uid: u32::try_from(view.next.saturating_sub(1)).unwrap_or(u32::MAX) }
            }
            None => FolderCursor { validity, uid: 0 },
        }
    }

    /// Moves away what was taken and is a notice, where that was asked for. Whether it is where it should be.
    async fn move_away(&self, dialogue: &mut Dialogue, taken: &Taken) -> Result<bool, ImapFault> {
        match &self.taker.claimed.folder.move_to {
            Some(to) if !taken.notices.is_empty() => dialogue.move_mails(&taken.notices, to).await,
            _ => Ok(true),
        }
    }

    async fn taken(&mut self, cursor: FolderCursor, taken: &Taken, up_to_date: bool) -> Result<(), Ended> {
        let now = Timestamp::from_clock();
        let progress = FolderProgress { cursor, mail_at: (taken.mails > 0).then_some(now), up_to_date };
        let ours = self.taker.store.mail_folder_read(self.taker.claimed, progress, Clock::real(now)).await;
        match ours {
            Ok(true) => {
                self.cursor = Some(cursor);
                Ok(())
            }
            Ok(false) => Err(Ended::NotOurs),
            Err(error) => {
                tracing::error!(error = crate::error::in_full(&error), "how far a folder was read could not be kept");
                Err(ImapFault::of(FolderTrouble::NotRecorded).into())
            }
        }
    }
}

/// UIDs asked about at once, where mails lie close together.
const FEWEST: u32 = {
    #[expect(clippy::cast_possible_truncation, reason = "it is a small constant")]
    let listed = LISTED as u32;
    listed
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_have_an_end() {
        let pace = Pace::default();
        let waits: Vec<u64> = (0..12).map(|n| pace.wait_after(FolderTrouble::Lost, n).as_secs()).collect();
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        assert_eq!(pace.wait_after(FolderTrouble::SignInRefused, 0).as_secs(), 60);
        assert_eq!(pace.wait_after(FolderTrouble::SignInRefused, u32::MAX).as_secs(), 900);
        assert!(pace.idle < Duration::from_mins(29));
    }
}
