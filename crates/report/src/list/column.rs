//! The columns of a list: what each holds, what it is taken for, and what the person picked instead.

use std::fmt;

/// What a column is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColumnUse {
    /// Amazon's order id.
    Order,
    /// The buyer's relay address.
    Alias,
    /// When it was.
    Date,
    /// Abide's word for why.
    Reason,
    /// Abide's word for whether it stands.
    State,
}

/// The names by which columns are known, as [`plain`] has them: of Abide's own lists, of Amazon's reports, and of what
/// other tools call them in the languages of Amazon's large shops.
const NAMES: [(ColumnUse, &[&str]); 5] = [
    (
        ColumnUse::Order,
        &[
            "orderid",
            "amazonorderid",
            "ordernumber",
            "amazonordernumber",
            "orderno",
            "ordernr",
            "order",
            "marketplaceorderid",
            "bestellnummer",
            "amazonbestellnummer",
            "bestellnr",
            "bestellid",
            "auftragsnummer",
            "numérodecommande",
            "numerodecommande",
            "commande",
            "númerodepedido",
            "numerodepedido",
            "pedido",
            "numeroordine",
            "numerodordine",
            "ordine",
            "注文番号",
        ],
    ),
    (
        ColumnUse::Alias,
        &[
            "alias",
            "buyeremail",
            "buyeremailaddress",
            "relayaddress",
            "email",
            "emailaddress",
            "customeremail",
            "recipient",
            "emailadresse",
            "käuferemail",
            "adresseemail",
            "correo",
            "correoelectrónico",
            "メールアドレス",
        ],
    ),
    (
        ColumnUse::Date,
        &[
            "since",
            "date",
            "createdat",
            "optedoutat",
            "optoutdate",
            "unsubscribedat",
            "sent",
            "sentat",
            "senton",
            "sentdate",
            "datesent",
            "messagedat",
            "messagesent",
            "emailsent",
            "emailsentat",
            "requestedat",
            "datum",
            "gesendetam",
            "gesendet",
            "datedenvoi",
            "fecha",
            "fechadeenvío",
            "data",
            "datadiinvio",
            "送信日",
        ],
    ),
    (ColumnUse::Reason, &["reason"]),
    (ColumnUse::State, &["state", "status"]),
];

/// Letters of a column's name that are shown.
const LONGEST_NAME: usize = 60;

/// A column of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListColumn {
    /// Its name, where the list has a row of names.
    pub name: Option<String>,
    /// Rows in which something stands.
    pub filled: u64,
    /// Order ids among that.
    pub orders: u64,
    /// Relay addresses among that.
    pub aliases: u64,
    /// Dates among that.
    pub dates: u64,
}

impl ListColumn {
    pub(super) fn named(cell: &str) -> Self {
        let clean = |c: char| if c.is_control() { ' ' } else { c };
        let name: String = cell.trim().chars().take(LONGEST_NAME).map(clean).collect();
        Self { name: (!name.is_empty()).then_some(name), ..Self::default() }
    }

    /// What its name says it is.
    pub fn named_as(&self) -> Option<ColumnUse> {
        let name = plain(self.name.as_deref()?);
        NAMES.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(meant, _)| *meant)
    }

    /// How many of what is asked for stand in it.
    pub const fn holds(&self, asked: ColumnUse) -> u64 {
        match asked {
            ColumnUse::Order => self.orders,
            ColumnUse::Alias => self.aliases,
            ColumnUse::Date => self.dates,
            ColumnUse::Reason | ColumnUse::State => 0,
        }
    }
}

/// A name in lower case, letters and digits alone.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A column as a person names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnAt {
    /// By its name, in whatever case.
    Name(String),
    /// By its number, from 1.
    Number(usize),
}

impl ColumnAt {
    /// Its place among the columns, from 0.
    pub(super) fn place(&self, columns: &[ListColumn]) -> Option<usize> {
        match self {
            Self::Number(number) => number.checked_sub(1).filter(|place| *place < columns.len()),
            Self::Name(name) => {
                let wanted = plain(name);
                let named = |column: &ListColumn| column.name.as_deref().is_some_and(|name| plain(name) == wanted);
                columns.iter().position(named)
            }
        }
    }
}

impl From<&str> for ColumnAt {
    /// Digits alone are a number.
    fn from(text: &str) -> Self {
        text.trim().parse().map_or_else(|_| Self::Name(text.trim().to_owned()), Self::Number)
    }
}

impl fmt::Display for ColumnAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "“{name}”"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

/// What a person says of the columns; the rest is told by names and contents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Picks {
    /// Where the order ids stand.
    pub order: Option<ColumnAt>,
    /// Where the relay addresses stand.
    pub alias: Option<ColumnAt>,
    /// Where the dates stand.
    pub date: Option<ColumnAt>,
}

/// The columns with what was found in each, a line a column, and nothing of what stands in the rows.
pub(super) fn described(columns: &[ListColumn], with_names: bool) -> String {
    const MOST: usize = 40;
    let line = |(number, column): (usize, &ListColumn)| {
        let name = column.name.as_deref().filter(|_| with_names).map(|name| format!(" “{name}”")).unwrap_or_default();
        let mut found = vec![format!("filled in {}", rows(column.filled))];
        for (count, what) in
            [(column.orders, "order ids"), (column.aliases, "relay addresses"), (column.dates, "dates")]
        {
            if count > 0 {
                found.push(format!("{what} in {}", rows(count)));
            }
        }
        format!("\n  {number}{name}: {}", found.join(", "))
    };
    let mut text: String = (1..).zip(columns).take(MOST).map(line).collect();
    if columns.len() > MOST {
        text.push_str("\n  … and more");
    }
    text
}

fn rows(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}
