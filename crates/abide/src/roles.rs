//! What one process does: take mail, serve the dashboard, work through the outbox. The ports are taken before
//! anything begins, so that a taken port ends the program with one sentence; at the end, what has begun is
//! finished.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use channel::TrustedRoots;
use delivery::MemberMailSettings;
use intake::http::HttpSettings;
use intake::server::{Certificate, Place, Tls};
use intake::session::{Protocol, Terms};
use intake::{FolderWatcher, Grader, IntakeError, NameServers, ReadingRoom, Reception, Server, ServerSettings};
use model::Timestamp;
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::arguments::Work;
use crate::configuration::Configuration;
use crate::exit::{Failure, in_full};
use crate::{dashboard, sending};

/// Requests and passes under way get this long to end.
const DRAIN: Duration = Duration::from_secs(40);

/// Roles whose ports are taken and which are yet to run.
pub struct Roles {
    store: Arc<Store>,
    intake: Option<Server<Reception>>,
    lmtp_intake: Option<Server<Reception>>,
    /// Who watches mail folders, if mail is taken.
    watcher: Option<FolderWatcher>,
    web: Option<(TcpListener, dashboard::Router)>,
    /// What the worker sends with, if there is one.
    worker: Option<TrustedRoots>,
    /// How the worker writes to members, if it does.
    member_mail: Option<MemberMailSettings>,
    /// The worker that grades what came in, if there is one.
    grader: Option<Grader<NameServers>>,
    /// Where mail is taken, if it is.
    pub smtp: Option<SocketAddr>,
    /// Where mail is taken by LMTP, if it is.
    pub lmtp: Option<Place>,
    /// Where the dashboard is served, if it is, and how browsers reach it.
    pub http: Option<(SocketAddr, String)>,
}

/// Roles at work.
pub struct Running {
    stop: watch::Sender<bool>,
    tasks: JoinSet<&'static str>,
}

impl Roles {
    /// Takes the ports.
    pub async fn prepare(
        configuration: &Configuration,
        store: &Arc<Store>,
        room: Arc<ReadingRoom>,
        work: &[Work],
    ) -> Result<Self, Failure> {
        let does = |role| work.is_empty() || work.contains(&role);
        let mut roles = Self {
            store: Arc::clone(store),
            intake: None,
            lmtp_intake: None,
            watcher: None,
            web: None,
            worker: does(Work::Worker).then(|| sending::trust(configuration)).transpose()?,
            member_mail: if does(Work::Worker) { sending::member_mail(configuration)? } else { None },
            grader: does(Work::Worker).then(|| grader(configuration, store)),
            smtp: None,
            lmtp: None,
            http: None,
        };
        if does(Work::Intake) {
            let server = receiver(configuration, store, &room, Protocol::Smtp).await?;
            roles.smtp = server.address();
            roles.intake = Some(server);
            let trust = sending::trust(configuration)?;
            roles.watcher = Some(FolderWatcher::new(Arc::clone(store), Arc::clone(&room), trust));
            if configuration.lmtp.is_some() {
                let server = receiver(configuration, store, &room, Protocol::Lmtp).await?;
                roles.lmtp = Some(server.place().clone());
                roles.lmtp_intake = Some(server);
            }
        }
        if does(Work::Web) {
            let listener = listen(configuration.http).await?;
            let address = listener.local_addr().map_err(|error| listening_failed(configuration.http, &error))?;
            let settings = dashboard::settings(configuration, address);
            roles.http = Some((address, settings.public_url.clone()));
            // Beside the dashboard, outside its sessions and its check of forms.
            let mail = intake::http::router(Arc::clone(store), Arc::clone(&room), HttpSettings::default());
            roles.web = Some((listener, dashboard::router(store, settings).merge(mail)));
        }
        Ok(roles)
    }

