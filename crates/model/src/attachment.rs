//! A file that goes with a campaign's letter. Its name is a plain file name, its content is what the name's ending says,
//! and it is known by its digest, so that no later change of the file beside the campaign changes what leaves.

use std::sync::Arc;

use sha2::{Digest, Sha256};

/// The most bytes of one file. Amazon takes 10 MB a message (help 200389080); the rules for messages hold the sum against it.
pub const LARGEST_ATTACHMENT: u64 = 10_000_000;
/// The longest name, in bytes.
const LONGEST_NAME: usize = 100;

/// What may be attached: the narrower of Amazon's sample (which takes more) and of what a tool of 2026 lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttachmentKind {
    /// `.pdf`
    Pdf,
    /// `.jpg` or `.jpeg`
    Jpeg,
    /// `.png`
    Png,
}

impl AttachmentKind {
    /// Its media type (RFC 2046, RFC 8118).
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    const fn named(self) -> &'static str {
        match self {
            Self::Pdf => "PDF",
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
        }
    }

    /// The bytes that such a file begins with.
    const fn opening(self) -> &'static [u8] {
        match self {
            Self::Pdf => b"%PDF-",
            Self::Jpeg => b"\xff\xd8\xff",
            Self::Png => b"\x89PNG\r\n\x1a\n",
        }
    }
}

/// A file's name without any folder, whose ending tells its kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttachmentName {
    text: String,
    kind: AttachmentKind,
}

/// Why a text is no name of an attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAttachmentName {
    /// It leads elsewhere, or can't be written into a mail or onto a disk.
    #[error("expected a file's plain name without folders, such as \"manual.pdf\"; it lies beside the campaign file")]
    NotPlain,
    /// Too long.
    #[error("a file's name has at most {LONGEST_NAME} bytes")]
    TooLong,
    /// Something else than Amazon lets through for certain.
    #[error("attach PDF, JPG or PNG files only (.pdf, .jpg, .jpeg, .png)")]
    OtherKind,
}

impl AttachmentName {
    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What its ending says.
    pub const fn kind(&self) -> AttachmentKind {
        self.kind
    }
}

fn kind_of(name: &str) -> Option<AttachmentKind> {
    let (stem, ending) = name.rsplit_once('.')?;
    let kind = match ending.to_ascii_lowercase().as_str() {
        "pdf" => AttachmentKind::Pdf,
        "jpg" | "jpeg" => AttachmentKind::Jpeg,
        "png" => AttachmentKind::Png,
        _ => return None,
    };
    (!stem.is_empty()).then_some(kind)
}

impl std::str::FromStr for AttachmentName {
    type Err = InvalidAttachmentName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // What separates folders here or elsewhere, what quotes and patterns are made of, and what turns the writing around.
        let foreign = |c: char| {
            c.is_control()
                || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        };
        if text.len() > LONGEST_NAME {
            return Err(InvalidAttachmentName::TooLong);
        }
        if text.trim() != text || text.starts_with(['.', '-']) || text.chars().any(foreign) {
            return Err(InvalidAttachmentName::NotPlain);
        }
        let kind = kind_of(text).ok_or(InvalidAttachmentName::OtherKind)?;
        Ok(Self { text: text.to_owned(), kind })
    }
}

impl std::fmt::Display for AttachmentName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.text)
    }
}

/// The SHA-256 of a file's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttachmentDigest(pub [u8; 32]);

impl std::fmt::Display for AttachmentDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// An attachment without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedFile {
    /// Its name.
    pub name: AttachmentName,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its content's digest.
    pub digest: AttachmentDigest,
}

impl AttachedFile {
    /// Its size for people: `840 bytes`, `12 kB`, `3.4 MB`.
    pub fn size(&self) -> String {
        size_in_words(self.bytes)
    }
}

/// So many bytes for people: `840 bytes`, `12 kB`, `3.4 MB`.
pub fn size_in_words(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// An attachment with its content, which many letters share.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    file: AttachedFile,
    content: Arc<[u8]>,
}

