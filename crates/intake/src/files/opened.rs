//! One file that is open, or one entry of an archive: its first piece tells what it is, then it comes out piece by
//! piece. What holds another archive in itself is opened once and no deeper.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Cursor, Read};

use flate2::read::MultiGzDecoder;

use super::kind::{self, FileKind};
use super::mbox::MboxSplitter;
use super::packed::Measure;
use super::single::SingleMail;
use super::{FileFault, FileMail, FileProblem, Split};

/// Bytes read at once, and looked at to tell what a file is.
const PIECE: usize = 64 * 1024;

const NESTED: &str = "this is an archive within an archive; unpack the outer one first";
const NOT_SEEKABLE: &str = "this is a ZIP archive, which can't be read from a pipe; give the file itself";

pub(super) struct OpenFile {
    pub(super) name: String,
    pub(super) input: Box<dyn Read + Send>,
    /// The file itself, where it is one.
    pub(super) seekable: Option<File>,
    /// Whether something names it a mail: then it is told where it is none.
    pub(super) is_named: bool,
    /// Whether it came out of an archive already.
    pub(super) is_packed: bool,
    limit: usize,
    splitter: Option<Splitter>,
}

enum Splitter {
    Single(SingleMail),
    Mbox(Box<MboxSplitter>),
}

/// What a piece of a file led to.
pub(super) enum Came {
    More,
    End,
    /// It is a ZIP archive.
    Archive(File),
    /// It is no mail, and nobody said that it was.
    PassedOver,
}

impl OpenFile {
    pub(super) fn new(name: String, input: Box<dyn Read + Send>, limit: usize) -> Self {
        Self { name, input, seekable: None, is_named: true, is_packed: false, limit, splitter: None }
    }

    /// Takes the next piece; what came out is added to `ready`.
    pub(super) fn advance(&mut self, ready: &mut VecDeque<Result<FileMail, FileProblem>>) -> Came {
        // The first piece is to be whole, since it tells what the file is.
        let piece = match read_piece(self.input.as_mut()) {
            Ok(piece) => piece,
            Err(error) => {
                ready.push_back(Err(self.problem(0, FileFault::of(error))));
                return Came::End;
            }
        };
        if self.splitter.is_none() {
            match kind::of(&piece) {
                Ok(FileKind::Gzip | FileKind::Zip) if self.is_packed => {
                    return self.is_none(FileFault::NotMail(NESTED), ready);
                }
                Ok(FileKind::Zip) => {
                    return match self.seekable.take().filter(|file| file.metadata().is_ok_and(|facts| facts.is_file()))
                    {
                        Some(file) => Came::Archive(file),
                        None => self.is_none(FileFault::NotMail(NOT_SEEKABLE), ready),
                    };
                }
                Ok(FileKind::Gzip) => {
                    self.unpack(piece);
                    return Came::More;
                }
                Ok(_) if !(self.is_named || kind::is_surely_mail(&piece)) => return Came::PassedOver,
                Ok(FileKind::Mail) => self.splitter = Some(Splitter::Single(SingleMail::new(self.limit))),
                Ok(FileKind::Emlx) => self.splitter = Some(Splitter::Single(SingleMail::emlx(self.limit))),
                Ok(FileKind::Mbox) => self.splitter = Some(Splitter::Mbox(Box::new(MboxSplitter::new(self.limit)))),
                Err(fault) => return self.is_none(fault, ready),
            }
        }
        self.split(&piece, ready);
        if piece.is_empty() { Came::End } else { Came::More }
    }

    fn split(&mut self, piece: &[u8], ready: &mut VecDeque<Result<FileMail, FileProblem>>) {
        match &mut self.splitter {
            None => {}
            Some(Splitter::Single(mail)) => {
                mail.feed(piece);
                if piece.is_empty() {
                    let split = mail.finish();
                    ready.push_back(self.named(self.name.clone(), 0, split));
                }
            }
            Some(Splitter::Mbox(mbox)) => {
                let mut out = Vec::new();
                if piece.is_empty() {
                    mbox.finish(&mut out);
                } else {
                    mbox.feed(piece, &mut out);
                }
                for mail in out {
                    ready.push_back(self.named(format!("{}#{}", self.name, mail.number), mail.offset, mail.split));
                }
            }
        }
    }

    fn is_none(&self, fault: FileFault, ready: &mut VecDeque<Result<FileMail, FileProblem>>) -> Came {
        if self.is_named {
            ready.push_back(Err(self.problem(0, fault)));
            Came::End
        } else {
            Came::PassedOver
        }
    }

    /// Goes on with what this gzip file unpacks to.
    fn unpack(&mut self, piece: Vec<u8>) {
        let rest = std::mem::replace(&mut self.input, Box::new(io::empty()));
        let measure = Measure::default();
        let packed = measure.packed(Cursor::new(piece).chain(rest));
        self.input = Box::new(measure.unpacked(MultiGzDecoder::new(packed)));
        self.is_packed = true;
    }

    fn problem(&self, offset: u64, fault: FileFault) -> FileProblem {
        FileProblem { origin: self.name.clone(), offset, fault }
    }

    fn named(&self, source: String, offset: u64, split: Split) -> Result<FileMail, FileProblem> {
        let Ok(raw) = split else {
            let fault = FileFault::TooLarge { limit_mib: self.limit / (1024 * 1024) };
            return Err(FileProblem { origin: source, offset, fault });
        };
        Ok(FileMail { source, offset, raw })
    }
}

/// A whole piece, or less at the end; empty after it.
fn read_piece(input: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut piece = Vec::with_capacity(PIECE);
    let limit = u64::try_from(PIECE).unwrap_or(u64::MAX);
    input.take(limit).read_to_end(&mut piece)?;
    Ok(piece)
}
