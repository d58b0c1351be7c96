//! What can go wrong at the store's door, in words for the person who reads them, and whether trying again
//! later may help. Nothing personal stands in an error.

/// Why a step was not done. Where it is an error, nothing of the step was kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database can't be reached or broke off.
    #[error("the database can't be reached: {0}")]
    Unavailable(String),
    /// There is no room left.
    #[error("the disk with the database is full; free some space, nothing was lost")]
    Full,
    /// The database was made by a newer Abide.
    #[error("the database was made by a newer Abide (schema {found}, this program knows {known}); use that release")]
    NewerSchema {
        /// The schema's number.
        found: i64,
        /// The newest number this program knows.
        known: i64,
    },
    /// A migration's text is not what was applied.
    #[error("step {0} of the database's schema is not the one this program has; the database was changed by hand")]
    ForeignSchema(i64),
    /// The database has settings under which an acknowledged commit may be lost (law 1).
    #[error("PostgreSQL runs with {0} off, so a commit could be lost; switch it on and start again")]
    NotDurable(&'static str),
    /// There are data and no keys.
    #[error("the database holds data but {0} has no keys; restore the keys from their backup, Abide makes no new ones")]
    KeysMissing(String),
    /// The keys are not those of this database.
    #[error("the keys in {0} are not those of this database; put the right keys there and start again")]
    KeysForeign(String),
    /// A key file can't be read or is not a key.
    #[error("{0}")]
    Keys(String),
    /// A sealed value can't be opened.
    #[error("a sealed value can't be opened with the keys at hand ({0})")]
    Sealed(&'static str),
    /// The account does not exist.
    #[error("there is no account `{0}`; `abide account list` shows them all")]
    UnknownAccount(String),
    /// The account does not sell in that store.
    #[error("the account does not sell in {0}; its stores are {1}")]
    UnknownStore(String, String),
    /// A thing that was named does not exist.
    #[error("{0}")]
    NotFound(String),
    /// It exists already, or stands in a state in which this can't be done.
    #[error("{0}")]
    Conflict(String),
    /// The member has no right to do it.
    #[error("{0}")]
    NotAllowed(&'static str),
    /// The file given as a backup is none, or is damaged.
    #[error("{0}")]
    Backup(String),
    /// The ledger does not verify.
    #[error("the ledger of `{account}` does not verify at entry {number}: {problem}")]
    Ledger {
        /// The account's handle.
        account: String,
        /// The first bad entry.
        number: u64,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The database answered what it never should.
    #[error("the database answered unexpectedly: {0}")]
    Unexpected(String),
}

impl StoreError {
    pub(crate) fn unexpected(what: impl Into<String>) -> Self {
        Self::Unexpected(what.into())
    }

    /// The same failure for each step that shared a commit.
    pub(crate) fn for_another(&self) -> Self {
        match self {
            Self::Full => Self::Full,
            Self::Unavailable(what) => Self::Unavailable(what.clone()),
            other => Self::Unavailable(other.to_string()),
        }
    }

    /// Whether the same step may succeed later without anybody changing it.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Full)
    }
}
