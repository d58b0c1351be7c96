//! Notices forwarded by hand more than once, or under a signature: whatever address stands above the quoted
//! header of Amazon's, with however many blank lines between, the notice is read.

use model::notice::{Forwarded, MatchedBy};
use proptest::prelude::*;
use rstest::rstest;

use crate::letter::{Letter, Notice, OPT_OUTS, only};
use crate::transports::{SELLER, is_the_opt_out};

/// The lines that mail programs set above what they forward: `{from}`, `{to}` and `{subject}` stand for theirs.
const STYLES: &[&str] = &[
    "From: {from}\nSent: Thursday, September 10, 2026 2:05 AM\nTo: {to}\nSubject: {subject}\n",
    "Von: {from}\nGesendet: Donnerstag, 10. September 2026 02:05\nAn: {to}\nCc: x@y.example\nBetreff: {subject}\n",
    "---------- Forwarded message ---------\nFrom: {from}\nDate: Thu, Sep 10, 2026 at 2:04 AM\nSubject: {subject}\nTo: {to}\n",
    "Begin forwarded message:\n\nFrom: {from}\nSubject: {subject}\nDate: 10 September 2026 at 02:04:50 CEST\nTo: {to}\n",
    "Anfang der weitergeleiteten Nachricht:\n\nVon: {from}\nBetreff: {subject}\nDatum: 10. September 2026 um 02:04:50 MESZ\nAn: {to}\n",
    "-------- Messaggio inoltrato --------\nOggetto: {subject}\nData: Thu, 10 Sep 2026 00:04:50 +0000\nMittente: {from}\nA: {to}\n",
    "________________________________\nDa: {from}\nInviato: giovedì 10 settembre 2026 02:04\nA: {to}\nOggetto: {subject}\n",
    "| From | {from} |\n| Date | 09/10/2026 02:04 |\n| To | {to} |\n| Subject | {subject} |\n",
    "From: {from}\n\nSent: Thursday, September 10, 2026 2:05 AM\n\nTo: {to}\n\nSubject: {subject}\n",
    "On Thu, Sep 10, 2026 at 2:04 AM {from} wrote:\n",
];

/// What people and firms write at the end of what they say.
const SIGNATURES: &[&str] = &[
    "",
    "Contact: anna@shop.example\n",
    "Anna | anna@shop.example\n",
    "Anna Seller\nTel: +49 30 123\nMobil: 0171\nE-Mail: anna@shop.example\nWeb: www.shop.example\n",
    "Telefon: +49 30 123\nGeschäftsführer: Max Meier <max@shop.example>\nRegistergericht: Berlin\n",
    "E-mail: anna@shop.example\n\nBackup: bob@shop.example\n",
    "© 2026 Shop, 1 Road 9:30\nanna@shop.example\n",
    "Notice: this mail is for a@shop.example alone.\nFrom the desk of Anna\n",
];

fn block(style: &str, from: &str, to: &str, subject: &str) -> String {
    style.replace("{from}", from).replace("{to}", to).replace("{subject}", subject)
}

const AMAZON: &str = "Amazon.it <auto-communication@amazon.com>";

#[rstest]
#[case("Contact: anna@shop.example\n\n{block}\n{body}")]
#[case("Contact: anna@shop.example\n{block}\n{body}")]
#[case("From: Bob <bob@shop.example>\nSent: 10 Sep 2026 10:00\nTo: Anna\nSubject: FW: x\n\n{block}\n{body}")]
#[case("From: Bob <bob@shop.example>\nSent: 10 Sep 2026 10:00\nTo: Anna\nSubject: FW: x\n{block}\n{body}")]
#[case("> From: Bob <bob@shop.example>\n> To: Anna <a@b.example>\nBegin forwarded message:\n\n{block}\n{body}")]
fn an_address_above_the_quoted_header_hides_nothing(#[case] frame: &str) {
    for notice in OPT_OUTS {
        let block = block(STYLES[0], AMAZON, "bob@shop.example", notice.subject);
        let text = frame.replace("{block}", &block).replace("{body}", &notice.text());
        let html = text.replace('<', "&lt;").replace('\n', "<br>");
        for letter in [Letter::new(SELLER, "FW: x").plain(text), Letter::new(SELLER, "FW: x").html(html)] {
            is_the_opt_out(&only(&letter.write()), notice, Forwarded::Inline, MatchedBy::Wording);
        }
    }
}

