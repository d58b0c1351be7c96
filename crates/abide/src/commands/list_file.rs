//! Lists that other tools kept, read from a file or from standard input, and the columns that the person picked.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use report::list::{self, ListTable, Picks};

use crate::arguments::ListColumns;
use crate::exit::Failure;

/// No list of this kind is larger, in bytes: a million lines and more.
const LARGEST: u64 = 256 * 1024 * 1024;

/// Reads a list, or standard input for `-`.
pub fn read(path: &Path) -> Result<ListTable, Failure> {
    let shown = path.display();
    let unreadable = |problem: String| Failure::usage(format!("{shown}: {problem}"));
    let input: Box<dyn Read + Send> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else if path.is_dir() {
        return Err(unreadable("this is a folder; name the list in it".into()));
    } else {
        Box::new(File::open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => unreadable("there is no such file".into()),
            _ => unreadable(format!("it can't be read: {error}")),
        })?)
    };
    list::read(input, LARGEST).map_err(|error| unreadable(error.to_string()))
}

/// The columns as they were named on the command line.
pub fn picks(columns: &ListColumns) -> Picks {
    let at = |name: &Option<String>| name.as_deref().map(Into::into);
    Picks { order: at(&columns.order), alias: at(&columns.alias), date: at(&columns.date) }
}
