//! Prepared statements behind a pooler that keeps none.
//!
//! PgBouncer with `pool_mode = transaction` may send every transaction of one client to
//! another server. A statement prepared by name on one of them is unknown to the next, and
//! one that was left behind meets the same name of another process. Before version 1.21
//! PgBouncer does nothing about it, and both tokio-postgres and diesel-async name every
//! statement, also with their caches off, and also for the settings of a new session.
//!
//! [`Unnamed`] therefore sits between tokio-postgres and the socket and does what PgBouncer
//! asks of its clients: it uses only the unnamed statement, and prepares it in the very
//! batch that needs it, which one server gets as a whole. It remembers what each name stands
//! for, puts the `Parse` in front of a `Bind` or `Describe` of it, and takes the server's
//! answer to that `Parse` out again. Nothing else is touched.
//!
//! The messages are those of PostgreSQL's protocol 3 (§55.2.3 and §55.7 of its manual).
//! `COPY` is not supported: there the server ignores the `Sync` that ends a batch.

use std::{
    collections::{HashMap, VecDeque},
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Waiting output above which no more is accepted; one message may exceed it.
const HIGH_WATER_BYTES: usize = 64 * 1024;

/// A stream to a server on which no statement has a name.
pub(crate) struct Unnamed<S> {
    stream: S,
    requests: Requests,
    answers: Answers,
    /// Rewritten requests, not yet accepted by the stream.
    outgoing: VecDeque<u8>,
    /// Answers that the client has not read yet.
    incoming: VecDeque<u8>,
}

impl<S> Unnamed<S> {
    /// Wraps a stream on which nothing has been said yet, not even the startup message.
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            requests: Requests::default(),
            answers: Answers::default(),
            outgoing: VecDeque::new(),
            incoming: VecDeque::new(),
        }
    }
}

impl<S: AsyncWrite + Unpin> Unnamed<S> {
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.is_empty() {
            let (waiting, _) = self.outgoing.as_slices();
            let sent = ready!(Pin::new(&mut self.stream).poll_write(context, waiting))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outgoing.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Unnamed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.outgoing.len() > HIGH_WATER_BYTES {
            ready!(this.poll_send(context))?;
        }
        this.requests
            .rewrite(bytes, &mut this.answers, &mut this.outgoing)?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Unnamed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.incoming.is_empty() {
            let mut chunk = [0; 8192];
            let mut chunk = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut chunk))?;
            if chunk.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.answers.filter(chunk.filled(), &mut this.incoming)?;
        }
        let (waiting, _) = this.incoming.as_slices();
        let count = waiting.len().min(buffer.remaining());
        buffer.put_slice(waiting.split_at(count).0);
        this.incoming.drain(..count);
        Poll::Ready(Ok(()))
    }
}

/// What the client says.
#[derive(Default)]
struct Requests {
    /// The beginning of a message whose end has not been written yet.
    partial: Vec<u8>,
    started: bool,
    /// Query and parameter types of each name, as they stand in its `Parse`.
    statements: HashMap<Vec<u8>, Vec<u8>>,
    /// The name whose statement is the unnamed one for the rest of this batch.
    current: Option<Vec<u8>>,
}

impl Requests {
    fn rewrite(
        &mut self,
        bytes: &[u8],
        answers: &mut Answers,
        outgoing: &mut VecDeque<u8>,
    ) -> io::Result<()> {
        self.partial.extend_from_slice(bytes);
        let written = std::mem::take(&mut self.partial);
        let mut rest = written.as_slice();
        // The startup message is the only one without a leading type.
        while let Some(length) = message_length(rest, usize::from(self.started))? {
            let (message, next) = rest.split_at_checked(length).ok_or_else(malformed)?;
            if self.started {
                self.rewrite_message(message, answers, outgoing)?;
            } else {
                self.started = true;
                outgoing.extend(message);
            }
            rest = next;
        }
        self.partial = rest.to_vec();
        Ok(())
    }

