//! A private Postfix as submission server, run from a temporary folder; no installed instance is touched.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::configuration::Configuration;
use crate::guardian::Guardian;
use crate::{Authority, Mailbox, is_root, port, program, sasl};

const TELLS_WITHIN: Duration = Duration::from_secs(30);

const GUARDIAN: &str = r#"trap '' INT TERM HUP
"$1" -c "$2/etc" start </dev/null >"$2/start" 2>&1
cat >/dev/null
master=$(sed 1q "$2/queue/pid/master.pid")
"$1" -c "$2/etc" abort </dev/null >/dev/null 2>&1
while kill -0 $master 2>/dev/null; do sleep 0.05; done
rm -rf "$2""#;

/// A running Postfix: sign-in with [`crate::USER`] and [`crate::PASSWORD`], every recipient's mail into one Maildir.
#[derive(Debug)]
pub struct Postfix {
    folder: PathBuf,
    starttls_port: u16,
    tls_port: u16,
    _guardian: Guardian,
}

impl Postfix {
    /// Starts one; `further` are more lines of `main.cf`, like `message_size_limit = 1000` or
    /// `default_transport = discard:`.
    ///
    /// `None`, with a word on standard error, where Postfix is not installed or this is not root, which its master needs.
    #[expect(clippy::panic, reason = "a test whose server does not start must fail, not pass unseen")]
    pub fn submission(further: &str) -> Option<Self> {
        let Some(postfix) = program("postfix") else {
            eprintln!("SKIPPED: Postfix is not installed (Debian: apt-get install postfix)");
            return None;
        };
        if !is_root() {
            eprintln!("SKIPPED: a private Postfix can only be started by root");
            return None;
        }
        match Self::start(&postfix, further) {
            Ok(running) => Some(running),
            Err(why) => panic!("{why}"),
        }
    }

    fn start(postfix: &Path, further: &str) -> Result<Self, String> {
        // Postfix's sockets lie in it and their paths are short, and other users must come through.
        let folder = tempfile::Builder::new().prefix("abide-mta-").tempdir().map_err(|error| error.to_string())?.keep();
        let made = Self::prepare(&folder, further).and_then(|(starttls_port, tls_port)| {
            let guardian = Guardian::start(GUARDIAN, &[postfix.as_os_str(), folder.as_os_str()])?;
            let running = Self { folder: folder.clone(), starttls_port, tls_port, _guardian: guardian };
            let up = port::wait_for_listener(starttls_port).and_then(|()| port::wait_for_listener(tls_port));
            up.map(|()| running).map_err(|why| {
                let said = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
                format!("Postfix did not start: {why}\n{}{}", said("start"), said("log"))
            })
        });
        if made.is_err() {
            let _ = std::fs::remove_dir_all(&folder);
        }
        made
    }

    fn prepare(folder: &Path, further: &str) -> Result<(u16, u16), String> {
        let say = |error: std::io::Error| format!("{}: {error}", folder.display());
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).map_err(say)?;
        for name in ["etc", "queue", "data", "mail"] {
            std::fs::create_dir(folder.join(name)).map_err(say)?;
        }
        let owner = (id("-u", "postfix")?, id("-g", "postfix")?);
        for name in ["data", "mail"] {
            std::os::unix::fs::chown(folder.join(name), Some(owner.0), Some(owner.1)).map_err(say)?;
        }
        let authority = Authority::new()?;
        std::fs::write(folder.join("authority.pem"), &authority.certificate).map_err(say)?;
        std::fs::write(folder.join("server.pem"), &authority.server_certificate).map_err(say)?;
        std::fs::write(folder.join("server.key"), &authority.server_key).map_err(say)?;
        let daemons = run(Command::new("postconf").args(["-dh", "daemon_directory"]))?;
        let configuration = Configuration {
            folder,
            starttls_port: port::free()?,
            tls_port: port::free()?,
            sasl_port: sasl::serve()?,
            owner,
            daemons: Path::new(&daemons),
            further,
        };
        std::fs::write(folder.join("etc/main.cf"), configuration.main()).map_err(say)?;
        std::fs::write(folder.join("etc/master.cf"), configuration.master()).map_err(say)?;
        Ok((configuration.starttls_port, configuration.tls_port))
    }

    /// The port with STARTTLS, on 127.0.0.1.
    pub fn starttls_port(&self) -> u16 {
        self.starttls_port
    }

    /// The port with TLS from the first byte, on 127.0.0.1.
    pub fn tls_port(&self) -> u16 {
        self.tls_port
    }

    /// The certificate of its authority, in PEM.
    pub fn authority_file(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    /// Where all mail goes.
    pub fn mailbox(&self) -> Mailbox {
        Mailbox::new(self.folder.join("mail/box"))
    }

    /// What it wrote into its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Waits until its log tells of this; false where it does not within half a minute. Postfix writes its log by a
    /// program of its own, after it has answered.
    pub fn tells_of(&self, what: &str) -> bool {
        let began = Instant::now();
        while !self.log().contains(what) {
            if began.elapsed() > TELLS_WITHIN {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }

    /// Runs `postfix -c … COMMAND`: `stop`, `start`, `flush`.
    pub fn control(&self, command: &str) -> Result<(), String> {
        let postfix = program("postfix").ok_or("Postfix is gone")?;
        let configuration = self.folder.join("etc");
        run(Command::new(postfix).args([OsStr::new("-c"), configuration.as_os_str(), OsStr::new(command)])).map(drop)
    }
}

fn id(flag: &str, user: &str) -> Result<u32, String> {
    run(Command::new("id").args([flag, user]))?.parse().map_err(|error| format!("{user}: {error}"))
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?} can't be run: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }
}
