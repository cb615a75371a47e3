//! Bytes to text: by their byte order mark, by what was asked for, as UTF-8, else as what they most likely are.
//!
//! What must stay true: bytes that are valid UTF-8 without a zero in them are UTF-8; anything else is said.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::remarks::{Part, Remarks};

/// The text without its byte order mark, and the name of its encoding. `wanted` is a name such as `gbk` or `latin-1`.
pub(super) fn decode(
    bytes: &[u8],
    wanted: Option<&str>,
    remarks: &mut Remarks,
) -> Result<(String, &'static str), String> {
    let (encoding, guessed) = match wanted {
        Some(name) => (named(name)?, false),
        None => detect(bytes),
    };
    let bom = Encoding::for_bom(bytes).filter(|(found, _)| *found == encoding).map_or(0, |(_, len)| len);
    let (text, faults) = encoding.decode_without_bom_handling(&bytes[bom..]);
    let name = if encoding == GB18030 { GBK.name() } else { encoding.name() };
    if guessed {
        remarks.file(Part::File, format!("read as {name}, which is a guess; --encoding says what it is"));
    } else if encoding != UTF_8 {
        remarks.file(Part::File, format!("read as {name}"));
    }
    if faults {
        for (index, line) in text.split('\n').enumerate().filter(|(_, line)| line.contains('\u{fffd}')) {
            let _ = line;
            remarks.row(Part::Text, index + 1, format!("bytes that are not {name} are read as U+FFFD"));
        }
    }
    Ok((text.into_owned(), name))
}

fn named(name: &str) -> Result<&'static Encoding, String> {
    let known = match &*name.to_ascii_lowercase() {
        "latin-1" | "cp1252" => Some(WINDOWS_1252),
        "utf16" | "utf-16" => Some(UTF_16LE),
        "utf8-sig" | "utf-8-sig" => Some(UTF_8),
        other => Encoding::for_label(other.as_bytes()),
    };
    // A file that is said to be GBK may be GB18030, which holds it.
    let known = known.map(|encoding| if encoding == GBK { GB18030 } else { encoding });
    known.ok_or_else(|| {
        format!(
            "There is no encoding `{name}`; write utf-8, utf-16le, utf-16be, gbk, gb18030, big5, shift_jis, \
             windows-1252 or their like."
        )
    })
}

/// The encoding, and whether it is a guess.
fn detect(bytes: &[u8]) -> (&'static Encoding, bool) {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return (encoding, false);
    }
    if let Some(encoding) = wide(bytes) {
        return (encoding, true);
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => return (UTF_8, false),
        Err(_) if mostly_utf8(bytes) => return (UTF_8, false),
        Err(_) => {}
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    (if guess == GBK { GB18030 } else { guess }, true)
}

/// The name of the encoding that these bytes have in place of UTF-8, where several bytes make a character and all of them fit. A Latin
/// one is not told apart from UTF-8 with faults.
pub(crate) fn foreign(bytes: &[u8]) -> Option<&'static str> {
    if std::str::from_utf8(bytes).is_ok() {
        return None;
    }
    let (encoding, _) = detect(bytes);
    let fits = !encoding.is_single_byte() && encoding != UTF_8 && !encoding.decode_without_bom_handling(bytes).1;
    fits.then(|| if encoding == GB18030 { GBK.name() } else { encoding.name() })
}

/// UTF-16 without a mark: line ends and other ASCII characters have their zero always on the same side.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(1 << 16)];
    let zeros = |side: usize| sample.iter().skip(side).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let enough = |count: usize| count > 0 && 100 * count >= sample.len() / 2;
    match () {
        () if !bytes.len().is_multiple_of(2) => None,
        () if enough(odd) && even == 0 => Some(UTF_16LE),
        () if enough(even) && odd == 0 => Some(UTF_16BE),
        () => None,
    }
}

/// A few broken bytes among many good sequences do not make it another encoding.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut broken) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|ch| !ch.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    good >= 20 * broken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], wanted: Option<&str>) -> (String, &'static str, Vec<String>) {
        let mut remarks = Remarks::default();
        let (text, name) = decode(bytes, wanted, &mut remarks).unwrap();
        (text, name, remarks.into_list().iter().map(ToString::to_string).collect())
    }

    fn utf16(text: &str, big: bool, bom: bool) -> Vec<u8> {
        let units = bom.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[test]
    fn utf_16_with_and_without_a_mark() {
        let text = "text,label\n物流太慢了,差评\n";
        for big in [false, true] {
            for bom in [false, true] {
                let (read, name, said) = read(&utf16(text, big, bom), None);
                assert_eq!((read.as_str(), name), (text, if big { "UTF-16BE" } else { "UTF-16LE" }));
                assert_eq!(said.len(), 1, "{said:?}");
            }
        }
    }

    #[test]
    fn gbk_is_guessed_and_said() {
        let text = "点评,情感\n物流太慢了，等了一个星期,差评\n味道很好，下次还会再来,好评\n";
        let bytes = GBK.encode(text).0.into_owned();
        let (found, name, said) = read(&bytes, None);
        assert_eq!((found.as_str(), name), (text, "GBK"));
        assert_eq!(said, ["read as GBK, which is a guess; --encoding says what it is."]);
        assert_eq!(read(&bytes, Some("gb18030")).0, text);
    }

    #[test]
    fn utf_8_stays_utf_8_although_bytes_are_broken() {
        assert_eq!(read("\u{feff}a差".as_bytes(), None), ("a差".into(), "UTF-8", vec![]));
        let mut bytes = "差评好评一般般\n".repeat(9).into_bytes();
        bytes.extend(b"a\xFFb\n");
        let (text, name, said) = read(&bytes, None);
        assert!(text.ends_with("a\u{fffd}b\n") && name == "UTF-8");
        assert_eq!(said, ["line 10: bytes that are not UTF-8 are read as U+FFFD."]);
    }

    #[test]
    fn western_bytes_and_unknown_names() {
        assert_eq!(read(b"caf\xE9 \x80", Some("latin-1")).0, "café €");
        assert_eq!(
            read("déjà vu, très bien".chars().map(|ch| ch as u8).collect::<Vec<_>>().as_slice(), None).1,
            "windows-1252"
        );
        assert!(decode(b"", Some("klingon"), &mut Remarks::default()).unwrap_err().contains("`klingon`"));
    }
}
