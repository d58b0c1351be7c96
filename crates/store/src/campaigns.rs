//! Campaigns and their versions. Each message names the version it was made by; an old version's text stays.

use model::campaign::{CampaignVersion, StoredCampaign};
use model::ledger::LedgerKind;
use model::member::Actor;
use model::order::OrderMark;
use model::{AccountId, Attachment, CampaignId, CampaignState, Clock, Span, Timestamp};
use policy::words::Approved;
use serde_json::json;

use crate::Store;
use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::ledger::Ledger;
use crate::{campaign_attachments, orders};

/// A campaign to be added or to replace the version before it.
#[derive(Debug)]
pub struct NewCampaign {
    /// Its name, unique within the account.
    pub name: String,
    /// Its TOML text; the linter found nothing in it that holds it back.
    pub text: Approved,
    /// The marks that withhold its messages; the gate reads them from here.
    pub withholding: Vec<OrderMark>,
    /// Orders purchased since then are looked at, where the campaign reaches into the past.
    pub orders_after: Option<Timestamp>,
    /// Its priority, 1 to 100: of several it gets an order's slot, and on a day of backlog it has its turn, the earlier.
    pub priority: u8,
    /// The files that its letters name, and no others.
    pub attachments: Vec<Attachment>,
}

/// On, tried out, or off.
#[derive(Debug)]
pub enum Switch {
    /// On, with the text that was approved just now: rules may have come since it was added.
    On(Approved),
    /// Tried out: nothing to buyers, a few letters a day to members. With the text that was approved just now.
    Test(Approved),
    /// Off.
    Off,
}

/// Campaigns that one account may have.
const CAMPAIGNS: u32 = 500;

/// Versions of a campaign that are listed, the newest.
const VERSIONS: u32 = 1000;

/// Orders bought longer ago than this have had their window (law 8's longest span, and a month).
const STILL_OF_INTEREST: Span = Span::days(90);

/// Past orders put before the planner in one step.
const BACKFILLED_AT_ONCE: i64 = 500;

