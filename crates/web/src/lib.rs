//! The dashboard: pages made on the server, which work without JavaScript and load nothing from elsewhere.
//!
//! [`router`] holds all of it; the program gives it a [`WebState`] and serves it with [`serve`]. The dashboard opens
//! no connection to outside. Who may do what is decided in `admission`, before any page; what a browser may send
//! and load, in `guard`.

mod admission;
mod assets;
mod attempts;
mod chart;
mod cookies;
mod days;
mod forms;
mod frame;
mod guard;
mod language;
mod machine;
mod mail_providers;
mod pages;
mod password;
mod problem;
mod routes;
mod serve;
mod state;
mod when;
mod words;

pub use admission::{Brings, Needs};
pub use pages::welcome::welcome_path;
pub use routes::{Route, router, routes};
pub use serve::serve;
pub use state::{AskReach, Explain, Explaining, Reaching, WebSettings, WebState};
