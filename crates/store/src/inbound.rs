//! Recording a mail and its effects in one transaction (law 1): the mail itself, each reading, the
//! suppressions, marks and withdrawals that follow, and their entries in the ledger. Only then is it
//! acknowledged.

use model::AlertKind;
use model::inbound::{IncomingMail, Outcome, RecordedMail, RecordedReading};
use model::ledger::LedgerKind;
use model::notice::{NoticeKind, Remark};
use model::review::{ReviewReason, Ruling};
use model::{
    AccountSettings, Clock, Forwarded, GradeReason, MailId, MatchedBy, NoticeId, OrderId, Provenance, Reading,
    Timestamp,
};
use serde_json::json;

use crate::Store;
use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::identity::Hashed;
use crate::inbound_kept::{insert_mail, is_kept, keep_until};
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::{accounts, alerts, feed_health, grading, inbound_effects, proving, suppressing, taught_forms};

/// Orders that one reading may touch; a mail that names more is a list, not a notice.
pub(crate) const ORDERS_TOUCHED: usize = 50;

impl Store {
    /// Records a mail and all that follows from it. When this returns `Ok`, both are durable (law 1); the same
    /// mail again changes nothing (law 9).
    pub async fn record_mail(&self, mail: IncomingMail) -> Result<RecordedMail, StoreError> {
        let account = mail.account;
        let (mail, sealed) = self.seal_before(mail).await?;
        self.write_together(account, move |tx, keys| Box::pin(record(tx, keys, mail, sealed))).await
    }
}

/// What every part of one mail's recording needs.
pub(crate) struct Recording<'a> {
    pub mail: &'a IncomingMail,
    pub id: MailId,
    settings: &'a AccountSettings,
    pub clock: Clock,
    /// Until when personal data of the mail are kept; none where it is too old already (law 8).
    pub keep_until: Option<Timestamp>,
}

async fn record(
    tx: &mut Tx,
    keys: &Keys,
    mail: IncomingMail,
    sealed: Option<Vec<u8>>,
) -> Result<RecordedMail, StoreError> {
    let mut ledger = Ledger::lock(tx, mail.account).await?;
    let settings = accounts::settings_in(tx, mail.account).await?;
    record_locked(tx, keys, &mut ledger, &settings, (&mail, sealed)).await
}

/// Records one mail under the account's lock, which is held already.
pub(crate) async fn record_locked(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    settings: &AccountSettings,
    mail: (&IncomingMail, Option<Vec<u8>>),
) -> Result<RecordedMail, StoreError> {
    let (mail, sealed) = mail;
    let recording = Recording {
        mail,
        id: MailId::generate(),
        settings,
        clock: Clock::real(mail.received_at),
        keep_until: keep_until(tx, mail).await?,
    };
    let mut readings = Vec::new();
    let mut proof_matters = false;
    match &mail.read {
        Some(read) => {
            for reading in &read.readings {
                let recorded = record_reading(tx, keys, ledger, &recording, reading).await?;
                proof_matters |= proof_matters_for(tx, &recording, &recorded).await?;
                readings.push(recorded);
            }
        }
        None => readings.push(record_unread(tx, keys, ledger, &recording).await?),
    }
    insert_mail(tx, keys, &recording, &readings, (sealed, proof_matters)).await?;
    if proof_matters {
        grading::queue(tx, mail.account, recording.id, mail.received_at).await?;
    }
    feed_health::mail_came(tx, keys, ledger, &recording, &readings).await?;
    Ok(RecordedMail { id: recording.id, readings })
}

/// Whether a proof that is still to be looked at can change anything about a reading: then its mail is kept and
/// graded. Of a notice that came before, only where its opt-out is still held.
async fn proof_matters_for(
    tx: &mut Tx,
    recording: &Recording<'_>,
    recorded: &RecordedReading,
) -> Result<bool, StoreError> {
    if !recording.is_to_be_graded() || recorded.kind == NoticeKind::NotAmazon {
        return Ok(false);
    }
    match (recorded.outcome, recorded.kind, recorded.order_ids.as_slice()) {
        (Outcome::Repeated, NoticeKind::OptOut, [order]) => proving::is_held(tx, recording.mail.account, *order).await,
        (Outcome::Repeated | Outcome::Ignored, ..) => Ok(false),
        _ => Ok(true),
    }
}

