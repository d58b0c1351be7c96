//! What lies behind addresses that were given out: documents of reports, and places for uploads. No token may come there.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use model::Timestamp;

use crate::answer::Answer;
use crate::calls::Asked;
use crate::shop::Shop;

fn denied() -> Answer {
    let body = b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    Answer::bytes(403, "application/xml", body.to_vec())
}

pub(crate) fn answer(shop: &mut Shop, asked: &Asked<'_>, now: Timestamp) -> Answer {
    if asked.header("x-amz-access-token").is_some() {
        shop.tally.invalid.push("a token went to where documents lie".to_owned());
        return Answer::bytes(400, "application/xml", b"<Error><Code>InvalidArgument</Code></Error>".to_vec());
    }
    let Some(link) = shop.links.get(asked.path).filter(|link| now < link.ends) else { return denied() };
    match (&link.document, asked.method) {
        (Some(id), "GET") => {
            let kind = shop.reports.get(id).map(|report| report.kind.clone()).unwrap_or_default();
            let Some(content) = shop.contents.get(&(link.account, kind)) else { return denied() };
            let charset = link.charset.as_ref().unwrap_or(&content.charset);
            let bytes = if content.gzip { packed(&content.bytes) } else { content.bytes.clone() };
            Answer::bytes(200, &format!("text/plain;charset={charset}"), bytes)
        }
        (None, "PUT") => {
            let fits = link.md5.is_some() && asked.header("content-md5") == link.md5.as_deref();
            if !fits {
                shop.tally.invalid.push("an upload without the Content-MD5 that it was asked for with".to_owned());
                return Answer::bytes(400, "application/xml", b"<Error><Code>BadDigest</Code></Error>".to_vec());
            }
            if let Some(link) = shop.links.get_mut(asked.path) {
                link.filled = true;
            }
            shop.tally.uploads += 1;
            Answer::bytes(200, "application/xml", Vec::new())
        }
        _ => denied(),
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}
