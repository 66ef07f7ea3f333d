//! A fake SMTP server that accepts or refuses mails, as a test sets it.

use std::sync::{Arc, Mutex, PoisonError};

use mail_parser::MessageParser;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use super::{Database, ServerBuilder, server::within};

/// Its behaviour towards clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Accepts every mail.
    Well,
    /// Closes the connection at once.
    Away,
    /// Hangs.
    Hanging,
    /// Answers a recipient with this.
    Refusing(u16),
}

struct State {
    mood: Mood,
    /// How many attempts failed while it was faulty.
    in_vain: usize,
    mails: Vec<(String, Vec<u8>)>,
}

/// Accepts mails until it is dropped.
pub(crate) struct SmtpServer {
    port: u16,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl SmtpServer {
    pub(crate) async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            mood,
            in_vain: 0,
            mails: Vec::new(),
        }));
        let task = tokio::spawn(serve(listener, Arc::clone(&state)));
        Self { port, state, task }
    }

    /// A server that sends its mails here and requires verified addresses.
    pub(crate) fn server(&self, database: &Database) -> ServerBuilder {
        ServerBuilder::new(database)
            .by_mail()
            .set("AUTH_SMTP_HOST", "localhost")
            .set("AUTH_SMTP_PORT", &self.port.to_string())
            .set("AUTH_SMTP_PLAIN_ALLOWED", "true")
            .set("AUTH_SMTP_SENDER", "auth@example.com")
    }

    pub(crate) fn becomes(&self, mood: Mood) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .mood = mood;
    }

    /// How many mails it accepted.
    pub(crate) fn count(&self) -> usize {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.mails.len()
    }

    /// How many attempts it failed.
    pub(crate) fn in_vain(&self) -> usize {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.in_vain
    }

    /// Waits until it has failed this many attempts.
    pub(crate) async fn let_down(&self, count: usize) {
        within(async {
            while self.in_vain() < count {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// The newest mail to an address, once there is one: its text, and the link in it.
    pub(crate) async fn mail_to(&self, email: &str) -> Value {
        let newest = || {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let mut mails = state.mails.iter().rev();
            mails
                .find(|(to, _)| to == email)
                .map(|(_, raw)| raw.clone())
        };
        within(async {
            loop {
                if let Some(raw) = newest() {
                    return read(&raw);
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }
}

fn read(raw: &[u8]) -> Value {
    let mail = MessageParser::default().parse(raw).unwrap();
    let text = mail.body_text(0).unwrap().into_owned();
    let link = text.find("http://auth.example.com/verify?").map(|start| {
        let rest = &text[start..];
        rest.split_whitespace().next().unwrap().to_owned()
    });
    json!({ "text": text, "link": link })
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut conversations = JoinSet::new();
    loop {
        let (stream, _peer) = listener.accept().await.unwrap();
        conversations.spawn(converse(BufReader::new(stream), Arc::clone(&state)));
    }
}

/// Ends when either side closes the connection.
async fn converse(mut stream: BufReader<TcpStream>, state: Arc<Mutex<State>>) -> Option<()> {
    let mood = || {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.mood != Mood::Well {
            state.in_vain += 1;
        }
        state.mood
    };
    match mood() {
        Mood::Away => return None,
        Mood::Hanging => {
            // Until the client gives up.
            while hear(&mut stream).await.is_some() {}
            return None;
        }
        Mood::Well | Mood::Refusing(_) => {}
    }
    say(&mut stream, "220 fake").await?;
    let mut recipient = String::new();
    loop {
        let line = hear(&mut stream).await?;
        let word = line.split([' ', ':']).next().unwrap_or_default();
        match (word.to_uppercase().as_str(), mood()) {
            (_, Mood::Away) => return None,
            (_, Mood::Hanging) => {
                while hear(&mut stream).await.is_some() {}
                return None;
            }
            ("RCPT", Mood::Refusing(code)) => {
                say(&mut stream, &format!("{code} not {line}")).await?;
            }
            ("RCPT", Mood::Well) => {
                let (_, rest) = line.split_once('<')?;
                rest.split('>').next()?.clone_into(&mut recipient);
                say(&mut stream, "250 OK").await?;
            }
            ("EHLO", _) => say(&mut stream, "250 fake").await?,
            ("DATA", _) => {
                say(&mut stream, "354 go on").await?;
                let raw = mail(&mut stream).await?;
                keep(&state, (recipient.clone(), raw));
                say(&mut stream, "250 taken").await?;
            }
            _ => say(&mut stream, "250 OK").await?,
        }
    }
}

fn keep(state: &Mutex<State>, mail: (String, Vec<u8>)) {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    state.mails.push(mail);
}

/// The lines up to the dot.
async fn mail(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut raw = String::new();
    loop {
        let line = hear(stream).await?;
        if line == "." {
            return Some(raw.into_bytes());
        }
        raw.push_str(line.strip_prefix('.').unwrap_or(&line));
        raw.push_str("\r\n");
    }
}

async fn say(stream: &mut BufReader<TcpStream>, line: &str) -> Option<()> {
    let line = format!("{line}\r\n");
    stream.get_mut().write_all(line.as_bytes()).await.ok()
}

async fn hear(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let length = stream.read_line(&mut line).await.ok()?;
    (length > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
}
