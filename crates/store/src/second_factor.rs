//! The second factor of a member's sign-in: a secret that his device shares, sealed, and recovery codes, of which only
//! keyed hashes are kept. It counts once a code was entered; each code is good once, on whatever node it is entered.
//!
//! Locks are taken in one order everywhere: counts of attempts, ledgers by account, then these rows.

use model::ledger::LedgerKind;
use model::member::{Actor, Role, SecondFactor, SharedSecret};
use model::{AccountId, Clock, MemberId, Timestamp};
use serde_json::json;

use crate::alerts::INSTALLATION;
use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::{Store, members, sessions, totp};

/// Recovery codes that a member gets.
pub const RECOVERY_CODES: usize = 10;
/// Random bytes of a recovery code: 80 bits, sixteen letters.
const RECOVERY_BYTES: usize = 10;
const SECRET: &str = "second factor";
/// Longer is no code of ours.
const LONGEST_CODE: usize = 64;

/// How a code is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Good {
    /// The device's.
    Device,
    /// One of the recovery codes, which is spent now.
    Recovery,
}

impl Store {
    /// How a member's second factor stands.
    pub async fn second_factor(&self, member: MemberId) -> Result<SecondFactor, StoreError> {
        self.read(move |tx, keys| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!("SELECT confirmed_at, secret_sealed FROM second_factor WHERE member_id = $1"),
                        &[member.into()],
                    )
                    .await?;
                let Some(row) = row else { return Ok(SecondFactor::Off) };
                if row.opt_int(0)?.is_none() {
                    return Ok(SecondFactor::Waiting(SharedSecret(keys.open(INSTALLATION, SECRET, row.blob(1)?)?)));
                }
                Ok(SecondFactor::On { since: row.time(0)?, codes_left: codes_left(tx, member).await? })
            })
        })
        .await
    }

    /// Makes a secret for a member's device. It counts for nothing until a code of it is entered; an earlier one that
    /// nobody confirmed is forgotten.
    ///
    /// # Errors
    /// The second factor is on already.
    pub async fn prepare_second_factor(&self, member: MemberId) -> Result<(), StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let secret: [u8; totp::SECRET_BYTES] = crate::random::bytes()?;
                let sealed = keys.seal(INSTALLATION, SECRET, &secret)?;
                let kept = tx
                    .run(
                        sql!(
                            "INSERT INTO second_factor (member_id, secret_sealed, confirmed_at, last_step)
                             VALUES ($1, $2, NULL, 0) ON CONFLICT (member_id) DO UPDATE SET
                             secret_sealed = excluded.secret_sealed, last_step = 0
                             WHERE second_factor.confirmed_at IS NULL"
                        ),
                        &[member.into(), sealed.into()],
                    )
                    .await?;
                if kept == 0 { Err(StoreError::Conflict("your second factor is on already".into())) } else { Ok(()) }
            })
        })
        .await
    }

    /// Switches a prepared second factor on with a code of it: the recovery codes, told this once. None where the code is
    /// not right.
    ///
    /// # Errors
    /// Nothing was prepared, or it is on already.
    pub async fn confirm_second_factor(
        &self,
        member: MemberId,
        code: &str,
        now: Timestamp,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let code = plain(code);
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledgers = ledgers_of(tx, member).await?;
                let row = tx
                    .row(
                        sql!(
                            "SELECT secret_sealed, last_step FROM second_factor
                             WHERE member_id = $1 AND confirmed_at IS NULL"
                        ),
                        &[member.into()],
                    )
                    .await?
                    .ok_or_else(|| StoreError::Conflict("begin anew: there is no second factor to confirm".into()))?;
                let secret = keys.open(INSTALLATION, SECRET, row.blob(0)?)?;
                let Some(step) = totp::step_of(&secret, &code, now, row.int(1)?) else { return Ok(None) };
                let on = tx
                    .run(
                        sql!(
                            "UPDATE second_factor SET confirmed_at = $2, last_step = $3
                             WHERE member_id = $1 AND confirmed_at IS NULL"
                        ),
                        &[member.into(), now.into(), step.into()],
                    )
                    .await?;
                if on == 0 {
                    return Err(StoreError::Conflict("your second factor is on already".into()));
                }
                tx.run(sql!("DELETE FROM recovery_code WHERE member_id = $1"), &[member.into()]).await?;
                let mut codes = Vec::with_capacity(RECOVERY_CODES);
                for _ in 0..RECOVERY_CODES {
                    let random: [u8; RECOVERY_BYTES] = crate::random::bytes()?;
                    let code = data_encoding::BASE32_NOPAD.encode(&random);
                    tx.run(
                        sql!("INSERT INTO recovery_code (member_id, code_hash) VALUES ($1, $2)"),
                        &[member.into(), code_hash(keys, member, &code)?.into()],
                    )
                    .await?;
                    codes.push(grouped(&code));
                }
                told(tx, keys, &mut ledgers, member, "switched_on", None, now).await?;
                Ok(Some(codes))
            })
        })
        .await
    }

    /// Switches a member's second factor off with a code of it; whether the code was right. His password was asked for by
    /// [`Store::begin_sign_in`] just before, so that wrong codes count as wrong passwords do.
    pub async fn remove_second_factor(&self, member: MemberId, code: &str, now: Timestamp) -> Result<bool, StoreError> {
        let code = plain(code);
        self.write(move |tx, keys| {
            Box::pin(async move {
                // The attempt of the password, which was right; that at this address stays until the code is, too.
                sessions::uncount(tx, sessions::all_hash(keys)?).await?;
                let email = sessions::email_hash_of(tx, member).await?;
                let mut ledgers = ledgers_of(tx, member).await?;
                if taken(tx, keys, member, &code, now).await?.is_none() {
                    return Ok(false);
                }
                tx.run(sql!("DELETE FROM sign_in_attempt WHERE subject_hash = $1"), &[email.into()]).await?;
                erased(tx, member).await?;
                told(tx, keys, &mut ledgers, member, "switched_off", None, now).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Takes away the second factor of a member who lost it, and ends his sessions; whether there was one. In an account
    /// its owner may do so for who belongs to no other and is no operator; without one only the operator may.
    pub async fn reset_second_factor(
        &self,
        account: Option<AccountId>,
        member: MemberId,
        by: Actor,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                if !by.may_manage_members() || (account.is_none() && by != Actor::Operator) {
                    return Err(StoreError::NotAllowed("only an owner may take away a member's second factor"));
                }
                let mut ledgers = ledgers_of(tx, member).await?;
                let known = members::member_in(tx, keys, member)
                    .await?
                    .filter(|known| account.is_none_or(|account| known.roles.iter().any(|(of, _)| *of == account)))
                    .ok_or_else(|| StoreError::NotFound("there is no such member in the account".into()))?;
                if by != Actor::Operator && (known.operator || known.roles.len() > 1) {
                    return Err(StoreError::NotAllowed(
                        "this member has rights elsewhere, too; only the operator may take away his second factor",
                    ));
                }
                if !is_on(tx, member).await? {
                    return Ok(false);
                }
                erased(tx, member).await?;
                tx.run(sql!("DELETE FROM session WHERE member_id = $1"), &[member.into()]).await?;
                told(tx, keys, &mut ledgers, member, "reset", Some(&by), now).await?;
                Ok(true)
            })
        })
        .await
    }
}

