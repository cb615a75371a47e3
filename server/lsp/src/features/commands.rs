//! Commands: train, accept all, the next row to label, the next suspect, keep a label.

use std::path::Path;

use catalogue::phrase;
use engine::{Code, Engine, Message, Projects, action, finding::percent};
use serde_json::{Value, json};
use tower_lsp::lsp_types::{ExecuteCommandParams, MessageType, ShowDocumentParams};

use crate::{capabilities, convert, desk::Desk};

impl Desk {
    /// The first argument is the URI of a file; without it the command is for the first open file. Who goes to a row is answered where
    /// that is, `{uri, range}`, and shown it, unless the second argument is `{"show": false}`; `{"after": position}` says where
    /// to look from, in place of the row last edited or gone to.
    pub(crate) fn execute(
        &self,
        engine: &Engine,
        projects: &mut Projects,
        params: &ExecuteCommandParams,
    ) -> Option<Value> {
        let named = convert::named(&params.arguments);
        let open = || {
            let mut files = projects.all().iter().flat_map(|project| &project.files);
            files.find(|file| file.version.is_some()).map(|file| file.path.clone())
        };
        let known = named.map(|uri| convert::path(&uri)).or_else(open).filter(|path| projects.find(path).is_some());
        let Some(path) = known else {
            self.outbox.show(MessageType::WARNING, self.say(&phrase!("open-a-data-set")));
            return None;
        };
        let options = params.arguments.get(1).unwrap_or(&Value::Null);
        match params.command.as_str() {
            capabilities::TRAIN => engine.send(Message::Train { path }),
            capabilities::ACCEPT_ALL => self.accept_all(projects, &path),
            capabilities::NEXT_TO_LABEL => return self.go_to_next(projects, &path, Code::LabelNext, options),
            capabilities::NEXT_SUSPECT => return self.go_to_next(projects, &path, Code::SuspectLabel, options),
            capabilities::KEEP => self.keep(projects, engine, &path, &params.arguments),
            _ => {}
        }
        None
    }

    fn accept_all(&self, projects: &Projects, path: &Path) {
        let Some((project, file)) = projects.find(path) else { return };
        let rows = 0..project.files[file].document.rows().len();
        match action::accept(project, file, rows, action::Kind::FixAll) {
            Some(action) => {
                if let Some(edit) = self.edit(project, file, &action.edits, &[]) {
                    self.outbox.apply_edit(&self.say(&action.title), edit, |_| {});
                }
            }
            None => {
                let threshold = percent(project.config.accept_above);
                self.outbox.show(MessageType::INFO, self.say(&phrase!("no-suggestion-reaches", threshold)));
            }
        }
    }

    fn go_to_next(&self, projects: &mut Projects, path: &Path, code: Code, options: &Value) -> Option<Value> {
        let (project, file) = projects.find_mut(path)?;
        if let Ok(after) = serde_json::from_value(options["after"].clone()) {
            let offset = self.page(project, file).offset(after);
            project.files[file].look_from(offset);
        }
        let shows = options["show"] != false;
        let Some(row) = project.files[file].go_to_next(code) else {
            if shows {
                self.outbox.show(MessageType::INFO, self.say(&phrase!("no-row-marked", code = code.says())));
            }
            return None;
        };
        let place = project.files[file].document.rows()[row].label_range();
        let (uri, range) = (self.uri(path)?, self.page(project, file).range(&place));
        let answer = json!({ "uri": &uri, "range": range });
        if shows {
            let params =
                ShowDocumentParams { uri, external: Some(false), take_focus: Some(true), selection: Some(range) };
            self.outbox.show_document(params, |_| {});
        }
        Some(answer)
    }

    fn keep(&self, projects: &mut Projects, engine: &Engine, path: &Path, arguments: &[Value]) {
        let Some((project, _)) = projects.find_mut(path) else { return };
        if let [_, Value::String(text), Value::String(label), ..] = arguments {
            if let Err(message) = project.keep(text, label) {
                self.outbox.show(MessageType::ERROR, self.say(&message));
            }
            for file in project.files.iter().filter(|file| file.version.is_some()) {
                engine.send(Message::Touch { path: file.path.clone() });
            }
        }
    }
}
