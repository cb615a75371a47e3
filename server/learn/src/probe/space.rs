//! From a text's vector to the point that softmax regression learns from.
//!
//! Linear: the vector. Kernel, where vectors are of unit length: the vector's likeness `exp(-γ |x - z|²)` to landmarks z, so turned that points' dot products are
//! Nyström's approximation of the kernel (Williams and Seeger 2001): a softmax regression on them is a kernel one.
//!
//! What must stay true: landmarks depend on texts and seed, never on labels, so that out-of-fold scores stay honest.

use std::sync::OnceLock;

use rayon::prelude::*;

use super::dense;
use crate::Matrix;

/// Added to the diagonal of the landmarks' kernel: landmarks may be equal.
const JITTER: f32 = 1e-3;
/// Rows mapped by one task.
const PART: usize = 128;

#[derive(Clone, Debug, Default)]
pub(super) enum Space {
    #[default]
    Linear,
    Kernel(Kernel),
}

#[derive(Clone, Debug)]
pub(super) struct Kernel {
    pub(super) gamma: f32,
    /// Vectors of unit length.
    pub(super) landmarks: Matrix,
    /// Made when first needed: predictions need none.
    inverse_root: OnceLock<Matrix>,
}

impl Kernel {
    pub(super) fn new(gamma: f32, landmarks: Matrix) -> Kernel {
        Kernel { gamma, landmarks, inverse_root: OnceLock::new() }
    }

    fn likeness(&self, vectors: &Matrix) -> Matrix {
        let mut products = dense::product(vectors, &self.landmarks);
        let scale = 2.0 * self.gamma;
        products.values.iter_mut().for_each(|product| *product = (scale * (*product - 1.0)).exp());
        products
    }

    fn inverse_root(&self) -> &Matrix {
        self.inverse_root.get_or_init(|| dense::inverse_root(&self.likeness(&self.landmarks), JITTER))
    }
}

/// Points that are learned from, each with a last value of 1 for the intercept.
#[derive(Debug)]
pub(super) struct Points {
    pub(super) matrix: Matrix,
    pub(super) squares: Vec<f32>,
}

impl Points {
    pub(super) fn row(&self, row: usize) -> &[f32] {
        self.matrix.row(row)
    }
}

impl Space {
    /// Numbers of a point, the intercept aside.
    pub(super) fn dimensions(&self, width: usize) -> usize {
        match self {
            Space::Linear => width,
            Space::Kernel(kernel) => kernel.landmarks.rows(),
        }
    }

    /// What [`Space::flatten`]ed weights are applied to.
    pub(super) fn raw<'a>(&self, vectors: &'a Matrix) -> std::borrow::Cow<'a, Matrix> {
        match self {
            Space::Linear => std::borrow::Cow::Borrowed(vectors),
            Space::Kernel(kernel) => std::borrow::Cow::Owned(kernel.likeness(vectors)),
        }
    }

    pub(super) fn points(&self, vectors: &Matrix) -> Points {
        let dimensions = self.dimensions(vectors.columns);
        let columns = dimensions + 1;
        let mut values = vec![1.0; vectors.rows() * columns];
        if let Space::Kernel(kernel) = self {
            kernel.inverse_root();
        }
        let parts = vectors.values.par_chunks(PART * vectors.columns.max(1));
        values.par_chunks_mut(PART * columns).zip(parts).for_each(|(values, vectors_part)| {
            let part = Matrix { columns: vectors.columns, values: vectors_part.to_vec() };
            let points = match self {
                Space::Linear => part,
                Space::Kernel(kernel) => dense::product(&kernel.likeness(&part), kernel.inverse_root()),
            };
            for (to, point) in values.chunks_exact_mut(columns).zip(points.values.chunks_exact(dimensions.max(1))) {
                to[..dimensions].copy_from_slice(point);
            }
        });
        let squares = values.par_chunks(columns).map(|point| dense::dot(point, point)).collect();
        Points { matrix: Matrix { columns, values }, squares }
    }

    /// Weights of points as weights of what [`Space::raw`] gives.
    pub(super) fn flatten(&self, weights: Matrix) -> Matrix {
        let Space::Kernel(kernel) = self else { return weights };
        let root = kernel.inverse_root();
        let mut flat = Matrix { columns: weights.columns, values: vec![0.0; weights.values.len()] };
        for (to, from) in
            flat.values.chunks_exact_mut(weights.columns).zip(weights.values.chunks_exact(weights.columns))
        {
            for (dimension, weight) in from[..root.columns].iter().enumerate() {
                dense::add(to, *weight, root.row(dimension));
            }
            to[root.columns] = from[root.columns];
        }
        flat
    }
}
