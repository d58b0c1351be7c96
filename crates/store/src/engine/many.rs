//! One statement for many rows. Each engine runs them in its own way: SQLite prepares once and runs it row by row,
//! since a statement costs no round trip there; PostgreSQL gets many rows in one statement, since there it does.

use crate::error::StoreError;

/// Rows that one statement may carry on PostgreSQL. Few sizes, so that few texts are prepared.
const SIZES: [usize; 5] = [256, 64, 16, 4, 1];

/// Cuts rows into slices of the sizes above.
pub(super) fn slices<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = SIZES.into_iter().find(|size| *size <= rows.len())?;
        let (slice, rest) = rows.split_at(size);
        rows = rest;
        Some(slice)
    })
}

/// The text of `INSERT … VALUES ($1, …) …` for so many rows of so many parameters each. All parameters must stand
/// in that one list.
pub(super) fn with_rows(sql: &str, width: usize, rows: usize) -> Result<String, StoreError> {
    let parts = sql.split_once("VALUES (").and_then(|(before, rest)| Some((before, rest.split_once(')')?)));
    let Some((before, (list, after))) = parts else { return Err(unfit()) };
    if before.contains('$') || after.contains('$') {
        return Err(unfit());
    }
    let mut text = format!("{before}VALUES ({list})");
    for row in 1..rows {
        text.push_str(", (");
        text.push_str(&moved(list, row * width)?);
        text.push(')');
    }
    text.push_str(after);
    Ok(text)
}

/// The text of `… IN ($n)` for a list of so many, where `$n` is the last parameter.
pub(super) fn with_list(sql: &str, last: usize, length: usize) -> Result<String, StoreError> {
    let (before, after) = sql.split_once(&format!("IN (${last})")).ok_or_else(unfit)?;
    let list: Vec<String> = (last..last + length).map(|number| format!("${number}")).collect();
    Ok(format!("{before}IN ({}){after}", list.join(", ")))
}

/// A list of parameters and constants with each parameter's number moved on.
fn moved(list: &str, by: usize) -> Result<String, StoreError> {
    let mut pieces = list.split('$');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = piece.split_at(digits);
        let number: usize = number.parse().map_err(|_| unfit())?;
        text.push('$');
        text.push_str(&(number + by).to_string());
        text.push_str(rest);
    }
    Ok(text)
}

fn unfit() -> StoreError {
    StoreError::unexpected("a statement can't be run for many rows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_gets_parameters_of_its_own() {
        let sql = "INSERT INTO a (b, c, d) VALUES ($1, 0, $2) ON CONFLICT (b) DO NOTHING";
        assert_eq!(with_rows(sql, 2, 1).unwrap(), sql);
        assert_eq!(
            with_rows(sql, 2, 3).unwrap(),
            "INSERT INTO a (b, c, d) VALUES ($1, 0, $2), ($3, 0, $4), ($5, 0, $6) ON CONFLICT (b) DO NOTHING"
        );
        assert!(with_rows("INSERT INTO a (b) VALUES ($1) ON CONFLICT (b) DO UPDATE SET c = $2", 2, 2).is_err());
        assert!(with_rows("SELECT 1", 0, 2).is_err());
    }

    #[test]
    fn a_list_takes_the_last_parameter_s_place() {
        let sql = "SELECT b FROM a WHERE c = $1 AND b IN ($2) ORDER BY b";
        assert_eq!(with_list(sql, 2, 3).unwrap(), "SELECT b FROM a WHERE c = $1 AND b IN ($2, $3, $4) ORDER BY b");
        assert!(with_list(sql, 3, 1).is_err());
    }

    #[test]
    fn slices_hold_every_row_once_and_in_order() {
        for count in [0, 1, 3, 4, 255, 256, 1000] {
            let rows: Vec<usize> = (0..count).collect();
            assert_eq!(slices(&rows).collect::<Vec<_>>().concat(), rows);
            assert!(slices(&rows).all(|slice| SIZES.contains(&slice.len())));
        }
    }
}
