//! The engine behind the server: what the client tells becomes messages, what it asks is answered on the engine's thread,
//! what the engine finds goes out.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use engine::{Change, Code, Engine, Event, Limits, Message, Project, action, actor::Projects, view};
use serde_json::Value;
use tower_lsp::lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeLens, Command, CompletionItem,
    CompletionItemKind, CompletionResponse, CompletionTextEdit, DocumentChanges, ExecuteCommandParams, Hover,
    HoverContents, InlayHint, InlayHintLabel, InlayHintParams, MarkupContent, MarkupKind, MessageType, OneOf,
    OptionalVersionedTextDocumentIdentifier, ShowDocumentParams, TextDocumentEdit, TextEdit, Url, WorkspaceEdit,
};

use crate::{
    Ask, Backend, Notice, Outbox, Progress, Reply, Session, capabilities, convert,
    outbox::Refresh,
    session::{Encoding, Features},
};

/// What handlers and the engine's face share: how this client names files, and what it can take.
#[derive(Clone)]
struct Desk {
    outbox: Outbox,
    encoding: Encoding,
    features: Features,
    /// The client's own spelling of the URI of each open file.
    names: Arc<Mutex<HashMap<PathBuf, Url>>>,
    /// Hints asked for before anything was learned. They are answered when it is: Neovim 0.10 draws no second answer.
    waiting: Arc<Mutex<Vec<WaitingHints>>>,
}

type WaitingHints = (InlayHintParams, Reply<Option<Vec<InlayHint>>>);

pub struct Adapter {
    engine: Engine,
    desk: Desk,
}

impl Adapter {
    pub fn new(session: Session, outbox: Outbox) -> Adapter {
        let desk = Desk {
            outbox,
            encoding: session.encoding,
            features: session.features,
            names: Arc::default(),
            waiting: Arc::default(),
        };
        let engine = Engine::start(limits(&session.options), face(desk.clone()));
        Adapter { engine, desk }
    }

    fn changed(&self, uri: &Url) {
        self.engine.send(Message::FileChanged { path: convert::path(uri) });
    }

    fn execute(&self, params: ExecuteCommandParams) {
        let (engine, desk) = (self.engine.clone(), self.desk.clone());
        self.engine.read(move |projects| {
            let named = params.arguments.first().and_then(Value::as_str).and_then(|uri| Url::parse(uri).ok());
            let open = || {
                let mut files = projects.all().iter().flat_map(|project| &project.files);
                files.find(|file| file.version.is_some()).map(|file| file.path.clone())
            };
            let Some(path) = named.map(|uri| convert::path(&uri)).or_else(open) else {
                desk.outbox.show(MessageType::WARNING, "Open a data set first; then run this command again.");
                return;
            };
            match params.command.as_str() {
                capabilities::TRAIN => engine.send(Message::Train { path }),
                capabilities::ACCEPT_ALL => desk.accept_all(projects, &path),
                capabilities::NEXT_TO_LABEL => desk.go_to_next(projects, &path, Code::LabelNext),
                capabilities::NEXT_SUSPECT => desk.go_to_next(projects, &path, Code::SuspectLabel),
                capabilities::KEEP => desk.keep(projects, &engine, &path, &params.arguments),
                _ => {}
            }
        });
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        self.engine.send(Message::Stop);
    }
}

impl Backend for Adapter {
    fn notice(&self, notice: Notice) {
        match notice {
            Notice::Opened(item) => {
                let path = convert::path(&item.uri);
                self.desk.name(path.clone(), item.uri);
                self.engine.send(Message::Open { path, version: item.version, source: item.text });
            }
            Notice::Changed(params) => {
                let changes = params.content_changes.into_iter().map(|change| Change {
                    range: change.range.map(|r| (convert::position_in(r.start), convert::position_in(r.end))),
                    text: change.text,
                });
                self.engine.send(Message::Change {
                    path: convert::path(&params.text_document.uri),
                    version: params.text_document.version,
                    changes: changes.collect(),
                    encoding: self.desk.encoding.into(),
                });
            }
            Notice::Saved { uri, repaired } => {
                if repaired {
                    self.desk.heal(&self.engine, &uri);
                }
                self.changed(&uri);
            }
            Notice::Closed(uri) => self.engine.send(Message::Close { path: convert::path(&uri) }),
            Notice::FilesChanged(events) => events.iter().for_each(|event| self.changed(&event.uri)),
            Notice::ShutDown => self.engine.send(Message::Cancel),
            // Data sets are found from the files that are opened; folders and settings change nothing yet.
            Notice::Initialized | Notice::Configured(_) | Notice::FoldersChanged(_) => {}
        }
    }

