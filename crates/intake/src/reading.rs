//! Reading mails without being harmed by one: on threads with a large stack, panics caught, and with a note
//! on disk of what is being read, so that a mail that kills the process is known afterwards and is stored
//! unread instead. What the bytes mean is the reader's business, handed in as a function.

mod notices;
mod now;
mod quiet;
mod room;

pub use notices::reader_of_notices;
pub use quiet::hide_panics_of_readers;
pub use room::{ReadingRoom, RoomSettings, Unread};

use model::inbound::{Door, IncomingMail};
use model::{AccountId, AddressId, MailRead, Provenance, Source, Timestamp};

/// SHA-256 of a mail's raw bytes.
pub type Digest = [u8; 32];

/// What a reader found in a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOut {
    /// What was understood.
    pub read: MailRead,
    /// When the mail says it was written.
    pub written_at: Option<Timestamp>,
}

/// Reads a mail: raw bytes in, readings out. May panic or overrun its stack on hostile mail.
pub type Reader = dyn Fn(&[u8]) -> ReadOut + Send + Sync;

/// A mail after its reading, its bytes with it.
#[derive(Clone)]
pub struct Understood {
    /// The raw bytes.
    pub raw: Vec<u8>,
    /// Their digest.
    pub digest: Digest,
    /// What was read; none where reading fails or must not be tried again (outcome `unread`).
    pub read_out: Option<ReadOut>,
}

/// By which way a mail came to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// The account.
    pub account: AccountId,
    /// The inbound address, where it came by one.
    pub address: Option<AddressId>,
    /// The watched folder or the way in by HTTP, where it came by one.
    pub source: Option<Source>,
    /// The door.
    pub door: Door,
    /// When.
    pub received_at: Timestamp,
}

impl Arrival {
    /// How far a mail by this door is shown to come from Amazon before any proof was looked at: whoever
    /// gives a file has signed in and vouches for it; by SMTP anybody may speak.
    pub fn provenance(&self) -> Provenance {
        if self.door.signs_in() { Provenance::Vouched } else { Provenance::Unproven }
    }
}

impl Understood {
    /// The mail at the store's door.
    pub fn into_mail(self, arrival: Arrival) -> IncomingMail {
        let (read, written_at) = match self.read_out {
            Some(out) => (Some(out.read), out.written_at),
            None => (None, None),
        };
        let provenance = arrival.provenance();
        // What is vouched for by its door needs no further proof, and an archive's mails need not be searched for any.
        let may_be_proven = provenance == Provenance::Unproven && may_be_proven(&self.raw, read.as_ref());
        IncomingMail {
            account: arrival.account,
            address: arrival.address,
            source: arrival.source,
            door: arrival.door,
            received_at: arrival.received_at,
            written_at,
            digest: self.digest,
            may_be_proven,
            raw: self.raw,
            read,
            provenance,
        }
    }
}

/// Whether there is anything to ask the name servers about: most forwarded mails bear no signature of Amazon's any
/// more, and are graded at once.
fn may_be_proven(raw: &[u8], read: Option<&MailRead>) -> bool {
    let attached = |read: &MailRead| read.readings.iter().any(|reading| reading.part > 0);
    provenance::bears_signature(raw) || read.is_some_and(attached)
}

impl std::fmt::Debug for Understood {
    /// Without the mail, which is personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Understood")
            .field("bytes", &self.raw.len())
            .field("was_read", &self.read_out.is_some())
            .finish_non_exhaustive()
    }
}
