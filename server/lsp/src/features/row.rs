//! A row as it is labelled by keys: the command gloss.row.

use engine::{Projects, action};
use serde_json::{Value, json};
use tower_lsp::lsp_types::Range;

use crate::{convert, desk::Desk};

impl Desk {
    /// Its arguments are a URI and a range, an empty one for the row alone.
    pub(crate) fn row(&self, projects: &Projects, arguments: &[Value]) -> Option<Value> {
        let uri = convert::named(arguments)?;
        let range: Range = serde_json::from_value(arguments.get(1)?.clone()).ok()?;
        let (project, file) = projects.find(&convert::path(&uri))?;
        let page = self.page(project, file);
        let choices = action::choices(project, file, page.bytes(range))?;
        let data = &project.files[file];
        let row = &data.document.rows()[choices.row];
        let accept = choices
            .accept
            .as_ref()
            .map(|(title, edits)| json!({ "title": self.say(title), "edit": self.edit(project, file, edits, &[]) }));
        let choice = |one: &action::Choice| {
            json!({ "name": self.say(&one.name), "probability": one.probability, "given": one.given,
                "edit": self.edit(project, file, &one.edits, &[]) })
        };
        Some(json!({
            "version": data.version, "range": page.range(&row.range()), "labelRange": page.range(&row.label_range()),
            "labelled": row.is_labelled(), "task": project.task().name(), "accept": accept,
            "keep": choices.keep.map(|(text, label)| [text, label]),
            "choices": choices.choices.iter().map(choice).collect::<Vec<_>>(),
        }))
    }
}
