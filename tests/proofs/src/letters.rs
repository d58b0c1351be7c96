//! What comes in: opt-out notices in three of the forms in which they reach a seller, and order reports. All orders,
//! buyers and sentences of ours are invented.

use std::fmt::Write;

use crate::random::Random;

/// The form of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// English text with Amazon's type header.
    Header,
    /// HTML in Italian with the type header and, where one is given, a link to the buyer's relay address.
    Link,
    /// Forwarded by hand from the seller's mailbox: wording alone, and no relay address.
    Forwarded,
}

/// An opt-out notice about an order, its lines ended by CRLF. `number` makes it one of its own.
pub fn opt_out(form: Form, order: &str, alias: Option<&str>, number: usize) -> Vec<u8> {
    let date = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S +0000");
    let amazon = format!(
        "From: \"Amazon.com\" <auto-communication@amazon.com>\nTo: seller@example.com\nDate: {date}\n\
         Message-ID: <proof-{number}@eu-west-1.amazonses.com>\nX-Marketplace-ID: ATVPDKIKX0DER\n\
         X-Space-Notification-Type: BUYER_OPTED_OUT_BSM_MESSAGES\nMIME-Version: 1.0\n"
    );
    let sentence = format!(
        "We were unable to deliver the message you sent for order [{order}] because the buyer has\n\
         chosen to opt out of receiving unsolicited messages from sellers.\n"
    );
    let subject = "Your message to a buyer could not be delivered";
    let text = match form {
        Form::Header => format!("{amazon}Subject: {subject}\nContent-Type: text/plain\n\n{sentence}"),
        Form::Link => {
            let link = alias.map(|alias| format!("<a href=\"mailto:{alias}\">Scrivi</a>")).unwrap_or_default();
            format!(
                "{amazon}Subject: Il tuo messaggio\nContent-Type: text/html; charset=utf-8\n\
                 Content-Transfer-Encoding: 8bit\n\n<html><body><p>non siamo stati in grado di recapitare il messaggio \
                 che hai inviato per l'ordine [{order}] perché l'acquirente ha scelto di non ricevere messaggi non \
                 richiesti dai venditori. {link}</p></body></html>\n"
            )
        }
        Form::Forwarded => format!(
            "From: Blue Widgets <owner@bluewidgets.example>\nTo: abide\nDate: {date}\n\
             Message-ID: <proof-{number}@bluewidgets.example>\nSubject: Fwd: {subject}\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\n\nHere is another one.\n\n\
             ---------- Forwarded message ---------\nFrom: Amazon.com <auto-communication@amazon.com>\nDate: {date}\n\
             Subject: {subject}\nTo: <owner@bluewidgets.example>\n\nDear seller,\n\n{sentence}"
        ),
    };
    text.replace('\n', "\r\n").into_bytes()
}

/// An order of a report.
#[derive(Debug, Clone)]
pub struct ReportedOrder {
    /// Its id.
    pub id: String,
    /// The buyer's relay address, where the report has one.
    pub alias: Option<String>,
}

/// Rows that [`report`] writes for each order.
pub const ROWS_EACH: usize = 2;

/// A report of these orders, each of two items, all of them delivered six days ago, so that their message is due.
pub fn report(orders: &[ReportedOrder]) -> String {
    let mut text = head();
    for order in orders {
        let rows = rows(order, ROWS_EACH);
        text.push_str(&rows);
    }
    text
}

/// A report's first line.
pub fn head() -> String {
    "amazon-order-id\tpurchase-date\torder-status\tsales-channel\tbuyer-email\tsku\tproduct-name\tquantity-shipped\t\
     estimated-arrival-date\n"
        .to_owned()
}

/// The rows of one order.
pub fn rows(order: &ReportedOrder, items: usize) -> String {
    let now = jiff::Timestamp::now();
    let (bought, arrived) =
        (now - jiff::SignedDuration::from_hours(6 * 24 + 12), now - jiff::SignedDuration::from_hours(6 * 24 + 6));
    let mut text = String::new();
    for item in 1..=items {
        // Writing to a text can't fail.
        let _ = writeln!(
            text,
            "{}\t{bought:.0}\tShipped\tAmazon.com\t{}\tWID-{item}\tWidget, blue, no. {item}\t1\t{arrived:.0}",
            order.id,
            order.alias.as_deref().unwrap_or_default()
        );
    }
    text
}

/// The nth order of an account's that a proof invents.
pub fn order_id(account: usize, number: usize) -> String {
    format!("{:03}-{:07}-{:07}", 111 + account % 800, number / 10_000_000, number % 10_000_000)
}

/// A new buyer's relay address.
pub fn alias(random: &mut Random) -> String {
    let letters: Vec<char> = "abcdefghijklmnopqrstuvwxyz0123456789".chars().collect();
    let local: String = (0..15).filter_map(|_| random.pick(&letters)).collect();
    format!("{local}@marketplace.amazon.com")
}

/// A campaign whose messages are due at any hour, for orders of the last weeks.
pub fn campaign() -> String {
    let since = (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * 60)).strftime("%Y-%m-%d");
    format!(
        "name = \"Ask\"\nchannel = \"email\"\ndefault_language = \"en\"\norders_after = {since}\n\
         [trigger]\nwhen = \"delivered\"\ndelay = {{ days = 5, hours = 0 }}\n\
         [template.en]\nsubject = \"Your order {{{{ order_id }}}}\"\n\
         text = \"Thank you for your order {{{{ order_id }}}}. May we ask for a review of the product?\"\n"
    )
}
