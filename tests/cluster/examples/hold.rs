//! An empty database for as long as its standard input is open: prints its URL and waits. For tests that are no Rust.

use std::io::Read;

fn main() {
    if let Some(database) = cluster::fresh_database() {
        println!("{}", database.url());
        // The end of the input is what is waited for, not what it says.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
    }
}
