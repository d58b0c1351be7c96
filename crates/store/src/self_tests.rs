//! Self-tests of ways in: a marked mail to a member, which his mailbox must bring in again. Only the way that is tested,
//! its own account and a day's time count as passed, and a mail that came counts once; it has no other effect.
//!
//! A way that once passed and then fails is a known break of the feed (law 4) until a test passes or comes late, or the
//! way ends.

use model::inbound::Door;
use model::member::Actor;
use model::self_test::SELF_TEST_COMES_WITHIN;
use model::{
    AccountId, AddressId, BreakCause, Clock, Forwarded, Marketplace, MemberId, MemberMailId, MemberMailKind,
    MemberMailText, SelfTestId, SelfTestMarker, SelfTestState, Span, Timestamp, Way,
};

use crate::Store;
use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::feed_breaks;
use crate::feed_breaks::Place;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::mail_folders::{column, store_of};
use crate::member_mail::{self, MEMBER_MAILS_A_DAY, NewMemberMail, Queued, mailbox_of};

/// Tests leave half of a member's mails of a day to alerts.
const MOST_A_DAY: u32 = MEMBER_MAILS_A_DAY / 2;
/// Older tests tell nobody anything.
const KEPT: Span = Span::days(400);

impl Store {
    /// Queues a marked mail to a member, for his mailbox to bring it in again by that way. The
    /// subject is the marker's, and `text` says what it is for. A test of the way whose mail has not left is given up; one that has left runs on, so that
    /// no new test puts its failure off.
    ///
    /// # Errors
    /// Where `by` may not, the way is none of the account's, or no mail may go to that member.
    pub async fn start_self_test(
        &self,
        account: AccountId,
        way: Way,
        member: MemberId,
        by: Actor,
        now: Timestamp,
        text: String,
    ) -> Result<SelfTestId, StoreError> {
        let marker = SelfTestMarker::of(crate::random::bytes()?);
        self.write(move |tx, keys| {
            let (marker, text) = (marker.clone(), text.clone());
            Box::pin(async move {
                let _account = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may start a self-test"));
                }
                let store = store_served(tx, account, way).await?;
                if let Err(why) = mailbox_of(tx, keys, account, member).await? {
                    return Err(StoreError::Conflict(why.sentence().to_owned()));
                }
                let text = MemberMailText { subject: marker.subject(), text };
                let key = marker.reveal().as_bytes();
                let mail = NewMemberMail {
                    account,
                    member,
                    kind: MemberMailKind::SelfTest,
                    key,
                    text: &text,
                    most_a_day: MOST_A_DAY,
                };
                let Queued::New(mail) = member_mail::queue(tx, keys, &mail, now).await? else {
                    return Err(StoreError::Conflict("that member had enough mails today; test again tomorrow".into()));
                };
                give_up_unsent(tx, account, way).await?;
                let id = SelfTestId::generate();
                let values: [Value; 10] = [
                    id.into(),
                    account.into(),
                    way.to_string().into(),
                    column(store).into(),
                    member.into(),
                    mail.into(),
                    hash_of(keys, account, &marker)?.into(),
                    now.into(),
                    now.plus(SELF_TEST_COMES_WITHIN).into(),
                    SelfTestState::Waiting.as_str().into(),
                ];
                tx.run(
                    sql!(
                        "INSERT INTO self_test (id, account_id, way, store, member_id, member_mail_id, marker_hash,
                         started_at, ends_at, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
                    ),
                    &values,
                )
                .await?;
                Ok(id)
            })
        })
        .await
    }

    /// Ends tests whose day is over: one that left is failed, and where its way had passed before, the feed is known to be
    /// broken. At most `limit`; gives how many it ended.
    pub async fn end_self_tests(&self, clock: Clock, limit: u32) -> Result<u64, StoreError> {
        let now = clock.real;
        let due = self
            .read(move |tx, _| {
                Box::pin(async move {
                    let due = sql!(
                        "SELECT id, account_id FROM self_test WHERE state = 'waiting' AND ends_at <= $1
                         ORDER BY ends_at LIMIT $2"
                    );
                    let rows = tx.rows(due, &[now.into(), limit.into()]).await?;
                    let ids =
                        |row: &Row| Ok((SelfTestId::from_bytes(row.bytes(0)?), AccountId::from_bytes(row.bytes(1)?)));
                    rows.iter().map(ids).collect::<Result<Vec<_>, StoreError>>()
                })
            })
            .await?;
        let mut ended = 0;
        for (test, account) in due {
            self.write(move |tx, keys| {
                Box::pin(async move {
                    let mut ledger = Ledger::lock(tx, account).await?;
                    end(tx, keys, &mut ledger, (account, test), clock).await
                })
            })
            .await?;
            ended += 1;
        }
        Ok(ended)
    }
}

