//! HTTP, one request at a time.
//!
//! What must stay true: whoever waits can leave at once, whatever the network does. So each request has a thread of its own
//! that only reads and hands on; nobody joins it, and it ends by a time-out or when it finds its listener gone. No file is
//! touched there. A token goes to the host it is meant for, never to where that host redirects.

use std::{
    io::Read,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::Duration,
};

use catalogue::{Phrase, phrase};
use learn::Cancel;
use ureq::{
    Agent,
    http::{HeaderMap, Uri},
    tls::{RootCerts, TlsConfig},
};

use super::{LOOK, trouble::Trouble};

/// A hub that is blocked is known as such after this time.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(15);
/// A server that is silent for so long in the middle of a file is as good as gone.
const SILENCE: Duration = Duration::from_secs(30);
const CHUNK: usize = 1 << 16;
const REDIRECTS: usize = 8;

pub(super) struct Web {
    agent: Agent,
}

#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    pub url: &'a str,
    pub token: Option<&'a str>,
    /// Only what the server would say of it.
    pub head: bool,
    /// The bytes from here on.
    pub from: u64,
}

pub(super) struct Answer {
    pub status: u16,
    headers: HeaderMap,
    told: Receiver<Said>,
}

enum Said {
    Answer(u16, HeaderMap),
    Bytes(Vec<u8>),
    End,
    Failed(Phrase),
}

impl Web {
    pub(super) fn new() -> Web {
        // Companies that look into TLS have a certificate of their own in the system's store. Proxies come from the
        // environment (HTTPS_PROXY, NO_PROXY).
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("gloss/", env!("CARGO_PKG_VERSION")))
            .accept_encoding("identity")
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_send_request(Some(ANSWER))
            .timeout_recv_response(Some(ANSWER))
            .timeout_per_read(Some(SILENCE))
            .build();
        Web { agent: Agent::new_with_config(config) }
    }

    /// Asks, and follows redirects within the host; to other hosts only for the bytes themselves, and without the token.
    pub(super) fn ask(&self, request: Request<'_>, cancel: &Cancel) -> Result<Answer, Trouble> {
        let mut url = request.url.to_owned();
        let mut token = request.token;
        for _ in 0..REDIRECTS {
            let answer = self.ask_once(Request { url: &url, token, ..request }, cancel)?;
            let location = answer.header("location").filter(|_| matches!(answer.status, 301 | 302 | 303 | 307 | 308));
            let Some(next) = location.and_then(|location| joined(&url, location)) else { return Ok(answer) };
            let leaves = host(&url) != host(&next);
            if leaves && request.head {
                return Ok(answer);
            }
            if url.starts_with("https://") && !next.starts_with("https://") {
                return Err(Trouble::Network(phrase!("redirect-unencrypted", host = shown(&url))));
            }
            token = token.filter(|_| !leaves);
            url = next;
        }
        Err(Trouble::Network(phrase!("redirect-endless", host = shown(request.url))))
    }

    fn ask_once(&self, request: Request<'_>, cancel: &Cancel) -> Result<Answer, Trouble> {
        let mut asked = if request.head { self.agent.head(request.url) } else { self.agent.get(request.url) };
        if let Some(token) = request.token {
            asked = asked.header("authorization", format!("Bearer {token}"));
        }
        if request.from > 0 {
            asked = asked.header("range", format!("bytes={}-", request.from));
        }
        let (tell, told) = sync_channel(4);
        thread::spawn(move || {
            match asked.call() {
                Ok(response) => {
                    let (parts, body) = response.into_parts();
                    if tell.send(Said::Answer(parts.status.as_u16(), parts.headers)).is_ok() {
                        hand_on(body.into_reader(), &tell);
                    }
                }
                // Nobody may be listening any more.
                Err(error) => drop(tell.send(Said::Failed(why(&error)))),
            }
        });
        match hear(&told, cancel, CONNECT * 2 + ANSWER * 2)? {
            Said::Answer(status, headers) => Ok(Answer { status, headers, told }),
            Said::Failed(why) => Err(Trouble::Network(phrase!("host-unreachable", host = shown(request.url), why))),
            Said::Bytes(_) | Said::End => Err(Trouble::Network(phrase!("host-silent", host = shown(request.url)))),
        }
    }
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The next bytes, or `None` at the end.
    pub(super) fn next(&mut self, cancel: &Cancel) -> Result<Option<Vec<u8>>, Trouble> {
        match hear(&self.told, cancel, SILENCE)? {
            Said::Bytes(bytes) => Ok(Some(bytes)),
            Said::Failed(why) => Err(Trouble::Network(phrase!("connection-cut", why))),
            Said::End | Said::Answer(..) => Ok(None),
        }
    }
}

