//! Every reply the receiver can give, with its code (RFC 5321, 4.2.3) and enhanced code (RFC 3463, offered
//! by RFC 2034). The list is closed and holds no word of the peer's, so nothing can be echoed or logged.

/// One reply of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reply {
    code: &'static str,
    /// With its space at the end; empty where RFC 2034 allows none.
    enhanced: &'static str,
    text: &'static str,
}

impl Reply {
    pub(super) fn write_to(self, output: &mut Vec<u8>) {
        for part in [self.code, " ", self.enhanced, self.text, "\r\n"] {
            output.extend_from_slice(part.as_bytes());
        }
    }
}

const fn reply(code: &'static str, enhanced: &'static str, text: &'static str) -> Reply {
    Reply { code, enhanced, text }
}

pub(super) const HELP: Reply = reply("214", "2.0.0 ", "HELO EHLO STARTTLS MAIL RCPT DATA RSET NOOP VRFY HELP QUIT");
pub(super) const HELP_LMTP: Reply = reply("214", "2.0.0 ", "LHLO STARTTLS MAIL RCPT DATA RSET NOOP VRFY HELP QUIT");
pub(super) const READY_FOR_TLS: Reply = reply("220", "2.0.0 ", "Ready to start TLS");
pub(super) const BYE: Reply = reply("221", "2.0.0 ", "Goodbye");
pub(super) const OK: Reply = reply("250", "2.0.0 ", "OK");
pub(super) const SENDER_OK: Reply = reply("250", "2.1.0 ", "Sender OK");
pub(super) const RECIPIENT_OK: Reply = reply("250", "2.1.5 ", "Recipient OK");
pub(super) const MAIL_RECORDED: Reply = reply("250", "2.6.0 ", "Recorded");
/// RFC 5321, 3.5.3: addresses are secrets, so none is confirmed.
pub(super) const NOT_VERIFIED: Reply = reply("252", "2.1.5 ", "Addresses are not verified; send the mail and see");
/// RFC 2034, 4: a 3xx reply has no enhanced code.
pub(super) const SEND_DATA: Reply = reply("354", "", "Send the mail, end it with CRLF.CRLF");

pub(super) const SHUTTING_DOWN: Reply = reply("421", "4.3.2 ", "The server is stopping; come back soon");
pub(super) const TIMED_OUT: Reply = reply("421", "4.4.2 ", "Timed out");
pub(super) const TOO_MANY_FAULTS: Reply = reply("421", "4.7.0 ", "Too many errors");
pub(super) const TOO_MANY_UNKNOWN: Reply = reply("421", "4.7.0 ", "Too many unknown recipients");
pub(super) const TOO_MANY_MAILS: Reply = reply("421", "4.7.0 ", "Too many mails in one connection; open another");
pub(super) const TOO_MANY_COMMANDS: Reply = reply("421", "4.7.0 ", "Too many commands without a mail");
pub(super) const NOT_HTTP: Reply = reply("421", "4.7.0 ", "This is a mail server");
pub(super) const LOOKUP_FAILED: Reply = reply("451", "4.3.0 ", "The address can't be looked up now; try again later");
pub(super) const NOT_RECORDED: Reply = reply("451", "4.3.0 ", "The mail can't be recorded now; try again later");
pub(super) const STORAGE_FULL: Reply = reply("452", "4.3.1 ", "Storage is full; try again later");
pub(super) const NO_ROOM: Reply = reply("452", "4.3.1 ", "Too much mail at once; try again later");
pub(super) const FLOODED: Reply = reply("452", "4.7.0 ", "Too much unproven mail for this address; try again later");
pub(super) const TOO_MANY_RECIPIENTS: Reply =
    reply("452", "4.5.3 ", "Too many recipients; send the rest in another mail");

pub(super) const LINE_TOO_LONG: Reply = reply("500", "5.5.2 ", "Line too long");
pub(super) const LINE_END: Reply = reply("500", "5.5.2 ", "A line must end with CRLF");
pub(super) const NOT_TEXT: Reply = reply("500", "5.5.2 ", "A line must be text without control characters");
pub(super) const UNKNOWN_COMMAND: Reply = reply("500", "5.5.1 ", "Unknown command");
pub(super) const BAD_ARGUMENTS: Reply = reply("501", "5.5.4 ", "Bad arguments");
pub(super) const NAME_MISSING: Reply = reply("501", "5.5.4 ", "Say your name after the command");
pub(super) const BAD_SENDER: Reply = reply("501", "5.1.7 ", "Bad sender; write MAIL FROM:<address>");
pub(super) const BAD_RECIPIENT: Reply = reply("501", "5.1.3 ", "Bad recipient; write RCPT TO:<address>");
pub(super) const NOT_IMPLEMENTED: Reply = reply("502", "5.5.1 ", "Command not implemented");
pub(super) const NO_TLS: Reply = reply("502", "5.5.1 ", "TLS is not offered");
pub(super) const GREET_FIRST: Reply = reply("503", "5.5.1 ", "Say EHLO first");
pub(super) const GREET_FIRST_LMTP: Reply = reply("503", "5.5.1 ", "Say LHLO first");
pub(super) const ALREADY_SECURED: Reply = reply("503", "5.5.1 ", "TLS is active already");
pub(super) const MAIL_OPEN: Reply = reply("503", "5.5.1 ", "A mail is begun already");
pub(super) const MAIL_FIRST: Reply = reply("503", "5.5.1 ", "Say MAIL first");
pub(super) const NO_RECIPIENT: Reply = reply("554", "5.5.1 ", "No valid recipients");
/// RFC 2033, 4.2: in LMTP it is a 503.
pub(super) const NO_RECIPIENT_LMTP: Reply = reply("503", "5.5.1 ", "No valid recipients");
pub(super) const UNKNOWN_RECIPIENT: Reply = reply("550", "5.1.1 ", "No such address here");
pub(super) const RELAY_DENIED: Reply = reply("550", "5.7.1 ", "Relaying denied; that domain is not ours");
pub(super) const TOO_LARGE: Reply = reply("552", "5.3.4 ", "The mail is too large");
pub(super) const SMTPUTF8_NEEDED: Reply = reply("553", "5.6.7 ", "Such an address needs SMTPUTF8");
pub(super) const UNKNOWN_PARAMETER: Reply = reply("555", "5.5.4 ", "Unknown parameter");
