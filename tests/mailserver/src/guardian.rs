//! A shell that outlives the test binary by an instant: it waits for its standard input to close, which happens at the
//! latest when the binary dies, then ends the server and removes its folder.

use std::ffi::OsStr;
use std::process::{Child, Command, Stdio};

/// A running guardian; dropping it ends what it guards and waits for that.
#[derive(Debug)]
pub(crate) struct Guardian {
    child: Child,
}

impl Guardian {
    /// Runs a shell script with arguments; it must end once its standard input is closed.
    pub(crate) fn start(script: &str, arguments: &[&OsStr]) -> Result<Self, String> {
        use std::os::unix::process::CommandExt;
        let child = Command::new("sh")
            .args(["-c", script, "guardian"])
            .args(arguments)
            .current_dir("/")
            // A Ctrl-C at the terminal is for the tests; the guardian ends after them.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("sh can't be started: {error}"))?;
        Ok(Self { child })
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
