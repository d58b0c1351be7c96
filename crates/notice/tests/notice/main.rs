//! What mails are read as, through the public door alone. All mails here are made by the tests; corpora that
//! nobody of this project wrote are read where they are present.

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod confirmations;
#[cfg(test)]
mod corpora;
#[cfg(test)]
mod forms;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod letter;
#[cfg(test)]
mod nested;
#[cfg(test)]
mod packs;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod snapshots;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod transports;
#[cfg(test)]
mod zipped;