async fn end(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    test: (AccountId, SelfTestId),
    clock: Clock,
) -> Result<(), StoreError> {
    let (account, test) = test;
    let ended = sql!(
        "UPDATE self_test SET state = CASE WHEN sent_at IS NULL THEN 'unsent' ELSE 'failed' END
         WHERE id = $1 AND state = 'waiting' AND ends_at <= $2 RETURNING state, way, store"
    );
    let Some(row) = tx.row(ended, &[test.into(), clock.real.into()]).await? else { return Ok(()) };
    let way = row.text(1)?.to_owned();
    let passed = sql!("SELECT 1 FROM self_test WHERE account_id = $1 AND way = $2 AND state = 'passed' LIMIT 1");
    let passed_before = tx.row(passed, &[account.into(), way.as_str().into()]).await?.is_some();
    if passed_before && row.word::<SelfTestState>(0)? == SelfTestState::Failed {
        let store = store_of(row.text(2)?)?;
        let place = Place { account, store, cause: BreakCause::SelfTestFailed, way: &way };
        feed_breaks::set(tx, keys, ledger, place, true, "abide", clock).await?;
    }
    Ok(())
}

/// A mail with a marker came in, by the ways it names: the test that waits for just that has passed. One that comes after
/// its day is late: it proves that the path holds, so it mends a break, and is no pass. Anything else, a replay, another
/// account's marker or another way, changes nothing.
pub(crate) async fn came(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    mail: (AccountId, &[Way], &SelfTestMarker),
    how: (Door, Forwarded),
    clock: Clock,
) -> Result<(), StoreError> {
    let (account, ways, marker) = mail;
    let marker = hash_of(keys, account, marker)?;
    for way in ways {
        let way = way.to_string();
        let values: [Value; 6] = [
            marker.into(),
            account.into(),
            way.as_str().into(),
            clock.real.into(),
            how.0.as_str().into(),
            how.1.as_str().into(),
        ];
        // It may come in before its sender's server has said that it took it.
        let passed = sql!(
            "UPDATE self_test SET state = CASE WHEN state = 'waiting' AND ends_at > $4 THEN 'passed' ELSE 'late' END,
             came_at = $4, door = $5, forwarded = $6 WHERE marker_hash = $1 AND account_id = $2 AND way = $3
             AND state IN ('waiting', 'failed', 'unsent') RETURNING store"
        );
        let Some(row) = tx.row(passed, &values).await? else { continue };
        let store = store_of(row.text(0)?)?;
        let place = Place { account, store, cause: BreakCause::SelfTestFailed, way: &way };
        feed_breaks::set(tx, keys, ledger, place, false, "abide", clock).await?;
    }
    Ok(())
}

/// The marked mail left: its day runs from now.
pub(crate) async fn was_sent(tx: &mut Tx, mail: MemberMailId, now: Timestamp) -> Result<(), StoreError> {
    tx.run(
        sql!("UPDATE self_test SET sent_at = $2, ends_at = $3 WHERE member_mail_id = $1 AND state = 'waiting'"),
        &[mail.into(), now.into(), now.plus(SELF_TEST_COMES_WITHIN).into()],
    )
    .await?;
    tx.run(
        sql!("UPDATE self_test SET sent_at = $2 WHERE member_mail_id = $1 AND state = 'passed' AND sent_at IS NULL"),
        &[mail.into(), now.into()],
    )
    .await?;
    Ok(())
}

/// The marked mail will not leave: nothing is tested.
pub(crate) async fn was_not_sent(tx: &mut Tx, mail: MemberMailId) -> Result<(), StoreError> {
    tx.run(
        sql!("UPDATE self_test SET state = 'unsent' WHERE member_mail_id = $1 AND state = 'waiting'"),
        &[mail.into()],
    )
    .await?;
    Ok(())
}

