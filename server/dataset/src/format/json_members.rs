//! A further member of a JSON object.

use super::{
    Style, escape,
    scan::{Scanner, Token},
};

/// Adds a last member to the object at `at`.
pub(super) fn add_member(src: &[u8], at: usize, key: &str, value: &str) -> Option<(usize, Vec<u8>)> {
    let mut members = Members::default();
    let object = Scanner::new(src, at).object(|key, value| members.note(key, value)).ok()?;
    Some(members.addition(src, object, &escape::encode(key, Style::default()), value))
}

/// The last two members of an object, whose spacing a further one follows.
#[derive(Default)]
pub(super) struct Members {
    before_last: Option<(Token, Token)>,
    pub(super) last: Option<(Token, Token)>,
}

impl Members {
    pub(super) fn note(&mut self, key: Token, value: Token) {
        self.before_last = self.last.replace((key, value));
    }

    /// Where a further member goes and how it is written: with the bytes that stand between the last two members and
    /// between the last key and its value.
    pub(super) fn addition(&self, src: &[u8], object: Token, key: &str, value: &str) -> (usize, Vec<u8>) {
        let Some((last_key, last_value)) = self.last else {
            return (object.start + 1, format!("{key}: {value}").into_bytes());
        };
        let colon = &src[last_key.end..last_value.start];
        let mut out = match self.before_last {
            Some((_, value)) => src[value.end..last_key.start].to_vec(),
            None => {
                // A lone member: on a line of its own, a further one is too.
                let lead = &src[object.start + 1..last_key.start];
                let spaced = colon.ends_with(b" ");
                let space: &[u8] = if lead.contains(&b'\n') || lead.contains(&b'\r') {
                    lead
                } else if spaced {
                    b" "
                } else {
                    b""
                };
                [b",", space].concat()
            }
        };
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(colon);
        out.extend_from_slice(value.as_bytes());
        (last_value.end, out)
    }
}
