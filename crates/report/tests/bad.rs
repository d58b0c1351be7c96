//! Files and rows that can't be read, or not in full: what is said, and what is kept all the same.

mod sample;

use model::Marketplace;
use report::{Defaults, FileKind, Problem, Reader, ReportError, Row};
use sample::*;

#[test]
fn an_open_quote_spoils_its_own_line_alone() {
    let rest: String =
        (0..50).map(|number| row("order-id\tsku", &[("order-id", &format!("111-7654321-00000{number:02}"))])).collect();
    let rest = rest.replace("\t\n", ",A,plain,2026-07-01\n");
    let text = format!(
        "order-id,sku,product-name,purchase-date\n{ID},A,\"never closed,2026-07-01\n{rest}113-7654321-1234567,B,\"nor this,2026-07-01\n"
    );
    let (rows, counts) = read(text.as_bytes());
    // The second quote, fifty lines on, closes nothing.
    assert_eq!((counts.bad, counts.orders), (2, 52));
    let Row::Bad { line: 2, order_id: Some(_), column: None, problem: Problem::OpenQuote } = rows[0] else {
        panic!("{:?}", rows[0]);
    };
    let Row::Order(order) = &rows[1] else { panic!() };
    assert!(order.incomplete && order.order_id.as_str() == ID);
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
fn a_gzip_file_of_countless_empty_members_is_not_read_through() {
    let mut hollow = gzip(sheet(ALL_ORDERS, &[]).as_bytes());
    hollow.extend(gzip(b"").repeat(200_000));
    let mut file = std::io::Cursor::new(hollow);
    let last = Reader::new(&mut file, Defaults::default()).map(Iterator::last);
    let Err(ReportError::DamagedGzip(_)) = last else { panic!("{:?}", last.is_ok()) };
    assert!(file.position() < 2 * 1024 * 1024, "{} bytes were read", file.position());
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
