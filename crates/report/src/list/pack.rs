//! A list packed for the minutes between two pages: what can matter of it and nothing else, made small. Whoever keeps
//! it seals it.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use model::Timestamp;

use crate::list::cell::Cell;
use crate::list::column::ListColumn;
use crate::list::read::{ListRow, ListTable};

/// The most that unpacks, in bytes; far more than a list of the most rows packs from.
const LARGEST: u64 = 512 * 1024 * 1024;

impl ListTable {
    /// The list as bytes.
    ///
    /// # Errors
    /// Only where memory can't be written to.
    pub fn pack(&self) -> std::io::Result<Vec<u8>> {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
        writeln!(packed, "{}", u8::from(self.header))?;
        for column in &self.columns {
            let name = column.name.as_deref().map(|name| format!("+{name}")).unwrap_or_default();
            writeln!(packed, "{}\t{}\t{}\t{}\t{name}", column.filled, column.orders, column.aliases, column.dates)?;
        }
        writeln!(packed)?;
        for row in &self.rows {
            write!(packed, "{}", row.line)?;
            for (place, cell) in &row.cells {
                match cell {
                    Cell::Order(order) => write!(packed, "\t{place}o{order}")?,
                    Cell::Alias(alias) => write!(packed, "\t{place}a{}", alias.as_str())?,
                    Cell::Date(date) => write!(packed, "\t{place}d{}", date.as_micros())?,
                    Cell::Reason(reason) => write!(packed, "\t{place}r{reason}")?,
                    Cell::Removed => write!(packed, "\t{place}x")?,
                }
            }
            writeln!(packed)?;
        }
        packed.finish()
    }

    /// The list that was packed; none where the bytes are no such list.
    pub fn unpack(bytes: &[u8]) -> Option<Self> {
        let mut text = String::new();
        ZlibDecoder::new(bytes).take(LARGEST).read_to_string(&mut text).ok()?;
        let mut lines = text.lines();
        let mut table = Self { header: lines.next()? == "1", ..Self::default() };
        for line in lines.by_ref().take_while(|line| !line.is_empty()) {
            table.columns.push(column(line)?);
        }
        for line in lines {
            table.rows.push(row(line)?);
        }
        Some(table)
    }
}

fn column(line: &str) -> Option<ListColumn> {
    let mut fields = line.splitn(5, '\t');
    let mut count = || fields.next()?.parse::<u64>().ok();
    let (filled, orders, aliases, dates) = (count()?, count()?, count()?, count()?);
    let name = fields.next()?.strip_prefix('+').map(str::to_owned);
    Some(ListColumn { name, filled, orders, aliases, dates })
}

fn row(line: &str) -> Option<ListRow> {
    let mut fields = line.split('\t');
    let number = fields.next()?.parse().ok()?;
    let cells = fields.map(cell).collect::<Option<_>>()?;
    Some(ListRow { line: number, cells })
}

fn cell(field: &str) -> Option<(usize, Cell)> {
    let digits = field.bytes().take_while(u8::is_ascii_digit).count();
    let (place, rest) = field.split_at_checked(digits)?;
    let (kind, value) = rest.split_at_checked(1)?;
    let cell = match kind {
        "o" => Cell::Order(value.parse().ok()?),
        "a" => Cell::Alias(value.parse().ok()?),
        "d" => Cell::Date(Timestamp::from_micros(value.parse().ok()?)),
        "r" => Cell::Reason(value.parse().ok()?),
        "x" => Cell::Removed,
        _ => return None,
    };
    Some((place.parse().ok()?, cell))
}
