//! Timeout: giving up a server that owes an answer and keeps silent.
//!
//! A host that vanishes closes no connection: what was sent is never answered, and no error comes.
//! TCP notices after [a while](crate::url), unless something in between goes on acknowledging, such
//! as a proxy whose other side is gone, and it never notices a server that was stopped.
//! [`Impatient`] therefore counts what is asked and what is answered, and reports an error once an
//! answer is overdue. To tokio-postgres that is a connection that broke: every statement on it
//! fails, none is cut off half-way, and the pool does not hand it out again.
//!
//! A request ends with `Query` or `Sync`, and its answer with `ReadyForQuery` (§55.2 of
//! PostgreSQL's manual). The session's own first answer ends with it, too.

use std::{
    io,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};
use tokio_postgres::tls::{ChannelBinding, TlsStream};

/// A stream to a server with a timeout for its answers.
pub(crate) struct Impatient<S> {
    stream: S,
    /// Asked for once, while the session starts.
    binding: Mutex<Option<ChannelBinding>>,
    patience: Option<Duration>,
    said: Frames,
    heard: Frames,
    /// Answers that are still to come.
    owed: usize,
    /// There while an answer is owed.
    alarm: Option<Alarm>,
}

/// Fires when the server has been silent for too long.
struct Alarm {
    patience: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl<S> Impatient<S> {
    /// Wraps a stream on which nothing has been said yet, not even the startup message. Without
    /// `patience` there is no timeout.
    pub(crate) fn new(stream: S, binding: ChannelBinding, patience: Option<Duration>) -> Self {
        Self {
            stream,
            binding: Mutex::new(Some(binding)),
            patience,
            said: Frames::untyped(),
            heard: Frames::typed(),
            owed: 0,
            alarm: None,
        }
    }

    fn note_said(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut asked = 0;
        self.said.read(bytes, |kind| {
            asked += usize::from(matches!(kind, None | Some(b'S' | b'Q')));
        })?;
        if self.owed == 0 && asked > 0 {
            self.set_alarm();
        }
        self.owed += asked;
        Ok(())
    }

    fn note_heard(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut answered: usize = 0;
        self.heard
            .read(bytes, |kind| answered += usize::from(kind == Some(b'Z')))?;
        self.owed = self.owed.saturating_sub(answered);
        if self.owed == 0 {
            self.alarm = None;
        } else if !bytes.is_empty() {
            self.set_alarm();
        }
        Ok(())
    }

    fn set_alarm(&mut self) {
        let Some(patience) = self.patience else {
            return;
        };
        let rings = Instant::now() + patience;
        if let Some(alarm) = &mut self.alarm {
            alarm.sleep.as_mut().reset(rings);
        } else {
            let sleep = Box::pin(sleep_until(rings));
            self.alarm = Some(Alarm { patience, sleep });
        }
    }

    /// Ready, with an error, when an answer is overdue. Wakes the task when it will be.
    fn poll_alarm(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let Some(Alarm { patience, sleep }) = &mut self.alarm else {
            return Poll::Pending;
        };
        ready!(sleep.as_mut().poll(context));
        tracing::warn!(
            ?patience,
            "the database does not answer: a connection is given up"
        );
        Poll::Ready(io::Error::new(
            io::ErrorKind::TimedOut,
            "the database did not answer in time",
        ))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Impatient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(context, buffer) {
            Poll::Ready(read) => {
                read?;
                let (_, heard) = buffer.filled().split_at(before);
                this.note_heard(heard)?;
                Poll::Ready(Ok(()))
            }
            Poll::Pending => this.poll_alarm(context).map(Err),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Impatient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        match Pin::new(&mut this.stream).poll_write(context, bytes) {
            Poll::Ready(written) => {
                let written = written?;
                let (said, _) = bytes.split_at(written);
                this.note_said(said)?;
                // The next read may have been polled already, and wakes for bytes alone.
                match this.poll_alarm(context) {
                    Poll::Ready(error) => Poll::Ready(Err(error)),
                    Poll::Pending => Poll::Ready(Ok(written)),
                }
            }
            Poll::Pending => this.poll_alarm(context).map(Err),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        match Pin::new(&mut this.stream).poll_flush(context) {
            Poll::Pending => this.poll_alarm(context).map(Err),
            flushed @ Poll::Ready(_) => flushed,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Impatient<S> {
    fn channel_binding(&self) -> ChannelBinding {
        let mut binding = self.binding.lock().unwrap_or_else(PoisonError::into_inner);
        binding.take().unwrap_or_else(ChannelBinding::none)
    }
}

/// Finds the beginnings of messages in a stream of bytes.
struct Frames {
    /// The part of a header that has come.
    header: Vec<u8>,
    /// Bytes that are still to come of the message before.
    body_left: usize,
    /// Whether the next message begins with its type; the startup message does not.
    has_type: bool,
}

impl Frames {
    fn untyped() -> Self {
        Self {
            header: Vec::new(),
            body_left: 0,
            has_type: false,
        }
    }

    fn typed() -> Self {
        Self {
            has_type: true,
            ..Self::untyped()
        }
    }

    /// Tells the type of each message that begins in `bytes`.
    fn read(&mut self, bytes: &[u8], mut found: impl FnMut(Option<u8>)) -> io::Result<()> {
        let mut rest = bytes;
        loop {
            let skipped = self.body_left.min(rest.len());
            self.body_left -= skipped;
            let (_, unread) = rest.split_at(skipped);
            let Some((byte, next)) = unread.split_first() else {
                return Ok(());
            };
            self.header.push(*byte);
            rest = next;
            if let Some((kind, length)) = self.whole_header() {
                // The length counts itself.
                self.body_left = length.checked_sub(4).ok_or(io::ErrorKind::InvalidData)?;
                self.header.clear();
                self.has_type = true;
                found(kind);
            }
        }
    }

    fn whole_header(&self) -> Option<(Option<u8>, usize)> {
        let (kind, length) = if self.has_type {
            let (kind, length) = self.header.split_first()?;
            (Some(*kind), length)
        } else {
            (None, self.header.as_slice())
        };
        let length = u32::from_be_bytes(*length.first_chunk()?);
        Some((kind, usize::try_from(length).unwrap_or(usize::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);
    const STARTUP: &[u8] = b"\0\0\0\x09\0\x03\0\0\0";
    const QUERY: &[u8] = b"Q\0\0\0\x0dSELECT 1\0";
    const SYNC: &[u8] = b"S\0\0\0\x04";
    const NOTICE: &[u8] = b"N\0\0\0\x06Z\0";
    const READY: &[u8] = b"Z\0\0\0\x05I";

    fn connection() -> (Impatient<DuplexStream>, DuplexStream) {
        let (client, server) = duplex(1024);
        let binding = ChannelBinding::none();
        (Impatient::new(client, binding, Some(PATIENCE)), server)
    }

    /// What becomes of a connection on which nothing more is heard, and when.
    async fn silence(mut client: Impatient<DuplexStream>) -> (io::ErrorKind, Duration) {
        let since = Instant::now();
        let error = client.read_u8().await.unwrap_err();
        (error.kind(), since.elapsed())
    }

    async fn heard(client: &mut Impatient<DuplexStream>, bytes: &[u8]) {
        let mut buffer = vec![0; bytes.len()];
        client.read_exact(&mut buffer).await.unwrap();
        assert_eq!(buffer, bytes);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_owes_an_answer_is_given_up() {
        for asked in [STARTUP.to_vec(), [STARTUP, QUERY].concat()] {
            let (mut client, _server) = connection();
            client.write_all(&asked).await.unwrap();

            assert_eq!(silence(client).await, (io::ErrorKind::TimedOut, PATIENCE));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_owes_nothing_may_be_silent() {
        let (mut client, mut server) = connection();
        client.write_all(&[STARTUP, SYNC].concat()).await.unwrap();
        server.write_all(&[READY, READY].concat()).await.unwrap();
        heard(&mut client, &[READY, READY].concat()).await;

        let closing = async {
            tokio::time::advance(PATIENCE * 100).await;
            drop(server);
        };
        let (end, ()) = tokio::join!(silence(client), closing);

        assert_eq!(end.0, io::ErrorKind::UnexpectedEof);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_stops_half_way_is_overdue_from_then_on() {
        let (mut client, mut server) = connection();
        client.write_all(&[STARTUP, QUERY].concat()).await.unwrap();
        tokio::time::advance(PATIENCE / 2).await;
        server.write_all(&[READY, NOTICE].concat()).await.unwrap();
        heard(&mut client, &[READY, NOTICE].concat()).await;

        assert_eq!(silence(client).await, (io::ErrorKind::TimedOut, PATIENCE));
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_takes_nothing_any_more_is_given_up() {
        let (mut client, _server) = connection();
        let since = Instant::now();

        let long = [STARTUP, QUERY, &[b'd'; 2000]].concat();
        let error = client.write_all(&long).await.unwrap_err();

        assert_eq!(
            (error.kind(), since.elapsed()),
            (io::ErrorKind::TimedOut, PATIENCE)
        );
    }

    #[test]
    fn messages_are_found_however_they_are_cut() {
        let stream = [STARTUP, QUERY, SYNC, QUERY].concat();

        for size in 1..=stream.len() {
            let mut frames = Frames::untyped();
            let mut kinds = Vec::new();
            for piece in stream.chunks(size) {
                frames.read(piece, |kind| kinds.push(kind)).unwrap();
            }
            assert_eq!(kinds, [None, Some(b'Q'), Some(b'S'), Some(b'Q')]);
        }
    }

    #[test]
    fn a_message_of_impossible_length_is_an_error() {
        let mut frames = Frames::typed();

        let error = frames.read(b"Z\0\0\0\x03", |_| {}).unwrap_err();

        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
