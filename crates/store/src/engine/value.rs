//! What goes into a statement and comes out of it: whole numbers, texts, bytes and nothing else, so that both
//! engines keep the same things in the same way.

use crate::error::StoreError;

/// A statement, checked by a test to prepare on both engines. Made only by [`sql!`](crate::engine::sql).
#[derive(Debug, Clone, Copy)]
pub struct Sql(pub(crate) &'static str);

/// Marks a text as a statement: `$1`, `$2` … are its parameters, numbered by first appearance.
macro_rules! sql {
    ($text:literal) => {
        $crate::engine::Sql($text)
    };
}
pub(crate) use sql;

/// A parameter or a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing known.
    Null,
    /// BIGINT: numbers, times in microseconds, 0 and 1.
    Int(i64),
    /// TEXT.
    Text(String),
    /// BYTEA, BLOB: ids, hashes, sealed values.
    Blob(Vec<u8>),
}

macro_rules! value_from {
    ($($from:ty => |$name:ident| $make:expr;)+) => {
        $(impl From<$from> for Value {
            fn from($name: $from) -> Self { $make }
        })+
    };
}

value_from! {
    i64 => |n| Self::Int(n);
    u32 => |n| Self::Int(i64::from(n));
    bool => |b| Self::Int(i64::from(b));
    &str => |t| Self::Text(t.to_owned());
    String => |t| Self::Text(t);
    Vec<u8> => |b| Self::Blob(b);
    &[u8] => |b| Self::Blob(b.to_vec());
    [u8; 32] => |b| Self::Blob(b.to_vec());
    [u8; 16] => |b| Self::Blob(b.to_vec());
    model::Timestamp => |t| Self::Int(t.as_micros());
    model::OrderId => |o| Self::Text(o.as_str().to_owned());
    model::Marketplace => |m| Self::Text(m.as_str().to_owned());
    model::AccountId => |i| Self::Blob(i.as_bytes().to_vec());
    model::AddressId => |i| Self::Blob(i.as_bytes().to_vec());
    model::AlertId => |i| Self::Blob(i.as_bytes().to_vec());
    model::CampaignId => |i| Self::Blob(i.as_bytes().to_vec());
    model::ContactNoteId => |i| Self::Blob(i.as_bytes().to_vec());
    model::ListUploadId => |i| Self::Blob(i.as_bytes().to_vec());
    model::CriticalId => |i| Self::Blob(i.as_bytes().to_vec());
    model::HttpDoorId => |i| Self::Blob(i.as_bytes().to_vec());
    model::MailId => |i| Self::Blob(i.as_bytes().to_vec());
    model::MemberId => |i| Self::Blob(i.as_bytes().to_vec());
    model::MessageId => |i| Self::Blob(i.as_bytes().to_vec());
    model::MessagedListId => |i| Self::Blob(i.as_bytes().to_vec());
    model::MemberMailId => |i| Self::Blob(i.as_bytes().to_vec());
    model::SelfTestId => |i| Self::Blob(i.as_bytes().to_vec());
    model::NoticeId => |i| Self::Blob(i.as_bytes().to_vec());
    model::SuppressionId => |i| Self::Blob(i.as_bytes().to_vec());
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row of an answer. Columns are asked for by their place, with the type they must have.
#[derive(Debug, Clone)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    fn column(&self, place: usize) -> Result<&Value, StoreError> {
        self.0.get(place).ok_or_else(|| StoreError::unexpected(format!("the answer has no column {place}")))
    }

    /// A whole number, where there is one.
    pub fn opt_int(&self, place: usize) -> Result<Option<i64>, StoreError> {
        match self.column(place)? {
            Value::Int(number) => Ok(Some(*number)),
            Value::Null => Ok(None),
            _ => Err(StoreError::unexpected(format!("column {place} is no number"))),
        }
    }

    /// A whole number.
    pub fn int(&self, place: usize) -> Result<i64, StoreError> {
        self.opt_int(place)?.ok_or_else(|| StoreError::unexpected(format!("column {place} is empty")))
    }

    /// A count.
    pub fn count(&self, place: usize) -> Result<u64, StoreError> {
        u64::try_from(self.int(place)?).map_err(|_| StoreError::unexpected(format!("column {place} is negative")))
    }

    /// Yes or no.
    pub fn flag(&self, place: usize) -> Result<bool, StoreError> {
        Ok(self.int(place)? != 0)
    }

    /// A text, where there is one.
    pub fn opt_text(&self, place: usize) -> Result<Option<&str>, StoreError> {
        match self.column(place)? {
            Value::Text(text) => Ok(Some(text)),
            Value::Null => Ok(None),
            _ => Err(StoreError::unexpected(format!("column {place} is no text"))),
        }
    }

    /// A text.
    pub fn text(&self, place: usize) -> Result<&str, StoreError> {
        self.opt_text(place)?.ok_or_else(|| StoreError::unexpected(format!("column {place} is empty")))
    }

    /// Bytes, where there are any.
    pub fn opt_blob(&self, place: usize) -> Result<Option<&[u8]>, StoreError> {
        match self.column(place)? {
            Value::Blob(bytes) => Ok(Some(bytes)),
            Value::Null => Ok(None),
            _ => Err(StoreError::unexpected(format!("column {place} is not bytes"))),
        }
    }

    /// Bytes.
    pub fn blob(&self, place: usize) -> Result<&[u8], StoreError> {
        self.opt_blob(place)?.ok_or_else(|| StoreError::unexpected(format!("column {place} is empty")))
    }

    /// So many bytes.
    pub fn bytes<const N: usize>(&self, place: usize) -> Result<[u8; N], StoreError> {
        self.blob(place)?.try_into().map_err(|_| StoreError::unexpected(format!("column {place} is not {N} bytes")))
    }

    /// So many bytes, where there are any.
    pub fn opt_bytes<const N: usize>(&self, place: usize) -> Result<Option<[u8; N]>, StoreError> {
        self.opt_blob(place)?.map(|_| self.bytes(place)).transpose()
    }

    /// A point in time.
    pub fn time(&self, place: usize) -> Result<model::Timestamp, StoreError> {
        Ok(model::Timestamp::from_micros(self.int(place)?))
    }

    /// A point in time, where there is one.
    pub fn opt_time(&self, place: usize) -> Result<Option<model::Timestamp>, StoreError> {
        Ok(self.opt_int(place)?.map(model::Timestamp::from_micros))
    }

    /// A word of the model.
    pub fn word<T: std::str::FromStr>(&self, place: usize) -> Result<T, StoreError> {
        self.text(place)?
            .parse()
            .map_err(|_| StoreError::unexpected(format!("column {place} holds a word this program does not know")))
    }

    /// A word of the model, where there is one.
    pub fn opt_word<T: std::str::FromStr>(&self, place: usize) -> Result<Option<T>, StoreError> {
        self.opt_text(place)?.map(|_| self.word(place)).transpose()
    }
}
