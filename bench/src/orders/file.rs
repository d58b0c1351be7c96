//! A report of Amazon's layout "Fulfilled Shipments" with invented orders, of any length: tabs, 48 columns, about
//! 1.3 rows an order, one order in ten by a buyer who bought before, all recent enough that nothing is too old.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::chance::Chance;

/// The columns of the layout.
const COLUMNS: &str = "amazon-order-id merchant-order-id shipment-id shipment-item-id amazon-order-item-id \
    merchant-order-item-id purchase-date payments-date shipment-date reporting-date buyer-email buyer-name \
    buyer-phone-number sku product-name quantity-shipped currency item-price item-tax shipping-price shipping-tax \
    gift-wrap-price gift-wrap-tax ship-service-level recipient-name ship-address-1 ship-address-2 ship-address-3 \
    ship-city ship-state ship-postal-code ship-country ship-phone-number bill-address-1 bill-address-2 \
    bill-address-3 bill-city bill-state bill-postal-code bill-country item-promotion-discount \
    ship-promotion-discount carrier tracking-number estimated-arrival-date fulfillment-center-id \
    fulfillment-channel sales-channel";

const DAY: u64 = 24 * 60 * 60;

/// Writes a report of so many rows; the stream tells two reports' orders apart. How many orders it has.
pub fn write(path: &Path, rows: u32, stream: u32) -> std::io::Result<u32> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(out, "{}", COLUMNS.split_whitespace().collect::<Vec<_>>().join("\t"))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut chance = Chance::new(u64::from(stream));
    let (mut written, mut orders) = (0, 0_u32);
    while written < rows {
        let buyer = if orders > 10 && chance.percent(10) { chance.below(orders.into()) } else { orders.into() };
        let lines = match chance.below(100) {
            0..77 => 1,
            77..94 => 2,
            _ => 3,
        };
        let order = Order { number: orders, stream, buyer, bought: now - DAY - chance.below(20 * DAY) };
        for line in 0..lines.min(rows - written) {
            order.row(&mut out, line, &mut chance)?;
            written += 1;
        }
        orders += 1;
    }
    out.into_inner()?.sync_all()?;
    Ok(orders)
}

struct Order {
    number: u32,
    stream: u32,
    buyer: u64,
    bought: u64,
}

impl Order {
    fn row(&self, out: &mut impl Write, line: u32, chance: &mut Chance) -> std::io::Result<()> {
        let Self { number, stream, buyer, bought } = self;
        // Ids come in no order, as from Amazon.
        let scattered = Chance::new(u64::from(*number) << 8 | u64::from(*stream)).next();
        let id = format!("{:03}-{:07}-{number:07}", 110 + scattered % 5, scattered / 7 % 10_000_000);
        let shipped = bought + 5 * 3600;
        let first = ["Ada", "Grace", "Jean", "Kathleen", "Barbara"][usize::try_from(buyer % 5).unwrap_or_default()];
        write!(out, "{id}\t\tD{scattered:016X}\tDp{number:07}{line}\t{:014}\t\t", scattered % 100_000_000_000_000)?;
        write!(out, "{}\t{}\t{}\t{}\t", iso(*bought), iso(bought + 60), iso(shipped), iso(shipped + 3600))?;
        write!(out, "b{stream}x{buyer:012x}@marketplace.amazon.com\t{first} Buyer{buyer}\t\t")?;
        let sku = chance.below(400);
        write!(
            out,
            "SKU-{sku:05}-{line}\tWidget no. {sku}, stainless steel, dishwasher safe, set of {}\t",
            sku % 9 + 1
        )?;
        write!(out, "{}\tUSD\t{}.{:02}\t1.65\t0.00\t0.00\t\t\t", chance.below(3) + 1, sku / 4 + 5, sku % 100)?;
        write!(out, "Expedited\t{first} Buyer{buyer}\t{} Example Street\t\t\t", number % 999)?;
        write!(out, "SEATTLE\tWA\t98101-{:04}\tUS\t\t\t\t\t\t\t\t\t\t\tAMZN_US\t", number % 9999)?;
        writeln!(out, "TBA{scattered:020}\t{}\tBFI4\tAFN\tAmazon.com", iso(bought + 4 * DAY))
    }
}

/// A time as Amazon writes it.
fn iso(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}
