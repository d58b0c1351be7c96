//! How each store's own texts leave: its sender, and how its server fares. Address, name, user and password are
//! sealed; the ledger says that a sender was set and by whom, never what stands in it.

use model::ledger::LedgerKind;
use model::member::Actor;
use model::sender::Sender;
use model::sender::{Secret, Security, SenderAddress, SenderLimits, ServerReply, SignIn, SubmissionServer};
use model::sending::SenderTrouble;
use model::{AccountId, AlertKind, Clock, Marketplace, Reason, Timestamp};
use serde_json::json;

use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::{Store, accounts, alerts, sender_trials};

/// What the address is sealed for; the others likewise.
const FROM: &str = "sender from";
const NAME: &str = "sender name";
const USER: &str = "sender user";
const PASSWORD: &str = "sender password";
const REPLY: &str = "sender reply";

impl Store {
    /// Sets how a store's texts leave. Whatever was wrong with the sender before is forgotten.
    pub async fn set_sender(
        &self,
        account: AccountId,
        store: Marketplace,
        sender: Sender,
        by: Actor,
        clock: Clock,
    ) -> Result<(), StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may set how a store sends"));
                }
                accounts::seller_in(tx, account, store).await?;
                let version: [u8; 16] = crate::random::bytes()?;
                let seal = |purpose, text: &str| keys.seal(account, purpose, text.as_bytes());
                let sign_in = sender.sign_in.as_ref();
                let values: [Value; 14] = [
                    account.into(),
                    store.into(),
                    seal(FROM, sender.from.as_str())?.into(),
                    sender.name.as_deref().map(|name| seal(NAME, name)).transpose()?.into(),
                    sender.server.host().into(),
                    u32::from(sender.server.port()).into(),
                    sender.server.security().as_str().into(),
                    sign_in.map(|sign_in| seal(USER, &sign_in.user)).transpose()?.into(),
                    sign_in.map(|sign_in| seal(PASSWORD, sign_in.password.reveal())).transpose()?.into(),
                    u32::from(sender.limits.connections).into(),
                    u32::from(sender.limits.per_minute).into(),
                    clock.real.into(),
                    version.into(),
                    sender.server.is_only_public().into(),
                ];
                tx.run(
                    sql!(
                        "INSERT INTO sender (account_id, store, from_sealed, name_sealed, host, port, security, user_sealed,
                         password_sealed, connections, per_minute, changed_at, version, only_public)
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                         ON CONFLICT (account_id, store) DO UPDATE SET from_sealed = excluded.from_sealed,
                         name_sealed = excluded.name_sealed, host = excluded.host, port = excluded.port,
                         security = excluded.security, user_sealed = excluded.user_sealed,
                         password_sealed = excluded.password_sealed, connections = excluded.connections,
                         per_minute = excluded.per_minute, changed_at = excluded.changed_at, version = excluded.version,
                         only_public = excluded.only_public"
                    ),
                    &values,
                )
                .await?;
                forget_trouble(tx, account, store).await?;
                sender_trials::ask(tx, account, store, clock.real).await?;
                let said = json!({ "sender": "set", "store": store, "server": sender.server.to_string(),
                    "signs_in": sign_in.is_some(), "per_minute": sender.limits.per_minute, "by": by.to_string() });
                ledger.append(tx, keys, clock, LedgerKind::SendingChanged, &said).await?;
                Ok(())
            })
        })
        .await
    }

    /// Takes a store's sender away: what is live there waits from then on. Whether there was one.
    pub async fn remove_sender(
        &self,
        account: AccountId,
        store: Marketplace,
        by: Actor,
        clock: Clock,
    ) -> Result<bool, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may set how a store sends"));
                }
                let removed = tx
                    .run(
                        sql!("DELETE FROM sender WHERE account_id = $1 AND store = $2"),
                        &[account.into(), store.into()],
                    )
                    .await?;
                if removed > 0 {
                    forget_trouble(tx, account, store).await?;
                    sender_trials::forget(tx, account, store).await?;
                    let said = json!({ "sender": "removed", "store": store, "by": by.to_string() });
                    ledger.append(tx, keys, clock, LedgerKind::SendingChanged, &said).await?;
                }
                Ok(removed > 0)
            })
        })
        .await
    }

    /// How a store's texts leave, opened; none where that was not set.
    pub async fn sender(&self, account: AccountId, store: Marketplace) -> Result<Option<Sender>, StoreError> {
        self.read(move |tx, keys| Box::pin(sender_in(tx, keys, account, store))).await
    }

    /// A store's server is in trouble: its lane pauses until then, on every node. The words it said are kept sealed.
    /// A refused sign-in alerts, once a day. Trouble that goes on keeps the time at which it began.
    pub async fn sender_trouble(
        &self,
        account: AccountId,
        store: Marketplace,
        reason: Reason,
        reply: Option<ServerReply>,
        paused_until: Timestamp,
        clock: Clock,
    ) -> Result<(), StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                Ledger::lock(tx, account).await?;
                let reply = reply.map(|reply| seal_reply(keys, account, REPLY, &reply)).transpose()?;
                let values: [Value; 6] = [
                    account.into(),
                    store.into(),
                    reason.as_str().into(),
                    clock.real.into(),
                    paused_until.into(),
                    reply.into(),
                ];
                // Without a sender there is nothing to be in trouble: it was removed meanwhile.
                tx.run(
                    sql!(
                        "INSERT INTO sender_trouble (account_id, store, reason, since, paused_until, reply_sealed)
                         SELECT account_id, store, $3, $4, $5, $6 FROM sender WHERE account_id = $1 AND store = $2
                         ON CONFLICT (account_id, store) DO UPDATE SET reason = excluded.reason,
                         paused_until = excluded.paused_until, reply_sealed = excluded.reply_sealed"
                    ),
                    &values,
                )
                .await?;
                if reason == Reason::SignInFailed {
                    alerts::raise(tx, keys, account, AlertKind::SignInFailed, store.as_str(), clock.real).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// A store's server is well again. Whether it was in trouble.
    pub async fn sender_well(&self, account: AccountId, store: Marketplace) -> Result<bool, StoreError> {
        self.write(move |tx, _| {
            Box::pin(async move {
                Ledger::lock(tx, account).await?;
                Ok(forget_trouble(tx, account, store).await? > 0)
            })
        })
        .await
    }

    /// What is wrong with a store's server, and until when its lane pauses; none while it is well.
    pub async fn sender_status(
        &self,
        account: AccountId,
        store: Marketplace,
    ) -> Result<Option<SenderTrouble>, StoreError> {
        self.read(move |tx, keys| Box::pin(trouble_in(tx, keys, account, store))).await
    }
}

