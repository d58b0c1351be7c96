//! Lists that other tools kept, or a person: an order id or relay address a line, or CSV with a header row in
//! which at least one column holds either. What is neither is named with its line, never guessed.

use std::io::Read;
use std::path::Path;

use model::suppression::{ImportedSuppression, SuppressionReason, SuppressionState, Target};
use model::{Alias, OrderId, Timestamp};

use super::csv;

/// No list of this kind is larger, in bytes: a million lines and more.
const LARGEST: u64 = 256 * 1024 * 1024;

/// What stands in a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ListFile {
    /// What is to be suppressed.
    pub entries: Vec<ImportedSuppression>,
    /// Lines that hold neither order id nor relay address, with what is wrong.
    pub bad: Vec<(usize, &'static str)>,
    /// Lines that name a relay address which many buyers share: it stands for no buyer (law 6).
    pub shared: Vec<usize>,
    /// Lines that a list of Abide's own marks as removed.
    pub removed: usize,
}

/// Which column holds what; all of them are looked through for ids and aliases.
#[derive(Default)]
struct Columns {
    reason: Option<usize>,
    since: Option<usize>,
    state: Option<usize>,
}

/// Reads a file, or standard input for `-`, as text. What is no UTF-8 can only be a name: ids are ASCII.
pub fn read(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => format!("it can't be read: {error}"),
    };
    let mut bytes = Vec::new();
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(path).map_err(unreadable)?)
    };
    input.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err("it is larger than 256 MiB; split it".into());
    }
    let units = |of: fn([u8; 2]) -> u16| -> Vec<u16> {
        bytes.chunks_exact(2).skip(1).filter_map(|pair| pair.try_into().ok()).map(of).collect()
    };
    match bytes.as_slice() {
        [] => Err("it is empty".into()),
        [0xFF, 0xFE, ..] => Ok(String::from_utf16_lossy(&units(u16::from_le_bytes))),
        [0xFE, 0xFF, ..] => Ok(String::from_utf16_lossy(&units(u16::from_be_bytes))),
        [0xEF, 0xBB, 0xBF, text @ ..] => Ok(String::from_utf8_lossy(text).into_owned()),
        [b'P', b'K', ..] | [0xD0, 0xCF, ..] => Err("it is an Excel workbook; save it as CSV and import that".into()),
        text if text.contains(&0) => Err("it is no text; save the list as CSV or plain text".into()),
        text => Ok(String::from_utf8_lossy(text).into_owned()),
    }
}

impl ListFile {
    /// Reads a list.
    pub fn parse(text: &str) -> Self {
        let (mut list, mut columns, mut separator) = (Self::default(), Columns::default(), None);
        let lines = text.split('\n').flat_map(|line| line.trim_end_matches('\r').split('\r'));
        for (number, line) in (1..).zip(lines) {
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            let first = separator.is_none();
            let separator = *separator.get_or_insert_with(|| separator_of(line));
            let cells = csv::split(line, separator);
            let targets = targets(&cells);
            if first && targets.is_empty() && is_header(&cells) {
                columns = Columns::of(&cells);
                continue;
            }
            list.take(number, &cells, targets, &columns);
        }
        list
    }

    fn take(&mut self, number: usize, cells: &[String], targets: Vec<Target>, columns: &Columns) {
        let cell = |column: Option<usize>| column.and_then(|column| cells.get(column)).filter(|cell| !cell.is_empty());
        if targets.is_empty() {
            self.bad.push((number, "there is no order id and no relay address of Amazon's in this line"));
            return;
        }
        if cell(columns.state).is_some_and(|state| state == SuppressionState::Removed.as_str()) {
            self.removed += 1;
            return;
        }
        // Other tools have other words for why; a buyer on their list wants no messages.
        let reason = cell(columns.reason).and_then(|reason| reason.parse().ok()).unwrap_or(SuppressionReason::OptOut);
        let since = cell(columns.since).and_then(|since| since_of(since));
        // An order stop covers no buyer.
        let stop = reason == SuppressionReason::OrderStop;
        let targets: Vec<Target> =
            targets.into_iter().filter(|target| !stop || matches!(target, Target::Order(_))).collect();
        if targets.is_empty() {
            self.bad.push((number, "a stop is about an order, and there is no order id in this line"));
            return;
        }
        let shared = |target: &Target| matches!(target, Target::Buyer(alias) if alias.is_shared_by_form());
        if targets.iter().any(shared) {
            self.shared.push(number);
        }
        let kept = targets.into_iter().filter(|target| !shared(target));
        self.entries.extend(kept.map(|target| ImportedSuppression { target, reason, since }));
    }
}

