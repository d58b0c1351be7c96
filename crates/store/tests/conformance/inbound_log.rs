//! The inbound log, raw mails, held entries and the ledger's head, as the dashboard shows them.

use model::suppression::SuppressionState;
use model::{Handle, MailId, Marketplace};
use store::InboundFilter;

use crate::stage::{Letter, NOW, Stage, alias, now, order};
use crate::{Ground, on_both};

on_both! {
    async fn the_log_is_turned_page_by_page_newest_first(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let mut received = Vec::new();
        for number in 0..7 {
            received.push(stage.receive_mail(&Letter::opt_out(number)).await.id);
        }
        received.reverse();
        let (mut shown, mut before) = (Vec::new(), None);
        loop {
            let page = stage.store.inbound_log(stage.account.id, InboundFilter::All, before, 3).await.unwrap();
            assert!(page.rows.len() <= 3);
            shown.extend(page.rows.iter().map(|row| row.id));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(shown, received);
    }

    async fn an_order_has_the_mails_that_name_it_and_another_account_none(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let mine = stage.receive_mail(&Letter::opt_out(2)).await.id;
        stage.receive_mail(&Letter::opt_out(3)).await;
        let filter = InboundFilter::Order(order(2));
        let page = stage.store.inbound_log(stage.account.id, filter, None, 10).await.unwrap();
        assert_eq!(page.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [mine]);
        assert_eq!(page.rows[0].readings[0].order_ids, [order(2)]);

        let handle: Handle = "green-gadgets".parse().unwrap();
        let other = stage.store.add_account("Green".into(), handle, vec![Marketplace::De], NOW).await.unwrap();
        assert!(stage.store.inbound_log(other.id, filter, None, 10).await.unwrap().rows.is_empty());
        assert!(stage.store.inbound_mail(other.id, mine).await.unwrap().is_none());
        assert!(stage.store.mail_raw(other.id, mine).await.unwrap().is_none());
    }

    async fn a_raw_mail_is_given_back_as_it_came(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let letter = Letter::opt_out(1);
        let id = stage.receive_mail(&letter).await.id;
        let raw = stage.store.mail_raw(stage.account.id, id).await.unwrap();
        assert_eq!(raw, Some(letter.mail(&stage.account).raw));
        assert_eq!(stage.store.inbound_mail(stage.account.id, id).await.unwrap().unwrap().id, id);
        assert!(stage.store.mail_raw(stage.account.id, MailId::generate()).await.unwrap().is_none());
    }

    async fn a_kept_mail_is_packed_and_given_back_whole(ground: Ground) {
        let stage = Stage::on(&ground).await;
        let raw = [b"X: layout\r\n\r\n".to_vec(), b"<td style=\"font: 12px Arial\">".repeat(1000)].concat();
        let id = stage.receive_mail(&Letter { raw: raw.clone(), ..Letter::opt_out(1) }).await.id;
        let kept = ground.number("SELECT length(raw_sealed) FROM inbound_mail");
        assert!(kept < 3000, "{kept} bytes kept of {}", raw.len());
        assert_eq!(stage.store.mail_raw(stage.account.id, id).await.unwrap(), Some(raw));
    }

    async fn held_entries_wait_until_they_are_decided(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in 0..3 {
            stage.import(number, Some(alias(number))).await;
            stage.receive(&Letter::opt_out(number).by_structure()).await;
        }
        stage.receive(&Letter::opt_out(9)).await;
        let held = stage.store.held_entries(stage.account.id, 10).await.unwrap();
        assert_eq!(held.iter().filter_map(|row| row.order_id).collect::<Vec<_>>(), [order(2), order(1), order(0)]);
        assert!(held.iter().all(|row| row.state == SuppressionState::Held));
        let by = model::member::Actor::Operator;
        stage.store.confirm_entry(stage.account.id, held[0].id, "yes".into(), by.clone(), now()).await.unwrap();
        stage.store.remove_entry(stage.account.id, held[1].id, "no".into(), by, now()).await.unwrap();
        let left = stage.store.held_entries(stage.account.id, 10).await.unwrap();
        assert_eq!(left.iter().map(|row| row.id).collect::<Vec<_>>(), [held[2].id]);
    }

    async fn the_head_of_one_account_is_its_newest_entry(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&Letter::opt_out(1)).await;
        let head = stage.store.head_of(&stage.account.handle).await.unwrap();
        assert_eq!(stage.store.verify_ledger(&stage.account.handle, None).await.unwrap().head, head);
        assert!(stage.store.head_of(&"nobody".parse().unwrap()).await.is_err());
    }
}
