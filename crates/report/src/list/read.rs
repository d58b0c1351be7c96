//! Reading a list: rows are cut as the report reader cuts them, and of each cell only what can matter is kept.

use std::borrow::Cow;
use std::io::Read;

use crate::encoding::{self, Encoding, Sniffed, Utf16};
use crate::error::FileKind;
use crate::line::{Line, Lines};
use crate::list::cell::{Cell, bare};
use crate::list::column::{ColumnUse, ListColumn};
use crate::list::error::ListError;
use crate::record::{Dialect, Found, Records};
use crate::source;

/// The most rows of a list.
pub const MOST_ROWS: usize = 1_000_000;
/// The most columns of a list.
pub const MOST_COLUMNS: usize = 500;

const MIB: u64 = 1024 * 1024;

/// A list, as far as it can matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListTable {
    /// Its columns, in the file's order.
    pub columns: Vec<ListColumn>,
    /// Whether its first row names them.
    pub header: bool,
    pub(super) rows: Vec<ListRow>,
}

/// A row: its line in the file, and what of it can matter, each with the place of its column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListRow {
    pub line: u64,
    pub cells: Vec<(usize, Cell)>,
}

impl ListTable {
    /// What was found in the first rows, a cell a column: order ids and dates as they are, of a relay address only that it is
    /// one, and nothing of what stands elsewhere.
    pub fn sample(&self, rows: usize, columns: usize) -> Vec<Vec<String>> {
        let shown = |row: &ListRow| {
            let mut cells = vec![String::new(); columns];
            for (place, cell) in &row.cells {
                if let Some(shown) = cells.get_mut(*place) {
                    *shown = cell.shown();
                }
            }
            cells
        };
        self.rows.iter().take(rows).map(shown).collect()
    }

    /// Rows under the names, blank ones and remarks (`# …`) left out.
    pub fn rows(&self) -> u64 {
        u64::try_from(self.rows.len()).unwrap_or(u64::MAX)
    }
}

/// Reads a list of at most `largest` bytes, unpacked.
///
/// # Errors
/// Where it is no list or passes a limit; see [`ListError`].
pub fn read(read: impl Read + Send, largest: u64) -> Result<ListTable, ListError> {
    let source = source::open(read)?;
    let mut bytes: Box<dyn Read + Send> = source.bytes;
    let mut encoding = Encoding::Utf8First;
    match encoding::sniff(&source.prefix) {
        Sniffed::Binary => return Err(ListError::NotAList(FileKind::Binary)),
        Sniffed::Utf16 { big_endian } => bytes = Box::new(Utf16::new(bytes, big_endian)),
        Sniffed::Rows { encoding: found, mark } => {
            bytes.read_exact(&mut [0; 3][..mark]).map_err(source::fault)?;
            encoding = found;
        }
    }
    let mut lines = Lines::new(bytes.take(largest.saturating_add(1)));
    let mut first = Line::default();
    loop {
        if !lines.take(&mut first).map_err(source::fault)? {
            return Err(ListError::Empty);
        }
        if !passed_over(&first.bytes) {
            break;
        }
    }
    let mut records = Records::new(lines, Dialect::of_header(&first.bytes));
    records.begin_with(first);
    let (mut table, mut taken, mut begun) = (ListTable::default(), 0_u64, false);
    loop {
        let found = records.take().map_err(source::fault)?;
        if found == Found::End {
            break;
        }
        taken = taken.saturating_add(u64::try_from(records.bytes().len()).unwrap_or(u64::MAX)).saturating_add(1);
        if taken > largest {
            return Err(ListError::TooLarge { most: largest / MIB });
        }
        if passed_over(records.bytes()) {
            continue;
        }
        if records.len() > MOST_COLUMNS {
            return Err(ListError::TooManyColumns { most: MOST_COLUMNS });
        }
        let (row, _) = encoding.of_row(records.bytes());
        let fields: Vec<Cow<'_, [u8]>> = (0..records.len()).map(|place| records.field(place)).collect();
        let texts: Vec<Cow<'_, str>> = fields.iter().map(|field| row.decode(field)).collect();
        let whole = found == Found::Row;
        if !begun && whole && is_header(&texts) {
            table.columns = texts.iter().map(|text| ListColumn::named(bare(text))).collect();
            (table.header, begun) = (true, true);
            continue;
        }
        begun = true;
        if table.rows.len() == MOST_ROWS {
            return Err(ListError::TooManyRows { most: MOST_ROWS });
        }
        // Of a row that was cut, no cell can be taken at its word.
        let cells = if whole { table.take(&texts) } else { Vec::new() };
        table.rows.push(ListRow { line: records.line_number(), cells });
    }
    Ok(table)
}

impl ListTable {
    fn take(&mut self, texts: &[Cow<'_, str>]) -> Vec<(usize, Cell)> {
        if self.columns.len() < texts.len() {
            self.columns.resize_with(texts.len(), ListColumn::default);
        }
        let mut cells = Vec::new();
        for ((place, text), column) in texts.iter().enumerate().zip(&mut self.columns) {
            let text = bare(text);
            if text.is_empty() {
                continue;
            }
            column.filled += 1;
            let cell = match column.named_as() {
                Some(ColumnUse::Reason) => Cell::of_reason(text),
                Some(ColumnUse::State) => Cell::of_state(text),
                _ => None,
            };
            let Some(cell) = cell.or_else(|| Cell::of(text)) else { continue };
            match cell {
                Cell::Order(_) => column.orders += 1,
                Cell::Alias(_) => column.aliases += 1,
                Cell::Date(_) => column.dates += 1,
                Cell::Reason(_) | Cell::Removed => {}
            }
            cells.push((place, cell));
        }
        cells
    }
}

/// A blank line, a remark, or the hint for spreadsheets.
fn passed_over(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.is_empty() || line.starts_with(b"#") || line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"sep="))
}

/// A row of names: letters in every cell that is not empty, no id, and no `@` as an address would have.
fn is_header(texts: &[Cow<'_, str>]) -> bool {
    let mut filled = texts.iter().map(|text| bare(text)).filter(|text| !text.is_empty());
    filled.all(|text| text.chars().any(char::is_alphabetic) && !text.contains('@') && Cell::of(text).is_none())
}
