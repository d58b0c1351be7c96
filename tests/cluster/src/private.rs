//! A private cluster in a temporary folder, reached by its Unix socket only, with `fsync` on as in earnest.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::programs::{Programs, run};

const STARTS_WITHIN: Duration = Duration::from_mins(1);

/// Runs the server until standard input closes, which happens at the latest when the test binary dies.
const GUARDIAN: &str = r#"trap '' INT TERM HUP
"$1" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=300 -c shared_buffers=64MB \
    -c log_min_messages=fatal </dev/null >"$2/log" 2>&1 &
cat >/dev/null
kill -QUIT $!
wait $!
rm -rf "$2""#;

/// A running server. It ends with this value or with the process, whichever comes first.
#[derive(Debug)]
pub(crate) struct PrivateCluster {
    folder: PathBuf,
    /// Its standard input is the pipe that keeps the server alive.
    _guardian: Child,
}

impl PrivateCluster {
    pub(crate) fn start() -> Result<Self, String> {
        let programs = Programs::find()?;
        // A socket's path is at most 107 bytes long, so the folder's name stays short.
        let name = format!("abide-pg-{}-{:x}", std::process::id(), nanoseconds());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).map_err(|error| format!("{} can't be made: {error}", folder.display()))?;
        programs.hand_over(&folder)?;
        let made = Self::make(&programs, &folder);
        if made.is_err() {
            // Nothing runs in it; what is left behind would only be litter.
            let _ = std::fs::remove_dir_all(&folder);
        }
        made
    }

    fn make(programs: &Programs, folder: &Path) -> Result<Self, String> {
        let user = format!("--username={}", Programs::superuser());
        run(programs
            .command(&programs.path("initdb"))
            .args(["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", &user])
            .arg("--pgdata")
            .arg(folder.join("data"))
            .current_dir(folder))?;
        let guardian = programs
            .command(Path::new("sh"))
            .args(["-c", GUARDIAN, "guardian"])
            .arg(programs.path("postgres"))
            .arg(folder)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("PostgreSQL can't be started: {error}"))?;
        let cluster = Self { folder: folder.to_owned(), _guardian: guardian };
        let began = Instant::now();
        while let Err(why) = cluster.answers() {
            if began.elapsed() > STARTS_WITHIN {
                let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
                return Err(format!("PostgreSQL did not start within a minute: {why}: {}", log.trim()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(cluster)
    }

    fn answers(&self) -> Result<(), String> {
        let client = ["-X", "-q", "-d", "postgres", "-c", "SELECT 1", "-U", self.user(), "-h"];
        run(Command::new("psql").args(client).arg(&self.folder)).map(drop)
    }

    pub(crate) fn socket_directory(&self) -> String {
        self.folder.display().to_string()
    }

    #[expect(clippy::unused_self, reason = "asked of a cluster, and no other")]
    pub(crate) fn user(&self) -> &'static str {
        Programs::superuser()
    }
}

fn nanoseconds() -> u32 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.subsec_nanos())
}
