//! The notices that are sent: opt-outs in the form in which Amazon sends them, invented, about 15 kB, each about
//! an order and a buyer of its own. One text is made once; only numbers of a fixed width change in it.

/// What stands in the text where a notice's number comes, seven digits wide.
const NUMBER: &[u8] = b"#######";
/// Rows of the table that gives the notice its size; such mails are mostly layout.
const ROWS: usize = 62;

/// A notice to be numbered.
#[derive(Clone)]
pub struct Letter {
    text: Vec<u8>,
    places: Vec<usize>,
}

impl Letter {
    /// A notice written at `date` (RFC 5322), its lines ended by CRLF, none of them beginning with a dot.
    pub fn new(date: &str) -> Self {
        let text = written(date).replace('\n', "\r\n").into_bytes();
        let places = text.windows(NUMBER.len()).enumerate();
        let places = places.filter(|(_, window)| *window == NUMBER).map(|(place, _)| place).collect();
        Self { text, places }
    }

    /// Its text with this number in all places. No other number below ten million gives the same order, buyer or
    /// Message-ID.
    pub fn numbered(&mut self, number: u32) -> &[u8] {
        let digits = format!("{:07}", number % 10_000_000);
        for place in &self.places {
            if let Some(there) = self.text.get_mut(*place..*place + NUMBER.len()) {
                there.copy_from_slice(digits.as_bytes());
            }
        }
        &self.text
    }

    /// Bytes of one notice.
    pub fn size(&self) -> usize {
        self.text.len()
    }
}

fn written(date: &str) -> String {
    use std::fmt::Write as _;
    let mut rows = String::new();
    for row in 0..ROWS {
        // Lines of quoted-printable, at most 76 characters and a soft break each.
        let _ = write!(
            rows,
            "<tr style=3D\"mso-line-height-rule:exactly\"><td align=3D\"left\" valign=3D\"top=\n\
             \" width=3D\"{}\" style=3D\"padding:0 18px 9px 18px;font-family:Arial,sans-serif=\n\
             ;font-size:13px;color:#333\">Riga informativa {row} della notifica, perch=C3=A9=\n \u{20}il \
             modello ne contiene molte.</td></tr>\n",
            600 - row
        );
    }
    format!(
        "Return-Path: <bounces+#######@eu-west-1.amazonses.com>\n\
         Received: from a4-1.smtp-out.eu-west-1.amazonses.com (a4-1.smtp-out.example [192.0.2.4])\n\
         \tby mx.example.com with ESMTPS id q####### for <seller@example.com>; {date}\n\
         DKIM-Signature: v=1; a=rsa-sha256; q=dns/txt; c=relaxed/simple; s=invented; d=amazon.com;\n\
         \th=From:Reply-To:To:Message-ID:Subject:MIME-Version:Content-Type; bh=aW52ZW50ZWQ=; b=aW52ZW50ZWQ=\n\
         From: \"Amazon.it\" <auto-communication@amazon.com>\n\
         Reply-To: \"Amazon.it\" <auto-communication@amazon.com>\n\
         To: seller@example.com\n\
         Date: {date}\n\
         Message-ID: <0102#######-000000@eu-west-1.amazonses.com>\n\
         Subject: =?UTF-8?Q?Il_tuo_messaggio_all'acquirente_non_=C3=A8_stato_consegnato.?=\n\
         X-Space-Notification-Type: BUYER_OPTED_OUT_BSM_MESSAGES\n\
         X-Marketplace-ID: APJ6JRA9NG5V4\n\
         MIME-Version: 1.0\n\
         Content-Type: multipart/alternative; boundary=\"----=_Part_4711\"\n\
         \n\
         ------=_Part_4711\n\
         Content-Type: text/html; charset=UTF-8\n\
         Content-Transfer-Encoding: quoted-printable\n\
         \n\
         <html><head><title>Amazon</title></head><body><table width=3D\"600\">\n\
         <tr><td><p>Gentile venditore,</p><p>non siamo stati in grado di recapitare il=\n \u{20}messaggio che hai \
         inviato per l'ordine [403-#######-#######]=\n \u{20}perch=C3=A9 l'acquirente ha scelto di non ricevere \
         messaggi=\n \u{20}non richiesti dai venditori.</p>\n\
         <p><a href=3D\"mailto:invented#######@marketplace.amazon.it\">Scrivi all'acquirente</a></p></td></tr>\n\
         {rows}</table></body></html>\n\
         ------=_Part_4711--\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{MatchedBy, NoticeKind};

    #[test]
    fn each_letter_is_an_opt_out_of_another_order_and_buyer() {
        let mut letter = Letter::new("Thu, 10 Sep 2026 00:04:50 +0000");
        assert!((10_000..20_000).contains(&letter.size()), "{} bytes", letter.size());
        let mut of = |number| notice::read(letter.numbered(number)).readings.remove(0);
        let (first, second) = (of(1), of(9_999_999));
        assert_eq!((first.kind, first.matched_by), (NoticeKind::OptOut, MatchedBy::Header));
        assert_eq!(first.order_ids, ["403-0000001-0000001".parse().unwrap()]);
        assert_eq!(first.alias.as_ref().unwrap().as_str(), "invented0000001@marketplace.amazon.it");
        assert_ne!(first.order_ids, second.order_ids);
        assert_ne!(first.alias, second.alias);
        assert_ne!(first.identity, second.identity);
    }

    #[test]
    fn it_can_stand_in_smtp_as_it_is() {
        let text = String::from_utf8(Letter::new("Thu, 10 Sep 2026 00:04:50 +0000").numbered(5).to_vec()).unwrap();
        assert!(text.ends_with("\r\n"));
        assert!(text.split("\r\n").all(|line| !line.starts_with('.') && !line.contains('\n') && line.len() < 998));
    }
}
