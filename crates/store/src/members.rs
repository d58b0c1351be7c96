//! Members: people with a role in an account, and the operators of the installation. Their addresses are
//! personal data: sealed, and found by a keyed hash. An owner learns nothing of a member's other accounts.

use model::ledger::LedgerKind;
use model::member::{Actor, AddedMember, Member, Role};
use model::{AccountId, Alias, Clock, MemberId, Timestamp};
use serde_json::json;

use crate::Store;
use crate::alerts::INSTALLATION;
use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::{one_time_links, second_factor};

/// Members that an account can have.
const MEMBERS_AT_MOST: u32 = 1000;
/// Accounts whose roles a session carries; an agency with more signs in as operator.
const ROLES_AT_MOST: u32 = 10_000;
/// The longest address (RFC 5321, 4.5.3.1.3, without the angle brackets).
const LONGEST_EMAIL: usize = 254;

const MANAGED_BY_OWNERS: StoreError = StoreError::NotAllowed("only an owner may add, change or remove members");

impl Store {
    /// Whether anybody runs the installation yet. Until then the dashboard prints a one-time link at its start.
    pub async fn operator_exists(&self) -> Result<bool, StoreError> {
        self.read(|tx, _| Box::pin(operator_in(tx))).await
    }

    /// Adds an operator. `password` is the hash (PHC string) that the dashboard made.
    pub async fn add_operator(&self, email: &str, password: String, now: Timestamp) -> Result<Member, StoreError> {
        let email = canonical(email)?;
        self.write(move |tx, keys| Box::pin(async move { insert(tx, keys, email, Some(password), true, now).await }))
            .await
    }

    /// Adds a member to an account. Who is new to the installation gets a one-time link to set his password;
    /// who is known signs in as before, and nobody is given a link to take over his password.
    pub async fn add_member(
        &self,
        account: AccountId,
        email: &str,
        role: Role,
        by: Actor,
        now: Timestamp,
    ) -> Result<AddedMember, StoreError> {
        let email = canonical(email)?;
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_manage_members() {
                    return Err(MANAGED_BY_OWNERS);
                }
                let (mut member, link) = if let Some(member) = by_email(tx, keys, &email).await? {
                    (member, None)
                } else {
                    let member = insert(tx, keys, email, None, false, now).await?;
                    let link = one_time_links::issue(tx, keys, Some(member.id), now).await?;
                    (member, Some(link))
                };
                let added = tx
                    .run(
                        sql!(
                            "INSERT INTO membership (member_id, account_id, role) VALUES ($1, $2, $3)
                             ON CONFLICT (member_id, account_id) DO NOTHING"
                        ),
                        &[member.id.into(), account.into(), role.as_str().into()],
                    )
                    .await?;
                if added == 0 {
                    return Err(StoreError::Conflict("this person is a member of the account already".into()));
                }
                let said = json!({ "member": member.id, "added_as": role, "by": by.to_string() });
                ledger.append(tx, keys, Clock::real(now), LedgerKind::MemberChanged, &said).await?;
                member.roles = vec![(account, role)];
                Ok(AddedMember { member, link })
            })
        })
        .await
    }

    /// Gives a member of the account another role. The last owner can only be changed by the operator.
    pub async fn change_role(
        &self,
        account: AccountId,
        member: MemberId,
        role: Role,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                let before = changeable(tx, account, member, &by, Some(role)).await?;
                if before == role {
                    return Ok(());
                }
                tx.run(
                    sql!("UPDATE membership SET role = $3 WHERE member_id = $1 AND account_id = $2"),
                    &[member.into(), account.into(), role.as_str().into()],
                )
                .await?;
                let said = json!({ "member": member, "was": before, "is": role, "by": by.to_string() });
                ledger.append(tx, keys, Clock::real(now), LedgerKind::MemberChanged, &said).await?;
                Ok(())
            })
        })
        .await
    }

    /// Takes a member out of the account. Who has no other account and is no operator is forgotten altogether.
    pub async fn remove_member(
        &self,
        account: AccountId,
        member: MemberId,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                let role = changeable(tx, account, member, &by, None).await?;
                tx.run(
                    sql!("DELETE FROM membership WHERE member_id = $1 AND account_id = $2"),
                    &[member.into(), account.into()],
                )
                .await?;
                forget_without_account(tx, member).await?;
                let said = json!({ "member": member, "removed_as": role, "by": by.to_string() });
                ledger.append(tx, keys, Clock::real(now), LedgerKind::MemberChanged, &said).await?;
                Ok(())
            })
        })
        .await
    }

    /// The members of an account, each with his role in it alone.
    pub async fn members(&self, account: AccountId) -> Result<Vec<Member>, StoreError> {
        self.read(move |tx, keys| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT member.id, member.email_sealed, member.operator, member.created_at, membership.role
                             FROM membership JOIN member ON member.id = membership.member_id
                             WHERE membership.account_id = $1 ORDER BY membership.member_id LIMIT $2"
                        ),
                        &[account.into(), MEMBERS_AT_MOST.into()],
                    )
                    .await?;
                rows.iter()
                    .map(|row| Ok(Member { roles: vec![(account, row.word(4)?)], ..opened(keys, row)? }))
                    .collect()
            })
        })
        .await
    }

    /// The person with that address, with all his roles.
    pub async fn member_by_email(&self, email: &str) -> Result<Option<Member>, StoreError> {
        let Ok(email) = canonical(email) else { return Ok(None) };
        self.read(move |tx, keys| {
            Box::pin(async move {
                match by_email(tx, keys, &email).await? {
                    Some(member) => member_in(tx, keys, member.id).await,
                    None => Ok(None),
                }
            })
        })
        .await
    }

    /// The hash of a member's password; none before he has set one.
    pub async fn password_of(&self, member: MemberId) -> Result<Option<String>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let row = tx.row(sql!("SELECT password FROM member WHERE id = $1"), &[member.into()]).await?;
                row.map_or(Ok(None), |row| Ok(row.opt_text(0)?.map(str::to_owned)))
            })
        })
        .await
    }

    /// Sets a member's password (the hash, as a PHC string), and ends all his sessions.
    pub async fn set_password(&self, member: MemberId, password: String) -> Result<(), StoreError> {
        self.write(move |tx, _| Box::pin(password_set(tx, member, password))).await
    }
}

