//! Postfix's `smtp-sink`: takes mail and throws it away, or refuses, hangs up and dawdles as its arguments say.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::guardian::Guardian;
use crate::{is_root, port, program};

/// Runs the sink until standard input closes. The folder comes first, then the command.
const GUARDIAN: &str = r#"trap '' INT TERM HUP
folder=$1; shift
"$@" </dev/null >/dev/null 2>&1 &
cat >/dev/null
kill -KILL $!
wait $!
rm -rf "$folder""#;

/// A running `smtp-sink` on 127.0.0.1.
#[derive(Debug)]
pub struct Sink {
    port: u16,
    folder: PathBuf,
    _guardian: Guardian,
}

impl Sink {
    /// Starts one with such arguments (smtp-sink(1)), like `["-f", "RCPT"]`.
    ///
    /// `None`, with a word on standard error, where it is not installed.
    pub fn start(arguments: &[&str]) -> Option<Self> {
        Self::start_or_skip(arguments, false)
    }

    /// The same, and keeps what it takes for [`Sink::captured`].
    pub fn capturing(arguments: &[&str]) -> Option<Self> {
        Self::start_or_skip(arguments, true)
    }

    #[expect(clippy::panic, reason = "a test whose server does not start must fail, not pass unseen")]
    fn start_or_skip(arguments: &[&str], captures: bool) -> Option<Self> {
        let Some(sink) = program("smtp-sink") else {
            eprintln!("SKIPPED: smtp-sink is not installed (Debian: apt-get install postfix)");
            return None;
        };
        match Self::run(sink.into_os_string(), arguments, captures) {
            Ok(running) => Some(running),
            Err(why) => panic!("{why}"),
        }
    }

    fn run(sink: OsString, arguments: &[&str], captures: bool) -> Result<Self, String> {
        let folder =
            tempfile::Builder::new().prefix("abide-sink-").tempdir().map_err(|error| error.to_string())?.keep();
        // As root it works as `nobody`, who must be able to write here.
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).map_err(|error| error.to_string())?;
        let port = port::free()?;
        let mut command = vec![folder.clone().into_os_string(), sink];
        if is_root() {
            command.extend(["-u".into(), "nobody".into()]);
        }
        if captures {
            command.extend(["-D".into(), folder.join("taken").into_os_string()]);
        }
        command.extend(arguments.iter().map(OsString::from));
        command.extend([format!("inet:127.0.0.1:{port}").into(), "100".into()]);
        let command: Vec<&OsStr> = command.iter().map(OsString::as_os_str).collect();
        let guardian = Guardian::start(GUARDIAN, &command)?;
        port::wait_for_listener(port)?;
        Ok(Self { port, folder, _guardian: guardian })
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it has taken so far, if it captures: each mail after lines `X-…` about its envelope.
    pub fn captured(&self) -> String {
        let mut found = String::new();
        for file in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            found.push_str(&String::from_utf8_lossy(&std::fs::read(file.path()).unwrap_or_default()));
        }
        found
    }
}
