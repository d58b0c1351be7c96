//! The peer: a private instance of Debian's Postfix, its queue on the same disk and made durable as by its
//! defaults, its limits raised so that nothing but the machine holds it back, all mail discarded after the queue.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::load::Target;

const DAEMONS: &str = "/usr/lib/postfix/sbin";
/// How long starting or emptying the queue may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running instance. It ends with this value.
pub struct Postfix {
    configuration: PathBuf,
    queue: PathBuf,
    receiver: SocketAddr,
    /// Its standard input is a pipe of ours: when that closes, however this process ends, it stops Postfix.
    guardian: Option<Child>,
}

/// Whether it can be run here; where not, why not.
pub fn missing() -> Option<&'static str> {
    if !Path::new(DAEMONS).join("master").exists() {
        return Some("Postfix is not installed (Debian: apt-get install postfix)");
    }
    let id = Command::new("id").arg("-u").output();
    let is_root = id.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    (!is_root).then_some("Postfix can only be started by root, and this is not root")
}

impl Postfix {
    /// Starts it in a folder, with room for so many connections.
    pub fn start(folder: &Path, connections: usize) -> Result<Self, String> {
        let fault = |error: std::io::Error| format!("Postfix's folder: {error}");
        let (configuration, queue) = (folder.join("etc"), folder.join("queue"));
        for place in [&configuration, &queue, &folder.join("data")] {
            std::fs::create_dir_all(place).map_err(fault)?;
        }
        run(Command::new("chown").arg("postfix").arg(folder.join("data")))?;
        // Its own processes must reach the folder.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder, open).map_err(fault)?;
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).map_err(fault)?.port();
        std::fs::write(configuration.join("main.cf"), main_cf(folder, connections)).map_err(fault)?;
        std::fs::write(configuration.join("master.cf"), master_cf(port, connections)).map_err(fault)?;
        let receiver = SocketAddr::from(([127, 0, 0, 1], port));
        let mut postfix = Self { configuration, queue, receiver, guardian: None };
        postfix.tell("start")?;
        let mut guardian = Command::new("sh");
        guardian.args(["-c", "trap '' INT TERM HUP; cat >/dev/null; postfix -c \"$1\" stop", "guardian"]);
        let guardian = guardian.arg(&postfix.configuration).stdin(Stdio::piped()).stdout(Stdio::null());
        postfix.guardian = Some(guardian.stderr(Stdio::null()).process_group(0).spawn().map_err(fault)?);
        let began = Instant::now();
        while std::net::TcpStream::connect(postfix.receiver).is_err() {
            if began.elapsed() > PATIENCE {
                return Err("Postfix did not start within a minute".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(postfix)
    }

    /// Where to send.
    pub fn target(&self) -> Target {
        Target { receivers: vec![self.receiver], recipients: Arc::new(vec!["anybody@localhost".into()]) }
    }

    /// Waits until all of its queue was discarded, so that it does not work beside somebody else's turn.
    pub fn rest(&self) -> Result<(), String> {
        let began = Instant::now();
        while ["maildrop", "incoming", "active"].iter().any(|part| has_files(&self.queue.join(part))) {
            if began.elapsed() > PATIENCE {
                return Err("Postfix's queue did not empty within a minute".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn tell(&self, what: &str) -> Result<(), String> {
        let mut command = Command::new("postfix");
        run(command.arg("-c").arg(&self.configuration).arg(what).stdin(Stdio::null()))
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if let Some(mut guardian) = self.guardian.take() {
            drop(guardian.stdin.take());
            let _ = guardian.wait();
        }
    }
}

fn has_files(folder: &Path) -> bool {
    let Ok(listing) = std::fs::read_dir(folder) else { return false };
    listing.flatten().any(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => has_files(&entry.path()),
        _ => true,
    })
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?} can't be run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

fn main_cf(folder: &Path, connections: usize) -> String {
    let folder = folder.display();
    // More than the connections, so that a new one never waits for the end of an old one.
    let processes = connections * 2 + 50;
    format!(
        "compatibility_level = 3.6\n\
         queue_directory = {folder}/queue\n\
         data_directory = {folder}/data\n\
         daemon_directory = {DAEMONS}\n\
         command_directory = /usr/sbin\n\
         mail_owner = postfix\n\
         setgid_group = postdrop\n\
         inet_interfaces = 127.0.0.1\n\
         inet_protocols = ipv4\n\
         myhostname = peer.example\n\
         mydestination = localhost\n\
         mynetworks = 127.0.0.0/8\n\
         local_recipient_maps =\n\
         alias_maps =\n\
         alias_database =\n\
         default_transport = discard:\n\
         local_transport = discard:\n\
         relay_transport = discard:\n\
         default_process_limit = {processes}\n\
         smtpd_client_connection_count_limit = 0\n\
         smtpd_client_connection_rate_limit = 0\n\
         smtpd_client_message_rate_limit = 0\n\
         smtpd_client_event_limit_exceptions = 127.0.0.0/8\n\
         smtpd_peername_lookup = no\n\
         smtpd_tls_security_level = none\n\
         in_flow_delay = 0\n\
         disable_dns_lookups = yes\n\
         biff = no\n"
    )
}

fn master_cf(port: u16, connections: usize) -> String {
    let processes = connections * 2 + 50;
    format!(
        "127.0.0.1:{port} inet n - n - {processes} smtpd\n\
         pickup unix n - n 60 1 pickup\n\
         cleanup unix n - n - 0 cleanup\n\
         qmgr unix n - n 300 1 qmgr\n\
         tlsmgr unix - - n 1000? 1 tlsmgr\n\
         rewrite unix - - n - - trivial-rewrite\n\
         bounce unix - - n - 0 bounce\n\
         defer unix - - n - 0 bounce\n\
         trace unix - - n - 0 bounce\n\
         verify unix - - n - 1 verify\n\
         flush unix n - n 1000? 0 flush\n\
         proxymap unix - - n - - proxymap\n\
         showq unix n - n - - showq\n\
         error unix - - n - - error\n\
         retry unix - - n - - error\n\
         discard unix - - n - - discard\n\
         local unix - n n - - local\n\
         anvil unix - - n - 1 anvil\n\
         scache unix - - n - 1 scache\n"
    )
}
