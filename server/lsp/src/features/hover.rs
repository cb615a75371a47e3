//! Hover: what is to be said of a label, what the model says of a row, and why.

use catalogue::Phrase;
use engine::{
    Projects, config_help, explain,
    symbols::{self, Home},
    view,
};
use tower_lsp::lsp_types::{Hover, HoverContents, HoverParams, MarkupContent, MarkupKind, Range};

use crate::{Reply, desk::Desk};

impl Desk {
    /// At once, unless there are reasons to be found.
    pub(crate) fn answer_hover(&self, projects: &Projects, params: &HoverParams, reply: Reply<Option<Hover>>) {
        let Some((mut lines, range)) = self.hover(projects, params) else { return reply.send(None) };
        let hover = move |lines: Vec<String>| {
            let contents = MarkupContent { kind: MarkupKind::Markdown, value: lines.join("\n") };
            Some(Hover { contents: HoverContents::Markup(contents), range: Some(range) })
        };
        let at = &params.text_document_position_params;
        let question = self.place(projects, at).and_then(|(project, home, offset)| match home {
            Home::Data(file) => explain::question(project, file, offset),
            Home::Config => None,
        });
        let Some(question) = question else { return reply.send(hover(lines)) };
        let desk = self.clone();
        self.aside.run(move || {
            if reply.is_wanted() {
                lines.push(String::new());
                lines.extend(desk.reasons(&question));
                reply.send(hover(lines));
            }
        });
    }

    fn hover(&self, projects: &Projects, params: &HoverParams) -> Option<(Vec<String>, Range)> {
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
        let range = self.page_of(project, home)?.range(&range?);
        Some((lines.iter().map(|line| self.say(line)).collect(), range))
    }
}
