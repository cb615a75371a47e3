//! 'Did you mean': the name that was probably meant.

/// The nearest of `names` by optimal string alignment, if it is near: at most a third of the letters differ.
pub fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.trim().to_lowercase();
    names
        .into_iter()
        .map(|other| (strsim::osa_distance(&lower, &other.to_lowercase()), other))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, other)| distance * 3 <= other.chars().count().max(lower.chars().count()))
        .map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_found_and_a_stranger_is_not() {
        assert_eq!(nearest("biling", ["billing", "login"]), Some("billing"));
        assert_eq!(nearest("Billing ", ["billing", "login"]), Some("billing"));
        assert_eq!(nearest("weather", ["billing", "login"]), None);
    }
}
