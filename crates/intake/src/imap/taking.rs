//! Taking mails out of an open folder: fetched, read, recorded with all their effects, and only then counted as taken.
//! A mail over the limit is not loaded whole: its beginning is read and recorded, and somebody must look at it.

use futures_util::future::join_all;
use model::inbound::{Door, RecordedMail};
use model::mail_folder::{ClaimedFolder, FolderTrouble};
use model::notice::{NoticeKind, Remark};
use model::{Source, Timestamp};
use store::Store;
use tokio::sync::Semaphore;

use super::ImapFault;
use super::dialogue::{Dialogue, Listed};
use crate::ReadingRoom;
use crate::reading::{Arrival, Understood};

/// Bytes of one mail, as at the other doors.
pub(super) const LARGEST: usize = 26_214_400;

/// Bytes that are read of a mail that is larger.
pub(super) const BEGINNING: usize = 256 * 1024;

/// Mails fetched by one command, and their bytes together as the server tells them.
const FETCHED: usize = 50;
const BYTES_FETCHED: u64 = 4 * 1024 * 1024;

/// After so many failures at one mail that the server will not give, it is recorded as one that could not be read.
const FAILURES: u32 = 3;

/// What mails are taken with.
pub(super) struct Taker<'a> {
    pub store: &'a Store,
    pub room: &'a ReadingRoom,
    /// KiB of mails in hand, over all folders of this process.
    pub memory: &'a Semaphore,
    pub claimed: &'a ClaimedFolder,
}

/// What became of some mails, all of them on stable storage.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Mails recorded.
    pub mails: usize,
    /// The UIDs of those in which a notice was found.
    pub notices: Vec<u32>,
}

/// Parts mails into those that one command fetches.
pub(super) fn groups(listed: &[Listed]) -> Vec<&[Listed]> {
    let mut groups = Vec::new();
    let mut rest = listed;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |mail: &&Listed| {
            bytes += mail.size;
            bytes <= BYTES_FETCHED && !is_large(mail)
        };
        let count = rest.iter().take(FETCHED).take_while(fits).count().max(1);
        let (group, behind) = rest.split_at(count);
        groups.push(group);
        rest = behind;
    }
    groups
}

fn is_large(mail: &Listed) -> bool {
    usize::try_from(mail.size).map_or(true, |size| size > LARGEST)
}

