//! Command lines out of the stream. Only CRLF ends a line (RFC 5321, 2.3.8); a line with anything wrong in it
//! is reported once, as soon as it shows, and left out up to its CRLF. Memory is bounded by the limit.

/// Why a line is no command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineFault {
    /// Longer than the limit.
    TooLong,
    /// It holds an LF without CR.
    LineEnd,
    /// It holds control characters or is not UTF-8.
    NotText,
}

#[derive(Debug)]
pub(super) struct CommandLines {
    buffer: Vec<u8>,
    limit: usize,
    /// Set while the rest of a faulty line is thrown away: whether its last byte was CR.
    skipping: Option<bool>,
}

impl CommandLines {
    /// Lines of at most `limit` bytes, their CRLF counted.
    pub(super) fn new(limit: usize) -> Self {
        Self { buffer: Vec::new(), limit, skipping: None }
    }

    /// Forgets what was begun, as STARTTLS demands.
    pub(super) fn clear(&mut self) {
        self.buffer.clear();
        self.skipping = None;
    }

    /// Takes bytes up to the end of a line; returns how many, and the line without CRLF.
    pub(super) fn take(&mut self, input: &[u8]) -> (usize, Option<Result<String, LineFault>>) {
        let mut taken = 0;
        loop {
            let rest = input.get(taken..).unwrap_or_default();
            let Some(&last) = rest.last() else { return (taken, None) };
            let line_feed = memchr::memchr(b'\n', rest);
            let piece = line_feed.and_then(|end| rest.get(..=end)).unwrap_or(rest);
            taken += piece.len();
            if let Some(after_cr) = self.skipping {
                let ended = match piece {
                    [b'\n'] => after_cr,
                    [.., b'\r', b'\n'] => true,
                    _ => false,
                };
                self.skipping = if ended { None } else { Some(line_feed.is_none() && last == b'\r') };
                continue;
            }
            let too_long = self.buffer.len().saturating_add(piece.len()) > self.limit;
            let ends_in_cr = match piece {
                [.., b'\r', b'\n'] => true,
                [b'\n'] => self.buffer.last() == Some(&b'\r'),
                _ => false,
            };
            if too_long {
                self.buffer.clear();
                self.skipping = if ends_in_cr { None } else { Some(line_feed.is_none() && last == b'\r') };
                return (taken, Some(Err(LineFault::TooLong)));
            }
            self.buffer.extend_from_slice(piece);
            if line_feed.is_none() {
                return (taken, None);
            }
            let line = std::mem::take(&mut self.buffer);
            if !ends_in_cr {
                self.skipping = Some(false);
                return (taken, Some(Err(LineFault::LineEnd)));
            }
            return (taken, Some(text(line)));
        }
    }
}

fn text(mut line: Vec<u8>) -> Result<String, LineFault> {
    line.truncate(line.len().saturating_sub(2));
    // A tab is no more welcome than a bare CR or NUL: no command needs one.
    if line.iter().any(u8::is_ascii_control) {
        return Err(LineFault::NotText);
    }
    String::from_utf8(line).map_err(|_| LineFault::NotText)
}
