//! The client core by its public doors: requests as they would be sent, answers as Amazon and others might give them.

mod failures;
mod give;
mod house;
mod sign_in;
