use std::{collections::BTreeSet, sync::Arc};

use proptest::{collection, prop_assert_eq, proptest};

use super::*;
use crate::{Control, Embeddings, Encode, FitError};

/// A text's key is its number.
fn texts(bodies: &[&str]) -> Vec<Text> {
    (0..).zip(bodies).map(|(key, body)| Text { key, body: (*body).into() }).collect()
}

/// Rows of (key, label, sureness).
fn candidates(rows: &[(u64, u32, f32)]) -> Vec<Candidate> {
    let one = |(place, &(key, label, sureness)): (usize, &(u64, u32, f32))| Candidate { place, key, label, sureness };
    rows.iter().enumerate().map(one).collect()
}

fn by_margin(rows: &[(u64, u32, f32)], count: usize) -> Vec<usize> {
    choose(Strategy::Margin, &candidates(rows), &Ground::default(), count)
}

/// "3,4" is the vector (0.6, 0.8).
#[derive(Debug)]
struct Map;

impl Encode for Map {
    fn id(&self) -> u64 {
        7
    }
    fn width(&self) -> usize {
        2
    }
    fn embed(&self, texts: &[&str], _: &Control) -> Result<Matrix, FitError> {
        let values = texts.iter().flat_map(|text| text.split(',').map(|value| value.parse().unwrap())).collect();
        let mut vectors = Matrix { columns: 2, values };
        spread::to_unit(&mut vectors);
        Ok(vectors)
    }
}

fn embedded(texts: &[Text]) -> Embeddings {
    let embeddings = Embeddings::new(Arc::new(Map), None);
    embeddings.of(texts, &Control::default()).unwrap();
    embeddings
}

#[test]
fn the_least_sure_rows_of_each_label_come_first() {
    let rows = [(0, 0, 0.1), (1, 0, 0.2), (2, 0, 0.3), (3, 1, 0.8), (4, 2, 0.5), (5, 2, 0.05)];
    assert_eq!(by_margin(&rows, 3), [5, 0, 3]);
    assert_eq!(by_margin(&rows, 4), [5, 0, 1, 3]);
    assert_eq!(by_margin(&rows, 9), [5, 0, 1, 2, 4, 3]);
    assert!(by_margin(&rows, 0).is_empty() && by_margin(&[], 3).is_empty());
}

#[test]
fn of_equal_texts_and_of_equally_sure_ones_the_first_is_asked() {
    assert_eq!(by_margin(&[(7, 0, 0.1), (7, 0, 0.1), (8, 0, 0.2)], 3), [0, 2]);
    assert_eq!(by_margin(&[(0, 0, 0.1), (1, 0, 0.1), (2, 0, 0.1)], 2), [0, 1]);
}

#[test]
fn not_a_number_comes_last() {
    assert_eq!(by_margin(&[(0, 0, f32::NAN), (1, 0, 0.9)], 2), [1, 0]);
}

#[test]
fn strategies_differ_in_what_they_call_sure() {
    let (two_of_four, evenly) = ([0.5, 0.5, 0.0, 0.0], [0.4, 0.2, 0.2, 0.2]);
    let less_sure = |strategy: Strategy| strategy.sureness(&two_of_four) < strategy.sureness(&evenly);
    assert!(less_sure(Strategy::Margin) && less_sure(Strategy::Mixed));
    assert!(!less_sure(Strategy::Entropy), "four labels are possible in the other");
    assert!(!less_sure(Strategy::Confidence), "its best label has less");
    assert_eq!(Strategy::Margin.sureness(&two_of_four), 0.0);
    assert_eq!(Strategy::Confidence.sureness(&two_of_four), 0.5);
    assert!((Strategy::Entropy.sureness(&two_of_four) + 2f32.ln()).abs() < 1e-6);
    for strategy in [Strategy::Margin, Strategy::Entropy, Strategy::Confidence] {
        assert!(strategy.sureness(&[]).abs() < 1e-6 && strategy.sureness(&[1.0]) <= 1.0);
    }
}

#[test]
fn mixed_asks_the_middle_of_each_direction_and_others_by_chance() {
    //           to the right              up                  to the left
    let texts = texts(&["9,1", "9,0", "9,2", "1,9", "0,9", "2,9", "-9,1", "-9,0", "-9,2"]);
    let sureness = [0.3, 0.1, 0.2, 0.4, 0.5, 0.6, 0.9, 0.8, 0.7];
    let rows: Vec<_> = (0..).zip(sureness).map(|(key, sureness)| (key, 0, sureness)).collect();
    let embeddings = embedded(&texts);
    let ground = Ground { unlabelled: &texts, embeddings: Some(&embeddings), ..Ground::default() };
    // By chance: the one with the lowest key that is left.
    assert_eq!(choose(Strategy::Mixed, &candidates(&rows), &ground, 4), [1, 0, 3, 6]);
    assert_eq!(choose(Strategy::Margin, &candidates(&rows), &ground, 4), [1, 2, 0, 3]);
}

