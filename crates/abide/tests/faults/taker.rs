//! A submission server of the test's own: it takes every mail, keeps what came, and can be told to keep one client
//! waiting for the answer to RCPT.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// What the server has seen and is to do.
#[derive(Default)]
struct State {
    /// Clients that said RCPT while they were to wait.
    waiting: u32,
    holds: bool,
    /// Texts whose end came, each until its final dot.
    mails: Vec<String>,
    /// Clients that have gone.
    gone: u32,
}

/// A running server; it ends with the test.
#[derive(Clone)]
pub struct Taker {
    shared: Arc<(Mutex<State>, Condvar)>,
    pub port: u16,
}

impl Taker {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let taker = Self { shared: Arc::default(), port: listener.local_addr().unwrap().port() };
        let shared = taker.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let taker = shared.clone();
                std::thread::spawn(move || {
                    taker.serve(&stream);
                    taker.change(|state| state.gone += 1);
                });
            }
        });
        taker
    }

    /// Clients wait for the answer to RCPT from now on, or not any more.
    pub fn hold(&self, holds: bool) {
        self.change(|state| state.holds = holds);
    }

    /// Until a client waits.
    pub fn until_one_waits(&self) {
        self.until(|state| state.waiting > 0);
    }

    /// Until a client has gone.
    pub fn until_one_is_gone(&self) {
        self.until(|state| state.gone > 0);
    }

    /// Until so many mails have come; all that have.
    pub fn until_mails(&self, count: usize) -> Vec<String> {
        self.until(|state| state.mails.len() >= count);
        self.mails()
    }

    pub fn mails(&self) -> Vec<String> {
        self.shared.0.lock().unwrap().mails.clone()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.shared.0.lock().unwrap());
        self.shared.1.notify_all();
    }

    fn until(&self, reached: impl Fn(&State) -> bool) {
        let state = self.shared.0.lock().unwrap();
        let (state, ended) =
            self.shared.1.wait_timeout_while(state, Duration::from_mins(1), |state| !reached(state)).unwrap();
        assert!(!ended.timed_out(), "it never came: {} mails, {} gone", state.mails.len(), state.gone);
    }

    fn serve(&self, mut stream: &TcpStream) {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let mut text: Option<String> = None;
        if stream.write_all(b"220 test\r\n").is_err() {
            return;
        }
        while let Some(Ok(line)) = lines.next() {
            let reply = match &mut text {
                Some(whole) if line == "." => {
                    let whole = std::mem::take(whole);
                    text = None;
                    self.change(|state| state.mails.push(whole));
                    "250 taken\r\n"
                }
                Some(whole) => {
                    whole.push_str(&line);
                    whole.push('\n');
                    continue;
                }
                None if line == "DATA" => {
                    text = Some(String::new());
                    "354 go on\r\n"
                }
                None => {
                    if line.starts_with("RCPT") {
                        self.keep_waiting();
                    }
                    "250 ok\r\n"
                }
            };
            if stream.write_all(reply.as_bytes()).is_err() {
                return;
            }
        }
    }

    fn keep_waiting(&self) {
        let mut state = self.shared.0.lock().unwrap();
        if state.holds {
            state.waiting += 1;
            self.shared.1.notify_all();
            drop(self.shared.1.wait_while(state, |state| state.holds).unwrap());
        }
    }
}
