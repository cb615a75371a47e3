//! In which script a text is written.

/// Ranges of the larger scripts, with the names that Unicode gives them; Japanese is known by its kana.
const SCRIPTS: [(&str, &[(u32, u32)]); 14] = [
    ("Latin", &[(0x41, 0x5A), (0x61, 0x7A), (0xAA, 0x24F), (0x1E00, 0x1EFF)]),
    ("Greek", &[(0x370, 0x3FF), (0x1F00, 0x1FFF)]),
    ("Cyrillic", &[(0x400, 0x52F)]),
    ("Armenian", &[(0x530, 0x58F)]),
    ("Hebrew", &[(0x590, 0x5FF)]),
    ("Arabic", &[(0x600, 0x6FF), (0x750, 0x77F), (0x8A0, 0x8FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC)]),
    ("Devanagari", &[(0x900, 0x97F)]),
    ("Bengali", &[(0x980, 0x9FF)]),
    ("Tamil", &[(0xB80, 0xBFF)]),
    ("Thai", &[(0xE00, 0xE7F)]),
    ("Georgian", &[(0x10A0, 0x10FF)]),
    ("Hangul", &[(0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7A3)]),
    ("Japanese", &[(0x3041, 0x30FF)]),
    ("Han", &[(0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)]),
];
const JAPANESE: usize = 12;
const HAN: usize = 13;

/// That of most of its letters; None: it has no letters, or most are of another.
pub(super) fn of(text: &str) -> Option<&'static str> {
    let mut counts = [0usize; SCRIPTS.len()];
    let mut others = 0;
    for c in text.chars().filter(|c| c.is_alphabetic()) {
        let is_in = |ranges: &[(u32, u32)]| ranges.iter().any(|(from, to)| (*from..=*to).contains(&u32::from(c)));
        match SCRIPTS.iter().position(|(_, ranges)| is_in(ranges)) {
            Some(script) => counts[script] += 1,
            None => others += 1,
        }
    }
    if counts[JAPANESE] > 0 {
        counts[JAPANESE] += std::mem::take(&mut counts[HAN]);
    }
    // Of equally many the first.
    let (script, count) = counts.iter().enumerate().rev().max_by_key(|(_, count)| **count)?;
    (*count > others).then_some(SCRIPTS[script].0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_letters_tell() {
        for (text, script) in [
            ("My card was charged twice, 你好", Some("Latin")),
            ("Überweisung zurück", Some("Latin")),
            ("退款很慢 ok", Some("Han")),
            ("返金が遅い", Some("Japanese")),
            ("Возврат денег, please", Some("Cyrillic")),
            ("الدفع مرفوض", Some("Arabic")),
            ("환불 요청", Some("Hangul")),
            ("12 + 30 = 42 🙂", None),
            ("", None),
            ("አማርኛ", None),
        ] {
            assert_eq!(of(text), script, "{text}");
        }
    }
}
