//! Where things are and where to listen: flag before environment before file before default. The file is
//! TOML, each key is documented in docs/abide.toml, and an unknown key is an error with its line. A
//! database's URL may hold a password and is never shown.

mod member_mail;

use std::ffi::OsString;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use intake::PostmasterBox;
use intake::server::Place;
use provenance::Trust;
use serde::Deserialize;
use store::Database;

use crate::arguments::{Everywhere, Listening};
use crate::exit::Failure;

/// Where mail is taken unless told otherwise.
pub const SMTP: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 2525);
/// Where the dashboard is served unless told otherwise.
pub const HTTP: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);
/// The domain of the inbound addresses until one is configured.
pub const INBOUND_DOMAIN: &str = "localhost";

/// What `abide.toml` may say; every key may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    json: Option<bool>,
    data: Option<PathBuf>,
    database: Option<Secret>,
    smtp: Option<String>,
    lmtp: Option<String>,
    http: Option<String>,
    inbound_domain: Option<String>,
    trusted_proxies: Option<Vec<IpAddr>>,
    allowed_hosts: Option<Vec<String>>,
    public_url: Option<String>,
    private_servers: Option<bool>,
    tls_certificate: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    sending_ca: Option<PathBuf>,
    dns_servers: Option<Vec<String>>,
    amazon_domains: Option<Vec<String>>,
    arc_sealers: Option<Vec<String>>,
    member_mail: Option<MemberMail>,
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

pub use member_mail::MemberMail;

/// Certificate and key for STARTTLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate with its chain, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

/// All settings, settled.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// One JSON object a line.
    pub json: bool,
    /// The folder of keys, configuration and the SQLite file.
    pub data: PathBuf,
    /// Where the data are.
    pub database: Database,
    /// Where mail is taken.
    pub smtp: SocketAddr,
    /// Where mail is taken from a mail server of one's own, by LMTP; none where it is not.
    pub lmtp: Option<Place>,
    /// Where the dashboard is served.
    pub http: SocketAddr,
    /// The domain of the inbound addresses.
    pub inbound_domain: String,
    /// Proxies whose `X-Forwarded-…` headers count.
    pub trusted_proxies: Vec<IpAddr>,
    /// Further names by which the dashboard may be called.
    pub allowed_hosts: Vec<String>,
    /// Where browsers reach the dashboard, where a proxy stands before it; without a slash at the end.
    pub public_url: Option<String>,
    /// Whether members may name mail servers of a private network or of this machine; the operator always may.
    pub private_servers: bool,
    /// Files for STARTTLS; none for a self-signed certificate.
    pub tls: Option<TlsFiles>,
    /// Further certificate authorities for the servers that stores send through, PEM.
    pub sending_ca: Option<PathBuf>,
    /// Name servers that are asked for keys; none for the machine's own.
    pub dns_servers: Vec<SocketAddr>,
    /// Whose signature proves a mail, and whose seal vouches for one.
    pub trust: Trust,
    /// How Abide writes to members; none where it does not.
    pub member_mail: Option<MemberMail>,
}

/// What the environment says; a variable that is empty counts as absent.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    data: Option<OsString>,
    database: Option<OsString>,
    config: Option<OsString>,
    smtp: Option<OsString>,
    http: Option<OsString>,
    sending_ca: Option<OsString>,
    data_home: Option<OsString>,
    home: Option<OsString>,
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            data: variable("ABIDE_DATA"),
            database: variable("ABIDE_DATABASE"),
            config: variable("ABIDE_CONFIG"),
            smtp: variable("ABIDE_SMTP"),
            http: variable("ABIDE_HTTP"),
            sending_ca: variable("ABIDE_SENDING_CA"),
            data_home: variable("XDG_DATA_HOME"),
            home: variable("HOME"),
        }
    }

    /// The same without anything that says where data are.
    pub fn without_data(self) -> Self {
        Self { smtp: self.smtp, http: self.http, ..Self::default() }
    }

    fn text(value: Option<&OsString>, name: &str) -> Result<Option<String>, Failure> {
        let text = value.map(|value| value.clone().into_string());
        text.transpose().map_err(|_| Failure::usage(format!("{name} is not text; set it again")))
    }

    /// The folder for a user's data, by the XDG base directory specification.
    fn data_folder(&self) -> Option<PathBuf> {
        let absolute = |path: &PathBuf| path.is_absolute();
        let home = self.home.as_ref().map(PathBuf::from).filter(absolute);
        let data_home = self.data_home.as_ref().map(PathBuf::from).filter(absolute);
        Some(data_home.or_else(|| home.map(|home| home.join(".local/share")))?.join("abide"))
    }
}

