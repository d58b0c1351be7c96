//! Lists from other tools: the same list whatever the pieces in which the file comes, never more found than there are
//! rows, lines that stand in the file, errors that show nothing of the rows, and packing that loses nothing.

use model::suppression::SuppressionReason;
use report::list::{ListTable, MOST_COLUMNS, Picks, read};

use crate::pieces::Pieces;

/// No file of these checks is larger.
const LARGEST: u64 = 1 << 20;

/// The first byte says how the file is cut.
pub fn check(input: &[u8]) {
    // Whatever somebody stored in place of a packed list.
    let _ = ListTable::unpack(input);
    let [seed, file @ ..] = input else { return };
    let whole = read(file, LARGEST).map_err(|error| error.to_string());
    let cut = read(Pieces::new(crate::pieces(file, *seed)), LARGEST).map_err(|error| error.to_string());
    assert_eq!(whole, cut, "the pieces changed the list");
    let Ok(table) = whole else { return };
    assert!(table.columns.len() <= MOST_COLUMNS);
    let packed = table.pack().unwrap();
    assert_eq!(ListTable::unpack(&packed).as_ref(), Some(&table), "packing lost something");
    let rows = table.rows();
    let picks = Picks::default();
    let is_line = |line: &u64| *line >= 1 && (file.starts_with(&[0x1F, 0x8B]) || *line <= file.len() as u64 + 1);
    match table.messaged(&picks) {
        Ok(found) => {
            assert!(found.orders.len() as u64 + found.bad.len() as u64 <= rows, "more than there are rows");
            assert!(!found.orders.is_empty() && found.bad.iter().all(is_line));
        }
        Err(error) => assert!(!error.to_string().contains("@marketplace."), "an error shows a buyer"),
    }
    match table.opt_outs(&picks, SuppressionReason::Block) {
        Ok(found) => {
            assert!(found.bad.len() as u64 <= rows && found.bad.iter().all(is_line));
            assert!(found.entries.len() as u64 <= rows.saturating_mul(MOST_COLUMNS as u64));
        }
        Err(error) => assert!(!error.to_string().contains("@marketplace."), "an error shows a buyer"),
    }
    for (place, _) in table.uses(&picks) {
        assert!(place < table.columns.len(), "a column that is not there");
    }
}
