//! What an IMAP server says: the same responses whatever the pieces in which the bytes come, never more than was allowed,
//! an end at the first fault, and names of folders that come back as they were.

use intake::imap::gathering::{Gatherer, LONGEST_TEXT};
use intake::imap::names;
use intake::imap::response::{Response, understand};

/// Bytes of literals that one response may hold here.
const ALLOWED: usize = 600;

/// The first byte says how the bytes are cut.
pub fn check(input: &[u8]) {
    let [seed, said @ ..] = input else { return };
    let whole = hear(&[said]);
    assert!(hear(&crate::pieces(said, *seed)) == whole, "the pieces changed what was said");
    for response in &whole.0 {
        match response {
            Response::Fetch(fetched) => assert!(fetched.body.as_ref().is_none_or(|body| body.len() <= said.len())),
            Response::Done { status, .. } | Response::Status(status) => {
                assert!(status.words.chars().count() <= 300 && !status.words.contains(['\r', '\n']));
            }
            Response::List { name, .. } => assert!(name.chars().count() <= 300),
            Response::Capability(words) => assert!(words.len() <= 200),
            _ => {}
        }
    }
    let name = String::from_utf8_lossy(said);
    let sent = names::encoded(&name);
    assert!(sent.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "a name could begin another line");
    assert_eq!(names::decoded(&sent).as_deref(), Some(&*name));
    // Whatever a server calls a folder is decoded or not, and harms nobody.
    let _ = names::decoded(&name);
}

/// All responses, and whether the bytes ended in a fault.
fn hear(pieces: &[&[u8]]) -> (Vec<Response>, bool) {
    let mut gatherer = Gatherer::new(ALLOWED);
    let mut heard = Vec::new();
    for piece in pieces {
        gatherer.push(piece);
        loop {
            match gatherer.next() {
                Ok(Some(gathered)) => heard.push(understand(gathered)),
                Ok(None) => break,
                Err(_) => return (heard, true),
            }
        }
        assert!(gatherer.held() <= LONGEST_TEXT + ALLOWED + piece.len(), "it grows");
    }
    (heard, false)
}
