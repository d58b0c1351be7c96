//! The outbox by state, campaign, store and day, newest first. One of what is asked leads, by an index of its own order; what
//! is asked beside it is held against the rows that this one gives, at most [`LOOKED_AT_ONCE`] a page. So a page of what is rare
//! may hold few rows or none and still name a next one, which goes on where this one stopped: no page reads on without end.

use model::message::OutboxRow;
use model::{AccountId, CampaignId, Cursor, Marketplace, MessageId, MessageState, Page, Timestamp};

use crate::Store;
use crate::engine::{Row, Tx, sql};
use crate::error::StoreError;
use crate::outbox::outbox_row;

/// Rows that a page looks at, at most, for what more than one thing is asked of.
pub const LOOKED_AT_ONCE: u32 = 500;

/// Which messages a page shows. What is `None` is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxSearch {
    /// Messages in one state.
    pub state: Option<MessageState>,
    /// Messages of one campaign.
    pub campaign: Option<CampaignId>,
    /// Messages of one store.
    pub store: Option<Marketplace>,
    /// Messages whose time is this instant or later: when one left or, where it has not, when it is due; where neither is
    /// known, when it was planned …
    pub from: Option<Timestamp>,
    /// … and before this one.
    pub until: Option<Timestamp>,
}

impl OutboxSearch {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn asks_for_days(&self) -> bool {
        self.from.is_some() || self.until.is_some()
    }

    /// How many things are asked.
    fn asked(&self) -> usize {
        [self.state.is_some(), self.campaign.is_some(), self.store.is_some(), self.asks_for_days()]
            .into_iter()
            .filter(|asked| *asked)
            .count()
    }

    /// What leads: states that few messages are in for long, then days and stores, which share an index.
    const fn lead(&self) -> Lead {
        match (self.state, self.campaign) {
            (Some(state @ (MessageState::Unknown | MessageState::Failed | MessageState::Sending)), _) => {
                Lead::State(state)
            }
            _ if self.from.is_some() || self.until.is_some() => Lead::Days,
            (_, Some(campaign)) => Lead::Campaign(campaign),
            (Some(state), None) => Lead::State(state),
            (None, None) => Lead::Days,
        }
    }
}

#[derive(Clone, Copy)]
enum Lead {
    State(MessageState),
    Campaign(CampaignId),
    Days,
}

/// The place in the order of a page. Where days don't lead the time is not asked.
type Place = (Timestamp, MessageId);

/// A row with what is asked of it beside what the page shows.
struct Found {
    row: OutboxRow,
    campaign: Option<CampaignId>,
    at: Timestamp,
}

impl Found {
    fn of(row: &Row) -> Result<Self, StoreError> {
        Ok(Self { row: outbox_row(row)?, campaign: row.opt_bytes(12)?.map(CampaignId::from_bytes), at: row.time(13)? })
    }

    fn is_asked(&self, search: &OutboxSearch) -> bool {
        search.state.is_none_or(|state| state == self.row.state)
            && search.campaign.is_none_or(|campaign| Some(campaign) == self.campaign)
            && search.store.is_none_or(|store| store == self.row.store)
            && search.from.is_none_or(|from| from <= self.at)
            && search.until.is_none_or(|until| self.at < until)
    }
}