impl Store {
    /// Adds a campaign, active from now on, or a new version of the one with that name. The same text again
    /// changes nothing.
    pub async fn add_campaign(
        &self,
        account: AccountId,
        campaign: NewCampaign,
        by: Actor,
        clock: Clock,
    ) -> Result<StoredCampaign, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may change campaigns"));
                }
                let known = campaign_named(tx, account, &campaign.name).await?;
                let state = match &known {
                    Some(known) if says_the_same(known, &campaign) && known.state != CampaignState::Off => {
                        return Ok(known.clone());
                    }
                    // One that is tried out stays so: nothing new goes to buyers before it was said.
                    Some(StoredCampaign { state: CampaignState::Test, .. }) => CampaignState::Test,
                    _ => CampaignState::Active,
                };
                let orders_after = campaign.orders_after;
                let stored = keep_version(tx, account, known, (campaign, state), clock).await?;
                look_again(tx, &stored, (orders_after, clock)).await?;
                let said = changed(&stored, &by);
                ledger.append(tx, keys, clock, LedgerKind::CampaignChanged, &said).await?;
                Ok(stored)
            })
        })
        .await
    }

    /// Keeps a new version of a campaign, which stays on or off as it is. The same text and files again change nothing.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it is not in version `seen` any more: what somebody else changed meanwhile must not
    /// be written over unseen; and where the text gives it another name.
    pub async fn change_campaign(
        &self,
        account: AccountId,
        campaign: (CampaignId, u32),
        new: NewCampaign,
        by: Actor,
        clock: Clock,
    ) -> Result<StoredCampaign, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may change campaigns"));
                }
                let (id, seen) = campaign;
                let known = campaign_of_id(tx, account, id)
                    .await?
                    .ok_or_else(|| StoreError::NotFound("there is no such campaign in the account".into()))?;
                if known.name != new.name {
                    return Err(StoreError::Conflict(format!(
                        "this is the campaign `{}`, and the text names it otherwise; keep it as a new campaign instead",
                        known.name
                    )));
                }
                if known.version != seen {
                    return Err(StoreError::Conflict(format!(
                        "somebody kept version {} of this campaign meanwhile; look at it, then change that one",
                        known.version
                    )));
                }
                if says_the_same(&known, &new) {
                    return Ok(known);
                }
                let (state, orders_after) = (known.state, new.orders_after);
                let stored = keep_version(tx, account, Some(known), (new, state), clock).await?;
                look_again(tx, &stored, (orders_after, clock)).await?;
                let said = changed(&stored, &by);
                ledger.append(tx, keys, clock, LedgerKind::CampaignChanged, &said).await?;
                Ok(stored)
            })
        })
        .await
    }

    /// Keeps a new campaign, or a new version of the one with that name, in test: in one step, so that a text that is to be
    /// tried out is never on, not even for a moment. The same text again is no new version.
    pub async fn try_campaign(
        &self,
        account: AccountId,
        new: NewCampaign,
        by: Actor,
        clock: Clock,
    ) -> Result<StoredCampaign, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may change campaigns"));
                }
                let known = campaign_named(tx, account, &new.name).await?;
                let state = CampaignState::Test;
                let stored = match known {
                    Some(known) if says_the_same(&known, &new) && known.state == state => return Ok(known),
                    Some(known) if says_the_same(&known, &new) => StoredCampaign { state, ..known },
                    known => keep_version(tx, account, known, (new, state), clock).await?,
                };
                tx.run(
                    sql!(
                        "UPDATE campaign SET active = 0, backfill_from = NULL, backfill_order = '', testing_since = $2,
                         test_look_at = $2 WHERE id = $1"
                    ),
                    &[stored.id.into(), clock.real.into()],
                )
                .await?;
                let said = changed(&stored, &by);
                ledger.append(tx, keys, clock, LedgerKind::CampaignChanged, &said).await?;
                Ok(stored)
            })
        })
        .await
    }

    /// A campaign of an account's, in its newest version.
    pub async fn campaign(&self, account: AccountId, id: CampaignId) -> Result<Option<StoredCampaign>, StoreError> {
        self.read(move |tx, _| Box::pin(campaign_of_id(tx, account, id))).await
    }

    /// Switches a campaign on, into test, or off. What it has planned is refused by the gate while it is not on.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where another text than the stored one was approved.
    pub async fn switch_campaign(
        &self,
        account: AccountId,
        name: String,
        to: Switch,
        by: Actor,
        clock: Clock,
    ) -> Result<StoredCampaign, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may change campaigns"));
                }
                let known = campaign_named(tx, account, &name)
                    .await?
                    .ok_or_else(|| StoreError::NotFound(format!("there is no campaign `{name}` in the account")))?;
                let state = match &to {
                    Switch::On(approved) | Switch::Test(approved) if approved.source() != known.text => {
                        return Err(StoreError::Conflict(format!(
                            "the campaign `{name}` was changed meanwhile; try again"
                        )));
                    }
                    Switch::On(_) => CampaignState::Active,
                    Switch::Test(_) => CampaignState::Test,
                    Switch::Off => CampaignState::Off,
                };
                if known.state != state {
                    let active = state == CampaignState::Active;
                    // Switched on again, it looks anew at the orders that may still get a message.
                    let from = active.then(|| clock.now().minus(STILL_OF_INTEREST));
                    let testing = (state == CampaignState::Test).then_some(clock.real);
                    tx.run(
                        sql!(
                            "UPDATE campaign SET active = $2, backfill_from = $3, backfill_order = '', testing_since = $4,
                             test_look_at = $4 WHERE id = $1"
                        ),
                        &[known.id.into(), active.into(), from.into(), testing.into()],
                    )
                    .await?;
                    let said =
                        json!({ "campaign": known.id, "active": active, "state": state, "by": by.to_string() });
                    ledger.append(tx, keys, clock, LedgerKind::CampaignChanged, &said).await?;
                }
                Ok(StoredCampaign { state, ..known })
            })
        })
        .await
    }

    /// Keeps a new campaign that is off. Switched on later, it covers orders purchased after it was kept, unless its text
    /// says from when.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the account has a campaign of that name, or too many.
    pub async fn keep_campaign(
        &self,
        account: AccountId,
        campaign: NewCampaign,
        by: Actor,
        clock: Clock,
    ) -> Result<StoredCampaign, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may change campaigns"));
                }
                if campaign_named(tx, account, &campaign.name).await?.is_some() {
                    return Err(StoreError::Conflict(format!(
                        "there is a campaign `{}` already; give this one another name",
                        campaign.name
                    )));
                }
                let stored = keep_version(tx, account, None, (campaign, CampaignState::Off), clock).await?;
                let said = changed(&stored, &by);
                ledger.append(tx, keys, clock, LedgerKind::CampaignChanged, &said).await?;
                Ok(stored)
            })
        })
        .await
    }

    /// A campaign's versions, newest first; at most 1,000. None where the account has no campaign of that name.
    pub async fn campaign_versions(
        &self,
        account: AccountId,
        name: String,
    ) -> Result<Option<(StoredCampaign, Vec<CampaignVersion>)>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let Some(known) = campaign_named(tx, account, &name).await? else { return Ok(None) };
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT version, created_at FROM campaign_version WHERE campaign_id = $1
                             ORDER BY version DESC LIMIT $2"
                        ),
                        &[known.id.into(), VERSIONS.into()],
                    )
                    .await?;
                let versions = rows.iter().map(|row| {
                    let version = version_of(row, 0)?;
                    Ok(CampaignVersion { version, created_at: row.time(1)?, current: version == known.version })
                });
                let versions = versions.collect::<Result<Vec<_>, StoreError>>()?;
                Ok(Some((known, versions)))
            })
        })
        .await
    }

    /// All campaigns of an account in their newest version, by name.
    pub async fn campaigns(&self, account: AccountId) -> Result<Vec<StoredCampaign>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT campaign.id, campaign.name, campaign.version, campaign_version.text, campaign.active,
                             campaign.activated_at, campaign.testing_since FROM campaign JOIN campaign_version
                             ON campaign_version.campaign_id = campaign.id AND campaign_version.version = campaign.version
                             WHERE campaign.account_id = $1 ORDER BY campaign.name LIMIT $2"
                        ),
                        &[account.into(), CAMPAIGNS.into()],
                    )
                    .await?;
                let mut attached = campaign_attachments::of_account(tx, account).await?;
                let with_files = |row: &Row| {
                    let mut stored = campaign_of(row)?;
                    stored.attachments = attached.remove(&stored.id).unwrap_or_default();
                    Ok(stored)
                };
                rows.iter().map(with_files).collect()
            })
        })
        .await
    }

    /// One version of a campaign, as a message names it.
    pub async fn campaign_version(
        &self,
        account: AccountId,
        campaign: CampaignId,
        version: u32,
    ) -> Result<Option<StoredCampaign>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT campaign.id, campaign.name, campaign_version.version, campaign_version.text,
                             campaign.active, campaign.activated_at, campaign.testing_since FROM campaign JOIN campaign_version
                             ON campaign_version.campaign_id = campaign.id
                             WHERE campaign.account_id = $1 AND campaign.id = $2 AND campaign_version.version = $3"
                        ),
                        &[account.into(), campaign.into(), version.into()],
                    )
                    .await?;
                let Some(row) = row else { return Ok(None) };
                let attachments = campaign_attachments::of_version(tx, (campaign, version)).await?;
                Ok(Some(StoredCampaign { attachments, ..campaign_of(&row)? }))
            })
        })
        .await
    }

    /// Puts the next slice of past orders of some campaign before the planner; whether there may be more.
    pub async fn continue_backfill(&self, clock: Clock) -> Result<bool, StoreError> {
        self.write(move |tx, _| {
            Box::pin(async move {
                let row = tx
                    .row(
                        sql!(
                            "SELECT id, account_id FROM campaign WHERE backfill_from IS NOT NULL ORDER BY id LIMIT 1"
                        ),
                        &[],
                    )
                    .await?;
                let Some(row) = row else { return Ok(false) };
                let (id, account) = (CampaignId::from_bytes(row.bytes(0)?), AccountId::from_bytes(row.bytes(1)?));
                // Under the account's lock: an import of its orders touches the same queue in another order.
                Ledger::lock(tx, account).await?;
                let row = tx
                    .row(
                        sql!(
                            "SELECT backfill_from, backfill_order FROM campaign WHERE id = $1 AND backfill_from IS NOT NULL"
                        ),
                        &[id.into()],
                    )
                    .await?;
                // Another node has just ended it; there may be others.
                let Some(row) = row else { return Ok(true) };
                let (from, order) = (row.time(0)?, row.opt_text(1)?.unwrap_or_default().to_owned());
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT order_id, purchased_at FROM orders WHERE account_id = $1
                             AND (purchased_at, order_id) > ($2, $3) ORDER BY purchased_at, order_id LIMIT $4"
                        ),
                        &[account.into(), from.into(), order.into(), BACKFILLED_AT_ONCE.into()],
                    )
                    .await?;
                let queued = rows.iter().map(|row| row.word(0)).collect::<Result<Vec<_>, _>>()?;
                orders::queue_for_planning(tx, account, &queued, clock.real).await?;
                let next = rows.last().map(|row| Ok::<_, StoreError>((row.time(1)?, row.text(0)?.to_owned())));
                let (from, order) = match next.transpose()? {
                    Some((from, order)) => (Some(from), Some(order)),
                    None => (None, None),
                };
                tx.run(
                    sql!("UPDATE campaign SET backfill_from = $2, backfill_order = $3 WHERE id = $1"),
                    &[id.into(), from.into(), order.into()],
                )
                .await?;
                Ok(true)
            })
        })
        .await
    }
}

