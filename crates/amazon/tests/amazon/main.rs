//! The client core by its public doors: requests as they would be sent, answers as Amazon and others might give them.

mod failures;
mod give;
mod house;
mod messaging;
mod orders;
mod orders_v0;
mod participation;
mod sign_in;
mod solicitation;
