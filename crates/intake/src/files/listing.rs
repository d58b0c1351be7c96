//! Which files there are under the given paths, in a settled order: what was given in the order given, what
//! is in a folder by name. Symbolic links within folders are not followed, so there are no circles. A folder is
//! looked at when its turn comes, so that only the names of the folders on the way are held.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, FileType};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use super::{FileFault, FileProblem};

/// What comes next.
pub(super) enum Listed {
    File(ListedFile),
    Problem(FileProblem),
    /// A folder that was given by its name is through.
    FolderEnded(PathBuf),
}

pub(super) struct ListedFile {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    /// Whether it was given, or is a mail by its name or place: then it is told where it is none.
    pub(super) is_named: bool,
}

/// The files under some paths, one after another.
pub(super) struct Listing {
    given: VecDeque<PathBuf>,
    folders: Vec<Folder>,
    pub(super) passed_over: u64,
}

struct Folder {
    path: PathBuf,
    names: std::vec::IntoIter<OsString>,
    /// `cur` and `new` of a Maildir, in which every file is a mail.
    is_mails: bool,
    /// Holds `cur` and `new`.
    is_maildir: bool,
}

/// Deeper folders than this are not looked into.
const DEEPEST: usize = 64;

impl Listing {
    pub(super) fn of(paths: &[PathBuf]) -> Self {
        Self { given: paths.to_vec().into(), folders: Vec::new(), passed_over: 0 }
    }

    /// Bytes of all files under some paths; standard input and pipes count for nothing.
    pub(super) fn bytes_under(paths: &[PathBuf]) -> u64 {
        let files = Self::of(paths).filter_map(|listed| match listed {
            Listed::File(file) => Some(file.bytes),
            _ => None,
        });
        files.fold(0, u64::saturating_add)
    }

    fn given(&mut self, path: PathBuf) -> Option<Listed> {
        if path == Path::new("-") {
            return Some(Listed::File(ListedFile { path, bytes: 0, is_named: true }));
        }
        match fs::metadata(&path) {
            Ok(facts) if facts.is_dir() => self.folder(path, false),
            Ok(facts) if is_device(facts.file_type()) => {
                Some(problem(&path, FileFault::NotMail("this is a device; give a file or a folder")))
            }
            Ok(facts) => Some(Listed::File(ListedFile { path, bytes: facts.len(), is_named: true })),
            Err(error) => Some(problem(&path, FileFault::of(error))),
        }
    }

    fn folder(&mut self, path: PathBuf, is_mails: bool) -> Option<Listed> {
        let names = fs::read_dir(&path)
            .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<Vec<_>>>());
        let mut names = match names {
            Ok(names) => names,
            Err(error) => return Some(problem(&path, FileFault::of(error))),
        };
        names.sort();
        let has = |wanted: &str| names.binary_search_by(|name| name.as_os_str().cmp(wanted.as_ref())).is_ok();
        let is_maildir = has("cur") && has("new");
        self.folders.push(Folder { path, names: names.into_iter(), is_mails, is_maildir });
        None
    }

    /// Looks at the next name in the innermost folder.
    fn step(&mut self) -> Option<Listed> {
        let depth = self.folders.len();
        let folder = self.folders.last_mut()?;
        let Some(name) = folder.names.next() else {
            let ended = self.folders.pop()?;
            return self.folders.is_empty().then_some(Listed::FolderEnded(ended.path));
        };
        let (path, is_mails, is_maildir) = (folder.path.join(&name), folder.is_mails, folder.is_maildir);
        let facts = match fs::symlink_metadata(&path) {
            Ok(facts) => facts,
            // A mailbox in use changes under our hands.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => return Some(problem(&path, FileFault::of(error))),
        };
        if facts.is_dir() {
            // `tmp` holds mails that are still being delivered.
            if is_maildir && name == "tmp" {
                return None;
            }
            if depth < DEEPEST {
                return self.folder(path, is_maildir && (name == "cur" || name == "new"));
            }
        } else if facts.is_file() {
            let is_hidden = name.to_string_lossy().starts_with('.');
            let is_named = is_mails || !is_hidden && is_mail_by_name(&path);
            // Maildirs and other mailboxes keep files of their own beside the mails; most are hidden or empty.
            if is_named || !is_hidden && facts.len() > 0 {
                return Some(Listed::File(ListedFile { path, bytes: facts.len(), is_named }));
            }
        }
        self.passed_over += 1;
        None
    }
}

impl Iterator for Listing {
    type Item = Listed;

    fn next(&mut self) -> Option<Listed> {
        loop {
            let listed = if self.folders.is_empty() {
                let path = self.given.pop_front()?;
                self.given(path)
            } else {
                self.step()
            };
            if listed.is_some() {
                return listed;
            }
        }
    }
}

fn problem(path: &Path, fault: FileFault) -> Listed {
    Listed::Problem(FileProblem { origin: path.to_string_lossy().into_owned(), offset: 0, fault })
}

fn is_device(kind: FileType) -> bool {
    kind.is_block_device() || kind.is_char_device()
}

/// Whether a name says that a file is mail, or an archive or a mailbox of some kind.
pub(super) fn is_mail_by_name(path: &Path) -> bool {
    const KNOWN: [&str; 7] = ["eml", "emlx", "mbox", "mbx", "msg", "pst", "ost"];
    let known = |extension: &std::ffi::OsStr| KNOWN.iter().any(|known| extension.eq_ignore_ascii_case(known));
    // Apple Mail exports a folder `Name.mbox` with a file `mbox` in it.
    path.extension().is_some_and(known) || path.file_name().is_some_and(|name| name == "mbox")
}
