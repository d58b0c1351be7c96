//! The templates of a campaign file: compiled, asked which names they use, and tried on an invented order, so that
//! what can be known to fail is said now and not on the day of sending.

use minijinja::{Environment, ErrorKind};
use model::order::{DeliveryBasis, DeliveryDate, Order, OrderItem};
use model::{AttachmentName, Marketplace, OrderId, Timestamp};

use super::section::{Found, Section};
use super::written::written;
use crate::grammar::not_offered;
use crate::problem::Problems;
use crate::render::{StoreNames, values};
use crate::template::{
    LONGEST_SOURCE, Part, TemplateFault, Templates, VARIABLES, WrittenLetter, WrittenName, add, environment, fill,
    names_used,
};
use crate::types::CampaignChannel;

pub(super) fn read(
    root: &mut Section<'_>,
    channel: Option<CampaignChannel>,
    problems: &mut Problems<'_>,
) -> Option<Templates> {
    let before = problems.count();
    let wanted = root.text("default_language", 3, problems);
    let has_templates = root.has("template");
    let mut section = root.section("template", problems);
    let Letters { environment, languages, written } = letters(&mut section, problems);
    let default_language = match channel {
        Some(CampaignChannel::Solicitation) => {
            if has_templates || wanted.is_some() {
                problems.missing("template", "a solicitation has no template: Amazon writes its text");
            }
            Some(String::new())
        }
        _ if languages.is_empty() => {
            problems
                .missing("template", "an email campaign needs a template, such as [template.en] with subject and text");
            None
        }
        _ => default_language(wanted, &languages, problems),
    };
    let default_language = default_language?;
    (problems.count() == before).then(|| Templates::new(environment, languages, default_language, written))
}

/// All letters of a table by language.
struct Letters {
    environment: Environment<'static>,
    languages: Vec<String>,
    written: Vec<WrittenLetter>,
}

fn letters(section: &mut Section<'_>, problems: &mut Problems<'_>) -> Letters {
    let mut read = Letters { environment: environment(), languages: Vec::new(), written: Vec::new() };
    for (language, mut words) in section.sections(problems) {
        if is_language(&language.value) {
            read.written.extend(letter(&mut read.environment, &language, &mut words, problems));
        } else {
            let message = "expected a language code of ISO 639 in small letters, such as [template.en]";
            problems.at(&language.span, words.name("").trim_end_matches('.').to_owned(), message);
            words.text("subject", LONGEST_SOURCE, problems);
            words.text("text", LONGEST_SOURCE, problems);
            attachments(&mut words, problems);
        }
        words.finish(problems);
        read.languages.push(language.value);
    }
    read
}

/// The words of a variant, in the languages of the main ones and no others.
pub(super) fn of_variant(
    variant: &mut Section<'_>,
    main: Option<&Templates>,
    span: &std::ops::Range<usize>,
    problems: &mut Problems<'_>,
) -> Option<Templates> {
    let before = problems.count();
    let mut section = variant.section("template", problems);
    let Letters { environment, languages, written } = letters(&mut section, problems);
    let main = main?;
    let (mut own, mut wanted) = (languages.clone(), main.languages().to_vec());
    own.sort();
    wanted.sort();
    if own != wanted {
        let message = if wanted.is_empty() {
            "Amazon writes the text of a solicitation, so it has no variants; a hold-out alone is possible".to_owned()
        } else {
            format!("a variant needs a template in each language of the main words: {}", wanted.join(", "))
        };
        problems.at(span, variant.name("template"), message);
    }
    let default_language = main.default_language().to_owned();
    (problems.count() == before).then(|| Templates::new(environment, languages, default_language, written))
}

