//! Encoders for the data sets: each is asked for once, away from the actor's thread, and the lexical classifier goes on meanwhile.

use std::{path::Path, sync::Arc, thread};

use catalogue::phrase;
use learn::{Cancel, Embeddings};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Actor, Engine};
use crate::{
    encoders::{FetchError, Fetching, Wanted},
    message::{Event, Fetched, Message},
    supply::{Request, Supply},
    view,
};

enum State {
    Coming(Cancel),
    Here(Arc<Embeddings>),
    /// Said already; asked for again when a person trains by hand, or at the next start.
    Failed,
}

pub(super) struct Equipment {
    engine: Engine,
    supply: Option<Arc<dyn Supply>>,
    states: FxHashMap<Request, State>,
    /// Requests of whose encoders it was said that they do not read long texts to the end.
    cut: FxHashSet<Request>,
}

impl Equipment {
    pub(super) fn new(engine: Engine, supply: Option<Arc<dyn Supply>>) -> Equipment {
        Equipment { engine, supply, states: FxHashMap::default(), cut: FxHashSet::default() }
    }

    /// One that is on this machine, at once.
    pub(super) fn find(&mut self, request: &Request) -> Option<Arc<Embeddings>> {
        if let Some(State::Here(embeddings)) = self.states.get(request) {
            return Some(embeddings.clone());
        }
        let embeddings = self.supply.as_ref()?.find(request)?;
        self.states.insert(request.clone(), State::Here(embeddings.clone()));
        Some(embeddings)
    }

    /// Stops what is being fetched.
    pub(super) fn cancel(&self) {
        for state in self.states.values() {
            if let State::Coming(cancel) = state {
                cancel.cancel();
            }
        }
    }

    /// What failed may be tried again.
    pub(super) fn forgive(&mut self) {
        self.states.retain(|_, state| !matches!(state, State::Failed));
    }

    /// The encoder if it is here; else sees to it that it comes.
    fn ask(&mut self, request: Request) -> Option<Arc<Embeddings>> {
        match self.states.get(&request) {
            Some(State::Here(embeddings)) => return Some(embeddings.clone()),
            Some(State::Coming(_) | State::Failed) => return None,
            None => {}
        }
        let supply = self.supply.clone()?;
        let cancel = Cancel::default();
        self.states.insert(request.clone(), State::Coming(cancel.clone()));
        let engine = self.engine.clone();
        let bring = move || {
            let mut on = |fetching: Fetching<'_>| {
                let fetched = Fetched { what: fetching.what.clone(), done: fetching.done, total: fetching.total };
                engine.send(Message::Fetching(Some(fetched)));
            };
            let result = supply.bring(&request, &cancel, &mut on);
            engine.send(Message::Fetching(None));
            engine.send(Message::Encoder { request, result });
        };
        let spawned = thread::Builder::new().name("gloss-encoder".into()).spawn(bring);
        if let Err(error) = spawned {
            eprintln!("gloss: the encoder cannot be opened: {error}");
        }
        None
    }
}

impl Actor {
    /// Gives a data set the encoder that its gloss.toml asks for, now or once it is there.
    pub(super) fn equip(&mut self, root: &Path) {
        let Some(project) = self.projects.root(root) else { return };
        let request = project.request();
        project.embeddings = if request.wanted == Wanted::None { None } else { self.equipment.ask(request) };
        let was_tried = project.learned.is_some() || project.missing.is_some();
        if project.embeddings.is_some() && was_tried {
            self.climb(root.to_owned());
        }
    }

    pub(super) fn equipped(&mut self, request: Request, result: Result<Arc<Embeddings>, FetchError>) {
        let state = match result {
            Ok(embeddings) => State::Here(embeddings),
            Err(why) => {
                self.warn(match why {
                    FetchError::Cancelled => phrase!("encoder-fetch-stopped"),
                    FetchError::Failed(why) => why,
                });
                State::Failed
            }
        };
        self.equipment.states.insert(request.clone(), state);
        let all = self.projects.all().iter();
        let roots: Vec<_> = all.filter(|project| project.request() == request).map(|p| p.root.clone()).collect();
        roots.iter().for_each(|root| self.equip(root));
    }

    /// Says once of an encoder what it leaves unread.
    pub(super) fn tell_of_cuts(&mut self, root: &Path) {
        let Some(project) = self.projects.root(root) else { return };
        let Some(message) = project.embeddings.as_deref().and_then(view::cut) else { return };
        if self.equipment.cut.insert(project.request()) {
            (self.face)(Event::Remark { message });
        }
    }

    pub(super) fn fetching(&mut self, fetched: Option<Fetched>) {
        let fetching = fetched.as_ref().map(|f| Fetching { what: &f.what, done: f.done, total: f.total });
        (self.face)(Event::Fetching(fetching));
    }
}
