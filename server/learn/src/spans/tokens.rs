//! Text to tokens: the smallest parts that a tagger tells apart.
//!
//! What must stay true: tokens are in order, not empty, do not overlap, hold no white space at their edges, and stand at the edges of
//! characters; a mark that combines with what stands before it is never cut off; no language is assumed. At most [`READ`] bytes are read.
//!
//! A token is a run of letters and digits with their marks; a single character of a script written without spaces; an emoji, however
//! many code points it has; or any other character by itself.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use crate::ngrams::{READ, is_invisible, is_space, is_unspaced, is_word};

const JOINER: char = '\u{200d}';

/// The tokens of a text, in bytes.
pub(crate) fn tokens(text: &str) -> Vec<Range<u32>> {
    let text = &text[..text.floor_char_boundary(READ)];
    let mut tokens = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        if is_space(first.into()) || (is_invisible(first) && first != JOINER) {
            continue;
        }
        let word = is_word(first.into()) && !is_unspaced(first.into());
        let mut end = start + first.len_utf8();
        let (mut joined, mut flag) = (first == JOINER, is_flag_letter(first));
        while let Some(&(at, next)) = rest.peek() {
            let attached = is_combining_mark(next) || is_modifier(next);
            let more = if word {
                attached || is_invisible(next) || is_word(next.into()) && !is_unspaced(next.into())
            } else {
                // Flags are pairs of letters of their own; a joiner glues the next emoji to this one.
                let paired = std::mem::take(&mut flag) && is_flag_letter(next);
                let glued = std::mem::take(&mut joined) && !is_space(next.into()) && !is_word(next.into());
                attached || is_invisible(next) || paired || glued
            };
            if !more {
                break;
            }
            joined = next == JOINER;
            end = at + next.len_utf8();
            rest.next();
        }
        tokens.push(start as u32..end as u32);
    }
    tokens
}

fn is_flag_letter(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Colours of skin, and the letters that end a flag of a region.
fn is_modifier(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}')
}

/// Tokens cut where a given span begins or ends inside one, so that it can be learned.
pub(super) fn cut(tokens: Vec<Range<u32>>, edges: &[u32]) -> Vec<Range<u32>> {
    let mut cut = Vec::with_capacity(tokens.len());
    let mut edges = edges.iter().copied().peekable();
    for mut token in tokens {
        while let Some(edge) = edges.next_if(|&edge| edge < token.end) {
            if edge > token.start {
                cut.push(token.start..edge);
                token.start = edge;
            }
        }
        cut.push(token);
    }
    cut
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<&str> {
        tokens(text).into_iter().map(|token| &text[token.start as usize..token.end as usize]).collect()
    }

    #[test]
    fn words_digits_and_marks() {
        assert_eq!(
            read("@paul's  2nd visit: 5.30pm!"),
            ["@", "paul", "'", "s", "2nd", "visit", ":", "5", ".", "30pm", "!"]
        );
        assert_eq!(read(" \t\n\u{3000}"), [""; 0]);
    }

    #[test]
    fn other_scripts() {
        assert_eq!(read("我在London吃饭。"), ["我", "在", "London", "吃", "饭", "。"]);
        assert_eq!(read("हिन्दी में"), ["हिन्दी", "में"]);
        assert_eq!(read("می\u{200c}خواهم"), ["می\u{200c}خواهم"]);
        assert_eq!(read("ไม่ดี"), ["ไ", "ม่", "ดี"]);
        assert_eq!(read("cafe\u{301}s"), ["cafe\u{301}s"]);
    }

    #[test]
    fn an_emoji_is_whole() {
        let family = "👩\u{200d}👩\u{200d}👧";
        assert_eq!(read(&format!("a{family}👍🏽🇩🇪🇫🇷❤\u{fe0f}b")), ["a", family, "👍🏽", "🇩🇪", "🇫🇷", "❤\u{fe0f}", "b"]);
    }

    #[test]
    fn a_span_cuts_a_token() {
        let cut_at = |edges: &[u32]| cut(tokens("20mg twice"), edges);
        assert_eq!(cut_at(&[0, 2]), [0..2, 2..4, 5..10]);
        assert_eq!(cut_at(&[4, 5, 6, 10]), [0..4, 5..6, 6..10]);
        assert_eq!(cut_at(&[]), [0..4, 5..10]);
    }

    proptest! {
        #[test]
        fn tokens_are_in_order_and_at_edges(text in "\\PC{0,40}|[ a\u{301}\u{200d}\u{1f1e6}👍🏽ไม่]{0,20}") {
            let mut last = 0;
            for token in tokens(&text) {
                prop_assert!(last <= token.start && token.start < token.end);
                prop_assert!(text.is_char_boundary(token.start as usize) && text.is_char_boundary(token.end as usize));
                last = token.end;
            }
        }
    }
}
