//! `[member_mail]` of abide.toml: through which server Abide writes to members. It can't say to whom.

use std::path::PathBuf;

use model::Span;
use model::sender::{Security, Sender, SenderAddress, SenderLimits, SignIn, SubmissionServer};
use serde::Deserialize;

use crate::commands::sender::password;
use crate::exit::Failure;

/// How long alerts are gathered before a mail tells of them, in minutes, unless told otherwise.
const GATHER: u16 = 5;

/// How Abide writes to members, as the file says it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberMail {
    from: String,
    name: Option<String>,
    host: String,
    port: u16,
    security: Security,
    user: Option<String>,
    password_file: Option<PathBuf>,
    gather_minutes: Option<u16>,
    digest: Option<bool>,
}

impl MemberMail {
    /// As it is, if all but the password is in order: that is read when it is needed.
    pub(super) fn checked(self) -> Result<Self, Failure> {
        self.without_sign_in()?;
        if self.user.is_some() != self.password_file.is_some() {
            return Err(wrong("`user` and `password_file` belong together; set both or none"));
        }
        if self.gather_minutes.is_some_and(|minutes| minutes > 24 * 60) {
            return Err(wrong("`gather_minutes` is at most a day, 1440"));
        }
        Ok(self)
    }

    /// Server, sign-in and From address; reads the password.
    pub fn sender(&self) -> Result<Sender, Failure> {
        let sign_in = match (&self.user, &self.password_file) {
            (Some(user), Some(file)) => Some(SignIn { user: user.clone(), password: password(file)? }),
            _ => None,
        };
        Ok(Sender { sign_in, ..self.without_sign_in()? })
    }

    /// How long alerts are gathered.
    pub fn gather(&self) -> Span {
        Span::minutes(i64::from(self.gather_minutes.unwrap_or(GATHER)))
    }

    /// Whether a daily digest is written; it is unless told otherwise.
    pub fn digest(&self) -> bool {
        self.digest.unwrap_or(true)
    }

    fn without_sign_in(&self) -> Result<Sender, Failure> {
        let from: SenderAddress = self.from.parse().map_err(|error| wrong(format!("`from`: {error}")))?;
        let server =
            SubmissionServer::new(&self.host, self.port, self.security).map_err(|error| wrong(error.to_string()))?;
        let name = self.name.clone();
        Ok(Sender { from, name, server, sign_in: None, limits: SenderLimits::default() })
    }
}

fn wrong(what: impl std::fmt::Display) -> Failure {
    Failure::usage(format!("[member_mail] in abide.toml: {what}"))
}
