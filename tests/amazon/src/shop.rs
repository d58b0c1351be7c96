//! What the stand-in knows: accounts with their authorisations, orders, what was asked and sent. A test fills it and counts.

use std::collections::{BTreeMap, VecDeque};

use model::{Marketplace, OrderId, Span, Timestamp};
use serde_json::Value;

use crate::fault::Fault;
use crate::limits::Limits;

/// A seller who authorised an application.
#[derive(Debug, Clone)]
pub struct Account {
    /// What a test calls him; it stands in no answer.
    pub name: String,
    /// The application's id and secret.
    pub application: (String, String),
    /// His lasting token.
    pub refresh_token: String,
    /// Where he sells.
    pub stores: Vec<Marketplace>,
}

/// An order of one account.
#[derive(Debug, Clone)]
pub struct Order {
    /// Its id.
    pub order_id: OrderId,
    /// Its store.
    pub store: Marketplace,
    /// When it was placed.
    pub placed: Timestamp,
    /// When it changed last.
    pub changed: Timestamp,
    /// When it is to be delivered: from, until.
    pub delivery: (Timestamp, Timestamp),
    /// Amazon's word of 2026, such as `SHIPPED`.
    pub status: &'static str,
    /// Whether Amazon ships it.
    pub by_amazon: bool,
    /// The buyer's relay address, where Amazon tells it.
    pub alias: Option<String>,
    /// How many lines it has.
    pub lines: u32,
    /// Whether a review can be requested while its window is open.
    pub offers_review: bool,
    /// The names of the messages that it offers.
    pub messages: Vec<&'static str>,
    /// The buyer's language.
    pub locale: Option<&'static str>,
}

impl Order {
    /// An order that was shipped and delivered, that offers a review request and one message.
    pub fn shipped(order_id: OrderId, store: Marketplace, changed: Timestamp) -> Self {
        Self {
            order_id,
            store,
            placed: changed.minus(Span::days(12)),
            changed,
            delivery: (changed.minus(Span::days(9)), changed.minus(Span::days(8))),
            status: "SHIPPED",
            by_amazon: false,
            alias: None,
            lines: 1,
            offers_review: true,
            messages: vec!["unexpectedProblem"],
            locale: Some("en-US"),
        }
    }
}

/// What was counted since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls of each operation, refused ones among them.
    pub calls: BTreeMap<&'static str, u64>,
    /// How often a limit was exceeded, by operation.
    pub exceeded: BTreeMap<&'static str, u64>,
    /// What the models forbid and came nevertheless, one sentence each.
    pub invalid: Vec<String>,
    /// Review requests that reached a buyer, by order; more than one of an order is a defect of whoever asked.
    pub solicited: BTreeMap<OrderId, u64>,
    /// Messages that reached a buyer, by order.
    pub messaged: BTreeMap<OrderId, u64>,
    /// Access tokens that were given out.
    pub sign_ins: u64,
    /// Files that were uploaded whole.
    pub uploads: u64,
}

pub(crate) struct Token {
    pub(crate) account: usize,
    pub(crate) ends: Timestamp,
    /// For a restricted data token: methods and paths, with the elements asked for.
    pub(crate) restricted: Option<Vec<(String, String, Vec<String>)>>,
}

pub(crate) struct Page {
    pub(crate) account: usize,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) orders: Vec<OrderId>,
    pub(crate) ends: Timestamp,
}

pub(crate) struct Report {
    pub(crate) account: usize,
    pub(crate) kind: String,
    pub(crate) asked: Timestamp,
    pub(crate) ending: &'static str,
}

pub(crate) struct Link {
    pub(crate) account: usize,
    pub(crate) ends: Timestamp,
    /// The document, or none for an upload.
    pub(crate) document: Option<String>,
    pub(crate) md5: Option<String>,
    pub(crate) charset: Option<String>,
    pub(crate) filled: bool,
}

