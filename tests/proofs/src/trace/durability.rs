//! The rule of law 1 over a trace: between the last byte of what is acknowledged and the first byte of its
//! acknowledgement lies a whole commit, written and synced (SQLite) or answered by the server (PostgreSQL), and at
//! that moment no other commit of the process is half done. The second part holds where one thing is done at a time,
//! as these proofs do; it is what shows a commit that is synced only later.

use super::Call;

/// What commits go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A write-ahead log, which must be synced.
    Sqlite,
    /// A connection, on which COMMIT must be answered; the server syncs (its settings are checked at start).
    Postgres,
}

/// How something was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// 250 after a mail's data.
    Smtp,
    /// 2xx, or the redirection after a form, to a request that changes something.
    Http,
    /// The exit code 0.
    Exit,
}

/// One acknowledgement of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// By which door.
    pub door: Door,
    /// The line by which all of what it acknowledges had been read; none where that is the trace's beginning.
    pub received: Option<usize>,
    /// The line on which it began to be written.
    pub written: usize,
}

/// How the names of SQLite's files end, in a data folder of Abide's.
const LOG: &str = "/abide.db-wal";
const FILE: &str = "/abide.db";

/// The reply to a recorded mail, as the receiver words it.
const RECORDED: &str = "\"250 2.6.0 ";

/// All acknowledgements of a trace.
pub fn acknowledgements(calls: &[Call]) -> Vec<Acknowledgement> {
    let mut found = Vec::new();
    for (place, call) in calls.iter().enumerate() {
        let door = if call.name == "exit_group" && call.arguments == "0" {
            // While a process ends, a second thread of it may ask for the end once more: the first asked for it.
            if found.iter().any(|one: &Acknowledgement| one.door == Door::Exit) {
                continue;
            }
            Door::Exit
        } else if call.writes() && call.target.starts_with("TCP") && call.arguments.contains(RECORDED) {
            Door::Smtp
        } else if call.writes() && call.target.starts_with("TCP") && is_success(&call.arguments) {
            if !answers_a_change(&calls[..place], &call.target) {
                continue;
            }
            Door::Http
        } else {
            continue;
        };
        let heard = |other: &&Call| other.target == call.target && other.reads() && other.ended_before(call.began);
        let received = match door {
            Door::Exit => None,
            Door::Smtp | Door::Http => {
                calls[..place].iter().filter(heard).filter(|read| came(read)).filter_map(|read| read.ended).max()
            }
        };
        found.push(Acknowledgement { door, received, written: call.began });
    }
    found
}

fn is_success(arguments: &str) -> bool {
    ["\"HTTP/1.1 20", "\"HTTP/1.1 303 "].iter().any(|head| arguments.contains(head))
}

/// Whether the last request on that connection was one that changes something.
fn answers_a_change(before: &[Call], target: &str) -> bool {
    let verbs = ["\"GET ", "\"HEAD ", "\"POST ", "\"PUT ", "\"DELETE "];
    let mut heard = before.iter().rev().filter(|call| call.target == target && call.reads());
    let request = heard.find(|call| verbs.iter().any(|verb| call.arguments.contains(verb)));
    request.is_some_and(|call| !call.arguments.contains("\"GET ") && !call.arguments.contains("\"HEAD "))
}

/// Whether a reading call brought anything; a socket is often asked in vain.
fn came(call: &Call) -> bool {
    call.result.split(' ').next().is_some_and(|count| count.parse::<u64>().is_ok_and(|count| count > 0))
}

/// The acknowledgements that were written before what they acknowledge was durable.
pub fn undurable(calls: &[Call], engine: Engine) -> Vec<Acknowledgement> {
    let mut found = acknowledgements(calls);
    found.retain(|acknowledgement| {
        let after = |line: usize| acknowledgement.received.is_none_or(|received| line > received);
        let commits = match engine {
            Engine::Sqlite => sqlite_commits(calls, acknowledgement),
            Engine::Postgres => postgres_commits(calls),
        };
        let before = commits.iter().filter(|commit| commit.began < acknowledgement.written);
        let (mut any, mut half_done) = (false, false);
        for commit in before {
            let durable = commit.durable.is_some_and(|line| line < acknowledgement.written);
            half_done |= !durable;
            any |= durable && after(commit.began);
        }
        !any || half_done
    });
    found
}

/// Something that is to become durable.
struct Commit {
    /// The line on which it began.
    began: usize,
    /// The line by which it was durable.
    durable: Option<usize>,
}

