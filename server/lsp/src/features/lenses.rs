//! The line above a file: counts, accuracy, how many findings are not shown, and what can be done.

use engine::{Projects, view};
use tower_lsp::lsp_types::{CodeLens, CodeLensParams, Command};

use catalogue::{Phrase, phrase};

use crate::{capabilities, convert, desk::Desk};

impl Desk {
    pub(crate) fn code_lenses(&self, projects: &Projects, params: &CodeLensParams) -> Option<Vec<CodeLens>> {
        let uri = &params.text_document.uri;
        let (project, file) = projects.find(&convert::path(uri))?;
        let lens = |title: Phrase, command: &str| CodeLens {
            range: Default::default(),
            command: Some(Command {
                title: self.say(&title),
                command: command.into(),
                arguments: Some(vec![uri.as_str().into()]),
            }),
            data: None,
        };
        Some(vec![
            lens(view::summary(project, file, &self.limits()), capabilities::TRAIN),
            lens(phrase!("next-to-label"), capabilities::NEXT_TO_LABEL),
            lens(phrase!("next-suspect"), capabilities::NEXT_SUSPECT),
            lens(phrase!("accept-all"), capabilities::ACCEPT_ALL),
        ])
    }
}
