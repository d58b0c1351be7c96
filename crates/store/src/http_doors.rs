//! The ways in by HTTP: tokens of an account, and its routes of Mailgun's. A token is kept as a keyed hash alone and
//! told once; a signing key is sealed. What is revoked lets nothing in any more and stays as a line of the list.

use model::inbound::HttpDoorKind;
use model::ledger::LedgerKind;
use model::member::Actor;
use model::{AccountId, Clock, HttpDoorId, Span, Timestamp, Way};
use serde_json::json;
use zeroize::Zeroizing;

use crate::Store;
use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::one_time_links::secret_token;

/// Ways in that an account may have open.
const MOST: u32 = 50;

/// The longest name, in characters.
const LONGEST_NAME: usize = 60;

/// The last mail's time is moved only in steps of this length, so that a stream of mails doesn't write twice each.
const SEEN_STEP: Span = Span::minutes(10);

/// A way in by HTTP, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpDoor {
    /// Its id; in the address of a route of Mailgun's.
    pub id: HttpDoorId,
    /// The account.
    pub account: AccountId,
    /// What the operator calls it; one open way in has it.
    pub name: String,
    /// What it is.
    pub kind: HttpDoorKind,
    /// Since when.
    pub created_at: Timestamp,
    /// Since when it lets nothing in any more.
    pub revoked_at: Option<Timestamp>,
    /// When a mail last came by it, to ten minutes.
    pub last_mail_at: Option<Timestamp>,
}

/// What lets in.
pub enum DoorKey {
    /// A token that Abide makes; whether it vouches for what comes with it.
    Token {
        /// The account's own programs hand mail in with it, and nobody else's mail.
        vouches: bool,
    },
    /// Mailgun's signing key.
    Mailgun(Zeroizing<String>),
}

impl std::fmt::Debug for DoorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind().as_str())
    }
}

impl DoorKey {
    const fn kind(&self) -> HttpDoorKind {
        match self {
            Self::Token { vouches: true } => HttpDoorKind::Token,
            Self::Token { vouches: false } => HttpDoorKind::Relay,
            Self::Mailgun(_) => HttpDoorKind::Mailgun,
        }
    }
}

