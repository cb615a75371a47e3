//! The line above a file: counts, accuracy, how many findings are not shown, and what can be done.

use engine::{Projects, view};
use tower_lsp::lsp_types::{CodeLens, CodeLensParams, Command};

use crate::{capabilities, convert, desk::Desk};

impl Desk {
    pub(crate) fn code_lenses(&self, projects: &Projects, params: &CodeLensParams) -> Option<Vec<CodeLens>> {
        let uri = &params.text_document.uri;
        let (project, file) = projects.find(&convert::path(uri))?;
        let lens = |title: String, command: &str| CodeLens {
            range: Default::default(),
            command: Some(Command { title, command: command.into(), arguments: Some(vec![uri.as_str().into()]) }),
            data: None,
        };
        Some(vec![
            lens(view::summary(project, file, &self.limits()), capabilities::TRAIN),
            lens("Next to label".into(), capabilities::NEXT_TO_LABEL),
            lens("Next suspect".into(), capabilities::NEXT_SUSPECT),
            lens("Accept all".into(), capabilities::ACCEPT_ALL),
        ])
    }
}
