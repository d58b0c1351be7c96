//! Mailbox providers whose IMAP server a form fills in by itself, and what a password is there. The servers' names are the
//! providers' own, as they publish them; we have no account at any of them.

/// A provider of mailboxes.
#[derive(Debug)]
pub(crate) struct MailProvider {
    /// Its code in forms.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its IMAP server, by TLS on port 993 (RFC 8314).
    pub imap: &'static str,
    /// Where the password comes from, in one or two sentences.
    pub password: &'static str,
}

/// Those that sellers mostly have.
pub(crate) const PROVIDERS: &[MailProvider] = &[
    MailProvider {
        code: "gmail",
        name: "Gmail or Google Workspace",
        imap: "imap.gmail.com",
        password: "Turn on 2-step verification in your Google account, then make an app password there under Security, App \
                   passwords. Your usual password does not work here.",
    },
    MailProvider {
        code: "yahoo",
        name: "Yahoo",
        imap: "imap.mail.yahoo.com",
        password: "Make an app password in your Yahoo account under Security. Your usual password does not work here.",
    },
    MailProvider {
        code: "icloud",
        name: "iCloud",
        imap: "imap.mail.me.com",
        password: "Make an app-specific password in your Apple account. Your usual password does not work here.",
    },
    MailProvider {
        code: "fastmail",
        name: "Fastmail",
        imap: "imap.fastmail.com",
        password: "Make an app password under Settings, Privacy and Security, Integrations, with access to mail (IMAP).",
    },
    MailProvider {
        code: "gmx",
        name: "GMX",
        imap: "imap.gmx.net",
        password: "Allow access by IMAP in your mailbox's settings first. With two-factor sign-in, make an app password.",
    },
    MailProvider {
        code: "webde",
        name: "WEB.DE",
        imap: "imap.web.de",
        password: "Allow access by IMAP in your mailbox's settings first. With two-factor sign-in, make an app password.",
    },
];
