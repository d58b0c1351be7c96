//! The SMTP and LMTP receiver on its socket. The session decides what is said; here are the socket, the clock, TLS and
//! the numbers that protect the machine: connections in all and from one peer, memory, and times. Logs name
//! sessions by number and hold neither addresses nor content (law 8).

mod connection;
mod listener;
mod peers;
mod recording;
mod settings;
mod socket;
mod tls;

pub use listener::Server;
pub use settings::{ServerSettings, Timing};
pub use socket::Place;
pub use tls::{Certificate, Tls};
