//! PostgreSQL cut off in the middle: before each single message of the protocol in turn, and after it, so that its
//! answer is lost. A COMMIT whose answer is lost may have been done or not; the mail is not acknowledged, and comes
//! again without harm. And a node that falls silent in the middle of a step, which keeps the others from nothing.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use crate::house::{House, Serving};
use crate::post::{self, ACCOUNT};

/// Where a connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// The message never reaches the server.
    Before,
    /// The server gets it, and its answer is lost.
    After,
}

/// Stands between the program and PostgreSQL.
struct Proxy {
    /// Messages until the cut; negative for none.
    left: AtomicI64,
    after: AtomicBool,
    cuts: AtomicI64,
    falls_silent: AtomicBool,
    silent: AtomicBool,
}

impl Proxy {
    /// Listens in `folder` as PostgreSQL does, and passes everything on to the socket `real`.
    fn between(folder: &Path, real: PathBuf) -> Arc<Self> {
        let proxy = Arc::new(Self {
            left: AtomicI64::new(-1),
            after: AtomicBool::new(false),
            cuts: AtomicI64::new(0),
            falls_silent: AtomicBool::new(false),
            silent: AtomicBool::new(false),
        });
        let listener = UnixListener::bind(folder.join(real.file_name().unwrap())).unwrap();
        let shared = Arc::clone(&proxy);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server, proxy) =
                    (client.unwrap(), UnixStream::connect(&real).unwrap(), Arc::clone(&shared));
                std::thread::spawn(move || proxy.carry(&client, &server));
            }
        });
        proxy
    }

    /// The message with this number, counted from 1, is the one at which its connection breaks.
    fn cut(&self, number: i64, cut: Cut) {
        self.cuts.store(0, Ordering::SeqCst);
        self.after.store(cut == Cut::After, Ordering::SeqCst);
        self.left.store(number, Ordering::SeqCst);
    }

    /// Nothing breaks any more; whether something did.
    fn mend(&self) -> bool {
        self.left.store(-1, Ordering::SeqCst);
        self.cuts.load(Ordering::SeqCst) > 0
    }

    /// The next step that changes something gets no further than to its COMMIT, which waits here. Its connection
    /// stays open, as that of a node does whose machine sleeps.
    fn fall_silent_in_a_step(&self) {
        self.falls_silent.store(true, Ordering::SeqCst);
    }

    /// The COMMIT goes on its way.
    fn wake(&self) {
        self.silent.store(false, Ordering::SeqCst);
    }

    fn is_silent(&self) -> bool {
        self.silent.load(Ordering::SeqCst)
    }

    /// Carries one connection until one side ends or it is cut.
    fn carry(&self, mut client: &UnixStream, mut server: &UnixStream) {
        let (from_server, to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        let muted = Arc::new(AtomicBool::new(false));
        let silent = Arc::clone(&muted);
        std::thread::spawn(move || answers(&from_server, &to_client, &silent));
        // The first message has no type (the start-up message), all others have one.
        let (mut typed, mut changes) = (false, false);
        while let Some(message) = message(client, typed) {
            typed = true;
            let says = |words: &str| message.windows(words.len()).any(|some| some == words.as_bytes());
            changes = (changes || says("READ COMMITTED")) && !says("READ ONLY");
            if changes && says("COMMIT\0") && self.falls_silent.swap(false, Ordering::SeqCst) {
                self.silent.store(true, Ordering::SeqCst);
                while self.is_silent() {
                    std::thread::sleep(Duration::from_millis(10));
                }
            }
            let at = self.left.fetch_sub(1, Ordering::SeqCst);
            if at == 1 {
                self.cuts.fetch_add(1, Ordering::SeqCst);
                if self.after.load(Ordering::SeqCst) {
                    muted.store(true, Ordering::SeqCst);
                    let _ = server.write_all(&message);
                    // The server has its answer ready; nobody will hear it. What it says nothing to ends by itself.
                    std::thread::sleep(Duration::from_millis(20));
                }
                break;
            }
            if at <= 0 {
                self.left.store(-1, Ordering::SeqCst);
            }
            if server.write_all(&message).is_err() {
                break;
            }
        }
        // Where the other side has gone, there is nothing to shut down.
        let _ = client.shutdown(std::net::Shutdown::Both);
        let _ = server.shutdown(std::net::Shutdown::Both);
        let _ = client.flush();
    }
}

/// One message of the frontend's protocol: type, length, content.
fn message(mut client: &UnixStream, typed: bool) -> Option<Vec<u8>> {
    let mut head = vec![0; if typed { 5 } else { 4 }];
    client.read_exact(&mut head).ok()?;
    let length: [u8; 4] = head[head.len() - 4..].try_into().unwrap();
    let mut rest = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap() - 4];
    client.read_exact(&mut rest).ok()?;
    head.extend(rest);
    Some(head)
}

