//! Campaign files with mistakes: all of them at once, each with its place and what was expected.

#![expect(clippy::unwrap_used, reason = "a test that can't set up its case must stop")]

use campaign::{Campaign, CampaignChannel, SkipWhen};
use model::Span;
use proptest::prelude::*;

const GOOD: &str = "\
name = \"Ask\"
channel = \"email\"
trigger = { when = \"delivered\" }
[template.en]
subject = \"Order {{ order_id }}\"
text = \"Please review it.\"
";

fn problems(toml: &str) -> Vec<String> {
    Campaign::parse(toml).unwrap_err().iter().map(ToString::to_string).collect()
}

/// The one problem of the good file with this piece instead of that.
fn only(piece: &str, instead: &str) -> String {
    assert!(GOOD.contains(piece));
    let mut problems = problems(&GOOD.replacen(piece, instead, 1));
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.remove(0)
}

/// The one problem of the good file with this at its top.
fn added(top: &str) -> String {
    let mut problems = problems(&format!("{top}\n{GOOD}"));
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.remove(0)
}

/// The one problem of the good file with these tables before the template.
fn table(tables: &str) -> String {
    only("[template.en]", &format!("{tables}\n[template.en]"))
}

#[test]
fn a_short_file_has_sensible_defaults() {
    let campaign = Campaign::parse(GOOD).unwrap();
    assert_eq!((campaign.channel, campaign.delay), (CampaignChannel::Email, Span::days(0)));
    assert_eq!((campaign.window.opens_days(), campaign.window.closes_days()), (5, 30));
    assert_eq!(campaign.skip_when.len(), 5);
    assert!(campaign.skip_when.contains(&SkipWhen::Cancelled) && campaign.withholding_marks().len() == 4);
    assert_eq!(campaign.templates.default_language(), "en");
}

#[test]
fn the_commented_lines_of_the_example_are_right_too() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/review.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let switched_on: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest)
                if rest.split('=').next().is_some_and(|key| !key.trim().contains(' ')) && rest.contains(" = ") =>
            {
                format!("{rest}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    assert!(switched_on.matches("\nstores = ").count() == 1 && switched_on.contains("\npromotion = "));
    let campaign = Campaign::parse(&switched_on).unwrap();
    assert!(campaign.orders_after.is_some() && campaign.conditions.fulfilment.is_some());
    assert_eq!(campaign.attachments().len(), 1);
}

#[test]
fn every_mistake_is_named_at_once_in_the_order_of_the_file() {
    let found = problems(
        "name = 7\nchannel = \"fax\"\ncolour = \"red\"\n\
         [trigger]\nwen = \"delivered\"\n\
         [conditions]\nstores = [\"US\", \"XX\"]\nfulfilment = \"dropship\"\n\
         [window]\nopens_days = 3\ncloses_days = 31\nhours = { from = \"18:00\", to = \"09:00\" }\n\
         [template.en]\nsubject = \"{{ order_id }\"\ntext = \"Hi {{ first_name }}\"\n",
    );
    let expected = [
        "line 1, column 8: name: expected a text in quotes, found integer",
        "line 2, column 11: channel: expected one of: email, solicitation",
        "line 3, column 1: colour: this field is not known",
        "line 5, column 1: trigger.wen: this field is not known; did you mean `when`?",
        "line 7, column 17: conditions.stores: `XX` is not an Amazon store",
        "line 8, column 14: conditions.fulfilment: expected one of: fba, fbm",
        "line 10, column 14: window.opens_days: expected a whole number from 5 to 29",
        "line 11, column 15: window.closes_days: expected a whole number from 6 to 30",
        "line 12, column 32: window.hours.to: this must be later than `from`",
        "line 14: template.en.subject: ",
        "line 15: template.en.text: `first_name` is not known; known are: order_id, ",
        "trigger.when: a trigger needs `when`",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\nshould begin with\n{expected}");
    }
}

#[test]
fn what_is_no_toml_is_said_with_its_places() {
    let found = problems("name = \nchannel = \"email\nx = 1\n");
    assert!(found.len() >= 2 && found[0].starts_with("line 1, column ") && found[0].contains("not TOML"), "{found:?}");
}

#[test]
fn an_empty_file_lacks_everything_a_campaign_needs() {
    let found = problems("");
    for field in ["name", "channel", "trigger", "template"] {
        assert!(found.iter().any(|problem| problem.starts_with(&format!("{field}: "))), "{field}: {found:#?}");
    }
}

#[test]
fn windows_are_narrowed_never_widened() {
    for bad in ["opens_days = 4", "opens_days = 30", "closes_days = 31", "closes_days = 5", "opens_days = -5"] {
        assert!(table(&format!("[window]\n{bad}")).contains("expected a whole number"), "{bad}");
    }
    assert!(table("[window]\nopens_days = 10\ncloses_days = 10").contains("more than opens_days"));
    assert!(table("[window]\nweekdays = []").contains("nothing could ever leave"));
    assert!(table("[window]\nweekdays = [\"mon\", \"someday\"]").contains("line 5, column 20: window.weekdays"));
    for bad in ["\"9 o'clock\"", "\"25:00\"", "\"09:30:15\"", "9"] {
        assert!(table(&format!("[window]\nhours = {{ from = {bad} }}")).contains("time of day"), "{bad}");
    }
    let good = GOOD.replace("[template.en]", "[window]\nhours = { from = 09:30:00, to = \"24:00\" }\n[template.en]");
    assert!(Campaign::parse(&good).is_ok());
}

#[test]
fn delays_dates_and_lists_are_checked() {
    assert!(only("when = \"delivered\"", "when = \"delivered\", delay = { days = 61 }").contains("0 to 60"));
    assert!(only("when = \"delivered\"", "when = \"delivered\", delay = { weeks = 1 }").contains("days, hours"));
    assert!(only("{ when = \"delivered\" }", "\"delivered\"").contains("expected a table"));
    assert!(added("orders_after = 2026-08-01T10:00:00").contains("with its offset"));
    assert!(added("orders_after = true").contains("a date or time"));
    for good in ["2026-08-01", "\"2026-08-01\"", "2026-08-01T10:00:00+02:00", "\"2026-08-01T10:00:00Z\""] {
        assert!(Campaign::parse(&format!("orders_after = {good}\n{GOOD}")).unwrap().orders_after.is_some(), "{good}");
    }
    assert!(added("skip_when = [\"refunded\"]").contains("cancelled can't be left out"));
    assert!(added("skip_when = [\"cancelled\", \"bored\"]").contains("expected one of: cancelled, refunded"));
    assert!(table("[conditions]\nstores = []").contains("no order could meet it"));
    assert!(table("[conditions]\nasins = { include = [\"B0\"] }").contains("ten letters and digits"));
    assert!(table("[conditions]\ncountries = { exclude = [\"Germany\"] }").contains("two letters"));
    assert!(table("[conditions]\nskus = [\"A\"]").contains("expected a table, found array"));
    assert!(table("[conditions]\nquantity = { min = 5, max = 2 }").contains("less than `min`"));
}

#[test]
fn channels_and_templates_must_fit() {
    assert!(only("\"email\"", "\"messaging\"").contains("expected one of: email, solicitation"));
    assert!(only("\"email\"", "\"solicitation\"").contains("Amazon writes its text"));
    assert!(added("default_language = \"de\"").contains("there are: en"));
    assert!(only("[template.en]", "[template.english]").contains("language code"));
    assert!(only("text = \"Please review it.\"\n", "").contains("needs both a subject and a text"));
    assert!(only("subject = \"Order {{ order_id }}\"", "subject = \"Order\"").contains("Amazon demands the order id"));
    let two = "[template.fr]\nsubject = \"{{ order_id }}\"\ntext = \"x\"\n";
    let german = GOOD.replace("template.en", "template.de");
    assert!(problems(&format!("{german}{two}"))[0].contains("say which of the templates"));
    assert!(Campaign::parse(&format!("{GOOD}{two}")).is_ok());
}

#[test]
fn a_template_s_mistake_is_named_by_its_line_in_the_file() {
    let text = |text: &str| only("\"Please review it.\"", &format!("\"\"\"\nHello,\n{text}\n\"\"\""));
    assert!(text("{% for x in items %}").starts_with("line "));
    assert!(
        text("{{ product_name | shout }}").starts_with("line 8: template.en.text: "),
        "{}",
        text("{{ product_name | shout }}")
    );
    assert!(text("{{ items[0].price }}").contains("line 8: template.en.text: this uses something that no order has"));
    assert!(text("{{ range(9) }}").contains("`range` is not known"));
    assert!(text("{{ 'x' * 1000000 }}").contains("line 8: template.en.text: `+` and `*` are not offered"));
    assert!(text("{% set a = order_id %}").contains("`{% set %}` is not offered"));
}

#[test]
fn an_order_id_in_a_branch_never_taken_is_no_order_id() {
    let hidden = "subject = \"{% if false %}{{ order_id }}{% endif %}Order\"";
    assert!(only("subject = \"Order {{ order_id }}\"", hidden).contains("Amazon demands the order id"));
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = Campaign::parse(&text);
    }

    #[test]
    fn no_damage_to_a_good_file_panics(
        at in any::<prop::sample::Index>(),
        count in 0_usize..12,
        piece in prop::sample::select(vec!["", "\"", "[", "]", "{", "}", "=", "\n", "'''", "9", "é", "\u{0}", "."]),
    ) {
        let good = format!("{GOOD}[window]\nhours = {{ from = \"09:00\" }}\n[conditions]\nskus = {{ include = [\"ä\"] }}\n");
        let letters: Vec<char> = good.chars().collect();
        let at = at.index(letters.len());
        let damaged: String = letters[..at].iter().chain(piece.chars().collect::<Vec<_>>().iter())
            .chain(letters[(at + count).min(letters.len())..].iter()).collect();
        if let Err(problems) = Campaign::parse(&damaged) {
            prop_assert!(!problems.is_empty());
        }
    }
}

