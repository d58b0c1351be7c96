//! How an account's ways in fare: the last mail and the last notice of each, by which way it came and of which grade, and
//! the last self-test. And silence: messages go out while nothing comes in, which only warns (law 4 holds for what is
//! known, never for what is merely quiet).

use model::account::AddressState;
use model::inbound::RecordedReading;
use model::{
    AccountId, AddressId, AlertKind, CameIn, Forwarded, HttpDoorId, LastNotice, MailId, Marketplace, NoticeKind,
    SelfTest, SelfTestState, Source, Span, Timestamp, Way, WayHealth,
};

use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::inbound::{ORDERS_TOUCHED, Recording};
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::mail_folders::{column, store_of};
use crate::{Store, alerts, self_tests};

/// Without any mail for so long, while messages go out, a member is warned.
const SILENT_FOR: Span = Span::days(14);
/// How often an account is looked at, and how long one that was warned is left alone.
const LOOKED_AT_EVERY: Span = Span::days(1);
const WARNED_EVERY: Span = Span::days(7);
/// Ways that are shown of an account; addresses are at most a thousand, folders and HTTP doors fewer.
const SHOWN: u32 = 2000;
/// Readings of one mail that are looked through for a notice.
const READINGS: u32 = 300;

impl Store {
    /// The account's ways in that take mail: addresses (replaced ones among them), watched folders, open HTTP doors.
    pub async fn feed_health(&self, account: AccountId) -> Result<Vec<WayHealth>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let addresses = sql!(
                    "SELECT last_mail_at, last_notice_at, last_notice_mail, id FROM address
                     WHERE account_id = $1 AND state <> 'revoked' ORDER BY id LIMIT $2"
                );
                let folders = sql!(
                    "SELECT last_mail_at, last_notice_at, last_notice_mail, store FROM mail_folder
                     WHERE account_id = $1 ORDER BY store LIMIT $2"
                );
                let doors = sql!(
                    "SELECT last_mail_at, last_notice_at, last_notice_mail, id FROM http_door
                     WHERE account_id = $1 AND revoked_at IS NULL ORDER BY created_at, id LIMIT $2"
                );
                let of = [account.into(), SHOWN.into()];
                let mut ways = Vec::new();
                for row in tx.rows(addresses, &of).await? {
                    ways.push((Way::Address(AddressId::from_bytes(row.bytes(3)?)), row));
                }
                for row in tx.rows(folders, &of).await? {
                    ways.push((Way::Folder(store_of(row.text(3)?)?), row));
                }
                for row in tx.rows(doors, &of).await? {
                    ways.push((Way::HttpDoor(HttpDoorId::from_bytes(row.bytes(3)?)), row));
                }
                let mut health = Vec::with_capacity(ways.len());
                for (way, row) in ways {
                    let last_notice = last_notice(tx, &row).await?;
                    let (test, passed_at) = tests_of(tx, account, way).await?;
                    health.push(WayHealth { way, last_mail_at: row.opt_time(0)?, last_notice, test, passed_at });
                }
                Ok(health)
            })
        })
        .await
    }

    /// Warns members of accounts whose messages went out in the last two weeks while no mail came in by any way. Looks at
    /// `limit` accounts at most, each once a day; gives how many it looked at.
    pub async fn warn_of_silence(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let due = sql!(
                    "SELECT id, created_at FROM account WHERE silence_look_at <= $1 ORDER BY silence_look_at LIMIT $2"
                );
                let rows = tx.rows(due, &[now.into(), limit.into()]).await?;
                for row in &rows {
                    let account = AccountId::from_bytes(row.bytes(0)?);
                    let is_silent = is_silent(tx, account, row.time(1)?, now).await?;
                    if is_silent {
                        alerts::raise(tx, keys, account, AlertKind::Silence, "", now).await?;
                    }
                    let next = now.plus(if is_silent { WARNED_EVERY } else { LOOKED_AT_EVERY });
                    let looked = sql!("UPDATE account SET silence_look_at = $2 WHERE id = $1");
                    tx.run(looked, &[account.into(), next.into()]).await?;
                }
                u64::try_from(rows.len()).map_err(|_| StoreError::unexpected("more rows than can be counted"))
            })
        })
        .await
    }
}

