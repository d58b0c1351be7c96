//! The reader's language: chosen by a link on any page, else what the browser asks for. Templates ask for it where they
//! stand in several languages; words of the code are looked up in the same catalogues.

use std::sync::LazyLock;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use catalogue::Catalogue;
use model::Span;

use crate::admission::is_own_path;
use crate::cookies::Cookie;
use crate::state::Dashboard;

/// A language that pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Language {
    #[default]
    English,
    German,
}

tokio::task_local! {
    static READERS: Language;
    /// What the page was asked for, behind the `?` of its address.
    static ASKED: String;
}

/// A choice is kept this long.
const KEPT: Span = Span::days(365);
/// How much of what a browser asks for is read.
const MOST_ASKED: usize = 20;

static GERMAN: LazyLock<Catalogue> = LazyLock::new(|| {
    // A test reads it; the macro that makes the pages has read it before, too.
    Catalogue::read(include_str!("../catalogues/de.po")).unwrap_or_default()
});

impl Language {
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its tag (RFC 5646).
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// Its name in itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// What stands between the whole and the rest of a number.
    pub const fn decimal_point(self) -> char {
        match self {
            Self::English => '.',
            Self::German => ',',
        }
    }

    fn by_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    fn catalogue(self) -> Option<&'static Catalogue> {
        match self {
            Self::English => None,
            Self::German => Some(&GERMAN),
        }
    }

    /// A sentence of ours; English where the catalogue lacks it, and a test says that none is lacking.
    pub fn say(self, english: &str) -> &str {
        self.catalogue().and_then(|catalogue| catalogue.of(english)).unwrap_or(english)
    }
}

