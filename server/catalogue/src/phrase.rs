//! Something to say, before it is known in which language.

use std::{borrow::Cow, fmt, sync::Arc};

use crate::{Locale, bundle};

/// A message of the catalogue, with what it is about. Made by [`phrase!`](crate::phrase).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    pub(crate) id: &'static str,
    pub(crate) arguments: Vec<(&'static str, Argument)>,
}

/// An argument of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// As it is.
    Text(String),
    /// Chooses between singular and plural, and stands as its digits.
    Number(u64),
    /// The same, with its thousands set apart.
    Count(u64),
    /// In the language of the whole.
    Phrase(Phrase),
    /// One after the other, set apart as the language does it.
    List(Vec<Argument>),
}

/// A number of things: "1,204".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(pub usize);

/// Something to say: the message's name in the catalogue, and its arguments.
///
/// ```
/// use catalogue::{Locale, phrase};
///
/// let label = "refund";
/// let title = phrase!("keep", label);
/// assert_eq!(title, phrase!("keep", label = "refund"));
/// assert_eq!(title.to_string(), "Keep `refund`");
/// assert_eq!(title.in_(Locale::Chinese), "保留 `refund`");
/// ```
#[macro_export]
macro_rules! phrase {
    (@value $name:ident) => { $name };
    (@value $name:ident = $value:expr) => { $value };
    ($id:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::Phrase::new($id)$(.with(stringify!($name), $crate::phrase!(@value $name $(= $value)?)))*
    };
}

impl Phrase {
    pub fn new(id: &'static str) -> Phrase {
        Phrase { id, arguments: Vec::new() }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Argument>) -> Phrase {
        self.arguments.push((name, value.into()));
        self
    }

    /// What is the same in every language: labels and numbers, or what others say.
    pub fn verbatim(text: impl Into<Argument>) -> Phrase {
        Phrase::new("verbatim").with("text", text)
    }

    pub fn in_(&self, locale: Locale) -> String {
        bundle::render(self, locale)
    }
}

/// In English.
impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_(Locale::English))
    }
}

impl std::error::Error for Phrase {}

impl Argument {
    pub fn list(items: impl IntoIterator<Item: Into<Argument>>) -> Argument {
        Argument::List(items.into_iter().map(Into::into).collect())
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Argument {
        Argument::Text(text)
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Argument {
        Argument::Text(text.to_owned())
    }
}

impl From<&String> for Argument {
    fn from(text: &String) -> Argument {
        Argument::Text(text.clone())
    }
}

impl From<&Arc<str>> for Argument {
    fn from(text: &Arc<str>) -> Argument {
        Argument::Text(text.to_string())
    }
}

impl From<Cow<'_, str>> for Argument {
    fn from(text: Cow<'_, str>) -> Argument {
        Argument::Text(text.into_owned())
    }
}

impl From<usize> for Argument {
    fn from(number: usize) -> Argument {
        Argument::Number(number as u64)
    }
}

impl From<u32> for Argument {
    fn from(number: u32) -> Argument {
        Argument::Number(number.into())
    }
}

impl From<u64> for Argument {
    fn from(number: u64) -> Argument {
        Argument::Number(number)
    }
}

impl From<Count> for Argument {
    fn from(count: Count) -> Argument {
        Argument::Count(count.0 as u64)
    }
}

impl From<Phrase> for Argument {
    fn from(phrase: Phrase) -> Argument {
        Argument::Phrase(phrase)
    }
}

/// "1,204".
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_choose_the_plural_and_are_set_as_asked() {
        let title = |count| phrase!("accept-all-sure", count = Count(count), threshold = "95%");
        assert_eq!(title(1).to_string(), "Accept 1 suggestion at 95% or more");
        assert_eq!(title(1204).to_string(), "Accept 1,204 suggestions at 95% or more");
        assert_eq!(title(1204).in_(Locale::Chinese), "接受 1,204 条不低于 95% 的建议");
        let many = phrase!("several-labels", count = 1204_usize);
        assert_eq!(many.to_string(), "1204 labels, but this is a single-label data set: keep one.");
    }

    #[test]
    fn parts_and_lists_come_in_the_language_of_the_whole() {
        let quoted = |label: &str| phrase!("quoted", text = label);
        let labels = Argument::List(["card", "fee"].map(quoted).map(Argument::Phrase).into());
        let title = phrase!("label-as", label = labels, sure = "93%");
        assert_eq!(title.to_string(), "Label as `card`, `fee` (93%)");
        assert_eq!(title.in_(Locale::Chinese), "标注为 `card`、`fee`（93%）");
    }

    /// Labels may look like anything, and stay what they are.
    #[test]
    fn arguments_are_not_read() {
        for label in ["{ $x }", "\"", "{", "\\u0041", "a\nb", "", "\u{2068}"] {
            assert_eq!(phrase!("keep", label).to_string(), format!("Keep `{label}`"));
        }
        assert_eq!(Phrase::verbatim("[x] = {y}").to_string(), "[x] = {y}");
    }

    /// Never on purpose, and no reason to fall.
    #[test]
    fn what_the_catalogue_lacks_is_named() {
        assert_eq!(Phrase::new("no-such-message").in_(Locale::Chinese), "no-such-message");
        assert_eq!(Phrase::new("keep").to_string(), "Keep `{$label}`");
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(["0", "999", "1,204", "1,000,000"], [0, 999, 1204, 1_000_000].map(grouped).each_ref().map(|s| &**s));
    }
}
