//! The kill loop: the program under load, SIGKILL at a random instant, start again, and every law checked by what
//! stands there. A seed brings the choices back; what the machine's scheduler does it can't.

mod laws;
mod load;
mod memory;
mod picture;

use std::process::Child;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cluster::FreshDatabase;
use store::Store;

use self::load::{Round, books};
use self::memory::{KnownAccount, Memory, Reported};
use self::picture::{Ledgers, Picture, What};
use crate::house::{self, House, Serving};
use crate::random::Random;
use crate::sink::Sink;
use crate::smtp::{Answer, Session};
use crate::{Fault, fault, letters};

/// Sellers of the installation; several, since what one waits for must not hold another.
const ACCOUNTS: [&str; 3] = ["Blue Widgets", "Green Gadgets", "Red Rockets"];
/// Peers that deliver at the same time.
const PEERS: usize = 3;

/// A round ends after this long, however little was sent.
const LONGEST_ROUND: Duration = Duration::from_secs(20);

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A private PostgreSQL, which is ended in some rounds, too.
    Postgres,
}

impl std::fmt::Display for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// How a loop goes.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The database.
    pub engine: Engine,
    /// Kills.
    pub rounds: u64,
    /// The seed of all choices.
    pub seed: u64,
    /// Rounds between two looks at everything; there is one at the end in any case.
    pub look_every: u64,
    /// Whether messages really leave, to a submission server of the proof's own; else they are captured.
    pub live: bool,
    /// The most notices that a round sends before its kill; how many it is, is chosen anew for each.
    pub busiest: u64,
}

/// What a loop did; every law held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Programs killed: servers …
    pub servers: u64,
    /// … command lines in the middle of an import …
    pub importers: u64,
    /// … and PostgreSQL itself.
    pub databases: u64,
    /// Notices with their own Message-ID that were sent …
    pub notices: u64,
    /// … acknowledgements, repetitions counted …
    pub acknowledged: u64,
    /// … and transmissions that were not acknowledged.
    pub unacknowledged: u64,
    /// Orders in imports that ended with 0.
    pub orders: u64,
    /// Permits granted.
    pub attempts: u64,
    /// Messages captured.
    pub captured: u64,
    /// Messages that the submission server took.
    pub left: u64,
    /// Messages that a notice named as already leaving.
    pub already_leaving: u64,
    /// Entries of all ledgers.
    pub entries: u64,
}

/// Runs a loop; `say` is told of its progress. A law that does not hold is a fault, told with the seed.
pub fn run(settings: &Settings, say: &mut dyn FnMut(String)) -> Result<Figures, Fault> {
    let database = match settings.engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(cluster::fresh_database().ok_or_else(|| fault("PostgreSQL was left out"))?),
    };
    let mut killing = Killing::prepare(settings, database)?;
    killing.rounds(say).map_err(|why| fault(format!("{}, seed {}: {why}", settings.engine, settings.seed)))?;
    Ok(killing.figures)
}

struct Killing<'a> {
    settings: &'a Settings,
    database: Option<FreshDatabase>,
    house: House,
    memory: Mutex<Memory>,
    ledgers: Ledgers,
    random: Random,
    runtime: tokio::runtime::Runtime,
    sink: Option<Sink>,
    figures: Figures,
}

impl<'a> Killing<'a> {
    fn prepare(settings: &'a Settings, database: Option<FreshDatabase>) -> Result<Self, Fault> {
        let house = match &database {
            Some(database) => House::on(database.url())?,
            None => House::new()?,
        };
        let mut random = Random::seeded(settings.seed);
        let sink = settings.live.then(|| Sink::start(random.fork())).transpose()?;
        let campaign = house.file("ask.toml", letters::campaign())?;
        let mut memory = Memory::default();
        for name in ACCOUNTS {
            let added = house.objects(&["account", "add", name, "--store", "US"])?;
            let handle = added[0]["handle"].as_str().unwrap_or_default().to_owned();
            house.objects(&["campaign", "add", "--account", &handle, &campaign])?;
            let addresses = house.objects(&["address", "list", "--account", &handle])?;
            let address = addresses.iter().find(|address| address["kind"] == "any").unwrap_or(&addresses[0]);
            let address = address["address"].as_str().unwrap_or_default().to_owned();
            if let Some(sink) = &sink {
                go_live(&house, &handle, sink)?;
            }
            memory.accounts.push(KnownAccount { handle, address, ..KnownAccount::default() });
        }
        Ok(Self {
            settings,
            database,
            house,
            memory: Mutex::new(memory),
            ledgers: Ledgers::default(),
            random,
            sink,
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
            figures: Figures::default(),
        })
    }

