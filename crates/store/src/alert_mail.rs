//! Alerts by mail: those of an account that nobody has seen, gathered into one mail to its owners and managers, and no
//! kind of alert more than once a day (UTC). Where nobody sends mail, alerts stay on the dashboard and nothing piles up.

use std::collections::BTreeSet;

use model::{Account, AccountId, Alert, AlertId, AlertKind, MemberId, MemberMailKind, MemberMailText, Span, Timestamp};

use crate::Store;
use crate::accounts::account_in;
use crate::alerts::{INSTALLATION, opened};
use crate::engine::{Tx, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::member_mail::{MEMBER_MAILS_A_DAY, NewMemberMail, Queued, queue};

/// Alerts that one mail tells of.
const GATHERED: u32 = 200;
/// An alert that could not be told within so long is no news any more; the dashboard still shows it.
const NEWS_FOR: Span = Span::days(2);

/// What [`Store::mail_alerts`] found to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertsMailed {
    /// No account has alerts that are due.
    NoneDue,
    /// One account's due alerts were looked at, and so many mails queued.
    Queued(u32),
}

impl Store {
    /// Takes the alerts of one account that were raised `gather` ago or earlier and neither seen nor mailed, and queues
    /// the mails that tell of them, which `compose` writes (for the account, none where they are of the installation).
    /// They go to owners and managers; where the account has none who has set his password, to the operators.
    pub async fn mail_alerts<C>(&self, gather: Span, now: Timestamp, compose: C) -> Result<AlertsMailed, StoreError>
    where
        C: Fn(Option<&Account>, &[Alert]) -> MemberMailText + Send + Sync + 'static,
    {
        let raised_by = now.minus(gather);
        let due = self
            .read(move |tx, _| {
                Box::pin(async move {
                    let row = tx
                        .row(
                            sql!(
                                "SELECT account_id FROM alert WHERE mail_due IS NOT NULL AND mail_due <= $1
                                 ORDER BY mail_due LIMIT 1"
                            ),
                            &[raised_by.into()],
                        )
                        .await?;
                    row.map(|row| row.bytes(0).map(AccountId::from_bytes)).transpose()
                })
            })
            .await?;
        let Some(account) = due else { return Ok(AlertsMailed::NoneDue) };
        let compose = std::sync::Arc::new(compose);
        let queued = self
            .write(move |tx, keys| {
                let compose = std::sync::Arc::clone(&compose);
                Box::pin(async move { mail_of(tx, keys, account, (raised_by, now), &*compose).await })
            })
            .await?;
        Ok(AlertsMailed::Queued(queued))
    }
}

async fn mail_of(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    times: (Timestamp, Timestamp),
    compose: &(impl Fn(Option<&Account>, &[Alert]) -> MemberMailText + Send + Sync),
) -> Result<u32, StoreError> {
    let (raised_by, now) = times;
    let (told, recipients) = (told_today(tx, account, now).await?, recipients(tx, account).await?);
    let rows = tx
        .rows(
            sql!(
                "SELECT id, account_id, kind, at, detail_sealed, seen_at FROM alert
                 WHERE account_id = $1 AND mail_due IS NOT NULL AND mail_due <= $2 ORDER BY mail_due LIMIT $3"
            ),
            &[account.into(), raised_by.into(), GATHERED.into()],
        )
        .await?;
    let mut news = Vec::new();
    for row in &rows {
        let alert = opened(keys, row)?;
        let next = match () {
            () if recipients.is_empty() || alert.seen_at.is_some() || now.since(alert.at) > NEWS_FOR => Next::Never,
            () if told.contains(&alert.kind) => Next::Tomorrow,
            () => Next::Told,
        };
        // Another worker may have taken it meanwhile.
        if settle(tx, alert.id, next, now).await? && next == Next::Told {
            news.push(alert);
        }
    }
    let Some(newest) = news.iter().map(|alert| alert.id).max() else { return Ok(0) };
    let whose = if account == INSTALLATION { None } else { Some(account_in(tx, account).await?) };
    let text = compose(whose.as_ref(), &news);
    let (mut queued, mut enough) = (0, 0);
    for member in &recipients {
        let mail = NewMemberMail {
            account,
            member: *member,
            kind: MemberMailKind::Alerts,
            key: newest.as_bytes(),
            text: &text,
            most_a_day: MEMBER_MAILS_A_DAY,
        };
        match queue(tx, keys, &mail, now).await? {
            Queued::New(_) => queued += 1,
            Queued::Again => {}
            Queued::EnoughToday => enough += 1,
        }
    }
    if enough == recipients.len() {
        for alert in &news {
            put_off(tx, alert.id, now).await?;
        }
    }
    Ok(queued)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Told,
    Tomorrow,
    Never,
}

/// Whether the alert was still to be told of.
async fn settle(tx: &mut Tx, alert: AlertId, next: Next, now: Timestamp) -> Result<bool, StoreError> {
    let mailed = Some(now).filter(|_| next == Next::Told);
    let due = Some(tomorrow(now)).filter(|_| next == Next::Tomorrow);
    let settled = tx
        .run(
            sql!("UPDATE alert SET mail_due = $2, mailed_at = $3 WHERE id = $1 AND mail_due IS NOT NULL"),
            &[alert.into(), due.into(), mailed.into()],
        )
        .await?;
    Ok(settled > 0)
}

async fn put_off(tx: &mut Tx, alert: AlertId, now: Timestamp) -> Result<(), StoreError> {
    tx.run(
        sql!("UPDATE alert SET mail_due = $2, mailed_at = NULL WHERE id = $1"),
        &[alert.into(), tomorrow(now).into()],
    )
    .await?;
    Ok(())
}

/// The kinds of which the account's members were told by mail today already.
async fn told_today(tx: &mut Tx, account: AccountId, now: Timestamp) -> Result<BTreeSet<AlertKind>, StoreError> {
    let today = tomorrow(now).minus(Span::days(1));
    let rows = tx
        .rows(
            sql!("SELECT DISTINCT kind FROM alert WHERE account_id = $1 AND mailed_at IS NOT NULL AND mailed_at >= $2"),
            &[account.into(), today.into()],
        )
        .await?;
    rows.iter().map(|row| row.word(0)).collect()
}

fn tomorrow(now: Timestamp) -> Timestamp {
    let day = Span::days(1).as_micros();
    Timestamp::from_micros((now.utc_day() + 1).saturating_mul(day))
}

/// Owners and managers who have set their password; else the operators.
pub(crate) async fn recipients(tx: &mut Tx, account: AccountId) -> Result<Vec<MemberId>, StoreError> {
    let members = owners_and_managers(tx, account).await?;
    if !members.is_empty() {
        return Ok(members);
    }
    let operators = sql!("SELECT id FROM member WHERE operator = 1 AND password IS NOT NULL ORDER BY id LIMIT 100");
    let rows = tx.rows(operators, &[]).await?;
    rows.iter().map(|row| row.bytes(0).map(MemberId::from_bytes)).collect()
}

/// An account's owners and managers who have set their password, and nobody else.
pub(crate) async fn owners_and_managers(tx: &mut Tx, account: AccountId) -> Result<Vec<MemberId>, StoreError> {
    let of_account = sql!(
        "SELECT member.id FROM membership JOIN member ON member.id = membership.member_id
         WHERE membership.account_id = $1 AND membership.role IN ('owner', 'manager') AND member.password IS NOT NULL
         ORDER BY membership.member_id LIMIT 100"
    );
    let rows = tx.rows(of_account, &[account.into()]).await?;
    rows.iter().map(|row| row.bytes(0).map(MemberId::from_bytes)).collect()
}
