//! Training an encoder to tell spans: the tag of each token, by the last state of its first word piece.
//!
//! What must stay true: texts are cut into tokens, and tokens into word pieces, as what serves does it. Of a text longer than the encoder reads
//! its beginning is trained on.

use std::{ops::Range, sync::Arc};

use rayon::prelude::*;

use super::{
    Span,
    classifier::of_spans,
    field::{Field, Scratch},
    fit,
    tags::{Scheme, apart},
    tokens::tokens,
};
use crate::{
    Control, Embeddings, Encoder, Estimate, Example, FitError, Lesson, Target, Text,
    backend::{Read, Samples},
    embeddings::packed::Packed,
    lesson::Targets,
    softmax::log_sum_exp,
    tuning::{
        Plan,
        course::{GLANCE, Training},
        matter::{Ground, Matter},
        recipe::Recipe,
    },
};

/// What the log loss of a token weighs beside F1.
const TIE: f64 = 1e-3;

pub(crate) struct Parts;

/// What a chain says of a row that it has not seen: log odds. Labels are the lesson's.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Said {
    pub(super) found: Vec<(Span, f32)>,
    pub(super) whole: f32,
    /// Of the spans that were given then, those that a tagger can give.
    pub(super) given: Vec<(Span, f32)>,
}

impl Matter for Parts {
    type Said = Said;

    /// A field's own steps.
    const UPKEEP: f64 = 1.0;

    fn ground(encoder: &Encoder, lesson: &Lesson) -> Option<Ground> {
        let rows: Vec<(&str, Vec<Span>)> = lesson
            .examples
            .iter()
            .filter_map(|example| {
                let body = &*example.text.body;
                Some((body, apart(body, example.target.as_ref()?.spans())))
            })
            .collect();
        let mut active: Vec<u32> = rows.iter().flat_map(|row| row.1.iter().map(|span| span.label)).collect();
        active.sort_unstable();
        active.dedup();
        if active.is_empty() {
            return None;
        }
        let scheme = Scheme { labels: active.len() };
        let column = |span: &Span| active.binary_search(&span.label).unwrap_or(0);
        let words: Vec<Vec<Range<u32>>> = rows.par_iter().map(|row| tokens(row.0)).collect();
        let parts: Vec<(&str, &[Range<u32>])> =
            rows.iter().zip(&words).map(|(row, words)| (row.0, &words[..])).collect();
        let (mut sequences, mut read, mut targets, mut kinds) = (Vec::new(), Read::default(), Vec::new(), Vec::new());
        for (((_, spans), words), (ids, places)) in rows.iter().zip(&words).zip(encoder.places(&parts)) {
            let tags = tags(words, spans, scheme, column);
            let mut seen: Vec<(u32, u32)> =
                places.iter().zip(tags).filter_map(|(place, tag)| Some(((*place)?, tag))).collect();
            if seen.is_empty() {
                // A text without words: that nothing is there.
                seen.push((0, 0));
            }
            sequences.push(ids);
            read.push(seen.iter().map(|seen| seen.0));
            targets.extend(seen.iter().map(|seen| seen.1));
            let mut labels: Vec<u32> = spans.iter().map(|span| column(span) as u32).collect();
            labels.sort_unstable();
            labels.dedup();
            kinds.push(Arc::from(labels));
        }
        let samples = Samples {
            sequences: sequences.into(),
            read: Some(Arc::new(read)),
            targets: Arc::new(Targets::One(targets)),
            classes: scheme.tags(),
        };
        Some(Ground { samples, kinds: Arc::new(Targets::Sets(kinds)), labels: active.len() })
    }

    fn recipe(plan: &Plan, blocks: usize, rows: usize, _labels: usize, _tokens: f32) -> Recipe {
        Recipe::of_spans(plan, blocks, rows)
    }

    fn embeddings(base: Option<&Embeddings>, encoder: Encoder) -> Embeddings {
        Embeddings::trained_words(base, encoder)
    }

    /// Of some held-out rows, by the head alone.
    fn glance(
        training: &Training,
        ground: &Ground,
        some: &dyn Fn(&[usize], usize) -> Vec<usize>,
        control: &Control,
    ) -> Result<(f64, Estimate), FitError> {
        let rows = some(&training.held_out, GLANCE);
        let scores = training.trainer.scores(&training.trainer.embed(&rows, control)?)?;
        let scheme = Scheme { labels: ground.labels };
        let mut scores = scores.values.chunks_exact(scheme.tags());
        let (mut hits, mut met, mut exact, mut loss, mut count) = (0, 0, 0, 0.0, 0);
        for &row in &rows {
            let targets = ground.samples.targets_of(&[row]);
            let (mut given, mut found) = (Vec::new(), Vec::new());
            for (token, scores) in (0..targets.len()).zip(scores.by_ref()) {
                let target = targets.of(token)[0] as usize;
                loss += f64::from(log_sum_exp(scores) - scores[target]);
                given.push(target as u16);
                found.push(scheme.best_after(found.last().copied().unwrap_or(0), scores));
            }
            let (given, found) = (scheme.spans(&given), scheme.spans(&found));
            let both = given.iter().filter(|span| found.contains(span)).count();
            hits += 2 * both;
            met += given.len() + found.len();
            exact += usize::from(2 * both == given.len() + found.len());
            count += targets.len();
        }
        let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
        let log_loss = loss / count.max(1) as f64;
        let f1 = share(hits, met);
        let estimate = Estimate {
            rows: rows.len(),
            accuracy: share(exact, rows.len()),
            micro_f1: f1,
            log_loss,
            ..Estimate::default()
        };
        // Of moments that tell spans as well as each other, such as none at all, the surer.
        Ok((1.0 - f1 + TIE * log_loss, estimate))
    }

