//! Servers with TLS, started by `scripts/with-postgres` on a free port.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use diesel_async::SimpleAsyncConnection;
use tokio::{runtime::Handle, sync::OnceCell};

use crate::{PostgresUrl, connect};

/// Rules by database: which clients may come with TLS, without, or must show a certificate.
const ACCESS: &str = "\
local     all        all               trust
hostssl   tls_only   all  127.0.0.1/32 trust
hostnossl plain_only all  127.0.0.1/32 trust
hostssl   certified  all  127.0.0.1/32 trust clientcert=verify-ca
host      postgres   all  127.0.0.1/32 trust
";

const ACCESS_WITHOUT_TLS: &str = "\
local     all        all               trust
host      all        all  127.0.0.1/32 trust
";

/// Servers of this process, each started by the first test that asks for it.
pub(super) struct Servers;

impl Servers {
    /// Its certificate is for `localhost`, signed by `ca.crt`.
    pub(super) async fn signed() -> &'static TlsServer {
        static SERVER: OnceCell<TlsServer> = OnceCell::const_new();
        SERVER
            .get_or_init(|| TlsServer::start("signed", ACCESS, signed))
            .await
    }

    /// Its certificate is for `localhost` and an authority's own, as OpenSSL makes them.
    pub(super) async fn self_signed() -> &'static TlsServer {
        static SERVER: OnceCell<TlsServer> = OnceCell::const_new();
        SERVER
            .get_or_init(|| TlsServer::start("self-signed", ACCESS, self_signed))
            .await
    }

    /// Its certificate follows the recipe in PostgreSQL's manual (§19.9.5).
    pub(super) async fn version_1() -> &'static TlsServer {
        static SERVER: OnceCell<TlsServer> = OnceCell::const_new();
        SERVER
            .get_or_init(|| TlsServer::start("version-1", ACCESS, version_1))
            .await
    }

    pub(super) async fn without_tls() -> &'static TlsServer {
        static SERVER: OnceCell<TlsServer> = OnceCell::const_new();
        SERVER
            .get_or_init(|| TlsServer::start("plain", ACCESS_WITHOUT_TLS, |_| "off"))
            .await
    }
}

pub(super) struct TlsServer {
    port: u16,
    folder: PathBuf,
    socket_url: String,
    /// Ends when its input is closed, and that happens however this process ends.
    _process: Child,
}

impl TlsServer {
    async fn start(name: &str, access: &str, tls: fn(&Path) -> &'static str) -> Self {
        let folder = temporary_folder(name);
        make_authorities(&folder);
        let overlay = folder.join("overlay");
        fs::create_dir(&overlay).unwrap();
        let port = free_port();
        let ssl = tls(&folder);
        let settings = format!("listen_addresses = '127.0.0.1'\nport = {port}\nssl = {ssl}\n");
        let settings = settings + "ssl_ca_file = 'ca.crt'\n";
        fs::write(overlay.join("postgresql.auto.conf"), settings).unwrap();
        fs::write(overlay.join("pg_hba.conf"), access).unwrap();
        for file in ["ca.crt", "server.crt", "server.key"] {
            if folder.join(file).exists() {
                fs::copy(folder.join(file), overlay.join(file)).unwrap();
            }
        }

        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/with-postgres");
        // Says that the server is there, and waits for the end of its input.
        let command = r#"echo "$TEST_POSTGRES_URL"; cat; rm -r "$1""#;
        let mut process = Command::new(script)
            .arg("--overlay")
            .arg(&overlay)
            .args(["sh", "-c", command, "sh"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut socket_url = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut socket_url)
            .unwrap();
        assert!(!socket_url.is_empty(), "the server did not start");

        let socket_url = format!("{}&port={port}", socket_url.trim_end());
        make_databases(&socket_url).await;
        Self {
            port,
            folder,
            socket_url,
            _process: process,
        }
    }

    pub(super) fn url(&self, host: &str, database: &str, sslmode: &str) -> String {
        format!(
            "postgres://postgres@{host}:{}/{database}?sslmode={sslmode}",
            self.port
        )
    }

    pub(super) fn socket_url(&self, sslmode: &str) -> String {
        format!("{}&sslmode={sslmode}", self.socket_url)
    }

    /// The path of a certificate or key that goes with this server.
    pub(super) fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}

/// A port without a listener at this moment.
pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn temporary_folder(name: &str) -> PathBuf {
    let name = format!("hasura-auth-tls-{}-{name}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    fs::create_dir(&folder).unwrap();
    folder
}

async fn make_databases(url: &str) {
    let url = PostgresUrl::parse(url).unwrap();
    let mut connection = connect(&url, &Handle::current()).await.unwrap();
    for database in ["tls_only", "plain_only", "certified"] {
        connection
            .batch_execute(&format!("CREATE DATABASE {database}"))
            .await
            .unwrap();
    }
}

fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl")
        .current_dir(folder)
        .args(arguments.split_whitespace())
        .output()
        .expect("the tests of TLS need the program `openssl`");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

const NEW_KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

/// The authority that signs, one that does not, and a client's certificate.
fn make_authorities(folder: &Path) {
    for name in ["ca", "other"] {
        let files = format!("-keyout {name}.key -out {name}.crt");
        openssl(
            folder,
            &format!("req -x509 {NEW_KEY} -days 2 -subj /CN={name} {files}"),
        );
    }
    request(folder, "client", "postgres");
    fs::write(folder.join("client.ext"), "extendedKeyUsage = clientAuth\n").unwrap();
    sign(folder, "client", "-extfile client.ext");
}

fn request(folder: &Path, name: &str, subject: &str) {
    let files = format!("-keyout {name}.key -out {name}.csr");
    openssl(
        folder,
        &format!("req {NEW_KEY} -subj /CN={subject} {files}"),
    );
}

fn sign(folder: &Path, name: &str, extensions: &str) {
    let authority = "-CA ca.crt -CAkey ca.key -CAcreateserial";
    let files = format!("-in {name}.csr -out {name}.crt");
    openssl(
        folder,
        &format!("x509 -req -days 2 {authority} {files} {extensions}"),
    );
}

fn signed(folder: &Path) -> &'static str {
    request(folder, "server", "server");
    fs::write(
        folder.join("server.ext"),
        "subjectAltName = DNS:localhost\n",
    )
    .unwrap();
    sign(folder, "server", "-extfile server.ext");
    "on"
}

fn self_signed(folder: &Path) -> &'static str {
    let files = "-keyout server.key -out server.crt";
    let names = "-subj /CN=localhost -addext subjectAltName=DNS:localhost";
    openssl(
        folder,
        &format!("req -x509 {NEW_KEY} -days 2 {names} {files}"),
    );
    "on"
}

fn version_1(folder: &Path) -> &'static str {
    request(folder, "server", "localhost");
    sign(folder, "server", "");
    "on"
}
