//! A stand-in for Amazon's Selling Partner API, for tests and the demonstration: an HTTP server on 127.0.0.1 that answers from
//! a small shop in memory, which a test fills. It holds every request against what Amazon's published models (of August 2026)
//! demand, keeps the rate limits that they print, counts what reached buyers, and fails in each known way when told to.
//!
//! It was written from the models and from what users of the API report, by hand and without Abide's own client, so that a
//! mistake in one shows in the other. It has never been held against Amazon itself, and where nothing is known of what Amazon
//! answers, the place says so.

mod answer;
mod calls;
mod check;
mod clock;
mod documents;
mod fault;
mod limits;
mod operations;
mod orders;
mod reports;
mod routes;
mod sellers;
mod server;
mod shop;
mod sign_in;
mod to_buyers;

pub use clock::Clock;
pub use fault::Fault;
pub use server::StandIn;
pub use shop::{Account, Order, Shop, Tally};
