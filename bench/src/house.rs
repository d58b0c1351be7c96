//! A small installation to measure on: a store on either engine in a folder of its own, its accounts, one campaign
//! each, and orders whose messages are due. All of it is made through the store's own doors.

use std::path::{Path, PathBuf};

use campaign::{Approval, approve};
use cluster::FreshDatabase;
use model::member::Actor;
use model::order::{ImportedOrder, OrderItem, OrderStatus};
use model::{Account, Alias, Clock, Marketplace, OrderId, Span, Timestamp};
use store::{Database, NewCampaign, Options, RECORDED_AT_ONCE, Store};

/// The campaign whose letters are written: a few variables, as sellers use them.
const CAMPAIGN: &str = r#"name = "Ask"
channel = "email"

[trigger]
when = "delivered"

[template.en]
subject = "Your order {{ order_id }}"
text = """
Hello,

would you tell other shoppers on Amazon what you think of {{ product_name }}, which you bought from {{ store_name }}
on {{ purchase_date }} with order {{ order_id }}? Whatever your experience was, we read every review and learn from it.

{{ store_name }}
"""
"#;

/// Which database is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineName {
    Sqlite,
    Postgres,
}

impl std::fmt::Display for EngineName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// An installation in a folder, or in a database of its own on a private PostgreSQL.
pub struct House {
    folder: PathBuf,
    postgres: Option<FreshDatabase>,
    _temporary: Option<tempfile::TempDir>,
}

impl House {
    /// A temporary one; `None` where PostgreSQL is left out by `ABIDE_SKIP_POSTGRES=1`.
    pub fn temporary(engine: EngineName) -> Result<Option<Self>, String> {
        let temporary = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
        let postgres = match engine {
            EngineName::Sqlite => None,
            EngineName::Postgres => match cluster::fresh_database() {
                Some(database) => Some(database),
                None => return Ok(None),
            },
        };
        Ok(Some(Self { folder: temporary.path().to_owned(), postgres, _temporary: Some(temporary) }))
    }

    /// One on SQLite that stays where it is.
    pub fn kept(folder: &Path) -> Result<Self, String> {
        std::fs::create_dir_all(folder).map_err(|error| format!("{} can't be made: {error}", folder.display()))?;
        Ok(Self { folder: folder.to_owned(), postgres: None, _temporary: None })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Says that every account had a great many orders yesterday, so that the daily cap stops nothing.
    pub fn lift_the_cap(&self) -> Result<(), String> {
        let yesterday = Timestamp::from_clock().utc_day() - 1;
        let statement = format!(
            "INSERT INTO daily_count (account_id, day, what, n) SELECT id, {yesterday}, 'orders', 1000000000 FROM account
             WHERE true ON CONFLICT (account_id, day, what) DO UPDATE SET n = excluded.n"
        );
        if let Some(database) = &self.postgres {
            return database.psql(&statement).map(drop);
        }
        let connection = rusqlite::Connection::open(self.file()).map_err(|error| error.to_string())?;
        connection.busy_timeout(std::time::Duration::from_secs(20)).map_err(|error| error.to_string())?;
        connection.execute_batch(&statement).map_err(|error| error.to_string())
    }

    /// SQLite's file.
    pub fn file(&self) -> PathBuf {
        self.folder.join("abide.db")
    }

    /// PostgreSQL's database.
    pub const fn database(&self) -> Option<&FreshDatabase> {
        self.postgres.as_ref()
    }

    /// PostgreSQL's URL.
    pub fn url(&self) -> Option<String> {
        self.postgres.as_ref().map(FreshDatabase::url)
    }

    /// Opens it, as one node does.
    pub async fn open(&self) -> Result<Store, String> {
        let database = self.url().map_or_else(|| Database::Sqlite(self.file()), Database::Postgres);
        Store::open(Options { database, keys: self.folder.join("keys") }).await.map_err(|error| error.to_string())
    }

    /// Bytes on the disk, of SQLite's file.
    pub fn file_mib(&self) -> f64 {
        let bytes = std::fs::metadata(self.file()).map_or(0, |found| found.len());
        u32::try_from(bytes >> 20).map_or(f64::INFINITY, f64::from)
    }
}

/// The account of that number with its campaign, made unless it is there.
pub async fn account(store: &Store, number: usize) -> Result<Account, String> {
    let handle: model::Handle = format!("seller-{number}").parse().map_err(|_| "no handle".to_owned())?;
    if let Ok(account) = store.account(&handle).await {
        return Ok(account);
    }
    let long_ago = Timestamp::from_clock().minus(Span::days(400));
    let account = store
        .add_account(format!("Seller {number}"), handle, vec![Marketplace::Us], long_ago)
        .await
        .map_err(|error| error.to_string())?;
    let Approval { campaign, approved, .. } =
        approve(CAMPAIGN, &[]).map_err(|held| format!("the campaign: {held:?}"))?;
    let withholding = campaign.withholding_marks();
    let new = NewCampaign {
        name: campaign.name,
        withholding,
        text: approved,
        orders_after: None,
        priority: campaign.priority,
        attachments: Vec::new(),
    };
    store
        .add_campaign(account.id, new, Actor::Operator, Clock::real(long_ago))
        .await
        .map_err(|error| error.to_string())?;
    Ok(account)
}

/// Spreads numbers so that neighbours lie far apart, always in the same way (splitmix64).
pub const fn spread(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The order id of that number, as scattered over its range as Amazon's are.
pub fn order_id(number: u64) -> Result<OrderId, String> {
    order_id_text(number).parse().map_err(|_| "no order id".to_owned())
}

/// The same as a text.
pub fn order_id_text(number: u64) -> String {
    let digits = spread(number) % 100_000_000_000_000_000;
    format!("{:03}-{:07}-{:07}", digits / 100_000_000_000_000, (digits / 10_000_000) % 10_000_000, digits % 10_000_000)
}

/// The alias of the buyer of that number.
pub fn alias(number: u64) -> Result<Alias, String> {
    format!("b{:015x}@marketplace.amazon.com", spread(number) >> 4).parse().map_err(|_| "no alias".to_owned())
}

/// Imports orders of those numbers, each of a buyer of its own, delivered eight days ago, so that the campaign
/// makes a message of each that is due.
pub async fn import(store: &Store, account: &Account, numbers: &[u64]) -> Result<(), String> {
    let now = Timestamp::from_clock();
    for part in numbers.chunks(RECORDED_AT_ONCE) {
        let mut orders = Vec::with_capacity(part.len());
        for number in part {
            orders.push(ImportedOrder {
                store: Some(Marketplace::Us),
                purchased_at: Some(now.minus(Span::days(12))),
                status: Some(OrderStatus::Shipped),
                estimated_arrival: Some(now.minus(Span::days(8))),
                alias: Some(alias(*number)?),
                items: vec![OrderItem {
                    line: "1".into(),
                    product_name: Some("Enamelled kettle, purple, 1.5 litres".into()),
                    quantity: Some(1),
                    ..OrderItem::default()
                }],
                ..ImportedOrder::bare(order_id(*number)?)
            });
        }
        store.record_orders(account.id, orders, Clock::real(now)).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}
