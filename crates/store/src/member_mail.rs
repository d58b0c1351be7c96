//! Mail to members, on its way: a queue of sealed texts, each for one member. The recipient is nobody's to give: it is
//! read from the member when the mail is claimed, and refused where it is a relay address or a known buyer's.
//!
//! The same mail is queued once (by its key), tried a bounded number of times, and its text erased once it is settled.

use model::{AccountId, MemberId, MemberMailId, MemberMailKind, MemberMailState, MemberMailText, Span, Timestamp};
use policy::{MailboxRefusal, MemberMailbox};

use crate::alerts::INSTALLATION;
use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::outbox::lease_clock;
use crate::{Store, self_tests};

/// Mails that one member gets a day (UTC) at most, over all accounts.
pub const MEMBER_MAILS_A_DAY: u32 = 20;
/// How often a mail is tried.
pub const MEMBER_MAIL_TRIES: u32 = 10;
/// How long a claimed mail is a node's alone; longer than its dialogue can take.
const LEASE: Span = Span::minutes(15);
/// A settled mail's row, by then without its text, is of use for so long: it keeps the same mail from going twice.
pub(crate) const ROWS_KEPT: Span = Span::days(30);
const SUBJECT: &str = "member mail subject";
const TEXT: &str = "member mail text";

/// A mail to a member that one node holds for a while.
#[derive(Debug, Clone)]
pub struct ClaimedMemberMail {
    /// The mail.
    pub id: MemberMailId,
    /// Its account; the operators' own where it is of the whole installation.
    pub account: AccountId,
    /// Where it goes.
    pub to: MemberMailbox,
    /// What it says.
    pub text: MemberMailText,
    /// Which try this is, from 1.
    pub attempt: u32,
    lease: [u8; 16],
}

/// What became of a claimed mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberMailEnd {
    /// The server took it.
    Sent,
    /// The server refused it for good.
    Rejected,
    /// It may go later.
    Later(Span),
}

/// A mail to be queued.
pub(crate) struct NewMemberMail<'a> {
    pub account: AccountId,
    pub member: MemberId,
    pub kind: MemberMailKind,
    /// What makes it the same mail as another, to this member.
    pub key: &'a [u8],
    pub text: &'a MemberMailText,
    /// It is queued only where the member had fewer mails that day (UTC).
    pub most_a_day: u32,
}

/// How queueing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queued {
    New(MemberMailId),
    Again,
    EnoughToday,
}

impl Store {
    /// Whether a mail to a member is due.
    pub async fn has_member_mail_due(&self) -> Result<bool, StoreError> {
        self.read(|tx, _| {
            Box::pin(async move {
                let now = lease_clock(tx).await?;
                let due = sql!("SELECT 1 FROM member_mail WHERE next_try IS NOT NULL AND next_try <= $1 LIMIT 1");
                Ok(tx.row(due, &[now.into()]).await?.is_some())
            })
        })
        .await
    }

    /// Takes one mail that is due. One that may not go where its member's address leads now is refused, and the next
    /// taken.
    pub async fn claim_member_mail(&self) -> Result<Option<ClaimedMemberMail>, StoreError> {
        let lease: [u8; 16] = crate::random::bytes()?;
        self.write(move |tx, keys| {
            Box::pin(async move {
                let now = lease_clock(tx).await?;
                // A few at most: each that is turned away is settled, and the pass comes again.
                for _ in 0..20 {
                    match claim_one(tx, keys, lease, now).await? {
                        Claim::Held(claimed) => return Ok(Some(*claimed)),
                        Claim::TurnedAway => {}
                        Claim::NoneDue => return Ok(None),
                    }
                }
                Ok(None)
            })
        })
        .await
    }

    /// Says what became of a claimed mail. Nothing changes where its lease was lost meanwhile.
    pub async fn finish_member_mail(
        &self,
        claimed: &ClaimedMemberMail,
        end: MemberMailEnd,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (id, lease, attempt) = (claimed.id, claimed.lease, claimed.attempt);
        self.write(move |tx, _| {
            Box::pin(async move {
                let state = match end {
                    MemberMailEnd::Sent => MemberMailState::Sent,
                    MemberMailEnd::Later(wait) if attempt < MEMBER_MAIL_TRIES => {
                        let due = lease_clock(tx).await?.plus(wait);
                        let again =
                            sql!("UPDATE member_mail SET lease = NULL, next_try = $3 WHERE id = $1 AND lease = $2");
                        tx.run(again, &[id.into(), lease.into(), due.into()]).await?;
                        return Ok(());
                    }
                    MemberMailEnd::Rejected | MemberMailEnd::Later(_) => MemberMailState::Failed,
                };
                let settled = tx
                    .run(
                        sql!(
                            "UPDATE member_mail SET state = $3, settled_at = $4, next_try = NULL, lease = NULL,
                             subject_sealed = NULL, text_sealed = NULL WHERE id = $1 AND lease = $2"
                        ),
                        &[id.into(), lease.into(), state.as_str().into(), now.into()],
                    )
                    .await?;
                match state {
                    _ if settled == 0 => {}
                    MemberMailState::Sent => self_tests::was_sent(tx, id, now).await?,
                    _ => self_tests::was_not_sent(tx, id).await?,
                }
                Ok(())
            })
        })
        .await
    }
}

