//! Bytes to and from the server's process. What comes is read at once by a thread, with the time at which it came.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

pub(crate) struct Wire {
    child: Child,
    /// `None` once closed.
    input: Option<ChildStdin>,
    incoming: mpsc::Receiver<Incoming>,
    errors: Arc<Mutex<Vec<u8>>>,
    /// The thread that fills `errors`.
    collecting: Option<thread::JoinHandle<()>>,
}

pub(crate) enum Incoming {
    Message(Value, Instant),
    /// The server closed its output, in order or (with a reason) not.
    End(Result<(), String>),
}

impl Wire {
    pub(crate) fn start(mut command: Command) -> Wire {
        let shown = format!("{command:?}");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {shown}: {error}"));
        let (output, mut error) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let (sender, incoming) = mpsc::channel();
        thread::spawn(move || read_all(output, &sender));
        let errors: Arc<Mutex<Vec<u8>>> = Arc::default();
        let collected = Arc::clone(&errors);
        let collecting = thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = error.read(&mut chunk) {
                collected.lock().expect("no panic while collecting").extend_from_slice(&chunk[..count]);
            }
        });
        Wire { input: child.stdin.take(), child, incoming, errors, collecting: Some(collecting) }
    }

    pub(crate) fn send_body(&mut self, body: &str) {
        // Apart, since a large body should not be copied while a bench counts.
        let header = format!("Content-Length: {}\r\n\r\n", body.len());
        for part in [header.as_bytes(), body.as_bytes()] {
            self.send_bytes(part).unwrap_or_else(|error| panic!("the server takes nothing more: {error}"));
        }
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        let input = self.input.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        input.write_all(bytes)?;
        input.flush()
    }

    pub(crate) fn close_input(&mut self) {
        self.input = None;
    }

    /// `None` if nothing came in this time.
    pub(crate) fn receive(&self, limit: Duration) -> Option<Incoming> {
        self.incoming.recv_timeout(limit).ok()
    }

    /// Once the output has ended the process is about to.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("a child to wait for")
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// What the server wrote to standard error so far.
    pub(crate) fn errors(&self) -> String {
        String::from_utf8_lossy(&self.errors.lock().expect("no panic while collecting")).into_owned()
    }
}

impl Drop for Wire {
    /// Nothing is left running, and a failed test says what the server said.
    fn drop(&mut self) {
        self.input = None;
        // Fails if it is gone already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            if let Some(collecting) = self.collecting.take() {
                let _ = collecting.join(); // ends with the process, whose standard error closes
            }
            eprintln!("--- standard error of the server\n{}---", self.errors());
        }
    }
}

fn read_all(output: ChildStdout, sender: &mpsc::Sender<Incoming>) {
    let mut output = BufReader::with_capacity(1 << 16, output);
    loop {
        let incoming = match read(&mut output) {
            Ok(Some(message)) => Incoming::Message(message, Instant::now()),
            Ok(None) => Incoming::End(Ok(())),
            Err(error) => Incoming::End(Err(error)),
        };
        let ends = matches!(incoming, Incoming::End(_));
        // Nobody listens once the client is dropped.
        if sender.send(incoming).is_err() || ends {
            return;
        }
    }
}

/// Exactly what the protocol allows: anything else on standard output (a stray `println!`) is an error.
fn read(output: &mut impl BufRead) -> Result<Option<Value>, String> {
    let mut length = None;
    loop {
        let mut line = String::new();
        let count = output.read_line(&mut line).map_err(|error| format!("standard output: {error}"))?;
        if count == 0 && length.is_none() {
            return Ok(None);
        }
        let Some(line) = line.strip_suffix("\r\n") else { return Err(format!("{line:?} is no header")) };
        match line.split_once(": ") {
            _ if line.is_empty() => break,
            Some(("Content-Length", value)) => {
                length = Some(value.parse::<usize>().map_err(|_| format!("{line:?} is no length"))?);
            }
            Some(("Content-Type", _)) => {}
            _ => return Err(format!("{line:?} is no header")),
        }
    }
    let mut body = vec![0; length.ok_or("a header without Content-Length")?];
    output.read_exact(&mut body).map_err(|_| "a message that was cut off")?;
    serde_json::from_slice(&body).map(Some).map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_frames_are_read() {
        assert_eq!(read(&mut &b"Content-Length: 2\r\n\r\n{}"[..]), Ok(Some(serde_json::json!({}))));
        assert_eq!(read(&mut &b""[..]), Ok(None));
        for bad in
            ["hello\nContent-Length: 2\r\n\r\n{}", "Content-Length: 2\n\n{}", "\r\n{}", "Content-Length: 5\r\n\r\n{}"]
        {
            assert!(read(&mut bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
