//! The known ways in which a call fails, each on demand and for a number of calls of one operation.

use std::time::Duration;

/// A way to fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 429, though the limit was kept.
    Throttle,
    /// 403: the access token has run out.
    TokenExpired,
    /// 403: the access token is revoked, malformed or invalid.
    TokenInvalid,
    /// 403 without further words: the role is missing.
    RoleMissing,
    /// 403 with these words.
    Denied(String),
    /// An order offers nothing, whatever stands in the shop.
    NoActions,
    /// The answer is right and comes late.
    Slow(Duration),
    /// The connection ends without an answer, and nothing was done.
    CutBefore,
    /// The call is carried out, and the connection ends without an answer.
    CutAfter,
    /// The call is carried out, and the connection ends in the middle of the answer.
    CutWithin,
    /// This status with Amazon's list of errors; nothing was done.
    Status(u16),
    /// The call is carried out, and the answer is this status.
    DoneThen(u16),
    /// A page of HTML with this status, from something in between; nothing was done.
    Page(u16),
    /// 307 to this address; nothing was done.
    Redirect(String),
    /// A success whose body does not end.
    Endless,
    /// A report's document names this charset, whatever its bytes are in.
    Charset(String),
    /// A report is cancelled.
    ReportCancelled,
    /// A report is fatal.
    ReportFatal,
    /// The sign-in refuses with this error's name.
    SignIn(String),
}