#[test]
fn a_senders_line_wrapped_before_its_address_is_joined() {
    for notice in OPT_OUTS {
        let text = format!(
            "> From: Amazon.it\n> <auto-communication@amazon.com>\n> Date: Thu, 10 Sep 2026 02:04\n> To: x\n>\n> {}",
            notice.text().replace('\n', "\n> ")
        );
        let reading = only(&Letter::new(SELLER, "Fwd").plain(text).write());
        is_the_opt_out(&reading, notice, Forwarded::Inline, MatchedBy::Wording);
    }
}

#[test]
fn in_a_table_without_labels_it_is_held() {
    for notice in OPT_OUTS {
        let html = format!(
            "<font>----- Weitergeleitet von Anna Seller/Shop am 10.09.2026 10:00 -----</font><br><br><table><tr><td><b>&quot;Amazon.it&quot; &lt;auto-communication@amazon.com&gt;</b><p>10.09.2026 02:04<td><table><tr><td>An<td>s@x.example<tr><td>Kopie<td><tr><td>Thema<td>{}</table></table><br>{}",
            notice.subject,
            notice.markup()
        );
        let reading = only(&Letter::new(SELLER, "WG: x").html(html).write());
        is_the_opt_out(&reading, notice, Forwarded::Inline, MatchedBy::Structure);
    }
}

#[test]
fn after_hundreds_of_other_addresses_it_is_still_found() {
    let notice = &OPT_OUTS[1];
    let list: String = (0..1_000)
        .flat_map(|number| ["Name: a".to_owned(), number.to_string(), "@shop.example\n\nhello there\n\n".to_owned()])
        .collect();
    let text = format!("{list}{}\n{}", block(STYLES[0], AMAZON, "x", notice.subject), notice.text());
    is_the_opt_out(&only(&Letter::new(SELLER, "x").plain(text).write()), notice, Forwarded::Inline, MatchedBy::Wording);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn under_any_styles_and_any_signature_the_opt_out_is_found(
        number in 0..OPT_OUTS.len(),
        above in prop::option::of((0..STYLES.len(), 0..SIGNATURES.len())),
        style in 0..STYLES.len(),
        signature in 0..SIGNATURES.len(),
        gaps in (0usize..4, 0usize..4, 0usize..4),
        quotes in (0usize..2, 0usize..2),
        as_html in any::<bool>(),
    ) {
        let notice: &Notice = &OPT_OUTS[number];
        let blank = |count: usize| "\n".repeat(count);
        let quoted = |text: String, depth: usize| {
            let mark = "> ".repeat(depth);
            text.lines().flat_map(|line| [mark.as_str(), line, "\n"]).collect::<String>()
        };
        let inner = format!("{}{}{}", block(STYLES[style], AMAZON, "Bob <bob@shop.example>", notice.subject), "\n", notice.text());
        let middle = match above {
            Some((style, signature)) => format!(
                "{}{}{}{}",
                block(STYLES[style], "Bob <bob@shop.example>", "Anna <anna@shop.example>", &format!("FW: {}", notice.subject)),
                blank(gaps.1), SIGNATURES[signature], blank(gaps.2)
            ),
            None => String::new(),
        };
        let text = format!("{}{}{}", SIGNATURES[signature], blank(gaps.0), quoted(middle + &quoted(inner, quotes.1), quotes.0));
        let letter = Letter::new(SELLER, "FW: x");
        let letter = if as_html {
            letter.html(text.replace('<', "&lt;").replace("> ", "&gt; ").replace('\n', "<br>\n"))
        } else {
            letter.plain(text.clone())
        };
        let reading = only(&letter.write());
        prop_assert_eq!(reading.kind, model::NoticeKind::OptOut, "{}", text);
        prop_assert_eq!(reading.matched_by, MatchedBy::Wording, "{}", text);
        prop_assert_eq!(reading.order_id().map(|id| id.to_string()), Some(crate::letter::ORDER.to_owned()));
        prop_assert_eq!(reading.forwarded, Forwarded::Inline);
        prop_assert_eq!(reading.alias, crate::letter::ALIAS.parse().ok());
    }
}
