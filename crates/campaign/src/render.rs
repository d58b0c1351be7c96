//! A letter for one order: the language chosen, the values made safe, the templates filled in. Buyers and listings
//! write the values, so each is one line without control characters and of limited length; the subject is one line
//! whatever the template does.

use std::collections::BTreeMap;

use minijinja::value::Value;
use model::order::{Order, OrderItem};
use model::{Attachment, AttachmentName};
use policy::RenderedText;

use crate::conditions::pieces;
use crate::dates;
use crate::links::links;
use crate::schedule::zone;
use crate::split::Arm;
use crate::template::{Part, TemplateFault, Templates};
use crate::types::Campaign;

/// The longest subject, in characters.
const LONGEST_SUBJECT: usize = 200;
/// The longest value, in characters.
const LONGEST_VALUE: usize = 300;
/// Items that a template sees.
const MOST_ITEMS: usize = 50;

/// What a letter says of the store it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreNames<'a> {
    /// The seller's name, as buyers know it.
    pub store_name: &'a str,
}

/// A letter, filled in.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line of at most 200 characters.
    pub subject: String,
    /// Plain text with LF line ends, at most 20,000 bytes, holding the order id if the subject doesn't.
    pub text: String,
    /// Its language, ISO 639.
    pub language: String,
    /// The files that go with it.
    pub attachments: Vec<AttachmentName>,
}

impl Rendered {
    /// What the gate takes, with the files that the letter names out of those that are `kept`.
    ///
    /// # Errors
    /// The name of a file that is not among them: without it the letter would not be what was approved.
    pub fn into_text(self, kept: &[Attachment]) -> Result<RenderedText, AttachmentName> {
        let kept = |name: &AttachmentName| kept.iter().find(|kept| kept.file().name == *name).cloned();
        let attachments = self.attachments.into_iter().map(|name| kept(&name).ok_or(name));
        Ok(RenderedText {
            subject: self.subject,
            text: self.text,
            attachments: attachments.collect::<Result<Vec<_>, _>>()?,
        })
    }
}

impl std::fmt::Debug for Rendered {
    /// Without the words, which may name the buyer's purchase.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rendered").field("language", &self.language).finish_non_exhaustive()
    }
}

/// Fills in a campaign's main templates for an order, in the buyer's language or the first of the store's that has one,
/// else in the campaign's default language.
///
/// # Errors
/// Where the template asks for what the order lacks, works or writes without end, or leaves the order id out.
pub fn render(campaign: &Campaign, order: &Order, store: &StoreNames<'_>) -> Result<Rendered, TemplateFault> {
    filled(&campaign.templates, order, store)
}

/// The same with the words of the arm of its split test that an order at this place falls into.
///
/// # Errors
/// As [`render`].
pub fn render_at(
    campaign: &Campaign,
    order: &Order,
    store: &StoreNames<'_>,
    place: u16,
) -> Result<Rendered, TemplateFault> {
    match campaign.split.arm(place) {
        Arm::Variant(variant) => filled(&variant.templates, order, store),
        Arm::Main | Arm::HoldOut => filled(&campaign.templates, order, store),
    }
}

fn filled(templates: &Templates, order: &Order, store: &StoreNames<'_>) -> Result<Rendered, TemplateFault> {
    if templates.languages().is_empty() {
        return Err(TemplateFault::NoTemplate);
    }
    let known = |language: &str| templates.languages().iter().map(String::as_str).find(|known| *known == language);
    let language = language_of(order, known, templates.default_language());
    let values = values(order, store, language);
    let subject = subject_line(&templates.fill(Part::Subject, language, &values)?);
    let text = plain_text(&templates.fill(Part::Text, language, &values)?);
    if subject.is_empty() {
        return Err(TemplateFault::Empty(Part::Subject.as_str()));
    }
    if text.is_empty() {
        return Err(TemplateFault::Empty(Part::Text.as_str()));
    }
    let id = order.order_id.as_str();
    if !subject.contains(id) && !text.contains(id) {
        return Err(TemplateFault::NoOrderId);
    }
    let attachments = templates.attachments(language).into_iter().cloned().collect();
    Ok(Rendered { subject, text, language: language.to_owned(), attachments })
}

