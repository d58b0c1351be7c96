//! Whole files through the public door: every layout, encoding, packing, separator and line end, and what is said
//! about files and rows that can't be read.

#![expect(clippy::unwrap_used, reason = "a test that can't set up its case must stop")]

mod sample;

use std::io::Write as _;

use model::Marketplace;
use model::order::{Fulfilment, ImportedOrder, OrderStatus};
use report::{Counts, Defaults, FileKind, Problem, Reader, ReportError, Row};
use sample::{ACTIONABLE, ALL_ORDERS, ALL_ORDERS_2017, ALL_ORDERS_2022, FULFILLED, ORDER_REPORT, row, sheet};

fn read_with(bytes: &[u8], defaults: Defaults) -> (Vec<Row>, Counts) {
    let mut reader = Reader::new(bytes, defaults).unwrap();
    let rows = reader.by_ref().map(|row| row.unwrap()).collect();
    (rows, reader.counts())
}

fn read(bytes: &[u8]) -> (Vec<Row>, Counts) {
    read_with(bytes, Defaults::default())
}

fn orders(bytes: &[u8]) -> Vec<ImportedOrder> {
    let (rows, counts) = read(bytes);
    assert_eq!(counts.bad, 0, "{rows:?}");
    rows.into_iter().filter_map(|row| if let Row::Order(order) = row { Some(*order) } else { None }).collect()
}

fn only(bytes: &[u8]) -> ImportedOrder {
    let mut orders = orders(bytes);
    assert_eq!(orders.len(), 1);
    orders.remove(0)
}

