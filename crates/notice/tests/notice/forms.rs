//! The form of a mail whose words are not known: the same for mails that differ in order, name, date and wrapping, by
//! whatever route; another for other words. Notices of invented wording in languages of which none is known.

use model::notice::{MatchedBy, NoticeKind};
use rstest::rstest;

use crate::letter::{Letter, only};
use crate::transports::SELLER;

/// Before and after the order id, as a notice in that language might say it.
const UNKNOWN: [(&str, &str, &str); 4] = [
    (
        "pl",
        "Nie dostarczono wiadomości do {buyer} z dnia {date} dotyczącej zamówienia ",
        ", ponieważ kupujący zrezygnował z otrzymywania niezamówionych wiadomości od sprzedawców.",
    ),
    (
        "sv",
        "Vi kunde inte leverera ditt meddelande till {buyer} den {date} för beställning ",
        " eftersom köparen har valt att inte ta emot oönskade meddelanden från säljare.",
    ),
    (
        "tr",
        "{buyer} için {date} tarihinde gönderdiğiniz iletiyi teslim edemedik: sipariş ",
        " alıcısı satıcılardan istenmeyen ileti almamayı seçti. Yalnızca önemli iletiler gönderilebilir.",
    ),
    (
        "ar",
        "تعذر تسليم رسالتك إلى {buyer} بتاريخ {date} بخصوص الطلب ",
        " لأن المشتري اختار عدم تلقي رسائل غير مرغوب فيها من البائعين بعد الآن.",
    ),
];

struct Varied {
    order: &'static str,
    buyer: &'static str,
    date: &'static str,
    alias: &'static str,
}

const FIRST: Varied =
    Varied { order: "406-7654321-1234567", buyer: "Mario", date: "2026-09-10", alias: "abc12def34ghi56" };
const SECOND: Varied =
    Varied { order: "171-0000001-9999999", buyer: "Żaneta Åsa", date: "2027-01-03", alias: "zz9yy8xx7ww6vv5" };

fn body(words: (&str, &str, &str), varied: &Varied) -> String {
    let fill = |text: &str| text.replace("{buyer}", varied.buyer).replace("{date}", varied.date);
    format!(
        "<html><body><p>{}[{}]{}</p><ul><li>a</li><li>b</li></ul><ul><li>c</li><li>d</li></ul>\
         <p><a href=\"mailto:{}@marketplace.amazon.it?subject=[Wichtig]\">x</a> [Wichtig]</p></body></html>",
        fill(words.1),
        varied.order,
        fill(words.2),
        varied.alias
    )
}

fn direct(words: (&str, &str, &str), varied: &Varied) -> Letter {
    Letter::new("\"Amazon.it\" <auto-communication@amazon.com>", "Coś nowego").html(body(words, varied))
}

fn form(raw: &[u8]) -> [u8; 32] {
    let reading = only(raw);
    assert_eq!((reading.kind, reading.matched_by), (NoticeKind::OptOut, MatchedBy::Structure));
    reading.form.expect("a form")
}

#[rstest]
#[case(0)]
#[case(1)]
#[case(2)]
#[case(3)]
fn an_opt_out_of_unknown_words_keeps_its_form(#[case] language: usize) {
    let words = UNKNOWN[language];
    let first = form(&direct(words, &FIRST).write());
    assert_eq!(form(&direct(words, &SECOND).write()), first, "{}", words.0);

    // By hand, in the HTML of a mail program, and quoted deep.
    let quoted = format!(
        "<div class=\"gmail_attr\">---------- Forwarded message ---------<br>Od: <strong>Amazon.it</strong> &lt;<a href=\"mailto:auto-communication@amazon.com\">auto-communication@amazon.com</a>&gt;<br>Date: czw., 10 wrz 2026 o 02:04<br>Subject: Coś nowego<br>To: &lt;seller@example.com&gt;<br></div><br>{}",
        body(words, &SECOND)
    );
    assert_eq!(form(&Letter::new(SELLER, "Fwd: Coś nowego").html(quoted).write()), first, "{} inline", words.0);
    let attached = Letter::new(SELLER, "Fwd").plain("see attached").attach(&direct(words, &SECOND).write()).write();
    let reading = notice::read(&attached).readings.pop().unwrap();
    assert_eq!(reading.form, Some(first), "{} attached", words.0);

    for (other, words) in UNKNOWN.iter().enumerate().filter(|(other, _)| *other != language) {
        assert_ne!(form(&direct(*words, &FIRST).write()), first, "{other}");
    }
}

#[test]
fn a_mail_of_unknown_kind_is_known_again_by_its_sender_and_subject() {
    let mail = |from: &str, subject: &str| only(&Letter::new(from, subject).plain("Nobody knows these words.").write());
    let from = "donotreply@amazon.com";
    let first = mail(from, "Zwrot 12,50 PLN do zamówienia 406-7654321-1234567 rozpoczęty");
    assert_eq!((first.kind, first.matched_by), (NoticeKind::UnrecognisedAmazon, MatchedBy::None));
    let again = mail(from, "Zwrot 7,00 PLN do zamówienia 171-0000001-9999999 rozpoczęty");
    assert_eq!(again.form, first.form);
    assert!(first.form.is_some());
    assert_ne!(mail(from, "Zwrot zamówienia 406-7654321-1234567 odrzucony").form, first.form);
    assert_ne!(
        mail("order-update@amazon.com", "Zwrot 12,50 PLN do zamówienia 406-7654321-1234567 rozpoczęty").form,
        first.form
    );
}

#[test]
fn an_unknown_type_code_is_the_form_whatever_the_subject() {
    let mail = |subject: &str, code: &str| {
        let mail =
            Letter::new("donotreply@amazon.com", subject).header("X-Space-Notification-Type", code).plain("Words");
        only(&mail.write()).form
    };
    assert_eq!(mail("one thing here", "NEW_KIND"), mail("another thing", "new_kind "));
    assert_ne!(mail("one thing here", "NEW_KIND"), mail("one thing here", "OTHER_KIND"));
}

#[test]
fn what_is_known_by_words_or_is_not_amazons_has_no_form() {
    for notice in crate::letter::OPT_OUTS {
        assert_eq!(only(&notice.marked().write()).form, None);
        assert_eq!(only(&notice.letter().write()).form, None);
    }
    assert_eq!(
        only(&Letter::new("news@shop.example", "Something else").plain("406-7654321-1234567").write()).form,
        None
    );
}
