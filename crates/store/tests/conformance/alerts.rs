//! Alerts.

use crate::{Ground, at, on_both};

on_both! {
    async fn an_account_without_alerts_has_an_empty_page(ground: Ground) {
        let (store, account) = ground.with_account().await;
        let page = store.alerts(account.id, None, 10).await.unwrap();
        assert!(page.rows.is_empty() && page.next.is_none());
        assert!(store.unseen_alerts(account.id, 10).await.unwrap().is_empty());
        store.mark_seen(account.id, model::AlertId::generate(), at("2026-08-02T00:00:00Z")).await.unwrap();
    }
}
