//! The texts that are most like a text: by the vectors that a classifier judges texts by, or else by n-grams.

use rayon::prelude::*;

use crate::{
    Classifier, Control, Text,
    probe::words::{Scratch, Words},
};

/// Texts compared by one task.
const PART: usize = 256;

/// Places of the texts that are most like this one, the most alike first, with the cosine. Texts whose vectors are not at hand are left out,
/// unless there are no vectors at all.
pub fn nearest(classifier: &dyn Classifier, text: &Text, others: &[Text], count: usize) -> Vec<(usize, f32)> {
    let by_vectors = classifier.embeddings().and_then(|embeddings| {
        let own = embeddings.of(std::slice::from_ref(text), &Control::default()).ok()?;
        embeddings.cosines(own.row(0), others)
    });
    let mut alike: Vec<(usize, f32)> = match by_vectors {
        Some(cosines) => cosines,
        None => {
            let own = Words::of(&[&text.body], 0);
            let one = |scratch: &mut Scratch, (place, other): (usize, &Text)| {
                let mut alike = [0.0];
                own.add(scratch.read(&other.body).0, &mut alike);
                (place, alike[0])
            };
            others.par_iter().enumerate().with_min_len(PART).map_init(Scratch::default, one).collect()
        }
    };
    alike.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    alike.truncate(count);
    alike
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_vectors_n_grams_tell() {
        let text = |key: u64, body: &str| Text { key, body: body.into() };
        let others = [text(1, "where is my parcel"), text(2, "I was charged twice"), text(3, "they charged me twice!")];
        let found = nearest(&*crate::lexical(), &text(9, "charged twice"), &others, 2);
        assert_eq!(found.iter().map(|found| found.0).collect::<Vec<_>>(), [1, 2]);
        assert!(found[0].1 > found[1].1 && found[0].1 < 1.0);
        assert!((nearest(&*crate::lexical(), &others[2], &others, 1)[0].1 - 1.0).abs() < 1e-5);
    }
}
