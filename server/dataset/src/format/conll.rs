//! CoNLL and BIO: a token a line, its tag in the last of two or more columns, a blank line behind a sentence, which is a row.
//!
//! The text is the tokens joined by one blank. `-DOCSTART-` and comments belong to no row. A sentence in which no token has a tag (one
//! column, or `_` everywhere) is unlabelled. All schemes are read alike: a span goes on while the type is the same and no tag begins a new one.

use std::{borrow::Cow, ops::Range};

use catalogue::phrase;

use super::{Item, Record, State, Style, Syntax, Value, bom, line, text_of};
use crate::{
    Mention, Problem, Schema, Shape, Span, TextEdit,
    label::{Label, Part, Wanted, Written},
    mention::Form,
    schema::Scheme,
    text_map::Piece,
};

const DOCUMENT: &[u8] = b"-DOCSTART-";

pub(super) struct Conll<'s> {
    schema: &'s Schema,
}

/// A line of a sentence.
struct Token {
    /// The start of the line: blanks in front of a word tell how columns are parted.
    line: usize,
    word: Range<usize>,
    /// Of the last column; where there is one column only, the end of the line.
    tag: Range<usize>,
}

/// A sentence with the blank lines behind it, or lines that belong to none.
struct Block {
    tokens: Vec<Token>,
    end: usize,
    reach: usize,
}

/// A tag such as `B-city`: whether it begins a span, whether it ends one, and the type.
fn parse(tag: &[u8]) -> Option<(bool, bool, &[u8])> {
    let (mark, kind) = tag.split_at_checked(2)?;
    let (begins, ends) = match mark {
        b"B-" | b"B_" => (true, false),
        b"I-" | b"I_" | b"M-" | b"M_" => (false, false),
        b"E-" | b"E_" | b"L-" | b"L_" => (false, true),
        b"S-" | b"S_" | b"U-" | b"U_" | b"W-" | b"W_" => (true, true),
        _ => return None,
    };
    (!kind.is_empty()).then_some((begins, ends, kind))
}

fn is_tag(word: &[u8]) -> bool {
    word == b"O" || parse(word).is_some()
}

/// Whether nobody has said what the token is.
fn is_open(tag: &[u8]) -> bool {
    matches!(tag, b"" | b"_" | b"?")
}

/// The token of a line that is not blank; `None`: it belongs to no sentence.
fn token(src: &[u8], content: Range<usize>) -> Option<Token> {
    let bytes = &src[content.clone()];
    if bytes.starts_with(DOCUMENT) {
        return None;
    }
    let blank = |byte: &u8| byte.is_ascii_whitespace();
    let tabbed = bytes.contains(&b'\t');
    let apart = |byte: &u8| if tabbed { *byte == b'\t' } else { blank(byte) };
    let end = bytes.trim_ascii_end().len();
    let lead = bytes.iter().position(|byte| !blank(byte)).unwrap_or(0);
    let word = lead..bytes[lead..end].iter().position(apart).map_or(end, |at| lead + at);
    let word = word.start..word.start + bytes[word].trim_ascii_end().len();
    let last = bytes[..end].iter().rposition(apart).map_or(end, |at| at + 1);
    // With a tab behind the token and nothing else, the tag is yet to come.
    let tag = if last < word.end { end..end } else { last.max(word.end)..end };
    let tag = if tabbed && end < bytes.len() && tag.start <= word.end { bytes.len()..bytes.len() } else { tag };
    let place = |range: Range<usize>| content.start + range.start..content.start + range.end;
    // `# id = 3` is a comment; `#` with a tag is a token.
    let is_comment = bytes[lead..].starts_with(b"#") && bytes.contains(&b' ') && !is_tag(&bytes[tag.clone()]);
    (!is_comment).then(|| Token { line: content.start, word: place(word), tag: place(tag) })
}