#[test]
fn k_center_asks_what_is_least_like_what_is_labelled() {
    let texts = texts(&["9,1", "1,9", "-9,1", "9,2", "1,0"]);
    let (labelled, unlabelled) = (&texts[4], &texts[..4]);
    let embeddings = embedded(&texts);
    let ground = Ground { unlabelled, labelled: vec![labelled], embeddings: Some(&embeddings) };
    let candidates = candidates(&[(0, 0, 0.1), (1, 0, 0.2), (2, 0, 0.3), (3, 0, 0.4)]);
    assert_eq!(choose(Strategy::KCenter, &candidates, &ground, 1), [2]);
    assert_eq!(choose(Strategy::KCenter, &candidates, &ground, 2), [1, 2]);
    assert_eq!(choose(Strategy::KCenter, &candidates, &ground, 9), [0, 1, 2, 3]);
}

#[test]
fn without_vectors_words_tell() {
    let texts = texts(&[
        "where is my parcel",
        "where is my parcel now",
        "so where is my parcel",
        "I was charged twice",
        "they charged me twice",
        "charged twice",
        "my parcel, where is it",
    ]);
    let ground = Ground { unlabelled: &texts, ..Ground::default() };
    let sureness = [0.1, 0.2, 0.3, 0.7, 0.6, 0.5, 0.4];
    let rows: Vec<_> = (0..).zip(sureness).map(|(key, sureness)| (key, 0, sureness)).collect();
    let rows = candidates(&rows);
    let is_of_charges = |place: &usize| (3..6).contains(place);
    let asked = choose(Strategy::Mixed, &rows, &ground, 2);
    assert_eq!(asked.iter().map(is_of_charges).collect::<Vec<_>>(), [false, true], "{asked:?}");
    assert_eq!(choose(Strategy::Margin, &rows, &ground, 2), [0, 1]);
    let ground = Ground { labelled: vec![&texts[0]], ..ground };
    let asked = choose(Strategy::KCenter, &rows[1..], &ground, 1);
    assert!(is_of_charges(&asked[0]), "{asked:?}");
    assert_eq!(first(&ground, 2).len(), 2);
}

#[test]
fn a_beginning_is_the_middle_of_each_cluster() {
    let texts = texts(&["9,-2", "9,0", "9,2", "-2,9", "0,9", "2,9"]);
    let embeddings = embedded(&texts);
    let ground = Ground { unlabelled: &texts, embeddings: Some(&embeddings), ..Ground::default() };
    assert_eq!(first(&ground, 2).into_iter().collect::<BTreeSet<_>>(), [1, 4].into());
    assert_eq!(first(&ground, 9).len(), 6);
    assert!(first(&ground, 0).is_empty() && first(&Ground::default(), 3).is_empty());
}

#[test]
fn texts_that_say_nothing_are_asked_all_the_same() {
    let texts = texts(&["", " ", "!"]);
    let ground = Ground { unlabelled: &texts, ..Ground::default() };
    let rows = candidates(&[(0, 0, 0.3), (1, 0, 0.2), (2, 0, 0.1)]);
    assert_eq!(choose(Strategy::Mixed, &rows, &ground, 2).len(), 2);
    assert_eq!(choose(Strategy::KCenter, &rows, &ground, 2).len(), 2);
    assert_eq!(first(&ground, 2).len(), 2);
}

proptest! {
    #[test]
    fn as_many_different_texts_as_there_are(
        rows in collection::vec((0..12u64, 0..3u32, 0..5u32, "[ab ]{0,6}"), 0..40),
        count in 0..8usize,
        by_vectors: bool,
    ) {
        let body = |key: u64, words: &str| if by_vectors { format!("{key},3") } else { words.to_owned() };
        let texts: Vec<Text> = rows.iter().map(|(key, _, _, words)| Text { key: *key, body: body(*key, words).into() }).collect();
        let embeddings = by_vectors.then(|| embedded(&texts));
        let ground = Ground { unlabelled: &texts, embeddings: embeddings.as_ref(), ..Ground::default() };
        let rows: Vec<_> = rows.iter().map(|(key, label, sureness, _)| (*key, *label, *sureness as f32 / 4.0)).collect();
        let distinct = rows.iter().map(|row| row.0).collect::<BTreeSet<_>>().len();
        let rows = candidates(&rows);
        let all = [Strategy::Mixed, Strategy::Margin, Strategy::Entropy, Strategy::Confidence, Strategy::KCenter];
        for strategy in all {
            let asked = choose(strategy, &rows, &ground, count);
            prop_assert_eq!(asked.iter().map(|place| texts[*place].key).collect::<BTreeSet<_>>().len(), asked.len());
            prop_assert_eq!(asked.len(), count.min(distinct), "{:?}", strategy);
            prop_assert_eq!(choose(strategy, &rows, &ground, count), asked);
        }
        prop_assert_eq!(first(&ground, count).len(), count.min(distinct));
    }
}
