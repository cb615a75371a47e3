//! Whether a part of a text begins and ends with whole words.
//!
//! Scripts that put no space between words have no edges that could be seen: there every character is one.

use std::ops::Range;

/// What may not be parted from its own kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
}

fn kind(ch: char) -> Option<Kind> {
    match ch {
        // Thai and Lao, Myanmar, Khmer, Kana, Han (with its extensions).
        '\u{E00}'..='\u{EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3040}'..='\u{30FF}' => None,
        '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}' => None,
        ch if ch.is_numeric() => Some(Kind::Digit),
        // A combining mark is no letter by itself, but never the start of a word.
        ch if ch.is_alphabetic() || is_mark(ch) => Some(Kind::Letter),
        _ => None,
    }
}

fn is_mark(ch: char) -> bool {
    matches!(ch, '\u{300}'..='\u{36F}' | '\u{64B}'..='\u{65F}' | '\u{900}'..='\u{903}' | '\u{93A}'..='\u{94F}' | '\u{200D}' | '\u{FE0F}')
}

/// Whether a word goes on from the character before `at` to the one behind it.
fn goes_on(text: &str, at: usize) -> bool {
    let (Some(before), Some(behind)) = (text.get(..at), text.get(at..)) else { return true };
    match (before.chars().next_back(), behind.chars().next()) {
        (Some(before), Some(behind)) => {
            is_mark(behind) || kind(before).is_some_and(|kind_of| Some(kind_of) == kind(behind))
        }
        _ => false,
    }
}

/// Whether the part begins or ends within a word.
pub fn are_cut(text: &str, part: Range<usize>) -> bool {
    goes_on(text, part.start) || goes_on(text, part.end)
}

/// The part with the rest of the words that it cuts.
pub fn whole(text: &str, part: Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (text.floor_char_boundary(part.start), text.ceil_char_boundary(part.end));
    while goes_on(text, start) {
        start = text.floor_char_boundary(start - 1);
    }
    while goes_on(text, end) {
        end = text.ceil_char_boundary(end + 1);
    }
    start..end
}

/// The part without the blanks at its ends; empty if there is nothing else.
pub fn trimmed(text: &str, part: Range<usize>) -> Range<usize> {
    let Some(inside) = text.get(part.clone()) else { return part.start..part.start };
    let start = part.start + (inside.len() - inside.trim_start().len());
    start..(start + inside.trim().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_made_whole() {
        let grown = |text: &'static str, part: &str| {
            let start = text.find(part).unwrap();
            let range = start..start + part.len();
            (are_cut(text, range.clone()), &text[whole(text, range)])
        };
        assert_eq!(grown("to Paris, now", "Pari"), (true, "Paris"));
        assert_eq!(grown("to Paris, now", "aris"), (true, "Paris"));
        assert_eq!(grown("to Paris, now", "Paris"), (false, "Paris"));
        assert_eq!(grown("in 2019", "20"), (true, "2019"));
        assert_eq!(grown("the iPhone6", "iPhone"), (false, "iPhone"), "letters and digits may part");
        assert_eq!(grown("don't @anna", "anna"), (false, "anna"));
        assert_eq!(grown("飞往北京的航班", "北京"), (false, "北京"));
        assert_eq!(grown("cafe\u{301} x", "cafe"), (true, "cafe\u{301}"));
        assert_eq!(grown("مطار القاهرة", "القاه"), (true, "القاهرة"));
    }

    #[test]
    fn blanks_at_the_ends_are_left_out() {
        assert_eq!(trimmed("a  b c ", 1..7), 3..6);
        assert_eq!(trimmed("a   b", 1..4), 4..4);
        assert_eq!(trimmed("a", 5..9), 5..5);
    }
}
