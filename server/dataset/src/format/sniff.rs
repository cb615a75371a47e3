//! Finding out which format a file has.

use std::path::Path;

use super::{Format, bom, conll, csv, json, jsonl, rasa};
use crate::detect::{LABEL_NAMES, TEXT_NAMES, is_named};

impl Format {
    /// By the file's name, and by a look at its content where the name leaves it open (.csv delimiters; .txt is fastText
    /// only if it starts with `__label__`, CoNLL only if its first lines have tags; .json may hold JSON Lines; .yml is Rasa's only with an intent under `nlu`). A name without an extension, as that of an
    /// untitled buffer, says nothing: then the content decides. `None`: not a data file.
    pub fn detect(path: &Path, source: &str) -> Option<Format> {
        let src = source.as_bytes();
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            Some("jsonl" | "ndjson" | "jsonlines") => Some(Format::JsonLines),
            Some("json") => json_or_lines(src),
            Some("csv") => Some(Format::Csv { delimiter: delimiter(src, b',') }),
            Some("tsv" | "tab") => Some(Format::Csv { delimiter: delimiter(src, b'\t') }),
            Some("psv") => Some(Format::Csv { delimiter: b'|' }),
            Some("fasttext" | "ft") => Some(Format::FastText),
            Some("conll" | "bio" | "iob" | "iob2") => Some(Format::Conll),
            Some("yml" | "yaml") => rasa::has_intents(src).then_some(Format::Rasa),
            Some("txt" | "train" | "valid" | "test") if conll::starts_with_tags(src) => Some(Format::Conll),
            Some("txt" | "train" | "valid" | "test") => starts_with_label(src).then_some(Format::FastText),
            Some(_) => None,
            None => by_content(src),
        }
    }
}

fn json_or_lines(src: &[u8]) -> Option<Format> {
    if json::starts_like_array_of_objects(src) {
        return Some(Format::Json);
    }
    // One object on one line may be any configuration file; a second one makes it JSON Lines.
    if !jsonl::starts_with_object(src) {
        return None;
    }
    let lines = src[bom(src)..].split(|byte| matches!(byte, b'\n' | b'\r'));
    let mut starts = lines.map(<[u8]>::trim_ascii_start).filter(|line| !line.is_empty());
    starts.nth(1)?.starts_with(b"{").then_some(Format::JsonLines)
}

fn by_content(src: &[u8]) -> Option<Format> {
    if starts_with_label(src) {
        return Some(Format::FastText);
    }
    if json::starts_like_array_of_objects(src) {
        return Some(Format::Json);
    }
    if jsonl::starts_with_object(src) {
        return Some(Format::JsonLines);
    }
    if rasa::has_intents(src) {
        return Some(Format::Rasa);
    }
    let delimiter = delimiter(src, b',');
    let (_, names) = csv::fit(src, delimiter);
    let any = |known: &[&str]| names.iter().any(|name| known.iter().any(|known| is_named(name, known)));
    (any(TEXT_NAMES) && any(LABEL_NAMES)).then_some(Format::Csv { delimiter })
}

fn starts_with_label(src: &[u8]) -> bool {
    src[bom(src)..].trim_ascii_start().starts_with(b"__label__")
}

/// The delimiter that makes most of the first records as long as the header; `usual` where several do.
fn delimiter(src: &[u8], usual: u8) -> u8 {
    let mut best = (0, usual);
    for delimiter in [usual, b',', b'\t', b';', b'|'] {
        let (fitting, _) = csv::fit(src, delimiter);
        if fitting > best.0 {
            best = (fitting, delimiter);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(path: &str, source: &str) -> Option<Format> {
        Format::detect(Path::new(path), source)
    }

    #[test]
    fn names_decide() {
        assert_eq!(detect("a.jsonl", ""), Some(Format::JsonLines));
        assert_eq!(detect("A.NDJSON", "anything"), Some(Format::JsonLines));
        assert_eq!(detect("a.tsv", ""), Some(Format::Csv { delimiter: b'\t' }));
        assert_eq!(detect("a.rs", "__label__x y"), None);
    }

    #[test]
    fn content_decides_where_names_do_not() {
        assert_eq!(detect("a.json", " [ {"), Some(Format::Json));
        assert_eq!(detect("a.json", "[1, 2]"), None);
        assert_eq!(detect("a.json", "{\"a\": 1}\n\n{\"a\": 2}\n"), Some(Format::JsonLines));
        assert_eq!(detect("package.json", "{\"name\": \"x\"}\n"), None);
        assert_eq!(detect("package.json", "{\n  \"name\": \"x\"\n}\n"), None);
        assert_eq!(detect("a.txt", "\u{feff}\n__label__x y"), Some(Format::FastText));
        assert_eq!(detect("a.txt", "hello"), None);
        let intents = "version: '3.1'\nnlu:\n# greetings\n- synonym: x\n  examples: |\n- intent: y\n";
        assert_eq!(detect("a.yml", intents), Some(Format::Rasa));
        assert_eq!(detect("Untitled-1", intents), Some(Format::Rasa));
        assert_eq!(detect("a.yaml", "nlu:\n- synonym: x\nrules:\n- intent: y\n"), None);
        assert_eq!(detect("Untitled-1", "{\"text\": \"x\"}"), Some(Format::JsonLines));
        assert_eq!(detect("Untitled-1", "text;label\na;b"), Some(Format::Csv { delimiter: b';' }));
        assert_eq!(detect("Untitled-1", "Dear all, text, and label"), None);
        assert_eq!(detect("Makefile", "all: build\n"), None);
    }

    #[test]
    fn delimiters() {
        for (source, delimiter) in [
            ("text,label\na,b\n", b','),
            ("text;label\n\"a, b\";c, d\n", b';'),
            ("text\tlabel\nWell, yes, no\tb\n", b'\t'),
            ("id|text|label\n1|a|b\n", b'|'),
            ("text\nonly one column\n", b','),
        ] {
            assert_eq!(detect("a.csv", source), Some(Format::Csv { delimiter }), "{source}");
        }
    }
}
