//! Reading a list that another tool kept: a table with order ids, relay addresses or both, under whatever names.
//! Pure; the page around it does the rest.

use model::suppression::{ImportedSuppression, SuppressionReason, SuppressionState, Target};
use model::{Alias, OrderId, Timestamp};

/// Lines that were not understood, shown by their number.
const NAMED: usize = 50;

/// What a file held.
#[derive(Debug, Default)]
pub(crate) struct List {
    pub lines: Vec<ImportedSuppression>,
    /// Rows under the header.
    pub rows: u64,
    /// Rows of entries that were removed where the list comes from.
    pub removed: u64,
    /// Rows without an order id or relay address.
    pub bad: u64,
    /// The line numbers of the first of them.
    pub bad_lines: Vec<u64>,
    /// Rows with a relay address that many buyers share, which stands for no buyer (law 6).
    pub shared: u64,
    /// The line numbers of the first of them.
    pub shared_lines: Vec<u64>,
}

/// The columns that matter, by their place; none where the file has no row of names.
#[derive(Debug, Default)]
struct Columns {
    reason: Option<usize>,
    since: Option<usize>,
    state: Option<usize>,
}

/// Reads a list. Ids and addresses are known by their form in whatever column they stand, so that their columns
/// need no names; `reason` is what a row is entered with that names none.
pub(crate) fn read(bytes: &[u8], reason: SuppressionReason) -> List {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator(bytes)).from_reader(bytes);
    let (mut list, mut columns, mut record) = (List::default(), None, csv::ByteRecord::new());
    let mut lines = Lines { bytes, place: 0, line: 1 };
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        let line = lines.of(record.position().map_or(0, csv::Position::byte));
        let cells: Vec<String> = record.iter().map(cell).collect();
        let found = targets(&cells);
        if columns.is_none() {
            let header = found.is_empty();
            columns = Some(if header { Columns::named(&cells) } else { Columns::default() });
            if header {
                continue;
            }
        }
        list.rows += 1;
        let Some(columns) = &columns else { continue };
        if cell_at(columns.state, &cells) == SuppressionState::Removed.as_str() {
            list.removed += 1;
        } else if found.is_empty() {
            list.bad += 1;
            if list.bad_lines.len() < NAMED {
                list.bad_lines.push(line);
            }
        } else {
            let reason = cell_at(columns.reason, &cells).parse().unwrap_or(reason);
            let since: Option<Timestamp> = cell_at(columns.since, &cells).parse().ok();
            // An order stop covers no buyer.
            let fits = |target: &Target| reason != SuppressionReason::OrderStop || matches!(target, Target::Order(_));
            let shared = |target: &Target| matches!(target, Target::Buyer(alias) if alias.is_shared_by_form());
            if found.iter().any(shared) {
                list.shared += 1;
                if list.shared_lines.len() < NAMED {
                    list.shared_lines.push(line);
                }
            }
            let lines = found
                .into_iter()
                .filter(|target| fits(target) && !shared(target))
                .map(|target| ImportedSuppression { target, reason, since });
            list.lines.extend(lines);
        }
    }
    list
}

impl Columns {
    fn named(cells: &[String]) -> Self {
        let at = |names: &[&str]| {
            cells.iter().position(|cell| names.contains(&cell.to_ascii_lowercase().replace(['-', ' '], "_").as_str()))
        };
        Self { reason: at(&["reason"]), since: at(&["since", "date", "created_at"]), state: at(&["state", "status"]) }
    }
}

/// Tells the line of a row by its first byte. (The reader's own count lags behind CRLF and blank lines.)
struct Lines<'b> {
    bytes: &'b [u8],
    place: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, byte: u64) -> u64 {
        let start = usize::try_from(byte).unwrap_or(usize::MAX).min(self.bytes.len());
        while let Some(byte) = self.bytes.get(self.place) {
            if self.place >= start && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.line += u64::from(*byte == b'\n');
            self.place += 1;
        }
        self.line
    }
}

fn cell_at(place: Option<usize>, cells: &[String]) -> &str {
    place.and_then(|place| cells.get(place)).map_or("", String::as_str)
}

/// A cell as text, without the apostrophe that an export put before it.
fn cell(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.trim_ascii()).into_owned();
    text.strip_prefix('\'').map(str::to_owned).unwrap_or(text)
}

fn targets(cells: &[String]) -> Vec<Target> {
    let order = cells.iter().find_map(|cell| cell.parse::<OrderId>().ok()).map(Target::Order);
    let buyer = cells.iter().find_map(|cell| cell.parse::<Alias>().ok()).map(Target::Buyer);
    order.into_iter().chain(buyer).collect()
}

/// What separates the columns: the most frequent of tab, semicolon and comma in the first line.
fn separator(bytes: &[u8]) -> u8 {
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |separator: u8| first.split(|byte| *byte == separator).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(list: &List) -> Vec<&'static str> {
        list.lines.iter().map(|line| line.reason.as_str()).collect()
    }

    #[test]
    fn ids_and_addresses_are_found_in_whatever_column_they_stand() {
        let file = b"Customer;Order Number\r\nabc@marketplace.amazon.de;111-1234567-1234567\r\n\r\nnobody;nothing\r\n";
        let list = read(file, SuppressionReason::OptOut);
        assert_eq!((list.rows, list.bad, list.bad_lines.as_slice()), (2, 1, &[4][..]));
        assert_eq!(reasons(&list), ["opt_out", "opt_out"]);
    }

    #[test]
    fn a_list_without_column_names_loses_no_row() {
        let list = read(b"111-1234567-1234567\n222-1234567-1234567\n", SuppressionReason::Block);
        assert_eq!((list.rows, list.lines.len()), (2, 2));
    }

    #[test]
    fn our_own_export_is_read_back_and_removed_entries_stay_removed() {
        let file = b"order_id,alias,reason,since,origin,state\n\
            111-1234567-1234567,,order_stop,2026-08-01T00:00:00Z,member,active\n\
            ,'-a@marketplace.amazon.com,block,2026-08-01T00:00:00Z,member,active\n\
            222-1234567-1234567,,opt_out,2026-08-01T00:00:00Z,notice,removed\n";
        let list = read(file, SuppressionReason::OptOut);
        assert_eq!((list.rows, list.removed, list.bad), (3, 1, 0));
        assert_eq!(reasons(&list), ["order_stop", "block"]);
        assert!(list.lines.iter().all(|line| line.since.is_some()));
    }

    #[test]
    fn hostile_files_end_without_panic() {
        for file in [&b""[..], b"\"", b"\xFF\xFE\x00", b"\"a\n\"\"b", &[b','; 10_000]] {
            read(file, SuppressionReason::OptOut);
        }
    }
}
