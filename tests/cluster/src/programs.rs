//! Where PostgreSQL's programs are, and how they are run: the server refuses to run as root, so then they run
//! as the user `postgres` that Debian's package makes.

use std::path::{Path, PathBuf};
use std::process::Command;

const MISSING: &str = "PostgreSQL is needed for this test and its programs were not found. Install it (Debian: \
                       apt-get install postgresql), or name a server in ABIDE_TEST_POSTGRES=postgres://…, or set \
                       ABIDE_SKIP_POSTGRES=1 to leave these tests out";

/// The programs of one installed release.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    directory: PathBuf,
    as_postgres: bool,
}

impl Programs {
    /// The newest release that is installed: in the search path, else where Debian puts it.
    pub(crate) fn find() -> Result<Self, String> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
        if let Ok(releases) = std::fs::read_dir("/usr/lib/postgresql") {
            let mut releases: Vec<PathBuf> = releases.flatten().map(|entry| entry.path()).collect();
            releases.sort_by_key(|path| std::cmp::Reverse(release(path)));
            directories.extend(releases.into_iter().map(|path| path.join("bin")));
        }
        let directory = directories
            .into_iter()
            .find(|directory| directory.join("initdb").exists() && directory.join("postgres").exists())
            .ok_or(MISSING)?;
        Ok(Self { directory, as_postgres: answer("id", &["-u"])? == "0" })
    }

    pub(crate) fn path(&self, program: &str) -> PathBuf {
        self.directory.join(program)
    }

    /// A command of the server's own user.
    pub(crate) fn command(&self, program: &Path) -> Command {
        if self.as_postgres {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        }
    }

    /// Gives a folder to the server's user.
    pub(crate) fn hand_over(&self, folder: &Path) -> Result<(), String> {
        if !self.as_postgres {
            return Ok(());
        }
        let id = |flag| answer("id", &[flag, "postgres"])?.parse::<u32>().map_err(|error| error.to_string());
        std::os::unix::fs::chown(folder, Some(id("-u")?), Some(id("-g")?))
            .map_err(|error| format!("{} can't be given to the user postgres: {error}", folder.display()))
    }

    /// The database's superuser: whoever runs `initdb`.
    pub(crate) fn superuser() -> &'static str {
        "postgres"
    }
}

fn release(path: &Path) -> u32 {
    path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok()).unwrap_or(0)
}

fn answer(program: &str, arguments: &[&str]) -> Result<String, String> {
    run(Command::new(program).args(arguments))
}

/// Runs a command to its end; its output without the last line's end.
pub(crate) fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?} can't be run: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned())
    } else {
        Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }
}
