//! Quoted-printable (RFC 2045, 6.7): ASCII lines of at most 76 bytes for any text, still readable where it is ASCII.
//! Base64 would do as well, but filters look at it with suspicion and people can't read it in a queue.

/// The longest line, without its end.
const LONGEST_LINE: usize = 76;

/// The text, every line ended by CRLF. LF, CR and CRLF end a line; other control characters but tab are left out.
pub(super) fn printable(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let lines = text.strip_suffix('\n').unwrap_or(&text);
    for line in lines.split('\n') {
        encode_line(line, &mut out);
        out.push_str("\r\n");
    }
    out
}

fn encode_line(line: &str, out: &mut String) {
    let line: String = line.chars().filter(|c| *c == '\t' || !c.is_control()).collect();
    let last = line.len().saturating_sub(1);
    let mut length = 0;
    for (place, byte) in line.bytes().enumerate() {
        let plain = match byte {
            b'=' => false,
            // A blank at a line's end may be lost on the way.
            b' ' | b'\t' => place != last,
            _ => matches!(byte, b'!'..=b'~'),
        };
        // `From ` and a lone dot at a line's beginning are altered by some servers.
        let plain = plain && !(length == 0 && (byte == b'.' || byte == b'F' && line[place..].starts_with("From ")));
        let needed = if plain { 1 } else { 3 };
        // One byte is kept for the `=` of a soft break, unless the line ends here.
        let room = if place == last { LONGEST_LINE } else { LONGEST_LINE - 1 };
        if length + needed > room {
            out.push_str("=\r\n");
            length = 0;
            // At a fresh line the rule for dots counts anew; encoding is always right.
            if plain {
                let needed = push(byte, byte != b'.' && byte != b'F', out);
                length += needed;
                continue;
            }
        }
        length += push(byte, plain, out);
    }
}

fn push(byte: u8, plain: bool, out: &mut String) -> usize {
    if plain {
        out.push(char::from(byte));
        1
    } else {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        out.push('=');
        out.push(char::from(HEX[usize::from(byte >> 4)]));
        out.push(char::from(HEX[usize::from(byte & 15)]));
        3
    }
}
