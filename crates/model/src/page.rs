//! Pages of long lists: a bounded number of rows and a cursor to go on from, never an offset, so that the
//! hundredth page costs what the first does.

/// Where the next page begins: an opaque text made by the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

/// Some rows, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows of this page, at most as many as were asked for.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Cursor>,
}