fn refusal(bytes: &[u8]) -> String {
    Reader::new(bytes, Defaults::default()).map(|_| ()).unwrap_err().to_string()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const ID: &str = "112-7654321-1234567";

#[test]
fn the_order_layouts_tell_status_channel_and_store() {
    for header in [ALL_ORDERS, ALL_ORDERS_2017, ALL_ORDERS_2022] {
        let order = only(
            sheet(
                header,
                &[&[
                    ("amazon-order-id", ID),
                    ("purchase-date", "2026-07-01T09:00:00+00:00"),
                    ("last-updated-date", "2026-07-03T09:00:00Z"),
                    ("order-status", "Shipped"),
                    ("fulfillment-channel", "Amazon"),
                    ("sales-channel", "Amazon.co.uk"),
                    ("product-name", "Kettle, 1.7\" spout"),
                    ("sku", "KET-1"),
                    ("asin", "B0TEST0001"),
                    ("quantity", "2"),
                    ("currency", "GBP"),
                    ("item-price", "31.50"),
                    ("ship-country", "GB"),
                    ("promotion-ids", "Free delivery"),
                    ("is-business-order", "true"),
                ]],
            )
            .as_bytes(),
        );
        assert_eq!(order.store, Some(Marketplace::Gb));
        assert_eq!(order.status, Some(OrderStatus::Shipped));
        assert_eq!(order.fulfilment, Some(Fulfilment::Amazon));
        assert_eq!(order.purchased_at, "2026-07-01T09:00:00Z".parse().ok());
        assert_eq!(order.updated_at, "2026-07-03T09:00:00Z".parse().ok());
        assert_eq!(order.business, Some(true));
        assert_eq!(order.ship_country.as_deref(), Some("GB"));
        assert!(order.alias.is_none() && !order.incomplete);
        let item = &order.items[0];
        assert_eq!((item.line.as_str(), item.asin.as_deref(), item.quantity), ("KET-1", Some("B0TEST0001"), Some(2)));
        assert_eq!(item.product_name.as_deref(), Some("Kettle, 1.7\" spout"));
        assert_eq!(item.price.as_ref().map(|price| price.amount.as_str()), Some("31.50"));
        assert_eq!(item.promotion_ids.as_deref(), Some("Free delivery"));
    }
}

#[test]
fn the_fulfilled_shipments_layout_tells_alias_arrival_and_that_it_was_shipped() {
    let order = only(
        sheet(
            FULFILLED,
            &[&[
                ("amazon-order-id", ID),
                ("amazon-order-item-id", "07600000000042"),
                ("purchase-date", "2026-07-01T09:00:00+00:00"),
                ("shipment-date", "2026-07-02T05:00:00+00:00"),
                ("estimated-arrival-date", "2026-07-04T20:00:00-07:00"),
                ("buyer-email", "Qqq11qqq22qqq33@marketplace.amazon.com"),
                ("quantity-shipped", "1"),
                ("sku", "KET-1"),
                ("fulfillment-channel", "AFN"),
                ("sales-channel", "Amazon.com"),
            ]],
        )
        .as_bytes(),
    );
    assert_eq!(order.status, Some(OrderStatus::Shipped));
    assert_eq!(order.fulfilment, Some(Fulfilment::Amazon));
    assert_eq!(order.estimated_arrival, "2026-07-05T03:00:00Z".parse().ok());
    assert_eq!(order.alias.unwrap().as_str(), "qqq11qqq22qqq33@marketplace.amazon.com");
    assert_eq!(order.items[0].line, "07600000000042");
    assert_eq!(order.items[0].quantity, Some(1));
}

#[test]
fn the_seller_fulfilled_layouts_tell_promise_and_delivery_window() {
    let order = only(
        sheet(
            ACTIONABLE,
            &[&[
                ("order-id", ID),
                ("order-item-id", "52000000000042"),
                ("purchase-date", "2026-07-01T09:00:00+00:00"),
                ("promise-date", "2026-07-11T18:29:59+00:00"),
                ("buyer-email", "qqq11qqq22qqq33@marketplace.amazon.in"),
                ("quantity-purchased", "3"),
                ("quantity-shipped", "0"),
                ("ship-country", "IN"),
                ("is-business-order", "false"),
                ("is-iba", "false"),
            ]],
        )
        .as_bytes(),
    );
    assert_eq!(order.promised_at, "2026-07-11T18:29:59Z".parse().ok());
    assert_eq!((order.business, order.status, order.items[0].quantity), (Some(false), None, Some(3)));
    assert_eq!(order.store, None);

    let order = only(
        sheet(
            ORDER_REPORT,
            &[&[
                ("order-id", ID),
                ("purchase-date", "2026-07-01T02:00:00-07:00"),
                ("delivery-start-date", "2026-07-08T00:00:00-07:00"),
                ("delivery-end-date", "2026-07-09T00:00:00-07:00"),
                ("sales-channel", "Amazon.com"),
            ]],
        )
        .as_bytes(),
    );
    let delivery = order.delivery(None).unwrap();
    assert_eq!(delivery.earliest.to_string(), "2026-07-08T07:00:00Z");
    assert_eq!(delivery.latest.to_string(), "2026-07-09T07:00:00Z");
}

/// The shared header rows are facts; where they are at hand, the ones in these tests are held against them.
#[test]
fn the_layouts_of_these_tests_are_amazon_s() {
    let root = std::env::var("ABIDE_SHARED").map_or_else(
        |_| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        std::path::PathBuf::from,
    );
    let Ok(files) = std::fs::read_dir(root.join("facts/reports")) else {
        eprintln!("skipped: no shared reports; set ABIDE_SHARED");
        return;
    };
    let mut seen = 0;
    for file in files {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let header = text.lines().next().unwrap();
        assert!(
            [ALL_ORDERS, ALL_ORDERS_2017, ALL_ORDERS_2022, FULFILLED, ACTIONABLE, ORDER_REPORT].contains(&header),
            "{header}"
        );
        let (rows, counts) = read(text.as_bytes());
        assert_eq!((counts.bad, counts.orders), (0, u64::from(text.lines().count() > 1)), "{rows:?}");
        seen += 1;
    }
    assert!(seen >= 6);
}

#[test]
fn every_encoding_packing_and_line_end_gives_the_same_orders() {
    let name = "Größe «M» für Café";
    let text = sheet(
        ALL_ORDERS,
        &[
            &[("amazon-order-id", ID), ("sales-channel", "Amazon.de"), ("sku", "A"), ("product-name", name)],
            &[("amazon-order-id", "113-7654321-1234567"), ("sku", "B"), ("product-name", "Tasse")],
        ],
    );
    let expected = orders(text.as_bytes());
    assert_eq!(expected[0].items[0].product_name.as_deref(), Some(name));
    for end in ["\n", "\r\n", "\r"] {
        let text = text.replace('\n', end);
        let utf16 = |big: bool| -> Vec<u8> {
            text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        let windows = encoding_rs::WINDOWS_1252.encode(&text).0.into_owned();
        let mut forms = vec![
            text.clone().into_bytes(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            [&b"\xff\xfe"[..], &utf16(false)].concat(),
            [&b"\xfe\xff"[..], &utf16(true)].concat(),
            utf16(false),
            utf16(true),
            windows,
        ];
        forms.extend(forms.clone().iter().map(|form| gzip(form)));
        for (number, form) in forms.iter().enumerate() {
            assert_eq!(orders(form), expected, "form {number}, line end {end:?}");
            let trickle = Trickle(form);
            let rows: Vec<Row> = Reader::new(trickle, Defaults::default()).unwrap().map(|row| row.unwrap()).collect();
            assert_eq!(rows.len(), 2, "form {number} in single bytes");
        }
    }
}

/// Gives one byte at a time.
struct Trickle<'a>(&'a [u8]);

impl std::io::Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer.len().min(1);
        std::io::Read::read(&mut self.0, &mut buffer[..count])
    }
}

