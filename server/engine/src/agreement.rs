//! How far the people agree who labelled the same texts, where gloss.toml names the field that says who did (`[dataset] annotator`).
//!
//! An answer counts as a whole: two sets of labels, or of spans, agree if they are equal.

use std::sync::Arc;

use dataset::Answer;
use learn::agreement::{cohen, krippendorff};
use rustc_hash::FxHashMap;

use crate::{
    corpus::sorted,
    project::{Place, Project},
};

#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// That at least two people labelled.
    pub texts: usize,
    /// Of these, those about which they differ.
    pub differing: usize,
    /// Krippendorff's. `None`: nothing could differ.
    pub alpha: Option<f64>,
    /// Those who share a text, in the order of their names.
    pub pairs: Vec<Pair>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    pub people: [Arc<str>; 2],
    /// That both labelled.
    pub texts: usize,
    /// Cohen's. `None`: nothing could differ.
    pub kappa: Option<f64>,
}

impl Project {
    /// Who labelled a row; `None`: gloss.toml names no field for it, or the row has none.
    pub(crate) fn annotator(&self, place: Place) -> Option<String> {
        self.files[place.file].document.field(place.row, self.config.annotator.as_deref()?)
    }

    /// Whether two rows were labelled by different people.
    pub(crate) fn are_of_two_people(&self, place: Place, other: Place) -> bool {
        self.config.annotator.is_some()
            && self.annotator(place).zip(self.annotator(other)).is_some_and(|(one, another)| one != another)
    }

    /// `None`: no text was labelled by two people.
    pub fn agreement(&self) -> Option<Agreement> {
        self.config.annotator.as_ref()?;
        let mut people: FxHashMap<String, u32> = FxHashMap::default();
        let mut answers: FxHashMap<Answer, u32> = FxHashMap::default();
        // Of each text what each person said first.
        let mut said: FxHashMap<u64, Vec<(u32, u32)>> = FxHashMap::default();
        for place in self.places().filter(|place| self.same_text(*place).len() > 1) {
            let Some((who, answer)) = self.annotator(place).zip(sorted(self.answer(place))) else { continue };
            let number = people.len() as u32;
            let who = *people.entry(who).or_insert(number);
            let number = answers.len() as u32;
            let answer = *answers.entry(answer).or_insert(number);
            let of_text = said.entry(self.files[place.file].document.rows()[place.row].text_key()).or_default();
            if !of_text.iter().any(|(other, _)| *other == who) {
                of_text.push((who, answer));
            }
        }
        said.retain(|_, of_text| of_text.len() > 1);
        if said.is_empty() {
            return None;
        }
        let units: Vec<Vec<u32>> = said.values().map(|said| said.iter().map(|(_, answer)| *answer).collect()).collect();
        let mut names = vec![Arc::from(""); people.len()];
        people.into_iter().for_each(|(name, who)| names[who as usize] = Arc::<str>::from(name));
        let mut pairs: FxHashMap<[&Arc<str>; 2], Vec<(u32, u32)>> = FxHashMap::default();
        for said in said.values() {
            for (at, (one, theirs)) in said.iter().enumerate() {
                for (another, others) in &said[at + 1..] {
                    let [one, another] = [one, another].map(|who| &names[*who as usize]);
                    let (key, pair) = if one < another {
                        ([one, another], (*theirs, *others))
                    } else {
                        ([another, one], (*others, *theirs))
                    };
                    pairs.entry(key).or_default().push(pair);
                }
            }
        }
        let pair = |(people, pairs): ([&Arc<str>; 2], Vec<(u32, u32)>)| Pair {
            people: people.map(Arc::clone),
            texts: pairs.len(),
            kappa: cohen(&pairs),
        };
        let mut pairs: Vec<Pair> = pairs.into_iter().map(pair).collect();
        pairs.sort_by(|a, b| a.people.cmp(&b.people));
        let differs = |unit: &&Vec<u32>| unit.iter().any(|answer| *answer != unit[0]);
        Some(Agreement {
            texts: units.len(),
            differing: units.iter().filter(differs).count(),
            alpha: krippendorff(&units),
            pairs,
        })
    }
}
