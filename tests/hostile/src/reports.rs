//! The report importer: the same rows whatever the pieces in which the file comes, counts that agree with the
//! rows given, lines that only go forward, memory of one row.

use std::io::Read;

use crate::pieces::Pieces;
use report::{Counts, Defaults, Reader, Row};

/// The first byte says how the file is cut.
pub fn check(input: &[u8]) {
    let [seed, file @ ..] = input else { return };
    let whole = read(file);
    let pieces = crate::pieces(file, *seed);
    assert_eq!(whole, read(Pieces::new(pieces)), "the pieces changed the rows");
    let Ok((rows, counts)) = whole else { return };
    let (mut orders, mut bad, mut skipped, mut last_line) = (0, 0, 0, 0);
    for row in rows.iter().filter_map(|row| row.as_ref().ok()) {
        let line = match row {
            Row::Order(order) => {
                orders += 1;
                assert!(order.items.len() <= file.len());
                continue;
            }
            Row::Bad { line, problem, .. } => {
                bad += 1;
                assert!(!problem.to_string().is_empty());
                *line
            }
            Row::SkippedMcf { line } => {
                skipped += 1;
                *line
            }
        };
        assert!(line >= last_line, "lines go backward");
        last_line = line;
    }
    assert_eq!((orders, bad, skipped), (counts.orders, counts.bad, counts.skipped_mcf));
    // A row is skipped, bad (for a date and for too many items at most), or in an order.
    assert!(orders + skipped <= counts.rows && bad <= 2 * counts.rows);
    assert!(counts.rows == 0 || orders + bad + skipped > 0, "rows vanished");
    let gzip = file.starts_with(&[0x1F, 0x8B]);
    assert!(gzip || counts.rows <= u64::try_from(file.len()).unwrap_or(u64::MAX));
    assert!(gzip || last_line <= u64::try_from(file.len()).unwrap_or(u64::MAX) + 1);
}

type Told = Result<(Vec<Result<Row, String>>, Counts), String>;

fn read(file: impl Read + Send) -> Told {
    let mut reader = Reader::new(file, Defaults::default()).map_err(|error| error.to_string())?;
    let rows: Vec<_> = reader.by_ref().map(|row| row.map_err(|error| error.to_string())).collect();
    assert!(reader.next().is_none(), "a row after the end");
    let errors = rows.iter().filter(|row| row.is_err()).count();
    assert!(errors == 0 || errors == 1 && rows.last().is_some_and(Result::is_err), "rows after an error");
    Ok((rows, reader.counts()))
}
