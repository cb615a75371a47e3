//! The frame pump: standard input, made safe, into the pipe that tower-lsp reads.
//!
//! Two tasks with a queue between them:
//! - The reader takes frames off standard input as they come, whatever the server is doing: a client that writes five
//!   hundred requests before it reads one answer is never blocked, and `exit` is seen at once.
//! - The forwarder writes sound frames into the pipe, in order. After `exit` it closes the pipe and forwards nothing
//!   more: tower-lsp would otherwise wait for standard input to end, and never return after a further message.

use std::sync::Arc;

use tokio::{
    io::{AsyncRead, AsyncWriteExt, DuplexStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
};

use crate::{
    frame::{Frame, Frames, MAX_BODY},
    guard,
    lifecycle::{Ending, Lifecycle},
    message::{Judged, Kind, judge},
};

/// How many bytes may wait in the queue; beyond it the client has to wait. Twice the largest frame.
const WAITING: usize = 2 * MAX_BODY;
/// The budget is counted in these, to fit a semaphore's numbers.
const UNIT: usize = 1 << 10;

/// A body and its share of the budget, given back when it has been forwarded.
pub(crate) struct Parcel(Vec<u8>, OwnedSemaphorePermit);

/// The two ends of the queue.
pub(crate) fn queue() -> (mpsc::UnboundedSender<Parcel>, mpsc::UnboundedReceiver<Parcel>) {
    mpsc::unbounded_channel()
}

/// Reads until `exit` or the end of the input, then says so to the lifecycle and closes the queue.
pub(crate) async fn read<R>(input: R, queue: mpsc::UnboundedSender<Parcel>, lifecycle: Lifecycle)
where
    R: AsyncRead + Unpin,
{
    let budget = Arc::new(Semaphore::new(WAITING / UNIT));
    let mut frames = Frames::new(input);
    let ending = loop {
        let body = match frames.next().await {
            Ok(Some(Frame::Body(body))) => body,
            Ok(Some(Frame::Garbage(what))) => {
                guard::log(&format!("passed over {what} in what the client sent"));
                continue;
            }
            Ok(None) => break Ending::InputClosed,
            Err(error) => {
                guard::log(&format!("standard input: {error}"));
                break Ending::InputClosed;
            }
        };
        let (body, kind) = match judge(body) {
            Judged::Message { body, kind } => (body, kind),
            Judged::Refused { instead, why, unreadable } => {
                guard::log(&format!("refused a message of the client: {why}"));
                if let Some(unreadable) = unreadable {
                    frames.put_back(&unreadable);
                }
                (instead, Kind::Other)
            }
            Judged::Empty => continue,
        };
        if kind == Kind::Shutdown {
            lifecycle.shutdown_requested();
        }
        // A repaired body may be longer than it came; the semaphore is never closed.
        let share = body.len().div_ceil(UNIT).min(WAITING / UNIT) as u32;
        let Ok(share) = Arc::clone(&budget).acquire_many_owned(share).await else { break Ending::Failed };
        if queue.send(Parcel(body, share)).is_err() {
            break Ending::Failed;
        }
        if kind == Kind::Exit {
            break Ending::Exit;
        }
    };
    lifecycle.end(ending);
}

/// Writes what is in the queue until it is closed and empty, then closes the pipe.
pub(crate) async fn forward(mut queue: mpsc::UnboundedReceiver<Parcel>, mut pipe: DuplexStream) {
    while let Some(Parcel(body, share)) = queue.recv().await {
        let header = format!("Content-Length: {}\r\n\r\n", body.len());
        // The other end is gone only when the server has ended.
        if pipe.write_all(header.as_bytes()).await.is_err() || pipe.write_all(&body).await.is_err() {
            return;
        }
        drop(share);
    }
}