/// Why a file can't be attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitAttachment {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Too much in it.
    #[error("the file is larger than {} MB, which is all that Amazon takes with a message", LARGEST_ATTACHMENT / 1_000_000)]
    TooLarge,
    /// Its content is something else than its name says.
    #[error("its name says {}, but its content is none", _0.named())]
    OtherContent(AttachmentKind),
}

impl Attachment {
    /// A file as it was read.
    ///
    /// # Errors
    /// Where it is empty, too large, or begins with other bytes than files of that kind do.
    pub fn new(name: AttachmentName, content: Vec<u8>) -> Result<Self, UnfitAttachment> {
        let bytes = u64::try_from(content.len()).unwrap_or(u64::MAX);
        if bytes == 0 {
            return Err(UnfitAttachment::Empty);
        }
        if bytes > LARGEST_ATTACHMENT {
            return Err(UnfitAttachment::TooLarge);
        }
        if !content.starts_with(name.kind().opening()) {
            return Err(UnfitAttachment::OtherContent(name.kind()));
        }
        let digest = AttachmentDigest(Sha256::digest(&content).into());
        Ok(Self { file: AttachedFile { name, bytes, digest }, content: content.into() })
    }

    /// Its name, size and digest.
    pub const fn file(&self) -> &AttachedFile {
        &self.file
    }

    /// Its bytes.
    pub fn content(&self) -> &[u8] {
        &self.content
    }
}

impl std::fmt::Debug for Attachment {
    /// Without its content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&self.file, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Result<AttachmentName, InvalidAttachmentName> {
        text.parse()
    }

    #[test]
    fn a_name_is_a_plain_file_name_of_a_kind_that_amazon_takes() {
        for good in ["manual.pdf", "Garantie für Käufer.PDF", "photo.1.jpeg", "a.jpg", "取扱説明書.png"] {
            assert_eq!(name(good).unwrap().as_str(), good);
        }
        for elsewhere in [
            "../manual.pdf",
            "/etc/manual.pdf",
            "a\\b.pdf",
            ".pdf",
            " manual.pdf",
            "a\r\nb.pdf",
            "-rf.pdf",
            "c:x.pdf",
            "a\"b.pdf",
            "fdp.\u{202e}exe.pdf",
        ] {
            assert_eq!(name(elsewhere), Err(InvalidAttachmentName::NotPlain), "{elsewhere:?}");
        }
        for other in ["manual", "manual.docx", "manual.pdf.exe", "pdf", ""] {
            assert_eq!(name(other), Err(InvalidAttachmentName::OtherKind), "{other:?}");
        }
        assert_eq!(name(&format!("{}.pdf", "a".repeat(97))), Err(InvalidAttachmentName::TooLong));
    }

    #[test]
    fn a_content_must_be_what_the_name_says_and_no_larger_than_amazon_takes() {
        let file = |text: &str, content: &[u8]| Attachment::new(name(text).unwrap(), content.to_vec());
        assert_eq!(file("a.pdf", b"%PDF-1.7\n").unwrap().file().bytes, 9);
        assert_eq!(file("a.png", b"\x89PNG\r\n\x1a\n...").unwrap().content().len(), 11);
        assert_eq!(file("a.jpg", b"\xff\xd8\xff\xe0").unwrap().file().name.kind().media_type(), "image/jpeg");
        assert_eq!(file("a.pdf", b"MZ\x90").unwrap_err(), UnfitAttachment::OtherContent(AttachmentKind::Pdf));
        assert_eq!(file("a.png", b"%PDF-1.7").unwrap_err(), UnfitAttachment::OtherContent(AttachmentKind::Png));
        assert_eq!(file("a.pdf", b"").unwrap_err(), UnfitAttachment::Empty);
        let mut large = b"%PDF-".to_vec();
        large.resize(10_000_001, b' ');
        assert_eq!(file("a.pdf", &large).unwrap_err(), UnfitAttachment::TooLarge);
        assert!(file("a.pdf", &large[..10_000_000]).is_ok());
        assert_eq!([999, 1_000, 999_999, 3_450_000].map(size_in_words), ["999 bytes", "1 kB", "999 kB", "3.4 MB"]);
    }
}
