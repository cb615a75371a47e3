//! What the engine finds, put before the client.

use std::{
    collections::HashSet,
    mem,
    path::PathBuf,
    time::{Duration, Instant},
};

use catalogue::phrase;
use engine::{Engine, Event, FitError, Message, Project, view};
use tower_lsp::lsp_types::{MessageType, Url};

use crate::{Progress, convert::Page, desk::Desk, outbox::Refresh};

/// Work that ends sooner is not shown: it would only flicker.
const SHORT: Duration = Duration::from_millis(300);

/// Training as it is on the screen.
enum Shown {
    Nothing,
    Since(Instant),
    Progress(Progress),
}

impl Shown {
    fn end(&mut self, word: impl Into<String>) {
        if let Shown::Progress(progress) = mem::replace(self, Shown::Nothing) {
            progress.end(word);
        }
    }
}

pub(crate) fn face(desk: Desk, engine: impl Fn() -> Option<Engine> + Send + 'static) -> impl FnMut(Event<'_>) + Send {
    let mut shown = Shown::Nothing;
    let mut fetch: Option<Progress> = None;
    // gloss.toml files with problems on the screen.
    let mut marked: HashSet<Url> = HashSet::new();
    let (status, mut learning) = (desk.clone(), None);
    let mut show = move |event: Event<'_>| match event {
        Event::Opened { project, file } => say_what_was_detected(&desk, project, file),
        Event::Findings { project, file, findings } => {
            let data = &project.files[file];
            if let Some(uri) = desk.uri(&data.path) {
                let diagnostics = findings.shown.iter().map(|finding| desk.diagnostic(project, file, finding));
                desk.outbox.publish(uri, data.version, diagnostics.collect());
            }
        }
        Event::ConfigFindings { project, findings } => {
            let Some(config) = &project.config_file else { return };
            let Some(uri) = desk.uri(&config.path) else { return };
            let had_some = if findings.is_empty() { marked.remove(&uri) } else { !marked.insert(uri.clone()) };
            if had_some || !findings.is_empty() || config.version.is_some() {
                let page = Page::of_config(config, desk.encoding);
                desk.outbox.publish(
                    uri,
                    config.version,
                    findings.iter().map(|f| page.diagnostic(f, desk.locale)).collect(),
                );
            }
        }
        Event::Gone { path } => {
            desk.forget_waiting_hints(path);
            if let Some(uri) = desk.uri(path) {
                desk.outbox.publish(uri, None, Vec::new());
            }
        }
        Event::Learning { progress, .. } => match &shown {
            Shown::Nothing => shown = Shown::Since(Instant::now()),
            Shown::Since(start) if start.elapsed() < SHORT => {}
            Shown::Since(_) => {
                let cancel = engine().map(|engine| Box::new(move || engine.send(Message::Cancel)) as Box<_>);
                shown = Shown::Progress(desk.outbox.progress(&desk.say(&phrase!("gloss-learns")), true, cancel));
            }
            Shown::Progress(shown) => shown.report(desk.say(&progress.stage), Some((progress.fraction * 100.0) as u32)),
        },
        Event::Fetching(Some(fetching)) => {
            let shown = fetch.get_or_insert_with(|| {
                let cancel = engine().map(|engine| Box::new(move || engine.send(Message::Cancel)) as Box<_>);
                desk.outbox.progress(&desk.say(&phrase!("gloss-brings-encoder")), true, cancel)
            });
            let share = |total: u64| (fetching.done * 100).checked_div(total).unwrap_or(0) as u32;
            shown.report(desk.say(fetching.what), fetching.total.map(share));
        }
        Event::Fetching(None) => {
            if let Some(fetch) = fetch.take() {
                fetch.end("");
            }
        }
        Event::Learned { project } | Event::Improved { project } => {
            shown.end(desk.say(&view::accuracy(project)));
            desk.answer_waiting_hints(project);
        }
        Event::NotLearned { project, why } => {
            shown.end(desk.say(&phrase!("not-learned")));
            desk.answer_waiting_hints(project);
            match why {
                FitError::Failed(_) => desk.outbox.show(MessageType::ERROR, desk.say(&why.says())),
                FitError::Cancelled | FitError::TooLittle(_) => {
                    desk.outbox.log(MessageType::INFO, desk.say(&why.says()))
                }
            }
        }
        // Last of all: Neovim 0.12 keeps old hints if anything makes it draw before the new ones are there, which this makes
        // rarer. (0.10 keeps them until the text changes or hints are enabled anew. README.md has lines that cure both.)
        Event::Settled => {
            desk.outbox.refresh(Refresh::CodeLenses);
            desk.outbox.refresh(Refresh::InlayHints);
        }
        Event::Warning { message } => desk.outbox.show(MessageType::WARNING, desk.say(&message)),
        Event::Remark { message } => desk.outbox.log(MessageType::INFO, desk.say(&message)),
    };
    move |event| {
        tell_status(&status, &event, &mut learning);
        show(event);
    }
}

/// `learning`: what was last heard of the job that runs, with the data set it is for. A job ends with news, and the same event says that it
/// gained something and goes on: then its next report follows.
fn tell_status(desk: &Desk, event: &Event<'_>, learning: &mut Option<(PathBuf, engine::Progress)>) {
    let project = match event {
        Event::Learning { project, progress } => {
            *learning = Some((project.root.clone(), progress.clone()));
            project
        }
        Event::Learned { project } | Event::Improved { project } | Event::NotLearned { project, .. } => {
            *learning = None;
            project
        }
        Event::Opened { project, .. } | Event::Findings { project, .. } => project,
        _ => return,
    };
    let progress = learning.as_ref().filter(|(root, _)| *root == project.root).map(|(_, progress)| progress);
    desk.tell_status(project, progress);
}

/// Where nothing is configured. It goes into the log; and before the user's eyes when a data set is met for the first time
/// and its fields have names that could mean something else.
fn say_what_was_detected(desk: &Desk, project: &Project, file: usize) {
    let schema = project.files[file].document.schema();
    if !schema.text_detected && !schema.label_detected {
        return;
    }
    let name = project.files[file].path.file_name().unwrap_or_default().to_string_lossy();
    let message = desk.say(&phrase!("detected-in", file = name, what = schema.describe()));
    let plain = schema.text == ["text"] && schema.label == "label";
    if project.config_file.is_none() && project.learned.is_none() && !plain {
        desk.outbox.show(MessageType::INFO, message);
    } else {
        desk.outbox.log(MessageType::INFO, message);
    }
}
