//! Work-done progress: what the editor shows while something takes long, with a way to cancel it.
//!
//! A token must be accepted by the client before it is used, and a client may take its time or never answer: work never
//! waits for it. Work that ends before the answer shows nothing. While one question is unanswered no further one is asked.
//! Tokens are strings (Zed refuses numbers).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, atomic::Ordering},
};

use tower_lsp::lsp_types::{
    ProgressToken, WorkDoneProgress, WorkDoneProgressBegin, WorkDoneProgressCreateParams, WorkDoneProgressEnd,
    WorkDoneProgressReport, request,
};

use crate::{Outbox, guard::lock};

/// What to call when the user cancels, by token.
pub(crate) type Registry = Mutex<HashMap<String, OnCancel>>;
type OnCancel = Box<dyn FnOnce() + Send>;

/// One piece of work on the editor's screen. It ends when dropped.
pub struct Progress {
    outbox: Outbox,
    token: String,
    stage: Arc<Mutex<Stage>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    /// The client has not accepted the token yet; what was reported last.
    Asked(Option<String>, Option<u32>),
    Begun,
    /// Over, or never to be shown.
    Over,
}

impl Outbox {
    /// Shows work under this title, if the client can show it. `determinate`: reports will carry percentages.
    /// `on_cancel`, where given, makes it cancellable; it is called on the transport task and must return at once.
    pub fn progress(&self, title: &str, determinate: bool, on_cancel: Option<OnCancel>) -> Progress {
        let shared = &self.shared;
        let token = format!("gloss/{}", shared.next_token.fetch_add(1, Ordering::Relaxed));
        let progress = Progress { outbox: self.clone(), token, stage: Arc::new(Mutex::new(Stage::Over)) };
        if !shared.features.work_done_progress || shared.asking_for_progress.swap(true, Ordering::SeqCst) {
            return progress;
        }
        *progress.stage() = Stage::Asked(None, None);
        let cancellable = on_cancel.is_some();
        if let Some(on_cancel) = on_cancel {
            registry(self).insert(progress.token.clone(), on_cancel);
        }
        let (outbox, token, title) = (self.clone(), progress.token.clone(), title.to_owned());
        let stage = Arc::clone(&progress.stage);
        let params = WorkDoneProgressCreateParams { token: ProgressToken::String(token.clone()) };
        self.request::<request::WorkDoneProgressCreate>(params, move |answer| {
            outbox.shared.asking_for_progress.store(false, Ordering::SeqCst);
            // Held until the beginning is in the queue: no report may overtake it.
            let mut stage = lock(&stage);
            let Stage::Asked(message, percentage) = stage.clone() else { return };
            if answer.is_err() {
                *stage = Stage::Over;
                return;
            }
            *stage = Stage::Begun;
            let percentage = determinate.then_some(percentage.unwrap_or(0));
            let begin = WorkDoneProgressBegin { title, cancellable: Some(cancellable), message, percentage };
            outbox.send_progress(&token, WorkDoneProgress::Begin(begin));
        });
        progress
    }

    /// The user pressed cancel.
    pub(crate) fn cancel_progress(&self, token: &ProgressToken) {
        let ProgressToken::String(token) = token else { return };
        let on_cancel = registry(self).remove(token);
        if let Some(on_cancel) = on_cancel {
            on_cancel();
        }
    }
}

impl Progress {
    /// Percentages are 0 to 100 and never fall.
    pub fn report(&self, message: impl Into<String>, percentage: Option<u32>) {
        let (message, percentage) = (Some(message.into()), percentage.map(|p| p.min(100)));
        let mut stage = self.stage();
        match &mut *stage {
            Stage::Asked(latest, at) => (*latest, *at) = (message, percentage),
            Stage::Begun => {
                let report = WorkDoneProgressReport { cancellable: None, message, percentage };
                self.outbox.send_progress(&self.token, WorkDoneProgress::Report(report));
            }
            Stage::Over => {}
        }
    }

    /// Ends it with a last word.
    pub fn end(self, message: impl Into<String>) {
        self.finish(Some(message.into()));
    }

    fn finish(&self, message: Option<String>) {
        registry(&self.outbox).remove(&self.token);
        let mut stage = self.stage();
        if *stage == Stage::Begun {
            self.outbox.send_progress(&self.token, WorkDoneProgress::End(WorkDoneProgressEnd { message }));
        }
        *stage = Stage::Over;
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        lock(&self.stage)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish(None);
    }
}

fn registry(outbox: &Outbox) -> MutexGuard<'_, HashMap<String, OnCancel>> {
    lock(&outbox.shared.progress)
}
