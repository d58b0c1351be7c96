//! The private Postfix's configuration: a submission server with STARTTLS and one with TLS from the first byte, sign-in
//! required on both, everything delivered to one Maildir. There is no `smtp` service, so it
//! can send nothing on but by LMTP, to where a test says.

use std::path::Path;

/// What `main.cf` and `master.cf` are made of.
pub(crate) struct Configuration<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) starttls_port: u16,
    pub(crate) tls_port: u16,
    pub(crate) sasl_port: u16,
    /// Of the user who owns the Maildir.
    pub(crate) owner: (u32, u32),
    pub(crate) daemons: &'a Path,
    /// Further lines of `main.cf`.
    pub(crate) further: &'a str,
}

impl Configuration<'_> {
    pub(crate) fn main(&self) -> String {
        let folder = self.folder.display();
        let (user, group) = self.owner;
        format!(
            "compatibility_level = 3.6\n\
             queue_directory = {folder}/queue\n\
             data_directory = {folder}/data\n\
             command_directory = /usr/sbin\n\
             daemon_directory = {daemons}\n\
             mail_owner = postfix\n\
             setgid_group = postdrop\n\
             maillog_file = {folder}/log\n\
             maillog_file_prefixes = {folder}\n\
             inet_interfaces = 127.0.0.1\n\
             inet_protocols = ipv4\n\
             myhostname = submission.test\n\
             mydestination =\n\
             mynetworks =\n\
             alias_maps =\n\
             alias_database =\n\
             relayhost =\n\
             default_transport = virtual\n\
             relay_transport = virtual\n\
             virtual_mailbox_base = {folder}/mail\n\
             virtual_mailbox_maps = static:box/\n\
             virtual_uid_maps = static:{user}\n\
             virtual_gid_maps = static:{group}\n\
             virtual_minimum_uid = 1\n\
             smtpd_tls_cert_file = {folder}/server.pem\n\
             smtpd_tls_key_file = {folder}/server.key\n\
             smtpd_tls_security_level = encrypt\n\
             smtpd_tls_auth_only = yes\n\
             smtpd_sasl_auth_enable = yes\n\
             smtpd_sasl_type = dovecot\n\
             smtpd_sasl_path = inet:127.0.0.1:{sasl}\n\
             smtpd_sasl_security_options = noanonymous\n\
             smtpd_relay_restrictions = permit_sasl_authenticated, reject\n\
             smtpd_recipient_restrictions = permit_sasl_authenticated, reject\n\
             smtpd_client_connection_count_limit = 0\n\
             smtpd_client_event_limit_exceptions = 127.0.0.0/8\n\
             notify_classes =\n\
             {further}\n",
            daemons = self.daemons.display(),
            sasl = self.sasl_port,
            further = self.further,
        )
    }

    pub(crate) fn master(&self) -> String {
        let services = "pickup unix n - n 60 1 pickup\n\
             cleanup unix n - n - 0 cleanup\n\
             qmgr unix n - n 300 1 qmgr\n\
             tlsmgr unix - - n 1000? 1 tlsmgr\n\
             rewrite unix - - n - - trivial-rewrite\n\
             bounce unix - - n - 0 bounce\n\
             defer unix - - n - 0 bounce\n\
             trace unix - - n - 0 bounce\n\
             verify unix - - n - 1 verify\n\
             flush unix n - n 1000? 0 flush\n\
             proxymap unix - - n - - proxymap\n\
             showq unix n - n - - showq\n\
             error unix - - n - - error\n\
             retry unix - - n - - error\n\
             discard unix - - n - - discard\n\
             virtual unix - n n - - virtual\n\
             anvil unix - - n - 1 anvil\n\
             lmtp unix - - n - - lmtp\n\
             postlog unix-dgram n - n - 1 postlogd\n";
        format!(
            "127.0.0.1:{} inet n - n - - smtpd\n\
             127.0.0.1:{} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n\
             {services}",
            self.starttls_port, self.tls_port
        )
    }
}
