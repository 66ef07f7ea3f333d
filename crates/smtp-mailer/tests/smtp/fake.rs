//! A fake server with scripted answers.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// How a server reacts to a line; the first "line" of a connection is [`OPENED`], and the end of
/// a mail is `.`.
pub(crate) enum Answer {
    Say(String),
    /// Says it and closes the connection.
    SayLast(String),
    /// Says it slowly, again and again.
    Drip(&'static str),
    Silence,
    Close,
    /// Says it, and begins the TLS handshake.
    StartTls(String, TlsAcceptor),
}

pub(crate) const OPENED: &str = "(opened)";

/// What a server heard, line by line, with the number of the connection.
type Heard = Arc<Mutex<Vec<(usize, String)>>>;

pub(crate) struct Fake {
    pub(crate) port: u16,
    heard: Heard,
}

impl Fake {
    /// A server that answers line `.1` of connection `.0`, which count from zero, as `answer` says.
    pub(crate) async fn start(
        answer: impl Fn(usize, &str) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Heard::default();
        let (answer, recorded) = (Arc::new(answer), Arc::clone(&heard));
        tokio::spawn(async move {
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let (answer, heard) = (Arc::clone(&answer), Arc::clone(&recorded));
                tokio::spawn(async move {
                    let answer = |line: &str| {
                        heard.lock().unwrap().push((number, line.to_owned()));
                        answer(number, line)
                    };
                    let opening = answer(OPENED);
                    if let Some((plain, acceptor)) = converse(stream, opening, &answer).await
                        && let Ok(secure) = acceptor.accept(plain).await
                    {
                        converse(secure, Answer::Say(String::new()), &answer).await;
                    }
                });
            }
        });
        Self { port, heard }
    }

    /// The lines of one connection so far.
    pub(crate) fn heard(&self, connection: usize) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        let lines = heard.iter().filter(|(number, _)| *number == connection);
        lines.map(|(_, line)| line.clone()).collect()
    }

    /// How many connections there were so far.
    pub(crate) fn connections(&self) -> usize {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|(_, line)| line == OPENED).count()
    }
}

/// The answers of a server without TLS that accepts every login and mail.
pub(crate) fn friendly(line: &str) -> Answer {
    let word = line.split(' ').next().unwrap_or_default();
    say(match word {
        OPENED => "220 fake",
        "EHLO" => "250-fake\r\n250 AUTH PLAIN LOGIN CRAM-MD5",
        "DATA" => "354 go on",
        "AUTH" => "235 welcome",
        _ => "250 OK",
    })
}

pub(crate) fn say(line: &str) -> Answer {
    Answer::Say(format!("{line}\r\n"))
}

async fn converse<S: AsyncRead + AsyncWrite + Send + Unpin>(
    stream: S,
    opening: Answer,
    answer: &(impl Fn(&str) -> Answer + Sync),
) -> Option<(S, TlsAcceptor)> {
    let mut stream = BufReader::new(stream);
    let mut next = opening;
    loop {
        let mut takes_a_mail = false;
        match next {
            Answer::Say(text) => {
                takes_a_mail = text.starts_with("354");
                stream.write_all(text.as_bytes()).await.ok()?;
            }
            Answer::SayLast(text) => {
                stream.write_all(text.as_bytes()).await.ok()?;
                stream.shutdown().await.ok()?;
                return None;
            }
            Answer::Drip(text) => drip(&mut stream, text).await?,
            Answer::Silence => {}
            Answer::Close => return None,
            Answer::StartTls(text, acceptor) => {
                stream.write_all(text.as_bytes()).await.ok()?;
                return Some((stream.into_inner(), acceptor));
            }
        }
        stream.flush().await.ok()?;
        let mut line = hear(&mut stream).await?;
        while takes_a_mail && line != "." {
            line = hear(&mut stream).await?;
        }
        next = answer(&line);
    }
}

async fn drip<S: AsyncWrite + Send + Unpin>(stream: &mut S, text: &str) -> Option<()> {
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    loop {
        for byte in text.bytes() {
            pace.tick().await;
            stream.write_all(&[byte]).await.ok()?;
            stream.flush().await.ok()?;
        }
    }
}

async fn hear<S: AsyncRead + Send + Unpin>(stream: &mut BufReader<S>) -> Option<String> {
    let mut line = String::new();
    let length = stream.read_line(&mut line).await.ok()?;
    (length > 0).then(|| line.trim_end().to_owned())
}
