//! Why no answer came. None of it shows what was asked, of whom, or with which secret.

use connection::ConnectFault;

/// Why a call brought no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CarryFault {
    /// No connection to Amazon, or to the proxy before it.
    #[error("there is no connection to Amazon's API: {0}")]
    Connect(#[from] ConnectFault),
    /// The proxy lets nothing through.
    #[error("the proxy of HTTPS_PROXY makes no way to Amazon's API; look at its address, its sign-in and its rules")]
    Proxy,
    /// The address is none that a call may go to.
    #[error("the address is none of Amazon's API")]
    Address,
    /// About stores of another region than the address's.
    #[error("the call is about stores of another region than the address it was to go to")]
    OtherRegion,
    /// The answer did not come in time.
    #[error("Amazon's API did not answer in time")]
    TooSlow,
    /// The connection ended before the answer did.
    #[error("the connection to Amazon's API was lost before its answer was whole")]
    Lost,
    /// The answer is larger than any that is known.
    #[error("the answer is larger than any of Amazon's API, so it was not read to its end")]
    TooLarge,
}

impl CarryFault {
    /// Whether the same call may succeed later without anybody doing anything.
    pub const fn is_transient(self) -> bool {
        !matches!(self, Self::Address | Self::OtherRegion)
    }
}
