//! What mails to members say. Pure. No alias, no name and no word of a mail is in them: kinds of alert, order ids,
//! stores, and where to look.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use model::{Account, Alert, AlertKind, Marketplace, MemberMailText, OrderId};

/// Orders or stores named for one kind of alert; the dashboard names all.
const NAMED: usize = 5;

/// A mail that tells of alerts.
pub(super) fn of_alerts(account: Option<&Account>, alerts: &[Alert], dashboard: Option<&str>) -> MemberMailText {
    let whose = account.map_or_else(|| "this installation".to_owned(), |account| account.handle.to_string());
    let mut kinds: BTreeMap<AlertKind, Vec<&Alert>> = BTreeMap::new();
    for alert in alerts {
        kinds.entry(alert.kind).or_default().push(alert);
    }
    let mut text = format!("Abide asks you to look at {whose}:\n");
    for (kind, alerts) in &kinds {
        let times = if alerts.len() > 1 { format!(" ({} times)", alerts.len()) } else { String::new() };
        // Writing to a text can't fail.
        let _ = write!(text, "\n- {}{times}\n", kind.sentence());
        let mut named: Vec<&str> = alerts.iter().filter_map(|alert| nameable(&alert.detail)).collect();
        named.sort_unstable();
        named.dedup();
        if !named.is_empty() {
            let more = if named.len() > NAMED { " and others" } else { "" };
            let _ = writeln!(text, "  {}{more}", named.iter().take(NAMED).copied().collect::<Vec<_>>().join(", "));
        }
    }
    let place = match (dashboard, account) {
        (Some(url), Some(account)) => format!("{url}/a/{}", account.handle),
        (Some(url), None) => url.to_owned(),
        (None, _) => "the dashboard of your Abide".to_owned(),
    };
    let _ = write!(
        text,
        "\nWhere to look: {place}\n\nEach kind of alert is told of by mail once a day at most; the dashboard shows all.\n"
    );
    let count = alerts.len();
    let things = if count == 1 { "1 alert".to_owned() } else { format!("{count} alerts") };
    MemberMailText { subject: format!("Abide: {things} for {whose}"), text }
}

/// An order id or a store, and nothing else of what an alert keeps.
fn nameable(detail: &str) -> Option<&str> {
    let first = detail.split(' ').next().unwrap_or_default();
    (first.parse::<OrderId>().is_ok() || Marketplace::from_code(first).is_ok()).then_some(first)
}

#[cfg(test)]
mod tests {
    use model::{AlertId, Timestamp};

    use super::*;

    fn alert(kind: AlertKind, detail: &str) -> Alert {
        let (id, at) = (AlertId::generate(), Timestamp::from_micros(0));
        Alert { id, account: None, kind, at, detail: detail.to_owned(), seen_at: None }
    }

    #[test]
    fn alerts_of_a_kind_are_gathered_and_nothing_but_orders_and_stores_is_named() {
        let alerts = [
            alert(AlertKind::UnprovenHeld, "111-0000001-0000001"),
            alert(AlertKind::UnprovenHeld, "111-0000002-0000002"),
            alert(AlertKind::SignInFailed, "US"),
            alert(AlertKind::UnreadMail, "anna buyer abc@marketplace.amazon.com"),
        ];
        let mail = of_alerts(None, &alerts, Some("https://abide.example"));
        assert_eq!(mail.subject, "Abide: 4 alerts for this installation");
        for words in ["(2 times)", "111-0000001-0000001, 111-0000002-0000002", "\n  US\n", "https://abide.example"] {
            assert!(mail.text.contains(words), "{words} is not in {}", mail.text);
        }
        assert!(!mail.text.contains("anna") && !mail.text.contains('@'), "{}", mail.text);
    }
}
