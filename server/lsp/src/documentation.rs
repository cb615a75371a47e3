//! Where a diagnostic's code is explained: a page on this machine, written out by the program that the page is about, since
//! nothing else has to be there or reached.

use std::{fs, path::PathBuf, sync::LazyLock};

use engine::{Code, store};
use tower_lsp::lsp_types::Url;

const PAGE: &str = include_str!("../../docs/diagnostics.md");

/// `None` where the page cannot be written.
pub(crate) fn of(code: Code) -> Option<Url> {
    static SECTIONS: LazyLock<Option<[Url; Code::ALL.len()]>> = LazyLock::new(|| {
        let page = Url::from_file_path(written()?).ok()?;
        Some(Code::ALL.map(|code| {
            let mut section = page.clone();
            section.set_fragment(Some(code.name()));
            section
        }))
    });
    SECTIONS.as_ref().map(|sections| sections[code as usize].clone())
}

fn written() -> Option<PathBuf> {
    let folder = store::cache()?.join("docs").join(env!("CARGO_PKG_VERSION"));
    let path = folder.join("diagnostics.md");
    if fs::read(&path).is_ok_and(|present| present == PAGE.as_bytes()) {
        return Some(path);
    }
    fs::create_dir_all(&folder).and_then(|()| fs::write(&path, PAGE)).ok()?;
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_section() {
        for code in Code::ALL {
            assert!(PAGE.contains(&format!("\n## {}\n", code.name())), "{}", code.name());
        }
    }
}
