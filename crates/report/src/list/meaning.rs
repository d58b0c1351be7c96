//! What a list means: opt-outs and blocks, or orders that another tool has messaged; with the columns told by the
//! person, by their names, or by what stands in them.

use model::Timestamp;
use model::messaged::MessagedOrder;
use model::suppression::{ImportedSuppression, SuppressionReason, Target};

use crate::list::cell::Cell;
use crate::list::column::{ColumnAt, ColumnUse, ListColumn, Picks, described};
use crate::list::error::PickError;
use crate::list::read::{ListRow, ListTable};

/// A list of opt-outs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptOutFile {
    /// What is to be suppressed.
    pub entries: Vec<ImportedSuppression>,
    /// Lines with neither order id nor relay address.
    pub bad: Vec<u64>,
    /// Lines that stop an order and name none: a stop covers no buyer.
    pub stops_without_order: Vec<u64>,
    /// Lines with a relay address that many buyers share: it stands for no buyer (law 6).
    pub shared: Vec<u64>,
    /// Rows that a list of Abide's own marks as removed.
    pub removed: u64,
}

/// A list of orders that another tool has messaged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessagedFile {
    /// The orders, each as often as it stands in the list.
    pub orders: Vec<MessagedOrder>,
    /// Lines without an order id.
    pub bad: Vec<u64>,
}

/// In which columns to look for one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    Anywhere,
    At(usize),
    Nowhere,
}

impl Where {
    fn is(self, place: usize) -> bool {
        match self {
            Self::Anywhere => true,
            Self::At(at) => at == place,
            Self::Nowhere => false,
        }
    }
}

impl ListTable {
    /// Reads it as a list of opt-outs. Order ids and relay addresses count in whatever column they stand, unless one
    /// was picked for them; where only the other one was picked, they count in none. A row without a reason of
    /// Abide's own gets `reason`.
    ///
    /// # Errors
    /// Where a column that was picked is not there or holds nothing of the kind, or no row holds anything at all.
    pub fn opt_outs(&self, picks: &Picks, reason: SuppressionReason) -> Result<OptOutFile, PickError> {
        let picked = picks.order.is_some() || picks.alias.is_some();
        let elsewhere = if picked { Where::Nowhere } else { Where::Anywhere };
        let order = self.picked(picks.order.as_ref(), ColumnUse::Order)?.map_or(elsewhere, Where::At);
        let alias = self.picked(picks.alias.as_ref(), ColumnUse::Alias)?.map_or(elsewhere, Where::At);
        let date = self.date_column(picks)?;
        if self.columns.iter().all(|column| column.orders + column.aliases == 0) {
            let columns = self.described();
            return Err(PickError::Nothing { what: "an order id or a relay address of Amazon's", columns });
        }
        let mut file = OptOutFile::default();
        for row in &self.rows {
            file.take(row, (order, alias, date), reason);
        }
        Ok(file)
    }

    /// Reads it as a list of orders that another tool has messaged.
    ///
    /// # Errors
    /// Where a column that was picked is not there or holds nothing of the kind, no row holds an order id, or several
    /// columns do and none was picked.
    pub fn messaged(&self, picks: &Picks) -> Result<MessagedFile, PickError> {
        let order = self.order_column(picks)?;
        let date = self.date_column(picks)?;
        let mut file = MessagedFile::default();
        for row in &self.rows {
            let found = row.cells.iter().find_map(|(place, cell)| match cell {
                Cell::Order(found) if *place == order => Some(*found),
                _ => None,
            });
            match found {
                Some(order_id) => file.orders.push(MessagedOrder { order_id, messaged_at: row.date(date) }),
                None => file.bad.push(row.line),
            }
        }
        Ok(file)
    }

    /// What each column is taken for; the places from 0. For a list of opt-outs several may be the same.
    pub fn uses(&self, picks: &Picks) -> Vec<(usize, ColumnUse)> {
        let mut uses = Vec::new();
        let mut note = |place: Option<usize>, meant| uses.extend(place.map(|place| (place, meant)));
        note(self.order_column(picks).ok(), ColumnUse::Order);
        note(
            self.picked(picks.alias.as_ref(), ColumnUse::Alias)
                .ok()
                .flatten()
                .or_else(|| self.most_of(ColumnUse::Alias)),
            ColumnUse::Alias,
        );
        note(self.date_column(picks).ok().flatten(), ColumnUse::Date);
        uses
    }

    fn order_column(&self, picks: &Picks) -> Result<usize, PickError> {
        if let Some(place) = self.picked(picks.order.as_ref(), ColumnUse::Order)? {
            return Ok(place);
        }
        let holding: Vec<usize> = self.holding(ColumnUse::Order).collect();
        match holding.as_slice() {
            [] => Err(PickError::Nothing { what: "an order id", columns: self.described() }),
            [only] => Ok(*only),
            several => {
                let mut named = several.iter().filter(|place| self.is_named(**place, ColumnUse::Order));
                match (named.next(), named.next()) {
                    (Some(only), None) => Ok(*only),
                    _ => Err(PickError::SeveralOrderColumns { columns: self.described() }),
                }
            }
        }
    }

