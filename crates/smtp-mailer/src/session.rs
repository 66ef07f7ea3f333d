//! A conversation with the server (RFC 5321), on mail-send.
//!
//! Every step has the mail's deadline. mail-send has limits of its own, but for each single
//! command, and none at all for the greeting.

use mail_send::{
    SmtpClient,
    smtp::{AssertReply, message::Parameters},
};
use smtp_proto::{EXT_START_TLS, EhloResponse};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use crate::{
    deadline::Deadline,
    error::{Failure, SmtpError, Step},
    message::Message,
    server::Server,
    settings::TlsMode,
};

/// A connection with or without TLS.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

type Client = SmtpClient<Box<dyn Stream>>;

/// A connection on which mails are sent, one after the other.
///
/// After an error it must not be used again: its state is unknown.
pub(crate) struct Session(Client);

impl Session {
    /// Connects, encrypts and authenticates, as far as `server` asks for it.
    pub(crate) async fn open(server: &Server, deadline: Deadline) -> Result<Self, SmtpError> {
        let client = SmtpClient {
            stream: server.connect(deadline).await?,
            timeout: server.timeout,
        };
        let (mut client, offer, encrypted) = match server.tls {
            TlsMode::Implicit => implicit_tls(client, server, deadline).await?,
            TlsMode::StartTls | TlsMode::StartTlsIfOffered => {
                start_tls(client, server, deadline).await?
            }
        };
        if let Some(login) = &server.login {
            let step = Step::Authentication;
            if login.method.reveals_password() && !encrypted && !server.is_on_this_machine() {
                return Err(SmtpError::new(step, Failure::Unencrypted(login.method)));
            }
            deadline
                .run(step, login.perform(&mut client, offer))
                .await?;
        }
        Ok(Self(client))
    }

    /// Sends RSET: checks that the server is still there, and ends an earlier mail.
    pub(crate) async fn reset(&mut self, deadline: Deadline) -> Result<(), SmtpError> {
        deadline.run(Step::Reset, self.0.rset()).await
    }

    /// Sends a mail.
    pub(crate) async fn send(
        &mut self,
        message: &Message,
        deadline: Deadline,
    ) -> Result<(), SmtpError> {
        let Self(client) = self;
        let none = Parameters::default();
        let sender = client.mail_from(message.sender.as_str(), &none);
        deadline.run(Step::Sender, sender).await?;
        let recipient = client.rcpt_to(message.recipient.as_str(), &none);
        deadline.run(Step::Recipient, recipient).await?;
        deadline
            .run(Step::Data, client.data(&message.content))
            .await?;
        Ok(())
    }
}

/// A client, the server's offer, and whether it is encrypted.
type Opened = (Client, EhloResponse<String>, bool);

async fn implicit_tls(
    client: SmtpClient<TcpStream>,
    server: &Server,
    deadline: Deadline,
) -> Result<Opened, SmtpError> {
    let client = handshake(client, server, deadline).await;
    let mut client = client.map_err(SmtpError::perhaps_for_too_much_tls)?;
    greeting(&mut client, deadline).await?;
    let offer = hello(&mut client, server, deadline).await?;
    Ok((client, offer, true))
}

async fn start_tls(
    mut client: SmtpClient<TcpStream>,
    server: &Server,
    deadline: Deadline,
) -> Result<Opened, SmtpError> {
    let greeted = greeting(&mut client, deadline).await;
    greeted.map_err(SmtpError::perhaps_for_want_of_tls)?;
    let offer = hello(&mut client, server, deadline).await?;
    if !offer.has_capability(EXT_START_TLS) {
        return if server.tls == TlsMode::StartTlsIfOffered || server.is_on_this_machine() {
            Ok((boxed(client), offer, false))
        } else {
            Err(SmtpError::new(Step::StartTls, Failure::NoStartTls))
        };
    }
    let command = async { client.cmd("STARTTLS\r\n").await?.assert_code(220) };
    deadline.run(Step::StartTls, command).await?;
    let mut client = handshake(client, server, deadline).await?;
    // An attacker may have forged the offer before TLS (RFC 3207 §4.2).
    let offer = hello(&mut client, server, deadline).await?;
    Ok((client, offer, true))
}

async fn handshake(
    client: SmtpClient<TcpStream>,
    server: &Server,
    deadline: Deadline,
) -> Result<Client, SmtpError> {
    let handshake = client.into_tls(&server.connector, &server.host);
    deadline.run(Step::Handshake, handshake).await.map(boxed)
}

async fn greeting<S: Stream>(
    client: &mut SmtpClient<S>,
    deadline: Deadline,
) -> Result<(), SmtpError> {
    let greeting = async { client.read().await?.assert_code(220) };
    deadline.run(Step::Greeting, greeting).await
}

async fn hello<S: Stream>(
    client: &mut SmtpClient<S>,
    server: &Server,
    deadline: Deadline,
) -> Result<EhloResponse<String>, SmtpError> {
    let hello = client.ehlo(server.client_name.as_str());
    deadline.run(Step::Hello, hello).await
}

fn boxed<S: Stream + 'static>(client: SmtpClient<S>) -> Client {
    SmtpClient {
        stream: Box::new(client.stream),
        timeout: client.timeout,
    }
}
