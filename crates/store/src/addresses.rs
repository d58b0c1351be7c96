//! Inbound addresses: secret, re-issuable, known by a keyed hash of their local part and sealed for showing.

use model::account::{AddressKind, AddressState};
use model::ledger::LedgerKind;
use model::member::Actor;
use model::{AccountId, AddressId, Clock, Handle, InboundAddress, Marketplace, Span, Timestamp, Way};
use serde_json::json;

use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::{Store, accounts, feed_breaks, self_tests};

/// A replaced address is still taken for so long.
pub const REPLACED_ACCEPTED_FOR: Span = Span::days(90);

/// Addresses that an account can have, as many as pages show.
const MOST: u64 = 1000;

/// Random bytes in a local part: 96 bits (the design asks for 80 at least).
const RANDOM_BYTES: usize = 12;

impl Store {
    /// The inbound addresses of an account, revoked ones left out.
    pub async fn addresses(&self, account: AccountId) -> Result<Vec<InboundAddress>, StoreError> {
        self.read(move |tx, keys| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT id, account_id, store, kind, local_part_sealed, state, issued_at, accepted_until,
                             last_mail_at, last_notice_at FROM address
                             WHERE account_id = $1 AND state <> 'revoked' ORDER BY id LIMIT 1000"
                        ),
                        &[account.into()],
                    )
                    .await?;
                rows.iter().map(|row| opened(keys, row)).collect()
            })
        })
        .await
    }

    /// The address with that local part, if it takes mail at `now`.
    pub async fn find_address(&self, local_part: &str, now: Timestamp) -> Result<Option<InboundAddress>, StoreError> {
        let hash = self.keys.hash("inbound address", &[local_part.to_ascii_lowercase().as_bytes()])?;
        self.read(move |tx, keys| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT id, account_id, store, kind, local_part_sealed, state, issued_at, accepted_until,
                             last_mail_at, last_notice_at FROM address WHERE local_part_hash = $1"
                        ),
                        &[hash.into()],
                    )
                    .await?;
                let address = row.map(|row| opened(keys, &row)).transpose()?;
                Ok(address.filter(|address| match address.state {
                    AddressState::Active => true,
                    AddressState::Replaced => address.accepted_until.is_some_and(|until| now < until),
                    AddressState::Revoked => false,
                }))
            })
        })
        .await
    }

    /// Issues a new address in the place of `old`, which is taken for 90 more days and flagged.
    pub async fn reissue_address(
        &self,
        account: AccountId,
        old: AddressId,
        by: Actor,
        now: Timestamp,
    ) -> Result<InboundAddress, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may re-issue addresses"));
                }
                let row = tx
                    .row(
                        sql!(
                            "SELECT address.store, address.kind, account.handle FROM address
                             JOIN account ON account.id = address.account_id
                             WHERE address.id = $1 AND address.account_id = $2 AND address.state = 'active'"
                        ),
                        &[old.into(), account.into()],
                    )
                    .await?
                    .ok_or_else(|| StoreError::NotFound("there is no such active address in the account".into()))?;
                let (store, kind, handle) = (row.opt_word(0)?, row.word(1)?, row.word::<Handle>(2)?);
                tx.run(
                    sql!("UPDATE address SET state = 'replaced', accepted_until = $2 WHERE id = $1"),
                    &[old.into(), now.plus(REPLACED_ACCEPTED_FOR).into()],
                )
                .await?;
                let new = issue(tx, keys, (account, &handle), store, kind, now).await?;
                self_tests::address_replaced(tx, keys, &mut ledger, (account, old, new.id), Clock::real(now)).await?;
                let said = json!({ "replaced": old, "issued": new.id, "by": by.to_string() });
                ledger.append(tx, keys, Clock::real(now), LedgerKind::AddressChanged, &said).await?;
                Ok(new)
            })
        })
        .await
    }

    /// Issues one more address: for one kind of notice of a store, or for all of the account.
    pub async fn issue_address(
        &self,
        account: AccountId,
        store: Option<Marketplace>,
        kind: AddressKind,
        by: Actor,
        now: Timestamp,
    ) -> Result<InboundAddress, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may issue addresses"));
                }
                if let Some(store) = store {
                    accounts::seller_in(tx, account, store).await?;
                }
                let open = sql!("SELECT COUNT(*) FROM address WHERE account_id = $1 AND state <> 'revoked'");
                if tx.row(open, &[account.into()]).await?.map_or(Ok(0), |row| row.count(0))? >= MOST {
                    return Err(StoreError::Conflict("the account has a thousand addresses; revoke one first".into()));
                }
                let handle = accounts::account_in(tx, account).await?.handle;
                let new = issue(tx, keys, (account, &handle), store, kind, now).await?;
                feed_breaks::ways_changed(tx, keys, &mut ledger, account, Clock::real(now)).await?;
                let said = json!({ "issued": new.id, "by": by.to_string() });
                ledger.append(tx, keys, Clock::real(now), LedgerKind::AddressChanged, &said).await?;
                Ok(new)
            })
        })
        .await
    }

    /// Revokes an address: no mail is taken there from now on. Where it was the last way in of a store, that store's
    /// messages wait, since its feed is known to be broken.
    pub async fn revoke_address(
        &self,
        account: AccountId,
        address: AddressId,
        by: Actor,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may revoke addresses"));
                }
                let revoke = sql!(
                    "UPDATE address SET state = 'revoked', accepted_until = NULL
                     WHERE id = $1 AND account_id = $2 AND state <> 'revoked'"
                );
                if tx.run(revoke, &[address.into(), account.into()]).await? == 0 {
                    return Err(StoreError::NotFound("there is no such address in the account".into()));
                }
                feed_breaks::ways_changed(tx, keys, &mut ledger, account, Clock::real(now)).await?;
                self_tests::way_ended(tx, keys, &mut ledger, (account, Way::Address(address)), Clock::real(now))
                    .await?;
                let said = json!({ "revoked": address, "by": by.to_string() });
                ledger.append(tx, keys, Clock::real(now), LedgerKind::AddressChanged, &said).await?;
                Ok(())
            })
        })
        .await
    }
}

