//! Every statement of the program prepares on both engines, and SQL stands in `sql!("…")` and nowhere else.

use std::path::{Path, PathBuf};

use crate::Ground;

/// Which engines a statement is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    Both,
    Sqlite,
    Postgres,
}

pub struct Statement {
    pub file: PathBuf,
    pub text: String,
    pub engine: For,
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The text of the string literal that `source` begins with, and what follows it.
fn literal(source: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut rest = source.strip_prefix('"')?;
    loop {
        let mut chars = rest.chars();
        match chars.next()? {
            '"' => return Some((text, chars.as_str())),
            '\\' => {
                let escaped = chars.next()?;
                rest = chars.as_str();
                match escaped {
                    '\n' => rest = rest.trim_start(),
                    'n' => text.push('\n'),
                    other => text.push(other),
                }
            }
            plain => {
                text.push(plain);
                rest = chars.as_str();
            }
        }
    }
}

fn statements_in(file: &Path) -> Vec<Statement> {
    let source = std::fs::read_to_string(file).unwrap();
    let mut found = Vec::new();
    // Where the first and the second statement of an `either(sqlite, postgres)` are still to come.
    let (mut rest, mut of_either) = (source.as_str(), Vec::new());
    while let Some(place) = rest.find("sql!(") {
        let (before, after) = rest.split_at(place);
        if before.contains(".either(") {
            of_either = vec![For::Postgres, For::Sqlite];
        } else if before.contains("if !tx.is_postgres()") {
            of_either = vec![For::Postgres];
        }
        rest = &after["sql!(".len()..];
        if let Some((text, after)) = literal(rest.trim_start()) {
            found.push(Statement { file: file.to_owned(), text, engine: of_either.pop().unwrap_or(For::Both) });
            rest = after;
        }
    }
    found
}

pub fn all_statements() -> Vec<Statement> {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let found: Vec<Statement> = files.iter().flat_map(|file| statements_in(file)).collect();
    assert!(found.len() > 20, "the statements were found");
    assert!(found.iter().any(|statement| statement.engine == For::Postgres));
    found
}

/// How many parameters it has: they are `$1` … `$n`, all of them used.
pub fn parameters(statement: &Statement) -> usize {
    let mut numbers: Vec<usize> = statement
        .text
        .split('$')
        .skip(1)
        .map(|after| {
            let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap_or_else(|_| panic!("a lone $ in {}: {}", statement.file.display(), statement.text))
        })
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert!(
        numbers.iter().copied().eq(1..=numbers.len()),
        "parameters have gaps in {}: {}",
        statement.file.display(),
        statement.text
    );
    numbers.len()
}

#[tokio::test]
async fn every_statement_prepares_on_sqlite() {
    let ground = Ground::sqlite();
    drop(ground.open().await);
    let connection = rusqlite::Connection::open(ground.path("abide.db")).unwrap();
    for statement in all_statements().iter().filter(|statement| statement.engine != For::Postgres) {
        let prepared = connection.prepare(&statement.text.replace('$', "?"));
        let prepared =
            prepared.unwrap_or_else(|error| panic!("{}: {error}\n{}", statement.file.display(), statement.text));
        assert_eq!(prepared.parameter_count(), parameters(statement), "{}", statement.text);
    }
}

#[tokio::test]
async fn every_statement_prepares_on_postgres() {
    let Some(ground) = Ground::postgres() else { return };
    drop(ground.open().await);
    let store::Database::Postgres(url) = ground.options().database else { unreachable!() };
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    for statement in all_statements().iter().filter(|statement| statement.engine != For::Sqlite) {
        let prepared = client.prepare(&statement.text).await.unwrap_or_else(|error| {
            let said = error.as_db_error().map(ToString::to_string).unwrap_or_default();
            panic!("{}: {said}\n{}", statement.file.display(), statement.text)
        });
        assert_eq!(prepared.params().len(), parameters(statement), "{}", statement.text);
        for column in prepared.columns() {
            use tokio_postgres::types::Type;
            // Others (NUMERIC of a sum, say) would come out differently than on SQLite.
            let known = [Type::INT8, Type::INT4, Type::BOOL, Type::BYTEA, Type::TEXT];
            assert!(known.contains(column.type_()), "{} is {}: {}", column.name(), column.type_(), statement.text);
        }
    }
    drop(client);
    connection.await.unwrap().unwrap();
}

/// The beginnings of statements, as they are written in this house.
const BEGINNINGS: [&str; 12] = [
    "SELECT ",
    "INSERT INTO ",
    "INSERT OR ",
    "UPDATE ",
    "DELETE FROM ",
    "WITH ",
    "CREATE TABLE ",
    "CREATE INDEX ",
    "DROP TABLE ",
    "ALTER TABLE ",
    "TRUNCATE ",
    "PRAGMA ",
];

/// Rooms that speak to an engine itself rather than to its tables.
const ENGINE_ROOMS: [&str; 4] =
    ["store/src/engine/", "store/src/migrations.rs", "store/src/backup/tables.rs", "store/src/deletion/tables.rs"];

#[test]
fn sql_stands_in_the_macro_and_nowhere_else() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(crates).unwrap() {
        let source = entry.unwrap().path().join("src");
        if source.is_dir() {
            sources(&source, &mut files);
        }
    }
    for file in files {
        let shown = file.display().to_string();
        if ENGINE_ROOMS.iter().any(|room| shown.contains(room)) {
            continue;
        }
        let source = std::fs::read_to_string(&file).unwrap();
        // What tests do behind the program's back is their own affair.
        let source = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        for (place, _) in source.match_indices('"') {
            let (before, after) = source.split_at(place);
            let text = after[1..].trim_start();
            let is_sql = BEGINNINGS.iter().any(|beginning| {
                text.strip_prefix(beginning).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
            });
            if is_sql {
                assert!(before.trim_end().ends_with("sql!("), "SQL outside sql! in {shown}: {text:.60}");
            }
        }
    }
}