    fn rewrite_message(
        &mut self,
        message: &[u8],
        answers: &mut Answers,
        outgoing: &mut VecDeque<u8>,
    ) -> io::Result<()> {
        let (kind, body) = parts(message)?;
        match (kind, body) {
            (b'P', _) => {
                let (name, content) = text(body)?;
                self.statements.insert(name.to_vec(), content.to_vec());
                self.parse(name, ParseComplete::Delivered, answers, outgoing)?;
            }
            (b'B', _) => {
                let (portal, rest) = text(body)?;
                let (name, values) = text(rest)?;
                self.prepare(name, answers, outgoing)?;
                put(outgoing, b'B', &[portal, b"\0\0", values])?;
            }
            (b'D', [b'S', named @ ..]) => {
                let (name, _) = text(named)?;
                self.prepare(name, answers, outgoing)?;
                put(outgoing, b'D', &[b"S\0"])?;
            }
            (b'C', [b'S', named @ ..]) => {
                let (name, _) = text(named)?;
                self.statements.remove(name);
                self.current = None;
                put(outgoing, b'C', &[b"S\0"])?;
            }
            (b'S' | b'Q', _) => {
                self.current = None;
                answers.expect_end_of_batch();
                outgoing.extend(message);
            }
            _ => outgoing.extend(message),
        }
        Ok(())
    }

    /// Sees to it that the unnamed statement is the one that `name` stands for.
    fn prepare(
        &mut self,
        name: &[u8],
        answers: &mut Answers,
        outgoing: &mut VecDeque<u8>,
    ) -> io::Result<()> {
        if self.current.as_deref() == Some(name) {
            return Ok(());
        }
        self.parse(name, ParseComplete::Withheld, answers, outgoing)
    }

    /// Sends a `Parse`; an unknown name is left to the server to complain about.
    fn parse(
        &mut self,
        name: &[u8],
        complete: ParseComplete,
        answers: &mut Answers,
        outgoing: &mut VecDeque<u8>,
    ) -> io::Result<()> {
        if let Some(content) = self.statements.get(name) {
            put(outgoing, b'P', &[b"\0", content])?;
            answers.expect_parse_complete(complete);
            self.current = Some(name.to_vec());
        }
        Ok(())
    }
}

/// Whether the client should see the answer to a `Parse`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ParseComplete {
    /// It asked for it.
    Delivered,
    /// It knows nothing of it.
    Withheld,
}

/// What the server says.
#[derive(Default)]
struct Answers {
    /// The beginning of a message whose end has not been read yet.
    partial: Vec<u8>,
    /// Batches that the server has not finished, the oldest first.
    batches: VecDeque<VecDeque<ParseComplete>>,
    /// The batch that the client has not ended yet.
    open: VecDeque<ParseComplete>,
}

impl Answers {
    fn expect_parse_complete(&mut self, complete: ParseComplete) {
        self.open.push_back(complete);
    }

    fn expect_end_of_batch(&mut self) {
        self.batches.push_back(std::mem::take(&mut self.open));
    }

    fn filter(&mut self, bytes: &[u8], incoming: &mut VecDeque<u8>) -> io::Result<()> {
        self.partial.extend_from_slice(bytes);
        let mut rest = self.partial.as_slice();
        while let Some(length) = message_length(rest, 1)? {
            let (message, next) = rest.split_at_checked(length).ok_or_else(malformed)?;
            let withheld = match message.first() {
                Some(b'1') => {
                    let batch = self.batches.front_mut().unwrap_or(&mut self.open);
                    batch.pop_front() == Some(ParseComplete::Withheld)
                }
                Some(b'Z') => {
                    // After an error, answers that were expected stay out: they end here too.
                    self.batches.pop_front();
                    false
                }
                _ => false,
            };
            if !withheld {
                incoming.extend(message);
            }
            rest = next;
        }
        self.partial = rest.to_vec();
        Ok(())
    }
}

/// The length of the first message in `bytes`, or nothing while its end is missing.
fn message_length(bytes: &[u8], type_bytes: usize) -> io::Result<Option<usize>> {
    let Some((length, _)) = bytes.get(type_bytes..).and_then(<[u8]>::split_first_chunk) else {
        return Ok(None);
    };
    // The length counts itself but not the type.
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(io::Error::other)?;
    if length < 4 {
        return Err(malformed());
    }
    let length = length + type_bytes;
    Ok((bytes.len() >= length).then_some(length))
}

/// Type and body of a whole message.
fn parts(message: &[u8]) -> io::Result<(u8, &[u8])> {
    let ([kind, _, _, _, _], body) = message.split_first_chunk().ok_or_else(malformed)?;
    Ok((*kind, body))
}

