//! Sessions with peers that say anything.

use intake::session::Recording;
use proptest::prelude::*;

use crate::dialogue::{Dialogue, terms};

fn command() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        2 => Just(b"EHLO x\r\n".to_vec()),
        2 => Just(b"MAIL FROM:<a@b>\r\n".to_vec()),
        2 => Just(b"RCPT TO:<first-abc@inbox.example.com>\r\n".to_vec()),
        1 => Just(b"RCPT TO:<nobody@inbox.example.com>\r\n".to_vec()),
        1 => Just(b"RCPT TO:<postmaster>\r\n".to_vec()),
        3 => Just(b"DATA\r\n".to_vec()),
        3 => Just(b"\r\n.\r\n".to_vec()),
        1 => Just(b"STARTTLS\r\n".to_vec()),
        1 => Just(b"RSET\r\n".to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..30),
        1 => "[A-Z]{4} (FROM|TO):<[ -~]{0,20}>? ?[A-Z=]{0,8}\r\n".prop_map(String::into_bytes),
        1 => Just(b"x".repeat(5000)),
    ]
}

proptest! {
    /// Whatever comes: no panic, replies bounded by the input, and a 250 2.6.0 for each mail that was said to
    /// be durable and for no other.
    #[test]
    fn any_bytes_in_any_pieces_are_survived_and_only_durable_mail_is_acknowledged(
        commands in proptest::collection::vec(command(), 0..40), outcomes in any::<u64>(), size in 1usize..200,
    ) {
        let stream = commands.concat();
        let mut peer = Dialogue::with(terms());
        let mut said = String::new();
        let mut durable = 0;
        for (number, piece) in stream.chunks(size).enumerate() {
            peer.recording = if outcomes >> (number % 64) & 1 == 1 { Recording::Durable } else { Recording::TryAgain };
            let before = peer.mails.len();
            said.push_str(&peer.raw(piece));
            if peer.recording == Recording::Durable {
                durable += peer.mails.len() - before;
            }
        }
        prop_assert_eq!(said.matches("250 2.6.0").count(), durable);
        prop_assert!(said.len() <= 200 + stream.len() * 40);
        for line in said.lines() {
            prop_assert!(line.len() <= 510 && line.as_bytes()[..3].iter().all(u8::is_ascii_digit));
        }
    }

    /// The replies don't depend on how the bytes came.
    #[test]
    fn any_chunking_gives_the_same_dialogue(commands in proptest::collection::vec(command(), 0..30), size in 1usize..50) {
        // What follows STARTTLS is thrown away by pieces, so there it does depend.
        let stream = commands.iter().filter(|command| !command.starts_with(b"START")).flatten().copied().collect::<Vec<_>>();
        let mut whole = Dialogue::with(terms());
        let mut pieces = Dialogue::with(terms());
        let one = whole.raw(&stream);
        let other: String = stream.chunks(size).map(|piece| pieces.raw(piece)).collect();
        prop_assert!(one.trim_start_matches("220 inbox.example.com ESMTP Abide\r\n") == other.trim_start_matches("220 inbox.example.com ESMTP Abide\r\n"));
        prop_assert_eq!(whole.mails.len(), pieces.mails.len());
    }
}
