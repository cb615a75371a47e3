//! Hover: what is to be said of a label, and what the model says of a row.

use catalogue::Phrase;
use engine::{
    Projects, config_help,
    symbols::{self, Home},
    view,
};
use tower_lsp::lsp_types::{Hover, HoverContents, HoverParams, MarkupContent, MarkupKind};

use crate::desk::Desk;

impl Desk {
    pub(crate) fn hover(&self, projects: &Projects, params: &HoverParams) -> Option<Hover> {
        let (project, home, offset) = self.place(projects, &params.text_document_position_params)?;
        let symbol = symbols::at(project, home, offset);
        let (mut lines, mut range) = (Vec::new(), None);
        if let Some(symbol) = &symbol {
            let note = symbols::note(project, &symbol.label);
            lines.extend(note.lines(project, |place| self.address(project, place)));
            range = Some(symbol.range.clone());
        }
        if let Home::Data(file) = home
            && let Some((of_row, row)) = view::hover(project, file, offset, symbol.as_ref().map(|one| &*one.label))
        {
            lines.extend(symbol.map(|_| Phrase::verbatim("")));
            lines.extend(of_row);
            range = range.or(Some(row));
        }
        if let (Home::Config, None, Some(config)) = (home, &range, &project.config_file)
            && let Some((word, place)) = config_help::help(config.source(), offset)
        {
            lines.push(word);
            range = Some(place);
        }
        let value = lines.iter().map(|line| self.say(line)).collect::<Vec<_>>().join("\n");
        let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value });
        Some(Hover { contents, range: Some(self.page_of(project, home)?.range(&range?)) })
    }
}