/// What is planned already was planned by the version before; it is looked at again. One in test is tried out again.
async fn look_again(
    tx: &mut Tx,
    campaign: &StoredCampaign,
    since: (Option<Timestamp>, Clock),
) -> Result<(), StoreError> {
    let (orders_after, clock) = since;
    match campaign.state {
        CampaignState::Active => {
            let from = orders_after.unwrap_or(campaign.activated_at).min(campaign.activated_at);
            tx.run(
                sql!("UPDATE campaign SET backfill_from = $2, backfill_order = '' WHERE id = $1"),
                &[campaign.id.into(), from.into()],
            )
            .await?;
        }
        CampaignState::Test => {
            tx.run(
                sql!("UPDATE campaign SET test_look_at = $2 WHERE id = $1"),
                &[campaign.id.into(), clock.real.into()],
            )
            .await?;
        }
        CampaignState::Off => {}
    }
    Ok(())
}

/// What the ledger says of a campaign that was added or changed.
fn changed(campaign: &StoredCampaign, by: &Actor) -> serde_json::Value {
    json!({ "campaign": campaign.id, "version": campaign.version, "active": campaign.is_active(),
        "state": campaign.state, "by": by.to_string() })
}

/// A campaign of an account's in its newest version.
pub(crate) async fn campaign_of_id(
    tx: &mut Tx,
    account: AccountId,
    id: CampaignId,
) -> Result<Option<StoredCampaign>, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT campaign.id, campaign.name, campaign.version, campaign_version.text, campaign.active,
                 campaign.activated_at, campaign.testing_since FROM campaign JOIN campaign_version
                 ON campaign_version.campaign_id = campaign.id AND campaign_version.version = campaign.version
                 WHERE campaign.account_id = $1 AND campaign.id = $2"
            ),
            &[account.into(), id.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let known = campaign_of(&row)?;
    let attachments = campaign_attachments::of_version(tx, (known.id, known.version)).await?;
    Ok(Some(StoredCampaign { attachments, ..known }))
}

