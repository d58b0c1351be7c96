//! strace's lines as calls. A call that another thread's call interrupted in the trace stands on two lines,
//! `<unfinished ...>` and `<... resumed>`; it began at the first and ended at the second.

use std::collections::HashMap;

/// One system call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// What its first argument's descriptor stands for: a path, or a socket with its two ends. Empty without one.
    pub target: String,
    /// All of its arguments, as strace writes them.
    pub arguments: String,
    /// What it returned, as strace writes it.
    pub result: String,
    /// The line on which it began.
    pub began: usize,
    /// The line on which it had returned; none where the trace ends before.
    pub ended: Option<usize>,
}

impl Call {
    /// Whether it writes to its target.
    pub fn writes(&self) -> bool {
        matches!(self.name.as_str(), "write" | "writev" | "sendto" | "sendmsg" | "pwrite64" | "pwritev")
    }

    /// Whether it reads from its target.
    pub fn reads(&self) -> bool {
        matches!(self.name.as_str(), "read" | "readv" | "recvfrom" | "recvmsg")
    }

    /// Whether it made its target durable: it was really done, not only answered for by strace's injection.
    pub fn synced(&self) -> bool {
        matches!(self.name.as_str(), "fsync" | "fdatasync") && self.result == "0"
    }

    /// Whether it takes a file of that name's ending away, or what is in it.
    pub fn takes_away(&self, ending: &str) -> bool {
        match self.name.as_str() {
            "unlink" | "unlinkat" => self.arguments.contains(&format!("{ending}\"")),
            "ftruncate" => self.target.ends_with(ending),
            _ => false,
        }
    }

    /// Whether it had returned before that line.
    pub fn ended_before(&self, line: usize) -> bool {
        self.ended.is_some_and(|ended| ended < line)
    }
}

/// The calls of a trace made with `-f -o FILE`, in the order in which they began.
pub fn parse(trace: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut unfinished: HashMap<(&str, &str), usize> = HashMap::new();
    for (line, text) in trace.lines().enumerate() {
        let Some((process, text)) = text.split_once(' ') else { continue };
        let text = text.trim_start();
        if let Some(rest) = text.strip_prefix("<... ") {
            let Some((name, rest)) = rest.split_once(" resumed>") else { continue };
            if let Some(place) = unfinished.remove(&(process, name)) {
                let call = &mut calls[place];
                let (arguments, result) = split_result(rest);
                call.arguments.push_str(arguments);
                result.clone_into(&mut call.result);
                call.ended = Some(line);
            }
            continue;
        }
        let Some((name, rest)) = text.split_once('(') else { continue };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            continue;
        }
        let broken = rest.strip_suffix("<unfinished ...>").map(str::trim_end);
        let (arguments, result) = broken.map_or_else(|| split_result(rest), |arguments| (arguments, ""));
        let ended = broken.is_none().then_some(line);
        if broken.is_some() {
            unfinished.insert((process, name), calls.len());
        }
        calls.push(Call {
            name: name.to_owned(),
            target: target(arguments).to_owned(),
            arguments: arguments.to_owned(),
            result: result.to_owned(),
            began: line,
            ended,
        });
    }
    calls
}

/// Arguments and result of `…) = 0`; a string among the arguments may hold the same signs, so the last one counts.
fn split_result(text: &str) -> (&str, &str) {
    text.rsplit_once(" = ").map_or((text, ""), |(arguments, result)| {
        let arguments = arguments.trim_end();
        (arguments.strip_suffix(')').unwrap_or(arguments), result.trim())
    })
}

/// `7</data/abide.db-wal>, …` stands for `/data/abide.db-wal`; `->` may stand within a socket's.
fn target(arguments: &str) -> &str {
    let digits = arguments.bytes().take_while(u8::is_ascii_digit).count();
    let Some(rest) = arguments.get(digits..).and_then(|rest| rest.strip_prefix('<')) else { return "" };
    if digits == 0 {
        return "";
    }
    let end = [">, ", ">)"].iter().filter_map(|end| rest.find(end)).min();
    let named = end.map_or(rest.trim_end_matches('>'), |end| &rest[..end]);
    named.strip_suffix("(deleted)").unwrap_or(named).trim_end_matches('>')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_call_on_one_line_and_one_on_two_are_read_with_their_lines() {
        let trace = "7 fdatasync(11</d/abide.db-wal> <unfinished ...>\n\
                     8 sendto(9<TCP:[127.0.0.1:25->127.0.0.1:9]>, \"250 a) = 1\\r\\n\", 12, MSG_NOSIGNAL, NULL, 0) = 12\n\
                     7 <... fdatasync resumed>) = 0\n\
                     8 +++ exited with 0 +++\n\
                     7 exit_group(0) = ?\n";
        let calls = parse(trace);
        assert_eq!(calls.len(), 3);
        assert_eq!((calls[0].target.as_str(), calls[0].began, calls[0].ended), ("/d/abide.db-wal", 0, Some(2)));
        assert!(calls[0].synced());
        assert_eq!(calls[1].target, "TCP:[127.0.0.1:25->127.0.0.1:9]");
        assert!(calls[1].arguments.contains("250 a) = 1") && calls[1].result == "12");
        assert_eq!(
            (calls[2].name.as_str(), calls[2].arguments.as_str(), calls[2].result.as_str()),
            ("exit_group", "0", "?")
        );
    }

    #[test]
    fn a_sync_that_strace_only_answered_for_is_none() {
        let calls = parse("7 fsync(3</d/abide.db-wal>) = 0 (INJECTED)\n7 fsync(3</d/abide.db-wal>) = -1 EIO (x)\n");
        assert!(calls.iter().all(|call| !call.synced()) && calls.len() == 2);
    }

    proptest! {
        #[test]
        fn whatever_a_trace_holds_it_is_read_without_a_panic(trace in "([0-9 ]{0,3}[a-z<>. (]{0,9}[0-9]?<?[^\n]{0,20}(\n)?){0,20}") {
            let calls = parse(&trace);
            prop_assert!(calls.iter().all(|call| call.ended.is_none_or(|ended| ended >= call.began)));
        }
    }
}
