//! Answers of Amazon's API, or of whatever stands in its place: understood by every call without panic, within the limits, and
//! taken for a message that left or did not leave only where Amazon itself says so.

use std::io::Read;

use amazon::messaging::{Action, BuyerMessage, Draft, GetAttributes, GetMessagingActions, Messaged};
use amazon::orders::v0::{GetOrderItems, GetOrders};
use amazon::orders::{OrderWindow, SearchOrders};
use amazon::reports::{GetReport, GetReportDocument, Packing, ReportKind, Unpacked};
use amazon::sign_in::{Application, RefreshToken, Renewal};
use amazon::solicitation::{GetSolicitationActions, Solicited};
use amazon::{Answer, Failure, GetMarketplaceParticipations, Handed, OpaqueId, Operation, Region, Stores};
use model::order::ImportedOrder;
use model::sender::Secret;
use model::{Marketplace, OrderId, Timestamp};

const LIMIT: u64 = 4_096;

/// The first line is the status and the content type, the rest the body.
pub fn check(input: &[u8]) {
    let end = memchr::memchr(b'\n', input).unwrap_or(input.len());
    let (head, body) = (&input[..end], input.get(end + 1..).unwrap_or_default());
    let head = String::from_utf8_lossy(head);
    let (status, content_type) = head.split_once(' ').unwrap_or((&head, ""));
    let status: u16 = status.parse().unwrap_or(200);
    let headers = [("x-amzn-requestid", head.as_bytes()), ("content-type", content_type.as_bytes())];
    let answer = Answer::new(status, headers, body.to_vec());
    handed(&answer);
    sign_in(&answer);
    read(&answer);
    unpack(body, content_type);
    message(body);
}

fn handed(answer: &Answer) {
    let status = answer.status();
    let handed = Handed::of(answer);
    match &handed {
        Handed::Taken(_) => assert_eq!(status, 201, "taken"),
        Handed::Refused(failure) => {
            assert!((400..500).contains(&status) && status != 408, "refused with {status}");
            quiet(failure);
        }
        Handed::Unknown(failure) => quiet(failure),
    }
    let (solicited, messaged) = (Solicited::by_request(answer), Messaged::by_answer(answer));
    let is_unknown = matches!(handed, Handed::Unknown(_));
    assert_eq!((solicited == Solicited::Unknown, messaged == Messaged::Unknown), (is_unknown, is_unknown));
    let is_taken = matches!(handed, Handed::Taken(_));
    assert_eq!((solicited == Solicited::Sent, messaged == Messaged::Sent), (is_taken, is_taken));
}

/// Amazon's words are bounded and not shown.
fn quiet(failure: &Failure) {
    let words = failure.words().as_str();
    assert!(words.len() <= 500 && !words.chars().any(char::is_control), "the words were kept as they came");
    let shown = format!("{failure} {failure:?}");
    assert!(words.len() < 40 || !shown.contains(words), "the words are shown");
}

fn sign_in(answer: &Answer) {
    let secret = Secret::new("kept".to_owned());
    let application = Application::new("id", &secret).expect("an application");
    let refresh_token = RefreshToken::new(&secret).expect("a token");
    if let Ok(token) = (Renewal { application: &application, refresh_token: &refresh_token }).understand(answer) {
        assert_eq!(answer.status(), 200);
        assert!(token.secret.reveal().bytes().all(|byte| byte.is_ascii_graphic()), "a token that breaks a header");
    }
}

fn read(answer: &Answer) {
    let (store, region) = (Marketplace::De, Region::Europe);
    let order_id: OrderId = "302-1111111-2222222".parse().expect("an order id");
    let (from, now) = (Timestamp::from_micros(1_780_000_000_000_000), Timestamp::from_micros(1_790_000_000_000_000));
    let window = OrderWindow::changed(from, None, now).expect("a window");
    let id = || OpaqueId::new("1").expect("an id");
    if let Some(page) = of(&SearchOrders::new(Stores::one(store), window), answer) {
        page.orders.iter().for_each(order);
    }
    of(&GetOrders::new(Stores::one(store), window), answer);
    of(&GetOrderItems::new(order_id, store), answer);
    of(&GetSolicitationActions { order_id, store }, answer);
    of(&GetMessagingActions { order_id, store }, answer);
    of(&GetAttributes { order_id, store }, answer);
    of(&GetMarketplaceParticipations { region }, answer);
    of(&GetReport { id: id(), region }, answer);
    of(&GetReportDocument { id: id(), kind: ReportKind::UnshippedOrders, region }, answer);
}

fn of<O: Operation>(call: &O, answer: &Answer) -> Option<O::Answer> {
    match call.understand(answer) {
        Ok(read) => {
            assert!((200..300).contains(&answer.status()), "{} read a failure", O::NAME);
            Some(read)
        }
        Err(failure) => {
            quiet(&failure);
            None
        }
    }
}

fn order(order: &ImportedOrder) {
    assert!(order.items.len() <= 200, "more lines than are kept");
    let texts = [&order.buyer_name, &order.carrier, &order.tracking_number, &order.ship_country];
    let items = order.items.iter().flat_map(|item| [&item.sku, &item.asin, &item.product_name, &item.promotion_ids]);
    for text in texts.into_iter().chain(items).flatten() {
        assert!(text.chars().count() <= 1_000 && !text.chars().any(char::is_control), "a text as it came");
    }
    let lines: std::collections::BTreeSet<&str> = order.items.iter().map(|item| item.line.as_str()).collect();
    assert_eq!(lines.len(), order.items.len(), "a line twice");
}

fn unpack(body: &[u8], content_type: &str) {
    for packing in [Packing::None, Packing::Gzip] {
        let mut unpacked = Vec::new();
        let _ = Unpacked::new(body, packing, Some(content_type), LIMIT).read_to_end(&mut unpacked);
        // Three bytes of UTF-8 for one, and one letter for what was cut off.
        assert!(unpacked.len() as u64 <= 3 * LIMIT + 3, "{} bytes were unpacked", unpacked.len());
    }
}

fn message(body: &[u8]) {
    let text = String::from_utf8_lossy(body).into_owned();
    let draft = Draft { text: Some(text.clone()), ..Draft::default() };
    if BuyerMessage::new(Action::UnexpectedProblem, draft).is_ok() {
        assert!(text.chars().count() <= 4_000 && !text.contains("http://") && !text.contains("</"), "an unfit text");
    }
}
