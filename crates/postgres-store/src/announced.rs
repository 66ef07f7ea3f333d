//! Whether a pooler stands between this server and its database.
//!
//! PostgreSQL begins a session by telling which process serves it, for clients that cancel a
//! statement (`BackendKeyData`, §55.2.1 of its manual). A pooler tells a number of its own, because it
//! hands each transaction to another process. A session whose process has another number than was
//! announced is therefore a pooler's.

use std::{
    io,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::{Client, SimpleQueryMessage};

/// No server's first answer is as long as this.
const LONGEST_GREETING: usize = 64 * 1024;

/// The number of the process that a server announced, once it has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Process(Arc<OnceLock<i32>>);

impl Process {
    /// Whether another process than the announced one answers. `false` where that cannot be told.
    pub(crate) async fn is_pooled(&self, client: &Client) -> bool {
        // A simple query: it prepares nothing.
        let answer = client.simple_query("SELECT pg_backend_pid()").await;
        let answering = answer.ok().and_then(|messages| {
            messages.iter().find_map(|message| match message {
                SimpleQueryMessage::Row(row) => row.get(0)?.parse::<i32>().ok(),
                _ => None,
            })
        });
        match (self.0.get(), answering) {
            (Some(announced), Some(answering)) => *announced != answering,
            _ => false,
        }
    }
}

/// A stream from a server whose first answer is read along.
pub(crate) struct Announced<S> {
    stream: S,
    /// What has been heard so far; nothing once the process is known, or cannot be.
    greeting: Option<Vec<u8>>,
    process: Process,
}

impl<S> Announced<S> {
    /// Wraps a stream on which nothing has been heard yet.
    pub(crate) fn new(stream: S, process: Process) -> Self {
        Self {
            stream,
            greeting: Some(Vec::new()),
            process,
        }
    }

    fn listen(&mut self, bytes: &[u8]) {
        let Some(greeting) = &mut self.greeting else {
            return;
        };
        greeting.extend_from_slice(bytes);
        match announced(greeting) {
            Heard::Process(number) => {
                // Told once in a session.
                let _first: Result<(), i32> = self.process.0.set(number);
                self.greeting = None;
            }
            Heard::Nothing => self.greeting = None,
            Heard::Part if greeting.len() > LONGEST_GREETING => self.greeting = None,
            Heard::Part => {}
        }
    }
}

/// What a greeting says of the process.
#[derive(Debug, PartialEq, Eq)]
enum Heard {
    Process(i32),
    /// It has ended without saying.
    Nothing,
    /// The rest is still to come.
    Part,
}

fn announced(greeting: &[u8]) -> Heard {
    let mut rest = greeting;
    loop {
        let Some(([kind, length @ ..], body)) = rest.split_first_chunk::<5>() else {
            return Heard::Part;
        };
        // The length counts itself but not the type.
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let Some((body, next)) = body.split_at_checked(length.saturating_sub(4)) else {
            return Heard::Part;
        };
        match (kind, body.first_chunk()) {
            (b'K', Some(number)) => return Heard::Process(i32::from_be_bytes(*number)),
            (b'Z', _) => return Heard::Nothing,
            _ => rest = next,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Announced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let (_, heard) = buffer.filled().split_at(before);
        self.listen(heard);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Announced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[kind], &length.to_be_bytes()[..], body].concat()
    }

    #[test]
    fn the_process_is_found_wherever_the_greeting_is_cut() {
        let key = [&4711_i32.to_be_bytes()[..], b"key!"].concat();
        let greeting = [
            message(b'R', &[0, 0, 0, 0]),
            message(b'S', b"server_version\x0017\0"),
            message(b'K', &key),
            message(b'Z', b"I"),
        ]
        .concat();

        let known_from = greeting.len() - message(b'Z', b"I").len();
        for cut in 0..=greeting.len() {
            let expected = if cut < known_from {
                Heard::Part
            } else {
                Heard::Process(4711)
            };
            assert_eq!(announced(&greeting[..cut]), expected, "{cut}");
        }
    }

    #[test]
    fn a_greeting_that_tells_no_process_tells_nothing() {
        let silent = [message(b'R', &[0, 0, 0, 0]), message(b'Z', b"I")].concat();
        let odd = [message(b'K', b""), message(b'Z', b"I")].concat();
        let endless = [b'K', 0xff, 0xff, 0xff, 0xff];

        assert_eq!(announced(&silent), Heard::Nothing);
        assert_eq!(announced(&odd), Heard::Nothing);
        assert_eq!(announced(&endless), Heard::Part);
    }
}