async fn is_silent(tx: &mut Tx, account: AccountId, created_at: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
    // What somebody hands in as files says nothing of the ways, unless there never was any other.
    let last = if let Some(at) = last_by_a_way(tx, account).await? {
        at
    } else {
        let newest =
            sql!("SELECT received_at FROM inbound_mail WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT 1");
        // An id of all ones stands after every UUIDv7.
        let row = tx.row(newest, &[account.into(), MailId::from_bytes([0xFF; 16]).into()]).await?;
        row.map_or(Ok(created_at), |row| row.time(0))?
    };
    // A clock that was ahead once must not keep the warning back until that time comes.
    let last = last.min(now);
    if now.since(last) < SILENT_FOR {
        return Ok(false);
    }
    let sent = sql!("SELECT 1 FROM daily_count WHERE account_id = $1 AND day > $2 AND what = 'sent' AND n > 0 LIMIT 1");
    Ok(tx.row(sent, &[account.into(), now.minus(SILENT_FOR).utc_day().into()]).await?.is_some())
}

async fn last_by_a_way(tx: &mut Tx, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
    let mut last = None;
    for asked in [
        sql!("SELECT MAX(last_mail_at) FROM address WHERE account_id = $1"),
        sql!("SELECT MAX(last_mail_at) FROM mail_folder WHERE account_id = $1"),
        sql!("SELECT MAX(last_mail_at) FROM http_door WHERE account_id = $1"),
    ] {
        let row = tx.row(asked, &[account.into()]).await?;
        last = last.max(row.map_or(Ok(None), |row| row.opt_time(0))?);
    }
    Ok(last)
}

/// The last notice of a way's row: what its mail's first reading that is one tells.
async fn last_notice(tx: &mut Tx, row: &Row) -> Result<Option<LastNotice>, StoreError> {
    let (Some(at), mail) = (row.opt_time(1)?, row.opt_bytes(2)?) else { return Ok(None) };
    let mut notice = LastNotice { at, came_by: None, grade: None };
    let Some(mail) = mail.map(MailId::from_bytes) else { return Ok(Some(notice)) };
    let readings = sql!(
        "SELECT notice.kind, inbound_mail.door, notice.forwarded, notice.provenance FROM notice
         JOIN inbound_mail ON inbound_mail.id = notice.mail_id WHERE notice.mail_id = $1 ORDER BY notice.part LIMIT $2"
    );
    for reading in tx.rows(readings, &[mail.into(), READINGS.into()]).await? {
        if reading.word::<NoticeKind>(0)?.is_notice() {
            notice.came_by = Some((reading.word(1)?, reading.word(2)?));
            notice.grade = reading.opt_word(3)?;
            break;
        }
    }
    Ok(Some(notice))
}

async fn tests_of(
    tx: &mut Tx,
    account: AccountId,
    way: Way,
) -> Result<(Option<SelfTest>, Option<Timestamp>), StoreError> {
    let last = sql!(
        "SELECT state, started_at, sent_at, ends_at, came_at, door, forwarded FROM self_test
         WHERE account_id = $1 AND way = $2 ORDER BY id DESC LIMIT 20"
    );
    let rows = tx.rows(last, &[account.into(), way.to_string().into()]).await?;
    let mut tests = Vec::with_capacity(rows.len());
    for row in &rows {
        let came = match (row.opt_time(4)?, row.opt_word(5)?, row.opt_word(6)?) {
            (Some(at), Some(door), Some(forwarded)) => Some(CameIn { at, door, forwarded }),
            _ => None,
        };
        tests.push(SelfTest {
            way,
            state: row.word(0)?,
            started_at: row.time(1)?,
            sent_at: row.opt_time(2)?,
            ends_at: row.time(3)?,
            came,
        });
    }
    let passed = tests.iter().find(|test| test.state == SelfTestState::Passed);
    let passed_at = passed.and_then(|test| test.came).map(|came| came.at);
    // One that was given up for another says nothing that the other doesn't.
    Ok((tests.iter().find(|test| test.state != SelfTestState::Ended).copied(), passed_at))
}

