//! Alerts: the same thing at most once a day, until a member has seen it.

use model::{AlertId, AlertKind, Span};

use crate::stage::{Letter, NOW, Stage};
use crate::{Ground, at, on_both};

/// Mails that alert: each looks like an opt-out, and its words are not known.
fn unknown_words(number: u32, days: i64) -> Letter {
    let letter = Letter::opt_out(number).by_structure().numbered(&format!("{number}-{days}@amazonses.com"));
    let date = letter.date.map(|date| date.checked_add(jiff::Span::new().days(days)).unwrap());
    Letter { date, sentence: None, received_at: NOW.plus(Span::days(days)), ..letter }
}

on_both! {
    async fn an_account_without_alerts_has_an_empty_page(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let page = store.alerts(account.id, None, 10).await.unwrap();
        assert!(page.rows.is_empty() && page.next.is_none());
        assert!(store.unseen_alerts(account.id, 10).await.unwrap().is_empty());
        store.mark_seen(account.id, AlertId::generate(), at("2026-08-02T00:00:00Z")).await.unwrap();
    }

    async fn a_restriction_alerts_once_a_day_however_many_mails_say_so(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for (mail, days) in [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1)] {
            let letter = Letter::of(model::NoticeKind::Restriction, mail);
            stage.receive(&Letter { received_at: NOW.plus(Span::days(days)), ..letter }).await;
        }
        let alerts = stage.alerts().await;
        let days: Vec<_> = alerts.iter().map(|alert| (alert.kind, alert.at.utc_day() - NOW.utc_day())).collect();
        assert_eq!(days, [(AlertKind::Restriction, 1), (AlertKind::Restriction, 0)]);
    }

    async fn different_things_alert_each_for_itself(ground: Ground) {
        let stage = Stage::on(&ground).await;
        for number in 0..5 {
            stage.receive(&unknown_words(number, 0)).await;
        }
        let alerts = stage.alerts().await;
        assert_eq!(alerts.len(), 5);
        assert!(alerts.iter().all(|alert| alert.kind == AlertKind::StructureHeld && alert.account == Some(stage.account.id)));
        assert!(alerts.is_sorted_by(|one, two| one.id > two.id), "newest first");
        let (mut ids, mut cursor) = (Vec::new(), None);
        loop {
            let page = stage.store.alerts(stage.account.id, cursor, 2).await.unwrap();
            ids.extend(page.rows.iter().map(|alert| alert.id));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(ids, alerts.iter().map(|alert| alert.id).collect::<Vec<_>>());
    }

    async fn what_was_seen_is_shown_no_more_as_new(ground: Ground) {
        let stage = Stage::on(&ground).await;
        stage.receive(&unknown_words(1, 0)).await;
        stage.receive(&unknown_words(2, 0)).await;
        let (store, account) = (&stage.store, stage.account.id);
        let unseen = store.unseen_alerts(account, 10).await.unwrap();
        assert_eq!(unseen.len(), 2);
        let stranger = store.add_account("Other".into(), "other".parse().unwrap(), vec![], NOW).await.unwrap();
        store.mark_seen(stranger.id, unseen[0].id, NOW).await.unwrap();
        assert_eq!(store.unseen_alerts(account, 10).await.unwrap().len(), 2, "another account can't see them away");
        assert_eq!(store.alerts(stranger.id, None, 10).await.unwrap().rows, []);
        store.mark_seen(account, unseen[0].id, NOW).await.unwrap();
        store.mark_seen(account, unseen[0].id, NOW.plus(Span::days(1))).await.unwrap();
        assert_eq!(store.unseen_alerts(account, 10).await.unwrap(), [unseen[1].clone()]);
        let seen = store.alerts(account, None, 10).await.unwrap().rows;
        assert_eq!(seen.iter().find(|alert| alert.id == unseen[0].id).unwrap().seen_at, Some(NOW));
    }
}