fn answers(mut server: &UnixStream, mut client: &UnixStream, muted: &AtomicBool) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = server.read(&mut bytes) {
        if !muted.load(Ordering::SeqCst) && client.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = client.shutdown(std::net::Shutdown::Both);
}

/// The folder of the server's socket, out of a URL like `postgres://user@%2Ftmp%2Fx/name`, and the URL by another.
fn through(url: &str, folder: &Path) -> Option<(PathBuf, String)> {
    let (_, host) = url.split_once('@')?;
    let host = host.split('/').next()?;
    let (host, port) = host.split_once(':').unwrap_or((host, "5432"));
    let real = host.replace("%2F", "/").replace("%2f", "/");
    let through = folder.display().to_string().replace('/', "%2F");
    let socket = Path::new(&real).join(format!(".s.PGSQL.{port}"));
    socket.exists().then(|| (socket, url.replacen(host, &through, 1)))
}

/// A node that takes notices, with a proxy between it and its database.
struct Behind {
    house: House,
    to: String,
    proxy: Arc<Proxy>,
    serving: Serving,
    _folder: tempfile::TempDir,
    _database: cluster::FreshDatabase,
}

impl Behind {
    fn a_proxy() -> Option<Self> {
        let database = cluster::fresh_database()?;
        let folder = tempfile::tempdir().unwrap();
        let Some((real, url)) = through(&database.url(), folder.path()) else {
            eprintln!("skipped: the PostgreSQL given for the tests is not reached by a Unix socket");
            return None;
        };
        let house = House::on(database.url());
        house.run(&["account", "add", "Blue Widgets", "--store", "US"]).done();
        let to = post::inbound_address(&house);
        let proxy = Proxy::between(folder.path(), real);
        let serving = Serving::start_as(&house, &["--roles", "intake"], |command| {
            command.env("ABIDE_DATABASE", url);
        });
        Some(Self { house, to, proxy, serving, _folder: folder, _database: database })
    }
}

fn each_message_is_cut_in_turn(cut: Cut) {
    let Some(behind) = Behind::a_proxy() else { return };
    let Behind { house, to, proxy, serving, .. } = behind;
    let (mut refused, mut sent, mut number) = (0, Vec::new(), 0);
    loop {
        number += 1;
        let order = post::order(number);
        proxy.cut(i64::from(number), cut);
        let reply = post::post(&serving, &to, &order);
        let was_cut = proxy.mend();
        if reply.starts_with("250") {
            assert_eq!(post::listed(&house).get(&order), Some(&1), "acknowledged, cut {cut:?} message {number}");
        } else {
            assert!(post::asks_to_come_again(&reply), "{reply}, cut {cut:?} message {number}");
            refused += 1;
            let reply = post::post(&serving, &to, &order);
            assert!(reply.starts_with("250"), "{reply}, though nothing is cut since message {number}");
        }
        sent.push(order);
        if !was_cut {
            break;
        }
        assert!(number < 2000, "it never ends");
    }
    assert!(refused > 5, "{refused} of {number}");
    assert_eq!(serving.stop("-TERM"), 0);
    house.run(&["ledger", "verify"]).done();
    let listed = post::listed(&house);
    assert_eq!(listed.len(), sent.len(), "{ACCOUNT}");
    assert!(sent.iter().all(|order| listed.get(order) == Some(&1)), "{listed:?}");
}

#[test]
fn a_database_cut_off_before_any_message_loses_no_acknowledged_notice() {
    each_message_is_cut_in_turn(Cut::Before);
}

#[test]
fn a_database_whose_answer_is_lost_makes_nothing_twice() {
    each_message_is_cut_in_turn(Cut::After);
}

#[test]
fn a_node_that_falls_silent_in_the_middle_of_a_step_keeps_no_notice_from_the_others() {
    let Some(behind) = Behind::a_proxy() else { return };
    let Behind { house, to, proxy, serving: sleeper, .. } = behind;
    let other = Serving::start(&house, &["--roles", "intake"]);
    std::thread::scope(|scope| {
        proxy.fall_silent_in_a_step();
        let late = scope.spawn(|| post::post(&sleeper, &to, &post::order(1)));
        let began = Instant::now();
        while !proxy.is_silent() {
            assert!(began.elapsed() < Duration::from_mins(1), "no step came to its COMMIT");
            std::thread::sleep(Duration::from_millis(10));
        }
        // The account's lock is in the sleeper's hands.
        let reply = post::post(&other, &to, &post::order(2));
        proxy.wake();
        assert!(reply.starts_with("250"), "{reply}");
        // It wakes to a step that is over.
        let late = late.join().unwrap();
        assert!(post::asks_to_come_again(&late), "{late}");
    });
    assert!(post::post(&sleeper, &to, &post::order(1)).starts_with("250"));
    let listed = post::listed(&house);
    assert_eq!((listed.len(), listed.values().sum::<usize>()), (2, 2), "{listed:?}");
    assert_eq!((sleeper.stop("-TERM"), other.stop("-TERM")), (0, 0));
    house.run(&["ledger", "verify"]).done();
}
