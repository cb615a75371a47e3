//! Frames out of a stream of bytes: headers, a blank line, a body.
//!
//! What must stay true:
//! - Tolerant in what it takes: header names in any case, unknown headers, bare `\n`, stray blank lines.
//! - Never lost for good: whatever stands where a header should be is passed over until the next `Content-Length`.
//! - Memory follows the bytes that arrived, never a number that a header states.

use std::{io, mem};

use tokio::io::{AsyncRead, AsyncReadExt};

/// The largest body that is taken. A 50 MB file, all escaped, stays well below.
pub(crate) const MAX_BODY: usize = 512 << 20;
/// Header lines beyond this are garbage and are not kept.
const MAX_LINE: usize = 8 << 10;
const CHUNK: usize = 64 << 10;
const LENGTH: &[u8] = b"content-length:";

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Body(Vec<u8>),
    /// Something that is no frame was passed over; what was wrong with it.
    Garbage(&'static str),
}

pub(crate) struct Frames<R> {
    input: R,
    /// Bytes read and not yet used.
    buffer: Vec<u8>,
    /// How much of `buffer` is known to hold no line end.
    searched: usize,
    /// Of the header being read.
    length: Option<usize>,
    /// Whether that header has any line yet.
    in_header: bool,
}

impl<R: AsyncRead + Unpin> Frames<R> {
    pub(crate) fn new(input: R) -> Frames<R> {
        Frames { input, buffer: Vec::new(), searched: 0, length: None, in_header: false }
    }

    /// `None` at the end of the input; a frame cut off by it is dropped.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Frame>> {
        loop {
            let Some(line) = self.line().await? else { return Ok(None) };
            match line {
                Line::TooLong => {
                    self.reset();
                    return Ok(Some(Frame::Garbage("a header line without an end")));
                }
                Line::Length(Some(length)) if length <= MAX_BODY => {
                    (self.length, self.in_header) = (Some(length), true)
                }
                Line::Length(found) => {
                    self.reset();
                    let found =
                        if found.is_some() { "a body beyond 512 MiB" } else { "a Content-Length that is no number" };
                    return Ok(Some(Frame::Garbage(found)));
                }
                Line::Other => self.in_header = true,
                Line::Blank if self.length.is_some() => {
                    let length = self.length.unwrap_or_default();
                    self.reset();
                    return Ok(self.body(length).await?.map(Frame::Body));
                }
                Line::Blank if self.in_header => {
                    self.reset();
                    return Ok(Some(Frame::Garbage("a header without Content-Length")));
                }
                Line::Blank => {}
            }
        }
    }

    /// Takes a body back that turned out to be none: if another frame starts inside (the length stated was too long),
    /// reading goes on there. The bytes after it are still to come, so nothing of that frame is lost.
    pub(crate) fn put_back(&mut self, body: &[u8]) {
        let mut from = 0;
        while let Some(found) = find_length(&body[from..]) {
            let start = from + found;
            let header = &body[start + LENGTH.len()..];
            // In JSON a line end inside a string is escaped: a real one cannot be part of a well-formed body.
            let digits = header.iter().take_while(|b| b.is_ascii_digit() || **b == b' ').count();
            if digits > 0 && header[digits..].first().is_none_or(|b| matches!(b, b'\r' | b'\n')) {
                self.buffer.splice(..0, body[start..].iter().copied());
                self.searched = 0;
                return;
            }
            from = start + LENGTH.len();
        }
    }

    fn reset(&mut self) {
        (self.length, self.in_header) = (None, false);
    }

    async fn line(&mut self) -> io::Result<Option<Line>> {
        loop {
            if let Some(end) = self.buffer[self.searched..].iter().position(|b| *b == b'\n') {
                let end = self.searched + end;
                let line = Line::read(&self.buffer[..end]);
                self.buffer.drain(..=end);
                self.searched = 0;
                return Ok(Some(line));
            }
            self.searched = self.buffer.len();
            if self.buffer.len() > MAX_LINE {
                // A frame may start inside, after a body whose header was bad: keep from there, or what may be its start.
                let keep = find_length(&self.buffer).unwrap_or(self.buffer.len() - LENGTH.len());
                let keep = if keep == 0 { self.buffer.len() - LENGTH.len() } else { keep };
                self.buffer.drain(..keep);
                self.searched = 0;
                return Ok(Some(Line::TooLong));
            }
            if !self.fill(CHUNK).await? {
                return Ok(None);
            }
        }
    }

    async fn body(&mut self, length: usize) -> io::Result<Option<Vec<u8>>> {
        while self.buffer.len() < length {
            let missing = length - self.buffer.len();
            if !self.fill(missing.clamp(CHUNK, 16 * CHUNK)).await? {
                return Ok(None);
            }
        }
        let rest = self.buffer.split_off(length);
        Ok(Some(mem::replace(&mut self.buffer, rest)))
    }

    /// `false` at the end of the input.
    async fn fill(&mut self, room: usize) -> io::Result<bool> {
        self.buffer.reserve(room);
        Ok(self.input.read_buf(&mut self.buffer).await? > 0)
    }
}