/// A text that ends with a zero byte, and what follows it.
fn text(bytes: &[u8]) -> io::Result<(&[u8], &[u8])> {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    parts.next().zip(parts.next()).ok_or_else(malformed)
}

fn put(outgoing: &mut VecDeque<u8>, kind: u8, body: &[&[u8]]) -> io::Result<()> {
    let length: usize = body.iter().map(|part| part.len()).sum();
    let length = u32::try_from(length + 4).map_err(io::Error::other)?;
    outgoing.push_back(kind);
    outgoing.extend(length.to_be_bytes());
    for part in body {
        outgoing.extend(*part);
    }
    Ok(())
}

fn malformed() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "a message of the PostgreSQL protocol is malformed",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[&[u8]]) -> Vec<u8> {
        let mut message = VecDeque::new();
        put(&mut message, kind, body).unwrap();
        message.into()
    }

    fn parse(name: &[u8], query: &[u8]) -> Vec<u8> {
        message(b'P', &[name, b"\0", query, b"\0\0\0"])
    }

    fn bind(name: &[u8]) -> Vec<u8> {
        message(b'B', &[b"\0", name, b"\0\0\0\0\0\0\0"])
    }

    fn describe(name: &[u8]) -> Vec<u8> {
        message(b'D', &[b"S", name, b"\0"])
    }

    fn sync() -> Vec<u8> {
        message(b'S', &[])
    }

    fn parse_complete() -> Vec<u8> {
        message(b'1', &[])
    }

    fn bind_complete() -> Vec<u8> {
        message(b'2', &[])
    }

    fn ready_for_query() -> Vec<u8> {
        message(b'Z', &[b"I"])
    }

    /// Both directions of a connection on which the startup is over.
    struct Wire {
        requests: Requests,
        answers: Answers,
    }

    impl Wire {
        fn new() -> Self {
            let requests = Requests {
                started: true,
                ..Requests::default()
            };
            Self {
                requests,
                answers: Answers::default(),
            }
        }

        fn ask(&mut self, messages: &[Vec<u8>]) -> Vec<u8> {
            let mut outgoing = VecDeque::new();
            self.requests
                .rewrite(&messages.concat(), &mut self.answers, &mut outgoing)
                .unwrap();
            outgoing.into()
        }

        fn answer(&mut self, messages: &[Vec<u8>]) -> Vec<u8> {
            let mut incoming = VecDeque::new();
            self.answers
                .filter(&messages.concat(), &mut incoming)
                .unwrap();
            incoming.into()
        }
    }

    #[test]
    fn a_statement_is_prepared_without_its_name() {
        let mut wire = Wire::new();

        let asked = wire.ask(&[parse(b"s1", b"SELECT 1"), describe(b"s1"), sync()]);

        assert_eq!(
            asked,
            [parse(b"", b"SELECT 1"), describe(b""), sync()].concat()
        );
    }

    #[test]
    fn the_answer_to_a_parse_of_the_client_is_delivered() {
        let mut wire = Wire::new();
        wire.ask(&[parse(b"s1", b"SELECT 1"), sync()]);

        let answered = wire.answer(&[parse_complete(), ready_for_query()]);

        assert_eq!(answered, [parse_complete(), ready_for_query()].concat());
    }

    #[test]
    fn a_statement_is_prepared_again_in_each_batch_that_uses_it() {
        let mut wire = Wire::new();
        wire.ask(&[
            parse(b"s1", b"SELECT 1"),
            sync(),
            parse(b"s2", b"SELECT 2"),
            sync(),
        ]);

        let asked = wire.ask(&[bind(b"s1"), sync(), bind(b"s1"), bind(b"s1"), sync()]);

        let first = [parse(b"", b"SELECT 1"), bind(b""), sync()].concat();
        let second = [parse(b"", b"SELECT 1"), bind(b""), bind(b""), sync()].concat();
        assert_eq!(asked, [first, second].concat());
    }

    #[test]
    fn the_answer_to_a_parse_the_client_did_not_send_is_withheld() {
        let mut wire = Wire::new();
        wire.ask(&[parse(b"s1", b"SELECT 1"), sync()]);
        wire.answer(&[parse_complete(), ready_for_query()]);
        wire.ask(&[bind(b"s1"), sync()]);

        let answered = wire.answer(&[parse_complete(), bind_complete(), ready_for_query()]);

        assert_eq!(answered, [bind_complete(), ready_for_query()].concat());
    }

    #[test]
    fn batches_under_way_at_the_same_time_keep_their_own_answers() {
        let mut wire = Wire::new();
        wire.ask(&[parse(b"s1", b"SELECT 1"), sync()]);
        wire.ask(&[bind(b"s1"), sync()]);
        wire.ask(&[parse(b"s2", b"SELECT 2"), sync()]);

        let answered = wire.answer(&[
            parse_complete(),
            ready_for_query(),
            parse_complete(),
            bind_complete(),
            ready_for_query(),
            parse_complete(),
            ready_for_query(),
        ]);

        let expected = [
            parse_complete(),
            ready_for_query(),
            bind_complete(),
            ready_for_query(),
            parse_complete(),
            ready_for_query(),
        ];
        assert_eq!(answered, expected.concat());
    }

    #[test]
    fn an_error_ends_its_batch_and_no_other() {
        let mut wire = Wire::new();
        let error = message(b'E', &[b"\0"]);
        wire.ask(&[parse(b"s1", b"SELECT 1"), sync()]);
        wire.answer(&[parse_complete(), ready_for_query()]);
        wire.ask(&[bind(b"s1"), sync(), parse(b"s2", b"SELECT 2"), sync()]);

        let answered = wire.answer(&[
            error.clone(),
            ready_for_query(),
            parse_complete(),
            ready_for_query(),
        ]);

        let expected = [
            error,
            ready_for_query(),
            parse_complete(),
            ready_for_query(),
        ];
        assert_eq!(answered, expected.concat());
    }

    #[test]
    fn closing_a_statement_forgets_it() {
        let mut wire = Wire::new();
        wire.ask(&[parse(b"s1", b"SELECT 1"), sync()]);

        let asked = wire.ask(&[message(b'C', &[b"Ss1\0"]), sync()]);

        assert_eq!(asked, [message(b'C', &[b"S\0"]), sync()].concat());
        assert!(wire.requests.statements.is_empty());
    }

    #[test]
    fn other_messages_pass_untouched() {
        let mut wire = Wire::new();
        let query = message(b'Q', &[b"SELECT 1\0"]);
        let describe_portal = message(b'D', &[b"Pp1\0"]);
        let row = message(b'D', &[b"\0\x01\0\0\0\x011"]);

        assert_eq!(wire.ask(&[query.clone(), describe_portal.clone()]), {
            [query, describe_portal].concat()
        });
        assert_eq!(wire.answer(&[row.clone(), ready_for_query()]), {
            [row, ready_for_query()].concat()
        });
    }

    #[test]
    fn messages_may_arrive_in_pieces_of_any_size() {
        let mut wire = Wire::new();
        let asked = [
            parse(b"s1", b"SELECT 1"),
            describe(b"s1"),
            sync(),
            bind(b"s1"),
            sync(),
        ];
        let answered = [
            parse_complete(),
            ready_for_query(),
            parse_complete(),
            bind_complete(),
            ready_for_query(),
        ];

        let pieces = |bytes: Vec<u8>| bytes.into_iter().map(|byte| vec![byte]);
        let sent: Vec<u8> = pieces(asked.concat())
            .flat_map(|piece| wire.ask(&[piece]))
            .collect();
        let received: Vec<u8> = pieces(answered.concat())
            .flat_map(|piece| wire.answer(&[piece]))
            .collect();

        let whole = Wire::new().ask(&asked);
        assert_eq!(sent, whole);
        let expected = [
            parse_complete(),
            ready_for_query(),
            bind_complete(),
            ready_for_query(),
        ]
        .concat();
        assert_eq!(received, expected);
    }

    #[test]
    fn the_startup_message_has_no_type() {
        let mut wire = Wire {
            requests: Requests::default(),
            answers: Answers::default(),
        };
        let startup = b"\0\0\0\x09\0\x03\0\0\0".to_vec();

        let asked = wire.ask(&[startup.clone(), sync()]);

        assert_eq!(asked, [startup, sync()].concat());
    }

    #[test]
    fn a_message_of_impossible_length_is_an_error() {
        let mut answers = Answers::default();

        let filtered = answers.filter(b"Z\0\0\0\x03", &mut VecDeque::new());

        assert_eq!(filtered.unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