/// Whether a member's sign-in asks for a code.
pub(crate) async fn is_on(tx: &mut Tx, member: MemberId) -> Result<bool, StoreError> {
    let on = sql!("SELECT 1 FROM second_factor WHERE member_id = $1 AND confirmed_at IS NOT NULL");
    Ok(tx.row(on, &[member.into()]).await?.is_some())
}

/// Takes a code, which is used up by it; none where it is not good.
pub(crate) async fn taken(
    tx: &mut Tx,
    keys: &Keys,
    member: MemberId,
    code: &str,
    now: Timestamp,
) -> Result<Option<Good>, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT secret_sealed, last_step FROM second_factor WHERE member_id = $1 AND confirmed_at IS NOT NULL"
            ),
            &[member.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    if !is_recovery(code) {
        let secret = keys.open(INSTALLATION, SECRET, row.blob(0)?)?;
        let Some(step) = totp::step_of(&secret, code, now, row.int(1)?) else { return Ok(None) };
        // Asked once more by the statement that keeps it: of two nodes with the same code only one goes on.
        let used = sql!("UPDATE second_factor SET last_step = $2 WHERE member_id = $1 AND last_step < $2");
        return Ok((tx.run(used, &[member.into(), step.into()]).await? > 0).then_some(Good::Device));
    }
    let values: [Value; 2] = [member.into(), code_hash(keys, member, code)?.into()];
    let used = tx.run(sql!("DELETE FROM recovery_code WHERE member_id = $1 AND code_hash = $2"), &values).await?;
    Ok((used > 0).then_some(Good::Recovery))
}