/// Whether nothing is new in it.
fn says_the_same(known: &StoredCampaign, new: &NewCampaign) -> bool {
    known.text == new.text.source() && known.attachments == campaign_attachments::files(&new.attachments)
}

/// Keeps what is new as the campaign's next version, or as the first of a new campaign.
async fn keep_version(
    tx: &mut Tx,
    account: AccountId,
    known: Option<StoredCampaign>,
    new: (NewCampaign, CampaignState),
    clock: Clock,
) -> Result<StoredCampaign, StoreError> {
    let (new, state) = new;
    if known.is_none() {
        room_for_another(tx, account).await?;
    }
    let stored = StoredCampaign {
        id: known.as_ref().map_or_else(CampaignId::generate, |known| known.id),
        name: new.name,
        version: known.as_ref().map_or(1, |known| known.version.saturating_add(1)),
        text: new.text.into_source(),
        state,
        activated_at: known.map_or_else(|| clock.now(), |known| known.activated_at),
        attachments: campaign_attachments::files(&new.attachments),
    };
    write_version(tx, account, &stored, (&new.withholding, new.priority), clock.real).await?;
    campaign_attachments::keep(tx, account, (stored.id, stored.version), &new.attachments).await?;
    Ok(stored)
}

async fn room_for_another(tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
    let row = tx.row(sql!("SELECT COUNT(*) FROM campaign WHERE account_id = $1"), &[account.into()]).await?;
    if row.map_or(Ok(0), |row| row.count(0))? >= CAMPAIGNS.into() {
        return Err(StoreError::Conflict(format!("an account has at most {CAMPAIGNS} campaigns")));
    }
    Ok(())
}

