//! A PostgreSQL for tests: the server named by `ABIDE_TEST_POSTGRES`, else a private cluster made from the
//! installed programs in a temporary folder, once for each test binary.
//!
//! The cluster must never outlive its test binary, however that ends: its guardian is a shell that waits for
//! a pipe of ours to close, then stops the server and removes the folder.

mod database;
mod private;
mod programs;

use std::sync::OnceLock;

pub use database::FreshDatabase;

/// The URL of a server to test on; its user must be allowed to make databases.
pub const SERVER: &str = "ABIDE_TEST_POSTGRES";
/// Set to 1 where PostgreSQL can't be had and must not be asked for.
pub const SKIP: &str = "ABIDE_SKIP_POSTGRES";

/// Where tests make their databases.
#[derive(Debug)]
pub(crate) struct Server {
    /// URL up to the database's name, with the slash.
    base: String,
    /// What follows the name: `?` and settings, or nothing.
    settings: String,
    private: Option<private::PrivateCluster>,
}

impl Server {
    pub(crate) fn url(&self, database: &str) -> String {
        format!("{}{database}{}", self.base, self.settings)
    }

    fn start() -> Result<Self, String> {
        if let Ok(url) = std::env::var(SERVER) {
            return Self::given(&url).ok_or_else(|| {
                format!("{SERVER} can't be read; write it like postgres://user@127.0.0.1:5432/postgres")
            });
        }
        let cluster = private::PrivateCluster::start()?;
        let host = cluster.socket_directory().replace('/', "%2F");
        let base = format!("postgres://{}@{host}/", cluster.user());
        Ok(Self { base, settings: String::new(), private: Some(cluster) })
    }

    fn given(url: &str) -> Option<Self> {
        let (url, settings) = match url.split_once('?') {
            Some((url, settings)) => (url, format!("?{settings}")),
            None => (url, String::new()),
        };
        let (scheme, rest) = url.split_once("://")?;
        let host = rest.split('/').next()?;
        Some(Self { base: format!("{scheme}://{host}/"), settings, private: None })
    }
}

/// An empty database of its own for one test, dropped with the value; `None` only where `ABIDE_SKIP_POSTGRES=1`
/// says so. Where PostgreSQL is missing, the test fails with what to install.
#[expect(clippy::panic, reason = "a test without its server must fail, not pass unseen")]
pub fn fresh_database() -> Option<FreshDatabase> {
    static STARTED: OnceLock<Result<Server, String>> = OnceLock::new();
    if std::env::var(SKIP).is_ok_and(|value| value == "1") {
        eprintln!("skipped: {SKIP}=1");
        return None;
    }
    let made = match STARTED.get_or_init(Server::start) {
        Ok(server) => FreshDatabase::make(server),
        Err(why) => Err(why.clone()),
    };
    match made {
        Ok(database) => Some(database),
        Err(why) => panic!("{why}"),
    }
}
