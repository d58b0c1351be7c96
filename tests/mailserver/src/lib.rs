//! Mail servers for tests, from Debian's package postfix: a private Postfix as submission server (STARTTLS, TLS,
//! sign-in), `smtp-sink`, which can refuse, hang up and dawdle on order, and from dovecot-imapd a private Dovecot.
//!
//! Nothing leaves the machine: they listen on 127.0.0.1, and the private Postfix has no SMTP client among its services.
//! None outlives its test binary, however that ends: each has a guardian, a shell that waits for a pipe of ours to close.

mod authority;
mod configuration;
mod dovecot;
mod guardian;
mod mailbox;
mod name_server;
mod port;
mod postfix;
mod sasl;
mod sink;

pub use authority::Authority;
pub use dovecot::Dovecot;
pub use mailbox::Mailbox;
pub use name_server::name_server;
pub use postfix::Postfix;
pub use sink::Sink;

/// The user that signs in at [`Postfix`].
pub const USER: &str = "shop@shop.example";
/// The user's password; with characters that a careless encoding would spoil.
pub const PASSWORD: &str = "p@ss wörd=+/";

/// Finds a program in the search path and where Debian puts a server's.
fn program(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<std::path::PathBuf> = std::env::split_paths(&path).collect();
    folders.push("/usr/sbin".into());
    folders.into_iter().map(|folder| folder.join(name)).find(|candidate| candidate.exists())
}

/// Whether this process is root.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
