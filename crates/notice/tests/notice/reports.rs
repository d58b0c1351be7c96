//! Reports on the delivery of the seller's own messages: what became of which, by the fields of RFC 3464, by words, and
//! by the headers that a report returns.

use model::delivery_report::{DeliveryAction, DeliveryReport};
use model::notice::NoticeKind;
use model::{MessageId, message_id_of};
use rstest::rstest;

use crate::letter::{Letter, ORDER, only};

fn ours() -> (MessageId, String) {
    let message = MessageId::generate();
    (message, message_id_of(message, &"orders@shop.example".parse().unwrap()))
}

/// A report as Postfix writes it, with the fields given and the headers or the whole of our mail returned.
fn report(fields: &str, returned_as: &str, message_id: &str) -> Vec<u8> {
    let returned = format!(
        "Date: Thu, 10 Sep 2026 08:00:00 +0000\r\nFrom: orders@shop.example\r\nTo: <abc12def34ghi56@marketplace.amazon.it>\r\n\
         Subject: About your order {ORDER}\r\nMessage-ID: {message_id}\r\n\r\n"
    );
    format!(
        "From: MAILER-DAEMON@mail.shop.example\r\nTo: orders@shop.example\r\nDate: Thu, 10 Sep 2026 08:00:05 +0000\r\n\
         Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <r1@mail.shop.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\n\
         Content-Type: text/plain\r\n\r\nI could not deliver it.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mail.shop.example\r\n\r\nFinal-Recipient: rfc822; abc12def34ghi56@marketplace.amazon.it\r\n\
         {fields}\r\n--b\r\nContent-Type: {returned_as}\r\n\r\n{returned}--b--\r\n"
    )
    .into_bytes()
}

fn told(raw: &[u8]) -> DeliveryReport {
    let reading = only(raw);
    assert_eq!(reading.kind, NoticeKind::DeliveryFailure);
    reading.report.unwrap()
}

#[rstest]
#[case("Action: failed\r\nStatus: 5.1.1\r\n", DeliveryAction::Failed)]
#[case("ACTION:  Failed \r\nStatus: 5.0.0 (no such user)\r\n", DeliveryAction::Failed)]
#[case("Action: delayed\r\nStatus: 4.4.1\r\n", DeliveryAction::Delayed)]
#[case("Action: delivered\r\nStatus: 2.0.0\r\n", DeliveryAction::Delivered)]
#[case("Action: relayed\r\nStatus: 2.0.0\r\n", DeliveryAction::Delivered)]
#[case("Action: expanded\r\nStatus: 2.0.0\r\n", DeliveryAction::Delivered)]
#[case("Action: delayed\r\n\r\nFinal-Recipient: rfc822; b@x\r\nAction: failed\r\n", DeliveryAction::Failed)]
#[case("Action: failed\r\n\r\nFinal-Recipient: rfc822; b@x\r\nAction: delivered\r\n", DeliveryAction::Failed)]
#[case("Action: pondered\r\n", DeliveryAction::NotSaid)]
fn the_fields_say_what_became_of_it(#[case] fields: &str, #[case] action: DeliveryAction) {
    assert_eq!(told(&report(fields, "text/rfc822-headers", "<x@y>")).action, action);
}

#[rstest]
#[case("text/rfc822-headers")]
#[case("message/rfc822")]
#[case("message/global-headers")]
fn the_returned_headers_name_message_order_and_time(#[case] returned_as: &str) {
    let (message, id) = ours();
    let raw = report(
        "Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n",
        returned_as,
        &id,
    );
    let reading = only(&raw);
    assert_eq!(reading.order_ids.iter().map(model::OrderId::as_str).collect::<Vec<_>>(), [ORDER]);
    let report = reading.report.unwrap();
    assert_eq!((report.messages.as_slice(), report.names_another), (&[message][..], false));
    assert_eq!(report.written_at.unwrap().to_string(), "2026-09-10T08:00:00Z");
    assert_eq!((report.status.as_deref(), report.said.as_deref()), (Some("5.1.1"), Some("550 5.1.1 no such user")));
}

#[test]
fn a_message_of_another_program_is_told_from_ours() {
    let report = told(&report("Action: failed\r\n", "text/rfc822-headers", "<CAF+x@mail.gmail.com>"));
    assert_eq!((report.messages, report.names_another), (vec![], true));
}

#[rstest]
#[case("550 5.1.1 <abc@marketplace.amazon.it>: no such user", DeliveryAction::Failed, Some("5.1.1"))]
#[case("host mx.example said: 554 rejected for policy reasons", DeliveryAction::Failed, None)]
#[case("The message is late: 451 4.7.1 please try again later", DeliveryAction::Delayed, Some("4.7.1"))]
#[case("Connected to 5.135.20.7, which hung up. (#4.4.2)", DeliveryAction::Delayed, Some("4.4.2"))]
#[case("Your message wasn't delivered. Good bye.", DeliveryAction::NotSaid, None)]
#[case("Order 550-1234567-1234567 of 450 pieces, call 5.5", DeliveryAction::NotSaid, None)]
fn a_report_without_fields_is_read_by_its_words(
    #[case] words: &str,
    #[case] action: DeliveryAction,
    #[case] status: Option<&str>,
) {
    let (message, id) = ours();
    let text = format!(
        "This is the mail system.\n\n{words}\n\n------ This is a copy of your message ------\nMessage-ID: {id}\nSubject: x\n"
    );
    let report =
        told(&Letter::new("Mail Delivery System <mailer-daemon@mail.example>", "Mail failure").plain(text).write());
    assert_eq!((report.action, report.status.as_deref()), (action, status));
    assert_eq!(report.messages, [message], "named within the text");
}

#[test]
fn amazons_answer_in_unknown_words_names_the_message_it_answers() {
    let (message, id) = ours();
    let answer =
        Letter::new("no-reply@amazon.com", "We can't do that").header("In-Reply-To", &id).plain("Unknown words.");
    let reading = only(&answer.write());
    assert_eq!(reading.kind, NoticeKind::UnrecognisedAmazon);
    assert_eq!(reading.report.unwrap().messages, [message]);
    let other = Letter::new("no-reply@amazon.com", "We can't do that").plain("Unknown words.");
    assert_eq!(only(&other.write()).report, None);
}

#[test]
fn a_buyers_words_and_ordinary_mail_report_nothing() {
    let (_, id) = ours();
    for from in [crate::letter::ALIAS, "friend@shop.example"] {
        let letter =
            Letter::new(from, "550 5.1.1 failed").header("In-Reply-To", &id).plain(format!("Action: failed {id}"));
        assert_eq!(only(&letter.write()).report, None, "{from}");
    }
}