async fn record_reading(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    recording: &Recording<'_>,
    reading: &Reading,
) -> Result<RecordedReading, StoreError> {
    let account = recording.mail.account;
    let notice = NoticeId::generate();
    let mut recorded = RecordedReading {
        part: reading.part,
        kind: reading.kind,
        order_ids: reading.order_ids.clone(),
        outcome: Outcome::Ignored,
        withdrawn: Vec::new(),
        already_leaving: Vec::new(),
        covers_buyer: false,
        review: None,
    };
    // What is remembered of it is what was read, whatever a member taught: so a form that is taught later, or forgotten,
    // makes no notice new (law 9).
    let as_read = reading;
    let (reading, ruling) = taught_forms::applied(tx, keys, account, as_read).await?;
    let reading = reading.as_ref();
    recorded.kind = reading.kind;
    let names_an_order = reading.kind == NoticeKind::NotAmazon
        && recording.mail.door.is_for_notices()
        && recording.mail.read.as_ref().is_some_and(|read| read.readings.len() == 1)
        && !reading.order_ids.is_empty();
    if reading.kind != NoticeKind::NotAmazon || names_an_order {
        let identity = Hashed::of(keys, account, as_read)?;
        let told = if reading.kind == as_read.kind { None } else { Some(Hashed::of(keys, account, reading)?) };
        let mut known = identity.is_known(tx, account).await?;
        if let Some(told) = &told {
            known |= told.is_known(tx, account).await?;
        }
        if known {
            recorded.outcome = Outcome::Repeated;
            learn_from_repetition(tx, keys, ledger, recording, (reading, notice), &mut recorded).await?;
        } else {
            identity.remember(tx, account, notice).await?;
            if let Some(told) = told {
                told.remember(tx, account, notice).await?;
            }
            let noticed = Noticed { reading, id: notice, ruling };
            inbound_effects::apply(tx, keys, ledger, recording, &noticed, &mut recorded).await?;
        }
    }
    let closed = [Remark::TooDeep, Remark::Unopened, Remark::Truncated];
    if recorded.outcome == Outcome::Ignored && reading.remarks.iter().any(|remark| closed.contains(remark)) {
        // A part of it stayed closed, and there may be a notice in it: somebody must look (law 5).
        (recorded.outcome, recorded.review) = (Outcome::Review, Some(ReviewReason::Unopened));
        let said = json!({ "notice": notice, "mail": recording.id, "remarks": reading.remarks });
        ledger.append(tx, keys, recording.clock, LedgerKind::Review, &said).await?;
        alerts::raise(tx, keys, account, AlertKind::UnreadMail, "in part", recording.clock.real).await?;
    }
    insert_notice(tx, keys, recording, notice, Some(reading), &recorded).await?;
    if !matches!(recorded.outcome, Outcome::Repeated | Outcome::Ignored) {
        for order in recorded.order_ids.iter().take(ORDERS_TOUCHED) {
            tx.put(
                sql!(
                    "INSERT INTO notice_order (account_id, order_id, notice_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
                ),
                [account.into(), (*order).into(), notice.into()],
            )
            .await?;
        }
    }
    Ok(recorded)
}

/// A repetition changes nothing (law 9), but its way may have kept the alias that the first one lost: then the
/// buyer comes under the entries that still stand for the order (law 6).
async fn learn_from_repetition(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    recording: &Recording<'_>,
    notice: (&Reading, NoticeId),
    recorded: &mut RecordedReading,
) -> Result<(), StoreError> {
    let (reading, notice) = notice;
    let (NoticeKind::OptOut, Some(order)) = (reading.kind, reading.order_id()) else { return Ok(()) };
    // What would only be held may not widen what stands.
    if reading.matched_by == MatchedBy::Structure || !recording.acts() {
        return Ok(());
    }
    let account = recording.mail.account;
    if recording.mail.provenance != Provenance::Unproven {
        let (notice, alias) = ((account, notice, order), (reading.alias.as_ref(), recording.keep_until));
        if let Some(acts) = proving::act_on_repetition(tx, keys, ledger, recording.clock, notice, alias).await? {
            recorded.covers_buyer = acts.covers_buyer;
            recorded.withdrawn = acts.withdrawn;
            recorded.already_leaving = acts.already_leaving;
            return Ok(());
        }
    }
    let Some(alias) = &reading.alias else { return Ok(()) };
    let hash = keys.buyer(account, alias)?;
    if alias.is_shared_by_form() || suppressing::is_shared(tx, account, hash).await? {
        return Ok(());
    }
    let sealed = recording.keep_until.map(|_| keys.seal_alias(account, alias)).transpose()?;
    let buyer = (hash, sealed, recording.keep_until);
    if let Some(learnt) = suppressing::learn_buyer(tx, keys, ledger, recording.clock, (account, order), buyer).await? {
        recorded.covers_buyer = true;
        recorded.withdrawn = learnt.withdrawn;
        recorded.already_leaving = learnt.already_leaving;
    }
    Ok(())
}

