//! The door: a reader over a report that gives its orders, bad rows and skipped rows one by one, and counts them.
//! It holds one row and one order at a time.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::Read;

use model::order::{ImportedOrder, OrderItem, OrderStatus};
use model::{Alias, Marketplace, OrderId, Timestamp};

use crate::column::{Column, Columns};
use crate::encoding::{self, Encoding, RowEncoding, Sniffed, Utf16};
use crate::error::{FileKind, ReportError};
use crate::gather::Gathering;
use crate::line::{Line, Lines};
use crate::record::{Dialect, Found, Records};
use crate::row::{Counts, Problem, Row};
use crate::source::{self, Progress};
use crate::value;

/// What is assumed where a report is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Defaults {
    /// The store of rows without a sales channel.
    pub store: Option<Marketplace>,
}

/// A report that is being read. Ends after the first error.
pub struct Reader<'r> {
    records: Records<Box<dyn Read + Send + 'r>>,
    columns: Columns,
    encoding: Encoding,
    defaults: Defaults,
    gathering: Gathering,
    ready: VecDeque<Result<Row, ReportError>>,
    counts: Counts,
    progress: Progress,
    ended: bool,
}

impl<'r> Reader<'r> {
    /// Opens a report and reads its header row.
    ///
    /// # Errors
    /// Where the file is none of Amazon's order reports, with what it is instead and what to do.
    pub fn new(read: impl Read + Send + 'r, defaults: Defaults) -> Result<Self, ReportError> {
        let source = source::open(read)?;
        let mut bytes = source.bytes;
        let encoding = match encoding::sniff(&source.prefix) {
            Sniffed::Binary => return Err(ReportError::NotAReport(FileKind::Binary)),
            Sniffed::Utf16 { big_endian } => {
                bytes = Box::new(Utf16::new(bytes, big_endian));
                Encoding::Utf8First
            }
            Sniffed::Rows { encoding, mark } => {
                bytes.read_exact(&mut [0; 3][..mark]).map_err(source::fault)?;
                encoding
            }
        };
        let mut lines = Lines::new(bytes);
        let mut header = Line::default();
        loop {
            if !lines.take(&mut header).map_err(source::fault)? {
                return Err(ReportError::Empty);
            }
            // Spreadsheets may put a hint before the header.
            let hint = header.bytes.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"sep="));
            if !hint && !header.bytes.iter().all(u8::is_ascii_whitespace) {
                break;
            }
        }
        if header.too_long {
            return Err(ReportError::NoOrderId);
        }
        let mut records = Records::new(lines, Dialect::of_header(&header.bytes));
        records.begin_with(header);
        records.take().map_err(source::fault)?;
        let columns = Columns::of_header(&records)?;
        Ok(Self {
            records,
            columns,
            encoding,
            defaults,
            gathering: Gathering::default(),
            ready: VecDeque::new(),
            counts: Counts::default(),
            progress: source.progress,
            ended: false,
        })
    }

    /// What was met so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// A handle on how far the file has been read, for a progress bar drawn elsewhere.
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Bytes of the file read so far, packed as they lie on disk.
    pub fn bytes_consumed(&self) -> u64 {
        self.progress.bytes_consumed()
    }

    /// Reads one row; what it gives comes into `ready`.
    fn step(&mut self) {
        let found = match self.records.take() {
            Ok(found) => found,
            Err(error) => {
                // Rows of the last order may lie behind the break.
                if let Some(mut order) = self.gathering.finish() {
                    order.incomplete = true;
                    self.give(order);
                }
                self.ended = true;
                self.ready.push_back(Err(source::fault(error)));
                return;
            }
        };
        if found == Found::End {
            self.ended = true;
            if let Some(order) = self.gathering.finish() {
                self.give(order);
            }
            return;
        }
        if found == Found::Row && (0..self.records.len()).all(|at| self.records.field(at).trim_ascii().is_empty()) {
            return;
        }
        self.counts.rows += 1;
        let (row, other) = self.encoding.of_row(self.records.bytes());
        self.counts.other_encoding += u64::from(other);
        match found {
            Found::Row => self.read_row(row),
            Found::TooLong => self.spoilt(row, Problem::TooLong),
            Found::OpenQuote => self.spoilt(row, Problem::OpenQuote),
            Found::End => {}
        }
    }

    fn read_row(&mut self, row: RowEncoding) {
        let id = self.field(Column::OrderId, row).into_owned();
        let channel = self.field(Column::SalesChannel, row).into_owned();
        let (found, expected) = (self.records.len(), self.columns.count);
        let too_many = (expected..found).any(|at| !self.records.field(at).trim_ascii().is_empty());
        // In a row whose fields have moved, none is taken at its word but the id, which can't be mistaken.
        if value::is_mcf_id(&id) || (!too_many && value::is_mcf_channel(&channel)) {
            self.counts.skipped_mcf += 1;
            self.ready.push_back(Ok(Row::SkippedMcf { line: self.records.line_number() }));
            return;
        }
        if too_many {
            return self.spoilt(row, Problem::TooManyFields { found, expected });
        }
        if found <= self.columns.last {
            return self.spoilt(row, Problem::TooShort { found, expected });
        }
        let Ok(order_id) = id.parse::<OrderId>() else {
            return self.bad(None, Some(Column::OrderId), Problem::NoOrderId);
        };
        let order = self.order(order_id, &channel, row);
        if self.gathering.is_full_for(&order) {
            self.bad(Some(order_id), None, Problem::TooManyItems);
        }
        self.gather(order);
    }

    /// The order as this one row tells it. A date in no known form is reported and marks the order.
    fn order(&mut self, order_id: OrderId, channel: &str, row: RowEncoding) -> ImportedOrder {
        let mut order = ImportedOrder::bare(order_id);
        order.store = if channel.is_empty() { self.defaults.store } else { value::store(channel) };
        self.counts.unknown_channel += u64::from(!channel.is_empty() && order.store.is_none());

        let mut unread = None;
        order.purchased_at = self.date(Column::PurchaseDate, row, &mut unread);
        order.updated_at = self.date(Column::LastUpdatedDate, row, &mut unread);
        order.shipped_at = self.date(Column::ShipmentDate, row, &mut unread);
        order.estimated_arrival = self.date(Column::EstimatedArrivalDate, row, &mut unread);
        order.promised_at = self.date(Column::PromiseDate, row, &mut unread);
        order.delivery_window_start = self.date(Column::DeliveryStartDate, row, &mut unread);
        order.delivery_window_end = self.date(Column::DeliveryEndDate, row, &mut unread);
        if let Some(column) = unread {
            order.incomplete = true;
            self.bad(Some(order_id), Some(column), Problem::NotADate);
        }

        let status = self.field(Column::OrderStatus, row);
        order.status = value::status(&status);
        let unknown_status = !status.is_empty() && order.status.is_none();
        if self.columns.place(Column::OrderStatus).is_none() && order.shipped_at.is_some() {
            // The fulfilled-shipments report has a row for what was shipped, and no status.
            order.status = Some(OrderStatus::Shipped);
        }
        order.fulfilment = value::fulfilment(&self.field(Column::FulfillmentChannel, row));
        order.ship_country = value::country(&self.field(Column::ShipCountry, row));
        order.buyer_name = value::text(&self.field(Column::BuyerName, row));
        order.carrier = value::text(&self.field(Column::Carrier, row));
        order.tracking_number = value::text(&self.field(Column::TrackingNumber, row));
        order.buyer_language = value::language(&self.field(Column::BuyerLanguage, row));
        order.feedback_stars = value::stars(&self.field(Column::FeedbackStars, row));
        order.review_stars = value::stars(&self.field(Column::ReviewStars, row));

        let business = self.field(Column::IsBusinessOrder, row);
        order.business = value::flag(&business);
        let iba = self.field(Column::IsIba, row);
        let resold = value::flag(&iba);
        let unknown_flag = (!business.is_empty() && order.business.is_none()) || (!iba.is_empty() && resold.is_none());

        let address = self.field(Column::BuyerEmail, row);
        let alias = address.parse::<Alias>().ok();
        let unusable = !address.is_empty() && alias.is_none();
        // Amazon Business EU buys and resells: whatever address stands there is no single buyer's (law 6). One that
        // doesn't say so by its form is left out, so that nothing takes it for a buyer.
        order.alias = alias.filter(|alias| resold != Some(true) || alias.is_shared_by_form());
        order.items.extend(self.item(row));

        self.counts.unknown_status += u64::from(unknown_status);
        self.counts.unknown_flag += u64::from(unknown_flag);
        self.counts.unusable_alias += u64::from(unusable);
        order
    }

    /// The row's line of the order, where it names a product.
    fn item(&self, row: RowEncoding) -> Option<OrderItem> {
        let text = |column| value::text(&self.field(column, row));
        let (sku, asin) = (text(Column::Sku), text(Column::Asin));
        // A spreadsheet turns the id into 5.9E+13, which many lines would share.
        let id = text(Column::ItemId).filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
        let line = id.or_else(|| sku.clone()).or_else(|| asin.clone())?;
        Some(OrderItem {
            line,
            sku,
            asin,
            product_name: text(Column::ProductName),
            quantity: self.field(Column::Quantity, row).parse().ok(),
            price: value::money(&self.field(Column::ItemPrice, row), &self.field(Column::Currency, row)),
            promotion_ids: text(Column::PromotionIds),
            condition: value::condition(&self.field(Column::ItemCondition, row)),
        })
    }

    /// A field, trimmed; empty where the file lacks the column.
    fn field(&self, column: Column, row: RowEncoding) -> Cow<'_, str> {
        let Some(place) = self.columns.place(column) else { return Cow::Borrowed("") };
        match self.records.field(place) {
            Cow::Borrowed(bytes) => row.decode(bytes.trim_ascii()),
            Cow::Owned(bytes) => Cow::Owned(row.decode(bytes.trim_ascii()).into_owned()),
        }
    }

    fn date(&self, column: Column, row: RowEncoding, unread: &mut Option<Column>) -> Option<Timestamp> {
        let written = self.field(column, row);
        if written.is_empty() {
            return None;
        }
        let time = value::time(&written);
        if time.is_none() {
            *unread = unread.or(Some(column));
        }
        time
    }

    /// A row of which nothing but the order id can be trusted.
    fn spoilt(&mut self, row: RowEncoding, problem: Problem) {
        let order_id = self.field(Column::OrderId, row).parse::<OrderId>().ok();
        self.bad(order_id, None, problem);
        if let Some(order_id) = order_id {
            let mut order = ImportedOrder::bare(order_id);
            order.store = value::store(&self.field(Column::SalesChannel, row)).or(self.defaults.store);
            order.incomplete = true;
            self.gather(order);
        }
    }

    fn bad(&mut self, order_id: Option<OrderId>, column: Option<Column>, problem: Problem) {
        self.counts.bad += 1;
        let line = self.records.line_number();
        self.ready.push_back(Ok(Row::Bad { line, order_id, column: column.map(Columns::name), problem }));
    }

    fn gather(&mut self, row: ImportedOrder) {
        if let Some(order) = self.gathering.add(row) {
            self.give(order);
        }
    }

    fn give(&mut self, order: Box<ImportedOrder>) {
        self.counts.orders += 1;
        self.ready.push_back(Ok(Row::Order(order)));
    }
}

impl Iterator for Reader<'_> {
    type Item = Result<Row, ReportError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                return Some(row);
            }
            if self.ended {
                return None;
            }
            self.step();
        }
    }
}

impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("counts", &self.counts).field("ended", &self.ended).finish_non_exhaustive()
    }
}