/// Forgets all of a member's second factor, within a step.
pub(crate) async fn erased(tx: &mut Tx, member: MemberId) -> Result<(), StoreError> {
    tx.run(sql!("DELETE FROM second_factor WHERE member_id = $1"), &[member.into()]).await?;
    tx.run(sql!("DELETE FROM recovery_code WHERE member_id = $1"), &[member.into()]).await?;
    tx.run(sql!("DELETE FROM half_sign_in WHERE member_id = $1"), &[member.into()]).await?;
    Ok(())
}

/// How many recovery codes are left.
pub(crate) async fn codes_left(tx: &mut Tx, member: MemberId) -> Result<u64, StoreError> {
    let left = sql!("SELECT COUNT(*) FROM recovery_code WHERE member_id = $1");
    tx.row(left, &[member.into()]).await?.map_or(Ok(0), |row| row.count(0))
}

/// The ledgers of a member's accounts, locked in the order of the accounts, each with his role there.
pub(crate) async fn ledgers_of(tx: &mut Tx, member: MemberId) -> Result<Vec<(Ledger, Role)>, StoreError> {
    let of = sql!("SELECT account_id, role FROM membership WHERE member_id = $1 ORDER BY account_id LIMIT 10000");
    let mut ledgers = Vec::new();
    for row in &tx.rows(of, &[member.into()]).await? {
        ledgers.push((Ledger::lock(tx, AccountId::from_bytes(row.bytes(0)?)).await?, row.word(1)?));
    }
    Ok(ledgers)
}

/// Says in each of them what became of the second factor; by the member himself, unless somebody else did it.
pub(crate) async fn told(
    tx: &mut Tx,
    keys: &Keys,
    ledgers: &mut [(Ledger, Role)],
    member: MemberId,
    what: &str,
    by: Option<&Actor>,
    now: Timestamp,
) -> Result<(), StoreError> {
    for (ledger, role) in ledgers {
        let by = by.cloned().unwrap_or(Actor::Member { id: member, role: *role });
        let said = json!({ "member": member, "second_factor": what, "by": by.to_string() });
        ledger.append(tx, keys, Clock::real(now), LedgerKind::MemberChanged, &said).await?;
    }
    Ok(())
}

/// A code as it was typed, without what only helps the eye.
pub(crate) fn plain(code: &str) -> String {
    let shown = code.chars().take(LONGEST_CODE).filter(|c| !c.is_whitespace() && *c != '-');
    shown.map(|c| c.to_ascii_uppercase()).collect()
}

/// Whether a code is written as recovery codes are, not as a device's.
pub(crate) fn is_recovery(plain: &str) -> bool {
    plain.len() > 6
}

/// In lower case and groups of four.
fn grouped(code: &str) -> String {
    let code = code.to_ascii_lowercase();
    let mut shown = String::with_capacity(code.len() + code.len() / 4);
    for (place, letter) in code.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            shown.push('-');
        }
        shown.push(letter);
    }
    shown
}

fn code_hash(keys: &Keys, member: MemberId, plain: &str) -> Result<[u8; 32], StoreError> {
    keys.hash("recovery code", &[member.as_bytes(), plain.as_bytes()])
}
