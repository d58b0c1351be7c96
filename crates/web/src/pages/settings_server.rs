//! A mail server as a member names it: host, port and protection of a form, and whether his word may lead to a private
//! network. The one place of the dashboard where a server is made.

use model::sender::{Secret, Security, SubmissionServer};

use crate::admission::InAccount;
use crate::forms::Fields;
use crate::problem::{Problem, capital};
use crate::state::Dashboard;

/// The longest password that is taken, in bytes.
const LONGEST_PASSWORD: usize = 1024;

/// The longest name of a user, in bytes.
const LONGEST_USER: usize = 320;

/// The server in the fields `host`, `port` and `security`; a port that is left out is the usual one.
pub(crate) fn server_of(
    dashboard: &Dashboard,
    visit: &InAccount,
    fields: &Fields,
    usual_port: fn(Security) -> u16,
) -> Result<SubmissionServer, Problem> {
    let security: Security = fields.text("security").parse().map_err(|_| Problem::bad_request())?;
    let port = match fields.text("port") {
        "" => usual_port(security),
        port => port.parse().map_err(|_| Problem::unclear("The port is a number from 1 to 65535."))?,
    };
    bound(dashboard, visit, fields.text("host"), port, security)
}

/// A server, bound to public addresses unless the operator names it or lets members name any.
pub(crate) fn bound(
    dashboard: &Dashboard,
    visit: &InAccount,
    host: &str,
    port: u16,
    security: Security,
) -> Result<SubmissionServer, Problem> {
    let any = visit.member.operator || dashboard.settings.private_servers;
    let server = SubmissionServer::new(host, port, security);
    let server = if any { server } else { server.and_then(SubmissionServer::only_public) };
    server.map_err(|error| Problem::unclear(capital(&error.to_string())))
}

/// A user's name on one line.
pub(crate) fn user_of(fields: &Fields) -> Result<String, Problem> {
    let user = fields.text("user");
    if user.is_empty() || user.len() > LONGEST_USER || user.chars().any(char::is_control) {
        return Err(Problem::unclear("The user's name is one line of at most 320 letters, often the mail address."));
    }
    Ok(user.to_owned())
}

/// A password as it was typed; none where the field was left empty. A password that was copied with spaces at its ends or
/// a line's end is taken without them: no provider gives one that has them.
pub(crate) fn password_of(fields: &Fields) -> Result<Option<Secret>, Problem> {
    let password = fields.text("password");
    if password.len() > LONGEST_PASSWORD || password.chars().any(char::is_control) {
        return Err(Problem::unclear("The password is one line of at most 1024 letters."));
    }
    Ok(Some(password).filter(|password| !password.is_empty()).map(|password| Secret::new(password.to_owned())))
}
