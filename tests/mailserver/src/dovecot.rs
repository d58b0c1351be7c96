//! A private Dovecot as IMAP server (STARTTLS, TLS, sign-in), run from a temporary folder; no installed instance is
//! touched. Mails are put into its Maildirs as a delivery agent does.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use crate::guardian::Guardian;
use crate::{Authority, PASSWORD, USER, is_root, port, program};

const GUARDIAN: &str = r#"trap '' INT TERM HUP
"$1" -c "$2/conf" </dev/null >"$2/start" 2>&1
cat >/dev/null
master=$(cat "$2/run/master.pid" 2>/dev/null)
"$1" -c "$2/conf" stop </dev/null >/dev/null 2>&1
while [ -n "$master" ] && kill -0 $master 2>/dev/null; do sleep 0.05; done
rm -rf "$2""#;

/// User and group of the mailbox, where they are not this process's own.
type Owner = Option<(u32, u32)>;

/// A running Dovecot with one mailbox: sign-in with [`crate::USER`] and [`crate::PASSWORD`].
#[derive(Debug)]
pub struct Dovecot {
    folder: PathBuf,
    program: PathBuf,
    plain_port: u16,
    tls_port: u16,
    owner: Owner,
    delivered: AtomicU64,
    _guardian: Guardian,
}

impl Dovecot {
    /// Starts one; `further` are more lines of its configuration, like `imap_capability = IMAP4rev1`.
    ///
    /// `None`, with a word on standard error, where Dovecot is not installed. Root is not needed.
    #[expect(clippy::panic, reason = "a test whose server does not start must fail, not pass unseen")]
    pub fn imap(further: &str) -> Option<Self> {
        let Some(dovecot) = program("dovecot") else {
            eprintln!("SKIPPED: Dovecot is not installed (Debian: apt-get install dovecot-imapd)");
            return None;
        };
        match Self::begin(&dovecot, further) {
            Ok(running) => Some(running),
            Err(why) => panic!("{why}"),
        }
    }

    fn begin(dovecot: &Path, further: &str) -> Result<Self, String> {
        // Its sockets lie in it and their paths are short, and other users must come through.
        let folder =
            tempfile::Builder::new().prefix("abide-imap-").tempdir().map_err(|error| error.to_string())?.keep();
        let made = Self::prepare(&folder, further).and_then(|(plain_port, tls_port, owner)| {
            let guardian = Guardian::start(GUARDIAN, &[dovecot.as_os_str(), folder.as_os_str()])?;
            let running = Self {
                folder: folder.clone(),
                program: dovecot.to_owned(),
                plain_port,
                tls_port,
                owner,
                delivered: AtomicU64::new(0),
                _guardian: guardian,
            };
            running.is_up().map(|()| running).map_err(|why| {
                let said = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
                format!("Dovecot did not start: {why}\n{}{}", said("start"), said("log"))
            })
        });
        if made.is_err() {
            let _ = std::fs::remove_dir_all(&folder);
        }
        made
    }

