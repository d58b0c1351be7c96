//! Between password and code: a sign-in whose password was right waits a few minutes for the second factor. Its token is
//! kept as a keyed hash, belongs to one member and opens nothing but that step.

use model::member::{BegunSession, SecondStep};
use model::{MemberId, Span, Timestamp};

use crate::engine::sql;
use crate::error::StoreError;
use crate::keys::Keys;
use crate::one_time_links::secret_token;
use crate::second_factor::{self, Good};
use crate::sessions::{self, ATTEMPTS_FOR_ALL, ATTEMPTS_FOR_ONE};
use crate::{Store, engine::Tx};

/// How long the code is waited for.
pub const HALF_SIGN_IN_LASTS: Span = Span::minutes(5);

impl Store {
    /// Begins a session of a member whose password matched, or, where his sign-in has a second factor, waits for its code.
    pub async fn begin_session(&self, member: MemberId, now: Timestamp) -> Result<BegunSession, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                if !second_factor::is_on(tx, member).await? {
                    return Ok(BegunSession::SignedIn(sessions::begun(tx, keys, member, now).await?));
                }
                // The password was right. The attempt at this address stays counted until the code is right, too, or
                // who has the password could guess codes without end.
                sessions::uncount(tx, sessions::all_hash(keys)?).await?;
                let token = secret_token()?;
                tx.run(sql!("DELETE FROM half_sign_in WHERE expires_at <= $1"), &[now.into()]).await?;
                tx.run(
                    sql!("INSERT INTO half_sign_in (token_hash, member_id, expires_at) VALUES ($1, $2, $3)"),
                    &[token_hash(keys, &token)?.into(), member.into(), now.plus(HALF_SIGN_IN_LASTS).into()],
                )
                .await?;
                Ok(BegunSession::CodeAsked(token))
            })
        })
        .await
    }

    /// Whether a half sign-in still waits for its code.
    pub async fn is_code_asked(&self, token: &str, now: Timestamp) -> Result<bool, StoreError> {
        let hash = token_hash(&self.keys, token)?;
        self.read(move |tx, _| Box::pin(async move { Ok(waiting(tx, hash, now).await?.is_some()) })).await
    }

    /// Ends a half sign-in with its code. Each try is counted, before the code is looked at, as one of the password is.
    pub async fn finish_sign_in(&self, token: &str, code: &str, now: Timestamp) -> Result<SecondStep, StoreError> {
        let (hash, code) = (token_hash(&self.keys, token)?, second_factor::plain(code));
        self.write(move |tx, keys| {
            Box::pin(async move {
                let Some(member) = waiting(tx, hash, now).await? else { return Ok(SecondStep::Gone) };
                let (all, email) = (sessions::all_hash(keys)?, sessions::email_hash_of(tx, member).await?);
                if let Some(until) = sessions::counted(tx, all, ATTEMPTS_FOR_ALL, now).await? {
                    return Ok(SecondStep::LockedUntil(until));
                }
                if let Some(until) = sessions::counted(tx, email, ATTEMPTS_FOR_ONE, now).await? {
                    sessions::uncount(tx, all).await?;
                    return Ok(SecondStep::LockedUntil(until));
                }
                let recovery = second_factor::is_recovery(&code);
                let mut ledgers = if recovery { second_factor::ledgers_of(tx, member).await? } else { Vec::new() };
                let Some(good) = second_factor::taken(tx, keys, member, &code, now).await? else {
                    return Ok(SecondStep::Wrong);
                };
                // Found and deleted by one statement: of two tries at once only one signs in.
                if tx.run(sql!("DELETE FROM half_sign_in WHERE token_hash = $1"), &[hash.into()]).await? == 0 {
                    return Ok(SecondStep::Gone);
                }
                if good == Good::Recovery {
                    second_factor::told(tx, keys, &mut ledgers, member, "recovery_code_used", None, now).await?;
                }
                let session = sessions::begun(tx, keys, member, now).await?;
                Ok(SecondStep::SignedIn { session, recovered: good == Good::Recovery })
            })
        })
        .await
    }
}

async fn waiting(tx: &mut Tx, hash: [u8; 32], now: Timestamp) -> Result<Option<MemberId>, StoreError> {
    let asked = sql!("SELECT member_id FROM half_sign_in WHERE token_hash = $1 AND expires_at > $2");
    let row = tx.row(asked, &[hash.into(), now.into()]).await?;
    row.map(|row| Ok(MemberId::from_bytes(row.bytes(0)?))).transpose()
}

fn token_hash(keys: &Keys, token: &str) -> Result<[u8; 32], StoreError> {
    keys.hash("half sign-in", &[token.as_bytes()])
}
