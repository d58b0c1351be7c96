//! A dry run of twenty campaigns over a report of a million orders, on one core: orders a second, with and without
//! reading the report, and the peak of memory, which must not grow with the orders.

use std::fs::File;
use std::time::{Duration, Instant};

use campaign::{Campaign, DryRun};
use model::Timestamp;
use model::order::Order;
use report::{Defaults, Reader, Row};

use crate::figures;
use crate::orders::file;

/// Rows of the report: about a million orders of 1.3 rows.
const ROWS: u32 = 1_270_000;
/// What issue and design ask for, in orders a second.
const TARGET: f64 = 100_000.0;
/// Orders that are read before the clock of the campaigns runs.
const AT_ONCE: usize = 10_000;

/// What the campaigns ask, one line each: as members would write them, none of them empty.
const CONDITIONS: [&str; 20] = [
    "",
    "stores = [\"US\"]",
    "skus = { include = [\"SKU-00001-0\", \"SKU-00002-0\", \"SKU-00003-0\"] }",
    "skus = { exclude = [\"SKU-00001-0\", \"SKU-00002-0\"] }",
    "fulfilment = \"fba\"",
    "countries = { include = [\"US\", \"CA\"] }",
    "quantity = { min = 2 }",
    "quantity = { max = 3 }\nfulfilment = \"fba\"",
    "price = { min = \"10.00\", currency = \"USD\" }",
    "order_value = { min = \"20.00\", max = \"200.00\", currency = \"USD\" }",
    "promotion = \"exclude\"",
    "late = \"exclude\"",
    "returned = \"exclude\"\nclaim = \"exclude\"",
    "review_stars = { min = 1, choice = \"exclude\" }",
    "buyer_language = \"store\"",
    "stores = { exclude = [\"DE\", \"FR\"] }\nquantity = { min = 1, max = 5 }",
    "stores = [\"DE\"]",
    "refunded = \"exclude_fully\"",
    "countries = { exclude = [\"CH\"] }\nfulfilment = \"fba\"\nquantity = { min = 1 }",
    "order_value = { max = \"500.00\", currency = \"USD\" }\nskus = { exclude = [\"SKU-00009-0\"] }",
];

/// Prints both rates and the peak of memory after a tenth and after all.
pub fn run(_: &[String]) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("report.txt");
    let orders = file::write(&path, ROWS, 1).map_err(|error| error.to_string())?;
    let campaigns = CONDITIONS.iter().enumerate().map(|(number, asked)| campaign(number, asked));
    let campaigns: Vec<Campaign> = campaigns.collect::<Result<_, _>>()?;

    let begun = Instant::now();
    let read = each_slice(&path, |_| ())?;
    let reading = begun.elapsed();
    let mut run = DryRun::new(&campaigns, Timestamp::from_clock());
    let (mut asking, mut early) = (Duration::ZERO, None);
    let begun = Instant::now();
    each_slice(&path, |slice| {
        let begun = Instant::now();
        for order in slice {
            run.ask(order);
        }
        asking += begun.elapsed();
        if early.is_none() && run.orders() >= u64::from(orders / 10) {
            early = figures::peak_memory_mib();
        }
    })?;
    let whole = begun.elapsed();
    if run.orders() != read || read != u64::from(orders) {
        return Err(format!("{orders} orders were written, {read} read and {} asked about", run.orders()));
    }
    let messages: u64 = run.counts().iter().map(|counts| counts.messages).sum();
    println!("{orders} orders, {} campaigns, {messages} messages", campaigns.len());
    figures::rate("the report read", orders, reading);
    let rate = figures::rate("campaigns asked, the report read before", orders, asking);
    figures::rate("both, as the command does", orders, whole);
    let (early, late) = (early.unwrap_or_default(), figures::peak_memory_mib().unwrap_or_default());
    println!("peak memory {early:.0} MiB after a tenth, {late:.0} MiB at the end");
    figures::ratio("campaigns asked / 100,000 orders a second", rate / TARGET, "at least 1", rate >= TARGET);
    figures::ratio("memory at the end / after a tenth", late / early.max(1.0), "at most 1.1", late <= early * 1.1);
    if rate >= TARGET && late <= early * 1.1 { Ok(()) } else { Err("a target was missed".into()) }
}

fn campaign(number: usize, conditions: &str) -> Result<Campaign, String> {
    // Half of them keep hours, which is what asks most of the calendar; priorities differ.
    let hours = if number.is_multiple_of(2) { "hours = { from = \"09:00\", to = \"19:00\" }" } else { "" };
    let text = format!(
        "name = \"Campaign {number}\"\nchannel = \"email\"\npriority = {}\n[trigger]\nwhen = \"delivered\"\n\
         delay = {{ days = {} }}\n[conditions]\n{conditions}\n[window]\n{hours}\n[template.en]\n\
         subject = \"Order {{{{ order_id }}}}\"\ntext = \"How was order {{{{ order_id }}}}?\"\n",
        number % 5 + 1,
        number % 10,
    );
    Campaign::parse(&text).map_err(|problems| format!("campaign {number}: {problems:?}"))
}

fn each_slice(path: &std::path::Path, mut take: impl FnMut(&[Order])) -> Result<u64, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let reader = Reader::new(file, Defaults::default()).map_err(|error| error.to_string())?;
    let (mut slice, mut orders) = (Vec::with_capacity(AT_ONCE), 0);
    for row in reader {
        if let Row::Order(imported) = row.map_err(|error| error.to_string())? {
            slice.extend(imported.into_order(None));
        }
        if slice.len() == AT_ONCE {
            orders += figures::count(slice.len());
            take(&slice);
            slice.clear();
        }
    }
    take(&slice);
    Ok(orders + figures::count(slice.len()))
}
