//! Days out of dates as mails and mail programs write them. A day that could be read two ways is not read at
//! all: it takes part in telling one notice from another (law 9).

use jiff::civil::Date;
use model::Timestamp;

/// The instant that a `Date` field names (RFC 5322, 3.3), and the day as it stands written.
pub fn of_field(value: &str) -> Option<(Timestamp, Date)> {
    let parsed = mail_parser::DateTime::parse_rfc822(value)?;
    let narrow = |number: u8| i8::try_from(number).ok();
    let date = Date::new(i16::try_from(parsed.year).ok()?, narrow(parsed.month)?, narrow(parsed.day)?).ok()?;
    // A leap second is the last one of its minute.
    let second = narrow(parsed.second.min(59))?;
    let time = date.at(narrow(parsed.hour)?.min(23), narrow(parsed.minute)?.min(59), second, 0);
    let minutes = i32::from(parsed.tz_hour) * 60 + i32::from(parsed.tz_minute);
    let minutes = if parsed.tz_before_gmt { -minutes } else { minutes };
    let offset = jiff::tz::Offset::from_seconds(minutes * 60).unwrap_or(jiff::tz::Offset::UTC);
    let instant = offset.to_timestamp(time).ok()?;
    Some((Timestamp::from_jiff(instant), date))
}

/// Names of the months by language: English, German, French, Italian, Spanish, Portuguese, Dutch, Swedish,
/// Danish, Norwegian, Polish, Turkish and others, by stems that name only one month.
const MONTHS: [&[&str]; 12] = [
    &["jan", "gen", "ene", "jän", "sty", "oca", "янв"],
    &["feb", "fév", "fev", "lut", "şub", "фев"],
    &["mar", "mär", "maa", "mrt", "мар"],
    &["apr", "avr", "abr", "kwi", "nis", "апр"],
    &["may", "mai", "mei", "mag", "maj"],
    &["jun", "juin", "giu", "haz"],
    &["jul", "juil", "lug", "tem"],
    &["aug", "aoû", "ago", "sie", "ağu", "авг"],
    &["sep", "set", "wrz", "eyl", "сен"],
    &["oct", "okt", "ott", "out", "paź", "eki", "окт"],
    &["nov", "kas", "ноя"],
    &["dec", "dez", "déc", "dic", "gru", "ara", "дек"],
];

/// The month a word names, where it is sure.
fn month(word: &str) -> Option<i8> {
    let word = word.to_lowercase();
    if word.chars().count() < 3 {
        return None;
    }
    // Finnish `maaliskuu` and Dutch `maart`, French `mai` and `mars` agree in their stems by luck.
    let mut found = None;
    for (number, stems) in (1i8..).zip(MONTHS) {
        if stems.iter().any(|stem| word.starts_with(stem)) {
            if found.is_some() {
                return None;
            }
            found = Some(number);
        }
    }
    found
}

enum Token<'a> {
    Number(i16, usize),
    Word(&'a str),
    Sign(char),
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text.get(..300).unwrap_or(text);
    while let Some(first) = rest.chars().next() {
        let length = |fits: fn(char) -> bool| rest.find(|sign: char| !fits(sign)).unwrap_or(rest.len());
        let end = if first.is_ascii_digit() {
            let end = length(|sign| sign.is_ascii_digit());
            tokens.push(Token::Number(rest.get(..end).and_then(|digits| digits.parse().ok()).unwrap_or(-1), end));
            end
        } else if first.is_alphabetic() {
            let end = length(char::is_alphabetic);
            tokens.push(Token::Word(rest.get(..end).unwrap_or_default()));
            end
        } else {
            if first != ' ' {
                tokens.push(Token::Sign(first));
            }
            first.len_utf8()
        };
        rest = rest.get(end..).unwrap_or_default();
    }
    tokens
}

/// The day a quoted date line names, in words of many languages or in figures; none unless it is sure.
pub fn in_text(text: &str) -> Option<Date> {
    let tokens = tokens(text);
    let is_year = |token: Option<&Token<'_>>| match token {
        Some(Token::Number(year @ 1990..=2199, 4)) => Some(*year),
        _ => None,
    };
    let small = |token: Option<&Token<'_>>| match token {
        Some(Token::Number(number @ 1..=31, 1 | 2)) => i8::try_from(*number).ok(),
        _ => None,
    };
    // 2021-10-27, 2021/10/27, 2021年10月27日.
    for window in tokens.windows(5) {
        if let (Some(year), Some(month), Some(day)) =
            (is_year(window.first()), small(window.get(2)), small(window.get(4)))
            && joins(window.get(1))
            && joins(window.get(3))
        {
            return Date::new(year, month, day).ok();
        }
        // 28/10/2021, 28.10.2021: only where the day can't be a month.
        if let (Some(first), Some(second), Some(year)) =
            (small(window.first()), small(window.get(2)), is_year(window.get(4)))
            && joins(window.get(1))
            && joins(window.get(3))
        {
            return match (first > 12, second > 12) {
                (true, false) => Date::new(year, second, first).ok(),
                (false, true) => Date::new(year, first, second).ok(),
                _ if first == second => Date::new(year, first, first).ok(),
                _ => None,
            };
        }
    }
    // A year, a month's name, and a number beside the name.
    let year = tokens.iter().find_map(|token| is_year(Some(token)))?;
    let mut months = tokens.iter().enumerate().filter_map(|(at, token)| match token {
        Token::Word(word) => month(word).map(|month| (at, month)),
        _ => None,
    });
    let (at, month) = months.next()?;
    if months.any(|(_, other)| other != month) {
        return None;
    }
    let near = |step: &dyn Fn(usize) -> Option<usize>| -> Option<i8> {
        let mut place = at;
        for _ in 0..2 {
            place = step(place)?;
            match tokens.get(place) {
                Some(Token::Sign('.' | ',') | Token::Word("de" | "of")) => {}
                other => return small(other),
            }
        }
        None
    };
    let day = near(&|place| place.checked_sub(1)).or_else(|| near(&|place| Some(place + 1)))?;
    Date::new(year, month, day).ok()
}

fn joins(token: Option<&Token<'_>>) -> bool {
    matches!(token, Some(Token::Sign('-' | '/' | '.') | Token::Word("年" | "月")))
}

/// Whether a text holds something like a date: a year of four figures, or three numbers joined.
pub fn has_date_shape(text: &str) -> bool {
    let tokens = tokens(text);
    tokens.iter().any(|token| matches!(token, Token::Number(1990..=2199, 4)))
        || tokens.windows(5).any(|window| {
            matches!(
                window,
                [
                    Token::Number(_, 1 | 2),
                    Token::Sign('/' | '.' | '-'),
                    Token::Number(_, 1 | 2),
                    Token::Sign('/' | '.' | '-'),
                    Token::Number(_, 2)
                ]
            )
        })
}

/// Whether a text holds something like a time: `9:31`, `12.46`, `9h31`.
pub fn has_time_shape(text: &str) -> bool {
    tokens(text).windows(3).any(|window| {
        matches!(window, [Token::Number(0..=24, 1 | 2), Token::Sign(':' | '.'), Token::Number(0..=59, 2)])
            || matches!(window, [Token::Number(0..=24, 1 | 2), Token::Word("h" | "時"), Token::Number(0..=59, 2)])
    })
}