/// What each way that a mail came by has seen last, what is worth pointing out about its address (a replaced one still
/// in use, a notice of another store; both count all the same), and a self-test that has come back.
pub(crate) async fn mail_came(
    tx: &mut Tx,
    keys: &Keys,
    ledger: &mut Ledger,
    recording: &Recording<'_>,
    readings: &[RecordedReading],
) -> Result<(), StoreError> {
    let mail = recording.mail;
    if let Some(read) = &mail.read
        && let Some(marker) = &read.self_test
    {
        let ways: Vec<Way> = mail.address.map(Way::Address).into_iter().chain(mail.source.map(Way::from)).collect();
        let forwarded = read.readings.first().map_or(Forwarded::None, |reading| reading.forwarded);
        let account = mail.account;
        let test = (account, ways.as_slice(), marker);
        self_tests::came(tx, keys, ledger, test, (mail.door, forwarded), recording.clock).await?;
    }
    let is_notice = readings.iter().any(|reading| reading.kind.is_notice());
    if let (Some(source), true) = (mail.source, is_notice) {
        notice_from(tx, recording, source).await?;
    }
    match mail.address {
        Some(address) => mail_at(tx, keys, recording, address, is_notice).await,
        None => Ok(()),
    }
}

async fn notice_from(tx: &mut Tx, recording: &Recording<'_>, source: Source) -> Result<(), StoreError> {
    let (account, at) = (recording.mail.account, recording.mail.received_at);
    match source {
        Source::Folder(store) => {
            let values: [Value; 4] = [account.into(), column(store).into(), at.into(), recording.id.into()];
            let seen = sql!(
                "UPDATE mail_folder SET last_mail_at = $3, last_notice_at = $3, last_notice_mail = $4
                 WHERE account_id = $1 AND store = $2"
            );
            tx.run(seen, &values).await?;
        }
        Source::HttpDoor(door) => {
            let values: [Value; 4] = [door.into(), account.into(), at.into(), recording.id.into()];
            let seen = sql!(
                "UPDATE http_door SET last_mail_at = $3, last_notice_at = $3, last_notice_mail = $4
                 WHERE id = $1 AND account_id = $2"
            );
            tx.run(seen, &values).await?;
        }
    }
    Ok(())
}

async fn mail_at(
    tx: &mut Tx,
    keys: &Keys,
    recording: &Recording<'_>,
    address: AddressId,
    is_notice: bool,
) -> Result<(), StoreError> {
    let mail = recording.mail;
    let at = mail.received_at;
    let notice = Some(recording.id).filter(|_| is_notice);
    let row = tx
        .row(
            sql!(
                "UPDATE address SET last_mail_at = $2, last_notice_at = COALESCE($3, last_notice_at),
                 last_notice_mail = COALESCE($4, last_notice_mail) WHERE id = $1 RETURNING state, store"
            ),
            &[address.into(), at.into(), notice.map(|_| at).into(), notice.into()],
        )
        .await?;
    let (Some(row), true) = (row, is_notice) else { return Ok(()) };
    if row.word::<AddressState>(0)? == AddressState::Replaced {
        alerts::raise(tx, keys, mail.account, AlertKind::ReplacedAddressUsed, &address.to_string(), at).await?;
    }
    let stores = mail.read.iter().flat_map(|read| &read.readings).filter_map(|reading| reading.marketplace);
    let own: Option<Marketplace> = row.opt_word(1)?;
    for store in stores.take(ORDERS_TOUCHED) {
        if own.is_some_and(|own| own != store) {
            let about = format!("{address} {store}");
            alerts::raise(tx, keys, mail.account, AlertKind::NoticeAtOtherStore, &about, at).await?;
        }
    }
    Ok(())
}
