//! The program `abide` as its users run it: a process of its own, of which time, processor time and peak memory
//! are taken from outside. What is measured is built first, so that no older program is taken for it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How often a running process's figures are looked at. Peak memory only grows, so the last look tells it.
const LOOK: Duration = Duration::from_millis(10);
/// The kernel's unit of processor time as `/proc` tells it, in a second.
const TICKS: f64 = 100.0;

/// A built program and a folder for its data, empty at first, with one account `seller` in the US.
pub struct Program {
    path: PathBuf,
    data: PathBuf,
    database: Option<String>,
}

/// What one run of a process took.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    /// From its start to its end.
    pub time: Duration,
    /// Seconds of processor time, by all of its threads.
    pub processor: f64,
    /// Its peak memory in MiB.
    pub peak_mib: f64,
    /// What it wrote to standard output.
    pub said: String,
}

/// Builds the program, where cargo runs this, and tells where it is: beside this very program.
pub fn build() -> Result<PathBuf, String> {
    if let Ok(cargo) = std::env::var("CARGO") {
        let built = Command::new(cargo).args(["build", "--quiet", "--release", "--package", "abide"]).status();
        if !built.is_ok_and(|status| status.success()) {
            return Err("the program could not be built".into());
        }
    }
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let program = own.with_file_name("abide");
    if program.exists() { Ok(program) } else { Err(format!("{} is not there; build it first", program.display())) }
}

impl Program {
    /// An installation in this folder, on SQLite or on the PostgreSQL database given.
    pub fn install(path: &Path, data: PathBuf, database: Option<String>) -> Result<Self, String> {
        let program = Self { path: path.to_owned(), data, database };
        program.add_account("seller")?;
        Ok(program)
    }

    /// One more account, in the US.
    pub fn add_account(&self, handle: &str) -> Result<(), String> {
        self.run(&["account", "add", handle, "--store", "US"]).map(drop)
    }

    /// The folder of its data.
    pub fn data(&self) -> &Path {
        &self.data
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.env_clear().envs(std::env::vars().filter(|(name, _)| !name.starts_with("ABIDE_")));
        command.arg("--json").arg("--data").arg(&self.data).args(arguments).stdin(Stdio::null());
        if let Some(database) = &self.database {
            command.arg("--database").arg(database);
        }
        command
    }

    /// Begins a run.
    pub fn begin(&self, arguments: &[&str]) -> Result<Running, String> {
        Running::begin(self.command(arguments))
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &[&str]) -> Result<Taken, String> {
        self.begin(arguments)?.end()
    }

    /// Starts `serve` on free ports and waits until it listens; the address of its SMTP door.
    pub fn serve(&self) -> Result<(Running, String), String> {
        let mut command = self.command(&["serve", "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(|error| error.to_string())?;
        let mut line = String::new();
        let out = child.stdout.as_mut().ok_or("the server says nothing")?;
        BufReader::new(out).read_line(&mut line).map_err(|error| error.to_string())?;
        let address = text_of(&line, "smtp").ok_or_else(|| format!("the server said {line:?}"))?;
        Ok((Running { child, began: Instant::now() }, address))
    }
}

/// The text that stands under a name in a line of JSON that this program's sibling wrote.
pub fn text_of(line: &str, name: &str) -> Option<String> {
    let (_, rest) = line.split_once(&format!("\"{name}\":\""))?;
    rest.split_once('"').map(|(text, _)| text.to_owned())
}

/// The number that stands under a name in such a line.
pub fn number_of(line: &str, name: &str) -> Option<u64> {
    let (_, rest) = line.split_once(&format!("\"{name}\":"))?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// A process under way; killed where nobody waits for its end.
pub struct Running {
    child: Child,
    began: Instant,
}

impl Running {
    /// Starts a process.
    pub fn begin(mut command: Command) -> Result<Self, String> {
        let name = command.get_program().display().to_string();
        let began = Instant::now();
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Ok(Self { child: child.map_err(|error| format!("{name} can't be started: {error}"))?, began })
    }

    /// Waits for its end, which must be a success.
    pub fn end(mut self) -> Result<Taken, String> {
        let out = self.child.stdout.take().map(read_on_a_thread);
        let err = self.child.stderr.take().map(read_on_a_thread);
        let mut taken = Taken::default();
        let status = loop {
            look(self.child.id(), &mut taken);
            if let Some(status) = self.child.try_wait().map_err(|error| error.to_string())? {
                break status;
            }
            std::thread::sleep(LOOK);
        };
        taken.time = self.began.elapsed();
        let text = |reader: Option<std::thread::JoinHandle<String>>| {
            reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
        };
        taken.said = text(out);
        let problem = text(err);
        if status.success() { Ok(taken) } else { Err(format!("{status}: {}{}", taken.said, problem.trim())) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended can't be killed again.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_on_a_thread(mut pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was written before a failure is told all the same.
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn look(process: u32, taken: &mut Taken) {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
    taken.peak_mib = peak.map_or(taken.peak_mib, |kib: f64| kib / 1024.0);
    let times = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let mut fields = times.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11);
    let mut ticks = || fields.next().and_then(|field| field.parse::<f64>().ok());
    if let (Some(user), Some(system)) = (ticks(), ticks()) {
        taken.processor = taken.processor.max((user + system) / TICKS);
    }
}
