//! The stories: events drawn at random, each told in words, so that a failure reads like what happened.

use std::fmt;

use model::member::Role;
use proptest::prelude::*;

pub const ORDERS: u32 = 6;
pub const BUYERS: u32 = 3;

/// One event. Orders and buyers are numbers; worker 0 and 1 are two nodes.
#[derive(Clone)]
pub enum Event {
    Notice { orders: Vec<u32>, buyer: Option<u32>, id: u32, structure: bool },
    Import { order: u32, buyer: Option<u32> },
    Block { buyer: u32 },
    Stop { order: u32 },
    ListMessaged { orders: Vec<u32> },
    UnlistMessaged { order: u32, by: Role },
    UnlistList { nth: usize, by: Role },
    RemoveForOrder { order: u32, by: Role },
    RemoveForBuyer { buyer: u32, by: Role },
    Confirm { nth: usize },
    Plan,
    Claim { worker: usize },
    Attempt { worker: usize },
    Finish { worker: usize, how: How },
    WorkerDies { worker: usize },
    StopSending { wide: bool },
    ResumeSending { wide: bool },
    Settle { nth: usize, sent: bool },
    Restart,
}

#[derive(Clone, Copy, Debug)]
pub enum How {
    Done,
    NotSent,
    Rejected,
    Lost,
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |buyer: &Option<u32>| buyer.map_or("no alias".to_owned(), |buyer| format!("buyer {buyer}"));
        match self {
            Self::Notice { orders, buyer, id, structure } => {
                let how = if *structure { ", by its structure alone" } else { "" };
                write!(f, "notice {id} comes in about orders {orders:?} and {}{how}", known(buyer))
            }
            Self::Import { order, buyer } => write!(f, "a report brings order {order} with {}", known(buyer)),
            Self::Block { buyer } => write!(f, "a member blocks buyer {buyer}"),
            Self::Stop { order } => write!(f, "a member stops order {order}"),
            Self::ListMessaged { orders } => write!(f, "a list says that another tool has messaged orders {orders:?}"),
            Self::UnlistMessaged { order, by } => write!(f, "the {by} takes back what lists say of order {order}"),
            Self::UnlistList { nth, by } => write!(f, "the {by} takes back list {nth} of messaged orders"),
            Self::RemoveForOrder { order, by } => write!(f, "the {by} removes what stands for order {order}"),
            Self::RemoveForBuyer { buyer, by } => write!(f, "the {by} removes what covers buyer {buyer}"),
            Self::Confirm { nth } => write!(f, "a member confirms held entry {nth}"),
            Self::Plan => write!(f, "the planner runs"),
            Self::Claim { worker } => write!(f, "worker {worker} claims what is due"),
            Self::Attempt { worker } => write!(f, "worker {worker} attempts what it claimed first"),
            Self::Finish { worker, how } => write!(f, "worker {worker} ends its attempt: {how:?}"),
            Self::WorkerDies { worker } => write!(f, "worker {worker} dies and its leases lapse"),
            Self::StopSending { wide } => write!(f, "live sending is stopped for the {}", place(*wide)),
            Self::ResumeSending { wide } => write!(f, "live sending is resumed for the {}", place(*wide)),
            Self::Settle { nth, sent } => {
                write!(f, "a member settles lost message {nth} as {}", if *sent { "sent" } else { "not sent" })
            }
            Self::Restart => write!(f, "everything restarts"),
        }
    }
}

const fn place(wide: bool) -> &'static str {
    if wide { "installation" } else { "German store" }
}

#[derive(Clone)]
pub struct Story(pub Vec<Event>);

impl fmt::Debug for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(place, event)| write!(f, "\n  {}. {event:?}", place + 1))
    }
}

pub fn events() -> impl Strategy<Value = Story> {
    let order = || 0..ORDERS;
    let buyer = || 0..BUYERS;
    let role = || prop_oneof![3 => Just(Role::Owner), 1 => Just(Role::Agent)];
    let worker = || 0..2_usize;
    let orders = prop_oneof![
        8 => order().prop_map(|order| vec![order]),
        1 => Just(vec![]),
        1 => Just(vec![0, 1]),
    ];
    let how =
        prop_oneof![3 => Just(How::Done), 2 => Just(How::NotSent), 1 => Just(How::Rejected), 2 => Just(How::Lost)];
    let notice = (orders, proptest::option::of(buyer()), 0..2_u32, prop::bool::weighted(0.3))
        .prop_map(|(orders, buyer, id, structure)| Event::Notice { orders, buyer, id, structure });
    let event = prop_oneof![
        4 => notice,
        7 => (order(), proptest::option::weighted(0.7, buyer())).prop_map(|(order, buyer)| Event::Import { order, buyer }),
        1 => buyer().prop_map(|buyer| Event::Block { buyer }),
        1 => order().prop_map(|order| Event::Stop { order }),
        2 => proptest::collection::vec(order(), 1..4).prop_map(|orders| Event::ListMessaged { orders }),
        2 => (order(), role()).prop_map(|(order, by)| Event::UnlistMessaged { order, by }),
        1 => (0..2_usize, role()).prop_map(|(nth, by)| Event::UnlistList { nth, by }),
        2 => (order(), role()).prop_map(|(order, by)| Event::RemoveForOrder { order, by }),
        2 => (buyer(), role()).prop_map(|(buyer, by)| Event::RemoveForBuyer { buyer, by }),
        2 => (0..3_usize).prop_map(|nth| Event::Confirm { nth }),
        7 => Just(Event::Plan),
        2 => worker().prop_map(|worker| Event::Claim { worker }),
        9 => worker().prop_map(|worker| Event::Attempt { worker }),
        4 => (worker(), how).prop_map(|(worker, how)| Event::Finish { worker, how }),
        1 => worker().prop_map(|worker| Event::WorkerDies { worker }),
        1 => prop::bool::ANY.prop_map(|wide| Event::StopSending { wide }),
        2 => prop::bool::ANY.prop_map(|wide| Event::ResumeSending { wide }),
        6 => (0..2_usize, prop::bool::ANY).prop_map(|(nth, sent)| Event::Settle { nth, sent }),
        1 => Just(Event::Restart),
    ];
    // Many stories begin in the midst of business, or else little ever leaves in them.
    let business = (0..ORDERS).map(|order| Event::Import { order, buyer: Some(order % BUYERS) }).chain([Event::Plan]);
    let business: Vec<Event> = business.collect();
    let before = prop_oneof![1 => Just(Vec::new()), 3 => Just(business)];
    let events = proptest::collection::vec(event, 1..50);
    (before, events).prop_map(|(before, events)| Story(before.into_iter().chain(events).collect()))
}
