//! Authenticating at the SMTP server.

use auth_domain::secret::Secret;
use data_encoding::BASE64;
use mail_send::{
    Credentials, SmtpClient,
    smtp::{AssertReply, auth::Error},
};
use smtp_proto::{AUTH_CRAM_MD5, AUTH_LOGIN, AUTH_PLAIN, EhloResponse};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{error::Failure, settings::AuthMethod};

/// The credentials, and the method.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: Secret,
    pub(crate) method: AuthMethod,
}

impl Login {
    /// Authenticates by the configured method and no other: an attacker who poses as the server
    /// must not be able to choose one that reveals the password (downgrade).
    pub(crate) async fn perform<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        client: &mut SmtpClient<S>,
        offer: EhloResponse<String>,
    ) -> Result<(), Failure> {
        let mechanisms = offer.auth_mechanisms & mechanisms(self.method);
        if mechanisms == 0 {
            return Err(Failure::NotOffered(self.method));
        }
        if mechanisms == AUTH_LOGIN {
            return Ok(self.in_two_steps(client).await?);
        }
        let offer = EhloResponse {
            auth_mechanisms: mechanisms & !AUTH_LOGIN,
            ..offer
        };
        let credentials = Credentials::new(self.user.as_str(), self.password.expose());
        client.authenticate(&credentials, offer).await?;
        Ok(())
    }

    /// `LOGIN`. mail-send knows fewer of the prompts that servers use.
    async fn in_two_steps<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        client: &mut SmtpClient<S>,
    ) -> mail_send::Result<()> {
        let mut reply = client.cmd("AUTH LOGIN\r\n").await?;
        for _ in 0..2 {
            if reply.code != 334 {
                return reply.assert_code(334);
            }
            let answer = self.answer(&reply.message).ok_or(Error::InvalidChallenge)?;
            let answer = format!("{}\r\n", BASE64.encode(answer.as_bytes()));
            reply = client.cmd(answer).await?;
        }
        reply.assert_code(235)
    }

    /// The answer to a prompt such as `Username:`, `User Name`, `User:` or `Password:`.
    fn answer(&self, prompt: &str) -> Option<&str> {
        let prompt = BASE64.decode(prompt.trim().as_bytes()).ok()?;
        match prompt.get(..4)?.to_ascii_lowercase().as_slice() {
            b"user" => Some(&self.user),
            b"pass" => Some(self.password.expose()),
            _ => None,
        }
    }
}

fn mechanisms(method: AuthMethod) -> u64 {
    match method {
        AuthMethod::PlainOrLogin => AUTH_PLAIN | AUTH_LOGIN,
        AuthMethod::Plain => AUTH_PLAIN,
        AuthMethod::Login => AUTH_LOGIN,
        AuthMethod::CramMd5 => AUTH_CRAM_MD5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompts_of_all_servers_are_understood() {
        let login = Login {
            user: "ada".to_owned(),
            password: Secret::new("secret"),
            method: AuthMethod::Login,
        };
        let answer = |prompt: &str| login.answer(&BASE64.encode(prompt.as_bytes()));

        for prompt in [
            "Username:",
            "User Name\0",
            "User Name:",
            "username",
            "User:",
        ] {
            assert_eq!(answer(prompt), Some("ada"), "{prompt}");
        }
        for prompt in ["Password:", "PASSWORD", "Password\0"] {
            assert_eq!(answer(prompt), Some("secret"), "{prompt}");
        }
        for prompt in ["", "Pet?", "Token:"] {
            assert_eq!(answer(prompt), None, "{prompt}");
        }
        assert_eq!(login.answer("not base64"), None);
    }
}
