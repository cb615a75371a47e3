//! The rows most worth labelling next.

/// An unlabelled row as its prediction sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// The caller's name for the row.
    pub id: usize,
    /// The text's key: equal texts are asked once.
    pub key: u64,
    pub label: u32,
    /// Probability of the best label less that of the second.
    pub margin: f32,
}

/// At most `count`, smallest margin first, spread over predicted labels.
pub fn select(_candidates: &[Candidate], _count: usize) -> Vec<Candidate> {
    todo!()
}
