//! Dates as a letter writes them, in the six languages that starter texts come in; in others as ISO 8601.

use jiff::civil::Date;
use model::Marketplace;

/// A day in long form: `August 20, 2026` in American stores, `20 August 2026`, `20. August 2026`, `2026年8月20日`.
pub(crate) fn long(date: Date, language: &str, store: Marketplace) -> String {
    let (day, year) = (date.day(), date.year());
    let month = |names: [&'static str; 12]| {
        usize::try_from(date.month() - 1).ok().and_then(|place| names.get(place).copied()).unwrap_or_default()
    };
    match language {
        "en" if matches!(store, Marketplace::Us | Marketplace::Ca) => format!("{} {day}, {year}", month(ENGLISH)),
        "en" => format!("{day} {} {year}", month(ENGLISH)),
        "de" => format!("{day}. {} {year}", month(GERMAN)),
        "fr" if day == 1 => format!("1er {} {year}", month(FRENCH)),
        "fr" => format!("{day} {} {year}", month(FRENCH)),
        "it" => format!("{day} {} {year}", month(ITALIAN)),
        "es" => format!("{day} de {} de {year}", month(SPANISH)),
        "ja" => format!("{year}年{}月{day}日", date.month()),
        _ => date.to_string(),
    }
}

const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const GERMAN: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];
const FRENCH: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];
const ITALIAN: [&str; 12] = [
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
];
const SPANISH: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_as_its_readers_write_it() {
        let date = jiff::civil::date(2026, 8, 1);
        assert_eq!(long(date, "en", Marketplace::Us), "August 1, 2026");
        assert_eq!(long(date, "en", Marketplace::Gb), "1 August 2026");
        assert_eq!(long(date, "de", Marketplace::De), "1. August 2026");
        assert_eq!(long(date, "fr", Marketplace::Fr), "1er août 2026");
        assert_eq!(long(date, "es", Marketplace::Us), "1 de agosto de 2026");
        assert_eq!(long(date, "ja", Marketplace::Jp), "2026年8月1日");
        assert_eq!(long(date, "pl", Marketplace::Pl), "2026-08-01");
    }
}