enum Claim {
    Held(Box<ClaimedMemberMail>),
    TurnedAway,
    NoneDue,
}

async fn claim_one(tx: &mut Tx, keys: &Keys, lease: [u8; 16], now: Timestamp) -> Result<Claim, StoreError> {
    let due = tx.either(
        sql!(
            "SELECT id, account_id, member_id, subject_sealed, text_sealed, tries FROM member_mail
             WHERE next_try IS NOT NULL AND next_try <= $1 ORDER BY next_try LIMIT 1"
        ),
        sql!(
            "SELECT id, account_id, member_id, subject_sealed, text_sealed, tries FROM member_mail
             WHERE next_try IS NOT NULL AND next_try <= $1 ORDER BY next_try LIMIT 1 FOR UPDATE SKIP LOCKED"
        ),
    );
    let Some(row) = tx.row(due, &[now.into()]).await? else { return Ok(Claim::NoneDue) };
    let (id, account) = (MemberMailId::from_bytes(row.bytes(0)?), AccountId::from_bytes(row.bytes(1)?));
    let member = MemberId::from_bytes(row.bytes(2)?);
    let tries = u32::try_from(row.int(5)?).unwrap_or(u32::MAX);
    let (state, reason) = match mailbox_of(tx, keys, account, member).await? {
        // A worker that died over it each time: somebody else's turn.
        Ok(_) if tries >= MEMBER_MAIL_TRIES => (MemberMailState::Failed, "tried_too_often"),
        Err(refusal) => (MemberMailState::Refused, refusal.as_str()),
        Ok(to) => {
            let held = sql!("UPDATE member_mail SET lease = $2, next_try = $3, tries = tries + 1 WHERE id = $1");
            tx.run(held, &[id.into(), lease.into(), now.plus(LEASE).into()]).await?;
            let text = MemberMailText {
                subject: keys.open_text(account, SUBJECT, row.blob(3)?)?,
                text: keys.open_text(account, TEXT, row.blob(4)?)?,
            };
            return Ok(Claim::Held(Box::new(ClaimedMemberMail { id, account, to, text, attempt: tries + 1, lease })));
        }
    };
    let values: [Value; 4] = [id.into(), state.as_str().into(), reason.into(), now.into()];
    tx.run(
        sql!(
            "UPDATE member_mail SET state = $2, reason = $3, settled_at = $4, next_try = NULL, lease = NULL,
             subject_sealed = NULL, text_sealed = NULL WHERE id = $1"
        ),
        &values,
    )
    .await?;
    self_tests::was_not_sent(tx, id).await?;
    Ok(Claim::TurnedAway)
}

/// Why no mail goes to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoMailbox {
    /// He is none of the account's, nor an operator, or has set no password yet.
    NotConfirmed,
    /// His address is no place for mail to a member.
    Unfit(MailboxRefusal),
    /// His address is one that a buyer is known by.
    Buyer,
}

impl NoMailbox {
    /// Why no mail goes there, for whoever asked for one.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::NotConfirmed => {
                "no mail goes to that member: he is none of the account's, or has set no password yet"
            }
            Self::Unfit(MailboxRefusal::Amazon) => "no mail goes to that member: his is a relay address of Amazon's",
            Self::Unfit(MailboxRefusal::NotPlain) => {
                "no mail goes to that member: his address is no plain e-mail address"
            }
            Self::Buyer => "no mail goes to that member: his address is known as a buyer's",
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::NotConfirmed => "not_confirmed",
            Self::Unfit(MailboxRefusal::Amazon) => "relay_address",
            Self::Unfit(MailboxRefusal::NotPlain) => "not_plain",
            Self::Buyer => "known_buyer",
        }
    }
}