#[test]
fn japanese_reports_in_shift_jis_keep_their_names() {
    for (name, channel) in
        [("木製の時計 青", "Amazon.co.jp"), ("ｱｵｲﾄｹｲ", "Amazon.co.jp"), ("木製の時計 青 ソーラー表示", "")]
    {
        let text = sheet(
            ALL_ORDERS,
            &[&[("amazon-order-id", ID), ("sales-channel", channel), ("sku", "A"), ("product-name", name)]],
        );
        let bytes = encoding_rs::SHIFT_JIS.encode(&text).0;
        let order = only(&bytes);
        assert_eq!(order.items[0].product_name.as_deref(), Some(name));
    }
}

#[test]
fn a_row_that_is_not_utf_8_far_behind_the_first_is_read_by_itself() {
    let mut text = sheet(ALL_ORDERS, &[]).into_bytes();
    let ascii = row(ALL_ORDERS, &[("amazon-order-id", "111-0000000-1234567"), ("sku", "A"), ("product-name", "Tasse")]);
    for number in 0..50_000 {
        text.extend(ascii.replace("0000000", &format!("{number:07}")).bytes());
    }
    let last = row(ALL_ORDERS, &[("amazon-order-id", ID), ("sku", "A"), ("product-name", "Größe")]);
    text.extend_from_slice(&encoding_rs::WINDOWS_1252.encode(&last).0);
    let utf8 = row(ALL_ORDERS, &[("amazon-order-id", "115-7654321-1234567"), ("sku", "A"), ("product-name", "Größe")]);
    text.extend_from_slice(utf8.as_bytes());

    let (rows, counts) = read(&text);
    assert_eq!((counts.rows, counts.bad, counts.other_encoding), (50_002, 0, 1));
    for row in &rows[50_000..] {
        let Row::Order(order) = row else { panic!("{row:?}") };
        assert_eq!(order.items[0].product_name.as_deref(), Some("Größe"));
    }
}

#[test]
fn a_quote_in_a_product_name_is_a_letter_between_tabs() {
    for (written, name) in [
        ("24\" monitor", "24\" monitor"),
        ("\"Best\" mug", "\"Best\" mug"),
        ("\"", "\""),
        ("Pipe, 2\"", "Pipe, 2\""),
        // As spreadsheets save it.
        ("\"Monitor, 24\"\"\"", "Monitor, 24\""),
    ] {
        let text = sheet(
            ALL_ORDERS,
            &[
                &[("amazon-order-id", ID), ("sku", "A"), ("product-name", written)],
                &[("amazon-order-id", "113-7654321-1234567"), ("sku", "B"), ("product-name", "x")],
            ],
        );
        let orders = orders(text.as_bytes());
        assert_eq!(orders[0].items[0].product_name.as_deref(), Some(name), "{written}");
        assert_eq!(orders[1].items[0].sku.as_deref(), Some("B"));
    }
}

