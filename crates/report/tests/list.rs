//! Lists of other tools: whatever their form, the same orders and buyers come out; what can't be told is asked, with
//! nothing of the rows in it; every limit holds.
#![expect(clippy::unwrap_used, reason = "a test that can't set up its case must stop")]

use std::io::Write;

use model::OrderId;
use model::suppression::{SuppressionReason, Target};
use proptest::prelude::*;
use report::list::{self, ListError, ListTable, PickError, Picks};

const ONE: &str = "111-1234567-1234567";
const TWO: &str = "222-1234567-1234567";
const ANNA: &str = "qk3v8m1x7c2p9ra@marketplace.amazon.com";
const LARGEST: u64 = 1024 * 1024;

fn table(bytes: &[u8]) -> ListTable {
    list::read(bytes, LARGEST).unwrap()
}

fn messaged(bytes: &[u8], picks: &Picks) -> Result<Vec<String>, PickError> {
    table(bytes).messaged(picks).map(|file| file.orders.iter().map(|order| order.order_id.to_string()).collect())
}

fn order_in(column: &str) -> Picks {
    Picks { order: Some(column.into()), ..Picks::default() }
}

#[test]
fn whatever_the_encoding_packing_and_separator_the_same_orders_come_out() {
    let text =
        format!("Name;Order ID;Sent on\r\n\"Müller; Söhne\";{ONE};2026-08-01\r\nJosé;'{TWO};2026-08-02 10:00:00\r\n");
    let utf16 = |units: fn(u16) -> [u8; 2], mark: [u8; 2]| -> Vec<u8> {
        mark.into_iter().chain(text.encode_utf16().flat_map(units)).collect()
    };
    let windows: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let comma = text.replace("\"Müller; Söhne\"", "\"Müller, Söhne\"").replace(';', ",").replace(",Order", ", Order");
    for bytes in [
        text.clone().into_bytes(),
        [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        utf16(u16::to_le_bytes, [0xFF, 0xFE]),
        utf16(u16::to_be_bytes, [0xFE, 0xFF]),
        windows,
        gzip.finish().unwrap(),
        comma.into_bytes(),
        text.replace("\"Müller; Söhne\"", "Müller").replace(';', "\t").into_bytes(),
        text.replace("\r\n", "\r").into_bytes(),
    ] {
        let table = table(&bytes);
        assert!(table.header);
        let file = table.messaged(&Picks::default()).unwrap();
        let found: Vec<_> = file.orders.iter().map(|order| order.order_id.to_string()).collect();
        assert_eq!(found, [ONE, TWO]);
        assert!(file.orders.iter().all(|order| order.messaged_at.is_some()), "{file:?}");
        assert!(file.bad.is_empty());
    }
}

#[test]
fn a_column_is_told_by_name_else_by_what_stands_in_it() {
    assert_eq!(messaged(format!("{ONE}\n{TWO}\n").as_bytes(), &Picks::default()).unwrap(), [ONE, TWO]);
    let unusual = format!("Wer,Was\nx,{ONE}\n");
    assert_eq!(messaged(unusual.as_bytes(), &Picks::default()).unwrap(), [ONE]);
    // A second column with ids: the one that is named as usual counts.
    let two = format!("Replaces,Amazon-Order-Id\n{TWO},{ONE}\n");
    assert_eq!(messaged(two.as_bytes(), &Picks::default()).unwrap(), [ONE]);
    // What the person says counts more.
    for picked in ["Replaces", "replaces", "1", " 1 "] {
        assert_eq!(messaged(two.as_bytes(), &order_in(picked)).unwrap(), [TWO], "{picked}");
    }
}

#[test]
fn what_can_t_be_told_is_asked_and_shows_nothing_of_the_rows() {
    let secrets = ["Anna Berg", ANNA, ONE, TWO, "221b Baker Street"];
    let told = |error: PickError, words: &[&str]| {
        let said = error.to_string();
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
        assert!(secrets.iter().all(|secret| !said.contains(secret)), "{said}");
    };
    let several = format!("First,Second,Buyer\n{ONE},{TWO},Anna Berg\n{TWO},,{ANNA}\n");
    told(
        messaged(several.as_bytes(), &Picks::default()).unwrap_err(),
        &[
            "several columns",
            "--order-column",
            "1 “First”: filled in 2 rows, order ids in 2 rows",
            "2 “Second”",
            "order ids in 1 row",
        ],
    );
    told(messaged(several.as_bytes(), &order_in("Third")).unwrap_err(), &["no column “Third”", "1 “First”"]);
    told(messaged(several.as_bytes(), &order_in("9")).unwrap_err(), &["no column 9"]);
    told(messaged(several.as_bytes(), &order_in("Buyer")).unwrap_err(), &["column “Buyer” holds no order id"]);
    // Without a row of names, a first row that is a person's is not told as one.
    let nameless = b"Anna Berg,221b Baker Street\nAnna Berg,221b Baker Street\n";
    told(
        messaged(nameless, &Picks::default()).unwrap_err(),
        &["no row of the list holds an order id", "1: filled in 1 row"],
    );
    let error = table(nameless).opt_outs(&Picks::default(), SuppressionReason::OptOut).unwrap_err();
    told(error, &["an order id or a relay address"]);
}

#[test]
fn opt_outs_count_in_any_column_unless_one_was_picked() {
    let text = format!("Kunde;Bestellung;Ersatz;opt-out date\n{ANNA};{ONE};{TWO};2026-01-02\n;nothing;;\n");
    let all = table(text.as_bytes()).opt_outs(&Picks::default(), SuppressionReason::Block).unwrap();
    assert_eq!((all.entries.len(), all.bad.as_slice()), (3, &[3][..]));
    assert!(all.entries.iter().all(|entry| entry.reason == SuppressionReason::Block));
    assert!(all.entries.iter().all(|entry| entry.since == Some("2026-01-02T00:00:00Z".parse().unwrap())));
    let picked = table(text.as_bytes()).opt_outs(&order_in("Bestellung"), SuppressionReason::OptOut).unwrap();
    assert_eq!(picked.entries.len(), 1, "the column of relay addresses was not picked");
    assert_eq!(picked.entries[0].target, Target::Order(ONE.parse().unwrap()));
    let both = Picks { alias: Some("Kunde".into()), ..order_in("2") };
    assert_eq!(table(text.as_bytes()).opt_outs(&both, SuppressionReason::OptOut).unwrap().entries.len(), 2);
}

#[test]
fn a_list_of_abide_s_own_gives_reason_and_date_and_skips_what_was_removed() {
    let text = format!(
        "order_id,alias,reason,since,origin,state\r\n\
         {ONE},{ANNA},block,2026-01-02T03:04:05Z,member,active\r\n\
         {TWO},,opt_out,2026-01-02,notice,removed\r\n\
         ,'-a@marketplace.amazon.com,order_stop,2026-01-02,member,active\r\n\
         ,no-reply-amazon-iba-buyer@marketplace.amazon.it,unsubscribed,,import,active\r\n"
    );
    let file = table(text.as_bytes()).opt_outs(&Picks::default(), SuppressionReason::OptOut).unwrap();
    assert_eq!((file.entries.len(), file.removed), (2, 1));
    assert_eq!((file.stops_without_order.as_slice(), file.shared.as_slice()), (&[4][..], &[5][..]));
    assert_eq!(file.entries[0].reason, SuppressionReason::Block);
    assert_eq!(file.entries[0].since, Some("2026-01-02T03:04:05Z".parse().unwrap()));
}

#[test]
fn plain_lines_with_remarks_and_a_line_that_is_neither_are_a_list() {
    let text = format!("# from the old tool\r\n{ONE}\r\n\r\n{ANNA}\nnonsense\n");
    let file = table(text.as_bytes()).opt_outs(&Picks::default(), SuppressionReason::OptOut).unwrap();
    assert_eq!((file.entries.len(), file.bad.as_slice()), (2, &[5][..]));
    let file = table(format!("buyer@example.com\n{ONE}\n").as_bytes());
    assert_eq!(file.messaged(&Picks::default()).unwrap().bad, [1]);
}

#[test]
fn every_limit_is_told() {
    let wide = format!("{}{ONE}\n", ",".repeat(list::MOST_COLUMNS));
    assert!(matches!(list::read(wide.as_bytes(), LARGEST), Err(ListError::TooManyColumns { .. })));
    let long = format!("{ONE}\n").repeat(list::MOST_ROWS + 1);
    assert!(matches!(list::read(long.as_bytes(), u64::MAX), Err(ListError::TooManyRows { .. })));
    let large = format!("{ONE}\n").repeat(1000);
    assert!(matches!(list::read(large.as_bytes(), 10_000), Err(ListError::TooLarge { .. })));
    assert_eq!(list::read(large.as_bytes(), 20_000).unwrap().rows(), 1000);
    // A row that is too long is a bad one, not a list that is cut short.
    let fat = format!("{ONE}\n{}\n{TWO}\n", "x".repeat(70_000));
    let file = table(fat.as_bytes()).messaged(&Picks::default()).unwrap();
    assert_eq!((file.orders.len(), file.bad.as_slice()), (2, &[2][..]));
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![b'\n'; 64 * 1024 * 1024]).unwrap();
    assert!(matches!(list::read(&bomb.finish().unwrap()[..], u64::MAX), Err(ListError::Damaged)));
    for (bytes, words) in [
        (&b"PK\x03\x04 xl/workbook.xml"[..], "Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"<html>", "web page"),
        (b"a\0b", "not text"),
        (b"", "empty"),
        (b"\n \n", "empty"),
    ] {
        let said = list::read(bytes, LARGEST).unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    }
}

fn anywhere(cells: &[String], separator: &str) -> String {
    cells.join(separator)
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_and_what_is_packed_comes_back(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(table) = list::read(&bytes[..], LARGEST) {
            prop_assert_eq!(ListTable::unpack(&table.pack().unwrap()), Some(table.clone()));
            _ = table.messaged(&Picks::default());
            _ = table.opt_outs(&Picks::default(), SuppressionReason::OptOut);
            _ = table.uses(&Picks::default());
        }
        _ = ListTable::unpack(&bytes);
    }

    #[test]
    fn an_order_is_found_wherever_its_column_stands(
        ids in proptest::collection::vec((0..1000_u32, 0..10_000_000_u32), 1..20),
        noise in proptest::collection::vec("[A-Za-z .]{1,12}", 0..6),
        place in 0..6_usize,
        separator in prop_oneof![Just(","), Just(";"), Just("\t")],
        named in any::<bool>(),
        ends in prop_oneof![Just("\n"), Just("\r\n")],
    ) {
        let place = place.min(noise.len());
        let ids: Vec<String> = ids.iter().map(|(a, b)| format!("{a:03}-{b:07}-{b:07}")).collect();
        let mut text = String::new();
        let mut line = |cell: &str, around: &[String]| {
            let mut cells = around.to_vec();
            cells.insert(place, cell.to_owned());
            text.push_str(&anywhere(&cells, separator));
            text.push_str(ends);
        };
        if named {
            let around: Vec<String> = (0..noise.len()).map(|n| format!("Column {}", char::from(b'a' + u8::try_from(n).unwrap()))).collect();
            line("Vorgang", &around);
        }
        for id in &ids {
            line(id, &noise);
        }
        let table = list::read(text.as_bytes(), LARGEST).unwrap();
        let packed = ListTable::unpack(&table.pack().unwrap()).unwrap();
        prop_assert_eq!(&packed, &table);
        let file = packed.messaged(&Picks::default()).unwrap();
        let expected: Vec<OrderId> = ids.iter().map(|id| id.parse().unwrap()).collect();
        prop_assert_eq!(file.orders.iter().map(|order| order.order_id).collect::<Vec<_>>(), expected);
        prop_assert!(file.bad.is_empty());
    }
}
