//! A message as it goes over the wire (RFC 5321, 4.5.2): a dot before each dot that begins a line, and CRLF.CRLF at the
//! end. Mails come from `mail::write`, so every line ends in CRLF already.

/// The message with its end mark.
pub(crate) fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 64);
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dots_at_line_beginnings_are_doubled_and_the_end_is_marked() {
        assert_eq!(stuffed(b"a\r\n.\r\n..b\r\nc.d\r\n"), b"a\r\n..\r\n...b\r\nc.d\r\n.\r\n");
        assert_eq!(stuffed(b"no end"), b"no end\r\n.\r\n");
        assert_eq!(stuffed(b""), b"\r\n.\r\n");
    }

    proptest! {
        #[test]
        fn the_end_mark_stands_at_the_end_alone(lines in proptest::collection::vec("[.a]{0,3}", 0..8)) {
            let message: String = lines.iter().flat_map(|line| [line, "\r\n"]).collect();
            let sent = stuffed(message.as_bytes());
            let marked = [b"\r\n".as_slice(), &sent].concat();
            let ends = marked.windows(5).filter(|window| *window == b"\r\n.\r\n").count();
            prop_assert_eq!(ends, 1);
            // A server takes one dot from each line that begins with one.
            let body = &sent[..sent.len() - 3];
            let back: Vec<u8> = body
                .split_inclusive(|byte| *byte == b'\n')
                .flat_map(|line| line.strip_prefix(b".").unwrap_or(line))
                .copied()
                .collect();
            prop_assert_eq!(back, if message.is_empty() { b"\r\n".to_vec() } else { message.into_bytes() });
        }
    }
}