#[test]
fn a_spreadsheet_s_csv_is_read_with_quotes_separators_and_line_breaks_inside() {
    let names = ["24\" monitor; black, glossy", "two\nlines", "plain", "\"quoted\""];
    for separator in [b',', b';'] {
        let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
        writer.write_record(ALL_ORDERS.split('\t')).unwrap();
        for (number, name) in names.iter().enumerate() {
            let id = format!("111-7654321-000000{number}");
            let row = row(ALL_ORDERS, &[("amazon-order-id", &id), ("sku", "A"), ("sales-channel", "Amazon.de")]);
            let product = ALL_ORDERS.split('\t').position(|column| column == "product-name").unwrap();
            writer
                .write_record(
                    row.trim_end_matches('\n')
                        .split('\t')
                        .enumerate()
                        .map(|(at, field)| if at == product { name } else { field }),
                )
                .unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let read: Vec<_> =
            orders(&bytes).into_iter().map(|order| order.items[0].product_name.clone().unwrap()).collect();
        assert_eq!(read, ["24\" monitor; black, glossy", "two lines", "plain", "\"quoted\""]);
        let hinted = [format!("sep={}\r\n", char::from(separator)).as_bytes(), &bytes].concat();
        assert_eq!(orders(&hinted).len(), names.len());
    }
}

#[test]
fn an_open_quote_spoils_its_own_line_alone() {
    let rest: String =
        (0..50).map(|number| row("order-id\tsku", &[("order-id", &format!("111-7654321-00000{number:02}"))])).collect();
    let rest = rest.replace("\t\n", ",A,plain,2026-07-01\n");
    let text = format!("order-id,sku,product-name,purchase-date\n{ID},A,\"never closed,2026-07-01\n{rest}");
    let (rows, counts) = read(text.as_bytes());
    assert_eq!((counts.bad, counts.orders), (1, 51));
    let Row::Bad { line: 2, order_id: Some(_), column: None, problem: Problem::OpenQuote } = rows[0] else {
        panic!("{:?}", rows[0]);
    };
    let Row::Order(order) = &rows[1] else { panic!() };
    assert!(order.incomplete && order.order_id.as_str() == ID);
}

#[test]
fn rows_of_one_order_become_one_order() {
    let rows: [&[(&str, &str)]; 4] = [
        &[
            ("amazon-order-id", ID),
            ("amazon-order-item-id", "1"),
            ("sku", "A"),
            ("quantity-shipped", "1"),
            ("shipment-date", "2026-07-02"),
            ("estimated-arrival-date", "2026-07-04"),
        ],
        &[
            ("amazon-order-id", ID),
            ("amazon-order-item-id", "1"),
            ("sku", "A"),
            ("quantity-shipped", "2"),
            ("shipment-date", "2026-07-03"),
            ("estimated-arrival-date", "2026-07-09"),
        ],
        &[
            ("amazon-order-id", ID),
            ("amazon-order-item-id", "2"),
            ("sku", "B"),
            ("estimated-arrival-date", "2026-07-05"),
        ],
        &[("amazon-order-id", "113-7654321-1234567"), ("amazon-order-item-id", "3"), ("sku", "B")],
    ];
    let orders = orders(sheet(FULFILLED, &rows).as_bytes());
    assert_eq!(orders.len(), 2);
    assert_eq!(orders[0].items.iter().map(|item| item.quantity).collect::<Vec<_>>(), [Some(3), None]);
    assert_eq!(orders[0].estimated_arrival, "2026-07-09T00:00:00Z".parse().ok());
}

#[test]
fn a_bad_date_is_named_and_its_order_waits() {
    let text = sheet(
        ALL_ORDERS,
        &[
            &[("amazon-order-id", "113-7654321-1234567"), ("purchase-date", "2026-07-01")],
            &[("amazon-order-id", ID), ("purchase-date", "7/1/2026 9:00"), ("sales-channel", "Amazon.com")],
        ],
    );
    let (rows, _) = read(text.as_bytes());
    assert!(rows.contains(&Row::Bad {
        line: 3,
        order_id: ID.parse().ok(),
        column: Some("purchase-date"),
        problem: Problem::NotADate,
    }));
    let Some(Row::Order(order)) = rows.last() else { panic!() };
    assert!(order.incomplete && order.store == Some(Marketplace::Us) && order.order_id.as_str() == ID);
}

#[test]
fn moved_and_missing_columns_are_bad_rows_and_missing_unread_ones_are_not() {
    let whole = row(ALL_ORDERS, &[("amazon-order-id", ID), ("is-business-order", "false")]);
    let fields: Vec<&str> = whole.trim_end_matches('\n').split('\t').collect();
    let file = |row: &str| format!("{ALL_ORDERS}\n{row}\n");

    // purchase-order-number and price-designation, the last two, are never read.
    let (_, counts) = read(file(&fields[..fields.len() - 2].join("\t")).as_bytes());
    assert_eq!((counts.bad, counts.orders), (0, 1));

    let (rows, counts) = read(file(&fields[..20].join("\t")).as_bytes());
    assert_eq!((counts.bad, counts.orders), (1, 1));
    assert!(matches!(rows[0], Row::Bad { problem: Problem::TooShort { found: 20, expected: 31 }, .. }));

    let (rows, _) = read(file(&format!("{}\tmore", fields.join("\t"))).as_bytes());
    assert!(matches!(rows[0], Row::Bad { order_id: Some(_), problem: Problem::TooManyFields { .. }, .. }));
    let (_, counts) = read(file(&format!("{}\t\t", fields.join("\t"))).as_bytes());
    assert_eq!(counts.bad, 0);
}

#[test]
fn a_row_without_an_order_id_is_bad_and_one_of_other_sales_is_skipped() {
    let text = sheet(
        ALL_ORDERS,
        &[
            &[("amazon-order-id", "S01-1234567-7654321"), ("sku", "A")],
            &[("amazon-order-id", ID), ("sales-channel", "Non-Amazon DE")],
            &[("amazon-order-id", "total"), ("sku", "A")],
            &[],
        ],
    );
    let (rows, counts) = read(text.as_bytes());
    assert_eq!(rows[0], Row::SkippedMcf { line: 2 });
    assert_eq!(rows[1], Row::SkippedMcf { line: 3 });
    assert!(matches!(rows[2], Row::Bad { line: 4, order_id: None, problem: Problem::NoOrderId, .. }));
    assert_eq!((rows.len(), counts.rows, counts.skipped_mcf, counts.bad), (3, 3, 2, 1));
}

#[test]
fn a_row_longer_than_can_be_is_bad_and_the_next_is_read() {
    let long = "x".repeat(3_000_000);
    let text = sheet(
        ALL_ORDERS,
        &[
            &[("amazon-order-id", ID), ("product-name", &long)],
            &[("amazon-order-id", "113-7654321-1234567"), ("sku", "A")],
        ],
    );
    let (rows, counts) = read(text.as_bytes());
    assert!(matches!(rows[0], Row::Bad { line: 2, order_id: Some(_), problem: Problem::TooLong, .. }));
    assert_eq!((counts.bad, counts.orders), (1, 2));
}

#[test]
fn texts_are_cut_and_cleaned() {
    let text = sheet(
        ALL_ORDERS,
        &[&[("amazon-order-id", ID), ("sku", " A\u{1}B\u{2028} "), ("product-name", &"ü".repeat(5000))]],
    );
    let item = only(text.as_bytes()).items.remove(0);
    assert_eq!(item.product_name.unwrap().chars().count(), 1000);
    assert_eq!(item.sku.as_deref(), Some("A B"));
}

#[test]
fn an_order_keeps_so_many_items_and_says_that_it_is_not_whole() {
    let skus: Vec<String> = (0..250).map(|number| format!("SKU-{number}")).collect();
    let rows: Vec<Vec<(&str, &str)>> =
        skus.iter().map(|sku| vec![("amazon-order-id", ID), ("sku", sku.as_str())]).collect();
    let rows: Vec<&[(&str, &str)]> = rows.iter().map(Vec::as_slice).collect();
    let (rows, counts) = read(sheet(ALL_ORDERS, &rows).as_bytes());
    assert_eq!(counts.bad, 50);
    let Some(Row::Order(order)) = rows.last() else { panic!() };
    assert!(order.incomplete && order.items.len() == 200);
}

#[test]
fn an_address_that_is_no_alias_is_not_kept() {
    let alias = |email: &str, iba: &str| {
        let text = sheet(ACTIONABLE, &[&[("order-id", ID), ("buyer-email", email), ("is-iba", iba)]]);
        let (rows, counts) = read(text.as_bytes());
        let Some(Row::Order(order)) = rows.into_iter().next() else { panic!() };
        (order.alias.map(|alias| alias.as_str().to_owned()), counts.unusable_alias)
    };
    assert_eq!(alias("someone@example.com", "false"), (None, 1));
    assert_eq!(alias("", "false"), (None, 0));
    // Resold by Amazon Business: no single buyer's.
    assert_eq!(alias("qqq11qqq22qqq33@marketplace.amazon.de", "true"), (None, 0));
    let shared = "no-reply-amazon-iba-buyer@marketplace.amazon.de";
    assert_eq!(alias(shared, "true"), (Some(shared.to_owned()), 0));
}

#[test]
fn the_default_store_stands_in_for_a_missing_channel_alone() {
    let text = sheet(
        ALL_ORDERS,
        &[
            &[("amazon-order-id", "111-7654321-1234567")],
            &[("amazon-order-id", "112-7654321-1234567"), ("sales-channel", "Amazon.fr")],
            &[("amazon-order-id", "113-7654321-1234567"), ("sales-channel", "Amazon.example")],
            &[("amazon-order-id", "114-7654321-1234567"), ("sales-channel", "UK")],
        ],
    );
    let (rows, counts) = read_with(text.as_bytes(), Defaults { store: Some(Marketplace::De) });
    let stores: Vec<_> =
        rows.iter().map(|row| if let Row::Order(order) = row { order.store } else { panic!("{row:?}") }).collect();
    assert_eq!(stores, [Some(Marketplace::De), Some(Marketplace::Fr), None, Some(Marketplace::Gb)]);
    assert_eq!(counts.unknown_channel, 1);
}

#[test]
fn what_is_no_report_is_named_with_what_to_do() {
    let workbook = b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0[Content_Types].xml";
    let cases: [(&[u8], &str); 14] = [
        (b"", "this file is empty"),
        (b"\r\n \r\n", "this file is empty"),
        (b"<!DOCTYPE html><html>Sign in</html>", "this is a web page"),
        (b"\xff\xfe<\0h\0t\0m\0l\0>\0", "this is a web page"),
        (b"<?xml version=\"1.0\"?>", "this is an XML file"),
        (b"{\"orders\": []}", "this is a JSON file"),
        (b"%PDF-1.7", "this is a PDF"),
        (workbook, "this is an Excel workbook"),
        (b"PK\x03\x04rest", "this is a zip archive"),
        (b"\x00\x01\x02\x03", "this is a file of bytes that are not text"),
        (b"Dear Sir,\nyour orders", "names no column amazon-order-id"),
        (b"amazon-order-id\n111-7654321-1234567\n", "no other column"),
        (b"111-7654321-1234567\tA\t2026-07-01\n", "no row of column names"),
        (b"sku\tasin\nA\tB\n", "names no column amazon-order-id"),
    ];
    for (bytes, beginning) in cases {
        let said = refusal(bytes);
        assert!(said.contains(beginning), "{said}");
        assert!(bytes.is_empty() || matches!(bytes[0], 0x1f | b'\r') || !refusal(&gzip(bytes)).is_empty());
    }
    let twice = gzip(&gzip(ALL_ORDERS.as_bytes()));
    assert!(matches!(
        Reader::new(&twice[..], Defaults::default()).unwrap_err(),
        ReportError::NotAReport(FileKind::NestedGzip)
    ));
}

#[test]
fn a_gzip_bomb_ends_in_an_error() {
    let mut bomb = gzip(format!("{ALL_ORDERS}\n").as_bytes());
    bomb.extend(gzip(&vec![b'x'; 60_000_000]));
    let mut reader = Reader::new(&bomb[..], Defaults::default()).unwrap();
    let error = reader.find_map(Result::err).unwrap();
    assert!(matches!(error, ReportError::Bomb { .. }), "{error}");
}

#[test]
fn a_gzip_file_cut_off_gives_its_orders_and_an_error_and_the_last_order_waits() {
    let rows: Vec<String> = (0..3000).map(|number| format!("111-7654321-{:07}", number * 7919 % 10_000_000)).collect();
    let rows: Vec<Vec<(&str, &str)>> = rows.iter().map(|id| vec![("amazon-order-id", id.as_str())]).collect();
    let rows: Vec<&[(&str, &str)]> = rows.iter().map(Vec::as_slice).collect();
    let packed = gzip(sheet(ALL_ORDERS, &rows).as_bytes());
    let results: Vec<_> = Reader::new(&packed[..packed.len() / 2], Defaults::default()).unwrap().collect();
    let (last, before) = results.split_last().unwrap();
    assert!(matches!(last, Err(ReportError::DamagedGzip(_))));
    let Some(Ok(Row::Order(order))) = before.last() else { panic!() };
    assert!(order.incomplete && before.len() > 100);
}

#[test]
fn the_progress_reaches_the_size_of_the_file_as_it_lies_on_disk() {
    let packed = gzip(sheet(ALL_ORDERS, &[&[("amazon-order-id", ID)]]).as_bytes());
    let mut reader = Reader::new(&packed[..], Defaults::default()).unwrap();
    let progress = reader.progress();
    reader.by_ref().for_each(drop);
    assert_eq!(progress.bytes_consumed(), packed.len() as u64);
    assert_eq!(reader.bytes_consumed(), packed.len() as u64);
}