#[test]
fn a_file_of_many_mistakes_is_read_in_a_moment() {
    let started = std::time::Instant::now();
    let many = (0..20_000).map(|number| format!("x{number} = 1\n")).collect::<Vec<String>>().concat();
    assert!(problems(&many).len() >= 20_000);
    let nested = format!("x = {}", "[".repeat(100_000));
    assert!(Campaign::parse(&nested).is_err());
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn a_range_of_money_says_where_it_is_wrong() {
    let money = |fields: &str| table(&format!("[conditions]\norder_value = {{ {fields} }}"));
    assert!(money("min = \"5\"").contains("conditions.order_value.currency: amounts need their currency"));
    assert!(money("currency = \"EUR\"").contains("conditions.order_value: this needs `min` or `max`"));
    assert!(money("min = \"5\", currency = \"eur\"").contains("three capital letters"));
    let place = "line 5, column 23: conditions.order_value.min: expected an amount in quotes";
    for wrong in ["5,00", "-5", "five", "1.1234567"] {
        assert!(money(&format!("min = \"{wrong}\", currency = \"EUR\"")).starts_with(place), "{wrong}");
    }
    assert!(money("min = 5.0, currency = \"EUR\"").contains("expected a text in quotes"));
    assert!(money("min = \"5\", max = \"4.99\", currency = \"EUR\"").contains("less than `min`"));
    assert!(money("min = \"5\", currency = \"EUR\", mx = \"6\"").contains("did you mean `max`"));
}