/// A way is no more, or another stands in its place: no test of it can come back, and none holds anything. What passed
/// before is forgotten, or a way with the same name that is set up later would inherit it.
pub(crate) async fn way_ended(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    way: (AccountId, Way),
    clock: Clock,
) -> Result<(), StoreError> {
    let (account, way) = way;
    let ended = sql!(
        "UPDATE self_test SET state = 'ended' WHERE account_id = $1 AND way = $2 AND state IN ('waiting', 'passed')"
    );
    tx.run(ended, &[account.into(), way.to_string().into()]).await?;
    let way = way.to_string();
    if let Some(store) = break_of(tx, account, &way).await? {
        let place = Place { account, store, cause: BreakCause::SelfTestFailed, way: &way };
        feed_breaks::set(tx, keys, ledger, place, false, "abide", clock).await?;
    }
    Ok(())
}

/// Another address stands in the place of one. What is known to be broken stays so, under the new one, until a test of it
/// passes: the mailbox still forwards to where it did.
pub(crate) async fn address_replaced(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    addresses: (AccountId, AddressId, AddressId),
    clock: Clock,
) -> Result<(), StoreError> {
    let (account, old, new) = addresses;
    let (old, new) = (Way::Address(old), Way::Address(new));
    let broken = break_of(tx, account, &old.to_string()).await?;
    way_ended(tx, keys, ledger, (account, old), clock).await?;
    if let Some(store) = broken {
        let place = Place { account, store, cause: BreakCause::SelfTestFailed, way: &new.to_string() };
        feed_breaks::set(tx, keys, ledger, place, true, "abide", clock).await?;
    }
    Ok(())
}

/// The store for which a failed test of the way is known, if one is.
async fn break_of(tx: &mut Tx, account: AccountId, way: &str) -> Result<Option<Option<Marketplace>>, StoreError> {
    let known = sql!("SELECT store FROM feed_break WHERE account_id = $1 AND cause = 'self_test_failed' AND way = $2");
    let row = tx.row(known, &[account.into(), way.into()]).await?;
    row.map(|row| store_of(row.text(0)?)).transpose()
}

/// After a restore nobody knows which marked mails came in since the backup was made: they are waited for no more.
pub(crate) async fn restored(tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
    let ended = sql!("UPDATE self_test SET state = 'ended' WHERE account_id = $1 AND state = 'waiting'");
    tx.run(ended, &[account.into()]).await?;
    Ok(())
}

/// Forgets tests of long ago; how many.
pub(crate) async fn forget(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
    tx.run(
        sql!(
            "DELETE FROM self_test WHERE id IN
             (SELECT id FROM self_test WHERE started_at <= $1 ORDER BY started_at LIMIT $2)"
        ),
        &[now.minus(KEPT).into(), limit.into()],
    )
    .await
}

async fn give_up_unsent(tx: &mut Tx, account: AccountId, way: Way) -> Result<(), StoreError> {
    tx.run(
        sql!(
            "UPDATE self_test SET state = 'ended' WHERE account_id = $1 AND way = $2 AND state = 'waiting'
             AND sent_at IS NULL"
        ),
        &[account.into(), way.to_string().into()],
    )
    .await?;
    Ok(())
}

/// The store whose messages a break of the way holds; none: the whole account's.
async fn store_served(tx: &mut Tx, account: AccountId, way: Way) -> Result<Option<Marketplace>, StoreError> {
    let row = match way {
        Way::Address(address) => {
            let is_there =
                sql!("SELECT COALESCE(store, '') FROM address WHERE id = $1 AND account_id = $2 AND state = 'active'");
            tx.row(is_there, &[address.into(), account.into()]).await?
        }
        Way::Folder(store) => {
            let is_there = sql!("SELECT store FROM mail_folder WHERE account_id = $1 AND store = $2");
            tx.row(is_there, &[account.into(), column(store).into()]).await?
        }
        Way::HttpDoor(door) => {
            let is_there = sql!("SELECT '' FROM http_door WHERE id = $1 AND account_id = $2 AND revoked_at IS NULL");
            tx.row(is_there, &[door.into(), account.into()]).await?
        }
    };
    let row = row.ok_or_else(|| StoreError::NotFound("the account has no such way in that takes mail".into()))?;
    store_of(row.text(0)?)
}

fn hash_of(keys: &Keys, account: AccountId, marker: &SelfTestMarker) -> Result<[u8; 32], StoreError> {
    keys.hash("self-test", &[account.as_bytes(), marker.reveal().as_bytes()])
}