fn block(src: &[u8], start: usize) -> Block {
    let mut block = Block { tokens: Vec::new(), end: start, reach: start };
    let mut is_over = false;
    while block.end < src.len() {
        let (content_end, next, reach) = line(src, block.end);
        let content = block.end..content_end;
        let found = if src[content.clone()].trim_ascii().is_empty() { None } else { Some(token(src, content)) };
        match found {
            // A blank line ends a sentence; those behind it go with it.
            None => is_over = !block.tokens.is_empty(),
            Some(_) if is_over => break,
            Some(Some(token)) => block.tokens.push(token),
            // What belongs to no sentence ends one, too.
            Some(None) if !block.tokens.is_empty() => break,
            Some(None) => {
                (block.end, block.reach) = (next, reach);
                return block;
            }
        }
        (block.end, block.reach) = (next, block.reach.max(reach));
    }
    if is_over && block.end < src.len() {
        // The first line behind was looked at.
        block.reach = block.reach.max(line(src, block.end).2);
    }
    block
}

impl<'s> Conll<'s> {
    pub(super) fn new(schema: &'s Schema) -> Conll<'s> {
        Conll { schema }
    }

    fn scheme(&self) -> Scheme {
        match self.schema.shape {
            Shape::Tags(scheme) => scheme,
            _ => Scheme::Bio,
        }
    }

    fn record<'a>(&self, src: &'a [u8], tokens: &[Token], problems: &mut Vec<Problem>) -> Record<'a> {
        let words: Vec<Cow<str>> = tokens.iter().map(|token| text_of(&src[token.word.clone()])).collect();
        let text_range = tokens[0].word.start..tokens[tokens.len() - 1].word.end;
        let label_range = tokens[0].tag.start..tokens[tokens.len() - 1].tag.end;
        let label = self.label(src, tokens, problems);
        let label_range = if matches!(label, Label::None(Written::Missing)) {
            label_range.start..label_range.start
        } else {
            label_range
        };
        Record { text: words.join(" ").into(), text_range, label, label_range }
    }

    fn label<'a>(&self, src: &'a [u8], tokens: &[Token], problems: &mut Vec<Problem>) -> Label<'a> {
        let tag = |token: &Token| &src[token.tag.clone()];
        if tokens.iter().all(|token| is_open(tag(token))) {
            let is_missing = tokens.iter().all(|token| token.tag.is_empty());
            return Label::None(if is_missing { Written::Missing } else { Written::Empty });
        }
        let mut is_sound = true;
        for token in tokens {
            if !is_tag(tag(token)) {
                problems.push(match token.tag.is_empty() {
                    true => Problem::new(token.word.clone(), phrase!("tag-missing")),
                    false => Problem::new(token.tag.clone(), phrase!("tag-expected", found = text_of(tag(token)))),
                });
                is_sound = false;
            }
        }
        if is_sound {
            Label::Spans(parts(src, tokens).into_iter().map(|(part, _)| part).collect(), Written::Text)
        } else {
            Label::Invalid
        }
    }
}

/// The spans that the tags say, each with the place of its first tag among them.
fn parts<'a>(src: &'a [u8], tokens: &[Token]) -> Vec<(Part<'a>, usize)> {
    let mut parts: Vec<(Part, usize)> = Vec::new();
    let (mut at, mut is_open) = (0, false);
    for (index, token) in tokens.iter().enumerate() {
        let end = at + token.word.len();
        let Some((begins, ends, kind)) = parse(&src[token.tag.clone()]) else {
            (at, is_open) = (end + 1, false);
            continue;
        };
        let kind = text_of(kind);
        match parts.last_mut() {
            Some((last, _)) if is_open && !begins && last.label == kind => last.end = end,
            _ => parts.push((Part { start: at, end, label: kind }, index)),
        }
        (at, is_open) = (end + 1, !ends);
    }
    parts
}

