//! Signs that look like others: letters of other scripts and styles that pass for Latin ones, and signs that nobody
//! sees. Compatibility forms (fullwidth, mathematical, circled) are undone by normalization and not listed here.

/// Whether a sign shows nothing and takes no room: zero-width, soft hyphen, direction marks, variation selectors.
pub fn is_hidden(sign: char) -> bool {
    matches!(sign,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Whether a sign belongs to a script without blanks between words.
pub fn stands_alone(sign: char) -> bool {
    matches!(sign, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// The marks that make か into が; they tell words apart, so they stay.
pub fn is_voicing(sign: char) -> bool {
    matches!(sign, '\u{3099}' | '\u{309A}')
}

/// The plain Latin letter that a sign passes for, if it is not that letter. Katakana becomes hiragana.
pub fn look_alike(sign: char) -> Option<char> {
    let plain = match sign {
        '\u{30A1}'..='\u{30F6}' => return char::from_u32(u32::from(sign) - 0x60),
        '\u{1F150}'..='\u{1F169}' => return nth_letter(u32::from(sign) - 0x1F150),
        '\u{1F170}'..='\u{1F189}' => return nth_letter(u32::from(sign) - 0x1F170),
        '\u{1F1E6}'..='\u{1F1FF}' => return nth_letter(u32::from(sign) - 0x1F1E6),
        'а' | 'А' | 'α' | 'Α' | 'ɑ' | 'ᴀ' | 'Ꭺ' | '∀' => 'a',
        'в' | 'В' | 'Ь' | 'ь' | 'β' | 'Β' | 'ʙ' | 'Ᏼ' => 'b',
        'с' | 'С' | 'ϲ' | 'Ϲ' | 'ᴄ' | 'Ꮯ' | 'ⅽ' => 'c',
        'ԁ' | 'đ' | 'Đ' | 'ᴅ' | 'Ꭰ' => 'd',
        'е' | 'Е' | 'ε' | 'Ε' | 'ɛ' | 'ᴇ' | 'є' | 'Є' | 'Ꭼ' | 'ə' => 'e',
        'ғ' | 'Ғ' | 'ꜰ' | 'ƒ' | 'ϝ' => 'f',
        'ɡ' | 'ɢ' | 'ց' | 'Ԍ' | 'ԍ' => 'g',
        'һ' | 'Һ' | 'н' | 'Н' | 'Η' | 'ʜ' | 'հ' | 'ħ' | 'Ꮋ' => 'h',
        'і' | 'І' | 'ι' | 'Ι' | 'ı' | 'ɪ' | 'ɩ' | 'Ꭵ' | 'ӏ' | 'Ӏ' => 'i',
        'ј' | 'Ј' | 'ϳ' | 'ᴊ' | 'Ꭻ' => 'j',
        'к' | 'К' | 'κ' | 'Κ' | 'ᴋ' | 'Ꮶ' => 'k',
        'ł' | 'Ł' | 'ʟ' | 'Ꮮ' => 'l',
        'м' | 'М' | 'Μ' | 'ᴍ' | 'Ꮇ' => 'm',
        'п' | 'П' | 'η' | 'ո' | 'ɴ' | 'Ν' => 'n',
        'о' | 'О' | 'ο' | 'Ο' | 'օ' | 'Օ' | 'ø' | 'Ø' | 'ᴏ' | 'σ' | 'ഠ' | '০' => 'o',
        'р' | 'Р' | 'ρ' | 'Ρ' | 'ᴘ' | 'Ꮲ' => 'p',
        'ԛ' | 'Ԛ' => 'q',
        'г' | 'ʀ' | 'ɾ' | 'Ꮢ' => 'r',
        'ѕ' | 'Ѕ' | 'ꜱ' | 'Ꮪ' => 's',
        'т' | 'Т' | 'τ' | 'Τ' | 'ᴛ' | 'Ꭲ' => 't',
        'υ' | 'ս' | 'ᴜ' | 'μ' | 'ц' => 'u',
        'ν' | 'ѵ' | 'Ѵ' | 'ᴠ' | 'Ꮩ' => 'v',
        'ԝ' | 'Ԝ' | 'ω' | 'ᴡ' | 'ш' | 'Ꮃ' => 'w',
        'х' | 'Х' | 'χ' | 'Χ' => 'x',
        'у' | 'У' | 'γ' | 'Υ' | 'ү' | 'Ү' | 'ʏ' => 'y',
        'Ζ' | 'ᴢ' | 'Ꮓ' => 'z',
        _ => return None,
    };
    Some(plain)
}

/// Whether a sign is a foreign letter that passes for a Latin one: in a word with Latin letters, a disguise.
pub fn is_foreign_letter(sign: char) -> bool {
    matches!(sign,
        '\u{370}'..='\u{3FF}' | '\u{400}'..='\u{52F}' | '\u{530}'..='\u{58F}' | '\u{13A0}'..='\u{13FF}'
        | '\u{1D400}'..='\u{1D7FF}' | '\u{1D00}'..='\u{1D2B}' | '\u{24B6}'..='\u{24E9}' | '\u{1F130}'..='\u{1F189}')
        && !matches!(sign, 'Ω' | 'μ')
}

fn nth_letter(place: u32) -> Option<char> {
    char::from_u32(u32::from('a') + place)
}
