//! Files that hold no rows of text, or none that can be read: each is refused with what to do instead.

/// By the first bytes and the name's ending.
pub(super) fn by_bytes(name: &str, bytes: &[u8]) -> Result<(), String> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let why = match () {
        () if bytes.iter().all(u8::is_ascii_whitespace) => "The file is empty.",
        () if starts(b"PK\x03\x04") && matches!(&*ending, "xlsx" | "xlsm" | "ods" | "") => {
            "This is a spreadsheet. Save it as CSV UTF-8 in the program that made it, and convert that."
        }
        () if starts(b"\xD0\xCF\x11\xE0") => {
            "This is an old spreadsheet or document. Save it as CSV UTF-8, and convert that."
        }
        () if starts(b"PK\x03\x04") => "This is a zip archive. Unpack it, and convert the files in it.",
        () if starts(b"\x1F\x8B") => {
            "This is compressed by gzip. Unpack it: `gunzip -c FILE | gloss convert - OUT --from FORMAT`."
        }
        () if starts(b"PAR1") => "This is Parquet. Write it as JSON Lines first, for example by `datasets`' to_json.",
        () if starts(b"ARROW1") => "This is Arrow. Write it as JSON Lines first, for example by `datasets`' to_json.",
        () if starts(b"SQLite format 3") => "This is a database. Let the tool export JSON Lines, and convert that.",
        () if starts(b"%PDF") => "This is a PDF. Take its text out first.",
        () if starts(b"\x80\x04") || starts(b"\x80\x03") => {
            "This is a Python pickle, which is not read. Write it as JSON Lines."
        }
        () if is_markup(bytes) || ending == "xml" => {
            "This is XML, which is not read. Let the tool export JSON, CSV or CoNLL, and convert that."
        }
        () if ending == "conf" => "This is a configuration, not a data set.",
        () => return Ok(()),
    };
    Err(why.into())
}

fn is_markup(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    matches!(bytes, [b'<', next, ..] if matches!(next, b'?' | b'!') || next.is_ascii_alphabetic())
        && bytes.contains(&b'>')
}
