//! Landmarks that a fold holds out, judged as unseen texts would be.
//!
//! The other folds' model ([`super::nystrom`]) has a weight for each landmark, also for those of the fold, learned from other rows' errors: it
//! reads a landmark that it was not taught as less well known than any other text. What it would say had the fold's landmarks no
//! weights follows without another model. With `M = 1 − Z_Bᵀ Z_B` and C so that `Cᵀ u` are the weights of those landmarks, least squares
//! under the condition that these are nothing end at `u − M⁻¹ C (Cᵀ M⁻¹ C)⁻¹ Cᵀ u`. Of the landmarks' own rows Z that takes away
//! `P Cᵀ u`, `P = Z M⁻¹ C (Cᵀ M⁻¹ C)⁻¹`.
//!
//! What must stay true: labels do not touch P, so that it serves again as long as the fold holds out the same rows.

use crate::{
    Control, Matrix,
    probe::{
        cholesky::{Lower, Root},
        dense,
    },
};

/// Added to a diagonal of ones: landmarks may be equal.
const JITTER: f32 = 1e-5;

/// `1 − Z_B Z_Bᵀ`, a row a row of the fold, or `1 − Z_Bᵀ Z_B`: whichever is smaller.
pub(super) struct Rest {
    pub(super) root: Root,
    pub(super) by_rows: bool,
}

#[derive(Debug)]
pub(super) struct Gap {
    /// Of the fold.
    rows: Vec<u32>,
    /// The fold's landmarks.
    landmarks: Vec<u32>,
    /// Which of the rows are landmarks' texts.
    places: Vec<u32>,
    /// P: a row each of these, a column a landmark.
    turn: Matrix,
}

impl Rest {
    /// `None` when cancelled, as all below.
    pub(super) fn of(points: &Matrix, control: &Control) -> Option<Rest> {
        let by_rows = points.rows() <= points.columns;
        let products = if by_rows { Lower::of_rows } else { Lower::of_columns };
        let mut rest = products(points, control)?;
        rest.map(|product| -product);
        rest.add_to_diagonal(1.0);
        Some(Rest { root: rest.root(control)?, by_rows })
    }

    /// Of C: `Z M⁻¹ C` for these of the fold's rows Z, and W so that `Wᵀ W` is `Cᵀ M⁻¹ C`.
    fn turned(&self, points: &Matrix, rows: &[u32], mut c: Matrix, control: &Control) -> Option<(Matrix, Matrix)> {
        let some = points.of_rows(rows);
        if !self.by_rows {
            self.root.forward(&mut c, control)?;
            let root = c.clone();
            self.root.backward(&mut c, control)?;
            return Some((dense::times(&some, &c), root));
        }
        let mut known = dense::times(points, &c);
        let mut turned = known.of_rows(rows);
        self.root.forward(&mut known, control)?;
        let root = Matrix { columns: c.columns, values: [&c.values[..], &known.values].concat() };
        self.root.backward(&mut known, control)?;
        // Not by way of M⁻¹ C, which has a row for each value of a point: products of points are fewer.
        let products = dense::rows_product(&some.values, &points.values, points.columns);
        let products = Matrix { columns: points.rows(), values: products };
        dense::add(&mut turned.values, 1.0, &dense::times(&products, &known).values);
        Some((turned, root))
    }
}

impl Gap {
    /// `landmarks`: which one each row's text is, if it is one. `read`: C of these.
    pub(super) fn of(
        rows: &[u32],
        landmark_of: Vec<Option<u32>>,
        read: impl FnOnce(&[u32]) -> Option<Matrix>,
        points: &Matrix,
        rest: &Rest,
        control: &Control,
    ) -> Option<Gap> {
        let mut landmarks: Vec<u32> = landmark_of.iter().flatten().copied().collect();
        landmarks.sort_unstable();
        landmarks.dedup();
        let places: Vec<u32> =
            (0..).zip(&landmark_of).filter(|(_, landmark)| landmark.is_some()).map(|(place, _)| place).collect();
        let (turned, mut root) = rest.turned(points, &places, read(&landmarks)?, control)?;
        let mut turn = dense::transposed(&turned);
        // Columns of unit length: weights of landmarks that stand alone vary far more than those of others.
        let mut squares = vec![0.0; root.columns];
        root.values.chunks_exact(root.columns.max(1)).for_each(|row| {
            squares.iter_mut().zip(row).for_each(|(square, value)| *square += value * value);
        });
        let scales: Vec<f32> =
            squares.iter().map(|square: &f32| square.max(f32::MIN_POSITIVE).sqrt().recip()).collect();
        for row in root.values.chunks_exact_mut(root.columns.max(1)) {
            row.iter_mut().zip(&scales).for_each(|(value, scale)| *value *= scale);
        }
        let scale = |turn: &mut Matrix| {
            for (row, scale) in turn.values.chunks_exact_mut(turn.columns.max(1)).zip(&scales) {
                row.iter_mut().for_each(|value| *value *= scale);
            }
        };
        let mut products = Lower::of_columns(&root, control)?;
        products.add_to_diagonal(JITTER);
        let root = products.root(control)?;
        scale(&mut turn);
        root.forward(&mut turn, control)?;
        root.backward(&mut turn, control)?;
        scale(&mut turn);
        Some(Gap { rows: rows.to_vec(), landmarks, places, turn: dense::transposed(&turn) })
    }

    pub(super) fn is_of(&self, rows: &[u32]) -> bool {
        self.rows == rows
    }

    pub(super) fn floats(&self) -> usize {
        self.turn.values.len()
    }

    /// Has the model whose weights these are (a row a class) know nothing of the fold's landmarks.
    pub(super) fn mend(&self, judged: &mut Matrix, weights: &Matrix) {
        let of_class = |class: usize| self.landmarks.iter().map(move |&landmark| weights.row(class)[landmark as usize]);
        let known: Vec<f32> = (0..weights.rows()).flat_map(of_class).collect();
        let said = dense::rows_product(&self.turn.values, &known, self.landmarks.len());
        for (&place, said) in self.places.iter().zip(said.chunks_exact(weights.rows())) {
            dense::add(&mut judged.values[place as usize * weights.rows()..][..weights.rows()], -1.0, said);
        }
    }
}