/// The tag of each token. The error says which span is none of whole tokens.
fn tags(tokens: &[Token], spans: &[(usize, usize, &str)], scheme: Scheme) -> Result<Vec<String>, String> {
    let mut edges = Vec::with_capacity(tokens.len());
    let mut at = 0;
    for token in tokens {
        edges.push((at, at + token.word.len()));
        at += token.word.len() + 1;
    }
    let mut tags = vec!["O".to_owned(); tokens.len()];
    let mut behind: Option<(usize, &str)> = None;
    for &(start, end, label) in spans {
        let first = edges.iter().position(|edge| edge.0 == start);
        let last = edges.iter().position(|edge| edge.1 == end);
        let (Some(first), Some(last)) = (first, last) else {
            return Err("A span begins or ends within a token: CoNLL labels whole tokens.".into());
        };
        if label.contains(char::is_whitespace) {
            return Err(format!(
                "A tag cannot hold blanks, as `{label}` does. Write it like `{}`.",
                label.split_whitespace().collect::<Vec<_>>().join("_")
            ));
        }
        let touches = behind.is_some_and(|(end, before)| end == first && before == label);
        for (index, tag) in tags.iter_mut().enumerate().take(last + 1).skip(first) {
            if *tag != "O" {
                return Err("Two spans share a token: CoNLL holds one tag a token.".into());
            }
            *tag = format!("{}-{label}", scheme.mark(index == first, index == last, touches));
        }
        behind = Some((last + 1, label));
    }
    Ok(tags)
}

impl Scheme {
    /// The mark of a token of a span; `touches`: another span of the type ends right before.
    fn mark(self, is_first: bool, is_last: bool, touches: bool) -> char {
        match (self, is_first, is_last) {
            (Scheme::Bioes, true, true) => 'S',
            (Scheme::Bilou, true, true) => 'U',
            (Scheme::Bioes, false, true) => 'E',
            (Scheme::Bilou, false, true) => 'L',
            (Scheme::Iob1, true, _) if !touches => 'I',
            (_, true, _) => 'B',
            (_, false, _) => 'I',
        }
    }

    /// As the first tags of a file are.
    pub(crate) fn found(src: &[u8]) -> Scheme {
        const LOOK_AT: usize = 1 << 16;
        let (mut at, mut begun_by_i, mut begun_by_b) = (bom(src), false, false);
        while at < src.len().min(LOOK_AT) {
            let block = block(src, at);
            let mut before: Option<&[u8]> = None;
            for token in &block.tokens {
                let tag = &src[token.tag.clone()];
                match tag.first() {
                    Some(b'S' | b'E') if parse(tag).is_some() => return Scheme::Bioes,
                    Some(b'U' | b'L') if parse(tag).is_some() => return Scheme::Bilou,
                    _ => {}
                }
                let kind = parse(tag).map(|(_, _, kind)| kind);
                if kind.is_some() && kind != before {
                    begun_by_i |= tag.starts_with(b"I");
                    begun_by_b |= tag.starts_with(b"B");
                }
                before = kind;
            }
            at = block.end.max(at + 1);
        }
        if begun_by_i && !begun_by_b { Scheme::Iob1 } else { Scheme::Bio }
    }
}