/// Work on a thread that may block, whose words are for the same reader.
pub(crate) fn for_the_reader<T>(work: impl FnOnce() -> T + Send + 'static) -> impl FnOnce() -> T + Send + 'static {
    let language = reader();
    move || READERS.sync_scope(language, work)
}

/// The language of whoever reads the page that is made now.
pub(crate) fn reader() -> Language {
    READERS.try_with(|language| *language).unwrap_or_default()
}

/// Whether the page that is made now is read in a language.
pub(crate) fn reads(code: &str) -> bool {
    reader().code() == code
}

/// A sentence of ours in the reader's language.
pub(crate) fn say(english: &str) -> &str {
    reader().say(english)
}

/// A sentence of another room, which speaks English and has filled it in, in the reader's language.
pub(crate) fn say_filled(english: &str) -> String {
    let told = reader().catalogue().and_then(|catalogue| catalogue.of_filled(english));
    told.unwrap_or_else(|| english.to_owned())
}

/// A sentence of ours with what is filled in: `{name}` stands for the value of that name.
pub(crate) fn say_with(english: &str, values: &[(&str, &dyn std::fmt::Display)]) -> String {
    let mut made = String::new();
    let mut rest = say(english);
    // In one go: what a value holds is never looked through for places.
    while let Some((before, place, after)) = next_place(rest) {
        made.push_str(before);
        match values.iter().find(|(name, _)| *name == place) {
            Some((_, value)) => made.push_str(&value.to_string()),
            None => made.extend(["{", place, "}"]),
        }
        rest = after;
    }
    made + rest
}

/// What stands before a place, its name, and what stands behind it.
fn next_place(sentence: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = sentence.split_once('{')?;
    let (place, after) = rest.split_once('}')?;
    Some((before, place, after))
}

/// Makes each page in its reader's language. `?language=de` on any page keeps the choice and shows the page again.
pub(crate) async fn choose(State(dashboard): State<Dashboard>, request: Request, next: Next) -> Response {
    let secure = dashboard.settings.secure_cookies;
    if *request.method() == Method::GET
        && let Some(chosen) = chosen(request.uri().query())
        && is_ours(request.uri().path())
        && let Ok(cookie) = Cookie::Language.set(chosen.code(), KEPT, secure)
    {
        let (path, rest) = (request.uri().path(), rest_of(request.uri().query()));
        let again = if rest.is_empty() { path.to_owned() } else { format!("{path}?{rest}") };
        let mut response = Redirect::to(&again).into_response();
        response.headers_mut().insert(header::SET_COOKIE, cookie);
        return response;
    }
    let language = of(request.headers(), secure);
    let asked = rest_of(request.uri().query());
    let mut response = ASKED.scope(asked, READERS.scope(language, next.run(request))).await;
    let page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if page {
        response.headers_mut().append(header::VARY, HeaderValue::from_static("accept-language, cookie"));
    }
    response
}

/// What a page was asked for, without a choice of language and what the page before had just done.
fn rest_of(query: Option<&str>) -> String {
    let told_once = |field: &&str| {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        // Where a sign-in is to lead stands in no page unless it leads here.
        !matches!(name, "" | "language" | "done") && (name != "next" || is_own_path(value))
    };
    let kept: Vec<&str> = query.unwrap_or_default().split('&').filter(told_once).collect();
    kept.join("&")
}

/// The address by which the page that is made now is shown in another language.
pub(crate) fn this_page_in(code: &str) -> String {
    let asked = ASKED.try_with(Clone::clone).unwrap_or_default();
    if asked.is_empty() { format!("?language={code}") } else { format!("?{asked}&language={code}") }
}

/// Whether a browser that is sent to a path stays here: one that begins like a host's name would lead it away.
fn is_ours(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains('\\')
}

fn chosen(query: Option<&str>) -> Option<Language> {
    Language::by_code(query?.split('&').find_map(|field| field.strip_prefix("language="))?)
}

fn of(headers: &HeaderMap, secure: bool) -> Language {
    let kept = Cookie::Language.of(headers, secure);
    kept.and_then(|code| Language::by_code(&code)).unwrap_or_else(|| asked_for(headers))
}

/// The first language of ours that the browser asks for, by the weights of RFC 9110, section 12.5.4.
fn asked_for(headers: &HeaderMap) -> Language {
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best = (0, Language::default());
    for range in asked.split(',').take(MOST_ASKED) {
        let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
        let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let weight = thousandths(weight.trim());
        if let Some(language) = Language::by_code(&primary)
            && weight > best.0
        {
            best = (weight, language);
        }
    }
    best.1
}

/// A weight such as `q=0.8`, in thousandths; nought where it is none.
fn thousandths(weight: &str) -> u32 {
    let Some(number) = weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q=")) else { return 0 };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{part:0<3}");
    if part.len() > 3 || digits.len() != 4 { 0 } else { digits.parse().map_or(0, |weight: u32| weight.min(1000)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &'static str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(value));
        of(&headers, false)
    }

    #[test]
    fn the_browsers_best_language_of_ours_is_taken() {
        assert_eq!(asked("de-DE,de;q=0.9,en;q=0.8"), Language::German);
        assert_eq!(asked("fr, en;q=0.5, de;q=0.7"), Language::German);
        assert_eq!(asked("en-GB;q=0.9, de;q=0.1"), Language::English);
        assert_eq!(asked("de;q=0"), Language::English);
        assert_eq!(asked("de;q=seven"), Language::English);
        assert_eq!(asked(""), Language::English);
    }

    #[test]
    fn a_kept_choice_goes_before_the_browsers() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("de"));
        headers.insert(header::COOKIE, HeaderValue::from_static("abide-language=en"));
        assert_eq!(of(&headers, false), Language::English);
    }

    #[test]
    fn what_is_filled_in_is_never_looked_through() {
        let values: [(&str, &dyn std::fmt::Display); 2] = [("name", &"{version}"), ("version", &3)];
        assert_eq!(say_with("{name}, version {version}", &values), "{version}, version 3");
    }

    #[test]
    fn what_another_room_has_filled_in_is_told_with_its_values() {
        let english = "Abide's mail to the member's mailbox came in here in 3 minutes, passed on by a rule. That proves the path \
                       from the mailbox to this address, not that the mailbox's filter catches Amazon's notices.";
        let german = GERMAN.of_filled(english).unwrap();
        assert!(
            german.contains("in 3 Minuten, von einer Regel weitergegeben.") && german.contains("(diese Adresse)"),
            "{german}"
        );
        let told = GERMAN.of_filled("No message is planned. The order was cancelled.").unwrap();
        assert_eq!(told, "Keine Nachricht ist geplant. Die Bestellung wurde storniert.");
        let told = GERMAN.of_filled(
            "The text breaks the rule `emoji`: This is an emoji or a pictured sign. Found: “x”. Instead: Use words.",
        );
        assert_eq!(
            told.unwrap(),
            "Der Text verstößt gegen die Regel `emoji`: Das ist ein Emoji oder ein Bildzeichen. Gefunden: „x“. Stattdessen: Nehmen Sie Worte."
        );
        let told = GERMAN.of_filled(
            "The message is refused. The text breaks a rule of Amazon's for messages to buyers. Rules broken: emoji.",
        );
        assert!(told.unwrap().starts_with("Stand der Nachricht: abgewiesen. Der Text verstößt gegen eine Regel von Amazon für Nachrichten an Käufer. Verletzte Regeln: emoji."));
        assert_eq!(GERMAN.of_filled("Nobody has ever said this."), None);
    }

    #[test]
    fn every_catalogue_is_of_a_language_that_can_be_chosen() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogues");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        for path in names {
            let code = path.file_stem().unwrap().to_str().unwrap().to_owned();
            assert!(Language::by_code(&code).is_some_and(|language| language.catalogue().is_some()), "{code}");
        }
    }

    #[test]
    fn the_catalogue_can_be_read() {
        Catalogue::read(include_str!("../catalogues/de.po")).unwrap();
    }
}
