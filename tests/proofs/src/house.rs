//! The program in a house of its own: a temporary data folder, no variables from outside, and a server that can be
//! started, killed and started again on the same data.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use store::{Database, Options, Store};

use crate::{Fault, fault, program};

/// How long a server may take to say where it listens, and whatever else is waited for.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A folder in which the program runs.
pub struct House {
    folder: tempfile::TempDir,
    database: Option<String>,
    program: PathBuf,
}

impl House {
    /// With SQLite in its folder.
    pub fn new() -> Result<Self, Fault> {
        Ok(Self { folder: tempfile::tempdir()?, database: None, program: program::path()? })
    }

    /// With its data in a PostgreSQL elsewhere.
    pub fn on(database: String) -> Result<Self, Fault> {
        Ok(Self { database: Some(database), ..Self::new()? })
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes a file and returns its path as text.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> Result<String, Fault> {
        let path = self.path(name);
        std::fs::write(&path, content)?;
        Ok(path.display().to_string())
    }

    /// A run of the program, not begun yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.within(Command::new(&self.program), arguments)
    }

    /// The same behind another program, which is given the whole command line.
    pub fn command_behind(&self, mut front: Command, arguments: &[&str]) -> Command {
        front.arg(&self.program);
        self.within(front, arguments)
    }

    fn within(&self, mut command: Command, arguments: &[&str]) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.args(arguments).env_clear().env("ABIDE_DATA", self.data()).env("HOME", self.folder.path());
        command.env("TMPDIR", self.folder.path()).env("PATH", path).current_dir(self.folder.path());
        command.envs(self.database.iter().map(|url| ("ABIDE_DATABASE", url)));
        command.stdin(Stdio::null());
        command
    }

    /// Runs to the end, which must be 0; the objects on standard output.
    pub fn objects(&self, arguments: &[&str]) -> Result<Vec<Value>, Fault> {
        objects(&self.command(&[arguments, &["--json"]].concat()).output()?)
    }

    /// The same data through the store's door, to look and never to change.
    pub fn store(&self, runtime: &tokio::runtime::Runtime) -> Result<Store, Fault> {
        let database = match &self.database {
            Some(url) => Database::Postgres(url.clone()),
            None => Database::Sqlite(self.data().join("abide.db")),
        };
        Ok(runtime.block_on(Store::open(Options { database, keys: self.data().join("keys") }))?)
    }
}

/// The objects that a run said; it must have ended with 0.
pub fn objects(output: &Output) -> Result<Vec<Value>, Fault> {
    if !output.status.success() {
        let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        return Err(fault(format!("the program ended with {}: {said}{complained}", output.status)));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// A server that was started; it does not outlive this value.
pub struct Serving {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Serving {
    /// Starts a command that serves; it may not have said anything yet.
    pub fn start(mut command: Command) -> Result<Self, Fault> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let said = child.stdout.take().ok_or_else(|| fault("a server without standard output"))?;
        Ok(Self { child, said: BufReader::new(said) })
    }

    /// The arguments of a server on free ports.
    pub const fn arguments(roles: &str) -> [&str; 8] {
        ["serve", "--json", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--roles", roles]
    }

    /// Waits until it says where it listens.
    pub fn said(&mut self) -> Result<Value, Fault> {
        let mut line = String::new();
        self.said.read_line(&mut line)?;
        serde_json::from_str(&line).map_err(|_| fault(format!("the server said {line:?} in place of its addresses")))
    }

    /// SIGKILL, wherever it stands; returns once the process is gone.
    pub fn kill(&mut self) -> Result<(), Fault> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// The signal that service managers send; its exit code must be 0.
    pub fn stop(mut self) -> Result<(), Fault> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        let ended = self.child.wait()?;
        if ended.success() { Ok(()) } else { Err(fault(format!("the server ended with {ended}"))) }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // One that has ended already can't be killed again.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for a state, not for a time.
pub fn until<T>(what: &str, mut reached: impl FnMut() -> Result<Option<T>, Fault>) -> Result<T, Fault> {
    let began = Instant::now();
    loop {
        if let Some(found) = reached()? {
            return Ok(found);
        }
        if began.elapsed() > PATIENCE {
            return Err(fault(format!("waited in vain: {what}")));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
