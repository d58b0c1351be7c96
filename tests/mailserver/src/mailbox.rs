//! A Maildir that a server delivers to.

use std::path::PathBuf;
use std::time::{Duration, Instant};

const ARRIVES_WITHIN: Duration = Duration::from_secs(30);

/// A Maildir.
#[derive(Debug, Clone)]
pub struct Mailbox {
    folder: PathBuf,
}

impl Mailbox {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The mails that have arrived, oldest first, with the header fields that the server put before them.
    pub fn mails(&self) -> Vec<Vec<u8>> {
        let mut files: Vec<_> = std::fs::read_dir(self.folder.join("new"))
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        files.sort_by_key(|file: &PathBuf| std::fs::metadata(file).and_then(|file| file.modified()).ok());
        files.into_iter().filter_map(|file| std::fs::read(file).ok()).collect()
    }

    /// Waits until so many mails have arrived; what there is after half a minute otherwise.
    pub fn wait_for(&self, count: usize) -> Vec<Vec<u8>> {
        let began = Instant::now();
        loop {
            let mails = self.mails();
            if mails.len() >= count || began.elapsed() > ARRIVES_WITHIN {
                return mails;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