/// Issues one address, within a step.
pub(crate) async fn issue(
    tx: &mut Tx,
    keys: &Keys,
    account: (AccountId, &Handle),
    store: Option<Marketplace>,
    kind: AddressKind,
    now: Timestamp,
) -> Result<InboundAddress, StoreError> {
    let (account, handle) = account;
    let address = InboundAddress {
        id: AddressId::generate(),
        account,
        store,
        kind,
        local_part: secret_local_part(handle, store, kind)?,
        state: AddressState::Active,
        issued_at: now,
        accepted_until: None,
        last_mail_at: None,
        last_notice_at: None,
    };
    let values: [Value; 8] = [
        address.id.into(),
        account.into(),
        store.into(),
        kind.as_str().into(),
        keys.hash("inbound address", &[address.local_part.as_bytes()])?.into(),
        keys.seal(account, "inbound address", address.local_part.as_bytes())?.into(),
        address.state.as_str().into(),
        now.into(),
    ];
    tx.run(
        sql!(
            "INSERT INTO address (id, account_id, store, kind, local_part_hash, local_part_sealed, state, issued_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        ),
        &values,
    )
    .await?;
    Ok(address)
}

/// A readable beginning, so that a seller can tell his addresses apart, and 96 random bits. It stays within
/// the 64 bytes of a local part (RFC 5321, 4.5.3.1.1).
fn secret_local_part(handle: &Handle, store: Option<Marketplace>, kind: AddressKind) -> Result<String, StoreError> {
    let random: [u8; RANDOM_BYTES] = crate::random::bytes()?;
    let secret = data_encoding::BASE32_NOPAD.encode(&random).to_ascii_lowercase();
    let readable: String = handle.as_str().chars().take(24).collect();
    let readable = readable.trim_end_matches('-');
    let kind = match kind {
        AddressKind::Any => "all",
        AddressKind::OptOut => "optout",
        AddressKind::Refund => "refund",
    };
    Ok(match store {
        Some(store) => format!("{readable}-{}-{kind}-{secret}", store.as_str().to_ascii_lowercase()),
        None => format!("{readable}-{kind}-{secret}"),
    })
}

fn opened(keys: &Keys, row: &Row) -> Result<InboundAddress, StoreError> {
    let account = AccountId::from_bytes(row.bytes(1)?);
    Ok(InboundAddress {
        id: AddressId::from_bytes(row.bytes(0)?),
        account,
        store: row.opt_word(2)?,
        kind: row.word(3)?,
        local_part: keys.open_text(account, "inbound address", row.blob(4)?)?,
        state: row.word(5)?,
        issued_at: row.time(6)?,
        accepted_until: row.opt_time(7)?,
        last_mail_at: row.opt_time(8)?,
        last_notice_at: row.opt_time(9)?,
    })
}
