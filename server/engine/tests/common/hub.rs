//! A hub of models on the loopback, with faults to order.

#![allow(dead_code, reason = "each test file uses a part")]

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

#[derive(Clone)]
pub(crate) enum Fault {
    /// The first GET of the file ends after so many bytes.
    CutOnce(usize),
    /// Announces so many bytes more than there are.
    Longer(usize),
    /// GET sends so many bytes, then nothing and does not end.
    HangAfter(usize),
    /// No answer at all.
    Silent,
    Status(u16),
    /// A range is not heeded.
    NoRange,
}

#[derive(Default)]
struct State {
    files: HashMap<String, (Vec<u8>, String)>,
    faults: HashMap<String, Vec<Fault>>,
    asked: Vec<String>,
}

pub(crate) struct Hub {
    pub(crate) address: String,
    state: Arc<Mutex<State>>,
}

impl Hub {
    /// With the files of a tiny encoder.
    pub(crate) fn new() -> Hub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = shared.clone();
                thread::spawn(move || serve(stream, &state));
            }
        });
        let hub = Hub { address, state };
        for (name, bytes) in encoder() {
            hub.put(name, bytes, &format!("etag-of-{}", name.replace('/', "-")));
        }
        hub
    }

    pub(crate) fn put(&self, name: &str, bytes: Vec<u8>, etag: &str) {
        self.state.lock().unwrap().files.insert(name.into(), (bytes, etag.into()));
    }

    pub(crate) fn without(&self, name: &str) {
        self.state.lock().unwrap().files.remove(name);
    }

    pub(crate) fn fault(&self, name: &str, fault: Fault) {
        self.state.lock().unwrap().faults.entry(name.into()).or_default().push(fault);
    }

    pub(crate) fn mend(&self) {
        self.state.lock().unwrap().faults.clear();
    }

    /// "GET model.safetensors bytes=10-" for each request so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.state.lock().unwrap().asked.clone()
    }
}

/// Weights of 4,000 values, and what belongs to them.
pub(crate) fn encoder() -> Vec<(&'static str, Vec<u8>)> {
    let header = r#"{"a":{"dtype":"F32","shape":[1000,4],"data_offsets":[0,16000]}}"#;
    let mut weights = (header.len() as u64).to_le_bytes().to_vec();
    weights.extend(header.bytes());
    weights.extend((0..16_000u32).map(|at| (at % 251) as u8));
    vec![
        ("config.json", br#"{"model_type": "bert"}"#.to_vec()),
        ("tokenizer.json", b"{}".to_vec()),
        ("model.safetensors", weights),
        ("modules.json", b"[]".to_vec()),
        ("1_Pooling/config.json", b"{}".to_vec()),
    ]
}

fn serve(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(()) = answer(&mut reader, &stream, state) {}
}

/// `None`: the connection ends.
fn answer(reader: &mut BufReader<TcpStream>, mut stream: &TcpStream, state: &Mutex<State>) -> Option<()> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|len| *len > 0)?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut range = None;
    let mut token = String::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim();
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        match name.to_ascii_lowercase().as_str() {
            "range" => range = Some(value.trim().to_owned()),
            "authorization" => token = format!(" {}", value.trim()),
            _ => {}
        }
    }
    let name = path.split_once("/resolve/")?.1.split_once('/')?.1.to_owned();
    let (file, fault) = {
        let mut state = state.lock().unwrap();
        state.asked.push(format!("{method} {name} {}{token}", range.as_deref().unwrap_or("")));
        let file = state.files.get(&name).cloned();
        let faults = state.faults.entry(name).or_default();
        let is_once = method == "GET" && matches!(faults.first(), Some(Fault::CutOnce(_)));
        (file, if is_once { Some(faults.remove(0)) } else { faults.first().cloned() })
    };
    let status = match (&file, &fault) {
        (_, Some(Fault::Status(status))) => *status,
        (None, _) => 404,
        _ => 200,
    };
    if let Some(Fault::Silent) = fault {
        thread::sleep(Duration::from_secs(60));
        return None;
    }
    let (bytes, etag) = file.filter(|_| status == 200).unwrap_or_default();
    let from = range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let from: usize = from.filter(|_| !matches!(fault, Some(Fault::NoRange))).unwrap_or(0).min(bytes.len());
    let more = if let Some(Fault::Longer(more)) = fault { more } else { 0 };
    let length = bytes.len() - from + if method == "GET" { more } else { 0 };
    let (status, ranged) = match from {
        0 => (status, String::new()),
        _ => (206, format!("Content-Range: bytes {from}-{}/{}\r\n", bytes.len() - 1, bytes.len())),
    };
    let head = format!(
        "HTTP/1.1 {status} x\r\nContent-Length: {length}\r\nETag: \"{etag}\"\r\nX-Repo-Commit: {COMMIT}\r\n{ranged}\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    if method == "HEAD" {
        return Some(());
    }
    let body = &bytes[from..];
    match fault {
        Some(Fault::CutOnce(len)) => {
            stream.write_all(&body[..len.min(body.len())]).ok()?;
            None
        }
        Some(Fault::HangAfter(len)) => {
            stream.write_all(&body[..len.min(body.len())]).ok()?;
            thread::sleep(Duration::from_secs(60));
            None
        }
        _ => stream.write_all(body).ok(),
    }
}
