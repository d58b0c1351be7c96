//! The demo's order reports, made in memory relative to today. All ids, buyers and products are invented.

use std::fmt::Write;

use model::{Span, Timestamp};

/// One order of the sample.
pub struct Sample {
    /// Its id.
    pub id: &'static str,
    /// The part of the buyer's relay address before `@`; none where the report has no address.
    buyer: Option<&'static str>,
    /// `Amazon.com` or `Amazon.de`.
    channel: &'static str,
    status: &'static str,
    /// Days since delivery, negative where it is still to come; none where no report tells.
    delivered_days_ago: Option<i64>,
}

const fn shipped(
    id: &'static str,
    buyer: Option<&'static str>,
    channel: &'static str,
    delivered_days_ago: Option<i64>,
) -> Sample {
    Sample { id, buyer, channel, status: "Shipped", delivered_days_ago }
}

const US: &str = "Amazon.com";
const DE: &str = "Amazon.de";
/// The buyer of whom the first notice tells: three orders in the first report, one in the second.
const FIRST: &str = "qk3v8m1x7c2p9ra";
/// The buyer of whom the forwarded notice tells.
const SECOND: &str = "t5w2n8b4j6y1zed";

/// Delivered 8 days ago: its message is captured before the buyer opts out.
pub const FIRST_MESSAGED: Sample = shipped("111-4417203-8840116", Some(FIRST), US, Some(8));
/// The order that the forwarded notice names, without any relay address.
pub const SECOND_MESSAGED: Sample = shipped("302-9105528-4471203", Some(SECOND), DE, Some(9));
/// Is refunded.
pub const REFUNDED: Sample = shipped("113-7720416-5093348", Some("h9d4f6s2l0g7uio"), US, Some(1));
/// The order that the forged notice names.
pub const FORGED: Sample = shipped("114-3382950-6617724", Some("m2c7x5v1b8n3kqp"), US, Some(2));
/// Comes in only after the buyer has opted out.
pub const LATER: Sample = shipped("112-6094471-2205831", Some(FIRST), US, Some(6));

/// The first report.
pub const SAMPLE: [Sample; 12] = [
    FIRST_MESSAGED,
    shipped("111-8836015-1190427", Some(FIRST), US, Some(2)),
    shipped("113-2054467-9938816", Some(FIRST), US, Some(-1)),
    SECOND_MESSAGED,
    shipped("304-6671190-2258834", Some(SECOND), DE, Some(3)),
    REFUNDED,
    FORGED,
    shipped("111-5502938-7746618", None, US, Some(8)),
    Sample {
        id: "305-1148276-9920057",
        buyer: Some("e1r8t4y6u2i9opw"),
        channel: DE,
        status: "Cancelled",
        delivered_days_ago: Some(4),
    },
    shipped("306-4093385-6612290", Some("l7k5j3h1g9f8dsa"), DE, None),
    shipped("114-9917402-3350086", Some("z6x4c2v8b1n7mwe"), US, Some(12)),
    shipped("303-7726630-1485599", Some("p0o9i8u7y6t5rew"), DE, Some(-4)),
];

impl Sample {
    /// The buyer's relay address, where the report has one.
    pub fn alias(&self) -> Option<String> {
        let domain = self.channel.to_ascii_lowercase();
        self.buyer.map(|local| format!("{local}@marketplace.{domain}"))
    }

    fn row(&self, now: Timestamp) -> String {
        let days = |count: i64| now.minus(Span::days(count)).to_string();
        let arrival = self.delivered_days_ago.map(days).unwrap_or_default();
        let purchase = days(self.delivered_days_ago.unwrap_or(5) + 4);
        let (country, currency) = if self.channel == DE { ("DE", "EUR") } else { ("US", "USD") };
        [
            self.id,
            &purchase,
            self.status,
            "Amazon",
            self.channel,
            &self.alias().unwrap_or_default(),
            "WID-BLU-1",
            "Widget, blue",
            "1",
            currency,
            "19.99",
            country,
            &arrival,
        ]
        .join("\t")
    }
}

/// A report of these orders, tab-separated as Amazon's are.
pub fn report(samples: &[Sample], now: Timestamp) -> String {
    let mut text = "amazon-order-id\tpurchase-date\torder-status\tfulfillment-channel\tsales-channel\tbuyer-email\t\
                    sku\tproduct-name\tquantity-shipped\tcurrency\titem-price\tship-country\testimated-arrival-date\n"
        .to_owned();
    for sample in samples {
        // Writing to a text can't fail.
        let _ = writeln!(text, "{}", sample.row(now));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_a_report_without_a_bad_row() {
        let now = "2026-08-20T12:00:00Z".parse().unwrap();
        let text = report(&SAMPLE, now);
        let rows: Vec<_> = report::Reader::new(text.as_bytes(), report::Defaults::default()).unwrap().collect();
        assert_eq!(rows.len(), SAMPLE.len());
        for (row, sample) in rows.iter().zip(&SAMPLE) {
            let Ok(report::Row::Order(order)) = row else { panic!("{row:?}") };
            assert_eq!(order.alias.as_ref().map(|alias| alias.as_str().to_owned()), sample.alias());
            assert!(order.store.is_some() && order.purchased_at.is_some());
        }
    }
}
