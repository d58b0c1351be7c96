//! A private cluster in a temporary folder, reached by its Unix socket only, with `fsync` on as in earnest.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::programs::{Programs, run};

const STARTS_WITHIN: Duration = Duration::from_mins(1);

/// Runs the server until standard input closes, which happens at the latest when the test binary dies. A line
/// `stop` ends it at once, without a checkpoint, as a crash would; `start` begins it anew.
const GUARDIAN: &str = r#"trap '' INT TERM HUP
program=$1
folder=$2
start() {
    "$program" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=300 -c shared_buffers=64MB \
        -c log_min_messages=fatal </dev/null >>"$folder/log" 2>&1 &
    server=$!
}
stop() {
    kill -QUIT $server
    wait $server
}
start
while read -r word; do
    case $word in
        stop) stop; echo stopped ;;
        start) start; echo started ;;
    esac
done
stop
rm -rf "$folder""#;

/// A running server. It ends with this value or with the process, whichever comes first.
#[derive(Debug)]
pub(crate) struct PrivateCluster {
    folder: PathBuf,
    /// Its standard input is the pipe that keeps the server alive.
    guardian: Mutex<Child>,
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
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("PostgreSQL can't be started: {error}"))?;
        let cluster = Self { folder: folder.to_owned(), guardian: Mutex::new(guardian) };
        cluster.wait_until_it_answers()?;
        Ok(cluster)
    }

    fn wait_until_it_answers(&self) -> Result<(), String> {
        let began = Instant::now();
        while let Err(why) = self.answers() {
            if began.elapsed() > STARTS_WITHIN {
                let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                return Err(format!("PostgreSQL did not start within a minute: {why}: {}", log.trim()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Ends the server at once; returns when its process is gone.
    pub(crate) fn crash(&self) -> Result<(), String> {
        self.tell("stop")
    }

    /// Begins it anew on the same data; returns when it has recovered and answers.
    pub(crate) fn start_again(&self) -> Result<(), String> {
        self.tell("start")?;
        self.wait_until_it_answers()
    }

    fn tell(&self, word: &str) -> Result<(), String> {
        let mut guardian = self.guardian.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = |error: std::io::Error| format!("PostgreSQL's guardian does not answer: {error}");
        let child = &mut *guardian;
        let (Some(told), Some(heard)) = (child.stdin.as_mut(), child.stdout.as_mut()) else {
            return Err("PostgreSQL's guardian can't be reached".into());
        };
        writeln!(told, "{word}").map_err(gone)?;
        // One byte at a time, so that nothing of a later answer is swallowed.
        let mut byte = [0];
        while byte != *b"\n" {
            heard.read_exact(&mut byte).map_err(gone)?;
        }
        Ok(())
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