    fn rounds(&mut self, say: &mut dyn FnMut(String)) -> Result<(), Fault> {
        let began = Instant::now();
        for round in 1..=self.settings.rounds {
            self.round()?;
            if round % self.settings.look_every == 0 || round == self.settings.rounds {
                self.look()?;
                say(format!(
                    "{}: {round} rounds in {} s, all laws hold: {:?}",
                    self.settings.engine,
                    began.elapsed().as_secs(),
                    self.figures
                ));
            }
        }
        self.settle()?;
        self.look()
    }

    /// One round: start, load, kill at a random instant.
    fn round(&mut self) -> Result<(), Fault> {
        let mut serving = Serving::start(self.house.command(&Serving::arguments("intake,worker")))?;
        if self.random.percent(8) {
            // In the midst of starting.
            std::thread::sleep(Duration::from_millis(self.random.below(60)));
            self.figures.servers += 1;
            return serving.kill();
        }
        let address = serving.said()?["smtp"].as_str().unwrap_or_default().to_owned();
        let enough = transmitted(&books(&self.memory)) + self.random.below(self.settings.busiest);
        let (over, running) = (AtomicBool::new(false), Mutex::new(Vec::<Child>::new()));
        let round = Round { house: &self.house, memory: &self.memory, over: &over, running: &running };
        let crash = self.database.as_ref().filter(|database| database.may_crash() && self.random.percent(20));
        let (kill_importers, files) = (self.random.percent(50), self.random.percent(30));
        let figures = &mut self.figures;
        let random = &mut self.random;
        std::thread::scope(|scope| {
            let mut importers = Vec::new();
            for _ in 0..PEERS {
                let (round, random, address) = (&round, random.fork(), &address);
                scope.spawn(move || round.deliver(address, random));
            }
            let (of_round, own) = (&round, random.fork());
            importers.push(scope.spawn(move || of_round.import_orders(own)));
            if files {
                let own = random.fork();
                importers.push(scope.spawn(move || of_round.import_mails(own)));
            }
            // By what was sent, not by time alone, so that a slow machine proves as much.
            let began = Instant::now();
            while transmitted(&books(&self.memory)) < enough && began.elapsed() < LONGEST_ROUND {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_millis(random.below(40)));
            let killed = if let Some(database) = crash {
                figures.databases += 1;
                crashed(database, &mut serving, &address, random, figures)
            } else {
                figures.servers += 1;
                serving.kill()
            };
            over.store(true, Ordering::Relaxed);
            if kill_importers {
                figures.importers += u64::try_from(running.lock().map_or(0, |running| running.len())).unwrap_or(0);
                round.kill_importers()?;
            }
            killed?;
            for importer in importers {
                importer.join().map_err(|_| fault("an importer's thread broke off"))??;
            }
            Ok(())
        })
    }

    /// Looks at everything that stands there and checks every law on it.
    fn look(&mut self) -> Result<(), Fault> {
        let store = self.house.store(&self.runtime)?;
        let looked = self.look_at(&store);
        drop(store);
        looked
    }

    fn look_at(&mut self, store: &Store) -> Result<(), Fault> {
        let mut memory = books(&self.memory);
        let mut faults = Vec::new();
        let mut figures = Figures {
            servers: self.figures.servers,
            importers: self.figures.importers,
            databases: self.figures.databases,
            ..Figures::default()
        };
        let taken = self.sink.as_ref().map(Sink::taken);
        figures.left = u64::try_from(taken.as_ref().map_or(0, Vec::len))?;
        let Memory { accounts, notices } = &mut *memory;
        for notice in notices.iter() {
            figures.notices += 1;
            figures.acknowledged += notice.acknowledged;
            figures.unacknowledged += notice.transmitted - notice.acknowledged;
        }
        for known in accounts.iter_mut() {
            let verified = verify(&self.house, known)?;
            let handle = known.handle.parse()?;
            let account = self.runtime.block_on(store.account(&handle))?;
            let picture = self.runtime.block_on(Picture::of(store, &account, &mut self.ledgers))?;
            faults.extend(laws::notices(known, notices, &picture));
            faults.extend(laws::never_again(known, notices, &picture));
            faults.extend(laws::outbox(&picture));
            if let Some(taken) = &taken {
                faults.extend(laws::accepted(known, &picture, taken));
            }
            for (id, order) in &known.orders {
                let found = self.runtime.block_on(picture::order(store, &account, id))?;
                let whole = found.as_ref().map(|found| {
                    let alias = found.alias.as_ref().map(model::Alias::as_str);
                    alias == order.reported.alias.as_deref() && found.items.len() == letters::ROWS_EACH
                });
                match (order.state, whole) {
                    (Reported::Done, Some(true)) => figures.orders += 1,
                    (Reported::Not, None) | (Reported::Begun, None | Some(true)) => {}
                    (state, whole) => faults.push(format!("order {id} is reported: {state:?}; whole there: {whole:?}")),
                }
            }
            for event in &picture.events {
                match &event.what {
                    What::Attempt { .. } => figures.attempts += 1,
                    What::Outcome { state, .. } if state == "captured" => figures.captured += 1,
                    What::Notice { already_leaving, .. } | What::Learnt { already_leaving, .. } => {
                        figures.already_leaving += u64::try_from(already_leaving.len())?;
                    }
                    _ => {}
                }
            }
            figures.entries += u64::try_from(picture.events.len())?;
            known.head = Some(verified);
        }
        self.figures = figures;
        if faults.is_empty() {
            return Ok(());
        }
        faults.truncate(20);
        Err(fault(faults.join("\n  ")))
    }

