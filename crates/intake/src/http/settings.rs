//! The numbers that protect the machine from who posts, with their reasons.

use std::time::Duration;

use crate::MailFiles;

/// How the way in by HTTP is set up.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// The largest mail, in bytes: the same as by SMTP.
    pub largest: usize,
    /// The most bytes of a request whose mail is wrapped: percent-encoding triples what it wraps, and services send
    /// their own view of the mail beside it.
    pub largest_wrapped: usize,
    /// Bytes of mails in flight over all requests; who finds none left is asked to come again.
    pub mail_memory: usize,
    /// Between two pieces of a request's body.
    pub pause: Duration,
    /// For the whole body.
    pub whole: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            largest: MailFiles::LARGEST,
            largest_wrapped: 4 * MailFiles::LARGEST,
            mail_memory: 128 * 1024 * 1024,
            pause: Duration::from_secs(30),
            whole: Duration::from_mins(5),
        }
    }
}