impl Configuration {
    /// Settles everything; reads the configuration file where there is one.
    pub fn settle(
        everywhere: &Everywhere,
        listening: Option<&Listening>,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let data = everywhere.data.clone().or_else(|| environment.data.as_ref().map(PathBuf::from));
        let named = everywhere.config.clone().or_else(|| environment.config.as_ref().map(PathBuf::from));
        let default_data = data.clone().or_else(|| environment.data_folder());
        let file = match (&named, &default_data) {
            (Some(path), _) => File::read(path)?.ok_or_else(|| {
                Failure::usage(format!("there is no configuration file {}; correct --config", path.display()))
            })?,
            (None, Some(data)) => File::read(&data.join("abide.toml"))?.unwrap_or_default(),
            (None, None) => File::default(),
        };
        if named.is_none() && file.data.is_some() {
            return Err(Failure::usage(
                "`data` in abide.toml counts only in a file given with --config, since this one was found by the data \
                 folder already; take it out",
            ));
        }
        let data = data.or(file.data).or(default_data).ok_or_else(|| {
            Failure::usage("neither ABIDE_DATA nor HOME is set, so there is no data folder; give one with --data DIR")
        })?;
        if data.is_file() {
            return Err(Failure::usage(format!("{} is a file; name a folder with --data", data.display())));
        }
        let url = everywhere.database.clone().or(Environment::text(environment.database.as_ref(), "ABIDE_DATABASE")?);
        let database = match url.or(file.database.map(|secret| secret.0)) {
            Some(url) => database_of(&url)?,
            None => Database::Sqlite(data.join("abide.db")),
        };
        let flag = listening.and_then(|listening| listening.smtp.clone());
        let variable = Environment::text(environment.smtp.as_ref(), "ABIDE_SMTP")?;
        let smtp = first_of([("--smtp", flag), ("ABIDE_SMTP", variable), ("`smtp` in abide.toml", file.smtp)]);
        let lmtp = file.lmtp.map(|text| place_of(&text)).transpose()?;
        let flag = listening.and_then(|listening| listening.http.clone());
        let variable = Environment::text(environment.http.as_ref(), "ABIDE_HTTP")?;
        let http = first_of([("--http", flag), ("ABIDE_HTTP", variable), ("`http` in abide.toml", file.http)]);
        let inbound_domain = file.inbound_domain.unwrap_or_else(|| INBOUND_DOMAIN.to_owned());
        intake::session::Terms::for_domain(&inbound_domain).map_err(|error| Failure::usage(error.to_string()))?;
        let tls = match (file.tls_certificate, file.tls_key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            _ => return Err(Failure::usage("`tls_certificate` and `tls_key` belong together; set both or none")),
        };
        Ok(Self {
            json: everywhere.json || file.json.unwrap_or_default(),
            data,
            database,
            smtp: smtp.map_or(Ok(SMTP), |(name, text)| address_of(&text, name))?,
            lmtp,
            http: http.map_or(Ok(HTTP), |(name, text)| address_of(&text, name))?,
            inbound_domain,
            trusted_proxies: file.trusted_proxies.unwrap_or_default(),
            allowed_hosts: file.allowed_hosts.unwrap_or_default(),
            public_url: file.public_url.map(|url| public_url(&url)).transpose()?,
            private_servers: file.private_servers.unwrap_or_default(),
            tls,
            sending_ca: environment.sending_ca.as_ref().map(PathBuf::from).or(file.sending_ca),
            dns_servers: file
                .dns_servers
                .unwrap_or_default()
                .iter()
                .map(|text| name_server(text))
                .collect::<Result<_, _>>()?,
            trust: Trust::in_only(file.amazon_domains.as_deref(), file.arc_sealers.as_deref())
                .map_err(|error| Failure::usage(format!("{error} (amazon_domains and arc_sealers in abide.toml)")))?,
            member_mail: file.member_mail.map(MemberMail::checked).transpose()?,
        })
    }

    /// The folder of the keys.
    pub fn keys(&self) -> PathBuf {
        self.data.join("keys")
    }

    /// The box with mail to the postmaster.
    pub fn postmaster(&self) -> PostmasterBox {
        PostmasterBox::at(self.data.join("postmaster"))
    }
}

impl File {
    /// Reads a file; none where there is none.
    fn read(path: &Path) -> Result<Option<Self>, Failure> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(error) => return Err(Failure::usage(format!("{} can't be read: {error}", path.display()))),
        };
        Self::parse(&text).map(Some).map_err(|problem| Failure::usage(format!("{}, {problem}", path.display())))
    }

    /// Reads its text; the error names the line, and shows nothing of it, since it may hold a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            format!("line {line}: {}; docs/abide.toml shows every key", error.message().replace('\n', ", "))
        })
    }
}

fn database_of(url: &str) -> Result<Database, Failure> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Database::Postgres(url.to_owned()));
    }
    match url.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() => Ok(Database::Sqlite(path.strip_prefix("//").unwrap_or(path).into())),
        _ => Err(Failure::usage(
            "the database's address is none that Abide knows; write it like postgres://user@localhost/abide, or leave \
             it out for a SQLite file in the data folder",
        )),
    }
}

fn name_server(text: &str) -> Result<SocketAddr, Failure> {
    let text = text.trim();
    let with_port = text.parse().ok().or_else(|| text.parse().ok().map(|ip| SocketAddr::new(ip, 53)));
    with_port.ok_or_else(|| {
        Failure::usage(format!(
            "`{text}` is no name server; write `dns_servers` like [\"192.0.2.1\", \"127.0.0.1:5353\"]"
        ))
    })
}

