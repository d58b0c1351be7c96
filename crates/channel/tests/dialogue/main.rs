//! The dialogue with a submission server: a scripted server that breaks off, hangs, drips and lies at every stage, and
//! real ones, Postfix and `smtp-sink`. Each test says exactly what became of the message and of the line.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't set up its case must stop")]

mod aside;
mod envelope;
mod faults;
mod opening;
mod peers;
mod permit;
mod server;
mod stage;
mod tls;
