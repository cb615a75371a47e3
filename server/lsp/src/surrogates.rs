//! Halves of surrogate pairs: JSON can write them, Rust's strings cannot hold them.
//!
//! An editor that counts in UTF-16 may send an emoji in two edits, `\ud83d` and then `\ude00`. Each lone half is read as
//! U+FFFD, which is one UTF-16 unit like the half it stands for: every position of later edits stays right, and only the
//! character itself is unknown. It comes back when the document is saved, since a file never holds a lone half: see
//! [`heals`].

/// Replaces every escape of a lone surrogate in a JSON text by `\ufffd`, in place. Pairs and everything else stay.
/// Answers whether there was one.
pub fn repair_escapes(json: &mut [u8]) -> bool {
    let mut repaired = false;
    let mut at = 0;
    while at < json.len() {
        if json[at] != b'\\' {
            at += 1;
            continue;
        }
        let Some(unit) = escaped_unit(json, at) else {
            at += 2; // another escape, `\\` among them: its second byte starts nothing
            continue;
        };
        let paired = is_high(unit) && escaped_unit(json, at + 6).is_some_and(is_low);
        if paired {
            at += 12;
        } else {
            if is_high(unit) || is_low(unit) {
                json[at + 2..at + 6].copy_from_slice(b"fffd");
                repaired = true;
            }
            at += 6;
        }
    }
    repaired
}

/// Makes UTF-8 of nearly-UTF-8: a surrogate encoded in three bytes (as some clients write it) becomes one U+FFFD, so
/// that positions stay right, and so does each other invalid sequence.
pub fn repair_utf8(bytes: Vec<u8>) -> String {
    let mut bytes = match String::from_utf8(bytes) {
        Ok(text) => return text,
        Err(error) => error.into_bytes(),
    };
    for at in 0..bytes.len().saturating_sub(2) {
        // U+D800..=U+DFFF would be ED A0..=BF 80..=BF; U+FFFD is EF BF BD and as long.
        if bytes[at] == 0xED && bytes[at + 1] >= 0xA0 && bytes[at + 2] & 0xC0 == 0x80 {
            bytes[at..at + 3].copy_from_slice("\u{FFFD}".as_bytes());
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

/// Whether `saved` is `buffer` with its U+FFFD filled in: equal, UTF-16 unit by unit, but where the buffer has U+FFFD.
/// Then the buffer may be replaced by it, and every position of edits under way still holds. If not, the file is older
/// or newer than the buffer and says nothing about it.
pub fn heals(buffer: &str, saved: &str) -> bool {
    let (mut buffer, mut saved) = (buffer.encode_utf16(), saved.encode_utf16());
    loop {
        match (buffer.next(), saved.next()) {
            (None, None) => return true,
            (Some(ours), Some(theirs)) if ours == theirs || ours == 0xFFFD => {}
            _ => return false,
        }
    }
}

/// The UTF-16 unit that `\uXXXX` at this place stands for.
fn escaped_unit(json: &[u8], at: usize) -> Option<u16> {
    let escape = json.get(at..at + 6)?;
    if !escape.starts_with(b"\\u") || !escape[2..].iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(&escape[2..]).ok()?, 16).ok()
}

fn is_high(unit: u16) -> bool {
    (0xD800..0xDC00).contains(&unit)
}

fn is_low(unit: u16) -> bool {
    (0xDC00..0xE000).contains(&unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(json: &str) -> (bool, String) {
        let mut bytes = json.as_bytes().to_vec();
        let changed = repair_escapes(&mut bytes);
        (changed, String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn lone_halves_become_replacement_characters() {
        assert_eq!(repaired(r#""\ud83d""#), (true, r#""\ufffd""#.into()));
        assert_eq!(repaired(r#""\uDE00x""#), (true, r#""\ufffdx""#.into()));
        assert_eq!(repaired(r#""\ud83d\ud83d\ude00""#), (true, r#""\ufffd\ud83d\ude00""#.into()));
        assert_eq!(repaired(r#""\ude00\ud83d""#), (true, r#""\ufffd\ufffd""#.into()));
    }

    #[test]
    fn pairs_other_escapes_and_escaped_backslashes_stay() {
        for json in
            [r#""\ud83d\ude00""#, r#""\\ud83d""#, r#""\n\u00e9\"\\\\ud83d""#, r#""\u12""#, r#""\"#, r#""\uzzzz""#]
        {
            assert_eq!(repaired(json), (false, json.into()));
        }
        assert_eq!(repaired(r#""\\\ud83d""#), (true, r#""\\\ufffd""#.into()));
    }

    #[test]
    fn surrogates_in_utf8_become_one_unit_each() {
        assert_eq!(repair_utf8(b"a\xED\xA0\xBDb".to_vec()), "a\u{FFFD}b");
        assert_eq!(repair_utf8(b"a\xFFb".to_vec()), "a\u{FFFD}b");
        assert_eq!(repair_utf8("\u{D7FF}\u{10FFFF}é".into()), "\u{D7FF}\u{10FFFF}é");
    }

    #[test]
    fn a_saved_file_heals_what_it_matches_and_nothing_else() {
        assert!(heals("a\u{FFFD}\u{FFFD}b", "a😀b"));
        assert!(heals("same", "same"));
        assert!(!heals("a\u{FFFD}\u{FFFD}b", "a😀c"));
        assert!(!heals("a\u{FFFD}\u{FFFD}b", "a😀b and more"));
        assert!(!heals("ab", "a"));
    }
}