fn hand_on(mut body: impl Read, tell: &SyncSender<Said>) {
    loop {
        let mut chunk = vec![0; CHUNK];
        let said = match body.read(&mut chunk) {
            Ok(0) => Said::End,
            Ok(len) => {
                chunk.truncate(len);
                Said::Bytes(chunk)
            }
            Err(error) => Said::Failed(Phrase::verbatim(error.to_string())),
        };
        let is_last = !matches!(said, Said::Bytes(_));
        if tell.send(said).is_err() || is_last {
            return;
        }
    }
}

fn hear(told: &Receiver<Said>, cancel: &Cancel, patience: Duration) -> Result<Said, Trouble> {
    let mut waited = Duration::ZERO;
    loop {
        if cancel.is_cancelled() {
            return Err(Trouble::Cancelled);
        }
        match told.recv_timeout(LOOK) {
            Ok(said) => return Ok(said),
            Err(RecvTimeoutError::Disconnected) => return Ok(Said::Failed(phrase!("request-broke-off"))),
            Err(RecvTimeoutError::Timeout) => waited += LOOK,
        }
        if waited > patience {
            return Ok(Said::Failed(phrase!("nothing-heard", seconds = patience.as_secs())));
        }
    }
}

fn why(error: &ureq::Error) -> Phrase {
    match error {
        ureq::Error::HostNotFound => phrase!("no-such-host"),
        ureq::Error::Io(error) => Phrase::verbatim(error.to_string()),
        ureq::Error::Timeout(_) => phrase!("time-out"),
        error => Phrase::verbatim(error.to_string()),
    }
}

/// Scheme and host with its port: where a token may go.
fn host(url: &str) -> Option<(String, String)> {
    let uri: Uri = url.parse().ok()?;
    Some((uri.scheme_str()?.to_owned(), uri.authority()?.as_str().to_ascii_lowercase()))
}

/// The host of an address, for people.
pub(super) fn shown(url: &str) -> String {
    host(url).map_or_else(|| url.to_owned(), |(_, host)| host)
}

fn joined(base: &str, location: &str) -> Option<String> {
    if location.starts_with("http://") || location.starts_with("https://") {
        return Some(location.to_owned());
    }
    let (scheme, host) = host(base)?;
    match location.strip_prefix("//") {
        Some(other) => Some(format!("{scheme}://{other}")),
        None if location.starts_with('/') => Some(format!("{scheme}://{host}{location}")),
        None => Some(format!("{}/{location}", base.rsplit_once('/')?.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_leads_where_browsers_would_go() {
        let base = "https://hub.test/a/b/resolve/main/c.json";
        for (location, expected) in [
            ("/api/c", "https://hub.test/api/c"),
            ("d.json", "https://hub.test/a/b/resolve/main/d.json"),
            ("//cdn.test/c", "https://cdn.test/c"),
            ("http://cdn.test/c?x=1", "http://cdn.test/c?x=1"),
        ] {
            assert_eq!(joined(base, location).as_deref(), Some(expected));
        }
        assert_ne!(host("http://hub.test:1/x"), host("http://hub.test:2/x"), "another port is another server");
        assert_eq!(shown(base), "hub.test");
    }
}