fn is_language(code: &str) -> bool {
    matches!(code.len(), 2 | 3) && code.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn default_language(wanted: Option<Found<&str>>, languages: &[String], problems: &mut Problems<'_>) -> Option<String> {
    match (wanted, languages) {
        (Some(wanted), _) => {
            let known = languages.iter().any(|language| language == wanted.value);
            if !known {
                let message = format!("there is no template in this language; there are: {}", languages.join(", "));
                problems.at(&wanted.span, "default_language", message);
            }
            known.then(|| wanted.value.to_owned())
        }
        (None, [only]) => Some(only.clone()),
        (None, several) if several.iter().any(|language| language == "en") => Some("en".to_owned()),
        (None, _) => {
            problems.missing("default_language", "say which of the templates is for stores of none of these languages");
            None
        }
    }
}

/// Reads and tries one letter.
fn letter(
    environment: &mut Environment<'static>,
    language: &Found<String>,
    words: &mut Section<'_>,
    problems: &mut Problems<'_>,
) -> Option<WrittenLetter> {
    let before = problems.count();
    let mut names = Vec::new();
    let mut output = String::new();
    let mut parts = Vec::new();
    for part in [Part::Subject, Part::Text] {
        let field = words.name(part.as_str());
        let Some(found) = words.text(part.as_str(), LONGEST_SOURCE, problems) else {
            if !words.has(part.as_str()) {
                problems.at(&language.span, field, "a template needs both a subject and a text");
            }
            continue;
        };
        parts.push(written(problems.source, &found.span, found.value));
        let first_line = first_line(&found, problems);
        let at = |line: Option<usize>| first_line + line.unwrap_or(1) - 1;
        if let Err(error) = add(environment, part, &language.value, found.value) {
            let detail = error.detail().unwrap_or("the template can't be read").to_owned();
            problems.at_line(at(error.line()), field, detail);
            continue;
        }
        for (line, message) in not_offered(found.value) {
            problems.at_line(at(Some(line)), field.clone(), message);
        }
        for name in names_used(environment, part, &language.value) {
            if !VARIABLES.contains(&name.as_str()) {
                let message = format!("`{name}` is not known; known are: {}", VARIABLES.join(", "));
                problems.at_line(first_line, field.clone(), message);
            } else if !names.contains(&name) {
                names.push(name);
            }
        }
        if problems.count() == before {
            match fill(environment, part, &language.value, &sample_values(&language.value)) {
                Ok(filled) => output.push_str(&filled),
                Err(error) => {
                    let message = if error.kind() == ErrorKind::UndefinedError {
                        "this uses something that no order has; an item has name, sku, asin and quantity".to_owned()
                    } else {
                        TemplateFault::of(&error).to_string()
                    };
                    problems.at_line(at(error.line()), field, message);
                }
            }
        }
    }
    if problems.count() == before && !(names.iter().any(|name| name == "order_id") && output.contains(SAMPLE_ID)) {
        let message = "Amazon demands the order id in each such message; use {{ order_id }} in the subject or the text";
        problems.at(&language.span, words.name("").trim_end_matches('.').to_owned(), message);
    }
    let attachments = attachments(words, problems);
    let mut parts = parts.into_iter();
    let (subject, text) = (parts.next()?, parts.next()?);
    let field = words.name("").trim_end_matches('.').to_owned();
    Some(WrittenLetter { language: language.value.clone(), field, subject, text, attachments })
}

/// The files that go with a letter, each named once.
fn attachments(words: &mut Section<'_>, problems: &mut Problems<'_>) -> Vec<WrittenName> {
    let field = words.name(ATTACHMENTS);
    let mut names: Vec<WrittenName> = Vec::new();
    for found in words.list(ATTACHMENTS, problems).unwrap_or_default() {
        match found.value.parse::<AttachmentName>() {
            Ok(name) if names.iter().any(|known| known.name == name) => {
                problems.at(&found.span, field.clone(), "this file is named twice");
            }
            Ok(name) => names.push(WrittenName { name, start: found.span.start }),
            Err(error) => problems.at(&found.span, field.clone(), error.to_string()),
        }
    }
    names
}

/// The line of the file in which a template's own first line stands.
fn first_line(found: &Found<&str>, problems: &Problems<'_>) -> usize {
    let (line, _) = problems.place(found.span.start);
    let raw = problems.source.get(found.span.clone()).unwrap_or_default();
    // TOML drops a line end right behind the three opening quotes.
    let dropped = ["\"\"\"\n", "\"\"\"\r\n", "'''\n", "'''\r\n"].iter().any(|opening| raw.starts_with(opening));
    line + usize::from(dropped)
}

/// The field that names them.
pub(crate) const ATTACHMENTS: &str = "attachments";

const SAMPLE_ID: &str = "123-1234567-1234567";

/// An invented order of which everything is known.
fn sample_values(language: &str) -> minijinja::Value {
    let Ok(order_id) = SAMPLE_ID.parse::<OrderId>() else { return minijinja::Value::UNDEFINED };
    let time = Timestamp::from_micros(1_785_000_000_000_000);
    let item = OrderItem {
        line: "1".to_owned(),
        sku: Some("SKU-1".to_owned()),
        asin: Some("B000000001".to_owned()),
        product_name: Some("Widget, blue".to_owned()),
        quantity: Some(1),
        price: None,
        promotion_ids: None,
        condition: None,
    };
    let order = Order {
        order_id,
        store: Marketplace::Us,
        purchased_at: Some(time),
        status: None,
        fulfilment: None,
        shipped_at: Some(time),
        delivery: Some(DeliveryDate { earliest: time, latest: time, basis: DeliveryBasis::EstimatedArrival }),
        promised_at: None,
        delivery_window_end: None,
        estimated_arrival: Some(time),
        alias: None,
        alias_shared: false,
        repeat_buyer: None,
        ship_country: None,
        business: None,
        carrier: Some("DHL".to_owned()),
        tracking_number: Some("00340000000000000000".to_owned()),
        buyer_language: None,
        feedback_stars: None,
        review_stars: None,
        items: vec![item.clone(), item],
        incomplete: false,
        marks: Vec::new(),
        refunds: Vec::new(),
    };
    values(&order, &StoreNames { store_name: "Blue Widgets" }, language)
}
