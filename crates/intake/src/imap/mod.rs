//! Folders of sellers' own mailboxes, watched by IMAP (RFC 3501). Everything a server says is bounded in size and time.
//! A folder is opened read-only and mails are fetched without a mark (`EXAMINE`, `BODY.PEEK`), unless somebody asked
//! that notices be moved; a mail is moved, and the cursor moves past it, only after it is on stable storage (law 1).

mod dialogue;
mod fault;
pub mod gathering;
pub mod names;
mod opening;
pub mod response;
mod taking;
mod trial;
mod watcher;
mod watching;
mod wire;

pub use dialogue::Times;
pub use fault::ImapFault;
pub use trial::{Tried, try_out};
pub use watcher::FolderWatcher;
pub use watching::Pace;