impl Syntax for Conll<'_> {
    fn next<'a>(&mut self, src: &'a [u8], at: usize, state: State) -> Item<'a> {
        let start = if state == State::START { at + bom(&src[at..]) } else { at };
        let block = block(src, start);
        let mut item = Item::gap(block.end.max(at + 1).min(src.len()), block.reach, State::BODY);
        if item.end == src.len() {
            item.reach = src.len() + 1;
        }
        if let [first, .., last] | [first @ last] = &block.tokens[..] {
            item.record = Some(first.line..last.tag.end.max(last.word.end));
            let record = self.record(src, &block.tokens, &mut item.problems);
            if record.text.trim().is_empty() {
                item.problems = vec![Problem::new(first.word.clone(), phrase!("sentence-blank"))];
            } else {
                item.row = Some(record);
            }
        }
        item
    }

    fn fields<'a>(&mut self, src: &'a [u8], at: usize) -> Vec<(Cow<'a, str>, Value<'a>)> {
        let words: Vec<Cow<str>> =
            block(src, at).tokens.iter().map(|token| text_of(&src[token.word.clone()])).collect();
        vec![("token".into(), Value::Text(words.join(" ").into()))]
    }

    fn set_answer(&mut self, src: &str, at: usize, answer: Option<&Wanted>, _: Style) -> Result<Vec<TextEdit>, String> {
        let bytes = src.as_bytes();
        let tokens = block(bytes, at).tokens;
        let wanted: Vec<String> = match answer {
            None => vec!["_".into(); tokens.len()],
            Some(Wanted::Spans(spans)) => {
                let spans = spans.iter().map(|span: &Span| (span.start as usize, span.end as usize, span.label.trim()));
                let mut spans: Vec<_> = spans.collect();
                spans.sort_unstable();
                tags(&tokens, &spans, self.scheme())?
            }
            Some(_) => return Err("CoNLL holds spans, no labels of whole texts.".into()),
        };
        // What a tag means is compared, not how it is written.
        let present = parts(bytes, &tokens);
        let present: Vec<_> = present.iter().map(|(part, _)| (part.start, part.end, &*part.label)).collect();
        let present = tags(&tokens, &present, self.scheme()).unwrap_or_default();
        let mut edits = Vec::new();
        for (index, (token, tag)) in tokens.iter().zip(wanted).enumerate() {
            let is_labelled = !is_open(&bytes[token.tag.clone()]);
            if answer.is_some() && is_labelled && present.get(index) == Some(&tag) {
                continue;
            }
            let has_column = token.tag.start > token.word.end;
            let text = if has_column { tag } else { format!("\t{tag}") };
            edits.push(TextEdit { range: token.tag.clone(), text });
        }
        Ok(edits)
    }

    fn sites(&mut self, src: &[u8], at: usize) -> Vec<Range<usize>> {
        let tokens = block(src, at).tokens;
        parts(src, &tokens).into_iter().map(|(_, first)| tokens[first].tag.clone()).collect()
    }

    fn mentions(&mut self, src: &[u8], at: usize) -> Vec<Mention> {
        let tokens = block(src, at).tokens;
        let first: Vec<usize> = parts(src, &tokens).into_iter().map(|(_, first)| first).collect();
        let mention = |(index, token): (usize, &Token)| {
            let (_, _, kind) = parse(&src[token.tag.clone()])?;
            let range = token.tag.end - kind.len()..token.tag.end;
            let is_given = first.binary_search(&index).is_ok();
            Some(Mention { range, label: text_of(kind).into(), is_given, form: Form::Word })
        };
        tokens.iter().enumerate().filter_map(mention).collect()
    }

    fn text_pieces(&mut self, src: &[u8], at: usize) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for token in block(src, at).tokens {
            if !pieces.is_empty() {
                pieces.push(Piece { len: 1, source: token.word.start..token.word.start });
            }
            pieces.push(Piece { len: token.word.len(), source: token.word });
        }
        pieces
    }

    /// A token has no place for what is said of its sentence.
    fn add_prediction(&mut self, _: &[u8], _: usize, _: Option<&str>) -> Option<(usize, Vec<u8>)> {
        None
    }
}

/// Whether the first sentence has a tag in every line.
pub(super) fn starts_with_tags(src: &[u8]) -> bool {
    let mut at = bom(src);
    while at < src.len() {
        let block = block(src, at);
        if !block.tokens.is_empty() {
            return block
                .tokens
                .iter()
                .all(|token| token.tag.start > token.word.end && is_tag(&src[token.tag.clone()]));
        }
        at = block.end.max(at + 1);
    }
    false
}
