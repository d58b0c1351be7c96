//! The built program as a stranger runs it: by its command line, files, sockets and signals alone.

mod bad_input;
mod by_hand;
mod demo;
mod house;
mod reports;
mod said;
mod serving;