pub(crate) async fn operator_in(tx: &mut Tx) -> Result<bool, StoreError> {
    Ok(tx.row(sql!("SELECT 1 FROM member WHERE operator = 1 LIMIT 1"), &[]).await?.is_some())
}

pub(crate) async fn password_set(tx: &mut Tx, member: MemberId, password: String) -> Result<(), StoreError> {
    let set = tx.run(sql!("UPDATE member SET password = $2 WHERE id = $1"), &[member.into(), password.into()]).await?;
    if set == 0 {
        return Err(StoreError::NotFound("there is no such member any more".into()));
    }
    tx.run(sql!("DELETE FROM half_sign_in WHERE member_id = $1"), &[member.into()]).await?;
    tx.run(sql!("DELETE FROM session WHERE member_id = $1"), &[member.into()]).await?;
    Ok(())
}

/// Who has no account and is no operator is forgotten altogether, with all by which he could sign in.
pub(crate) async fn forget_without_account(tx: &mut Tx, member: MemberId) -> Result<(), StoreError> {
    let forgotten = tx
        .run(
            sql!(
                "DELETE FROM member WHERE id = $1 AND operator = 0
                 AND NOT EXISTS (SELECT 1 FROM membership WHERE member_id = $1)"
            ),
            &[member.into()],
        )
        .await?;
    if forgotten > 0 {
        second_factor::erased(tx, member).await?;
        tx.run(sql!("DELETE FROM session WHERE member_id = $1"), &[member.into()]).await?;
        tx.run(sql!("DELETE FROM one_time_link WHERE member_id = $1"), &[member.into()]).await?;
    }
    Ok(())
}