    fn ask(&self, ask: Ask) {
        let desk = self.desk.clone();
        match ask {
            Ask::CodeActions(params, reply) => self.engine.read(move |projects| {
                reply.send(desk.code_actions(projects, &params));
            }),
            Ask::InlayHints(params, reply) => self.engine.read(move |projects| {
                let found = projects.find(&convert::path(&params.text_document.uri));
                match found {
                    Some((project, _)) if project.learned.is_none() && project.learning => {
                        desk.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((params, reply));
                    }
                    found => reply.send(found.map(|(project, file)| desk.hints(project, file, &params))),
                }
            }),
            Ask::Completion(params, reply) => self.engine.read(move |projects| {
                let at = params.text_document_position;
                reply.send(projects.find(&convert::path(&at.text_document.uri)).map(|(project, file)| {
                    let offset = convert::offset(&project.files[file].document, at.position, desk.encoding);
                    desk.completion(project, file, offset)
                }));
            }),
            Ask::Hover(params, reply) => self.engine.read(move |projects| {
                let at = params.text_document_position_params;
                reply.send(projects.find(&convert::path(&at.text_document.uri)).and_then(|(project, file)| {
                    let document = &project.files[file].document;
                    let (value, row) =
                        view::hover(project, file, convert::offset(document, at.position, desk.encoding))?;
                    let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value });
                    Some(Hover { contents, range: Some(convert::range(document, &row, desk.encoding)) })
                }));
            }),
            Ask::CodeLenses(params, reply) => self.engine.read(move |projects| {
                let uri = params.text_document.uri;
                let found = projects.find(&convert::path(&uri));
                reply.send(found.map(|(project, file)| lenses(project, file, &uri)));
            }),
            Ask::Execute(params, reply) => {
                self.execute(params);
                reply.send(None);
            }
        }
    }
}

