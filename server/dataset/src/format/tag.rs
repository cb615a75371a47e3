//! A tag of a token. BIO2, IOB1, BIOES and BILOU are read alike: a span goes on while the type is the same and no tag begins a new one.

/// A tag such as `B-city`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    begins: bool,
    /// Whether its span ends with it.
    pub(crate) ends: bool,
    pub(crate) kind: &'a str,
}

impl<'a> Tag<'a> {
    /// `None`: `O`, or no tag at all.
    pub(crate) fn parse(tag: &'a str) -> Option<Tag<'a>> {
        let (mark, kind) = tag.split_once(['-', '_'])?;
        let (begins, ends) = match mark {
            "B" => (true, false),
            "I" | "M" => (false, false),
            "E" | "L" => (false, true),
            "S" | "U" | "W" => (true, true),
            _ => return None,
        };
        (!kind.is_empty()).then_some(Tag { begins, ends, kind })
    }

    /// Whether the span of this type that is open goes on with it.
    pub(crate) fn continues(&self, kind: &str) -> bool {
        !self.begins && self.kind == kind
    }
}

/// Whether a word is a tag.
pub(crate) fn is_tag(word: &str) -> bool {
    word == "O" || Tag::parse(word).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_a_mark_and_a_type() {
        assert!(is_tag("I-MISC") && is_tag("O") && !is_tag("NN") && !is_tag("B-") && !is_tag(""));
        let tag = Tag::parse("L_a-b").unwrap();
        assert_eq!((tag.ends, tag.kind, tag.continues("a-b"), tag.continues("a")), (true, "a-b", true, false));
        assert!(!Tag::parse("B-a").unwrap().continues("a"));
    }
}