impl Store {
    /// A page of the messages that match. Where a store or days are asked it goes by the message's time, else by when it was
    /// planned, the newest first. A page that names a next one may hold fewer rows than asked for.
    pub async fn outbox_found(
        &self,
        account: AccountId,
        search: OutboxSearch,
        before: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<OutboxRow>, StoreError> {
        let end = (search.until.unwrap_or(Timestamp::MAX), MessageId::from_bytes([0xff; 16]));
        let before = before.map_or(Ok(end), |cursor| place_of(&cursor))?;
        self.read(move |tx, _| {
            Box::pin(async move {
                let lead = search.lead();
                let looked_at = if search.asked() > 1 { LOOKED_AT_ONCE } else { limit };
                let rows = match lead {
                    Lead::State(state) => by_state(tx, account, state, before.1, looked_at).await?,
                    Lead::Campaign(campaign) => by_campaign(tx, account, campaign, before.1, looked_at).await?,
                    Lead::Days => by_days(tx, account, &search, before, looked_at).await?,
                };
                let mut page = Page { rows: Vec::new(), next: None };
                let most = usize::try_from(limit).unwrap_or(usize::MAX);
                let whole = u32::try_from(rows.len()).is_ok_and(|looked| looked < looked_at);
                for (place, row) in rows.iter().enumerate() {
                    let found = Found::of(row)?;
                    let (is_last, at) = (place + 1 == rows.len(), (found.at, found.row.id));
                    if found.is_asked(&search) {
                        page.rows.push(found.row);
                    }
                    if page.rows.len() == most || is_last {
                        page.next = Some(cursor_of(at)).filter(|_| !(is_last && whole));
                        break;
                    }
                }
                Ok(page)
            })
        })
        .await
    }
}

// PostgreSQL takes an index for cheaper the more its rows lie in the order of the table, as ids do: it would walk the
// account's messages, however many, until enough of a rare state were met. So there the order that is asked for is one that
// only the wanted index has.

async fn by_state(
    tx: &mut Tx,
    account: AccountId,
    state: MessageState,
    before: MessageId,
    limit: u32,
) -> Result<Vec<Row>, StoreError> {
    let found = tx.either(
        sql!(
            "SELECT message.id, order_id, store, channel, purpose, state, reason, due, next_try, sent_at, campaign.name,
             campaign_version, message.campaign_id, COALESCE(sent_at, due, created_at)
             FROM message LEFT JOIN campaign ON campaign.id = message.campaign_id
             WHERE message.account_id = $1 AND (message.state || '') = $2 AND message.id < $3
             ORDER BY message.id DESC LIMIT $4"
        ),
        sql!(
            "SELECT message.id, order_id, store, channel, purpose, state, reason, due, next_try, sent_at, campaign.name,
             campaign_version, message.campaign_id, COALESCE(sent_at, due, created_at)
             FROM message LEFT JOIN campaign ON campaign.id = message.campaign_id
             WHERE message.account_id = $1 AND (message.state || '') = $2 AND (message.id || ''::bytea) < $3
             ORDER BY (message.id || ''::bytea) DESC LIMIT $4"
        ),
    );
    tx.rows(found, &[account.into(), state.as_str().into(), before.into(), limit.into()]).await
}

async fn by_campaign(
    tx: &mut Tx,
    account: AccountId,
    campaign: CampaignId,
    before: MessageId,
    limit: u32,
) -> Result<Vec<Row>, StoreError> {
    let found = tx.either(
        sql!(
            "SELECT message.id, order_id, store, channel, purpose, state, reason, due, next_try, sent_at, campaign.name,
             campaign_version, message.campaign_id, COALESCE(sent_at, due, created_at)
             FROM message LEFT JOIN campaign ON campaign.id = message.campaign_id
             WHERE message.account_id = $1 AND COALESCE(message.campaign_id, message.id) = $2 AND message.id < $3
             ORDER BY message.id DESC LIMIT $4"
        ),
        sql!(
            "SELECT message.id, order_id, store, channel, purpose, state, reason, due, next_try, sent_at, campaign.name,
             campaign_version, message.campaign_id, COALESCE(sent_at, due, created_at)
             FROM message LEFT JOIN campaign ON campaign.id = message.campaign_id
             WHERE message.account_id = $1 AND COALESCE(message.campaign_id, message.id) = $2 AND (message.id || ''::bytea) < $3
             ORDER BY (message.id || ''::bytea) DESC LIMIT $4"
        ),
    );
    tx.rows(found, &[account.into(), campaign.into(), before.into(), limit.into()]).await
}

/// By the message's time; of every store of the account's where none is asked, each by itself and then set in order.
async fn by_days(
    tx: &mut Tx,
    account: AccountId,
    search: &OutboxSearch,
    before: Place,
    limit: u32,
) -> Result<Vec<Row>, StoreError> {
    let stores: Vec<String> = if let Some(store) = search.store {
        vec![store.as_str().to_owned()]
    } else {
        let rows =
            tx.rows(sql!("SELECT store FROM seller WHERE account_id = $1 ORDER BY store"), &[account.into()]).await?;
        rows.iter().map(|row| row.text(0).map(str::to_owned)).collect::<Result<_, _>>()?
    };
    let mut found: Vec<(Place, Row)> = Vec::new();
    for store in stores {
        let rows = tx
            .rows(
                sql!(
                    "SELECT message.id, order_id, store, channel, purpose, state, reason, due, next_try, sent_at, campaign.name,
                     campaign_version, message.campaign_id, COALESCE(sent_at, due, message.created_at)
                     FROM message LEFT JOIN campaign ON campaign.id = message.campaign_id
                     WHERE message.account_id = $1 AND (message.store || '') = $2
                     AND COALESCE(sent_at, due, message.created_at) >= $3
                     AND COALESCE(sent_at, due, message.created_at) <= $4
                     AND (COALESCE(sent_at, due, message.created_at), message.id) < ($4, $5)
                     ORDER BY COALESCE(sent_at, due, message.created_at) DESC, message.id DESC LIMIT $6"
                ),
                &[
                    account.into(),
                    store.into(),
                    search.from.unwrap_or(Timestamp::MIN).into(),
                    before.0.into(),
                    before.1.into(),
                    limit.into(),
                ],
            )
            .await?;
        for row in rows {
            found.push(((row.time(13)?, MessageId::from_bytes(row.bytes(0)?)), row));
        }
    }
    found.sort_by(|(one, _), (other, _)| other.cmp(one));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found.into_iter().map(|(_, row)| row).collect())
}

fn cursor_of(place: Place) -> Cursor {
    Cursor(format!("{}.{}", place.0.as_micros(), place.1))
}

fn place_of(cursor: &Cursor) -> Result<Place, StoreError> {
    let place = cursor.0.split_once('.').and_then(|(at, id)| {
        let at: i64 = at.parse().ok()?;
        Some((Timestamp::from_micros(at), id.parse().ok()?))
    });
    place.ok_or_else(|| StoreError::NotFound("this page does not exist".into()))
}
