//! Inlay hints: the suggestion at the end of its row, with the edit that accepts it.
//!
//! Hints asked for before anything was learned are answered when it is: Neovim 0.10 draws no second answer for the same
//! version of a buffer.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use engine::{Engine, Message, Project, Projects, view};
use tower_lsp::lsp_types::{InlayHint, InlayHintLabel, InlayHintParams};

use crate::{Reply, convert, desk::Desk, guard::lock};

type Asked = (InlayHintParams, Reply<Option<Vec<InlayHint>>>);

/// Questions that wait for the first fit.
#[derive(Clone, Default)]
pub(crate) struct Waiting(Arc<Mutex<Vec<Asked>>>);

impl Desk {
    pub(crate) fn answer_hints(
        &self,
        engine: &Engine,
        projects: &Projects,
        params: InlayHintParams,
        reply: Reply<Option<Vec<InlayHint>>>,
    ) {
        let path = convert::path(&params.text_document.uri);
        match projects.find(&path) {
            Some((project, _)) if project.learned.is_none() && project.learning => {
                lock(&self.waiting.0).push((params, reply));
            }
            Some((project, file)) => {
                reply.send(Some(self.hints(project, file, &params)));
                let bytes = self.page(project, file).bytes(params.range);
                engine.send(Message::Looked { path, rows: project.files[file].document.rows_in(bytes) });
            }
            None => reply.send(None),
        }
    }

    /// Answers what waited for this project to learn; the rest waits on.
    pub(crate) fn answer_waiting_hints(&self, project: &Project) {
        let mut waiting = lock(&self.waiting.0);
        for (params, reply) in std::mem::take(&mut *waiting) {
            match project.file(&convert::path(&params.text_document.uri)) {
                Some(file) => reply.send(Some(self.hints(project, file, &params))),
                None if reply.is_wanted() => waiting.push((params, reply)),
                None => {}
            }
        }
    }

    pub(crate) fn forget_waiting_hints(&self, path: &Path) {
        let mut waiting = lock(&self.waiting.0);
        for (params, reply) in std::mem::take(&mut *waiting) {
            if convert::path(&params.text_document.uri) == path {
                reply.send(None);
            } else {
                waiting.push((params, reply));
            }
        }
    }

    fn hints(&self, project: &Project, file: usize, params: &InlayHintParams) -> Vec<InlayHint> {
        let page = self.page(project, file);
        let hints = view::hints(project, file, page.bytes(params.range)).into_iter().map(|hint| InlayHint {
            position: page.place(hint.offset),
            text_edits: Some(hint.accept.iter().map(|edit| page.edit(edit)).collect())
                .filter(|edits: &Vec<_>| !edits.is_empty()),
            label: InlayHintLabel::String(self.say(&hint.text)),
            kind: None,
            tooltip: None,
            padding_left: Some(true),
            padding_right: None,
            data: None,
        });
        hints.collect()
    }
}
