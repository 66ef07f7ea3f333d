//! One request that carries one mail.

use std::time::Duration;

use auth_domain::{ports::Mail, user::EmailAddress};
use egress::{Egress, Request};

use crate::HttpMailError;

/// How long sending a mail may take, from looking up the name to the end of the response.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where mails are sent.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) egress: Egress,
    /// What the service is called in errors.
    pub(crate) service: &'static str,
    /// The statuses by which it accepts the mail.
    pub(crate) accepted: fn(u16) -> bool,
}

impl Delivery {
    pub(crate) async fn deliver(&self, request: Request) -> Result<(), HttpMailError> {
        let service = self.service;
        let sent = self.egress.send(request.timeout(TIMEOUT)).await;
        let reply = sent.map_err(|source| HttpMailError::Unreachable { service, source })?;
        if (self.accepted)(reply.status) {
            Ok(())
        } else {
            let status = reply.status;
            Err(HttpMailError::Refused { service, status })
        }
    }
}

/// The address that `mail` goes to. A comma in an old one would make it two at some services
/// (header injection).
pub(crate) fn recipient(mail: &Mail) -> Result<&str, HttpMailError> {
    let address = mail.to.as_str();
    match EmailAddress::parse(address) {
        Ok(_) => Ok(address),
        Err(_) => Err(HttpMailError::NoRecipient),
    }
}
