//! One empty database for one test, dropped at its end.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::Server;
use crate::private::PrivateCluster;
use crate::programs::run;

/// A database of its own; dropped with the value.
#[derive(Debug)]
pub struct FreshDatabase {
    server: &'static Server,
    name: String,
}

impl FreshDatabase {
    pub(crate) fn make(server: &'static Server) -> Result<Self, String> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("abide_test_{}_{number}", std::process::id());
        psql(&server.url("postgres"), &format!("CREATE DATABASE {name} TEMPLATE template0"))?;
        Ok(Self { server, name })
    }

    /// The URL by which the program reaches it.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// Ends the whole server at once, as a crash would, and every connection to it. Only where it is a private one.
    pub fn crash(&self) -> Result<(), String> {
        self.private()?.crash()
    }

    /// Begins it anew after [`Self::crash`]; returns when it has recovered and answers.
    pub fn start_again(&self) -> Result<(), String> {
        self.private()?.start_again()
    }

    /// Whether the server is this process's own, so that it may be ended.
    pub fn may_crash(&self) -> bool {
        self.server.private.is_some()
    }

    fn private(&self) -> Result<&PrivateCluster, String> {
        self.server.private.as_ref().ok_or_else(|| "a server that was named is not ours to end".into())
    }

    /// Runs statements by hand, as somebody with the database's password could; the answer as lines, columns
    /// parted by `|`.
    pub fn psql(&self, statements: &str) -> Result<String, String> {
        psql(&self.url(), statements)
    }
}

impl Drop for FreshDatabase {
    fn drop(&mut self) {
        // Where it can't be dropped, it goes with the cluster.
        let _ = psql(&self.server.url("postgres"), &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

fn psql(url: &str, statements: &str) -> Result<String, String> {
    run(Command::new("psql").args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statements]))
}
