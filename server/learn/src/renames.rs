//! Labels by other names: what was learned of a label goes on under its new one.
//!
//! What must stay true: names of a classifier stay apart. A label that would be called as another one keeps its name until a fit drops
//! it: the rows of both are one label's by then.

use std::sync::Arc;

/// Old names and new ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renames(Vec<(Arc<str>, Arc<str>)>);

impl Renames {
    pub fn new(pairs: Vec<(Arc<str>, Arc<str>)>) -> Renames {
        Renames(pairs)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn pairs(&self) -> &[(Arc<str>, Arc<str>)] {
        &self.0
    }

    /// What a label is called now.
    pub fn name(&self, label: &Arc<str>) -> Arc<str> {
        self.0.iter().find(|(old, _)| old == label).map_or(label, |(_, new)| new).clone()
    }

    /// These names as they are now, each in its place.
    pub(crate) fn names(&self, labels: &[Arc<str>]) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = Vec::with_capacity(labels.len());
        for label in labels {
            let name = self.name(label);
            let is_taken = names.contains(&name) || (&name != label && self.stays(&name, labels));
            names.push(if is_taken { label.clone() } else { name });
        }
        names
    }

    /// Whether one of these is called so, and goes on to be.
    fn stays(&self, name: &Arc<str>, labels: &[Arc<str>]) -> bool {
        labels.contains(name) && self.name(name) == *name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<Arc<str>> {
        names.iter().map(|&name| name.into()).collect()
    }

    fn renames(pairs: &[(&str, &str)]) -> Renames {
        Renames::new(pairs.iter().map(|&(old, new)| (old.into(), new.into())).collect())
    }

    #[test]
    fn names_stay_apart() {
        let labels = names(&["a", "b", "c"]);
        assert_eq!(renames(&[("a", "z")]).names(&labels), names(&["z", "b", "c"]));
        assert_eq!(renames(&[("a", "b"), ("b", "a")]).names(&labels), names(&["b", "a", "c"]));
        assert_eq!(renames(&[("a", "b")]).names(&labels), labels, "a merge is for a fit to make");
        assert_eq!(renames(&[("a", "z"), ("b", "z")]).names(&labels), names(&["z", "b", "c"]));
    }
}
