//! The commands Abide gives at a mailbox, and no others: open a folder, list its mails, fetch them without a mark, wait
//! for new ones, move what was taken where somebody asked for it.

use std::time::Duration;

use model::mail_folder::{FolderName, FolderTrouble};

use super::response::{Fetched, Response, Verdict};
use super::wire::{Deadline, Wire};
use super::{ImapFault, names};

/// The longest times of a dialogue's steps, each for all of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Each of: the name's look-up, connecting, the TLS handshake.
    pub connect: Duration,
    /// The greeting, and each command.
    pub command: Duration,
    /// A command that brings mails.
    pub mails: Duration,
}

/// Mails told of at a time; what is beyond is asked for again.
pub(super) const LISTED: usize = 200;

/// Between two looks, where the server tells of mails all the time.
const BREATH: Duration = Duration::from_millis(300);

/// Folders told of.
const FOLDERS: usize = 200;

/// An open folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct View {
    pub validity: u32,
    /// Every mail in it has a lower UID.
    pub next: u64,
    pub mails: u32,
}

/// A mail in the folder, before it is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    pub uid: u32,
    pub size: u64,
    pub date: Option<model::Timestamp>,
}

/// How waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waited {
    /// Something happened in the folder, or the time is up.
    Look,
    /// The server does not wait with us.
    NotOffered,
}

/// A signed-in dialogue.
pub(super) struct Dialogue {
    wire: Wire,
    offered: Vec<String>,
    times: Times,
}

impl Dialogue {
    pub(super) fn new(wire: Wire, offered: Vec<String>, times: Times) -> Self {
        Self { wire, offered, times }
    }

    pub(super) fn offers(&self, word: &str) -> bool {
        self.offered.iter().any(|offered| offered == word)
    }

    /// Whether a mail can be moved, and no other mail with it: a plain EXPUNGE would take away what others marked.
    pub(super) fn can_move(&self) -> bool {
        self.offers("MOVE") || self.offers("UIDPLUS")
    }

    /// Opens a folder, or opens it anew, read-only unless mails are to be moved out of it.
    pub(super) async fn open_folder(&mut self, folder: &FolderName, to_move: bool) -> Result<View, ImapFault> {
        let verb = if to_move { "SELECT" } else { "EXAMINE" };
        let command = format!("{verb} {}", names::quoted(&names::encoded(folder.as_str())));
        let (mut validity, mut next, mut mails) = (None, None, 0);
        let status = self
            .wire
            .command(command.as_bytes(), self.times.command, |response| {
                match response {
                    Response::Exists(count) => mails = count,
                    Response::Status(status) => {
                        validity = status.number("UIDVALIDITY").or(validity);
                        next = status.number("UIDNEXT").or(next);
                    }
                    _ => {}
                }
                Ok(())
            })
            .await?;
        self.wire.told_of_mails = false;
        if status.verdict != Verdict::Ok {
            return Err(ImapFault::of(FolderTrouble::NoFolder).saying(&status.words));
        }
        let validity = validity.ok_or_else(|| {
            ImapFault::why(FolderTrouble::Misbehaved, "the mail server gives mails no lasting numbers (UIDVALIDITY)")
        })?;
        let next = match next {
            Some(next) => u64::from(next),
            None if mails == 0 => 1,
            None => self.last_uid().await?.map_or(1, |last| u64::from(last) + 1),
        };
        Ok(View { validity, next, mails })
    }

    async fn last_uid(&mut self) -> Result<Option<u32>, ImapFault> {
        let mut last = None;
        let tell = |response| {
            if let Response::Fetch(Fetched { uid: Some(uid), .. }) = response {
                last = last.max(Some(uid));
            }
            Ok(())
        };
        self.wire.command(b"FETCH * (UID)", self.times.command, tell).await?;
        Ok(last)
    }

    /// The mails from one UID to another, lowest first, at most [`LISTED`]; whether there are more.
    pub(super) async fn list(&mut self, from: u32, to: u32) -> Result<(Vec<Listed>, bool), ImapFault> {
        let command = format!("UID FETCH {from}:{to} (UID INTERNALDATE RFC822.SIZE)");
        let mut found: Vec<Listed> = Vec::new();
        let mut more = false;
        let status = self
            .wire
            .command(command.as_bytes(), self.times.mails, |response| {
                if let Response::Fetch(Fetched { uid: Some(uid), size, date, .. }) = response
                    && (from..=to).contains(&uid)
                {
                    found.push(Listed { uid, size: size.unwrap_or_default(), date });
                    if found.len() >= LISTED * 2 {
                        found.sort_unstable_by_key(|mail| mail.uid);
                        found.truncate(LISTED);
                        more = true;
                    }
                }
                Ok(())
            })
            .await?;
        if status.verdict != Verdict::Ok {
            return Err(ImapFault::misbehaved().saying(&status.words));
        }
        found.sort_unstable_by_key(|mail| mail.uid);
        found.dedup_by_key(|mail| mail.uid);
        more |= found.len() > LISTED;
        found.truncate(LISTED);
        Ok((found, more))
    }