enum Line {
    Blank,
    /// `None`: not a number.
    Length(Option<usize>),
    Other,
    TooLong,
}

impl Line {
    fn read(line: &[u8]) -> Line {
        // Found inside a line too: after a body whose header was bad, the next header follows without a line end.
        if let Some(start) = find_length(line) {
            let value = line[start + LENGTH.len()..].trim_ascii();
            let number = value.iter().all(u8::is_ascii_digit).then(|| std::str::from_utf8(value).ok()).flatten();
            // A number too large for a usize is still a number: one beyond the cap.
            return Line::Length(number.filter(|n| !n.is_empty()).map(|n| n.parse().unwrap_or(usize::MAX)));
        }
        if line.trim_ascii().is_empty() { Line::Blank } else { Line::Other }
    }
}

fn find_length(bytes: &[u8]) -> Option<usize> {
    bytes.windows(LENGTH.len()).position(|window| window.eq_ignore_ascii_case(LENGTH))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(input: &[u8]) -> Vec<Frame> {
        // One byte at a time and all at once must read the same.
        let read = |chunk: usize| {
            tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
                let mut found = Vec::new();
                let (mut ours, theirs) = tokio::io::duplex(chunk);
                let writer = async {
                    tokio::io::AsyncWriteExt::write_all(&mut ours, input).await.unwrap();
                    drop(ours);
                };
                let mut frames = Frames::new(theirs);
                let reader = async {
                    while let Some(frame) = frames.next().await.unwrap() {
                        found.push(frame);
                    }
                    // Where noise without a line end is cut depends on how it arrives.
                    found.retain(|frame| *frame != Frame::Garbage("a header line without an end"));
                };
                tokio::join!(writer, reader);
                found
            })
        };
        let at_once = read(input.len().max(1));
        assert_eq!(at_once, read(1));
        at_once
    }

    fn body(text: &str) -> Frame {
        Frame::Body(text.into())
    }

    #[test]
    fn reads_headers_as_clients_write_them() {
        let input = b"Content-Length: 2\r\n\r\n{}content-length:3\nX-Other: y\n\n[1]\r\n\r\n\
            Content-Type: application/vscode-jsonrpc; charset=utf8\r\nCONTENT-LENGTH:  4 \r\n\r\nnull";
        assert_eq!(frames(input), [body("{}"), body("[1]"), body("null")]);
    }

    #[test]
    fn finds_the_next_frame_after_garbage() {
        let next = "Content-Length: 2\r\n\r\n{}";
        let lost = |text: &'static str| [Frame::Garbage(text), body("{}")];
        assert_eq!(
            frames(format!("X: y\r\n\r\n{{\"a\":1}}{next}").as_bytes()),
            lost("a header without Content-Length")
        );
        assert_eq!(
            frames(format!("Content-Length: two\r\n\r\n{{}}{next}").as_bytes()),
            lost("a Content-Length that is no number")
        );
        for huge in ["536870913", "99999999999999999999999999"] {
            assert_eq!(
                frames(format!("Content-Length: {huge}\r\n\r\n{next}").as_bytes()),
                lost("a body beyond 512 MiB")
            );
        }
        let noise = "x".repeat(MAX_LINE * 3);
        assert_eq!(frames(format!("{noise}{next}").as_bytes()), [body("{}")]);
    }

    #[test]
    fn goes_on_inside_a_body_that_swallowed_a_frame() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut frames = Frames::new(&b"Content-Length: 25\r\n\r\n{}Content-Length: 4\r\n\r\nnull"[..]);
            let Some(Frame::Body(swallowed)) = frames.next().await.unwrap() else { panic!("no body") };
            frames.put_back(&swallowed);
            assert_eq!(frames.next().await.unwrap(), Some(body("null")));

            // The same words as data of a body are none.
            let mut frames = Frames::new(&b"Content-Length: 2\r\n\r\n[]"[..]);
            frames.put_back(br#"{"text":"Content-Length: 2 \r\n\r\n[]"#);
            assert_eq!(frames.next().await.unwrap(), Some(body("[]")));
        });
    }

    #[test]
    fn a_frame_cut_off_is_no_frame() {
        assert_eq!(frames(b"Content-Length: 20\r\n\r\n{\"half\""), []);
        assert_eq!(frames(b"Content-Le"), []);
        assert_eq!(frames(b""), []);
    }
}