fn public_url(url: &str) -> Result<String, Failure> {
    let url = url.trim_end_matches('/');
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
        return Err(Failure::usage(
            "`public_url` must be scheme and host alone, such as https://abide.example.com; correct it in abide.toml",
        ));
    }
    Ok(url.to_ascii_lowercase())
}

/// The first place that says something, with its name.
fn first_of(places: [(&'static str, Option<String>); 3]) -> Option<(&'static str, String)> {
    places.into_iter().find_map(|(name, text)| Some((name, text?)))
}

/// A port, or `unix:` and the path of a socket.
fn place_of(text: &str) -> Result<Place, Failure> {
    const NAME: &str = "`lmtp` in abide.toml";
    match text.trim().strip_prefix("unix:") {
        Some(path) if Path::new(path).is_absolute() => Ok(Place::Socket(path.into())),
        Some(_) => Err(Failure::usage(format!("{NAME} needs the socket's whole path, like unix:/run/abide/lmtp"))),
        None => address_of(text, NAME).map(Place::Port),
    }
}

fn address_of(text: &str, name: &str) -> Result<SocketAddr, Failure> {
    let text = text.trim();
    let here = |port: &str| port.parse().ok().map(|port| SocketAddr::new(HTTP.ip(), port));
    text.parse()
        .ok()
        .or_else(|| text.strip_prefix("localhost:").and_then(here))
        .or_else(|| text.strip_prefix(':').and_then(here))
        .or_else(|| here(text))
        .ok_or_else(|| Failure::usage(format!("`{text}` is no address to listen on; write {name} like 127.0.0.1:2525")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everywhere(data: Option<&Path>) -> Everywhere {
        Everywhere { json: false, data: data.map(Path::to_owned), database: None, config: None }
    }

    #[test]
    fn the_documented_example_is_a_valid_file_with_and_without_its_comments() {
        let example = include_str!("../../../docs/abide.toml");
        assert_eq!(File::parse(example).unwrap(), File::default());
        let keys = example.lines().filter_map(|line| line.strip_prefix('#'));
        let keys: Vec<&str> =
            keys.filter(|line| line.contains(" = ") && !line.starts_with(' ') || line.starts_with('[')).collect();
        let file = File::parse(&keys.join("\n")).unwrap();
        assert!(file.lmtp.is_some());
        assert!(file.smtp.is_some() && file.http.is_some() && file.database.is_some() && file.inbound_domain.is_some());
        assert!(file.trusted_proxies.is_some() && file.allowed_hosts.is_some() && file.public_url.is_some());
        assert!(file.tls_certificate.is_some() && file.tls_key.is_some() && file.json.is_some() && file.data.is_some());
        assert!(file.sending_ca.is_some() && file.dns_servers.is_some());
        assert!(file.amazon_domains.is_some() && file.arc_sealers.is_some());
        assert!(file.member_mail.is_some() && file.private_servers.is_some());
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_a_password_is_not() {
        let problem = File::parse("smtp = \"127.0.0.1:25\"\ninbound_domian = \"x\"\n").unwrap_err();
        assert!(problem.starts_with("line 2: unknown field `inbound_domian`"), "{problem}");
        let problem = File::parse("database = [\"postgres://u:geheim@h/d\"]\n").unwrap_err();
        assert!(!problem.contains("geheim"), "{problem}");
        let file = File::parse("database = \"postgres://u:geheim@h/d\"\n").unwrap();
        assert!(!format!("{file:?}").contains("geheim"));
    }

    #[test]
    fn a_flag_goes_before_the_environment_before_the_file_before_the_default() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("abide.toml"), "smtp = \"127.0.0.1:1\"\nhttp = \"127.0.0.1:2\"\n").unwrap();
        let mut environment = Environment { smtp: Some("127.0.0.1:3".into()), ..Environment::default() };
        let all = everywhere(Some(folder.path()));
        let settled = Configuration::settle(&all, None, &environment).unwrap();
        assert_eq!((settled.smtp.port(), settled.http.port()), (3, 2));
        let flags = Listening { smtp: Some("localhost:4".into()), http: Some("5".into()) };
        let settled = Configuration::settle(&all, Some(&flags), &environment).unwrap();
        assert_eq!((settled.smtp.port(), settled.http.port()), (4, 5));
        environment.home = Some("/home/somebody".into());
        let settled = Configuration::settle(&everywhere(None), None, &environment).unwrap();
        assert_eq!(settled.data, Path::new("/home/somebody/.local/share/abide"));
        assert_eq!((settled.http, settled.inbound_domain.as_str()), (HTTP, "localhost"));
    }

    #[test]
    fn without_any_place_for_data_a_sentence_says_what_to_give() {
        let failure = Configuration::settle(&everywhere(None), None, &Environment::default()).unwrap_err();
        assert_eq!(failure.code(), 2);
        assert!(failure.sentence().unwrap().contains("--data DIR"));
    }
}
