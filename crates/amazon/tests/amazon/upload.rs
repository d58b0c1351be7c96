//! Files on their way to a message.

use amazon::messaging::Action;
use amazon::upload::{CreateUploadDestination, UploadDestination};
use amazon::{FailureKind, Operation};
use model::{Attachment, Marketplace};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::give::{answer, fields, pairs};

fn attachment() -> Attachment {
    Attachment::new("manual.pdf".parse().unwrap(), b"%PDF-1.7\n".to_vec()).unwrap()
}

fn asked(payload: &Value) -> Result<UploadDestination, FailureKind> {
    let attachment = attachment();
    let (order_id, store) = ("302-1111111-2222222".parse().unwrap(), Marketplace::De);
    let call = CreateUploadDestination { order_id, store, action: Action::Invoice, attachment: &attachment };
    call.understand(&answer(201, &json!({"payload": payload}))).map_err(|failure| failure.kind())
}

#[test]
fn a_place_is_asked_for_with_the_digest_of_the_file() {
    let attachment = attachment();
    let (order_id, store) = ("302-1111111-2222222".parse().unwrap(), Marketplace::De);
    let call = CreateUploadDestination { order_id, store, action: Action::LegalDisclosure, attachment: &attachment };
    let request = call.request();
    let path =
        "/uploads/2020-11-01/uploadDestinations/messaging/v1/orders/302-1111111-2222222/messages/legalDisclosure";
    assert_eq!((request.method().as_str(), request.path(), request.body()), ("POST", path, ""));
    let expected = [
        ("marketplaceIds", "A1PA6795UKMFR9"),
        ("contentMD5", "tJHeWLqE1eEjM6I2rdbdtQ=="),
        ("contentType", "application/pdf"),
    ];
    assert_eq!(fields(request.query()), pairs(&expected));
}

#[test]
fn a_place_has_an_address_and_perhaps_headers() {
    let place = |headers: Value| json!({"uploadDestinationId": "1b00-d421", "url": "https://up.example.com/x?s=hidden", "headers": headers});
    let bare = asked(&place(Value::Null)).unwrap();
    assert_eq!(
        (bare.id.as_str(), bare.url.reveal(), bare.headers.len()),
        ("1b00-d421", "https://up.example.com/x?s=hidden", 0)
    );
    assert!(!format!("{bare:?}").contains("hidden"));
    let named = asked(&place(json!({"x-amz-acl": "private", "Content-MD5": "abc=="}))).unwrap();
    let headers: Vec<_> = named.headers.iter().map(|(name, value)| (name.as_str(), value.reveal())).collect();
    assert_eq!(headers, [("Content-MD5", "abc=="), ("x-amz-acl", "private")]);
    for odd in [
        json!({"Host": "evil.example"}),
        json!({"transfer-encoding": "chunked"}),
        json!({"a b": "c"}),
        json!({"": "c"}),
        json!({"a": "c\r\nd: e"}),
        json!({"a": 7}),
        json!([]),
        json!({"a": "x".repeat(4_097)}),
    ] {
        assert_eq!(asked(&place(odd.clone())), Err(FailureKind::Unreadable), "{odd}");
    }
    assert!(asked(&json!({"uploadDestinationId": "1", "url": "http://up.example.com/"})).is_err());
    assert!(asked(&json!({"url": "https://up.example.com/"})).is_err());
    assert!(UploadDestination::took(200) && UploadDestination::took(204) && !UploadDestination::took(403));
}

proptest! {
    #[test]
    fn no_header_of_an_answer_can_end_a_line(name in any::<String>(), value in any::<String>()) {
        let payload = json!({"uploadDestinationId": "1", "url": "https://up.example.com/", "headers": {name: value}});
        if let Ok(place) = asked(&payload) {
            for (name, value) in &place.headers {
                prop_assert!(!name.contains(['\r', '\n', ':', ' ']) && !value.reveal().contains(['\r', '\n']));
            }
        }
    }
}
