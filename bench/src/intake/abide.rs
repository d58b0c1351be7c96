//! Abide under load: one or more receivers on one database, each a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;

use serde_json::Value;

use super::load::Target;

/// The receivers. They end with this value, or with this process.
pub struct Abide {
    data: PathBuf,
    nodes: Vec<(Child, ChildStdin)>,
    receivers: Vec<SocketAddr>,
    recipients: Arc<Vec<String>>,
}

impl Abide {
    /// Starts so many; without a database's URL on a SQLite file in the folder.
    pub fn start(program: &Path, data: &Path, database: Option<&str>, nodes: u32) -> Result<Self, String> {
        let mut abide =
            Self { data: data.to_owned(), nodes: Vec::new(), receivers: Vec::new(), recipients: Arc::default() };
        for _ in 0..nodes {
            abide.start_node(program, database)?;
        }
        Ok(abide)
    }

    /// All nodes.
    pub fn target(&self) -> Target {
        Target { receivers: self.receivers.clone(), recipients: Arc::clone(&self.recipients) }
    }

    /// The first node alone.
    pub fn one_node(&self) -> Target {
        Target { receivers: self.receivers.iter().take(1).copied().collect(), ..self.target() }
    }

    /// The SQLite file.
    pub fn file(&self) -> PathBuf {
        self.data.join("abide.db")
    }

    /// Stops the nodes.
    pub fn stop(&mut self) {
        for (mut node, input) in self.nodes.drain(..) {
            drop(input);
            let _ = node.wait();
        }
    }

    fn start_node(&mut self, program: &Path, database: Option<&str>) -> Result<(), String> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.data.join("log"));
        let log = log.map_err(|error| format!("no log: {error}"))?;
        let mut command = Command::new(program);
        command.args(["intake", "receiver"]).arg(&self.data).args(database).stderr(log);
        let mut node =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
        let (Some(input), Some(output)) = (node.stdin.take(), node.stdout.take()) else {
            return Err("no pipes".into());
        };
        self.nodes.push((node, input));
        // The bench names its machine first.
        let line = BufReader::new(output).lines().map_while(Result::ok).find(|line| line.starts_with('{'));
        let said: Value = line.and_then(|line| serde_json::from_str(&line).ok()).ok_or_else(|| {
            let log = std::fs::read_to_string(self.data.join("log")).unwrap_or_default();
            format!("a receiver did not start: {}", log.trim())
        })?;
        let receiver = said.get("smtp").and_then(Value::as_str).and_then(|address| address.parse().ok());
        self.receivers.push(receiver.ok_or("a receiver did not say where it takes mail")?);
        let recipients = said.get("recipients").and_then(Value::as_array).into_iter().flatten();
        self.recipients = Arc::new(recipients.filter_map(Value::as_str).map(str::to_owned).collect());
        Ok(())
    }
}

impl Drop for Abide {
    fn drop(&mut self) {
        self.stop();
    }
}
