//! Grading what was recorded ungraded: a queue in the database, claimed by lease so that any number of nodes share
//! it, and each mail's grades with their effects and their own ledger entry in one transaction.

use model::grade::{Graded, MailToGrade, ReadingToGrade};
use model::inbound::Outcome;
use model::ledger::LedgerKind;
use model::message::Lease;
use model::notice::Remark;
use model::{
    AccountId, AlertKind, Clock, Grade, GradeReason, MailId, MatchedBy, NoticeId, NoticeKind, OrderId, Provenance,
    Span, Timestamp,
};
use serde_json::json;

use crate::Store;
use crate::engine::{Row, Tx, sql};
use crate::error::StoreError;
use crate::inbound_kept::open_raw;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::outbox::lease_clock;
use crate::suppressing::Coverage;
use crate::{alerts, breaker, proving, suppressing, suppressions};

/// How long a claim holds: far longer than asking the name servers may take. Who dies holding one costs a try.
const CLAIMED_FOR: Span = Span::minutes(3);

/// Readings of one mail that are graded; a mail has one and one for each mail attached to it.
const READINGS: u32 = 100;

impl Store {
    /// Claims mails whose proofs are to be looked at now, the longest waiting first. One that can't be opened keeps no
    /// other from it; it says so ([`MailToGrade::unopened`]).
    pub async fn claim_grading(&self, most: u32) -> Result<Vec<MailToGrade>, StoreError> {
        let claimed = self
            .write(move |tx, _| {
                Box::pin(async move {
                    let now = lease_clock(tx).await?;
                    let lease: [u8; 16] = crate::random::bytes()?;
                    let claim = tx.either(
                        sql!(
                            "UPDATE grading SET lease = $2, lease_until = $3, tries = tries + 1 WHERE mail_id IN
                             (SELECT mail_id FROM grading WHERE due <= $1 AND (lease_until IS NULL OR lease_until < $1)
                              ORDER BY due LIMIT $4)
                             RETURNING mail_id, account_id, tries"
                        ),
                        sql!(
                            "UPDATE grading SET lease = $2, lease_until = $3, tries = tries + 1 WHERE mail_id IN
                             (SELECT mail_id FROM grading WHERE due <= $1 AND (lease_until IS NULL OR lease_until < $1)
                              ORDER BY due LIMIT $4 FOR UPDATE SKIP LOCKED)
                             RETURNING mail_id, account_id, tries"
                        ),
                    );
                    let until = now.plus(CLAIMED_FOR);
                    let rows = tx.rows(claim, &[now.into(), lease.into(), until.into(), most.into()]).await?;
                    let claimed = rows.iter().map(|row| {
                        let tries = u32::try_from(row.int(2)?).unwrap_or(u32::MAX);
                        let account = AccountId::from_bytes(row.bytes(1)?);
                        Ok((MailId::from_bytes(row.bytes(0)?), account, tries, Lease(lease)))
                    });
                    claimed.collect::<Result<Vec<_>, StoreError>>()
                })
            })
            .await?;
        if claimed.is_empty() {
            return Ok(Vec::new());
        }
        self.read(move |tx, keys| {
            Box::pin(async move {
                let mut mails = Vec::with_capacity(claimed.len());
                for one in claimed {
                    mails.push(opened(tx, keys, one).await?);
                }
                Ok(mails)
            })
        })
        .await
    }

    /// Whether anything waits to be graded now.
    pub async fn has_grading_due(&self) -> Result<bool, StoreError> {
        self.read(|tx, _| {
            Box::pin(async move {
                let now = lease_clock(tx).await?;
                let row = tx
                    .row(
                        sql!(
                            "SELECT 1 FROM grading WHERE due <= $1 AND (lease_until IS NULL OR lease_until < $1) LIMIT 1"
                        ),
                        &[now.into()],
                    )
                    .await?;
                Ok(row.is_some())
            })
        })
        .await
    }