    /// After the last kill the program must find its way by itself: every notice that was not acknowledged is taken
    /// when it is sent again, and the server ends when it is told to.
    fn settle(&mut self) -> Result<(), Fault> {
        let mut serving = Serving::start(self.house.command(&Serving::arguments("intake,worker")))?;
        let address = serving.said()?["smtp"].as_str().unwrap_or_default().to_owned();
        let mut session = Session::open(&address)?;
        let mut memory = books(&self.memory);
        let Memory { accounts, notices } = &mut *memory;
        for (sent, notice) in notices.iter_mut().filter(|notice| notice.acknowledged == 0).enumerate() {
            if sent % 500 == 499 {
                // A session takes a limited number of mails.
                session = Session::open(&address)?;
            }
            notice.transmitted += 1;
            match session.deliver(&accounts[notice.account].address, &notice.mail)? {
                Answer::Acknowledged => notice.acknowledged += 1,
                Answer::NotTaken(reply) => return Err(fault(format!("sent again, a notice was answered {reply}"))),
            }
        }
        serving.stop()
    }
}

/// Lets the account's messages leave to the sink.
fn go_live(house: &House, handle: &str, sink: &Sink) -> Result<(), Fault> {
    let (port, store) = (sink.port().to_string(), ["--account", handle, "--store", "US"]);
    let server = ["--from", "orders@shop.example", "--server", "127.0.0.1", "--port", &port, "--security", "none"];
    let limits = ["--connections", "4", "--per-minute", "6000"];
    house.objects(&[&["sender", "set"], &store[..], &server, &limits].concat())?;
    house.objects(&[&["store", "live"], &store[..], &["--yes"]].concat())?;
    Ok(())
}

fn transmitted(memory: &Memory) -> u64 {
    memory.notices.iter().map(|notice| notice.transmitted).sum()
}

/// Ends PostgreSQL at once and begins it anew. The server lives on, or is killed meanwhile; where it lives, it must
/// take a notice again by itself.
fn crashed(
    database: &FreshDatabase,
    serving: &mut Serving,
    address: &str,
    random: &mut Random,
    figures: &mut Figures,
) -> Result<(), Fault> {
    database.crash().map_err(Fault)?;
    let also_server = random.percent(50);
    if also_server {
        figures.servers += 1;
        serving.kill()?;
    }
    std::thread::sleep(Duration::from_millis(random.below(200)));
    database.start_again().map_err(Fault)?;
    if also_server {
        return Ok(());
    }
    let recovered = house::until("the server takes mail again after PostgreSQL came back", || {
        // A recipient that does not exist is answered 550 where the database answers, 451 where it doesn't.
        let Ok(mut session) = Session::open(address) else { return Ok(None) };
        let Ok(answer) = session.deliver("nobody-at-all@localhost", b"") else { return Ok(None) };
        Ok(matches!(answer, Answer::NotTaken(reply) if reply.starts_with("550")).then_some(()))
    });
    figures.servers += 1;
    serving.kill()?;
    recovered
}

/// The ledger verifies and still holds the head of last time; its head now.
fn verify(house: &House, known: &KnownAccount) -> Result<String, Fault> {
    let mut arguments = vec!["ledger", "verify", "--account", &known.handle];
    if let Some(head) = &known.head {
        arguments.extend(["--head", head]);
    }
    let said = house.objects(&arguments)?;
    let head = said.first().and_then(|said| said["head"].as_str());
    head.map(str::to_owned).ok_or_else(|| fault("ledger verify said no head"))
}
