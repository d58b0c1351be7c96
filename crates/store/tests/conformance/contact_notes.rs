//! Notes to the operator: sealed, bounded in number and size, erased when he is done or too late.

use model::{AlertKind, Span};
use store::{CONTACT_NOTES, StoreError};

use crate::stage::NOW;
use crate::{Ground, on_both};

on_both! {
    async fn a_note_waits_sealed_until_the_operator_is_done_with_it(ground: Ground) {
        let (store, _) = ground.with_account().await;
        assert!(store.leave_contact_note("anna@shop.example".into(), "Where is my list?".into(), NOW).await.unwrap());
        assert!(store.leave_contact_note("bert@shop.example".into(), "Hello".into(), NOW.plus(Span::minutes(1))).await.unwrap());
        let notes = store.contact_notes().await.unwrap();
        assert_eq!(notes.iter().map(|note| note.email.as_str()).collect::<Vec<_>>(), ["bert@shop.example", "anna@shop.example"]);
        for (column, words) in [("email_sealed", "shop"), ("text_sealed", "list")] {
            let lite = format!("instr({column}, CAST('{words}' AS BLOB)) > 0");
            let hex = format!("position('{words}'::bytea in {column}) > 0");
            let found = format!("SELECT COUNT(*) FROM contact_note WHERE {}", if ground.is_postgres() { hex } else { lite });
            assert_eq!(ground.number(&found), 0, "{column}");
        }
        let raised = format!("SELECT COUNT(*) FROM alert WHERE kind = '{}'", AlertKind::ContactNote);
        assert_eq!(ground.number(&raised), 1, "one alert a day");
        assert!(store.erase_contact_note(notes[0].id).await.unwrap());
        assert!(!store.erase_contact_note(notes[0].id).await.unwrap());
        assert_eq!(store.contact_notes().await.unwrap().len(), 1);
    }

    async fn notes_are_few_and_short_and_old_ones_make_room(ground: Ground) {
        let store = ground.open().await;
        for (email, text) in [(String::new(), "x".to_owned()), ("a@b".into(), String::new()), ("a@b".into(), "x".repeat(8001)), ("x".repeat(255), "x".into())] {
            assert!(matches!(store.leave_contact_note(email, text, NOW).await, Err(StoreError::Conflict(_))));
        }
        for _ in 0..CONTACT_NOTES {
            assert!(store.leave_contact_note("a@b.example".into(), "x".into(), NOW).await.unwrap());
        }
        assert!(!store.leave_contact_note("a@b.example".into(), "x".into(), NOW.plus(Span::days(90))).await.unwrap());
        assert!(store.leave_contact_note("a@b.example".into(), "x".into(), NOW.plus(Span::days(91))).await.unwrap());
        assert_eq!(store.contact_notes().await.unwrap().len(), 1);
    }
}