async fn forget_trouble(tx: &mut Tx, account: AccountId, store: Marketplace) -> Result<u64, StoreError> {
    tx.run(sql!("DELETE FROM sender_trouble WHERE account_id = $1 AND store = $2"), &[account.into(), store.into()])
        .await
}

/// The sender, within a step.
pub(crate) async fn sender_in(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    store: Marketplace,
) -> Result<Option<Sender>, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT from_sealed, name_sealed, host, port, security, user_sealed, password_sealed, connections,
                 per_minute, only_public FROM sender WHERE account_id = $1 AND store = $2"
            ),
            &[account.into(), store.into()],
        )
        .await?;
    row.map(|row| opened(keys, account, &row)).transpose()
}

fn opened(keys: &Keys, account: AccountId, row: &Row) -> Result<Sender, StoreError> {
    let open = |purpose, place| row.opt_blob(place)?.map(|sealed| keys.open_text(account, purpose, sealed)).transpose();
    let from = keys.open_text(account, FROM, row.blob(0)?)?;
    let from: SenderAddress = from.parse().map_err(|_| StoreError::Sealed(FROM))?;
    let out_of_range = || StoreError::unexpected("a sender's number is out of range");
    let security: Security = row.word(4)?;
    let port = u16::try_from(row.int(3)?).map_err(|_| out_of_range())?;
    let server = server_of(row.text(2)?, port, security, row.flag(9)?)?;
    let sign_in = match (open(USER, 5)?, open(PASSWORD, 6)?) {
        (Some(user), Some(password)) => Some(SignIn { user, password: Secret::new(password) }),
        _ => None,
    };
    let limits = SenderLimits {
        connections: u8::try_from(row.int(7)?).map_err(|_| out_of_range())?,
        per_minute: u16::try_from(row.int(8)?).map_err(|_| out_of_range())?,
    };
    Ok(Sender { from, name: open(NAME, 1)?, server, sign_in, limits })
}

/// A server as it was set.
pub(crate) fn server_of(
    host: &str,
    port: u16,
    security: Security,
    only_public: bool,
) -> Result<SubmissionServer, StoreError> {
    let server = SubmissionServer::new(host, port, security);
    let server = if only_public { server.and_then(SubmissionServer::only_public) } else { server };
    server.map_err(|_| StoreError::unexpected("a server that was set is none"))
}

/// What is wrong with a store's server, within a step.
pub(crate) async fn trouble_in(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    store: Marketplace,
) -> Result<Option<SenderTrouble>, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT reason, since, paused_until, reply_sealed FROM sender_trouble
                 WHERE account_id = $1 AND store = $2"
            ),
            &[account.into(), store.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(SenderTrouble {
        reason: row.word(0)?,
        since: row.time(1)?,
        paused_until: row.time(2)?,
        reply: row.opt_blob(3)?.map(|sealed| open_reply(keys, account, REPLY, sealed)).transpose()?,
    }))
}

/// Seals a server's reply: it may name the recipient.
pub(crate) fn seal_reply(
    keys: &Keys,
    account: AccountId,
    purpose: &'static str,
    reply: &ServerReply,
) -> Result<Vec<u8>, StoreError> {
    keys.seal(account, purpose, format!("{} {}", reply.code(), reply.words()).as_bytes())
}

/// Opens what [`seal_reply`] made.
pub(crate) fn open_reply(
    keys: &Keys,
    account: AccountId,
    purpose: &'static str,
    sealed: &[u8],
) -> Result<ServerReply, StoreError> {
    let text = keys.open_text(account, purpose, sealed)?;
    let (code, words) = text.split_once(' ').unwrap_or((&text, ""));
    Ok(ServerReply::new(code.parse().map_err(|_| StoreError::Sealed(purpose))?, words))
}