/// Each write to the log is durable once a sync of the log that began after it has returned. A process that ends
/// may have moved the log into the database's file and taken it away: then that file's writes count, too. Where it
/// ends while it still moves it, the log is there and holds all of it.
fn sqlite_commits(calls: &[Call], acknowledgement: &Acknowledgement) -> Vec<Commit> {
    let taken = calls.iter().any(|call| call.takes_away(LOG) && call.began < acknowledgement.written);
    let matters = |target: &str| target.ends_with(LOG) || (taken && target.ends_with(FILE));
    let syncs: Vec<&Call> = calls.iter().filter(|call| call.synced() && matters(&call.target)).collect();
    let writes = calls.iter().filter(|call| call.writes() && matters(&call.target));
    let durable = |write: &Call| {
        let later = |sync: &&&Call| sync.target == write.target && write.ended_before(sync.began);
        syncs.iter().filter(later).filter_map(|sync| sync.ended).min()
    };
    writes.map(|write| Commit { began: write.began, durable: durable(write) }).collect()
}

/// Each COMMIT of a transaction that may change something, with the line by which its answer had been read.
fn postgres_commits(calls: &[Call]) -> Vec<Commit> {
    let mut commits = Vec::new();
    for (place, call) in calls.iter().enumerate() {
        if !(call.writes() && call.arguments.contains("COMMIT\\0")) {
            continue;
        }
        let same = |other: &&Call| other.target == call.target;
        let begun =
            calls[..place].iter().rev().filter(same).find(|other| other.writes() && other.arguments.contains("BEGIN"));
        if begun.is_none_or(|begin| begin.arguments.contains("READ ONLY")) {
            continue;
        }
        let mut later = calls[place + 1..].iter().filter(same);
        let answer = later.find(|other| other.reads() && other.arguments.contains("COMMIT\\0"));
        commits.push(Commit { began: call.began, durable: answer.and_then(|answer| answer.ended) });
    }
    commits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::parse;

    const MAIL: &str = "1 recvfrom(9<TCP:[a->b]>, \"hi\\r\\n.\\r\\n\", 99, 0, NULL, NULL) = 7";
    const WRITE: &str = "2 pwrite64(11</d/abide.db-wal>, \"x\", 1, 0) = 1";
    const SYNC: &str = "2 fdatasync(11</d/abide.db-wal>) = 0";
    const REPLY: &str = "1 sendto(9<TCP:[a->b]>, \"250 2.6.0 Recorded\\r\\n\", 20, 0, NULL, 0) = 20";
    const BEGIN: &str = "3 sendto(7<UNIX-STREAM:[1->2]>, \"Q\\0\\0\\0\\37BEGIN ISOLATION LEVEL READ COMMITTED\\0\", 44, 0, NULL, 0) = 44";
    const LOOK: &str = "3 sendto(7<UNIX-STREAM:[1->2]>, \"Q\\0\\0\\0\\37BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY\\0\", 44, 0, NULL, 0) = 44";
    const COMMIT: &str = "3 sendto(7<UNIX-STREAM:[1->2]>, \"Q\\0\\0\\0\\vCOMMIT\\0\", 12, 0, NULL, 0) = 12";
    const ANSWER: &str =
        "3 recvfrom(7<UNIX-STREAM:[1->2]>, \"C\\0\\0\\0\\vCOMMIT\\0Z\\0\\0\\0\\5I\", 99, 0, NULL, NULL) = 18";
    const POST: &str = "1 recvfrom(9<TCP:[a->b]>, \"POST /x HTTP/1.1\\r\\n\\r\\n\", 99, 0, NULL, NULL) = 20";
    const GET: &str = "1 recvfrom(9<TCP:[a->b]>, \"GET /x HTTP/1.1\\r\\n\\r\\n\", 99, 0, NULL, NULL) = 20";
    const SEE_OTHER: &str = "1 writev(9<TCP:[a->b]>, [{iov_base=\"HTTP/1.1 303 See Other\\r\\n\", iov_len=9}], 1) = 9";
    const EXIT: &str = "1 exit_group(0) = ?";

    fn faulty(engine: Engine, lines: &[&str]) -> usize {
        undurable(&parse(&lines.join("\n")), engine).len()
    }

    #[test]
    fn a_reply_after_write_and_sync_is_durable_and_no_other() {
        let sqlite = |lines: &[&str]| faulty(Engine::Sqlite, lines);
        assert_eq!(sqlite(&[MAIL, WRITE, SYNC, REPLY]), 0);
        assert_eq!(sqlite(&[MAIL, WRITE, REPLY, SYNC]), 1, "synced too late");
        assert_eq!(sqlite(&[MAIL, WRITE, REPLY]), 1, "never synced");
        assert_eq!(sqlite(&[MAIL, SYNC, WRITE, REPLY]), 1, "synced before it was written");
        assert_eq!(sqlite(&[WRITE, SYNC, MAIL, REPLY]), 1, "an older commit");
        assert_eq!(sqlite(&[MAIL, WRITE, SYNC, WRITE, REPLY]), 1, "a later part is not synced");
        assert_eq!(sqlite(&[MAIL, REPLY]), 1, "nothing at all");
    }

    #[test]
    fn a_process_ends_once_though_two_of_its_threads_ask_for_it() {
        let (first, second) = ("1 exit_group(0 <unfinished ...>", "4 exit_group(0 <unfinished ...>");
        let lines = [WRITE, SYNC, first, second, "1 <... exit_group resumed>) = ?"].join("\n");
        assert_eq!(acknowledgements(&parse(&lines)).len(), 1);
        assert_eq!(faulty(Engine::Sqlite, &[WRITE, first, SYNC, second]), 1, "the first of them counts");
    }

    #[test]
    fn a_sync_that_has_begun_is_not_one_that_has_returned() {
        let (began, ended) = ("2 fdatasync(11</d/abide.db-wal> <unfinished ...>", "2 <... fdatasync resumed>) = 0");
        assert_eq!(faulty(Engine::Sqlite, &[MAIL, WRITE, began, ended, REPLY]), 0);
        assert_eq!(faulty(Engine::Sqlite, &[MAIL, WRITE, began, REPLY, ended]), 1);
    }

    #[test]
    fn on_postgres_the_commit_must_be_answered_and_must_be_one_that_changes() {
        let postgres = |lines: &[&str]| faulty(Engine::Postgres, lines);
        assert_eq!(postgres(&[MAIL, BEGIN, COMMIT, ANSWER, REPLY]), 0);
        assert_eq!(postgres(&[MAIL, BEGIN, COMMIT, REPLY, ANSWER]), 1, "answered too late");
        assert_eq!(postgres(&[MAIL, LOOK, COMMIT, ANSWER, REPLY]), 1, "only looked");
        assert_eq!(postgres(&[BEGIN, COMMIT, ANSWER, MAIL, REPLY]), 1, "an older commit");
    }

    #[test]
    fn requests_that_change_and_the_end_of_a_command_count_too() {
        assert_eq!(faulty(Engine::Sqlite, &[POST, WRITE, SYNC, SEE_OTHER]), 0);
        assert_eq!(faulty(Engine::Sqlite, &[POST, WRITE, SEE_OTHER, SYNC]), 1);
        assert_eq!(acknowledgements(&parse(&[GET, SEE_OTHER].join("\n"))), []);
        assert_eq!(faulty(Engine::Sqlite, &[WRITE, SYNC, EXIT]), 0);
        assert_eq!(faulty(Engine::Sqlite, &[WRITE, EXIT]), 1);
        let file = "1 pwrite64(3</d/abide.db>, \"x\", 1, 0) = 1";
        let synced = "1 fdatasync(3</d/abide.db>) = 0";
        let gone = "1 unlink(\"/d/abide.db-wal\") = 0";
        let emptied = "1 ftruncate(11</d/abide.db-wal>, 0) = 0";
        for taken in [gone, emptied] {
            assert_eq!(faulty(Engine::Sqlite, &[WRITE, SYNC, file, taken, EXIT]), 1, "moved and not synced");
            assert_eq!(faulty(Engine::Sqlite, &[WRITE, SYNC, file, synced, taken, EXIT]), 0);
        }
        assert_eq!(faulty(Engine::Sqlite, &[WRITE, SYNC, file, EXIT]), 0, "the log still holds it");
        assert_eq!(faulty(Engine::Sqlite, &[WRITE, file, gone, EXIT]), 1, "neither is synced");
        assert_eq!(faulty(Engine::Postgres, &[BEGIN, COMMIT, ANSWER, EXIT]), 0);
        assert_eq!(faulty(Engine::Postgres, &[BEGIN, COMMIT, EXIT]), 1);
    }
}
