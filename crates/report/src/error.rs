//! What makes a whole file unreadable, each with the sentence that tells the member what the file is and what to do.
//! A single bad row is no error: it is a [`crate::Row::Bad`].

/// Why a file could not be read, or not to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// It is something else altogether.
    #[error("this is {0}, not an order report; {advice}", advice = .0.advice())]
    NotAReport(FileKind),
    /// Nothing in it.
    #[error("this file is empty; download the report again")]
    Empty,
    /// The first row holds an order, not names of columns.
    #[error(
        "this file begins with an order and has no row of column names; import the report as Amazon gave it, with its first row"
    )]
    NoHeader,
    /// The first row names no order id.
    #[error(
        "the first row of this file names no column amazon-order-id or order-id, so it is not an order report of Amazon's"
    )]
    NoOrderId,
    /// The first row names an order id and nothing else that is known.
    #[error(
        "this file has order ids but no other column of an order report, such as purchase-date or sales-channel; import the report as Amazon gave it"
    )]
    NoKnownColumns,
    /// Unpacks to far more than a report can.
    #[error(
        "this file unpacks to more than {ratio} times its size, which no order report does; it was not read further"
    )]
    Bomb {
        /// The most that is unpacked, as a multiple of the packed size.
        ratio: u64,
    },
    /// The packing is damaged or cut off.
    #[error("this gzip file is damaged or cut off; download the report again")]
    DamagedGzip(#[source] std::io::Error),
    /// Reading failed.
    #[error("the file could not be read to its end; try again")]
    Io(#[source] std::io::Error),
}

/// What a file that is no report turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// A web page.
    Html,
    /// An XML document.
    Xml,
    /// A JSON document.
    Json,
    /// A PDF document.
    Pdf,
    /// An Excel workbook of today's form.
    Xlsx,
    /// An Excel workbook of the old form.
    Xls,
    /// A zip archive.
    Zip,
    /// gzip within gzip.
    NestedGzip,
    /// Packed by another program: 7z, bzip2, xz, zstd or RAR.
    OtherArchive,
    /// Bytes that are no text.
    Binary,
}

impl FileKind {
    /// What the member can do about it.
    const fn advice(self) -> &'static str {
        match self {
            Self::Html => "Seller Central may have asked to sign in: download the report itself again",
            Self::Xml | Self::Json | Self::Pdf => "download the tab-separated (flat file) report",
            Self::Xlsx | Self::Xls => "save it as CSV or tab-separated text, or better import the file Amazon gave",
            Self::Zip | Self::NestedGzip | Self::OtherArchive => "unpack it and import the report inside",
            Self::Binary => "import the text file that Amazon gave",
        }
    }
}

impl std::fmt::Display for FileKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Html => "a web page",
            Self::Xml => "an XML file",
            Self::Json => "a JSON file",
            Self::Pdf => "a PDF",
            Self::Xlsx | Self::Xls => "an Excel workbook",
            Self::Zip => "a zip archive",
            Self::NestedGzip => "a gzip file inside a gzip file",
            Self::OtherArchive => "a packed archive",
            Self::Binary => "a file of bytes that are not text",
        })
    }
}
