//! The older order API, which Amazon ends on 2027-03-27: orders come without their lines, and the buyer's name and relay
//! address for a restricted data token alone. So an order of a page is a [`LinelessOrder`], which becomes an order once all
//! pages of its lines are there.

mod lines;
mod orders;

pub use lines::{GetOrderItems, Lines, LinesPage};
pub use orders::{GetOrders, LinelessOrder, OtherOrder};
