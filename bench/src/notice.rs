//! Not built yet.

/// Says so.
pub fn run(_options: &[String]) -> Result<(), String> {
    Err("not built yet".into())
}
