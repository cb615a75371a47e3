//! Encoders as training uses them: found, brought, opened, each once for all data sets that ask for it.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use catalogue::{Phrase, phrase};
use learn::{Cancel, Device, Embeddings, Encoder, Vault, encoder::Pooling};
use rustc_hash::FxHashMap;

use crate::{
    encoders::{Encoders, FetchError, Fetching, Wanted},
    vault::DiskVault,
};

/// What a data set asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    pub wanted: Wanted,
    pub pooling: Option<Pooling>,
    pub device: Device,
    /// Fetch nothing.
    pub offline: bool,
}

/// Where encoders come from. Calls may take long and come from any thread.
pub trait Supply: Send + Sync {
    /// One that is on this machine; never fetched.
    fn find(&self, request: &Request) -> Option<Arc<Embeddings>>;
    /// Finds it, or fetches it.
    fn bring(
        &self,
        request: &Request,
        cancel: &Cancel,
        on: &mut dyn FnMut(Fetching<'_>),
    ) -> Result<Arc<Embeddings>, FetchError>;
}

type Opened = FxHashMap<(PathBuf, Option<Pooling>, Device), Arc<Embeddings>>;

/// Those of this machine, and of the places that the environment names.
pub struct Machine {
    places: Encoders,
    vault: Option<Arc<dyn Vault>>,
    opened: Mutex<Opened>,
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine").field("places", &self.places).finish_non_exhaustive()
    }
}

impl Machine {
    pub fn of_environment() -> Machine {
        let vault = DiskVault::shared().map(|vault| Arc::new(vault) as Arc<dyn Vault>);
        Machine { places: Encoders::of_environment(), vault, opened: Mutex::default() }
    }

    /// The encoder of a folder, on a device. The error is for people.
    pub fn open(&self, folder: PathBuf, pooling: Option<Pooling>, device: Device) -> Result<Arc<Embeddings>, Phrase> {
        // Held while it is opened: who comes second waits for the first.
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(embeddings) = opened.get(&(folder.clone(), pooling, device)) {
            return Ok(embeddings.clone());
        }
        let encoder = Encoder::open(&folder, pooling).map_err(|error| error.says())?.on(device)?;
        let embeddings = Arc::new(Embeddings::new(Arc::new(encoder), self.vault.clone()));
        opened.insert((folder, pooling, device), embeddings.clone());
        Ok(embeddings)
    }
}

impl Supply for Machine {
    fn find(&self, request: &Request) -> Option<Arc<Embeddings>> {
        self.open(self.places.find(&request.wanted)?, request.pooling, request.device).ok()
    }

    fn bring(
        &self,
        request: &Request,
        cancel: &Cancel,
        on: &mut dyn FnMut(Fetching<'_>),
    ) -> Result<Arc<Embeddings>, FetchError> {
        let folder = self.places.fetch(&request.wanted, request.offline, cancel, on)?;
        self.open(folder, request.pooling, request.device)
            .map_err(|why| FetchError::Failed(phrase!("encoder-useless", why)))
    }
}