    /// The first `bytes` of each of the mails, without a mark on them. None where the server will not give them; a mail
    /// that is gone is not among them. All together have at most `most` bytes.
    pub(super) async fn fetch(
        &mut self,
        uids: &[u32],
        bytes: usize,
        most: usize,
    ) -> Result<Option<Vec<(u32, Vec<u8>)>>, ImapFault> {
        let command = format!("UID FETCH {} (UID BODY.PEEK[]<0.{bytes}>)", set(uids));
        let mut found: Vec<(u32, Vec<u8>)> = Vec::with_capacity(uids.len());
        let mut held = 0;
        self.wire.allow(bytes);
        let ended = self
            .wire
            .command(command.as_bytes(), self.times.mails, |response| {
                if let Response::Fetch(Fetched { uid: Some(uid), body: Some(body), .. }) = response
                    && uids.contains(&uid)
                    && found.iter().all(|(known, _)| *known != uid)
                {
                    held += body.len();
                    if held > most {
                        return Err(ImapFault::misbehaved());
                    }
                    found.push((uid, body));
                }
                Ok(())
            })
            .await;
        self.wire.allow(0);
        Ok((ended?.verdict == Verdict::Ok).then_some(found))
    }

    /// Moves mails to another folder. Whether they are there now.
    pub(super) async fn move_mails(&mut self, uids: &[u32], to: &FolderName) -> Result<bool, ImapFault> {
        let (set, to) = (set(uids), names::quoted(&names::encoded(to.as_str())));
        let steps = if self.offers("MOVE") {
            vec![format!("UID MOVE {set} {to}")]
        } else if self.offers("UIDPLUS") {
            vec![
                format!("UID COPY {set} {to}"),
                format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)"),
                format!("UID EXPUNGE {set}"),
            ]
        } else {
            return Ok(false);
        };
        for step in steps {
            let status = self.wire.command(step.as_bytes(), self.times.mails, |_| Ok(())).await?;
            if status.verdict != Verdict::Ok {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The folders that can be opened, some hundreds at most.
    pub(super) async fn folders(&mut self) -> Result<Vec<String>, ImapFault> {
        let mut found = Vec::new();
        self.wire.allow(names::quoted("").len() + 1000);
        let tell = |response| {
            if let Response::List { name, selectable: true } = response
                && found.len() < FOLDERS
            {
                found.push(name);
            }
            Ok(())
        };
        let ended = self.wire.command(b"LIST \"\" \"*\"", self.times.command, tell).await;
        self.wire.allow(0);
        ended?;
        Ok(found)
    }

    /// Waits for something to happen in the folder, at most so long (IDLE, RFC 2177).
    pub(super) async fn wait(&mut self, longest: Duration) -> Result<Waited, ImapFault> {
        if self.wire.told_of_mails {
            // They came while the folder was read; IDLE would not tell of them again.
            tokio::time::sleep(BREATH).await;
            return Ok(Waited::Look);
        }
        if !self.offers("IDLE") {
            return Ok(Waited::NotOffered);
        }
        let tag = self.wire.send(b"IDLE", Deadline::within(self.times.command)).await?;
        let mut waits = false;
        let mut deadline = Deadline::within(self.times.command);
        loop {
            match self.wire.hear(deadline).await {
                Ok(Response::Continue) if !waits => {
                    if self.wire.told_of_mails {
                        // They came just before it began to wait, and it will not tell of them again.
                        tokio::time::sleep(BREATH).await;
                        break;
                    }
                    waits = true;
                    deadline = Deadline::within(longest);
                }
                Ok(Response::Exists(_) | Response::Expunge(_)) if waits => break,
                Ok(Response::Done { tag: its_tag, .. }) if its_tag == tag => return Ok(Waited::NotOffered),
                Ok(Response::Done { .. } | Response::Continue) => return Err(ImapFault::misbehaved()),
                Ok(Response::Status(status)) if status.verdict == Verdict::Bye => {
                    return Err(ImapFault::lost().saying(&status.words));
                }
                Ok(_) => {}
                Err(fault) if waits && fault == ImapFault::too_slow() => break,
                Err(fault) => return Err(fault),
            }
        }
        let deadline = Deadline::within(self.times.command);
        self.wire.say(b"DONE\r\n", deadline).await?;
        self.wire.end_of(&tag, deadline, |_| Ok(())).await?;
        Ok(Waited::Look)
    }

    /// Takes leave.
    pub(super) async fn close(mut self) {
        // Whatever it answers, nothing is under way any more.
        let _ = self.wire.command(b"LOGOUT", Duration::from_secs(2), |_| Ok(())).await;
    }
}

fn set(uids: &[u32]) -> String {
    uids.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}