/// A report's content as Amazon would keep it.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) bytes: Vec<u8>,
    pub(crate) gzip: bool,
    pub(crate) charset: String,
}

/// The shop.
#[derive(Default)]
pub struct Shop {
    pub(crate) accounts: Vec<Account>,
    pub(crate) orders: Vec<BTreeMap<OrderId, Order>>,
    pub(crate) tokens: BTreeMap<String, Token>,
    pub(crate) pages: BTreeMap<String, Page>,
    pub(crate) reports: BTreeMap<String, Report>,
    pub(crate) contents: BTreeMap<(usize, String), Content>,
    pub(crate) links: BTreeMap<String, Link>,
    pub(crate) faults: BTreeMap<&'static str, VecDeque<Fault>>,
    pub(crate) limits: Limits,
    pub(crate) tally: Tally,
    pub(crate) report_takes: Option<Span>,
    /// Where the stand-in is, for links.
    pub(crate) base: String,
    pub(crate) numbers: u64,
}

impl Shop {
    /// Adds an account.
    pub fn add_account(&mut self, account: Account) {
        self.accounts.push(account);
        self.orders.push(BTreeMap::new());
    }

    /// Adds an order to the account of that name, or puts it in the place of an earlier one; whether there is such an account.
    pub fn put_order(&mut self, account: &str, order: Order) -> bool {
        let Some(place) = self.accounts.iter().position(|known| known.name == account) else { return false };
        self.orders[place].insert(order.order_id, order);
        true
    }

    /// Takes back an account's authorisation, as a seller can.
    pub fn revoke(&mut self, account: &str) {
        let Some(place) = self.accounts.iter().position(|known| known.name == account) else { return };
        self.accounts[place].refresh_token.clear();
        self.tokens.retain(|_, token| token.account != place);
    }

    /// What an account's reports of a kind hold from now on, in the encoding of that label.
    pub fn set_report(&mut self, account: &str, kind: &str, text: &str, charset: &str, gzip: bool) {
        let Some(place) = self.accounts.iter().position(|known| known.name == account) else { return };
        let encoding = encoding_rs::Encoding::for_label(charset.as_bytes()).unwrap_or(encoding_rs::UTF_8);
        let bytes = encoding.encode(text).0.into_owned();
        let content = Content { bytes, gzip, charset: charset.to_owned() };
        self.contents.insert((place, kind.to_owned()), content);
    }

    /// How long reports take from now on.
    pub fn reports_take(&mut self, time: Span) {
        self.report_takes = Some(time);
    }

    /// Lets the next `times` calls of an operation fail so, after those that are to fail already. The sign-in is `token`, a
    /// download `document`, an upload `upload`; other names are Amazon's.
    pub fn fail(&mut self, operation: &'static str, fault: &Fault, times: usize) {
        self.faults.entry(operation).or_default().extend(std::iter::repeat_n(fault.clone(), times));
    }

    /// What was counted.
    pub fn tally(&self) -> Tally {
        Tally { exceeded: self.limits.exceeded.clone(), ..self.tally.clone() }
    }

    /// A number that was not given out before.
    pub(crate) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(crate) fn fault(&mut self, operation: &str) -> Option<Fault> {
        self.faults.get_mut(operation)?.pop_front()
    }
}

/// What one call is: who asks, what, when.
pub(crate) struct Call<'c> {
    pub(crate) account: usize,
    pub(crate) stars: Vec<&'c str>,
    pub(crate) query: &'c [(String, String)],
    pub(crate) body: Value,
    pub(crate) now: Timestamp,
    pub(crate) restricted: bool,
    pub(crate) fault: Option<Fault>,
}

impl Call<'_> {
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        self.query(name).map(|list| list.split(',').collect()).unwrap_or_default()
    }

    /// The order that the path names.
    pub(crate) fn order_id(&self) -> Option<OrderId> {
        self.stars.first()?.parse().ok()
    }
}
