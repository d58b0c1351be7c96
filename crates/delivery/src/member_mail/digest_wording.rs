//! What the daily digest says. Pure: counts, reasons in their own sentences, and the ledger's head, by which a member can
//! later prove that nothing was taken out of it. Nothing of buyers is in it, not even an order id.

use std::fmt::Write as _;

use model::{Account, MemberMailText};
use store::DigestTold;

/// Writes it.
pub(super) fn of_digest(account: &Account, told: &DigestTold, dashboard: Option<&str>) -> MemberMailText {
    let digest = &told.digest;
    let mut text = format!("What happened in {} since the last such mail, by its ledger:\n\n", account.name);
    let counts = [
        (digest.sent, "left"),
        (digest.captured, "written and kept (capture mode)"),
        (digest.withdrawn, "withdrawn before they left"),
        (digest.failed, "refused by a mail server, or come back"),
        (digest.lost, "lost on their way: please settle them in the outbox"),
    ];
    // Writing to a text can't fail.
    for (count, words) in counts.into_iter().filter(|(count, _)| *count > 0) {
        let _ = writeln!(text, "{count:>7}  {} {words}", if count == 1 { "message" } else { "messages" });
    }
    let mut refused: Vec<_> = digest.refused.iter().collect();
    refused.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for (reason, count) in refused {
        let _ = writeln!(text, "{count:>7}  held back for good: {}", reason.sentence());
    }
    let entries = [
        (digest.suppressed, "new on the opt-out list"),
        (digest.held, "held on it until a member decides"),
        (digest.removed, "taken off it by a member"),
    ];
    for (count, words) in entries.into_iter().filter(|(count, _)| *count > 0) {
        let _ = writeln!(text, "{count:>7}  {} {words}", if count == 1 { "entry" } else { "entries" });
    }
    if digest.is_quiet() {
        text.push_str("Nothing left, and nothing was refused.\n");
    }
    if told.more {
        text.push_str("There was more than one mail counts; the dashboard has all.\n");
    }
    if told.waiting > 0 {
        let many = if told.waiting >= 1000 { "1000 or more".to_owned() } else { told.waiting.to_string() };
        let _ = writeln!(text, "\nWaiting for a decision in the review: {many}.");
    }
    let place =
        dashboard.map_or_else(|| "the dashboard of your Abide".to_owned(), |url| format!("{url}/a/{}", account.handle));
    let _ = write!(
        text,
        "\nWhere to look: {place}\n\nKeep this line. With it anybody who runs `abide ledger verify` can show that nothing before it was \
         changed:\n\n    {}\n",
        told.head
    );
    MemberMailText { subject: format!("Abide: the day of {}", account.handle), text }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::digest::Digest;
    use model::ledger::Head;
    use model::{AccountId, AccountSettings, Reason, Timestamp};

    use super::*;

    fn account() -> Account {
        let handle = "blue-widgets".parse().unwrap();
        let (name, created_at) = ("Blue Widgets".to_owned(), Timestamp::from_micros(0));
        let settings = AccountSettings::default();
        Account { id: AccountId::generate(), handle, name, sellers: Vec::new(), settings, created_at }
    }

    fn told(digest: Digest, waiting: u64) -> DigestTold {
        let head = Head { account: "blue-widgets".parse().unwrap(), number: 17, mac: [1; 32] };
        DigestTold { digest, waiting, head, more: false }
    }

    #[test]
    fn it_tells_what_happened_what_waits_and_the_head_of_the_ledger() {
        let refused = BTreeMap::from([(Reason::OptedOut, 3), (Reason::Refunded, 40)]);
        let digest = Digest { sent: 1, refused, suppressed: 2, ..Digest::default() };
        let mail = of_digest(&account(), &told(digest, 2), Some("https://abide.example"));
        let text = &mail.text;
        for words in [
            "1  message left",
            "2  entries new on the opt-out list",
            "review: 2.",
            "https://abide.example/a/blue-widgets",
        ] {
            assert!(text.contains(words), "{words} is not in {text}");
        }
        let (most, fewer) =
            (text.find("40  held back").unwrap(), text.find("3  held back for good: The buyer opted out").unwrap());
        assert!(most < fewer && text.contains(&format!("blue-widgets:17:{}", "01".repeat(32))), "{text}");
        assert!(!text.contains("withdrawn") && !text.contains("capture"), "what did not happen is not told: {text}");
    }

    #[test]
    fn a_quiet_day_on_which_something_waits_says_so() {
        let mail = of_digest(&account(), &told(Digest::default(), 1000), None);
        assert!(mail.text.contains("Nothing left, and nothing was refused.") && mail.text.contains("1000 or more"));
    }
}
