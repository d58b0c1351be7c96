//! Signing in and staying signed in. Attempts are counted before a password is looked at, so that a thousand
//! at once are no more than five. A session's token is kept as a keyed hash alone.

use model::member::{Member, OpenSession, SignIn};
use model::{MemberId, Span, Timestamp};

use crate::Store;
use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::members;
use crate::one_time_links::secret_token;
use crate::second_factor;

/// A session ends so long after it was last used …
pub const SESSION_IDLE: Span = Span::hours(12);
/// … and at the latest so long after it began.
pub const SESSION_LONGEST: Span = Span::days(7);
/// Its end is moved only in steps of this length, so that looking does not write.
const SESSION_STEP: Span = Span::minutes(10);
/// Sessions of one member; the oldest ends for a new one.
const SESSIONS_AT_MOST: u32 = 20;

/// Attempts are counted over windows of this length.
pub const ATTEMPTS_WINDOW: Span = Span::minutes(15);
/// Failed attempts for one address in a window.
pub const ATTEMPTS_FOR_ONE: i64 = 5;
/// Failed attempts in a window over all addresses; it also bounds the table.
pub const ATTEMPTS_FOR_ALL: i64 = 300;

impl Store {
    /// Begins to sign somebody in: counts the attempt, and tells the hash that his password must match. A
    /// success is told by [`Store::create_session`], which takes the count back.
    pub async fn begin_sign_in(&self, email: &str, now: Timestamp) -> Result<SignIn, StoreError> {
        // An address that can't be one is counted like any other.
        let email = members::canonical(email).unwrap_or_default();
        let (one, all) = (members::email_hash(&self.keys, &email)?, all_hash(&self.keys)?);
        self.write(move |tx, _| {
            Box::pin(async move {
                // The common count comes first in every step: it is also their lock.
                if let Some(until) = counted(tx, all, ATTEMPTS_FOR_ALL, now).await? {
                    return Ok(SignIn::LockedUntil(until));
                }
                tx.run(sql!("DELETE FROM sign_in_attempt WHERE counted_until <= $1"), &[now.into()]).await?;
                if let Some(until) = counted(tx, one, ATTEMPTS_FOR_ONE, now).await? {
                    // Who knocks at one locked door must not lock the others.
                    uncount(tx, all).await?;
                    return Ok(SignIn::LockedUntil(until));
                }
                let row = tx.row(sql!("SELECT id, password FROM member WHERE email_hash = $1"), &[one.into()]).await?;
                let Some(row) = row else { return Ok(SignIn::Unknown) };
                Ok(match row.opt_text(1)? {
                    Some(password) => {
                        SignIn::Known { member: MemberId::from_bytes(row.bytes(0)?), password: password.to_owned() }
                    }
                    None => SignIn::Unknown,
                })
            })
        })
        .await
    }

    /// Begins a session of a member whose password matched; the token for his cookie.
    ///
    /// # Errors
    /// His sign-in has a second factor: [`Store::begin_session`] asks for it.
    pub async fn create_session(&self, member: MemberId, now: Timestamp) -> Result<String, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                if second_factor::is_on(tx, member).await? {
                    return Err(StoreError::NotAllowed("this sign-in has a second factor, which was not asked for"));
                }
                begun(tx, keys, member, now).await
            })
        })
        .await
    }

    /// Sets a new password of a member who is signed in, ends all his sessions and begins another for him; its token.
    /// Whether the old password was right is the caller's to see.
    pub async fn change_password(
        &self,
        member: MemberId,
        password: String,
        now: Timestamp,
    ) -> Result<String, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                members::password_set(tx, member, password).await?;
                begun(tx, keys, member, now).await
            })
        })
        .await
    }

    /// Who stands behind a token, with the roles he has now; none once the session has ended. Using a session
    /// moves its end.
    pub async fn session(&self, token: &str, now: Timestamp) -> Result<Option<Member>, StoreError> {
        let hash = token_hash(&self.keys, token)?;
        let found = self
            .read(move |tx, keys| {
                Box::pin(async move {
                    let row = tx
                        .row(
                            sql!(
                                "SELECT member_id, created_at, expires_at FROM session
                                 WHERE token_hash = $1 AND expires_at > $2"
                            ),
                            &[hash.into(), now.into()],
                        )
                        .await?;
                    let Some(row) = row else { return Ok(None) };
                    let member = members::member_in(tx, keys, MemberId::from_bytes(row.bytes(0)?)).await?;
                    Ok(member.map(|member| (member, row.time(1), row.time(2))))
                })
            })
            .await?;
        let Some((member, created_at, expires_at)) = found else { return Ok(None) };
        let end = now.plus(SESSION_IDLE).min(created_at?.plus(SESSION_LONGEST));
        if end.since(expires_at?) >= SESSION_STEP {
            self.write(move |tx, _| {
                Box::pin(async move {
                    tx.run(
                        sql!("UPDATE session SET expires_at = $2 WHERE token_hash = $1 AND expires_at < $2"),
                        &[hash.into(), end.into()],
                    )
                    .await
                })
            })
            .await?;
        }
        Ok(Some(member))
    }

    /// Signs out. Again is the same.
    pub async fn end_session(&self, token: &str) -> Result<(), StoreError> {
        let hash = token_hash(&self.keys, token)?;
        self.write(move |tx, _| {
            Box::pin(async move {
                tx.run(sql!("DELETE FROM session WHERE token_hash = $1"), &[hash.into()]).await?;
                Ok(())
            })
        })
        .await
    }

    /// A member's sessions, the newest first; `token` is the one that asks.
    pub async fn open_sessions(
        &self,
        member: MemberId,
        token: &str,
        now: Timestamp,
    ) -> Result<Vec<OpenSession>, StoreError> {
        let mine = token_hash(&self.keys, token)?;
        self.read(move |tx, _| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT token_hash, created_at, expires_at FROM session WHERE member_id = $1 AND expires_at > $2
                             ORDER BY created_at DESC LIMIT $3"
                        ),
                        &[member.into(), now.into(), SESSIONS_AT_MOST.into()],
                    )
                    .await?;
                let open = |row: &Row| {
                    let hash = row.bytes::<32>(0)?;
                    Ok(OpenSession {
                        mark: mark_of(&hash),
                        created_at: row.time(1)?,
                        expires_at: row.time(2)?,
                        current: hash == mine,
                    })
                };
                rows.iter().map(open).collect()
            })
        })
        .await
    }

    /// Ends a member's other sessions: all, or the one with that mark; how many.
    pub async fn end_other_sessions(
        &self,
        member: MemberId,
        token: &str,
        only: Option<String>,
    ) -> Result<u64, StoreError> {
        let mine = token_hash(&self.keys, token)?;
        self.write(move |tx, _| {
            let only = only.clone();
            Box::pin(async move {
                let all =
                    sql!("SELECT token_hash FROM session WHERE member_id = $1 ORDER BY created_at DESC LIMIT 1000");
                let mut ended = 0;
                for row in &tx.rows(all, &[member.into()]).await? {
                    let hash = row.bytes::<32>(0)?;
                    if hash != mine && only.as_ref().is_none_or(|only| *only == mark_of(&hash)) {
                        ended += tx.run(sql!("DELETE FROM session WHERE token_hash = $1"), &[hash.into()]).await?;
                    }
                }
                Ok(ended)
            })
        })
        .await
    }

    /// Signs a member out everywhere.
    pub async fn end_sessions_of(&self, member: MemberId) -> Result<(), StoreError> {
        self.write(move |tx, _| {
            Box::pin(async move {
                tx.run(sql!("DELETE FROM session WHERE member_id = $1"), &[member.into()]).await?;
                Ok(())
            })
        })
        .await
    }
}

