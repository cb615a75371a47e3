//! What counts as a label, what counts as none, and how a label is spelled in a file that writes numbers.
//!
//! What must stay true: reading what [`spell`] and a format wrote gives the same label again.

use std::{borrow::Cow, ops::Range};

use catalogue::phrase;

use crate::{Problem, Span};

/// How a label value is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Written {
    /// The field or cell is not there.
    #[default]
    Missing,
    /// It is there and says nothing: `null`, an empty string, a marker.
    Empty,
    Text,
    Integer,
    Boolean,
    /// A list of strings or of spans, or of nothing.
    List,
    /// A list of integers.
    Integers,
}

/// What a row says about its label, its labels or its spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Label<'a> {
    None(Written),
    Given(Cow<'a, str>, Written),
    Set(Vec<Cow<'a, str>>, Written),
    Spans(Vec<Part<'a>>, Written),
    /// There is something that cannot be what the data set is labelled with; a problem says so.
    Invalid,
}

/// A labelled part of the text, in bytes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) label: Cow<'a, str>,
}

/// A label as a format is asked to write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelled<'a> {
    Text(&'a str),
    Integer(i64),
    Boolean(bool),
    /// The only string of a list.
    Listed(&'a str),
}

impl<'a> Spelled<'a> {
    /// What stands between quotes or delimiters.
    pub(crate) fn bare(self) -> Cow<'a, str> {
        match self {
            Spelled::Text(text) | Spelled::Listed(text) => text.into(),
            Spelled::Integer(number) => number.to_string().into(),
            Spelled::Boolean(value) => value.to_string().into(),
        }
    }
}

/// What a format is asked to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted<'a> {
    One(Spelled<'a>),
    /// With the label as it is read again.
    Set(Vec<(&'a str, Spelled<'a>)>),
    Spans(&'a [Span]),
}

/// "yes" and "no" of a label, as files have them that give each label a field of its own.
pub(crate) fn flag(value: &str) -> Option<bool> {
    let value = value.trim();
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(value));
    match () {
        () if is(&["1", "1.0", "true", "yes"]) => Some(true),
        () if is(&["0", "0.0", "false", "no"]) => Some(false),
        () => None,
    }
}

/// Values that mean "not labelled yet", compared without regard to case. Words that may well be a class of their own
/// ("none", "other", "n/a", "unknown") are not among them.
pub const UNLABELLED: &[&str] =
    &["unlabelled", "unlabeled", "unannotated", "not labelled", "not labeled", "null", "nan", "<na>", "?"];

/// Whether a decoded value means "not labelled": blank, or one of [`UNLABELLED`].
pub fn is_unlabelled(value: &str) -> bool {
    let value = value.trim();
    value.is_empty() || UNLABELLED.iter().any(|marker| marker.eq_ignore_ascii_case(value))
}

/// The label that a decoded value stands for. Where integers have names, `3` is the fourth name and `-1` is no label.
pub(crate) fn read<'a>(value: Cow<'a, str>, written: Written, names: &[String]) -> Label<'a> {
    if is_unlabelled(&value) {
        return Label::None(Written::Empty);
    }
    let value = match value {
        Cow::Borrowed(value) => Cow::Borrowed(value.trim()),
        Cow::Owned(value) if value.trim().len() == value.len() => Cow::Owned(value),
        Cow::Owned(value) => Cow::Owned(value.trim().to_string()),
    };
    if names.is_empty() || names.iter().any(|name| *name == value) {
        return Label::Given(value, written);
    }
    if value == "-1" {
        return Label::None(Written::Empty);
    }
    match integer(&value).and_then(|number| names.get(usize::try_from(number).ok()?)) {
        Some(name) => Label::Given(Cow::Owned(name.clone()), written),
        None => Label::Given(value, written),
    }
}

/// Several labels in one value. Blank pieces are none; a value of blanks is no answer.
pub(crate) fn separated<'a>(value: Cow<'a, str>, separator: &str, names: &[String]) -> Label<'a> {
    let mut set: Vec<Cow<'a, str>> = Vec::new();
    let mut add = |piece: Cow<'a, str>| match read(piece, Written::Text, names) {
        Label::Given(label, _) if !set.contains(&label) => set.push(label),
        _ => {}
    };
    match value {
        Cow::Borrowed(value) => value.split(separator).for_each(|piece| add(piece.into())),
        Cow::Owned(value) => value.split(separator).for_each(|piece| add(piece.to_owned().into())),
    }
    if set.is_empty() { Label::None(Written::Empty) } else { Label::Set(set, Written::Text) }
}

