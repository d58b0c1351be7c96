//! Mails from files: single mails, mbox, folders and Maildirs, and standard input. Read as a stream, one mail
//! at a time, so that a mailbox of any size fits; every mail and every file that can't be taken is named, with
//! one sentence that says why (law 5).

mod kind;
mod listing;
mod mbox;
mod single;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use kind::FileKind;
use listing::Listing;
use mbox::MboxSplitter;
use single::SingleMail;

/// Bytes read at once, and looked at to tell what a file is.
const PIECE: usize = 64 * 1024;

/// A mail out of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct FileMail {
    /// Where it stood: the path as given; `path#n` for the n-th mail of an mbox; `-` or `-#n` for standard
    /// input.
    pub source: String,
    /// Its bytes.
    pub raw: Vec<u8>,
}

impl std::fmt::Debug for FileMail {
    /// Without the mail, which is personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileMail").field("source", &self.source).field("bytes", &self.raw.len()).finish()
    }
}

/// A file, or a mail in one, that can't be taken.
#[derive(Debug, thiserror::Error)]
#[error("{origin}: {fault}")]
pub struct FileProblem {
    /// Where, written as in [`FileMail::source`].
    pub origin: String,
    /// Why.
    pub fault: FileFault,
}

/// Why a file or a mail can't be taken.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// There is none.
    #[error("there is no such file or folder")]
    Missing,
    /// It can't be read.
    #[error("it can't be read: {0}")]
    Unreadable(io::Error),
    /// Nothing is in it.
    #[error("it is empty")]
    Empty,
    /// A folder without mail in it.
    #[error("there is no mail in this folder; mails are files ending in .eml or .mbox, or a Maildir")]
    NoMailInFolder,
    /// A mail beyond the limit.
    #[error("the mail is larger than {limit_mib} MiB, more than any notice of Amazon's; it was left out")]
    TooLarge {
        /// The limit in MiB.
        limit_mib: usize,
    },
    /// Something else than mail.
    #[error("{0}")]
    NotMail(&'static str),
}

/// How far the reading of files has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes taken so far.
    pub bytes: u64,
    /// Bytes in all, as far as they were known at the start; standard input counts for nothing.
    pub total: u64,
    /// Files in folders that are no mail by their names, and were passed over.
    pub passed_over: u64,
}

/// The mails of some files, one after another. A problem does not end them: the next file follows.
pub struct MailFiles {
    listing: Listing,
    limit: usize,
    open: Option<OpenFile>,
    ready: VecDeque<Result<FileMail, FileProblem>>,
    bytes: u64,
}

struct OpenFile {
    name: String,
    input: Box<dyn Read + Send>,
    splitter: Option<Splitter>,
}

enum Splitter {
    Single(SingleMail),
    Mbox(MboxSplitter),
}

/// What a splitter gives out: a mail, or that there was one beyond the limit.
type Split = Result<Vec<u8>, TooLarge>;

/// A mail beyond the limit was met, and left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TooLarge;

impl std::fmt::Debug for MailFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailFiles").field("progress", &self.progress()).finish_non_exhaustive()
    }
}

impl MailFiles {
    /// The largest mail taken, in bytes: the same as by SMTP.
    pub const LARGEST: usize = 26_214_400;

    /// The mails under these paths; `-` is standard input. Looks at folders at once, so that the total is
    /// known, and opens files when they come up.
    pub fn new(paths: &[PathBuf]) -> Self {
        Self::with_limit(paths, Self::LARGEST)
    }

    /// The same with another limit for one mail, in bytes.
    pub fn with_limit(paths: &[PathBuf], limit: usize) -> Self {
        Self { listing: Listing::of(paths), limit, open: None, ready: VecDeque::new(), bytes: 0 }
    }

    /// One mail or mbox out of a stream, such as an upload; `name` is its source.
    pub fn from_stream(name: &str, input: Box<dyn Read + Send>) -> Self {
        let open = OpenFile { name: name.to_owned(), input, splitter: None };
        Self { listing: Listing::of(&[]), limit: Self::LARGEST, open: Some(open), ready: VecDeque::new(), bytes: 0 }
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        Progress { bytes: self.bytes, total: self.listing.total_bytes, passed_over: self.listing.passed_over }
    }

    fn open_next(&mut self) -> bool {
        match self.listing.next() {
            None => false,
            Some(Err(problem)) => {
                self.ready.push_back(Err(problem));
                true
            }
            Some(Ok(path)) => {
                let name = path.to_string_lossy().into_owned();
                let input: Box<dyn Read + Send> = if path == Path::new("-") {
                    Box::new(io::stdin())
                } else {
                    match File::open(&path) {
                        Ok(file) => Box::new(file),
                        Err(error) => {
                            self.ready.push_back(Err(FileProblem { origin: name, fault: fault_of(error) }));
                            return true;
                        }
                    }
                };
                self.open = Some(OpenFile { name, input, splitter: None });
                true
            }
        }
    }

    /// Takes the next piece of the open file.
    fn advance(&mut self) {
        let Some(mut file) = self.open.take() else { return };
        // The first piece is to be whole, since it tells what the file is.
        let piece = match read_piece(file.input.as_mut()) {
            Ok(piece) => piece,
            Err(error) => {
                self.ready.push_back(Err(FileProblem { origin: file.name, fault: fault_of(error) }));
                return;
            }
        };
        self.bytes = self.bytes.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        let splitter = match &mut file.splitter {
            Some(splitter) => splitter,
            none => match kind::of(&piece) {
                Ok(FileKind::Mail) => none.insert(Splitter::Single(SingleMail::new(self.limit))),
                Ok(FileKind::Mbox) => none.insert(Splitter::Mbox(MboxSplitter::new(self.limit))),
                Err(fault) => {
                    self.ready.push_back(Err(FileProblem { origin: file.name, fault }));
                    return;
                }
            },
        };
        let ended = piece.is_empty();
        match splitter {
            Splitter::Single(mail) => {
                mail.feed(&piece);
                if ended {
                    let result = named(file.name.clone(), mail.finish(), self.limit);
                    self.ready.push_back(result);
                }
            }
            Splitter::Mbox(mbox) => {
                let mut out = Vec::new();
                if ended {
                    mbox.finish(&mut out);
                } else {
                    mbox.feed(&piece, &mut out);
                }
                for (number, split) in out {
                    self.ready.push_back(named(format!("{}#{number}", file.name), split, self.limit));
                }
            }
        }
        if !ended {
            self.open = Some(file);
        }
    }
}

impl Iterator for MailFiles {
    type Item = Result<FileMail, FileProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            if self.open.is_some() {
                self.advance();
            } else if !self.open_next() {
                return None;
            }
        }
    }
}

fn named(source: String, split: Split, limit: usize) -> Result<FileMail, FileProblem> {
    match split {
        Ok(raw) => Ok(FileMail { source, raw }),
        Err(TooLarge) => {
            Err(FileProblem { origin: source, fault: FileFault::TooLarge { limit_mib: limit / (1024 * 1024) } })
        }
    }
}

fn fault_of(error: io::Error) -> FileFault {
    match error.kind() {
        io::ErrorKind::NotFound => FileFault::Missing,
        _ => FileFault::Unreadable(error),
    }
}

/// A whole piece, or less at the end; empty after it.
fn read_piece(input: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut piece = Vec::new();
    let limit = u64::try_from(PIECE).unwrap_or(u64::MAX);
    input.take(limit).read_to_end(&mut piece)?;
    Ok(piece)
}
