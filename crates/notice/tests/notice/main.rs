//! What mails are read as, through the public door alone. All mails here are made by the tests; corpora that
//! nobody of this project wrote are read where they are present.

mod corpora;
mod hostile;
mod letter;
mod packs;
mod properties;
mod strangers;
mod transports;
