//! A running server.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use reqwest::{Client, Method, RequestBuilder, redirect};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
    sync::watch,
};

use super::{Answer, Database, PASSWORD, hasura_auth};

/// The timeout of a start or a stop.
const PATIENCE: Duration = Duration::from_mins(1);

/// The settings of a server to start.
#[derive(Clone)]
pub(crate) struct ServerBuilder {
    database: Database,
    folder: Arc<TempDir>,
    environment: Vec<(String, String)>,
    file_size: Option<u32>,
}

/// A server process. It is ended when this value is dropped.
pub(crate) struct Server {
    child: Child,
    base: String,
    client: Client,
    output: Arc<Mutex<String>>,
    folder: Arc<TempDir>,
    /// An SQLite database is deleted with the last of its owners.
    _database: Database,
}

impl ServerBuilder {
    pub(crate) fn new(database: &Database) -> Self {
        let (name, value) = database.environment();
        Self {
            database: database.clone(),
            folder: Arc::new(TempDir::new().unwrap()),
            environment: vec![(name.to_owned(), value)],
            file_size: None,
        }
        .set("AUTH_HOST", "127.0.0.1")
        .set("AUTH_PORT", "0")
        .set("AUTH_BCRYPT_COST", "4")
        .set("AUTH_CLIENT_URL", "http://localhost:3000")
        .set("AUTH_SERVER_URL", "http://auth.example.com")
        .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn unset(mut self, name: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self
    }

    /// The file size limit in blocks: of 512 bytes, or 1024, depending on the shell.
    pub(crate) fn limit_file_size(mut self, blocks: u32) -> Self {
        self.file_size = Some(blocks);
        self
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The command, in an empty folder and with only the given environment.
    pub(crate) fn command(&self) -> Command {
        let mut command = match self.file_size {
            None => Command::new(hasura_auth()),
            Some(blocks) => {
                let mut shell = Command::new("/bin/sh");
                let limited = format!("ulimit -f {blocks}; exec \"$0\"");
                shell.arg("-c").arg(limited).arg(hasura_auth());
                shell
            }
        };
        command
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Starts the server and waits until it prints its address.
    pub(crate) async fn start(self) -> Server {
        let mut child = self.command().spawn().unwrap();
        let output = Arc::new(Mutex::new(String::new()));
        let (found, mut address) = watch::channel(None);
        let found = Arc::new(found);
        listen_to(child.stdout.take().unwrap(), &output, &found);
        listen_to(child.stderr.take().unwrap(), &output, &found);
        drop(found);
        let address = within(address.wait_for(Option::is_some)).await;
        let Ok(address) = address.map(|it| it.clone().unwrap_or_default()) else {
            panic!("the server did not start:\n{}", output.lock().unwrap());
        };
        Server {
            child,
            base: address,
            client: http_client(),
            output,
            folder: self.folder,
            _database: self.database,
        }
    }
}

/// A client that follows no redirect.
pub(crate) fn http_client() -> Client {
    // Built together with the server, the client has TLS and asks for a default crypto provider even if
    // it uses none. A repeated installation fails, which is fine.
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(redirect::Policy::none())
        .build()
        .unwrap()
}

/// Copies the output of the server, and looks for its address in it.
fn listen_to(
    stream: impl AsyncRead + Unpin + Send + 'static,
    output: &Arc<Mutex<String>>,
    found: &Arc<watch::Sender<Option<String>>>,
) {
    let (output, found) = (Arc::clone(output), Arc::clone(found));
    tokio::spawn(async move {
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(address) = address_in(&line) {
                found.send_if_modified(|known| {
                    known.is_none().then(|| *known = Some(address)).is_some()
                });
            }
            let mut output = output.lock().unwrap();
            output.push_str(&line);
            output.push('\n');
        }
    });
}

pub(crate) fn address_in(line: &str) -> Option<String> {
    // In the banner, and in the log of a server that waits for its database.
    let places = ["127.0.0.1:", "0.0.0.0:"].map(|it| format!("  listening  {it}"));
    let mut places = places
        .iter()
        .map(String::as_str)
        .chain(["http://127.0.0.1:"]);
    let (_, rest) = places.find_map(|it| line.split_once(it))?;
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (!port.is_empty() && port != "0").then(|| format!("http://127.0.0.1:{port}"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test that hangs says less than one that fails"
)]
pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work)
        .await
        .expect("the server took too long")
}

impl Server {
    pub(crate) async fn on(database: &Database) -> Self {
        ServerBuilder::new(database).start().await
    }

    /// `127.0.0.1:port`
    pub(crate) fn authority(&self) -> &str {
        self.base.strip_prefix("http://").unwrap()
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::of(request.send().await.unwrap()).await
    }

    /// Sends a raw request; the raw answer, to the end of the connection.
    pub(crate) async fn exchange(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.authority()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        within(stream.read_to_string(&mut answer)).await.unwrap();
        answer
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn get_as(&self, bearer: &str, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).bearer_auth(bearer))
            .await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn post_as(&self, bearer: &str, path: &str, body: &Value) -> Answer {
        self.send(
            self.request(Method::POST, path)
                .bearer_auth(bearer)
                .json(body),
        )
        .await
    }

    /// The session of a new user of the modern API.
    pub(crate) async fn sign_up(&self, email: &str) -> Value {
        let body = json!({ "email": email, "password": PASSWORD });
        self.post("/signup/email-password", &body).await.expect(200)["session"].clone()
    }

    /// The answer to a sign-in through the modern API.
    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password });
        self.post("/signin/email-password", &body).await
    }

    /// The answer to a refresh.
    pub(crate) async fn refresh(&self, token: &Value) -> Answer {
        self.post("/token", &json!({ "refreshToken": token })).await
    }

    /// The user information of a new user of the legacy API.
    pub(crate) async fn legacy_sign_up(&self, username: &str) -> Value {
        self.post("/v1/signup", &legacy_credentials(username, PASSWORD))
            .await
            .expect(200)
    }

    /// Its output so far.
    pub(crate) fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// Waits until it has printed `text`.
    pub(crate) async fn printed(&self, text: &str) {
        within(async {
            while !self.output().contains(text) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Its working folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Asks it to stop (SIGTERM).
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().unwrap().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Where it is: `http://127.0.0.1:port`
    pub(crate) fn url(&self) -> String {
        self.base.clone()
    }

    /// Kills it in the middle of its work.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits for its end; whether its exit code was a success.
    pub(crate) async fn ended(&mut self) -> bool {
        within(self.child.wait()).await.unwrap().success()
    }
}

/// A body for the legacy provider `username`.
pub(crate) fn legacy_credentials(username: &str, password: &str) -> Value {
    json!({ "provider": "username", "data": { "username": username, "password": password } })
}