impl Taker<'_> {
    /// Takes a group of mails. When this returns, they are on stable storage with their effects (law 1).
    pub(super) async fn take(&self, dialogue: &mut Dialogue, group: &[Listed]) -> Result<Taken, ImapFault> {
        let uids: Vec<u32> = group.iter().map(|mail| mail.uid).collect();
        // A server's word on sizes is not relied upon: one byte more than allowed shows a mail that is too large.
        let wanted = if group.iter().any(is_large) { BEGINNING } else { LARGEST + 1 };
        let told = group.iter().map(|mail| mail.size).sum::<u64>().min(u64::try_from(wanted).unwrap_or(u64::MAX));
        let kib = u32::try_from(told / 1024 + 64).unwrap_or(u32::MAX).min(MEMORY_KIB);
        // It is never closed, so waiting can't fail.
        let _share = self.memory.acquire_many(kib).await.ok();
        let most = LARGEST + 1 + 2 * usize::try_from(BYTES_FETCHED).unwrap_or_default();
        let mails = match dialogue.fetch(&uids, wanted, most).await? {
            Some(mails) => mails,
            None if uids.len() > 1 => {
                let mut all = Vec::new();
                for uid in &uids {
                    all.extend(self.fetch_alone(dialogue, *uid, wanted, most).await?);
                }
                all
            }
            None => self.fetch_alone(dialogue, *uids.first().unwrap_or(&0), wanted, most).await?,
        };
        let recorded = join_all(mails.into_iter().map(|(uid, raw)| async move {
            let large = raw.len() > LARGEST || wanted == BEGINNING;
            (uid, self.record(raw, large).await)
        }));
        let mut taken = Taken::default();
        for (uid, recorded) in recorded.await {
            let recorded = recorded?;
            taken.mails += 1;
            if recorded.readings.iter().any(|reading| reading.kind != NoticeKind::NotAmazon) {
                taken.notices.push(uid);
            }
        }
        Ok(taken)
    }

    async fn fetch_alone(
        &self,
        dialogue: &mut Dialogue,
        uid: u32,
        wanted: usize,
        most: usize,
    ) -> Result<Vec<(u32, Vec<u8>)>, ImapFault> {
        if let Some(mails) = dialogue.fetch(&[uid], wanted, most).await? {
            return Ok(mails);
        }
        if self.claimed.failures < FAILURES {
            return Err(ImapFault::why(FolderTrouble::Misbehaved, "the mail server does not give one of the mails"));
        }
        // Nothing is silent (law 5), and no mail may keep all later ones out.
        let stub = format!("Subject: a mail that the server would not give (UID {uid})\r\n\r\n");
        self.record_unread(stub.into_bytes()).await?;
        Ok(Vec::new())
    }

    async fn record(&self, mut raw: Vec<u8>, large: bool) -> Result<RecordedMail, ImapFault> {
        if large {
            raw.truncate(BEGINNING);
        }
        let bytes = raw.len();
        let mut understood = self.room.understand(raw).await.map_err(|error| {
            tracing::error!(error = crate::error::in_full(&error), "a mail of a watched folder could not be read");
            ImapFault::of(FolderTrouble::NotRecorded)
        })?;
        if large {
            for reading in understood.read_out.iter_mut().flat_map(|out| &mut out.read.readings) {
                if !reading.remarks.contains(&Remark::Truncated) {
                    reading.remarks.push(Remark::Truncated);
                }
            }
        }
        let recorded = self.enter(understood).await?;
        tracing::info!(account = %self.claimed.account, bytes, mail = %recorded.id, "mail recorded from a watched folder");
        Ok(recorded)
    }

    async fn record_unread(&self, raw: Vec<u8>) -> Result<(), ImapFault> {
        let understood = self.room.understand(raw).await.map_err(|_| ImapFault::of(FolderTrouble::NotRecorded))?;
        self.enter(Understood { read_out: None, ..understood }).await.map(drop)
    }

    async fn enter(&self, understood: Understood) -> Result<RecordedMail, ImapFault> {
        let arrival = Arrival {
            account: self.claimed.account,
            address: None,
            source: Some(Source::Folder(self.claimed.store)),
            door: Door::Imap,
            received_at: Timestamp::from_clock(),
        };
        self.store.record_mail(understood.into_mail(arrival)).await.map_err(|error| {
            tracing::error!(
                error = crate::error::in_full(&error),
                "a mail of a watched folder could not be recorded; it is read again"
            );
            ImapFault::of(FolderTrouble::NotRecorded)
        })
    }
}

/// KiB of mails in hand over all folders of a process.
pub(super) const MEMORY_KIB: u32 = 128 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_fetches_few_bytes_and_a_large_mail_comes_alone() {
        let mail = |uid, size| Listed { uid, size, date: None };
        let listed = [mail(1, 10), mail(2, 3 << 20), mail(3, 2 << 20), mail(4, 1 << 30), mail(5, 20 << 20), mail(6, 0)];
        let uids: Vec<Vec<u32>> =
            groups(&listed).into_iter().map(|group| group.iter().map(|mail| mail.uid).collect()).collect();
        assert_eq!(uids, [vec![1, 2], vec![3], vec![4], vec![5], vec![6]]);
        let many: Vec<Listed> = (1..=120).map(|uid| mail(uid, 100)).collect();
        assert_eq!(groups(&many).iter().map(|group| group.len()).collect::<Vec<_>>(), [50, 50, 20]);
        assert!(groups(&[]).is_empty());
    }
}
