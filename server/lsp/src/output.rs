//! Standard output as tower-lsp sees it: it never fails.
//!
//! tower-lsp panics when its output breaks while an answer is under way. Here a broken output ends the server in order,
//! and what is written afterwards goes nowhere.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::AsyncWrite;

use crate::lifecycle::{Ending, Lifecycle};

pub(crate) struct Output<W> {
    inner: W,
    broken: bool,
    lifecycle: Lifecycle,
}

impl<W: AsyncWrite + Unpin> Output<W> {
    pub(crate) fn new(inner: W, lifecycle: Lifecycle) -> Output<W> {
        Output { inner, broken: false, lifecycle }
    }

    fn settle<T>(&mut self, result: io::Result<T>, pretended: T) -> Poll<io::Result<T>> {
        Poll::Ready(Ok(result.unwrap_or_else(|_| {
            self.broken = true;
            self.lifecycle.end(Ending::OutputClosed);
            pretended
        })))
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Output<W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.broken {
            return Poll::Ready(Ok(bytes.len()));
        }
        let result = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes));
        // Nothing written of something is how a closed sink may say it.
        let result =
            result.and_then(|n| if n == 0 && !bytes.is_empty() { Err(io::ErrorKind::WriteZero.into()) } else { Ok(n) });
        self.settle(result, bytes.len())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.broken {
            return Poll::Ready(Ok(()));
        }
        let result = ready!(Pin::new(&mut self.inner).poll_flush(cx));
        self.settle(result, ())
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.broken {
            return Poll::Ready(Ok(()));
        }
        let result = ready!(Pin::new(&mut self.inner).poll_shutdown(cx));
        self.settle(result, ())
    }
}