/// Where the pieces of a value with several labels stand in it.
pub(crate) fn pieces(value: &str, separator: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    value.split(separator).map(move |piece| {
        let start = at;
        at += piece.len() + separator.len();
        start..start + piece.len()
    })
}

/// The part of a value without the blanks around it.
pub(crate) fn trimmed(value: &str, part: Range<usize>) -> Range<usize> {
    let text = &value[part.clone()];
    let start = part.start + text.len() - text.trim_start().len();
    start..start + text.trim().len()
}

/// The value that says this, for who writes several labels into one.
pub(crate) fn joined(labels: &[(&str, Spelled)], separator: &str) -> Result<String, String> {
    if labels.is_empty() {
        return Err("A row cannot say here that no label applies: without any, it counts as unlabelled.".into());
    }
    let names: Vec<Cow<str>> = labels.iter().map(|(_, spelled)| spelled.bare()).collect();
    match names.iter().find(|name| name.contains(separator)) {
        Some(name) => {
            Err(format!("The label `{name}` contains `{separator}`, which stands between labels. Choose another name."))
        }
        None => Ok(names.join(separator)),
    }
}

/// What is wrong with a field that is a label's own.
pub(crate) fn no_flag(range: Range<usize>, field: &str, found: &str) -> Problem {
    Problem::new(range, phrase!("no-flag", field, found))
}

/// How a value without quotes is written: `3` is an integer, all else is text.
pub(crate) fn written(value: &str) -> Written {
    if integer(value.trim()).is_some() { Written::Integer } else { Written::Text }
}

/// How to write a label where values look like `style`. The error says why it is none.
pub(crate) fn spell<'a>(label: &'a str, names: &[String], style: Written) -> Result<Spelled<'a>, String> {
    let label = label.trim();
    if is_unlabelled(label) || (label == "-1" && !names.is_empty() && !names.iter().any(|name| name == "-1")) {
        return Err(format!("`{label}` means that a row has no label; choose another name."));
    }
    if style == Written::List {
        return Ok(Spelled::Listed(label));
    }
    if style == Written::Boolean
        && let Ok(value) = label.parse()
    {
        return Ok(Spelled::Boolean(value));
    }
    if matches!(style, Written::Integer | Written::Integers) {
        if let Some(index) = names.iter().position(|name| name == label) {
            return Ok(Spelled::Integer(index as i64));
        }
        if let Some(number) = integer(label) {
            return Ok(Spelled::Integer(number));
        }
    }
    Ok(Spelled::Text(label))
}

/// The value as a whole number, if it is written the plain way (no sign `+`, no leading zeros).
fn integer(value: &str) -> Option<i64> {
    let digits = value.strip_prefix('-').unwrap_or(value).as_bytes();
    match digits {
        [b'0'] if digits.len() == value.len() => Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 18 => value.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(value: &str, names: &[&str]) -> Option<String> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        match read(Cow::Borrowed(value), Written::Text, &names) {
            Label::Given(label, _) => Some(label.into_owned()),
            _ => None,
        }
    }

    #[test]
    fn markers_are_no_labels() {
        for value in ["", "  ", "Unlabelled", "UNLABELED", "?", "NaN", "null"] {
            assert_eq!(given(value, &[]), None, "{value:?}");
        }
        for value in ["none", "other", "n/a", "-1", "0", "差评"] {
            assert_eq!(given(value, &[]).as_deref(), Some(value));
        }
    }

    #[test]
    fn integers_have_names() {
        let names = ["refund", "billing"];
        assert_eq!(given("1", &names).as_deref(), Some("billing"));
        assert_eq!(given("-1", &names), None);
        assert_eq!(given("2", &names).as_deref(), Some("2"), "an index without a name stays a number");
        assert_eq!(given("01", &names).as_deref(), Some("01"));
    }

    #[test]
    fn spelling_follows_the_file() {
        let names = ["refund".to_string(), "billing".to_string()];
        assert_eq!(spell("billing", &names, Written::Integer), Ok(Spelled::Integer(1)));
        assert_eq!(spell("billing", &names, Written::Text), Ok(Spelled::Text("billing")));
        assert_eq!(spell("7", &[], Written::Integer), Ok(Spelled::Integer(7)));
        assert_eq!(spell("07", &[], Written::Integer), Ok(Spelled::Text("07")));
        assert_eq!(spell("true", &[], Written::Boolean), Ok(Spelled::Boolean(true)));
        assert_eq!(spell("7", &names, Written::List), Ok(Spelled::Listed("7")));
        assert!(spell(" ", &[], Written::Text).is_err());
        assert!(spell("unlabelled", &[], Written::Text).is_err());
    }
}
