//! Mails from files: single mails, mbox, folders and Maildirs, these in ZIP or gzip, and standard input. Read as a
//! stream, one mail at a time, so that a mailbox of any size fits; every mail and every file that can't be taken is
//! named, with one sentence that says why (law 5). What a file is, its content tells and not its name.

mod collected;
mod kind;
mod listing;
mod mbox;
mod opened;
mod packed;
mod problem;
mod single;
mod zip;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use listing::{Listed, ListedFile, Listing};
use opened::{Came, OpenFile};
pub use problem::{FileFault, FileProblem};
use zip::{ZipArchive, ZipEntry};

/// A mail out of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct FileMail {
    /// Where it stood: the path as given; `path#n` for the n-th mail of an mbox; `path!name` for an entry of an
    /// archive; `-` or `-#n` for standard input.
    pub source: String,
    /// At which byte of its file, or of what its file unpacks to, it begins.
    pub offset: u64,
    /// Its bytes.
    pub raw: Vec<u8>,
}

impl std::fmt::Debug for FileMail {
    /// Without the mail, which is personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileMail")
            .field("source", &self.source)
            .field("offset", &self.offset)
            .field("bytes", &self.raw.len())
            .finish_non_exhaustive()
    }
}

/// How far the reading of files has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes taken so far.
    pub bytes: u64,
    /// Bytes in all, as far as they were known at the start; standard input counts for nothing.
    pub total: u64,
    /// Files in folders and archives that are no mail, and were passed over.
    pub passed_over: u64,
}

/// The mails of some files, one after another. A problem does not end them: the next file follows.
pub struct MailFiles {
    listing: Listing,
    limit: usize,
    archive: Option<OpenArchive>,
    open: Option<OpenFile>,
    ready: VecDeque<Result<FileMail, FileProblem>>,
    /// Bytes of the files that are through, and of the one that is open.
    through: u64,
    current: Current,
    total: u64,
    passed_over: u64,
    /// Whether anything came out of the folder that is being looked through.
    folder_gave: bool,
}

/// The file that is open: its length, and how much of it was read.
#[derive(Default)]
struct Current {
    length: u64,
    read: Arc<AtomicU64>,
}

struct OpenArchive {
    name: String,
    archive: ZipArchive,
    is_named: bool,
    gave: bool,
}

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
        Self {
            listing: Listing::of(paths),
            limit,
            archive: None,
            open: None,
            ready: VecDeque::new(),
            through: 0,
            current: Current::default(),
            total: Listing::bytes_under(paths),
            passed_over: 0,
            folder_gave: false,
        }
    }

    /// One mail or mbox out of a stream, such as an upload; `name` is its source.
    pub fn from_stream(name: &str, input: Box<dyn Read + Send>) -> Self {
        let open = OpenFile::new(name.to_owned(), input, Self::LARGEST);
        Self { open: Some(open), ..Self::new(&[]) }
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        let read = self.current.read.load(Ordering::Relaxed).min(self.current.length);
        let passed_over = self.passed_over.saturating_add(self.listing.passed_over);
        Progress { bytes: self.through.saturating_add(read), total: self.total, passed_over }
    }

    fn problem(&mut self, origin: String, fault: FileFault) {
        self.ready.push_back(Err(FileProblem { origin, offset: 0, fault }));
    }

    fn open_next(&mut self) -> bool {
        self.through = self.through.saturating_add(std::mem::take(&mut self.current).length);
        match self.listing.next() {
            None => return false,
            Some(Listed::Problem(problem)) => self.ready.push_back(Err(problem)),
            Some(Listed::FolderEnded(path)) => {
                if !std::mem::take(&mut self.folder_gave) {
                    self.problem(path.to_string_lossy().into_owned(), FileFault::NoMailInFolder);
                }
            }
            Some(Listed::File(file)) => self.open_file(&file),
        }
        true
    }

    fn open_file(&mut self, listed: &ListedFile) {
        let name = listed.path.to_string_lossy().into_owned();
        self.current.length = listed.bytes;
        let read = Arc::clone(&self.current.read);
        let open = if listed.path == Path::new("-") {
            OpenFile::new(name, Box::new(io::stdin()), self.limit)
        } else {
            match File::open(&listed.path).and_then(|file| Ok((file.try_clone()?, file))) {
                Ok((seekable, file)) => {
                    let mut open = OpenFile::new(name, Box::new(Counted { inner: file, read }), self.limit);
                    open.seekable = Some(seekable);
                    open.is_named = listed.is_named;
                    open
                }
                Err(error) => return self.problem(name, FileFault::of(error)),
            }
        };
        self.open = Some(open);
    }

    /// Takes the next piece of the open file.
    fn advance(&mut self) {
        let Some(mut file) = self.open.take() else { return };
        let ready = self.ready.len();
        match file.advance(&mut self.ready) {
            Came::More => self.open = Some(file),
            Came::End => {}
            Came::Archive(seekable) => match ZipArchive::open(seekable, Arc::clone(&self.current.read)) {
                Ok(archive) => {
                    let OpenFile { name, is_named, .. } = file;
                    self.archive = Some(OpenArchive { name, archive, is_named, gave: false });
                }
                Err(error) => self.problem(file.name, FileFault::of(error)),
            },
            Came::PassedOver => self.passed_over += 1,
        }
        if self.ready.len() > ready {
            self.folder_gave = true;
            if let Some(archive) = &mut self.archive {
                archive.gave = true;
            }
        }
    }

    /// Opens the archive's next entry, or closes it.
    fn advance_archive(&mut self) {
        let Some(mut open) = self.archive.take() else { return };
        let unreadable = |entry: &str, error| FileProblem {
            origin: format!("{}{entry}", open.name),
            offset: 0,
            fault: FileFault::Unreadable(error),
        };
        match open.archive.next_entry() {
            Ok(None) if !open.gave && open.is_named => {
                self.problem(open.name, FileFault::NotMail("there is no mail in this ZIP archive"));
            }
            // An Office file in a folder is a ZIP archive, too.
            Ok(None) => self.passed_over += u64::from(!open.gave),
            Err(error) => self.ready.push_back(Err(unreadable("", error))),
            Ok(Some(ZipEntry { name, content: Err(error) })) => {
                self.ready.push_back(Err(unreadable(&format!("!{name}"), error)));
                open.gave = true;
                self.archive = Some(open);
            }
            Ok(Some(ZipEntry { name, content: Ok(input) })) => {
                // What a Maildir's folders hold are mails, by whatever names.
                let is_mails = ["cur", "new"].iter().any(|folder| name.rsplit('/').nth(1) == Some(folder));
                let is_named = is_mails || listing::is_mail_by_name(Path::new(&name));
                let mut entry = OpenFile::new(format!("{}!{name}", open.name), input, self.limit);
                (entry.is_named, entry.is_packed) = (is_named, true);
                self.open = Some(entry);
                self.archive = Some(open);
            }
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
            } else if self.archive.is_some() {
                self.advance_archive();
            } else if !self.open_next() {
                return None;
            }
        }
    }
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read.fetch_add(u64::try_from(read).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(read)
    }
}

/// What a splitter gives out: a mail, or that there was one beyond the limit.
type Split = Result<Vec<u8>, TooLarge>;

/// A mail beyond the limit was met, and left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TooLarge;
