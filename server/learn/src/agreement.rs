//! How far people agree who label the same texts, beyond what chance would have them agree.

/// Cohen's kappa (Cohen 1960) of the labels that two people gave the same texts: 1 if all are equal, 0 if as many as by chance. None:
/// there are no texts, or both gave one and the same label to all.
pub fn cohen(pairs: &[(u32, u32)]) -> Option<f64> {
    let labels = pairs.iter().map(|pair| pair.0.max(pair.1) as usize + 1).max()?;
    let mut given = vec![[0.0f64; 2]; labels];
    for (first, second) in pairs {
        given[*first as usize][0] += 1.0;
        given[*second as usize][1] += 1.0;
    }
    let rows = pairs.len() as f64;
    let agreed = pairs.iter().filter(|(first, second)| first == second).count() as f64 / rows;
    let by_chance: f64 = given.iter().map(|[first, second]| first * second).sum::<f64>() / (rows * rows);
    (by_chance < 1.0).then(|| (agreed - by_chance) / (1.0 - by_chance))
}

/// Krippendorff's alpha for labels without an order (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"): 1 if all agree, 0 if
/// as much as by chance, whoever labelled what. A unit has the labels that a text was given; those of a single one count for nothing. None: there is
/// no other, or there is but one label.
pub fn krippendorff(units: &[Vec<u32>]) -> Option<f64> {
    let units = || units.iter().filter(|unit| unit.len() > 1);
    let labels = units().flatten().max().map(|label| *label as usize + 1)?;
    let mut given = vec![0.0f64; labels];
    // Of the pairs within a unit, those that differ, each unit counting for as much as it has labels.
    let mut differing = 0.0;
    for unit in units() {
        unit.iter().for_each(|label| given[*label as usize] += 1.0);
        let pairs =
            unit.iter().enumerate().flat_map(|(at, label)| unit[at + 1..].iter().map(move |other| label != other));
        differing += 2.0 * pairs.filter(|differs| *differs).count() as f64 / (unit.len() - 1) as f64;
    }
    let all: f64 = given.iter().sum();
    let by_chance = (all * all - given.iter().map(|count| count * count).sum::<f64>()) / (all - 1.0);
    (by_chance > 0.0).then(|| 1.0 - differing / by_chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row a person, a column a text; 0: not labelled.
    fn units<const TEXTS: usize>(people: &[[u32; TEXTS]]) -> Vec<Vec<u32>> {
        let of_text = |text: usize| people.iter().map(|person| person[text]).filter(|label| *label > 0).collect();
        (0..TEXTS).map(of_text).collect()
    }

    fn is_near(found: Option<f64>, expected: f64) {
        let found = found.expect("a number");
        assert!((found - expected).abs() < 0.0005, "{found}, not {expected}");
    }

    #[test]
    fn kappa_by_hand() {
        // Twenty times both say yes, fifteen times no; five and ten times one of them does: 0.7 agree, 0.5 by chance.
        let counts = [((1, 1), 20), ((1, 0), 5), ((0, 1), 10), ((0, 0), 15)];
        let pairs: Vec<_> = counts.iter().flat_map(|(pair, count)| std::iter::repeat_n(*pair, *count)).collect();
        is_near(cohen(&pairs), 0.4);
        is_near(cohen(&[(0, 1), (1, 0)]), -1.0);
        assert_eq!(cohen(&[(0, 0), (1, 1), (2, 2)]), Some(1.0));
        assert_eq!((cohen(&[]), cohen(&[(3, 3), (3, 3)])), (None, None));
    }

    #[test]
    fn alpha_as_krippendorff_2011_computes_it() {
        // Its examples A (two people, ten texts, two labels), B (twelve texts, five labels) and C (four people, some labels missing).
        let a = [[1, 2, 1, 1, 1, 1, 1, 1, 2, 1], [2, 2, 2, 1, 1, 2, 1, 1, 1, 1]];
        is_near(krippendorff(&units(&a)), 0.095);
        let b = [[1, 1, 2, 2, 4, 3, 3, 3, 5, 4, 4, 1], [2, 1, 2, 2, 2, 3, 3, 3, 5, 4, 4, 4]];
        is_near(krippendorff(&units(&b)), 0.692);
        let c = [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
            [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
        ];
        is_near(krippendorff(&units(&c)), 0.743);
    }

    #[test]
    fn what_says_nothing_is_no_number() {
        assert_eq!(krippendorff(&[]), None);
        assert_eq!(krippendorff(&[vec![1], vec![2]]), None);
        assert_eq!(krippendorff(&[vec![1, 1], vec![1, 1, 1]]), None);
        assert_eq!(krippendorff(&[vec![1, 1], vec![2, 2], vec![3]]), Some(1.0));
    }
}