/// The one place where a mailbox comes from: a confirmed member's own address, as it stands now, that is neither a
/// relay address nor a buyer's. Buyers are known by the hash of account and address, so those of this account and of
/// all accounts of this member are asked for; that no relay address passes holds for all buyers of all accounts.
pub(crate) async fn mailbox_of(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    member: MemberId,
) -> Result<Result<MemberMailbox, NoMailbox>, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT email_sealed, operator, (SELECT 1 FROM membership WHERE membership.member_id = member.id
                 AND membership.account_id = $2) FROM member WHERE id = $1 AND password IS NOT NULL"
            ),
            &[member.into(), account.into()],
        )
        .await?;
    let Some(row) = row.filter(|row| row.flag(1).unwrap_or_default() || row.opt_int(2).is_ok_and(|it| it.is_some()))
    else {
        return Ok(Err(NoMailbox::NotConfirmed));
    };
    let address = keys.open_text(INSTALLATION, "member email", row.blob(0)?)?;
    let mailbox = match MemberMailbox::admit(&address) {
        Ok(mailbox) => mailbox,
        Err(refusal) => return Ok(Err(NoMailbox::Unfit(refusal))),
    };
    let roles = tx
        .rows(
            sql!("SELECT account_id FROM membership WHERE member_id = $1 ORDER BY account_id LIMIT 10000"),
            &[member.into()],
        )
        .await?;
    let mut accounts = vec![account];
    for row in &roles {
        accounts.push(AccountId::from_bytes(row.bytes(0)?));
    }
    accounts.sort_unstable();
    accounts.dedup();
    let lower = address.trim().to_lowercase();
    for account in accounts {
        let hash = keys.hash("buyer", &[account.as_bytes(), lower.as_bytes()])?;
        let known = tx
            .row(
                sql!(
                    "SELECT 1 WHERE EXISTS (SELECT 1 FROM buyer WHERE account_id = $1 AND buyer_hash = $2)
                     OR EXISTS (SELECT 1 FROM suppression_buyer WHERE account_id = $1 AND buyer_hash = $2)
                     OR EXISTS (SELECT 1 FROM orders WHERE account_id = $1 AND buyer_hash = $2)"
                ),
                &[account.into(), hash.into()],
            )
            .await?;
        if known.is_some() {
            return Ok(Err(NoMailbox::Buyer));
        }
    }
    Ok(Ok(mailbox))
}

/// Queues a mail to a member, within a step.
pub(crate) async fn queue(
    tx: &mut Tx,
    keys: &Keys,
    mail: &NewMemberMail<'_>,
    now: Timestamp,
) -> Result<Queued, StoreError> {
    let counted = tx
        .row(
            sql!(
                "SELECT COUNT(*) FROM (SELECT 1 FROM member_mail WHERE member_id = $1 AND day = $2 LIMIT $3) AS counted"
            ),
            &[mail.member.into(), now.utc_day().into(), mail.most_a_day.into()],
        )
        .await?;
    if counted.map_or(Ok(0), |row| row.count(0))? >= u64::from(mail.most_a_day) {
        return Ok(Queued::EnoughToday);
    }
    let id = MemberMailId::generate();
    let parts: [&[u8]; 4] = [mail.account.as_bytes(), mail.member.as_bytes(), mail.kind.as_str().as_bytes(), mail.key];
    let values: [Value; 11] = [
        id.into(),
        mail.account.into(),
        mail.member.into(),
        mail.kind.as_str().into(),
        keys.hash("member mail", &parts)?.into(),
        keys.seal(mail.account, SUBJECT, mail.text.subject.as_bytes())?.into(),
        keys.seal(mail.account, TEXT, mail.text.text.as_bytes())?.into(),
        now.utc_day().into(),
        now.into(),
        MemberMailState::Waiting.as_str().into(),
        lease_clock(tx).await?.into(),
    ];
    let queued = tx
        .run(
            sql!(
                "INSERT INTO member_mail (id, account_id, member_id, kind, subject_hash, subject_sealed, text_sealed, day,
                 created_at, state, tries, next_try) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11)
                 ON CONFLICT (subject_hash) DO NOTHING"
            ),
            &values,
        )
        .await?;
    Ok(if queued > 0 { Queued::New(id) } else { Queued::Again })
}

/// Forgets mails that were queued long ago, settled or not; how many.
pub(crate) async fn forget(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
    tx.run(
        sql!(
            "DELETE FROM member_mail WHERE id IN
             (SELECT id FROM member_mail WHERE created_at <= $1 ORDER BY created_at LIMIT $2)"
        ),
        &[now.minus(ROWS_KEPT).into(), limit.into()],
    )
    .await
}