/// Which language a buyer is written to in: his own, where it is known and has a template, else the first of the
/// store's that has one (Communication Guidelines: the buyer's language of preference).
fn language_of<'t>(order: &Order, known: impl Fn(&str) -> Option<&'t str>, default: &'t str) -> &'t str {
    let own = order.buyer_language.as_deref().and_then(&known);
    own.or_else(|| order.store.facts().languages.iter().find_map(|language| known(language))).unwrap_or(default)
}

/// What a template can use; what is not known is left out, so that `default` and `is defined` work.
pub(crate) fn values(order: &Order, store: &StoreNames<'_>, language: &str) -> Value {
    let mut values: BTreeMap<&str, Value> = BTreeMap::new();
    values.insert("order_id", Value::from(order.order_id.as_str()));
    values.insert("store_name", Value::from(one_line(store.store_name)));
    let zone = zone(order.store);
    let dates = [
        ("purchase_date", "purchase_date_iso", order.purchased_at),
        ("ship_date", "ship_date_iso", order.shipped_at),
        ("delivery_date", "delivery_date_iso", order.delivery.map(|delivery| delivery.latest)),
        ("estimated_arrival", "estimated_arrival_iso", order.estimated_arrival),
    ];
    for (long, iso, time) in dates {
        if let Some(time) = time {
            let date = zone.to_datetime(time.to_jiff()).date();
            values.insert(long, Value::from(dates::long(date, language, order.store)));
            values.insert(iso, Value::from(date.to_string()));
        }
    }
    for (name, text) in [("carrier", &order.carrier), ("tracking_number", &order.tracking_number)] {
        if let Some(text) = text {
            values.insert(name, Value::from(one_line(text)));
        }
    }
    values.extend(links(order).into_iter().map(|(name, link)| (name, Value::from(link))));
    if let Some(pieces) = pieces(order) {
        values.insert("quantity", Value::from(pieces));
    }
    if let Some(name) = order.items.iter().find_map(|item| item.product_name.as_deref()) {
        values.insert("product_name", Value::from(one_line(name)));
    }
    let items: Vec<Value> = order.items.iter().take(MOST_ITEMS).map(item_values).collect();
    values.insert("items", Value::from(items));
    Value::from_pairs(values)
}

fn item_values(item: &OrderItem) -> Value {
    let mut values: BTreeMap<&str, Value> = BTreeMap::new();
    for (name, text) in [("name", &item.product_name), ("sku", &item.sku), ("asin", &item.asin)] {
        if let Some(text) = text {
            values.insert(name, Value::from(one_line(text)));
        }
    }
    if let Some(quantity) = item.quantity {
        values.insert("quantity", Value::from(quantity));
    }
    Value::from_pairs(values)
}

/// A value in one line: control characters, line and paragraph separators and runs of blanks become one blank, marks
/// that turn the writing direction go, and what is too long is cut.
fn one_line(value: &str) -> String {
    let readable: String = value.chars().filter(|c| !turns_direction(*c)).map(blank_for_control).collect();
    let words: Vec<&str> = readable.split_whitespace().collect();
    cut(&words.join(" "), LONGEST_VALUE)
}

fn subject_line(rendered: &str) -> String {
    let readable: String = rendered.chars().map(blank_for_control).collect();
    let words: Vec<&str> = readable.split_whitespace().collect();
    cut(&words.join(" "), LONGEST_SUBJECT)
}

/// LF line ends, no control characters, at most one empty line in a row (Amazon's rule: no more than two line breaks),
/// no blanks at line ends.
fn plain_text(rendered: &str) -> String {
    let text = rendered.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<String> = Vec::new();
    for line in text.split('\n') {
        let line: String = line.chars().map(|c| if c == '\t' { c } else { blank_for_control(c) }).collect();
        let line = line.trim_end();
        if !(line.is_empty() && lines.last().is_none_or(String::is_empty)) {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n").trim_end().to_owned()
}

const fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn blank_for_control(c: char) -> char {
    if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }
}

/// So many characters, the last an ellipsis where some had to go.
fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(longest - 1).collect();
    kept.push('…');
    kept
}
