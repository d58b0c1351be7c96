//! A server's reply (RFC 5321, 4.2) out of its bytes. Pure and bounded: what is longer than a reply may be, or is none,
//! is not read on.

use model::sender::ServerReply;

/// The longest line taken, in bytes with its end; RFC 5321 says 512 (4.5.3.1.5), real servers say more.
const LONGEST_LINE: usize = 2 * 1024;
/// The longest reply taken, in bytes.
const LONGEST_REPLY: usize = 16 * 1024;

/// A whole reply.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// 200 to 599.
    pub(crate) code: u16,
    /// The words of each line, without code and line end.
    pub(crate) lines: Vec<String>,
}

/// What the bytes so far are.
pub(crate) enum Parsed {
    /// A whole reply, and how many bytes it took.
    Whole(Reply, usize),
    /// The beginning of one.
    More,
    /// No reply, or too long.
    Not,
}

impl Reply {
    /// As it is kept beside the message.
    pub(crate) fn kept(&self) -> ServerReply {
        ServerReply::new(self.code, &self.lines.join(" "))
    }
}

/// Reads one reply from the beginning of `bytes`.
pub(crate) fn parse(bytes: &[u8]) -> Parsed {
    let mut lines = Vec::new();
    let mut code = None;
    let mut taken = 0;
    loop {
        let rest = bytes.get(taken..).unwrap_or_default();
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            let hopeless = rest.len() >= LONGEST_LINE || bytes.len() >= LONGEST_REPLY || !may_begin_a_line(rest);
            return if hopeless { Parsed::Not } else { Parsed::More };
        };
        let line = &rest[..end];
        taken += end + 1;
        if end >= LONGEST_LINE || taken > LONGEST_REPLY {
            return Parsed::Not;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some((its_code, last, words)) = reply_line(line) else { return Parsed::Not };
        if *code.get_or_insert(its_code) != its_code {
            return Parsed::Not;
        }
        lines.push(String::from_utf8_lossy(words).into_owned());
        if last {
            return Parsed::Whole(Reply { code: its_code, lines }, taken);
        }
    }
}

/// Code, whether it is the last line, and the words.
fn reply_line(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let digits = line.get(..3)?;
    if !(matches!(digits[0], b'2'..=b'5') && digits[1].is_ascii_digit() && digits[2].is_ascii_digit()) {
        return None;
    }
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match line.get(3) {
        None => Some((code, true, &[])),
        Some(b' ') => Some((code, true, &line[4..])),
        Some(b'-') => Some((code, false, &line[4..])),
        Some(_) => None,
    }
}

/// Garbage is known by its first byte, before its line ends.
fn may_begin_a_line(rest: &[u8]) -> bool {
    rest.first().is_none_or(|byte| matches!(byte, b'2'..=b'5')) && rest.iter().skip(1).take(2).all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(bytes: &[u8]) -> Option<(u16, String, usize)> {
        match parse(bytes) {
            Parsed::Whole(reply, taken) => Some((reply.code, reply.lines.join("|"), taken)),
            Parsed::More | Parsed::Not => None,
        }
    }

    #[test]
    fn replies_of_one_line_and_of_several_are_read_and_what_follows_is_left() {
        assert_eq!(whole(b"250 2.0.0 Ok: queued as 4ABC\r\n"), Some((250, "2.0.0 Ok: queued as 4ABC".into(), 30)));
        assert_eq!(whole(b"250-a\r\n250-SIZE 10\r\n250 \r\nrest"), Some((250, "a|SIZE 10|".into(), 26)));
        assert_eq!(whole(b"354\r\n250 early\r\n"), Some((354, String::new(), 5)));
        assert_eq!(whole(b"250 bare line end\n"), Some((250, "bare line end".into(), 18)));
    }

    #[test]
    fn what_is_no_reply_is_known_at_once() {
        for garbage in
            ["\r\n", "25 ok\r\n", "2500 ok\r\n", "099 no\r\n", "600 no\r\n", "HTTP/1.1 400", "250-a\r\n251 b\r\n"]
        {
            assert!(matches!(parse(garbage.as_bytes()), Parsed::Not), "{garbage:?}");
        }
        assert!(matches!(parse(b"25"), Parsed::More));
        assert!(matches!(parse(b""), Parsed::More));
    }

    #[test]
    fn neither_a_line_nor_a_reply_grows_without_end() {
        let long_line = [b"250 ".as_slice(), &[b'x'; LONGEST_LINE]].concat();
        assert!(matches!(parse(&long_line), Parsed::Not));
        assert!(matches!(parse(&[long_line.as_slice(), b"\r\n"].concat()), Parsed::Not));
        assert!(matches!(parse(&b"250-x\r\n".repeat(LONGEST_REPLY / 7 + 1)), Parsed::Not));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_without_harm_and_never_more_than_there_are(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            if let Parsed::Whole(reply, taken) = parse(&bytes) {
                prop_assert!(taken <= bytes.len());
                prop_assert!((200..600).contains(&reply.code));
            }
        }

        #[test]
        fn how_the_bytes_are_cut_into_packets_changes_nothing(lines in 1usize..5, cut in 0usize..40) {
            let text = format!("{}250 end\r\n", "250-words\r\n".repeat(lines));
            let cut = cut.min(text.len() - 1);
            prop_assert!(matches!(parse(&text.as_bytes()[..cut]), Parsed::More));
            prop_assert_eq!(whole(text.as_bytes()).unwrap().2, text.len());
        }
    }
}
