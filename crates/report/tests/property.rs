//! What must hold of every file: the order of columns tells nothing, no bytes panic, hostile ones stay cheap.

#![expect(clippy::unwrap_used, reason = "a test that can't set up its case must stop")]

mod sample;

use std::time::{Duration, Instant};

use proptest::prelude::*;
use report::{Defaults, Reader, Row};
use sample::{ACTIONABLE, ALL_ORDERS, FULFILLED, ORDER_REPORT};

fn rows(bytes: &[u8]) -> Vec<Row> {
    Reader::new(bytes, Defaults::default()).unwrap().map(|row| row.unwrap()).collect()
}

fn field(column: &str) -> BoxedStrategy<String> {
    match column {
        "amazon-order-id" | "order-id" => "11[0-3]-1234567-765432[0-2]".boxed(),
        name if name.ends_with("-date") => prop_oneof![
            Just(String::new()),
            (1..28_u8, 0..24_u8).prop_map(|(day, hour)| format!("2026-07-{day:02}T{hour:02}:00:00+00:00")),
            Just("1.7.2026".to_owned()),
        ]
        .boxed(),
        "buyer-email" => prop_oneof![Just(String::new()), "[a-z0-9]{14}@marketplace\\.amazon\\.(com|de)"].boxed(),
        "sales-channel" => prop_oneof![Just("Amazon.com"), Just("Amazon.de"), Just("Non-Amazon"), Just("")]
            .prop_map(str::to_owned)
            .boxed(),
        "order-status" => prop_oneof![Just("Shipped"), Just("Cancelled"), Just("odd")].prop_map(str::to_owned).boxed(),
        name if name.starts_with("quantity") => "[0-9]{0,2}".boxed(),
        _ => "[ -~äé木]{0,12}".boxed(),
    }
}

prop_compose! {
    fn file()(header in prop_oneof![Just(ALL_ORDERS), Just(FULFILLED), Just(ACTIONABLE), Just(ORDER_REPORT)])(
        table in prop::collection::vec(header.split('\t').map(field).collect::<Vec<_>>(), 0..6),
        places in Just((0..header.split('\t').count()).collect::<Vec<_>>()).prop_shuffle(),
        header in Just(header),
    ) -> (Vec<String>, Vec<Vec<String>>, Vec<usize>) {
        (header.split('\t').map(str::to_owned).collect(), table, places)
    }
}

fn tsv(lines: &[Vec<String>], places: &[usize]) -> String {
    lines
        .iter()
        .map(|line| places.iter().map(|place| line[*place].as_str()).collect::<Vec<_>>().join("\t") + "\n")
        .collect()
}

proptest! {
    #[test]
    fn columns_in_any_order_and_case_give_the_same_rows((header, table, places) in file()) {
        let straight: Vec<usize> = (0..header.len()).collect();
        let shouted: Vec<String> = header.iter().map(|name| name.to_uppercase()).collect();
        let lines = |head: Vec<String>| [vec![head], table.clone()].concat();
        let expected = rows(tsv(&lines(header.clone()), &straight).as_bytes());
        prop_assert_eq!(&rows(tsv(&lines(header.clone()), &places).as_bytes()), &expected);
        prop_assert_eq!(&rows(tsv(&lines(shouted), &places).as_bytes()), &expected);
    }

    #[test]
    fn a_comma_separated_copy_gives_the_same_rows((header, table, _) in file()) {
        let straight: Vec<usize> = (0..header.len()).collect();
        let lines = [vec![header], table].concat();
        let mut writer = csv::Writer::from_writer(Vec::new());
        for line in &lines {
            writer.write_record(line).unwrap();
        }
        // Fields that look quoted mean something else between tabs.
        prop_assume!(!lines.iter().flatten().any(|field| field.trim().starts_with('"')));
        prop_assert_eq!(rows(&writer.into_inner().unwrap()), rows(tsv(&lines, &straight).as_bytes()));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(reader) = Reader::new(&bytes[..], Defaults::default()) {
            reader.for_each(drop);
        }
    }

    #[test]
    fn no_bytes_under_a_header_panic(
        head in prop_oneof![
            Just("order-id\tpurchase-date\tproduct-name\tsku\n"),
            Just("order-id,purchase-date,product-name,sku\n"),
            Just("\u{feff}order-id;purchase-date;product-name;sku\r"),
        ],
        pieces in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..12),
                prop::sample::select(vec!["\t", ",", ";", "\"", "\"\"", "\n", "\r", "111-7654321-1234567", "2026-07-01", "é"])
                    .prop_map(|piece| piece.as_bytes().to_vec()),
            ],
            0..60,
        ),
    ) {
        let bytes = [head.as_bytes(), &pieces.concat()].concat();
        let mut reader = Reader::new(&bytes[..], Defaults::default()).unwrap();
        let given = reader.by_ref().filter(|row| matches!(row, Ok(Row::Order(_)))).count() as u64;
        prop_assert_eq!(given, reader.counts().orders);
    }
}

/// Each of these would take hours if anything were quadratic in the file; the limit is far above what a slow
/// machine needs.
#[test]
fn hostile_files_take_no_longer_than_their_length() {
    let header = "order-id,purchase-date,product-name,sku\n";
    let filling: [&str; 6] = ["a\" \",\"\n", "\"\n", "\"\"\"\n", "\",", "111-7654321-1234567,,\"\n", "\r"];
    for filling in filling {
        let bytes = header.to_owned() + &filling.repeat(1_000_000 / filling.len());
        let started = Instant::now();
        Reader::new(bytes.as_bytes(), Defaults::default()).unwrap().for_each(drop);
        assert!(started.elapsed() < Duration::from_mins(1), "{filling:?}: {:?}", started.elapsed());
    }
}