    fn judge(
        embeddings: &Arc<Embeddings>,
        lesson: &Lesson,
        rows: &[&Example],
        control: &Control,
    ) -> Result<Vec<Said>, FitError> {
        let field = fit::learn(&Field::probe(embeddings), &of_spans(lesson), control)?;
        let texts: Vec<&Text> = rows.iter().map(|row| &row.text).collect();
        let vectors = embeddings.of_words(&texts, control)?;
        let factors = field.chain.factors();
        let say = |scratch: &mut Scratch, (row, vectors): (&&Example, &Packed)| {
            let given = row.target.as_ref().map_or(&[][..], Target::spans);
            let column = |label: u32| field.active.binary_search(&label).ok();
            let asked: Vec<Option<Span>> =
                given.iter().map(|span| Some(Span { label: column(span.label)? as u32, ..*span })).collect();
            let raw = field.chain.answer(&factors, &row.text.body, vectors, &asked, scratch);
            Said {
                found: raw.spans.into_iter().map(|(span, log_odds)| (field.labelled(span), log_odds)).collect(),
                whole: raw.whole,
                given: given.iter().zip(raw.asked).filter_map(|(span, asked)| Some((*span, asked?))).collect(),
            }
        };
        Ok(rows.par_iter().zip(&vectors).map_init(Scratch::default, say).collect())
    }
}

/// The tag of each token: of the first span that it is part of.
fn tags(words: &[Range<u32>], spans: &[Span], scheme: Scheme, column: impl Fn(&Span) -> usize) -> Vec<u32> {
    let mut tags = vec![0; words.len()];
    for span in spans {
        let from = words.partition_point(|word| word.end <= span.start);
        let to = words.partition_point(|word| word.start < span.end);
        let mut tag = scheme.begin(column(span));
        for free in tags[from..to.max(from)].iter_mut().filter(|tag| **tag == 0) {
            *free = tag as u32;
            tag = scheme.inside(column(span));
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tuning::trainer::tests::tiny;

    #[test]
    fn a_token_has_the_tag_of_the_first_span_that_it_is_part_of() {
        let text = "to New York City, now";
        let span = |start, end, label| Span { start, end, label };
        let spans = apart(text, &[span(3, 16, 0), span(20, 21, 1)]);
        let tags = tags(&tokens(text), &spans, Scheme { labels: 2 }, |span| span.label as usize);
        assert_eq!(tags, [0, 1, 3, 3, 0, 2]);
        // Two spans in one word: the first.
        let both = [span(3, 5, 1), span(5, 6, 0)];
        assert_eq!(super::tags(&tokens(text), &both, Scheme { labels: 2 }, |span| span.label as usize)[1], 2);
    }

    #[test]
    fn rows_become_sequences_with_a_tag_at_each_first_word_piece() {
        let folder = tempfile::TempDir::new().unwrap();
        tiny::write(folder.path(), "bert", 12, |_| {});
        let encoder = Encoder::open(folder.path(), None).unwrap();
        let example = |body: &str, spans: &[(u32, u32, u32)]| {
            let spans = spans.iter().map(|&(start, end, label)| Span { start, end, label }).collect();
            Example { text: Text { key: 0, body: body.into() }, target: Some(Target::Spans(spans)) }
        };
        let long = "card ".repeat(30);
        let examples =
            vec![example("my card", &[(3, 7, 2)]), example(" ", &[]), example(&long, &[(0, 9, 0), (140, 144, 0)])];
        let lesson = Lesson { examples, ..Lesson::default() };
        let ground = Parts::ground(&encoder, &lesson).unwrap();
        let Samples { sequences, read, targets, classes } = &ground.samples;
        let read = read.as_ref().unwrap();
        assert_eq!((ground.labels, *classes), (2, 5));
        // After \[CLS\], and before \[SEP\]; nothing is in a text without words, and of a long one the beginning is read.
        assert_eq!(sequences.iter().map(|ids| ids.len()).collect::<Vec<_>>(), [4, 1, 12]);
        assert_eq!((read.of(0), read.of(1), read.of(2)), (&[1, 2][..], &[0][..], &(1..11).collect::<Vec<u32>>()[..]));
        let Targets::One(targets) = &**targets else { panic!("one tag a token") };
        assert_eq!(targets[..], [&[0, 2, 0, 1, 3], &[0; 8][..]].concat());
        let none = Lesson { examples: vec![example("my card", &[])], ..Lesson::default() };
        assert!(Parts::ground(&encoder, &none).is_none());
    }
}
