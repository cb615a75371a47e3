//! The engine behind the server: what the client tells becomes messages, what it asks is answered on the engine's thread,
//! what the engine finds goes out ([`crate::face`]).

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use engine::{Change, Engine, Message};
use serde_json::Value;
use tower_lsp::lsp_types::{
    ConfigurationItem, ConfigurationParams, DidChangeTextDocumentParams, Url, request::WorkspaceConfiguration,
};

use crate::{Ask, Backend, Notice, Outbox, Session, capabilities, convert, desk::Desk, face::face, settings};

/// How long the end waits for what was learned to be stored.
const LAST_WORDS: Duration = Duration::from_millis(1500);
/// Files that a client may watch for us.
const WATCHED: [&str; 3] =
    ["**/*.{jsonl,ndjson,json,csv,tsv,txt,conll,bio,yml,yaml}", "**/gloss.toml", "**/gloss.keep.jsonl"];

pub struct Adapter {
    engine: Engine,
    desk: Desk,
}

impl Adapter {
    pub fn new(session: Session, outbox: Outbox) -> Adapter {
        let limits = settings::limits(&session.options);
        let desk = Desk::new(&session, outbox, limits);
        // The face is made before the engine that it sends cancels to.
        let handle = Arc::new(OnceLock::new());
        let later = Arc::clone(&handle);
        let engine = Engine::start(limits, face(desk.clone(), move || later.get().cloned()));
        let _ = handle.set(engine.clone());
        Adapter { engine, desk }
    }

    fn file_changed(&self, uri: &Url) {
        self.engine.send(Message::FileChanged { path: convert::path(uri) });
    }

    fn changed(&self, params: DidChangeTextDocumentParams) {
        let changes = params.content_changes.into_iter().map(|change| Change {
            range: change.range.map(|range| (convert::position_in(range.start), convert::position_in(range.end))),
            text: change.text,
        });
        self.engine.send(Message::Change {
            path: convert::path(&params.text_document.uri),
            version: params.text_document.version,
            changes: changes.collect(),
            encoding: self.desk.encoding.into(),
        });
    }

    /// The settings themselves, or null where the client expects to be asked for them.
    fn configured(&self, settings: &Value) {
        if let Some(ours) = settings.get(settings::SECTION) {
            self.desk.limit(&self.engine, settings::limits(ours));
        } else if self.desk.features.configuration {
            let section = ConfigurationItem { scope_uri: None, section: Some(settings::SECTION.to_owned()) };
            let (engine, desk) = (self.engine.clone(), self.desk.clone());
            let params = ConfigurationParams { items: vec![section] };
            self.desk.outbox.request::<WorkspaceConfiguration>(params, move |answer| {
                if let Some(ours) = answer.ok().and_then(|answers| answers.into_iter().next()).filter(Value::is_object)
                {
                    desk.limit(&engine, settings::limits(&ours));
                }
            });
        }
    }

    /// Halves of a surrogate pair came apart on the way: the file just saved has the whole.
    fn heal(&self, uri: &Url) {
        let path = convert::path(uri);
        let engine = self.engine.clone();
        self.engine.read(move |projects| {
            let Some((project, file)) = projects.find(&path) else { return };
            let data = &project.files[file];
            let (Ok(saved), Some(version)) = (std::fs::read_to_string(&path), data.version) else { return };
            if crate::surrogates::heals(data.document.source(), &saved) {
                engine.send(Message::Open { path, version, source: saved });
            }
        });
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        self.engine.stop(LAST_WORDS);
    }
}

impl Backend for Adapter {
    fn notice(&self, notice: Notice) {
        match notice {
            Notice::Initialized => {
                self.desk.outbox.watch_files(&WATCHED.map(str::to_owned));
                self.desk.outbox.watch_settings();
            }
            Notice::Opened(item) => {
                let path = convert::path(&item.uri);
                self.desk.name(path.clone(), item.uri);
                self.engine.send(Message::Open { path, version: item.version, source: item.text });
            }
            Notice::Changed(params) => self.changed(params),
            Notice::Saved { uri, repaired } => {
                if repaired {
                    self.heal(&uri);
                }
                self.file_changed(&uri);
            }
            Notice::Closed(uri) => self.engine.send(Message::Close { path: convert::path(&uri) }),
            Notice::FilesChanged(events) => events.iter().for_each(|event| self.file_changed(&event.uri)),
            Notice::Configured(settings) => self.configured(&settings),
            // Data sets are found from the files that are opened; those of a folder that goes are let go.
            Notice::FoldersChanged(change) => {
                for folder in change.removed {
                    self.engine.send(Message::Unload { path: convert::path(&folder.uri) });
                }
            }
            Notice::ShutDown => self.engine.send(Message::Cancel),
        }
    }

    fn ask(&self, ask: Ask) {
        let (desk, engine) = (self.desk.clone(), self.engine.clone());
        self.engine.read(move |projects| match ask {
            Ask::CodeActions(params, reply) => reply.send(desk.code_actions(projects, &params)),
            Ask::InlayHints(params, reply) => desk.answer_hints(&engine, projects, params, reply),
            Ask::Completion(params, reply) => reply.send(desk.completion(projects, &params)),
            Ask::Hover(params, reply) => desk.answer_hover(projects, &params, reply),
            Ask::CodeLenses(params, reply) => reply.send(desk.code_lenses(projects, &params)),
            Ask::Definition(params, reply) => reply.send(desk.definition(projects, &params)),
            Ask::References(params, reply) => reply.send(desk.references(projects, &params)),
            Ask::Highlights(params, reply) => reply.send(desk.highlights(projects, &params)),
            Ask::Colours(document, range, reply) => reply.send(desk.colours(projects, &document, range)),
            Ask::PrepareRename(params, reply) => reply.conclude(desk.prepare_rename(projects, &params)),
            Ask::Rename(params, reply) => reply.conclude(desk.rename(projects, &params)),
            Ask::DocumentSymbols(params, reply) => reply.send(desk.document_symbols(projects, &params)),
            Ask::WorkspaceSymbols(params, reply) => reply.send(desk.workspace_symbols(projects, &params)),
            Ask::Execute(params, reply) if params.command == capabilities::EXPLAIN => {
                desk.explain(projects, &params.arguments, reply);
            }
            Ask::Execute(params, reply) if params.command == capabilities::REPORT => {
                desk.report(projects, &params.arguments, reply);
            }
            Ask::Execute(params, reply) if params.command == capabilities::ROW => {
                reply.send(desk.row(projects, &params.arguments));
            }
            Ask::Execute(params, reply) => reply.send(desk.execute(&engine, projects, &params)),
        });
    }
}