impl Columns {
    fn of(header: &[String]) -> Self {
        let find =
            |names: &[&str]| header.iter().position(|cell| names.iter().any(|name| cell.eq_ignore_ascii_case(name)));
        Self {
            reason: find(&["reason"]),
            since: find(&["since", "date", "opted_out_at", "opt-out date"]),
            state: find(&["state"]),
        }
    }
}

fn separator_of(line: &str) -> char {
    let count = |separator: char| line.matches(separator).count();
    [',', ';', '\t'].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(',')
}

/// A row of names: letters in every cell that is not empty, and no `@` as an address would have.
fn is_header(cells: &[String]) -> bool {
    cells
        .iter()
        .filter(|cell| !cell.is_empty())
        .all(|cell| cell.chars().any(char::is_alphabetic) && !cell.contains('@'))
}

fn targets(cells: &[String]) -> Vec<Target> {
    let target = |cell: &String| {
        let order = cell.parse::<OrderId>().ok().map(Target::Order);
        order.or_else(|| cell.parse::<Alias>().ok().map(Target::Buyer))
    };
    cells.iter().filter_map(target).collect()
}

fn since_of(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| format!("{text}T00:00:00Z").parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(id: &str) -> Target {
        Target::Order(id.parse().unwrap())
    }

    #[test]
    fn plain_lines_with_comments_and_any_line_end_are_a_list() {
        let list =
            ListFile::parse("# from the old tool\r\n111-1234567-1234567\r\rabc12@marketplace.amazon.de\nnonsense\n\n");
        let targets: Vec<_> = list.entries.iter().map(|entry| entry.target.clone()).collect();
        assert_eq!(
            targets,
            [order("111-1234567-1234567"), Target::Buyer("abc12@marketplace.amazon.de".parse().unwrap())]
        );
        assert_eq!(list.bad.len(), 1);
        assert_eq!(list.bad[0].0, 5);
    }

    #[test]
    fn a_csv_with_header_gives_reason_and_date_and_skips_what_was_removed() {
        let list = ListFile::parse(
            "order_id;alias;reason;since;state\n\
             111-1234567-1234567;abc@marketplace.amazon.com;block;2026-01-02T03:04:05Z;active\n\
             112-1234567-1234567;;opt_out;2026-01-02;removed\n\
             ;\"xyz@marketplace.amazon.com\";unsubscribed;2026-01-02;\n",
        );
        assert_eq!((list.entries.len(), list.removed, list.bad.len()), (3, 1, 0));
        assert_eq!(list.entries[0].reason, SuppressionReason::Block);
        assert_eq!(list.entries[2].reason, SuppressionReason::OptOut);
        assert_eq!(list.entries[2].since, Some("2026-01-02T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn an_address_that_many_buyers_share_is_named_and_its_order_is_kept() {
        let list = ListFile::parse(
            "111-1234567-1234567,no-reply-amazon-iba-buyer@marketplace.amazon.it\n\
             no-reply-amazon-iba-buyer@marketplace.amazon.it\n",
        );
        let targets: Vec<_> = list.entries.iter().map(|entry| entry.target.clone()).collect();
        assert_eq!((targets, list.shared), (vec![order("111-1234567-1234567")], vec![1, 2]));
    }

    #[test]
    fn a_first_line_that_is_neither_header_nor_entry_is_named() {
        let list = ListFile::parse("buyer@example.com\n111-1234567-1234567\n");
        assert_eq!(list.bad.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1]);
        assert_eq!(list.entries.len(), 1);
    }
}
