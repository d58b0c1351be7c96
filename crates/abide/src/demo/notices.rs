//! The demo's mails: invented notices in the form in which Amazon sends them, one forwarded by hand, one forged.

use model::Timestamp;

use super::orders;

/// Where it was sent by and what it says, ready for SMTP.
pub struct Letter {
    /// The envelope's sender.
    pub from: &'static str,
    /// The mail, its lines ended by CRLF.
    pub raw: Vec<u8>,
}

fn letter(from: &'static str, text: &str) -> Letter {
    Letter { from, raw: text.replace('\n', "\r\n").into_bytes() }
}

fn day(now: Timestamp) -> String {
    now.to_jiff().strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// An opt-out in Italian about an order of Amazon.com: the type header and the link to the buyer are the form
/// of 2026.
pub fn opt_out(now: Timestamp) -> Letter {
    let order = orders::FIRST_MESSAGED.id;
    let alias = orders::FIRST_MESSAGED.alias().unwrap_or_default();
    letter(
        "bounces@eu-west-1.amazonses.com",
        &format!(
            "From: \"Amazon.com\" <auto-communication@amazon.com>\n\
             To: seller@example.com\n\
             Date: {}\n\
             Message-ID: <demo-0001@eu-west-1.amazonses.com>\n\
             Subject: =?UTF-8?Q?Il_tuo_messaggio_all'acquirente_non_=C3=A8_stato_consegnato.?=\n\
             X-Marketplace-ID: ATVPDKIKX0DER\n\
             X-Space-Notification-Type: BUYER_OPTED_OUT_BSM_MESSAGES\n\
             MIME-Version: 1.0\n\
             Content-Type: text/html; charset=utf-8\n\
             Content-Transfer-Encoding: 8bit\n\
             \n\
             <html><body><p>Gentile venditore,</p><p>non siamo stati in grado di recapitare il messaggio che hai \
             inviato per l'ordine [{order}] perché l'acquirente ha scelto di non ricevere messaggi non richiesti dai \
             venditori. <a href=\"mailto:{alias}\">Scrivi all'acquirente</a></p></body></html>\n",
            day(now)
        ),
    )
}

/// An opt-out in English that the seller forwards by hand from his own mailbox: no header and no relay address
/// of the buyer's is left.
pub fn forwarded_opt_out(now: Timestamp) -> Letter {
    let order = orders::SECOND_MESSAGED.id;
    let date = day(now);
    letter(
        "owner@bluewidgets.example",
        &format!(
            "From: Blue Widgets <owner@bluewidgets.example>\n\
             To: abide\n\
             Date: {date}\n\
             Message-ID: <demo-0002@bluewidgets.example>\n\
             Subject: Fwd: Your message to a buyer could not be delivered\n\
             MIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\n\
             \n\
             Here is another one.\n\
             \n\
             ---------- Forwarded message ---------\n\
             From: Amazon.de <auto-communication@amazon.com>\n\
             Date: {date}\n\
             Subject: Your message to a buyer could not be delivered\n\
             To: <owner@bluewidgets.example>\n\
             \n\
             Dear seller,\n\
             \n\
             We were unable to deliver the message you sent for order [{order}]\n\
             because the buyer has chosen to opt out of receiving unsolicited\n\
             messages from sellers.\n"
        ),
    )
}

/// A refund.
pub fn refund(now: Timestamp) -> Letter {
    let order = orders::REFUNDED.id;
    letter(
        "bounces@eu-west-1.amazonses.com",
        &format!(
            "From: \"Amazon Seller Central\" <donotreply@amazon.com>\n\
             To: seller@example.com\n\
             Date: {}\n\
             Message-ID: <demo-0003@eu-west-1.amazonses.com>\n\
             Subject: Refund initiated for order {order}\n\
             X-Marketplace-ID: ATVPDKIKX0DER\n\
             X-Space-Notification-Type: REFUND_ISSUED\n\
             MIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\n\
             \n\
             A refund of USD 19.99 was initiated. Order ID: {order}\n",
            day(now)
        ),
    )
}

/// A forgery from a domain that only looks like Amazon's.
pub fn forgery(now: Timestamp) -> Letter {
    let order = orders::FORGED.id;
    letter(
        "auto-communication@amazon.com.notices.example",
        &format!(
            "From: \"Amazon.com\" <auto-communication@amazon.com.notices.example>\n\
             To: seller@example.com\n\
             Date: {}\n\
             Message-ID: <demo-0004@notices.example>\n\
             Subject: Your message to a buyer could not be delivered\n\
             X-Space-Notification-Type: BUYER_OPTED_OUT_BSM_MESSAGES\n\
             MIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\n\
             \n\
             We were unable to deliver the message you sent for order [{order}] because the buyer has chosen to opt \
             out of receiving unsolicited messages from sellers.\n",
            day(now)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Forwarded, MatchedBy, NoticeKind};

    #[test]
    fn the_letters_are_what_the_demo_says_they_are() {
        let now = "2026-08-20T12:00:00Z".parse().unwrap();
        let read = |letter: Letter| notice::read(&letter.raw).readings.remove(0);
        let first = read(opt_out(now));
        assert_eq!((first.kind, first.matched_by), (NoticeKind::OptOut, MatchedBy::Header));
        assert_eq!(first.alias.map(|alias| alias.as_str().to_owned()), orders::FIRST_MESSAGED.alias());
        let second = read(forwarded_opt_out(now));
        assert_eq!((second.kind, second.matched_by), (NoticeKind::OptOut, MatchedBy::Wording));
        assert_eq!((second.forwarded, second.alias), (Forwarded::Inline, None));
        assert_eq!(second.order_ids, [orders::SECOND_MESSAGED.id.parse().unwrap()]);
        assert_eq!(read(refund(now)).kind, NoticeKind::Refund);
        assert_eq!(read(forgery(now)).kind, NoticeKind::NotAmazon);
    }
}
