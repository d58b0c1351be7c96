//! Whole files through the public door: every layout, encoding, packing, separator and line end.

mod sample;

use model::Marketplace;
use model::order::{Fulfilment, OrderStatus};
use report::{Defaults, Reader, Row};
use sample::*;

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
fn the_progress_reaches_the_size_of_the_file_as_it_lies_on_disk() {
    let packed = gzip(sheet(ALL_ORDERS, &[&[("amazon-order-id", ID)]]).as_bytes());
    let mut reader = Reader::new(&packed[..], Defaults::default()).unwrap();
    let progress = reader.progress();
    reader.by_ref().for_each(drop);
    assert_eq!(progress.bytes_consumed(), packed.len() as u64);
    assert_eq!(reader.bytes_consumed(), packed.len() as u64);
}