impl Desk {
    fn name(&self, path: PathBuf, uri: Url) {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).insert(path, uri);
    }

    fn uri(&self, path: &Path) -> Option<Url> {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(path).cloned().or_else(|| convert::uri(path))
    }

    fn workspace_edit(&self, project: &Project, file: usize, edits: &[engine::TextEdit]) -> Option<WorkspaceEdit> {
        let data = &project.files[file];
        let uri = self.uri(&data.path)?;
        let edits: Vec<TextEdit> =
            edits.iter().map(|edit| convert::edit(&data.document, edit, self.encoding)).collect();
        if !self.features.document_changes {
            return Some(WorkspaceEdit::new(HashMap::from([(uri, edits)])));
        }
        let text_document = OptionalVersionedTextDocumentIdentifier { uri, version: data.version };
        let edits = edits.into_iter().map(OneOf::Left).collect();
        let changes = Some(DocumentChanges::Edits(vec![TextDocumentEdit { text_document, edits }]));
        Some(WorkspaceEdit { document_changes: changes, ..WorkspaceEdit::default() })
    }

    fn code_actions(&self, projects: &Projects, params: &CodeActionParams) -> Option<Vec<CodeActionOrCommand>> {
        let uri = &params.text_document.uri;
        let (project, file) = projects.find(&convert::path(uri))?;
        let document = &project.files[file].document;
        let start = convert::offset(document, params.range.start, self.encoding);
        let end = convert::offset(document, params.range.end, self.encoding).max(start);
        let wanted = |kind: &CodeActionKind| match &params.context.only {
            Some(only) => only.iter().any(|asked| {
                let (kind, asked) = (kind.as_str(), asked.as_str());
                kind == asked || kind.strip_prefix(asked).is_some_and(|rest| rest.starts_with('.'))
            }),
            None => true,
        };
        let actions = action::actions(project, file, start..end).into_iter().filter_map(|action| {
            let kind = match action.kind {
                action::Kind::QuickFix => CodeActionKind::QUICKFIX,
                action::Kind::FixAll => capabilities::FIX_ALL,
                action::Kind::Rewrite => CodeActionKind::REFACTOR_REWRITE,
            };
            let command = action.keep.map(|(text, label)| Command {
                title: action.title.clone(),
                command: capabilities::KEEP.into(),
                arguments: Some(vec![uri.as_str().into(), text.into(), label.into()]),
            });
            wanted(&kind).then(|| {
                CodeActionOrCommand::CodeAction(CodeAction {
                    title: action.title,
                    kind: Some(kind),
                    is_preferred: action.preferred.then_some(true),
                    edit: (!action.edits.is_empty()).then(|| self.workspace_edit(project, file, &action.edits))?,
                    command,
                    ..CodeAction::default()
                })
                .into()
            })?
        });
        Some(actions.collect())
    }

    fn hints(&self, project: &Project, file: usize, params: &InlayHintParams) -> Vec<InlayHint> {
        let document = &project.files[file].document;
        let start = convert::offset(document, params.range.start, self.encoding);
        let end = convert::offset(document, params.range.end, self.encoding).max(start);
        view::hints(project, file, start..end).iter().map(|hint| self.hint(project, file, hint)).collect()
    }

    /// Answers what waited for this project to learn; the rest waits on.
    fn answer_waiting(&self, project: &Project) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for (params, reply) in std::mem::take(&mut *waiting) {
            match project.file(&convert::path(&params.text_document.uri)) {
                Some(file) => reply.send(Some(self.hints(project, file, &params))),
                None => waiting.push((params, reply)),
            }
        }
    }

    fn forget_waiting(&self, path: &Path) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for (params, reply) in std::mem::take(&mut *waiting) {
            if convert::path(&params.text_document.uri) == path {
                reply.send(None);
            } else {
                waiting.push((params, reply));
            }
        }
    }

    fn hint(&self, project: &Project, file: usize, hint: &view::Hint) -> InlayHint {
        let document = &project.files[file].document;
        InlayHint {
            position: convert::place(document, hint.offset, self.encoding),
            label: InlayHintLabel::String(hint.text.clone()),
            kind: None,
            text_edits: hint.accept.as_ref().map(|edit| vec![convert::edit(document, edit, self.encoding)]),
            tooltip: None,
            padding_left: Some(true),
            padding_right: None,
            data: None,
        }
    }

    fn completion(&self, project: &Project, file: usize, offset: usize) -> CompletionResponse {
        let document = &project.files[file].document;
        let items = view::completion(project, file, offset).into_iter().enumerate().map(|(rank, item)| {
            // What is typed already stands in the range: the filter text must begin alike.
            CompletionItem {
                sort_text: Some(format!("{rank:04}")),
                filter_text: Some(item.edit.text.clone()),
                text_edit: Some(CompletionTextEdit::Edit(convert::edit(document, &item.edit, self.encoding))),
                kind: Some(CompletionItemKind::ENUM_MEMBER),
                detail: Some(item.detail),
                label: item.label,
                ..CompletionItem::default()
            }
        });
        CompletionResponse::Array(items.collect())
    }

    fn accept_all(&self, projects: &Projects, path: &Path) {
        let Some((project, file)) = projects.find(path) else { return };
        let rows = 0..project.files[file].document.rows().len();
        match action::accept(project, file, rows, action::Kind::FixAll) {
            Some(action) => {
                if let Some(edit) = self.workspace_edit(project, file, &action.edits) {
                    self.outbox.apply_edit(&action.title, edit, |_| {});
                }
            }
            None => {
                let threshold = engine::finding::percent(project.config.accept_above);
                self.outbox.show(MessageType::INFO, format!("No suggestion reaches {threshold}."));
            }
        }
    }

    /// The next finding of this code below the row last edited; from the top after the last.
    fn go_to_next(&self, projects: &mut Projects, path: &Path, code: Code) {
        let Some((project, file)) = projects.find_mut(path) else { return };
        let findings = project.findings(file, &Limits::NONE).shown;
        let rows: Vec<usize> = findings
            .iter()
            .filter(|finding| finding.code == code)
            .filter_map(|finding| project.files[file].document.row_at(finding.range.start))
            .collect();
        let focus = project.files[file].focus;
        let Some(&row) = rows.iter().find(|row| **row > focus).or(rows.first()) else {
            self.outbox.show(MessageType::INFO, format!("No row is marked {} here.", code.name()));
            return;
        };
        project.files[file].focus = row;
        let document = &project.files[file].document;
        let selection = convert::range(document, &document.rows()[row].label_range(), self.encoding);
        if let Some(uri) = self.uri(path) {
            let params =
                ShowDocumentParams { uri, external: Some(false), take_focus: Some(true), selection: Some(selection) };
            self.outbox.show_document(params, |_| {});
        }
    }

    fn keep(&self, projects: &mut Projects, engine: &Engine, path: &Path, arguments: &[Value]) {
        let Some((project, _)) = projects.find_mut(path) else { return };
        let (Some(text), Some(label)) =
            (arguments.get(1).and_then(Value::as_str), arguments.get(2).and_then(Value::as_str))
        else {
            return;
        };
        let folder = project.folder().to_owned();
        if let Err(error) = project.kept.keep(&folder, text, label) {
            let message =
                format!("The decision cannot be written to {}: {error}. It will be asked again.", folder.display());
            self.outbox.show(MessageType::ERROR, message);
        }
        engine.send(Message::Touch { path: path.to_owned() });
    }

    /// Halves of a surrogate pair came apart on the way: the file just saved has the whole.
    fn heal(&self, engine: &Engine, uri: &Url) {
        let path = convert::path(uri);
        let messages = engine.clone();
        engine.read(move |projects| {
            let Some((project, file)) = projects.find(&path) else { return };
            let data = &project.files[file];
            let (Ok(saved), Some(version)) = (std::fs::read_to_string(&path), data.version) else { return };
            if crate::surrogates::heals(data.document.source(), &saved) {
                messages.send(Message::Open { path, version, source: saved });
            }
        });
    }
}

