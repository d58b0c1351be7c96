//! Which files there are under the given paths, in a settled order: what was given in the order given, what
//! is in a folder by name. Symbolic links within folders are not followed, so there are no circles.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

use super::{FileFault, FileProblem, fault_of};

pub(super) struct Listing {
    found: VecDeque<Result<PathBuf, FileProblem>>,
    pub(super) total_bytes: u64,
    pub(super) passed_over: u64,
}

/// Deeper folders than this are not looked into.
const DEEPEST: usize = 64;

impl Listing {
    pub(super) fn of(paths: &[PathBuf]) -> Self {
        let mut listing = Self { found: VecDeque::new(), total_bytes: 0, passed_over: 0 };
        for path in paths {
            if path == Path::new("-") {
                listing.found.push_back(Ok(path.clone()));
                continue;
            }
            match fs::metadata(path) {
                Ok(facts) if facts.is_dir() => {
                    let before = listing.found.len();
                    listing.folder(path, false, 0);
                    if listing.found.len() == before {
                        listing.problem(path, FileFault::NoMailInFolder);
                    }
                }
                Ok(facts) => listing.file(path.clone(), facts.len()),
                Err(error) => listing.problem(path, fault_of(error)),
            }
        }
        listing
    }

    pub(super) fn next(&mut self) -> Option<Result<PathBuf, FileProblem>> {
        self.found.pop_front()
    }

    fn file(&mut self, path: PathBuf, bytes: u64) {
        self.total_bytes = self.total_bytes.saturating_add(bytes);
        self.found.push_back(Ok(path));
    }

    fn problem(&mut self, path: &Path, fault: FileFault) {
        self.found.push_back(Err(FileProblem { origin: path.to_string_lossy().into_owned(), fault }));
    }

    /// `maildir`: whether every file here is a mail, as in `cur` and `new` of a Maildir.
    fn folder(&mut self, path: &Path, maildir: bool, depth: usize) {
        let entries = fs::read_dir(path).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.problem(path, fault_of(error)),
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        let has = |name: &str| entries.iter().any(|entry| entry.file_name() == name);
        let holds_maildir = has("cur") && has("new");
        for entry in &entries {
            let path = entry.path();
            let facts = match entry.metadata() {
                Ok(facts) => facts,
                // A mailbox in use changes under our hands.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => {
                    self.problem(&path, fault_of(error));
                    continue;
                }
            };
            if facts.is_dir() {
                let name = entry.file_name();
                // `tmp` holds mails that are still being delivered.
                if holds_maildir && name == "tmp" {
                    continue;
                }
                if depth < DEEPEST {
                    self.folder(&path, holds_maildir && (name == "cur" || name == "new"), depth + 1);
                } else {
                    self.passed_over += 1;
                }
            } else if facts.is_file() && (maildir || is_mail_by_name(&path)) {
                self.file(path, facts.len());
            } else {
                self.passed_over += 1;
            }
        }
    }
}

fn is_mail_by_name(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let known =
        |extension: &std::ffi::OsStr| ["eml", "mbox", "mbx"].iter().any(|known| extension.eq_ignore_ascii_case(known));
    // Apple Mail exports a folder `Name.mbox` with a file `mbox` in it.
    !hidden && (path.extension().is_some_and(known) || path.file_name().is_some_and(|name| name == "mbox"))
}
