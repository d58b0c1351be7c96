//! Reports: asked for, waited for, downloaded, unpacked.

use std::io::{Read, Write};

use amazon::reports::{
    CreateReport, Document, Download, GetReport, GetReportDocument, InvalidReport, Packing, ReportKind, ReportState,
    UnpackFault, Unpacked,
};
use amazon::{FailureKind, OpaqueId, Operation, Region, Request, Stores, TokenKind};
use model::{Marketplace, Span, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::give::answer;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn id(text: &str) -> OpaqueId {
    OpaqueId::new(text).unwrap()
}

fn create(kind: ReportKind, days: i64) -> Result<CreateReport, InvalidReport> {
    let (stores, start) = (Stores::new([Marketplace::De, Marketplace::Fr]).unwrap(), at("2026-07-01T00:00:00Z"));
    CreateReport::new(kind, stores, start, start.plus(Span::days(days)), at("2026-08-20T12:00:00Z"))
}

fn body(request: &Request) -> Value {
    serde_json::from_str(request.body()).unwrap()
}

#[test]
fn a_report_is_asked_for_with_stores_time_and_the_store_of_each_order() {
    let call = create(ReportKind::AllOrdersByLastUpdate, 30).unwrap();
    let request = call.request();
    assert_eq!(
        (request.method().as_str(), request.path(), request.query()),
        ("POST", "/reports/2021-06-30/reports", "")
    );
    assert_eq!(request.token(), TokenKind::Access);
    let mut expected = json!({
        "reportType": "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
        "marketplaceIds": ["A1PA6795UKMFR9", "A13V1IB3VIYZZH"],
        "dataStartTime": "2026-07-01T00:00:00Z",
        "dataEndTime": "2026-07-31T00:00:00Z"
    });
    assert_eq!(body(&request), expected);
    expected["reportType"] = json!("GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING");
    expected["reportOptions"] = json!({"ShowSalesChannel": "true"});
    assert_eq!(body(&create(ReportKind::UnshippedOrders, 30).unwrap().request()), expected);

    assert_eq!(call.understand(&answer(202, &json!({"reportId": "3831"}))).unwrap(), id("3831"));
    for odd in [json!({}), json!({"reportId": 3831}), json!({"reportId": ""}), json!({"reportId": "a b"})] {
        assert_eq!(call.understand(&answer(202, &odd)).unwrap_err().kind(), FailureKind::Unreadable);
    }
}

#[test]
fn a_report_covers_a_time_that_has_passed() {
    assert_eq!(create(ReportKind::AllOrdersByOrderDate, 0), Err(InvalidReport::Reversed));
    assert_eq!(create(ReportKind::AllOrdersByOrderDate, -1), Err(InvalidReport::Reversed));
    assert_eq!(create(ReportKind::AllOrdersByOrderDate, 51), Err(InvalidReport::Future));
    assert!(create(ReportKind::FulfilledShipments, 30).is_ok());
    assert_eq!(create(ReportKind::FulfilledShipments, 31), Err(InvalidReport::TooLong));
}

#[test]
fn a_report_is_done_with_its_document_alone() {
    let call = GetReport { id: id("38/31"), region: Region::Europe };
    assert_eq!(call.request().path(), "/reports/2021-06-30/reports/38%2F31");
    let state = |status: &str, document: Value| {
        let body = json!({"reportId": "3831", "processingStatus": status, "reportDocumentId": document});
        call.understand(&answer(200, &body)).map_err(|failure| failure.kind())
    };
    assert_eq!(state("IN_QUEUE", Value::Null), Ok(ReportState::InQueue));
    assert_eq!(state("IN_PROGRESS", Value::Null), Ok(ReportState::InProgress));
    assert_eq!(state("DONE", json!("amzn1.spdoc.1")), Ok(ReportState::Done(id("amzn1.spdoc.1"))));
    assert_eq!(state("CANCELLED", Value::Null), Ok(ReportState::Cancelled));
    assert_eq!(state("FATAL", Value::Null), Ok(ReportState::Fatal(None)));
    assert_eq!(state("FATAL", json!("why")), Ok(ReportState::Fatal(Some(id("why")))));
    for (status, document) in
        [("DONE", Value::Null), ("DONE", json!("a b")), ("PAUSED", Value::Null), ("", Value::Null)]
    {
        assert_eq!(state(status, document), Err(FailureKind::Unreadable));
    }
    assert!(ReportState::Cancelled.is_final() && !ReportState::InQueue.is_final());
}

#[test]
fn only_documents_of_restricted_reports_need_a_restricted_token() {
    let call = |kind| GetReportDocument { id: id("amzn1.spdoc.1.4.eu.52d7"), kind, region: Region::Europe };
    for kind in ReportKind::ALL.iter().copied() {
        let restricted = matches!(kind, ReportKind::UnshippedOrders | ReportKind::OrdersToShip);
        let expected = if restricted { TokenKind::Restricted(&[]) } else { TokenKind::Access };
        assert_eq!(call(kind).request().token(), expected, "{kind}");
        assert_eq!(ReportKind::named(kind.as_str()), Some(kind));
    }
    let call = call(ReportKind::FulfilledShipments);
    assert_eq!(call.request().path(), "/reports/2021-06-30/documents/amzn1.spdoc.1.4.eu.52d7");
    let document = |url: &str, packing: Value| {
        let body = json!({"reportDocumentId": "x", "url": url, "compressionAlgorithm": packing});
        call.understand(&answer(200, &body)).map_err(|failure| failure.kind())
    };
    let url = "https://documents.example.com/a?X-Amz-Signature=hidden";
    let Document { url: got, packing } = document(url, Value::Null).unwrap();
    assert_eq!((got.reveal(), packing), (url, Packing::None));
    assert_eq!(document(url, json!("GZIP")).unwrap().packing, Packing::Gzip);
    assert_eq!(document(url, json!("ZSTD")), Err(FailureKind::Unreadable));
    assert_eq!(document("http://documents.example.com/a", Value::Null), Err(FailureKind::Unreadable));
    assert!(!format!("{:?}", document(url, Value::Null)).contains("hidden"));
}

#[test]
fn a_download_says_whether_to_ask_for_the_address_anew() {
    assert_eq!(
        [200, 403, 404, 503, 302].map(Download::by_status),
        [Download::Ready, Download::AskAnew, Download::AskAnew, Download::Later, Download::NotAmazon]
    );
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn unpacked(
    bytes: &[u8],
    packing: Packing,
    content_type: Option<&str>,
    most: u64,
) -> Result<Vec<u8>, Option<UnpackFault>> {
    let mut content = Vec::new();
    let mut stream = Unpacked::new(bytes, packing, content_type, most);
    match stream.read_to_end(&mut content) {
        Ok(_) => Ok(content),
        Err(error) => Err(UnpackFault::of(&error)),
    }
}

#[test]
fn a_report_is_unpacked_and_turned_into_utf_8_by_its_header() {
    let plain = "order-id\tname\n302\tMüller\n".as_bytes();
    assert_eq!(unpacked(plain, Packing::None, None, 1_000).unwrap(), plain);
    assert_eq!(unpacked(&gzip(plain), Packing::Gzip, Some("text/plain; charset=UTF-8"), 1_000).unwrap(), plain);
    let (japanese, _, _) = encoding_rs::SHIFT_JIS.encode("order-id\t商品名\n250\tソ能表\n");
    let expected = "order-id\t商品名\n250\tソ能表\n".as_bytes();
    for header in ["text/plain;charset=Shift_JIS", "text/plain; x=y; Charset=\"windows-31j\""] {
        assert_eq!(unpacked(&gzip(&japanese), Packing::Gzip, Some(header), 1_000).unwrap(), expected, "{header}");
    }
    let western = b"302\tM\xfcller\n";
    assert_eq!(
        unpacked(western, Packing::None, Some("text/plain; charset=Cp1252"), 1_000).unwrap(),
        "302\tMüller\n".as_bytes()
    );
    // Where the header says nothing that is known, the bytes are left to who reads them.
    for header in ["text/plain", "text/plain; charset=Cp943C", "text/plain; charset=", "", ";;=;"] {
        assert_eq!(unpacked(western, Packing::None, Some(header), 1_000).unwrap(), western, "{header}");
    }
    // A mark at the beginning says more than the header.
    let marked = b"\xef\xbb\xbfM\xc3\xbcller";
    assert_eq!(
        unpacked(marked, Packing::None, Some("text/plain; charset=iso-8859-1"), 1_000).unwrap(),
        "Müller".as_bytes()
    );
}

#[test]
fn neither_a_bomb_nor_a_damaged_report_passes_for_a_whole_one() {
    let bomb = gzip(&vec![b'x'; 1_000_000]);
    assert!(bomb.len() < 2_000);
    assert_eq!(unpacked(&bomb, Packing::Gzip, None, 10_000), Err(Some(UnpackFault::TooLarge)));
    assert_eq!(unpacked(&bomb, Packing::Gzip, Some("a;charset=Shift_JIS"), 10_000), Err(Some(UnpackFault::TooLarge)));
    assert_eq!(unpacked(&[b'x'; 101], Packing::None, None, 100), Err(Some(UnpackFault::TooLarge)));
    assert_eq!(unpacked(&[b'x'; 100], Packing::None, None, 100).unwrap().len(), 100);
    // Members without content go on as long as the packed bytes do.
    let hollow = gzip(b"").repeat(1_000);
    assert_eq!(unpacked(&hollow, Packing::Gzip, None, 1_000), Err(Some(UnpackFault::TooLarge)));
    let whole = gzip(b"order-id\tname\n302\tAda\n");
    for cut in 0..whole.len() {
        let read = unpacked(&whole[..cut], Packing::Gzip, None, 1_000);
        assert!(matches!(read, Err(Some(UnpackFault::Damaged))), "{cut}: {read:?}");
    }
    assert_eq!(unpacked(b"order-id\tname\n", Packing::Gzip, None, 1_000), Err(Some(UnpackFault::Damaged)));
}

#[test]
fn a_download_that_fails_is_no_damaged_report() {
    struct Cut;
    impl Read for Cut {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::ConnectionReset.into())
        }
    }
    for packing in [Packing::None, Packing::Gzip] {
        let error = Unpacked::new(Cut, packing, Some("a;charset=Shift_JIS"), 1_000).read(&mut [0; 10]).unwrap_err();
        assert_eq!((error.kind(), UnpackFault::of(&error)), (std::io::ErrorKind::ConnectionReset, None));
    }
}