fn lenses(project: &Project, file: usize, uri: &Url) -> Vec<CodeLens> {
    let summary = view::summary(project, &project.findings(file, &Limits::default()));
    let lens = |title: String, command: &str| CodeLens {
        range: Default::default(),
        command: Some(Command { title, command: command.into(), arguments: Some(vec![uri.as_str().into()]) }),
        data: None,
    };
    vec![
        lens(summary, capabilities::TRAIN),
        lens("Next to label".into(), capabilities::NEXT_TO_LABEL),
        lens("Next suspect".into(), capabilities::NEXT_SUSPECT),
        lens("Accept all".into(), capabilities::ACCEPT_ALL),
    ]
}

/// `initializationOptions`: {"limits": {"suspects": 200, "suggestions": 300}}.
fn limits(options: &Value) -> Limits {
    let number = |key: &str, otherwise| options["limits"][key].as_u64().map_or(otherwise, |limit| limit as usize);
    let usual = Limits::default();
    Limits {
        suspects: number("suspects", usual.suspects),
        suggestions: number("suggestions", usual.suggestions),
        others: usual.others,
    }
}

fn face(desk: Desk) -> impl FnMut(Event<'_>) + Send {
    let mut progress: Option<Progress> = None;
    move |event| match event {
        Event::Findings { project, file, findings } => {
            let data = &project.files[file];
            if let Some(uri) = desk.uri(&data.path) {
                let of_finding = |finding| convert::diagnostic(project, file, finding, desk.encoding);
                desk.outbox.publish(uri, data.version, findings.shown.iter().map(of_finding).collect());
            }
        }
        Event::Gone { path } => {
            desk.forget_waiting(path);
            if let Some(uri) = desk.uri(path) {
                desk.outbox.publish(uri, None, Vec::new());
            }
        }
        Event::Learning { progress: at, .. } => {
            let shown = progress.get_or_insert_with(|| desk.outbox.progress("Gloss learns", true, None));
            shown.report(at.stage, Some((at.fraction * 100.0) as u32));
        }
        Event::Learned { project } => {
            desk.answer_waiting(project);
            if let Some(shown) = progress.take() {
                shown.end(view::accuracy(project));
            }
            desk.outbox.refresh(Refresh::InlayHints);
            desk.outbox.refresh(Refresh::CodeLenses);
        }
        Event::NotLearned { project, why } => {
            desk.answer_waiting(project);
            if let Some(shown) = progress.take() {
                shown.end("not learned");
            }
            desk.outbox.log(MessageType::INFO, why.to_string());
        }
        Event::Warning { message } => desk.outbox.show(MessageType::WARNING, message),
    }
}