/// A notice that is new, as its effects are applied.
pub(crate) struct Noticed<'a> {
    pub reading: &'a Reading,
    pub id: NoticeId,
    /// What a member taught that mails of its form are.
    pub ruling: Option<Ruling>,
}

impl Recording<'_> {
    /// Whether header and wording act at once: the mail is shown to be genuine, or the account trusts its
    /// addresses.
    pub fn acts(&self) -> bool {
        self.settings.trust_addresses || self.mail.provenance != Provenance::Unproven
    }

    /// Whether its proofs are looked at once it is safe.
    pub fn is_to_be_graded(&self) -> bool {
        self.mail.may_be_proven && self.mail.provenance == Provenance::Unproven && self.keep_until.is_some()
    }

    /// What its provenance rests on where nothing is left to look at.
    fn settled_reason(&self) -> Option<GradeReason> {
        match self.mail.provenance {
            Provenance::Unproven if self.is_to_be_graded() => None,
            Provenance::Unproven if self.mail.may_be_proven => Some(GradeReason::NotKept),
            Provenance::Unproven => Some(GradeReason::NotSigned),
            Provenance::Vouched => Some(GradeReason::DoorSignsIn),
            Provenance::Proven => Some(GradeReason::AmazonSigned),
        }
    }
}

async fn record_unread(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    recording: &Recording<'_>,
) -> Result<RecordedReading, StoreError> {
    let recorded = RecordedReading {
        part: 0,
        kind: NoticeKind::UnrecognisedAmazon,
        order_ids: Vec::new(),
        outcome: Outcome::Unread,
        withdrawn: Vec::new(),
        already_leaving: Vec::new(),
        covers_buyer: false,
        review: Some(ReviewReason::Unread),
    };
    insert_notice(tx, keys, recording, NoticeId::generate(), None, &recorded).await?;
    let account = recording.mail.account;
    alerts::raise(tx, keys, account, AlertKind::UnreadMail, "", recording.clock.real).await?;
    ledger
        .append(tx, keys, recording.clock, LedgerKind::Review, &json!({ "mail": recording.id, "unread": true }))
        .await?;
    Ok(recorded)
}

async fn insert_notice(
    tx: &mut Tx,
    keys: &Keys,
    recording: &Recording<'_>,
    id: NoticeId,
    reading: Option<&Reading>,
    recorded: &RecordedReading,
) -> Result<(), StoreError> {
    let account = recording.mail.account;
    let alias = reading.and_then(|reading| reading.alias.as_ref());
    // It goes with its mail, so where the mail is not kept, the alias must not be (law 8).
    let kept = alias.filter(|_| recording.keep_until.is_some() && is_kept(recorded.outcome));
    let remarks = reading.map_or(&[][..], |reading| &reading.remarks);
    let settled = recording.settled_reason();
    let form =
        reading.and_then(|reading| reading.form).map(|form| taught_forms::hash_of(keys, account, form)).transpose()?;
    let look_at = recorded.review.and(recording.keep_until).map(|_| recording.clock.real);
    let values: [Value; 19] = [
        id.into(),
        account.into(),
        recording.id.into(),
        recorded.part.into(),
        recorded.kind.as_str().into(),
        alias.map(|alias| keys.buyer(account, alias)).transpose()?.into(),
        kept.map(|alias| keys.seal_alias(account, alias)).transpose()?.into(),
        reading.and_then(|reading| reading.marketplace).into(),
        reading.and_then(|reading| reading.language).map(|language| language.as_str().to_owned()).into(),
        reading.map_or(Forwarded::None, |reading| reading.forwarded).as_str().into(),
        reading.map_or(MatchedBy::None, |reading| reading.matched_by).as_str().into(),
        recorded.outcome.as_str().into(),
        remarks.iter().map(|remark| remark.as_str()).collect::<Vec<_>>().join(" ").into(),
        recorded.order_ids.iter().take(ORDERS_TOUCHED).map(OrderId::as_str).collect::<Vec<_>>().join(" ").into(),
        settled.map(|_| recording.mail.provenance.as_str().to_owned()).into(),
        settled.map(|reason| reason.as_str().to_owned()).into(),
        recorded.review.map(|reason| reason.as_str().to_owned()).into(),
        look_at.into(),
        form.map(|form| form.to_vec()).into(),
    ];
    tx.put(
        sql!(
            "INSERT INTO notice (id, account_id, mail_id, part, kind, buyer_hash, alias_sealed, marketplace, language,
             forwarded, matched_by, outcome, remarks, order_ids, provenance, grade_reasons,
             review, look_at, form_hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)"
        ),
        values,
    )
    .await?;
    Ok(())
}
