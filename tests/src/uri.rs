//! Files and their URIs.

use std::path::Path;

pub(crate) fn from_path(path: &Path) -> String {
    let path = path.to_str().expect("test paths are UTF-8");
    let mut uri = String::from("file://");
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(byte.into()),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// The same for all ways to write one URI: servers may escape other characters than clients do.
pub(crate) fn key(uri: &str) -> String {
    let mut decoded = Vec::new();
    let mut rest = uri.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'%').then(|| after.get(..2)).flatten();
        let value = escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        decoded.push(value.unwrap_or(byte));
        rest = if value.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(decoded).expect("a URI of UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_has_one_key() {
        let uri = from_path(Path::new("/a b/Ünï+%.jsonl"));
        assert_eq!(uri, "file:///a%20b/%C3%9Cn%C3%AF%2B%25.jsonl");
        assert_eq!(key(&uri), "file:///a b/Ünï+%.jsonl");
        assert_eq!(key("file:///a%20b/%c3%9cn%c3%af+%25.jsonl"), key(&uri));
        assert_eq!(key("untitled:Untitled-1"), "untitled:Untitled-1");
        assert_eq!(key("file:///100%"), "file:///100%");
    }
}
