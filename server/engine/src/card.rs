//! Names of integer labels from a data set's card: the README.md that Hugging Face's data sets have beside their files.

use std::{fs, path::Path};

use dataset::convert::label_names;

const FILE_NAME: &str = "README.md";
/// A longer file is no card.
const LONGEST: u64 = 1 << 20;

/// The names under `class_label:` in the card of this folder, or in that of the folder above (data often lies in one beneath its card).
/// Empty: there is none.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let folders = [Some(folder), folder.parent()];
    folders.into_iter().flatten().find_map(|folder| of_file(&folder.join(FILE_NAME))).unwrap_or_default()
}

fn of_file(path: &Path) -> Option<Vec<String>> {
    if fs::metadata(path).ok()?.len() > LONGEST {
        return None;
    }
    let source = fs::read_to_string(path).ok()?;
    // Any other README.md would be taken for a list of names.
    let is_card = source.trim_start_matches('\u{feff}').starts_with("---") && source.contains("class_label:");
    is_card.then(|| label_names(&source).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_names_integers_and_another_readme_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        assert_eq!(names(&data), [""; 0]);
        fs::write(folder.path().join(FILE_NAME), "# Rows\n\nnames:\n  - a\n").unwrap();
        assert_eq!(names(&data), [""; 0]);
        let card = "---\ndataset_info:\n  features:\n  - name: label\n    dtype:\n      class_label:\n        names:\n          '0': neg\n          '1': pos\n---\n# Reviews\n";
        fs::write(folder.path().join(FILE_NAME), card).unwrap();
        assert_eq!(names(&data), ["neg", "pos"]);
    }
}