async fn campaign_named(tx: &mut Tx, account: AccountId, name: &str) -> Result<Option<StoredCampaign>, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT campaign.id, campaign.name, campaign.version, campaign_version.text, campaign.active,
                 campaign.activated_at, campaign.testing_since FROM campaign JOIN campaign_version
                 ON campaign_version.campaign_id = campaign.id AND campaign_version.version = campaign.version
                 WHERE campaign.account_id = $1 AND campaign.name = $2"
            ),
            &[account.into(), name.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let known = campaign_of(&row)?;
    let attachments = campaign_attachments::of_version(tx, (known.id, known.version)).await?;
    Ok(Some(StoredCampaign { attachments, ..known }))
}

async fn write_version(
    tx: &mut Tx,
    account: AccountId,
    campaign: &StoredCampaign,
    gate_reads: (&[OrderMark], u8),
    now: Timestamp,
) -> Result<(), StoreError> {
    let values: [Value; 6] = [
        campaign.id.into(),
        account.into(),
        campaign.name.clone().into(),
        campaign.version.into(),
        campaign.is_active().into(),
        campaign.activated_at.into(),
    ];
    tx.run(
        sql!(
            "INSERT INTO campaign (id, account_id, name, version, active, activated_at) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (id) DO UPDATE SET version = excluded.version, active = excluded.active"
        ),
        &values,
    )
    .await?;
    let (withholding, priority) = gate_reads;
    let marks = withholding.iter().map(|mark| mark.as_str()).collect::<Vec<_>>().join(" ");
    let values: [Value; 6] = [
        campaign.id.into(),
        campaign.version.into(),
        campaign.text.clone().into(),
        marks.into(),
        now.into(),
        i64::from(priority).into(),
    ];
    tx.run(
        sql!(
            "INSERT INTO campaign_version (campaign_id, version, text, withholding, created_at, priority)
             VALUES ($1, $2, $3, $4, $5, $6)"
        ),
        &values,
    )
    .await?;
    Ok(())
}

/// A campaign without the files that go with it.
fn campaign_of(row: &Row) -> Result<StoredCampaign, StoreError> {
    Ok(StoredCampaign {
        id: CampaignId::from_bytes(row.bytes(0)?),
        name: row.text(1)?.to_owned(),
        version: version_of(row, 2)?,
        text: row.text(3)?.to_owned(),
        state: match (row.flag(4)?, row.opt_time(6)?) {
            (true, None) => CampaignState::Active,
            (false, Some(_)) => CampaignState::Test,
            (false, None) => CampaignState::Off,
            (true, Some(_)) => return Err(StoreError::unexpected("a campaign both on and in test")),
        },
        activated_at: row.time(5)?,
        attachments: Vec::new(),
    })
}

fn version_of(row: &Row, place: usize) -> Result<u32, StoreError> {
    u32::try_from(row.int(place)?).map_err(|_| StoreError::unexpected("a version out of range"))
}