    /// Begins.
    pub fn start(self) -> Running {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for server in self.intake.into_iter().chain(self.lmtp_intake) {
            let stopped = told(stopped.clone());
            tasks.spawn(async move {
                server.run(stopped).await;
                "intake"
            });
        }
        if let Some(watcher) = self.watcher {
            let stopped = stopped.clone();
            tasks.spawn(async move {
                watcher.work_until(stopped).await;
                "the watcher of folders"
            });
        }
        if let Some((listener, router)) = self.web {
            let stopped = told(stopped.clone());
            tasks.spawn(async move {
                if let Err(error) = dashboard::serve(listener, router, stopped).await {
                    tracing::error!(%error, "the dashboard's listener broke");
                }
                "web"
            });
        }
        if let Some(grader) = self.grader {
            let stopped = stopped.clone();
            tasks.spawn(async move {
                grader.work_until(stopped, Timestamp::from_clock).await;
                "grader"
            });
        }
        if let Some(settings) = self.member_mail {
            let (store, stopped) = (Arc::clone(&self.store), stopped.clone());
            tasks.spawn(async move {
                delivery::write_to_members_until(&store, &settings, stopped, Timestamp::from_clock).await;
                "mail to members"
            });
        }
        if let Some(trust) = self.worker {
            let store = self.store;
            let (trying, trusted, ended) = (Arc::clone(&store), trust.clone(), stopped.clone());
            tasks.spawn(async move {
                delivery::try_senders_until(&trying, &trusted, ended, Timestamp::from_clock).await;
                "trying senders out"
            });
            tasks.spawn(async move {
                delivery::work_until(&store, trust, stopped, Timestamp::from_clock).await;
                "worker"
            });
        }
        Running { stop, tasks }
    }
}

/// Without name servers nothing can be proven; all else goes on, and the mails wait to be graded.
fn grader(configuration: &Configuration, store: &Arc<Store>) -> Grader<NameServers> {
    let servers = NameServers::new(&configuration.dns_servers).unwrap_or_else(|error| {
        tracing::error!(error = in_full(&error), "no signature can be checked");
        NameServers::none()
    });
    Grader::new(Arc::clone(store), configuration.trust.clone(), servers)
}

impl Running {
    /// Waits until `end` is ready, then ends all roles. A role that ends by itself ends the program, so that
    /// whoever watches over it starts it anew.
    pub async fn until(mut self, end: impl Future<Output = ()>) -> Result<(), Failure> {
        let broken = tokio::select! {
            () = end => None,
            Some(ended) = self.tasks.join_next() => Some(ended.unwrap_or("a role")),
        };
        // Nobody listens any more where all roles have ended already.
        let _ = self.stop.send(true);
        let drained = tokio::time::timeout(DRAIN, async { while self.tasks.join_next().await.is_some() {} });
        if drained.await.is_err() {
            tracing::warn!("some work did not end in time; nothing that was acknowledged is lost");
        }
        match broken {
            None => Ok(()),
            Some(role) => Err(Failure::could_not_run(format!("{role} ended by itself; its reason stands in the log"))),
        }
    }
}

async fn told(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is the end, too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn receiver(
    configuration: &Configuration,
    store: &Arc<Store>,
    room: &Arc<ReadingRoom>,
    protocol: Protocol,
) -> Result<Server<Reception>, Failure> {
    let domain = &configuration.inbound_domain;
    let terms = Terms::for_domain(domain).map_err(|error| Failure::usage(error.to_string()))?;
    let terms = Terms { protocol, ..terms };
    let certificate = match &configuration.tls {
        Some(files) => Certificate::Files { certificate: files.certificate.clone(), key: files.key.clone() },
        None => Certificate::SelfSigned(configuration.data.join("tls")),
    };
    let tls = Tls::open(&certificate, domain)?;
    let settings = ServerSettings::new(terms);
    let reception = Reception::new(Arc::clone(store), configuration.postmaster());
    let (room, recorder) = (Arc::clone(room), Arc::new(reception));
    let Some(place) = configuration.lmtp.as_ref().filter(|_| protocol == Protocol::Lmtp) else {
        return Ok(Server::bind(configuration.smtp, settings, Some(tls), room, recorder).await?);
    };
    Server::bind_at(place, settings, Some(tls), room, recorder).await.map_err(|error| match error {
        IntakeError::PortTaken(_) | IntakeError::PortForbidden(_) | IntakeError::Listen { .. } => Failure::could_not_run(
            format!("LMTP can't be taken at {place}: the port is taken, forbidden or of another machine; correct `lmtp` in abide.toml"),
        ),
        other => other.into(),
    })
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| listening_failed(address, &error))
}

fn listening_failed(address: SocketAddr, error: &std::io::Error) -> Failure {
    Failure::could_not_run(match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("{address} is taken by another program; stop it, or choose another address with ABIDE_HTTP")
        }
        std::io::ErrorKind::PermissionDenied => {
            format!("no right to listen on {address}; choose a port above 1023 with ABIDE_HTTP")
        }
        _ => format!("can't listen on {address}; is it an address of this machine? ({error})"),
    })
}
