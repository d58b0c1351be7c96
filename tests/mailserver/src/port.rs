//! Ports on 127.0.0.1: a free one, and whether somebody listens on one. That is read from the kernel's table, so that
//! looking costs the server no session.

use std::time::{Duration, Instant};

const LISTENS_WITHIN: Duration = Duration::from_secs(30);

/// A port that is free now.
pub(crate) fn free() -> Result<u16, String> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}

/// Waits until somebody listens on the port.
pub(crate) fn wait_for_listener(port: u16) -> Result<(), String> {
    let began = Instant::now();
    while !is_listened_on(port) {
        if began.elapsed() > LISTENS_WITHIN {
            return Err(format!("nobody listens on port {port}"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn is_listened_on(port: u16) -> bool {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let ours = format!("0100007F:{port:04X}");
    table.lines().any(|line| {
        let mut columns = line.split_whitespace().skip(1);
        // 0A: LISTEN.
        columns.next() == Some(ours.as_str()) && columns.nth(1) == Some("0A")
    })
}