impl Store {
    /// Opens a way in. With it comes its token, where it has one: this is the only time that it is told.
    pub async fn open_http_door(
        &self,
        account: AccountId,
        name: String,
        key: DoorKey,
        by: Actor,
        clock: Clock,
    ) -> Result<(HttpDoor, Option<Zeroizing<String>>), StoreError> {
        if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(StoreError::Conflict(format!("give it a name of 1 to {LONGEST_NAME} letters, in one line")));
        }
        let kind = key.kind();
        let (token, secret) = match key {
            DoorKey::Token { .. } => (Some(Zeroizing::new(secret_token()?)), None),
            DoorKey::Mailgun(secret) => (None, Some(secret)),
        };
        let hash = token.as_ref().map(|token| token_hash(&self.keys, token)).transpose()?;
        let door = HttpDoor {
            id: HttpDoorId::generate(),
            account,
            name,
            kind,
            created_at: clock.real,
            revoked_at: None,
            last_mail_at: None,
        };
        let opened = door.clone();
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may open a way in"));
                }
                must_have_room(tx, &door).await?;
                let sealed = secret.map(|secret| keys.seal(account, "mailgun key", secret.as_bytes())).transpose()?;
                let values: [Value; 8] = [
                    door.id.into(),
                    account.into(),
                    door.name.as_str().into(),
                    kind.as_str().into(),
                    hash.into(),
                    sealed.into(),
                    clock.real.into(),
                    by.to_string().into(),
                ];
                tx.run(
                    sql!(
                        "INSERT INTO http_door (id, account_id, name, kind, token_hash, secret_sealed, created_at, actor)
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
                    ),
                    &values,
                )
                .await?;
                crate::feed_breaks::ways_changed(tx, keys, &mut ledger, account, clock).await?;
                let said = json!({ "by": by.to_string(), "http_door": door.id, "kind": kind, "open": true });
                ledger.append(tx, keys, clock, LedgerKind::SettingChanged, &said).await?;
                Ok(())
            })
        })
        .await?;
        Ok((opened, token))
    }

    /// Closes the open way in with that name for good; whether there was one. What came by it stays as it is.
    pub async fn revoke_http_door(
        &self,
        account: AccountId,
        name: String,
        by: Actor,
        clock: Clock,
    ) -> Result<Option<HttpDoorId>, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may revoke a way in"));
                }
                // Nothing is left that could let anybody in, whatever becomes of the row.
                let row = tx
                    .row(
                        sql!(
                            "UPDATE http_door SET revoked_at = $3, token_hash = NULL, secret_sealed = NULL
                             WHERE account_id = $1 AND name = $2 AND revoked_at IS NULL RETURNING id"
                        ),
                        &[account.into(), name.into(), clock.real.into()],
                    )
                    .await?;
                let Some(row) = row else { return Ok(None) };
                let id = HttpDoorId::from_bytes(row.bytes(0)?);
                let way = (account, Way::HttpDoor(id));
                crate::self_tests::way_ended(tx, keys, &mut ledger, way, clock).await?;
                crate::feed_breaks::ways_changed(tx, keys, &mut ledger, account, clock).await?;
                let said = json!({ "by": by.to_string(), "http_door": id, "open": false });
                ledger.append(tx, keys, clock, LedgerKind::SettingChanged, &said).await?;
                Ok(Some(id))
            })
        })
        .await
    }

    /// The account's ways in by HTTP, the oldest first, revoked ones among them.
    pub async fn http_doors(&self, account: AccountId) -> Result<Vec<HttpDoor>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT id, account_id, name, kind, created_at, revoked_at, last_mail_at FROM http_door
                             WHERE account_id = $1 ORDER BY created_at, id LIMIT 1000"
                        ),
                        &[account.into()],
                    )
                    .await?;
                rows.iter().map(opened).collect()
            })
        })
        .await
    }

    /// The open way in that this token opens. A wrong one costs the same look-up as a right one.
    pub async fn http_door_by_token(&self, token: &str) -> Result<Option<HttpDoor>, StoreError> {
        let hash = token_hash(&self.keys, token)?;
        self.read(move |tx, _| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT id, account_id, name, kind, created_at, revoked_at, last_mail_at FROM http_door
                             WHERE token_hash = $1 AND revoked_at IS NULL"
                        ),
                        &[hash.into()],
                    )
                    .await?;
                row.as_ref().map(opened).transpose()
            })
        })
        .await
    }

    /// The open route of Mailgun's with that id, and its signing key.
    pub async fn mailgun_door(&self, id: HttpDoorId) -> Result<Option<(HttpDoor, Zeroizing<String>)>, StoreError> {
        self.read(move |tx, keys| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT id, account_id, name, kind, created_at, revoked_at, last_mail_at, secret_sealed
                             FROM http_door WHERE id = $1 AND revoked_at IS NULL AND secret_sealed IS NOT NULL"
                        ),
                        &[id.into()],
                    )
                    .await?;
                let Some(row) = row else { return Ok(None) };
                let door = opened(&row)?;
                let secret = keys.open_text(door.account, "mailgun key", row.blob(7)?)?;
                Ok(Some((door, Zeroizing::new(secret))))
            })
        })
        .await
    }

    /// Notes that a mail came by it, where the last note is ten minutes old.
    pub async fn touch_http_door(&self, door: &HttpDoor, now: Timestamp) -> Result<(), StoreError> {
        if door.last_mail_at.is_some_and(|last| now.since(last) < SEEN_STEP) {
            return Ok(());
        }
        let id = door.id;
        self.write(move |tx, _| {
            Box::pin(async move {
                tx.run(sql!("UPDATE http_door SET last_mail_at = $2 WHERE id = $1"), &[id.into(), now.into()]).await?;
                Ok(())
            })
        })
        .await
    }
}

async fn must_have_room(tx: &mut Tx, door: &HttpDoor) -> Result<(), StoreError> {
    let rows = tx
        .rows(
            sql!("SELECT name FROM http_door WHERE account_id = $1 AND revoked_at IS NULL LIMIT $2"),
            &[door.account.into(), MOST.into()],
        )
        .await?;
    let mut names = rows.iter().map(|row| row.text(0));
    if names.any(|name| name.is_ok_and(|name| name == door.name)) {
        return Err(StoreError::Conflict(format!(
            "`{}` is open already; revoke it first, or choose another name",
            door.name
        )));
    }
    if u32::try_from(rows.len()).is_ok_and(|count| count >= MOST) {
        return Err(StoreError::Conflict(format!("an account has at most {MOST} ways in by HTTP; revoke one first")));
    }
    Ok(())
}

fn token_hash(keys: &Keys, token: &str) -> Result<[u8; 32], StoreError> {
    keys.hash("http token", &[token.as_bytes()])
}

fn opened(row: &Row) -> Result<HttpDoor, StoreError> {
    Ok(HttpDoor {
        id: HttpDoorId::from_bytes(row.bytes(0)?),
        account: AccountId::from_bytes(row.bytes(1)?),
        name: row.text(2)?.to_owned(),
        kind: row.word(3)?,
        created_at: row.time(4)?,
        revoked_at: row.opt_time(5)?,
        last_mail_at: row.opt_time(6)?,
    })
}
