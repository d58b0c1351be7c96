//! One-time links: a secret of 256 bits, good for 15 minutes and one use. Only its keyed hash is kept.

use model::member::{Actor, LinkToken, Member, OneTimeLink};
use model::{AccountId, MemberId, Span, Timestamp};

use crate::Store;
use crate::engine::{Tx, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::members;

/// How long a link is good for.
pub const LINK_GOOD_FOR: Span = Span::minutes(15);

const SPENT: &str = "this link was used before or is older than 15 minutes; ask for a new one";

impl Store {
    /// Makes a link: for a member to set his password, or for whoever started the program to become operator.
    /// A member's older links end with it.
    pub async fn create_one_time_link(
        &self,
        member: Option<MemberId>,
        now: Timestamp,
    ) -> Result<LinkToken, StoreError> {
        self.write(move |tx, keys| Box::pin(issue(tx, keys, member, now))).await
    }

    /// Makes a new link for a member of the account. An owner may do so only for who belongs to no other
    /// account and is no operator: the link hands over all that its member may do.
    pub async fn create_link_for_member(
        &self,
        account: AccountId,
        member: MemberId,
        by: Actor,
        now: Timestamp,
    ) -> Result<LinkToken, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                if !by.may_manage_members() {
                    return Err(StoreError::NotAllowed("only an owner may make links for members"));
                }
                let known = members::member_in(tx, keys, member)
                    .await?
                    .filter(|known| known.roles.iter().any(|(of, _)| *of == account))
                    .ok_or_else(|| StoreError::NotFound("there is no such member in the account".into()))?;
                if by != Actor::Operator && (known.operator || known.roles.len() > 1) {
                    return Err(StoreError::NotAllowed(
                        "this member has rights elsewhere, too; only the operator may make a link for him",
                    ));
                }
                issue(tx, keys, Some(member), now).await
            })
        })
        .await
    }

    /// What a link is good for, without using it; none where it is good no more.
    pub async fn one_time_link(&self, token: &str, now: Timestamp) -> Result<Option<OneTimeLink>, StoreError> {
        let hash = token_hash(&self.keys, token)?;
        self.read(move |tx, _| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!("SELECT member_id FROM one_time_link WHERE token_hash = $1 AND expires_at > $2"),
                        &[hash.into(), now.into()],
                    )
                    .await?;
                row.map(|row| Ok(OneTimeLink { member: row.opt_bytes(0)?.map(MemberId::from_bytes) })).transpose()
            })
        })
        .await
    }

    /// Uses a link up; none where it is good no more.
    pub async fn use_one_time_link(&self, token: &str, now: Timestamp) -> Result<Option<OneTimeLink>, StoreError> {
        let hash = token_hash(&self.keys, token)?;
        self.write(move |tx, _| Box::pin(used(tx, hash, now))).await
    }

    /// Uses a link up to make the first operator. Where it fails, the link is still good.
    pub async fn add_operator_by_link(
        &self,
        token: &str,
        email: &str,
        password: String,
        now: Timestamp,
    ) -> Result<Member, StoreError> {
        let (hash, email) = (token_hash(&self.keys, token)?, members::canonical(email)?);
        self.write(move |tx, keys| {
            Box::pin(async move {
                match used(tx, hash, now).await? {
                    Some(OneTimeLink { member: None }) => {}
                    _ => return Err(StoreError::NotFound(SPENT.into())),
                }
                if members::operator_in(tx).await? {
                    return Err(StoreError::Conflict("the installation has an operator already; sign in".into()));
                }
                let member = members::insert(tx, keys, email, Some(password), true, now).await?;
                // Other links to become operator were printed by other starts; none of them is needed any more.
                tx.run(sql!("DELETE FROM one_time_link WHERE member_id IS NULL"), &[]).await?;
                Ok(member)
            })
        })
        .await
    }

    /// Uses a link up to set its member's password, and ends his sessions; who he is.
    pub async fn set_password_by_link(
        &self,
        token: &str,
        password: String,
        now: Timestamp,
    ) -> Result<MemberId, StoreError> {
        let hash = token_hash(&self.keys, token)?;
        self.write(move |tx, _| {
            Box::pin(async move {
                let Some(OneTimeLink { member: Some(member) }) = used(tx, hash, now).await? else {
                    return Err(StoreError::NotFound(SPENT.into()));
                };
                members::password_set(tx, member, password).await?;
                Ok(member)
            })
        })
        .await
    }
}

/// Issues a link, within a step.
pub(crate) async fn issue(
    tx: &mut Tx,
    keys: &Keys,
    member: Option<MemberId>,
    now: Timestamp,
) -> Result<LinkToken, StoreError> {
    let token = secret_token()?;
    tx.run(sql!("DELETE FROM one_time_link WHERE expires_at <= $1"), &[now.into()]).await?;
    if let Some(member) = member {
        tx.run(sql!("DELETE FROM one_time_link WHERE member_id = $1"), &[member.into()]).await?;
    }
    tx.run(
        sql!("INSERT INTO one_time_link (token_hash, member_id, expires_at) VALUES ($1, $2, $3)"),
        &[token_hash(keys, &token)?.into(), member.into(), now.plus(LINK_GOOD_FOR).into()],
    )
    .await?;
    Ok(LinkToken(token))
}

/// One statement finds and deletes, so that of two uses at once only one succeeds.
async fn used(tx: &mut Tx, hash: [u8; 32], now: Timestamp) -> Result<Option<OneTimeLink>, StoreError> {
    let row = tx
        .row(
            sql!("DELETE FROM one_time_link WHERE token_hash = $1 AND expires_at > $2 RETURNING member_id"),
            &[hash.into(), now.into()],
        )
        .await?;
    row.map(|row| Ok(OneTimeLink { member: row.opt_bytes(0)?.map(MemberId::from_bytes) })).transpose()
}

fn token_hash(keys: &Keys, token: &str) -> Result<[u8; 32], StoreError> {
    keys.hash("one-time link", &[token.as_bytes()])
}

/// 256 random bits, written so that they fit into a URL and a cookie.
pub(crate) fn secret_token() -> Result<String, StoreError> {
    let random: [u8; 32] = crate::random::bytes()?;
    Ok(data_encoding::BASE64URL_NOPAD.encode(&random))
}
