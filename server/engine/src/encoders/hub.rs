//! From the hub into the cache that Hugging Face's tools share.
//!
//! What must stay true: a blob has its name only when it is checked; the reference to a commit is written after all of its
//! files. A blob that was begun is gone on with, under the lock that the other tools hold, too.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Duration,
};

use catalogue::{Phrase, phrase};
use learn::Cancel;

use super::{
    Encoders, Fetching, OPTIONAL, REQUIRED, cache, lock,
    trouble::Trouble,
    verify,
    web::{Answer, Request, Web, shown},
};

/// A connection that is cut is made again this often, if it brought nothing.
const TRIES: usize = 3;
const PAUSE: Duration = Duration::from_millis(500);

struct Wish<'a> {
    name: &'static str,
    url: String,
    /// What names the bytes: for large files their SHA-256.
    etag: String,
    size: Option<u64>,
    repo: &'a Path,
}

struct Hub<'a> {
    web: Web,
    encoders: &'a Encoders,
    shared: &'a Path,
    id: &'a str,
    cancel: &'a Cancel,
}

/// Fetches what is missing; the snapshot's folder.
pub(super) fn fetch(
    encoders: &Encoders,
    shared: &Path,
    id: &str,
    cancel: &Cancel,
    on: &mut dyn FnMut(Fetching<'_>),
) -> Result<PathBuf, Trouble> {
    let hub = Hub { web: Web::new(), encoders, shared, id, cancel };
    let host = shown(&encoders.endpoint);
    on(Fetching { what: &phrase!("fetch-asking", host = &host), done: 0, total: None });
    let repo = cache::repo(shared, id);
    let (commit, wishes) = hub.plan(&repo)?;
    let snapshot = repo.join("snapshots").join(&commit);
    let total = wishes.iter().map(|wish| wish.size).sum::<Option<u64>>();
    let mut done = 0;
    // The weights are last: an interrupted fetch leaves the small files, and a folder without weights is no encoder.
    for wish in &wishes {
        let what = phrase!("fetch-from", file = wish.name, host = &host);
        let blob = hub.blob(wish, &mut |bytes| on(Fetching { what: &what, done: done + bytes, total }), cancel)?;
        done += fs::metadata(&blob).map_or(0, |about| about.len());
        let link = snapshot.join(wish.name);
        link_to(&blob, &link).map_err(|error| Trouble::of_disk(&link, &error))?;
    }
    let reference = repo.join("refs/main");
    write_whole(&reference, commit.as_bytes()).map_err(|error| Trouble::of_disk(&reference, &error))?;
    Ok(snapshot)
}

impl<'a> Hub<'a> {
    /// The commit of the main branch, and all files of that one commit that are there.
    fn plan(&self, repo: &'a Path) -> Result<(String, Vec<Wish<'a>>), Trouble> {
        let first = self.head("main", REQUIRED[0])?;
        let host = shown(&self.encoders.endpoint);
        let commit = first.header("x-repo-commit").and_then(cache::plain).map(str::to_owned);
        if !matches!(first.status, 200..400) {
            return Err(self.refusal(first.status, REQUIRED[0], first.header("x-error-code")));
        }
        let commit = commit.ok_or_else(|| Trouble::Network(phrase!("hub-is-none", host = &host)))?;
        let mut wishes = Vec::new();
        for name in OPTIONAL.into_iter().chain(REQUIRED) {
            let answer = self.head(&commit, name)?;
            match answer.status {
                200..400 => {}
                404 if OPTIONAL.contains(&name) => {
                    // As the hub's own tools remember it; not worth failing for.
                    let _ = write_whole(&repo.join(".no_exist").join(&commit).join(name), b"");
                    continue;
                }
                status => return Err(self.refusal(status, name, answer.header("x-error-code"))),
            }
            let etag = answer.header("x-linked-etag").or(answer.header("etag")).unwrap_or_default();
            let etag = etag.trim_start_matches("W/").trim_matches('"');
            let etag =
                cache::plain(etag).ok_or_else(|| Trouble::Network(phrase!("hub-no-etag", host = &host, name)))?;
            // The length of a redirect is that of the redirect.
            let own = answer.header("content-length").filter(|_| answer.status == 200);
            let size = answer.header("x-linked-size").or(own).and_then(|size| size.parse().ok());
            wishes.push(Wish { name, url: self.url(&commit, name), etag: etag.to_owned(), size, repo });
        }
        Ok((commit, wishes))
    }

    fn url(&self, revision: &str, name: &str) -> String {
        format!("{}/{}/resolve/{revision}/{name}", self.encoders.endpoint, self.id)
    }

    fn head(&self, revision: &str, name: &str) -> Result<Answer, Trouble> {
        let url = self.url(revision, name);
        self.web.ask(Request { url: &url, token: self.encoders.token.as_deref(), head: true, from: 0 }, self.cancel)
    }

    fn refusal(&self, status: u16, name: &str, code: Option<&str>) -> Trouble {
        let (id, host) = (self.id, shown(&self.encoders.endpoint));
        let is_unknown = code == Some("RepoNotFound");
        match status {
            404 if is_unknown => Trouble::Refused(phrase!("hub-no-model", host, id)),
            404 if name == "model.safetensors" => Trouble::Refused(phrase!("hub-no-weights", host, name)),
            404 => Trouble::Refused(phrase!("hub-no-file", host, name)),
            401 => Trouble::Refused(phrase!("hub-unknown-or-private", host)),
            403 => Trouble::Refused(phrase!("hub-forbidden", host)),
            status => Trouble::Network(phrase!("hub-status", host, status = u32::from(status))),
        }
    }

    /// The bytes of a file, fetched if they are not there.
    fn blob(&self, wish: &Wish<'_>, on: &mut dyn FnMut(u64), cancel: &Cancel) -> Result<PathBuf, Trouble> {
        let blob = wish.repo.join("blobs").join(&wish.etag);
        let folder = wish.repo.file_name().unwrap_or_default();
        let _lock = if blob.is_file() {
            return Ok(blob);
        } else {
            let path = self.shared.join(".locks").join(folder).join(format!("{}.lock", wish.etag));
            lock::hold(&path, cancel, || on(0))?
        };
        if blob.is_file() {
            return Ok(blob);
        }
        let part = blob.with_file_name(format!("{}.incomplete", wish.etag));
        let of_disk = |error| Trouble::of_disk(&part, &error);
        fs::create_dir_all(wish.repo.join("blobs")).map_err(of_disk)?;
        let mut was_resumed = length(&part) > 0;
        loop {
            self.pull_to_the_end(wish, &part, on)?;
            match self.fault(wish, &part) {
                Ok(None) => break,
                Ok(Some(why)) => {
                    // What was there before may have been another's half: once more, from nothing.
                    let _ = fs::remove_file(&part);
                    if !was_resumed {
                        return Err(Trouble::Refused(phrase!("file-is-damaged", name = wish.name, why)));
                    }
                    was_resumed = false;
                }
                Err(trouble) => return Err(trouble),
            }
        }
        fs::rename(&part, &blob).map_err(of_disk)?;
        Ok(blob)
    }

    /// Pulls, and goes on where a connection was cut, as long as that brings anything.
    fn pull_to_the_end(&self, wish: &Wish<'_>, part: &Path, on: &mut dyn FnMut(u64)) -> Result<(), Trouble> {
        let mut vain = 0;
        loop {
            let before = length(part);
            match self.pull(wish, part, on) {
                Err(Trouble::Network(why)) => {
                    vain = if length(part) > before { 0 } else { vain + 1 };
                    if vain == TRIES {
                        return Err(Trouble::Network(why));
                    }
                    self.pause()?;
                }
                result => return result,
            }
        }
    }

    fn pause(&self) -> Result<(), Trouble> {
        let mut left = PAUSE;
        while !left.is_zero() {
            if self.cancel.is_cancelled() {
                return Err(Trouble::Cancelled);
            }
            thread::sleep(super::LOOK);
            left = left.saturating_sub(super::LOOK);
        }
        Ok(())
    }

    /// One connection: what it brings goes behind what is there.
    fn pull(&self, wish: &Wish<'_>, part: &Path, on: &mut dyn FnMut(u64)) -> Result<(), Trouble> {
        let mut from = length(part);
        if wish.size.is_some_and(|size| from > size) {
            let _ = fs::remove_file(part);
            from = 0;
        } else if from > 0 && wish.size == Some(from) {
            return Ok(());
        }
        let token = self.encoders.token.as_deref();
        let mut answer = self.web.ask(Request { url: &wish.url, token, head: false, from }, self.cancel)?;
        match answer.status {
            // The range was not heeded: here is the whole.
            200 => from = 0,
            206 if answer.header("content-range").is_some_and(|range| range.starts_with(&format!("bytes {from}-"))) => {
            }
            206 | 416 => {
                let _ = fs::remove_file(part);
                return Err(Trouble::Network(phrase!("file-not-resumable", name = wish.name)));
            }
            status => return Err(self.refusal(status, wish.name, answer.header("x-error-code"))),
        }
        let announced = answer.header("content-length").and_then(|length| length.parse::<u64>().ok());
        let size = wish.size.or(announced.map(|rest| from + rest));
        let wrong = |got: u64, size: u64| {
            let _ = fs::remove_file(part);
            Trouble::Refused(phrase!("file-of-wrong-size", name = wish.name, size, got))
        };
        if let (Some(size), Some(rest)) = (size, announced)
            && from + rest != size
        {
            return Err(wrong(from + rest, size));
        }
        self.write(&mut answer, part, from, on).map_err(|trouble| match trouble {
            Either::Disk(error) => {
                if Trouble::is_full_disk(&error) {
                    let _ = fs::remove_file(part);
                }
                Trouble::of_disk(part, &error)
            }
            Either::Other(trouble) => trouble,
        })?;
        match (size, length(part)) {
            (Some(size), got) if got < size => {
                Err(Trouble::Network(phrase!("connection-cut-after", got, size, name = wish.name)))
            }
            (Some(size), got) if got > size => Err(wrong(got, size)),
            _ => Ok(()),
        }
    }

    fn write(&self, answer: &mut Answer, part: &Path, from: u64, on: &mut dyn FnMut(u64)) -> Result<(), Either> {
        let mut file = File::options().create(true).append(true).open(part)?;
        if from == 0 && length(part) > 0 {
            file.set_len(0)?;
        }
        let mut done = from;
        on(done);
        while let Some(bytes) = answer.next(self.cancel).map_err(Either::Other)? {
            file.write_all(&bytes)?;
            done += bytes.len() as u64;
            on(done);
        }
        // A blob that is named must be there after a power cut, too.
        match file.sync_all() {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            result => Ok(result?),
        }
    }

    /// What is wrong with a file that came to its end.
    fn fault(&self, wish: &Wish<'_>, part: &Path) -> Result<Option<Phrase>, Trouble> {
        if wish.etag.len() == 64 && wish.etag.chars().all(|ch| ch.is_ascii_hexdigit()) {
            let sum = verify::sha256(part, self.cancel).map_err(|error| Trouble::of_disk(part, &error))?;
            if sum.ok_or(Trouble::Cancelled)? != wish.etag.to_ascii_lowercase() {
                return Ok(Some(phrase!("wrong-sum")));
            }
        }
        Ok(match wish.name {
            "model.safetensors" => verify::weights(part).err(),
            name if name.ends_with(".json") => verify::json(part).err(),
            _ => None,
        })
    }
}

enum Either {
    Disk(io::Error),
    Other(Trouble),
}

impl From<io::Error> for Either {
    fn from(error: io::Error) -> Either {
        Either::Disk(error)
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |about| about.len())
}

/// Makes `link` stand for the blob: by a link where the system has them, else by a second name or a copy.
fn link_to(blob: &Path, link: &Path) -> io::Result<()> {
    if link.exists() {
        return Ok(());
    }
    let Some(folder) = link.parent() else { return Ok(()) };
    fs::create_dir_all(folder)?;
    // One that leads nowhere is another's leftover.
    let _ = fs::remove_file(link);
    let made = linked(blob, link).or_else(|_| fs::hard_link(blob, link));
    match made {
        // Another program was quicker.
        Err(_) if link.exists() => Ok(()),
        Err(_) => write_whole(link, &fs::read(blob)?),
        Ok(()) => Ok(()),
    }
}

#[cfg(unix)]
fn linked(blob: &Path, link: &Path) -> io::Result<()> {
    let (Some(repo), Some(name)) = (blob.parent().and_then(Path::parent), blob.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    // Relative, so that the cache can be moved.
    let depth = link.strip_prefix(repo).map_or(0, |inside| inside.components().count());
    let up: PathBuf = (1..depth).map(|_| "..").collect();
    std::os::unix::fs::symlink(up.join("blobs").join(name), link)
}

#[cfg(not(unix))]
fn linked(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Writes a file under a name that nobody else uses, then renames it.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    let Some(folder) = path.parent() else { return Err(io::ErrorKind::InvalidInput.into()) };
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let number = WRITES.fetch_add(1, Ordering::Relaxed);
    let aside = folder.join(format!("{}{}-{number}-{name}", cache::PARTS, std::process::id()));
    fs::write(&aside, bytes)?;
    fs::rename(&aside, path)
}
