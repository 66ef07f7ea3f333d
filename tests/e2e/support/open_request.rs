//! A request that is under way.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{PASSWORD, Server};

/// A request whose body the server still waits for.
pub(crate) struct OpenRequest {
    stream: TcpStream,
    body: String,
}

impl Server {
    /// A sign-up whose handler has started.
    pub(crate) async fn open_sign_up(&self, email: &str) -> OpenRequest {
        let body = json!({ "email": email, "password": PASSWORD }).to_string();
        let head = format!(
            "POST /signup/email-password HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(self.authority()).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        // The server sends `100 Continue` once a handler waits for the body: the request is under way.
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).await.unwrap();
        assert!(go_on.starts_with(b"HTTP/1.1 100 Continue"));
        OpenRequest { stream, body }
    }
}

impl OpenRequest {
    /// Sends the body; the answer as it came.
    pub(crate) async fn finish(mut self) -> String {
        self.stream.write_all(self.body.as_bytes()).await.unwrap();
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}