    /// Without a row of names the only column with dates; with one only what is named so: an order has many dates.
    fn date_column(&self, picks: &Picks) -> Result<Option<usize>, PickError> {
        if let Some(place) = self.picked(picks.date.as_ref(), ColumnUse::Date)? {
            return Ok(Some(place));
        }
        let mut holding = self.holding(ColumnUse::Date);
        if self.header {
            return Ok(holding.find(|place| self.is_named(*place, ColumnUse::Date)));
        }
        Ok(holding.next().filter(|_| holding.next().is_none()))
    }

    fn holding(&self, asked: ColumnUse) -> impl Iterator<Item = usize> {
        self.columns.iter().enumerate().filter(move |(_, column)| column.holds(asked) > 0).map(|(place, _)| place)
    }

    fn most_of(&self, asked: ColumnUse) -> Option<usize> {
        self.holding(asked).max_by_key(|place| self.columns.get(*place).map_or(0, |column| column.holds(asked)))
    }

    fn is_named(&self, place: usize, asked: ColumnUse) -> bool {
        self.columns.get(place).and_then(ListColumn::named_as) == Some(asked)
    }

    fn picked(&self, pick: Option<&ColumnAt>, asked: ColumnUse) -> Result<Option<usize>, PickError> {
        let Some(pick) = pick else { return Ok(None) };
        let Some(place) = pick.place(&self.columns) else {
            return Err(PickError::NoSuchColumn { asked: pick.clone(), columns: self.described() });
        };
        if self.columns.get(place).is_none_or(|column| column.holds(asked) == 0) {
            let what = match asked {
                ColumnUse::Alias => "relay address of Amazon's",
                ColumnUse::Date => "date that can be told for certain",
                _ => "order id",
            };
            return Err(PickError::NothingInIt { asked: pick.clone(), what, columns: self.described() });
        }
        Ok(Some(place))
    }

    /// A column's name, where one of the names is a usual one: a first row without an order id may be a person's, too.
    pub fn name_of(&self, place: usize) -> Option<&str> {
        let known = self.columns.iter().any(|column| column.named_as().is_some());
        let name = self.columns.get(place).and_then(|column| column.name.as_deref());
        name.filter(|_| self.header && known)
    }

    /// Names are shown only where it is certain that they are names, and no row of a person's.
    fn described(&self) -> String {
        let known = self.columns.iter().any(|column| column.named_as().is_some());
        let found = self.columns.iter().any(|column| column.orders + column.aliases > 0);
        described(&self.columns, self.header && (known || found))
    }
}

impl ListRow {
    fn date(&self, column: Option<usize>) -> Option<Timestamp> {
        self.cells.iter().find_map(|(place, cell)| match cell {
            Cell::Date(date) if Some(*place) == column => Some(*date),
            _ => None,
        })
    }
}

impl OptOutFile {
    fn take(&mut self, row: &ListRow, (order, alias, date): (Where, Where, Option<usize>), reason: SuppressionReason) {
        let targets: Vec<Target> = row
            .cells
            .iter()
            .filter_map(|(place, cell)| match cell {
                Cell::Order(found) if order.is(*place) => Some(Target::Order(*found)),
                Cell::Alias(found) if alias.is(*place) => Some(Target::Buyer(found.clone())),
                _ => None,
            })
            .collect();
        if targets.is_empty() {
            self.bad.push(row.line);
            return;
        }
        if row.cells.iter().any(|(_, cell)| *cell == Cell::Removed) {
            self.removed += 1;
            return;
        }
        let said = row.cells.iter().find_map(|(_, cell)| match cell {
            Cell::Reason(reason) => Some(*reason),
            _ => None,
        });
        // Other tools have other words for why; a buyer on their list wants no messages.
        let (reason, since) = (said.unwrap_or(reason), row.date(date));
        let stop = reason == SuppressionReason::OrderStop;
        let fit: Vec<Target> =
            targets.into_iter().filter(|target| !stop || matches!(target, Target::Order(_))).collect();
        if fit.is_empty() {
            self.stops_without_order.push(row.line);
            return;
        }
        let shared = |target: &Target| matches!(target, Target::Buyer(alias) if alias.is_shared_by_form());
        if fit.iter().any(shared) {
            self.shared.push(row.line);
        }
        let kept = fit.into_iter().filter(|target| !shared(target));
        self.entries.extend(kept.map(|target| ImportedSuppression { target, reason, since }));
    }
}
