//! The linter of messages over ordinary letters in the languages it knows, and over text made to hurt it, beside a
//! search for one byte in the same text: megabytes a second on one core.

use std::hint::black_box;
use std::time::Instant;

use policy::words::{Letter, Linter};

use crate::figures;

/// What issue and design ask for, in megabytes a second.
const TARGET: f64 = 20.0;
/// Bytes of each kind of text.
const BYTES: usize = 4_000_000;
/// Rounds of which the middle is taken.
const ROUNDS: usize = 5;

const LETTERS: [&str; 3] = [
    "Hello,\n\nthank you for order 111-1234567-1234567. The lamp should stand in your living room by now. Would you tell \
     other shoppers what you think of it, whatever that is? Your opinion on Amazon takes a minute.\n\nIf a part is missing, \
     answer this message and we send it the same day.\n\nKind regards\nBlue Widgets\n",
    "Guten Tag,\n\nvielen Dank für die Bestellung 111-1234567-1234567. Die Lampe sollte inzwischen bei Ihnen stehen. Mögen Sie \
     anderen sagen, was Sie von ihr halten, wie auch immer das ausfällt? Eine Bewertung bei Amazon dauert eine Minute.\n\n\
     Fehlt ein Teil, antworten Sie auf diese Nachricht.\n\nFreundliche Grüße\nBlue Widgets\n",
    "Bonjour,\n\nmerci pour la commande 111-1234567-1234567. La lampe devrait être chez vous. Voulez-vous dire aux autres \
     clients ce que vous en pensez, quel que soit votre avis ? Un commentaire sur Amazon prend une minute.\n\nS'il manque \
     une pièce, répondez à ce message.\n\nCordialement\nBlue Widgets\n",
];

const HURTING: [&str; 12] =
    ["free gift ", "{{ ", "{% x }} ", "<b ", "http://a", "a@", "0 ", "if you are happy ", "\u{200B}a", "a.", "!", "\n"];

/// Prints both rates of each text.
pub fn run(_: &[String]) -> Result<(), String> {
    let linter = Linter::built_in().map_err(ToString::to_string)?;
    println!("{:<28} {:>10} {:>14}", "text", "MB/s", "one byte MB/s");
    let mut slowest = f64::MAX;
    for (number, letter) in LETTERS.iter().enumerate() {
        let name = ["English letters", "German letters", "French letters"].get(number).copied().unwrap_or_default();
        slowest = slowest.min(measured(name, linter, letter, BYTES / letter.len(), 1));
    }
    let mut worst = f64::MAX;
    for piece in HURTING {
        worst = worst.min(measured(&format!("{piece:?} again and again"), linter, piece, 1, BYTES / 4 / piece.len()));
    }
    println!("slowest made to hurt: {worst:.1} MB/s");
    let holds = slowest >= TARGET;
    println!("slowest letters: {slowest:.1} MB/s, at least {TARGET} {}", if holds { "(holds)" } else { "(MISSED)" });
    if holds { Ok(()) } else { Err("a target was missed".into()) }
}

/// The rate over so many texts, each of the piece so many times.
fn measured(name: &str, linter: &Linter, piece: &str, texts: usize, times: usize) -> f64 {
    let text = piece.repeat(times);
    let rate = |work: &dyn Fn()| {
        let rounds = (0..ROUNDS).map(|_| {
            let start = Instant::now();
            work();
            figures::megabytes(text.len() * texts) / start.elapsed().as_secs_f64()
        });
        figures::middle(rounds)
    };
    let linted = rate(&|| {
        for _ in 0..texts {
            black_box(linter.check(&Letter { text: black_box(&text), ..Letter::default() }));
        }
    });
    let searched = rate(&|| {
        for _ in 0..texts {
            black_box(memchr::memchr_iter(b'.', black_box(text.as_bytes())).count());
        }
    });
    println!("{name:<28} {linted:>10.1} {searched:>14.0}");
    linted
}