    /// The name servers could not answer: the mail is looked at again in a while.
    pub async fn grade_later(&self, mail: &MailToGrade, wait: Span) -> Result<(), StoreError> {
        let (id, lease) = (mail.mail, mail.lease);
        self.write(move |tx, _| {
            Box::pin(async move {
                let due = lease_clock(tx).await?.plus(wait);
                tx.run(
                    sql!("UPDATE grading SET due = $3, lease = NULL, lease_until = NULL WHERE mail_id = $1 AND lease = $2"),
                    &[id.into(), lease.0.into(), due.into()],
                )
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Records the grades of a mail's readings, by part, with all that follows from them. None where another node
    /// has graded it meanwhile.
    pub async fn record_grades(
        &self,
        mail: &MailToGrade,
        grades: Vec<(u32, Grade)>,
        clock: Clock,
    ) -> Result<Option<Graded>, StoreError> {
        let (id, account, lease) = (mail.mail, mail.account, mail.lease);
        self.write_together(account, move |tx, keys| {
            Box::pin(async move { record(tx, keys, (account, id, lease), &grades, clock).await })
        })
        .await
    }
}

async fn opened(tx: &mut Tx, keys: &Keys, claimed: (MailId, AccountId, u32, Lease)) -> Result<MailToGrade, StoreError> {
    let (mail, account, tries, lease) = claimed;
    let row = tx
        .row(
            sql!("SELECT received_at, raw_sealed, size FROM inbound_mail WHERE account_id = $1 AND id = $2"),
            &[account.into(), mail.into()],
        )
        .await?
        .ok_or_else(|| StoreError::unexpected("a mail to be graded that is none"))?;
    let size = row.count(2)?;
    let raw = row.opt_blob(1)?.map(|sealed| open_raw(keys, account, sealed, size)).transpose();
    let (raw, unopened) = raw.map_or((None, true), |raw| (raw, false));
    let received_at = row.time(0)?;
    let readings = tx
        .rows(
            sql!("SELECT part, kind, order_ids FROM notice WHERE mail_id = $1 ORDER BY part LIMIT $2"),
            &[mail.into(), READINGS.into()],
        )
        .await?;
    let readings = readings
        .iter()
        .map(|row| Ok(ReadingToGrade { part: part_of(row, 0)?, kind: row.word(1)?, order_ids: orders_of(row, 2)? }));
    let readings = readings.collect::<Result<_, StoreError>>()?;
    let forwarders = crate::forwarders::addresses_in(tx, keys, account).await?;
    Ok(MailToGrade { mail, account, received_at, tries, raw, unopened, forwarders, readings, lease })
}

fn part_of(row: &Row, column: usize) -> Result<u32, StoreError> {
    u32::try_from(row.int(column)?).map_err(|_| StoreError::unexpected("a part out of range"))
}

fn orders_of(row: &Row, column: usize) -> Result<Vec<OrderId>, StoreError> {
    let orders = row.text(column)?.split_ascii_whitespace().map(str::parse);
    orders.collect::<Result<_, _>>().map_err(|_| StoreError::unexpected("an order id that is none"))
}

/// Puts a mail into the queue, within the step that records it.
pub(crate) async fn queue(
    tx: &mut Tx,
    account: AccountId,
    mail: MailId,
    received_at: Timestamp,
) -> Result<(), StoreError> {
    tx.put(
        sql!("INSERT INTO grading (mail_id, account_id, due, tries) VALUES ($1, $2, $3, 0)"),
        [mail.into(), account.into(), received_at.into()],
    )
    .await
}

/// The reasons as they stand in the tables.
pub(crate) fn reasons_in_one(reasons: &[GradeReason]) -> String {
    reasons.iter().map(|reason| reason.as_str()).collect::<Vec<_>>().join(" ")
}

async fn record(
    tx: &mut Tx,
    keys: &Keys,
    claimed: (AccountId, MailId, Lease),
    grades: &[(u32, Grade)],
    clock: Clock,
) -> Result<Option<Graded>, StoreError> {
    let (account, mail, lease) = claimed;
    let mut ledger = Ledger::lock(tx, account).await?;
    let taken =
        tx.run(sql!("DELETE FROM grading WHERE mail_id = $1 AND lease = $2"), &[mail.into(), lease.0.into()]).await?;
    if taken == 0 {
        return Ok(None);
    }
    let rows = tx
        .rows(
            sql!(
                "SELECT id, part, kind, order_ids, alias_sealed, matched_by, outcome, remarks FROM notice
                 WHERE mail_id = $1 ORDER BY part LIMIT $2"
            ),
            &[mail.into(), READINGS.into()],
        )
        .await?;
    let mut graded = Graded::default();
    let mut best = Provenance::Unproven;
    for row in &rows {
        let part = part_of(row, 1)?;
        let Some((_, grade)) = grades.iter().find(|(graded, _)| *graded == part) else { continue };
        // Declared from the best on.
        best = best.min(grade.provenance);
        let notice = Noticed::of(keys, account, row)?;
        notice.remember(tx, grade).await?;
        notice.follow(tx, keys, &mut ledger, (mail, grade), clock, &mut graded).await?;
    }
    tx.run(
        sql!("UPDATE inbound_mail SET provenance = $3 WHERE account_id = $1 AND id = $2"),
        &[account.into(), mail.into(), best.as_str().into()],
    )
    .await?;
    Ok(Some(graded))
}

/// A notice as it was recorded.
struct Noticed {
    account: AccountId,
    id: NoticeId,
    kind: NoticeKind,
    orders: Vec<OrderId>,
    alias: Option<model::Alias>,
    /// Whether it is held for another reason than a missing proof, which no proof mends.
    unclear: bool,
    outcome: Outcome,
}

impl Noticed {
    fn of(keys: &Keys, account: AccountId, row: &Row) -> Result<Self, StoreError> {
        let orders = orders_of(row, 3)?;
        let several = row.text(7)?.split_ascii_whitespace().any(|remark| remark == Remark::SeveralOrders.as_str());
        Ok(Self {
            account,
            id: NoticeId::from_bytes(row.bytes(0)?),
            kind: row.word(2)?,
            alias: row.opt_blob(4)?.map(|sealed| keys.open_alias(account, sealed)).transpose()?,
            unclear: row.word::<MatchedBy>(5)? == MatchedBy::Structure || orders.len() > 1 || several,
            orders,
            outcome: row.word(6)?,
        })
    }

    async fn remember(&self, tx: &mut Tx, grade: &Grade) -> Result<(), StoreError> {
        tx.run(
            sql!("UPDATE notice SET provenance = $2, grade_reasons = $3, graded_by = $4 WHERE id = $1"),
            &[
                self.id.into(),
                grade.provenance.as_str().into(),
                reasons_in_one(&grade.reasons).into(),
                grade.by.clone().into(),
            ],
        )
        .await?;
        Ok(())
    }

    /// What follows from the grade. A grade that shows nothing changes nothing, but that a member must now decide.
    async fn follow(
        &self,
        tx: &mut Tx,
        keys: &Keys,
        ledger: &mut Ledger,
        graded_mail: (MailId, &Grade),
        clock: Clock,
        graded: &mut Graded,
    ) -> Result<(), StoreError> {
        let (mail, grade) = graded_mail;
        if grade.provenance == Provenance::Unproven {
            if self.kind == NoticeKind::OptOut && self.outcome == Outcome::Held && !self.unclear {
                let about = self.id.to_string();
                alerts::raise(tx, keys, self.account, AlertKind::UnprovenHeld, &about, clock.real).await?;
            }
            return Ok(());
        }
        if self.kind == NoticeKind::NotAmazon {
            return Ok(());
        }
        let mut coverage = Coverage::default();
        let mut confirmed = Vec::new();
        if self.kind == NoticeKind::OptOut && !self.unclear {
            for (entry, order) in proving::held_by_notice(tx, self.account, self.id).await? {
                let reason = model::suppression::SuppressionReason::OptOut;
                coverage.add(suppressing::take_back_for_entry(tx, self.account, entry, order, reason).await?);
                confirmed.push(entry);
            }
            if let (Outcome::Repeated, [order]) = (self.outcome, self.orders.as_slice()) {
                let (notice, alias) = ((self.account, self.id, *order), (self.alias.as_ref(), None));
                if let Some(acts) = proving::act_on_repetition(tx, keys, ledger, clock, notice, alias).await? {
                    coverage.add(acts);
                }
            }
        }
        let settled =
            !self.unclear && proving::settle_marks(tx, self.account, self.id, &self.orders, clock.real).await?;
        if self.outcome == Outcome::Restricted && !self.unclear {
            breaker::trip(tx, self.account, self.id, true, clock.real).await?;
            tx.put(
                sql!(
                    "UPDATE notice SET review = NULL, look_at = NULL WHERE id = $1 AND review = 'restriction_unproven'"
                ),
                [self.id.into()],
            )
            .await?;
            alerts::raise(tx, keys, self.account, AlertKind::Restriction, "", clock.real).await?;
        }
        let activated = confirmed.len() + coverage.entries.len();
        if activated > 0 {
            let outcome = Outcome::Suppressed.as_str();
            tx.run(
                sql!(
                    "UPDATE notice SET outcome = $2, review = NULL, look_at = NULL WHERE id = $1 AND outcome = 'held'"
                ),
                &[self.id.into(), outcome.into()],
            )
            .await?;
        }
        if !coverage.already_leaving.is_empty() {
            let about = self.id.to_string();
            alerts::raise(tx, keys, self.account, AlertKind::AlreadyLeaving, &about, clock.real).await?;
        }
        let said = json!({
            "notice": self.id, "mail": mail, "kind": self.kind, "orders": self.orders,
            "provenance": grade.provenance, "reasons": grade.reasons, "by": grade.by,
            "confirmed": confirmed, "entries": coverage.entries, "marks_settled": settled,
            "withdrawn": coverage.withdrawn, "already_leaving": coverage.already_leaving,
        });
        let number = ledger.append(tx, keys, clock, LedgerKind::Graded, &said).await?;
        for entry in confirmed {
            suppressions::confirm_by_grade(tx, entry, number, clock.real).await?;
        }
        graded.activated += u64::try_from(activated).unwrap_or(u64::MAX);
        graded.withdrawn.extend(coverage.withdrawn);
        graded.already_leaving.extend(coverage.already_leaving);
        Ok(())
    }
}
