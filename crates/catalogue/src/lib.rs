//! The dashboard's words in other languages. Templates and code hold them in English; a catalogue (gettext's PO form, one
//! file a language) gives each sentence in another language. Sentences are taken whole, with what is filled in and the
//! marks of HTML as named places, so that a translator may order them as his language does.

mod catalogue;
mod inline;
mod piece;
mod tell;
mod unit;

pub use catalogue::{Catalogue, Unreadable};
pub use inline::whole_template;
pub use tell::{sentences, told};
