//! The doors by which mail comes in: the SMTP receiver, HTTP, watched folders and mail files. Each mail is read on a thread of its
//! own kind and handed to a [`Recorder`]; only when that says *durable* does the peer hear 250 (law 1).
//! Nothing here decides what a mail means, and nothing is ever sent.

pub mod data;
pub mod dns;
pub mod error;
pub mod files;
pub mod grading;
pub mod http;
pub mod imap;
pub mod importing;
pub mod postmaster;
pub mod reading;
mod recorder;
pub mod recording;
pub mod server;
pub mod session;

pub use dns::NameServers;
pub use error::IntakeError;
pub use files::MailFiles;
pub use grading::Grader;
pub use imap::FolderWatcher;
pub use postmaster::PostmasterBox;
pub use reading::{ReadingRoom, Understood};
pub use recorder::Reception;
pub use recording::{Recipient, Recorder, RecorderError};
pub use server::{Server, ServerSettings};