    fn prepare(folder: &Path, further: &str) -> Result<(u16, u16, Owner), String> {
        let say = |error: std::io::Error| format!("{}: {error}", folder.display());
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).map_err(say)?;
        let own = std::fs::metadata("/proc/self").map_err(say)?;
        let (user, group, login, owner) = if is_root() {
            let owner = (id("-u", "dovecot")?, id("-g", "dovecot")?);
            ("dovecot".to_owned(), "dovecot".to_owned(), "dovenull".to_owned(), Some(owner))
        } else {
            let name = named("-un")?;
            (name.clone(), named("-gn")?, name, None)
        };
        let (uid, gid) = owner.unwrap_or((own.uid(), own.gid()));
        std::fs::create_dir(folder.join("home")).map_err(say)?;
        if owner.is_some() {
            std::os::unix::fs::chown(folder.join("home"), Some(uid), Some(gid)).map_err(say)?;
        }
        let authority = Authority::new()?;
        std::fs::write(folder.join("authority.pem"), &authority.certificate).map_err(say)?;
        std::fs::write(folder.join("server.pem"), &authority.server_certificate).map_err(say)?;
        std::fs::write(folder.join("server.key"), &authority.server_key).map_err(say)?;
        std::fs::write(folder.join("users"), format!("{USER}:{{PLAIN}}{PASSWORD}\n")).map_err(say)?;
        let (plain_port, tls_port) = (port::free()?, port::free()?);
        let at = folder.display();
        let configuration = format!(
            "protocols = imap\n\
             listen = 127.0.0.1\n\
             base_dir = {at}/run\n\
             state_dir = {at}/state\n\
             log_path = {at}/log\n\
             default_internal_user = {user}\n\
             default_internal_group = {group}\n\
             default_login_user = {login}\n\
             service imap-login {{\n chroot =\n inet_listener imap {{\n port = {plain_port}\n }}\n \
             inet_listener imaps {{\n port = {tls_port}\n ssl = yes\n }}\n}}\n\
             service anvil {{\n chroot =\n}}\n\
             ssl = yes\n\
             ssl_cert = <{at}/server.pem\n\
             ssl_key = <{at}/server.key\n\
             first_valid_uid = 1\n\
             first_valid_gid = 1\n\
             mail_location = maildir:{at}/home/Maildir\n\
             namespace inbox {{\n inbox = yes\n separator = /\n}}\n\
             mailbox_idle_check_interval = 1 secs\n\
             mail_max_userip_connections = 100\n\
             auth_failure_delay = 0\n\
             auth_mechanisms = plain login\n\
             passdb {{\n driver = passwd-file\n args = {at}/users\n}}\n\
             userdb {{\n driver = static\n args = uid={uid} gid={gid} home={at}/home\n}}\n\
             {further}\n"
        );
        std::fs::write(folder.join("conf"), configuration).map_err(say)?;
        Ok((plain_port, tls_port, owner))
    }

    fn is_up(&self) -> Result<(), String> {
        port::wait_for_listener(self.plain_port).and_then(|()| port::wait_for_listener(self.tls_port))
    }

    /// The port without TLS, and with STARTTLS, on 127.0.0.1.
    pub fn plain_port(&self) -> u16 {
        self.plain_port
    }

    /// The port with TLS from the first byte, on 127.0.0.1.
    pub fn tls_port(&self) -> u16 {
        self.tls_port
    }

    /// The certificate of its authority, in PEM.
    pub fn authority_file(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    /// What it wrote into its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Waits until its log tells of something so often; false where it does not within half a minute.
    pub fn tells_of(&self, what: &str, times: usize) -> bool {
        let began = Instant::now();
        while self.log().matches(what).count() < times {
            if began.elapsed() > Duration::from_secs(30) {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }

    fn maildir(&self, folder: &str) -> PathBuf {
        let root = self.folder.join("home/Maildir");
        if folder == "INBOX" { root } else { root.join(format!(".{folder}")) }
    }

    /// Makes a folder.
    pub fn make(&self, folder: &str) -> Result<(), String> {
        let say = |error: std::io::Error| error.to_string();
        let maildir = self.maildir(folder);
        let parts = [self.folder.join("home/Maildir"), maildir.clone()];
        for part in parts.into_iter().chain(["cur", "new", "tmp"].map(|name| maildir.join(name))) {
            if !part.exists() {
                std::fs::create_dir(&part).map_err(say)?;
                self.give(&part)?;
            }
        }
        Ok(())
    }

    fn give(&self, path: &Path) -> Result<(), String> {
        let Some((user, group)) = self.owner else { return Ok(()) };
        std::os::unix::fs::chown(path, Some(user), Some(group)).map_err(|error| error.to_string())
    }

    /// Puts a mail into a folder, which is made where it isn't there.
    pub fn deliver(&self, folder: &str, mail: &[u8]) -> Result<(), String> {
        self.put(folder, mail, "new", "", SystemTime::now())
    }

    /// The same with flags on it, as Maildir writes them: `S` seen, `T` to be taken away.
    pub fn deliver_marked(&self, folder: &str, mail: &[u8], flags: &str) -> Result<(), String> {
        self.put(folder, mail, "cur", &format!(":2,{flags}"), SystemTime::now())
    }

    /// The same as having come so long ago.
    pub fn deliver_aged(&self, folder: &str, mail: &[u8], age: Duration) -> Result<(), String> {
        let then = SystemTime::now().checked_sub(age).ok_or("that long ago there was no time")?;
        self.put(folder, mail, "new", "", then)
    }

    fn put(&self, folder: &str, mail: &[u8], part: &str, flags: &str, at: SystemTime) -> Result<(), String> {
        self.make(folder)?;
        let say = |error: std::io::Error| error.to_string();
        let number = self.delivered.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}.M{number}P{}.test", 1_700_000_000 + number, std::process::id());
        let maildir = self.maildir(folder);
        let unfinished = maildir.join("tmp").join(&name);
        std::fs::write(&unfinished, mail).map_err(say)?;
        std::fs::File::options().write(true).open(&unfinished).and_then(|file| file.set_modified(at)).map_err(say)?;
        self.give(&unfinished)?;
        std::fs::rename(unfinished, maildir.join(part).join(format!("{name}{flags}"))).map_err(say)
    }

    /// Takes all mails out of a folder.
    pub fn remove_all(&self, folder: &str) -> Result<(), String> {
        for part in ["new", "cur"] {
            for entry in
                std::fs::read_dir(self.maildir(folder).join(part)).map_err(|error| error.to_string())?.flatten()
            {
                std::fs::remove_file(entry.path()).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }

    /// The files in a folder, by name with the flags behind it: what is in `new`, and what is in `cur`.
    pub fn files(&self, folder: &str) -> (Vec<String>, Vec<String>) {
        let names = |part: &str| {
            let entries = std::fs::read_dir(self.maildir(folder).join(part)).into_iter().flatten().flatten();
            let mut names: Vec<String> =
                entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        };
        (names("new"), names("cur"))
    }

    /// Stops it: connections end.
    pub fn stop(&self) -> Result<(), String> {
        let pid = std::fs::read_to_string(self.folder.join("run/master.pid")).unwrap_or_default();
        self.run(&["stop"])?;
        let began = Instant::now();
        while Path::new("/proc").join(pid.trim()).exists() && !pid.trim().is_empty() {
            if began.elapsed() > Duration::from_secs(30) {
                return Err("Dovecot does not stop".to_owned());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Starts it again.
    pub fn start(&self) -> Result<(), String> {
        self.run(&[])?;
        self.is_up()
    }

    /// Gives all mails of a folder new numbers under a new UIDVALIDITY, as a mailbox restored from a backup has them.
    pub fn number_anew(&self, folder: &str) -> Result<(), String> {
        self.stop()?;
        let say = |error: std::io::Error| error.to_string();
        let maildir = self.maildir(folder);
        let list = maildir.join("dovecot-uidlist");
        let header = std::fs::read_to_string(&list).map_err(say)?;
        let number = |letter: char| {
            let word = header.lines().next()?.split(' ').find_map(|word| word.strip_prefix(letter))?;
            word.parse::<u32>().ok()
        };
        let validity = number('V').ok_or("no UIDVALIDITY")?;
        std::fs::write(&list, format!("3 V{} N1\n", validity + 1)).map_err(say)?;
        for entry in std::fs::read_dir(&maildir).map_err(say)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with("dovecot.index") {
                std::fs::remove_file(entry.path()).map_err(say)?;
            }
        }
        self.start()
    }

    fn run(&self, arguments: &[&str]) -> Result<(), String> {
        let mut command = Command::new(&self.program);
        command.arg("-c").arg(self.folder.join("conf")).args(arguments);
        // A Dovecot that stays would hold a pipe of ours open.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = command.status().map_err(|error| error.to_string())?;
        if status.success() { Ok(()) } else { Err(format!("{command:?} failed\n{}", self.log())) }
    }
}

fn id(flag: &str, user: &str) -> Result<u32, String> {
    said(Command::new("id").args([flag, user]))?.parse().map_err(|error| format!("{user}: {error}"))
}

fn named(flag: &str) -> Result<String, String> {
    said(Command::new("id").arg(flag))
}

fn said(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
