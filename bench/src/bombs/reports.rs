//! Bombs for the importer of reports: endless lines, millions of columns, open quotes, broken encodings, gzip that
//! unpacks to gigabytes. What repeats is made while it is read, so the memory seen is the importer's own.

use std::hint::black_box;
use std::io::Read;

use report::{Defaults, Reader};

use super::Bomb;

const TABS: &str = "order-id\tpurchase-date\tproduct-name\tsku\tbuyer-email\tsales-channel\n";
const COMMAS: &str = "order-id,purchase-date,product-name,sku\n";
const MEGABYTE: u64 = 1_000_000;

/// A head, then a filling again and again.
struct Endless {
    head: Vec<u8>,
    filling: Vec<u8>,
    at: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.head.len() {
            self.head = std::mem::take(&mut self.filling);
            self.filling.clone_from(&self.head);
            self.at = 0;
        }
        let rest = self.head.get(self.at..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.at += count;
        Ok(count)
    }
}

fn file(head: &str, filling: &[u8], bytes: u64) -> Box<dyn FnOnce()> {
    let head = head.as_bytes().to_vec();
    let filling = filling.repeat(64 * 1024 / filling.len().max(1));
    import(Endless { head, filling, at: 0 }.take(bytes))
}

fn import(file: impl Read + Send + 'static) -> Box<dyn FnOnce()> {
    Box::new(move || {
        if let Ok(mut reader) = Reader::new(file, Defaults::default()) {
            reader.by_ref().for_each(|row| drop(black_box(row)));
            black_box(reader.counts());
        }
    })
}

pub fn all() -> Vec<Bomb> {
    let bomb = |name, prepare| Bomb { name, prepare };
    vec![
        bomb("report: a line of 100 MB", || file(TABS, b"x", 100 * MEGABYTE)),
        bomb("report: a header of 100 MB", || file("order-id", b"x", 100 * MEGABYTE)),
        bomb("report: a header of a million columns", || file("order-id\tpurchase-date", b"\t", MEGABYTE)),
        bomb("report: a row of a million columns", || file(TABS, b"\t", MEGABYTE)),
        bomb("report: rows of too many columns, 10 MB", || {
            file(TABS, &[b"\t".repeat(30_000).as_slice(), b"\n"].concat(), 10 * MEGABYTE)
        }),
        bomb("report: open quotes, 10 MB", || file(COMMAS, b"\"\n", 10 * MEGABYTE)),
        bomb("report: open quotes on long lines, 10 MB", || {
            file(COMMAS, &[b"111-1234567-1234567,\"".as_slice(), &b"x".repeat(3_000), b"\n"].concat(), 10 * MEGABYTE)
        }),
        bomb("report: nothing but quotes, 25 MB", || file(COMMAS, b"\"", 25 * MEGABYTE)),
        bomb("report: NULs, 100 MB", || file(TABS, b"\0", 100 * MEGABYTE)),
        bomb("report: rows of mixed encodings, 10 MB", || {
            file(TABS, b"111-1234567-1234567\t2026-07-01\t\x83\x4b\xe9\xff\xc3\xa9\t\x81\n", 10 * MEGABYTE)
        }),
        bomb("report: UTF-16 without sense, 25 MB", || {
            import(
                Endless {
                    head: b"\xff\xfeo\0r\0d\0e\0r\0-\0i\0d\0\n\0".to_vec(),
                    filling: b"\x00\xd8".repeat(4_096),
                    at: 0,
                }
                .take(25 * MEGABYTE),
            )
        }),
        bomb("report: one order of countless items, 10 MB", || {
            file(TABS, b"111-1234567-1234567\t2026-07-01\tx\ty\t\tAmazon.com\n", 10 * MEGABYTE)
        }),
        bomb("report: line ends, 25 MB", || file(TABS, b"\r\n", 25 * MEGABYTE)),
        bomb("report: gzip of a gigabyte of nothing", || {
            // A million bytes of gzip that unpack to a thousand times as much.
            let mut packed = Vec::new();
            let mut writer = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::best());
            let page = [b'\n'; 65_536];
            for _ in 0..16_000 {
                let _ = std::io::Write::write_all(&mut writer, &page);
            }
            let _ = writer.finish();
            import(std::io::Cursor::new(packed))
        }),
        bomb("report: a million empty gzip members", || {
            let mut member = Vec::new();
            let writer = flate2::write::GzEncoder::new(&mut member, flate2::Compression::fast());
            let _ = writer.finish();
            import(std::io::Cursor::new(member.repeat(1_000_000)))
        }),
    ]
}
