//! Random stories of orders and notices: few orders and aliases, so that all comes again; one alias that comes with
//! about as many names as make it a shared one; notices before, among and after the orders they are about.

use model::Alias;
use model::order::{ImportedOrder, OrderItem, OrderStatus};

use crate::at;
use crate::stage::{Letter, alias, shipped};

/// What happens to an account.
pub enum Event {
    /// A report says this.
    Orders(Vec<ImportedOrder>),
    Notice(Box<Letter>),
    Planning,
}

/// Orders that a story is about.
const ORDERS: u64 = 45;

/// The story of that number, each event with its account, 0 or 1.
pub fn story(number: u64) -> Vec<(usize, Event)> {
    let mut chance = Chance(number);
    let mut events = Vec::new();
    // Some stories are about an alias with few names, some about one with many.
    let names = 14 + chance.below(30);
    for turn in 0..14 {
        let account = usize::from(chance.below(4) == 0);
        match chance.below(10) {
            0..2 => {
                for _ in 0..=chance.below(5) {
                    let letter = Letter::opt_out(chance.number(ORDERS));
                    let letter = if chance.below(5) == 0 { letter.by(chance.number(3)) } else { letter };
                    let letter = letter.numbered(&format!("{number}-{turn}-{}@amazonses.com", events.len()));
                    events.push((account, Event::Notice(Box::new(letter))));
                }
            }
            2 => events.push((account, Event::Planning)),
            _ => {
                let orders = (0..=chance.below(40)).map(|_| said(&mut chance, names)).collect();
                events.push((account, Event::Orders(orders)));
            }
        }
    }
    events
}

/// What one row or two of a report say.
fn said(chance: &mut Chance, names: u64) -> ImportedOrder {
    let number = chance.number(ORDERS);
    let buyer = match chance.below(20) {
        0..4 => None,
        4 => Some("no-reply@marketplace.amazon.de".parse::<Alias>().unwrap()),
        5..14 => Some(alias(0)),
        _ => Some(alias(1 + chance.number(4))),
    };
    let name = match (&buyer, chance.below(8)) {
        (_, 0) => None,
        (_, 1) => Some("  ".to_owned()),
        (Some(busy), _) if *busy == alias(0) => Some(format!(" Name  {}", chance.below(names))),
        _ => Some(format!("Name {}", chance.below(3))),
    };
    let lines = chance.below(4);
    let mut line = || OrderItem {
        line: chance.below(2).to_string(),
        sku: (chance.below(3) > 0).then(|| format!("KETTLE{}", chance.below(3))),
        quantity: Some(1 + chance.number(2)),
        ..OrderItem::default()
    };
    let items = (0..lines).map(|_| line()).collect();
    let old = chance.below(12) == 0;
    let foreign = chance.below(20) == 0;
    let nowhere = chance.below(20) == 0;
    let order = shipped(number);
    ImportedOrder {
        status: [None, Some(OrderStatus::Pending), Some(OrderStatus::Shipped)]
            [usize::try_from(chance.below(3)).unwrap()],
        updated_at: (chance.below(3) == 0).then(|| at(&format!("2026-08-{:02}T00:00:00Z", 6 + chance.below(10)))),
        estimated_arrival: if old { Some(at("2026-05-10T18:00:00Z")) } else { order.estimated_arrival },
        alias: buyer,
        buyer_name: name,
        ship_country: (chance.below(4) == 0).then(|| "US".to_owned()),
        business: (chance.below(6) == 0).then_some(chance.below(2) == 0),
        incomplete: chance.below(13) == 0,
        items,
        store: if nowhere {
            None
        } else if foreign {
            Some("FR".parse().unwrap())
        } else {
            order.store
        },
        ..order
    }
}

/// Numbers that look random and are the same each time (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }

    fn number(&mut self, end: u64) -> u32 {
        u32::try_from(self.below(end)).unwrap()
    }
}