/// The person of that id with all his roles, within a step.
pub(crate) async fn member_in(tx: &mut Tx, keys: &Keys, id: MemberId) -> Result<Option<Member>, StoreError> {
    let row =
        tx.row(sql!("SELECT id, email_sealed, operator, created_at FROM member WHERE id = $1"), &[id.into()]).await?;
    let Some(row) = row else { return Ok(None) };
    let rows = tx
        .rows(
            sql!("SELECT account_id, role FROM membership WHERE member_id = $1 ORDER BY account_id LIMIT $2"),
            &[id.into(), ROLES_AT_MOST.into()],
        )
        .await?;
    let roles = rows.iter().map(|row| Ok((AccountId::from_bytes(row.bytes(0)?), row.word(1)?)));
    Ok(Some(Member { roles: roles.collect::<Result<_, StoreError>>()?, ..opened(keys, &row)? }))
}

/// The hash by which an address is found.
pub(crate) fn email_hash(keys: &Keys, canonical: &str) -> Result<[u8; 32], StoreError> {
    keys.hash("member email", &[canonical.as_bytes()])
}

/// The one written form of an address: trimmed and in lower case.
pub(crate) fn canonical(email: &str) -> Result<String, StoreError> {
    let email = email.trim().to_lowercase();
    let shaped = email.len() <= LONGEST_EMAIL
        && !email.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"'))
        && email.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if !shaped {
        return Err(StoreError::Conflict("this is no e-mail address; write it like name@example.com".into()));
    }
    // Mail to members must never reach a buyer.
    if email.parse::<Alias>().is_ok() {
        return Err(StoreError::Conflict("this is a buyer's relay address; a member needs one of his own".into()));
    }
    Ok(email)
}

pub(crate) async fn insert(
    tx: &mut Tx,
    keys: &Keys,
    email: String,
    password: Option<String>,
    operator: bool,
    now: Timestamp,
) -> Result<Member, StoreError> {
    let id = MemberId::generate();
    let values: [Value; 6] = [
        id.into(),
        email_hash(keys, &email)?.into(),
        keys.seal(INSTALLATION, "member email", email.as_bytes())?.into(),
        password.into(),
        operator.into(),
        now.into(),
    ];
    let added = tx
        .run(
            sql!(
                "INSERT INTO member (id, email_hash, email_sealed, password, operator, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email_hash) DO NOTHING"
            ),
            &values,
        )
        .await?;
    if added == 0 {
        return Err(StoreError::Conflict("somebody signs in with this address already".into()));
    }
    Ok(Member { id, email, operator, roles: Vec::new(), created_at: now })
}

/// The person with that address, without his roles.
async fn by_email(tx: &mut Tx, keys: &Keys, canonical: &str) -> Result<Option<Member>, StoreError> {
    let row = tx
        .row(
            sql!("SELECT id, email_sealed, operator, created_at FROM member WHERE email_hash = $1"),
            &[email_hash(keys, canonical)?.into()],
        )
        .await?;
    row.map(|row| opened(keys, &row)).transpose()
}

/// The member's role now, if `by` may change it; an account keeps an owner unless the operator decides else.
async fn changeable(
    tx: &mut Tx,
    account: AccountId,
    member: MemberId,
    by: &Actor,
    becomes: Option<Role>,
) -> Result<Role, StoreError> {
    if !by.may_manage_members() {
        return Err(MANAGED_BY_OWNERS);
    }
    let role: Role = tx
        .row(
            sql!("SELECT role FROM membership WHERE member_id = $1 AND account_id = $2"),
            &[member.into(), account.into()],
        )
        .await?
        .ok_or_else(|| StoreError::NotFound("there is no such member in the account".into()))?
        .word(0)?;
    if role == Role::Owner && becomes != Some(Role::Owner) && *by != Actor::Operator {
        let other = tx
            .row(
                sql!("SELECT 1 FROM membership WHERE account_id = $1 AND member_id <> $2 AND role = 'owner' LIMIT 1"),
                &[account.into(), member.into()],
            )
            .await?;
        if other.is_none() {
            return Err(StoreError::Conflict(
                "this is the account's last owner; make somebody else owner first".into(),
            ));
        }
    }
    Ok(role)
}

fn opened(keys: &Keys, row: &Row) -> Result<Member, StoreError> {
    Ok(Member {
        id: MemberId::from_bytes(row.bytes(0)?),
        email: keys.open_text(INSTALLATION, "member email", row.blob(1)?)?,
        operator: row.flag(2)?,
        roles: Vec::new(),
        created_at: row.time(3)?,
    })
}
