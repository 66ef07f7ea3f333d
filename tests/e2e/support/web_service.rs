//! A fake of a third-party web service, on this machine.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// One request it got.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// Method and path: `GET /range/21BD1`.
    pub(crate) line: String,
    /// The headers, one line each, the names in lower case.
    pub(crate) headers: Vec<String>,
    /// The body.
    pub(crate) body: String,
}

/// The status and the body it answers with.
type Reply = (u16, String);

/// Answers every request as a function says, until it is dropped.
pub(crate) struct WebService {
    url: String,
    received: Arc<Mutex<Vec<Received>>>,
    task: JoinHandle<()>,
}

impl Drop for WebService {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl WebService {
    /// A service that gives `reply` to each request.
    pub(crate) async fn start(reply: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(serve(listener, Arc::clone(&received), Arc::new(reply)));
        Self {
            url,
            received,
            task,
        }
    }

    /// Where it is, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What it got so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn serve(
    listener: TcpListener,
    received: Arc<Mutex<Vec<Received>>>,
    reply: Arc<impl Fn(&Received) -> Reply + Send + Sync + 'static>,
) {
    // Connections end together: a dropped service sends no answers any more.
    let mut conversations = JoinSet::new();
    loop {
        let (stream, _peer) = listener.accept().await.unwrap();
        // One task per connection: browsers open connections in advance, and send requests later.
        conversations.spawn(answer(stream, Arc::clone(&received), Arc::clone(&reply)));
    }
}

async fn answer(
    stream: TcpStream,
    received: Arc<Mutex<Vec<Received>>>,
    reply: Arc<impl Fn(&Received) -> Reply + Send + Sync>,
) {
    let mut stream = BufReader::new(stream);
    // A client that sends nothing gets no answer.
    let Some(request) = read(&mut stream).await else {
        return;
    };
    let (status, body) = reply(&request);
    received
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(request);
    let head = format!(
        "HTTP/1.1 {status} Status\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let answer = [head, body].concat();
    stream.get_mut().write_all(answer.as_bytes()).await.unwrap();
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Received> {
    let line = read_line(stream).await?;
    let line = line.strip_suffix(" HTTP/1.1")?.to_owned();
    let mut headers = Vec::new();
    loop {
        let header = read_line(stream).await?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(": ")?;
        headers.push(format!("{}: {value}", name.to_lowercase()));
    }
    let length = headers
        .iter()
        .find_map(|it| it.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Received {
        line,
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let length = stream.read_line(&mut line).await.ok()?;
    (length > 0).then(|| line.trim_end().to_owned())
}