/// Begins a session, within a step, and forgives the attempts before it; its token.
pub(crate) async fn begun(tx: &mut Tx, keys: &Keys, member: MemberId, now: Timestamp) -> Result<String, StoreError> {
    let token = secret_token()?;
    let email = email_hash_of(tx, member).await?;
    uncount(tx, all_hash(keys)?).await?;
    tx.run(sql!("DELETE FROM sign_in_attempt WHERE subject_hash = $1"), &[email.into()]).await?;
    tx.run(sql!("DELETE FROM session WHERE expires_at <= $1"), &[now.into()]).await?;
    tx.run(
        sql!(
            "DELETE FROM session WHERE token_hash IN (SELECT token_hash FROM session
             WHERE member_id = $1 ORDER BY created_at DESC LIMIT 1000 OFFSET $2)"
        ),
        &[member.into(), (SESSIONS_AT_MOST - 1).into()],
    )
    .await?;
    let hash = token_hash(keys, &token)?;
    let values: [Value; 4] = [hash.into(), member.into(), now.into(), now.plus(SESSION_IDLE).into()];
    tx.run(
        sql!("INSERT INTO session (token_hash, member_id, created_at, expires_at) VALUES ($1, $2, $3, $4)"),
        &values,
    )
    .await?;
    Ok(token)
}

/// By what a member's attempts are counted.
pub(crate) async fn email_hash_of(tx: &mut Tx, member: MemberId) -> Result<[u8; 32], StoreError> {
    tx.row(sql!("SELECT email_hash FROM member WHERE id = $1"), &[member.into()])
        .await?
        .ok_or_else(|| StoreError::NotFound("there is no such member any more".into()))?
        .bytes(0)
}

/// A part of the hash of its token: it tells a session from others, and no token can be made of it.
fn mark_of(hash: &[u8; 32]) -> String {
    data_encoding::HEXLOWER.encode(hash.get(..8).unwrap_or_default())
}

/// Counts one attempt; where there were too many, when the window ends.
pub(crate) async fn counted(
    tx: &mut Tx,
    subject: [u8; 32],
    at_most: i64,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let row = tx
        .row(
            sql!(
                "INSERT INTO sign_in_attempt (subject_hash, n, counted_until) VALUES ($1, 1, $2)
                 ON CONFLICT (subject_hash) DO UPDATE SET
                 n = CASE WHEN sign_in_attempt.counted_until <= $3 THEN 1 ELSE sign_in_attempt.n + 1 END,
                 counted_until = CASE WHEN sign_in_attempt.counted_until <= $3 THEN excluded.counted_until
                 ELSE sign_in_attempt.counted_until END RETURNING n, counted_until"
            ),
            &[subject.into(), now.plus(ATTEMPTS_WINDOW).into(), now.into()],
        )
        .await?
        .ok_or_else(|| StoreError::unexpected("an attempt was not counted"))?;
    Ok(if row.int(0)? > at_most { Some(row.time(1)?) } else { None })
}

pub(crate) async fn uncount(tx: &mut Tx, subject: [u8; 32]) -> Result<(), StoreError> {
    tx.run(sql!("UPDATE sign_in_attempt SET n = n - 1 WHERE subject_hash = $1 AND n > 0"), &[subject.into()]).await?;
    Ok(())
}

pub(crate) fn all_hash(keys: &Keys) -> Result<[u8; 32], StoreError> {
    keys.hash("sign-in attempts", &[])
}

fn token_hash(keys: &Keys, token: &str) -> Result<[u8; 32], StoreError> {
    keys.hash("session", &[token.as_bytes()])
}