/// Gives what it has in pieces of any size.
struct Pieces<'a> {
    rest: &'a [u8],
    sizes: Vec<usize>,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = self.sizes.pop().unwrap_or(1).clamp(1, 50).min(self.rest.len()).min(buffer.len());
        let (now, rest) = self.rest.split_at(size);
        buffer[..size].copy_from_slice(now);
        self.rest = rest;
        Ok(size)
    }
}

proptest! {
    #[test]
    fn pieces_of_any_size_give_the_same_text(
        text in "[a-zア-ン表能\t\n]{0,200}", sizes in proptest::collection::vec(1_usize..50, 0..50), packed in any::<bool>(), room in 1_usize..20,
    ) {
        let (bytes, _, lossy) = encoding_rs::SHIFT_JIS.encode(&text);
        prop_assume!(!lossy);
        let (bytes, packing) = if packed { (gzip(&bytes), Packing::Gzip) } else { (bytes.to_vec(), Packing::None) };
        let mut stream = Unpacked::new(Pieces { rest: &bytes, sizes }, packing, Some("t;charset=Shift_JIS"), 10_000);
        let (mut read, mut buffer) = (Vec::new(), vec![0; room]);
        loop {
            let got = stream.read(&mut buffer).unwrap();
            if got == 0 { break; }
            read.extend_from_slice(&buffer[..got]);
        }
        prop_assert_eq!(String::from_utf8(read).unwrap(), text);
    }

    #[test]
    fn no_bytes_break_it_and_the_limit_holds(
        bytes in proptest::collection::vec(any::<u8>(), 0..400), head in any::<bool>(), charset in "(utf-16le|utf-16|Shift_JIS|windows-1252|gb18030|x|[a-z0-9-]{0,8})", most in 0_u64..300,
    ) {
        let mut packed = if head { vec![0x1f, 0x8b, 8, 0] } else { Vec::new() };
        packed.extend(bytes);
        for packing in [Packing::None, Packing::Gzip] {
            if let Ok(text) = unpacked(&packed, packing, Some(&format!("text/plain; charset={charset}")), most) {
                prop_assert!(text.len() as u64 <= 3 * most + 3);
            }
        }
    }
}
