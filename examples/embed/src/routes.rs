//! Signing up, following the link of the mail, and signing in.

use actix_web::{
    Result,
    dev::PeerAddr,
    error::{ErrorBadRequest, ErrorForbidden, ErrorInternalServerError, ErrorServiceUnavailable},
    get, post,
    web::{Data, Json, Query, ServiceConfig},
};
use auth_domain::{
    error::chain,
    limits::ClientNetwork,
    services::{
        EmailPasswordSignIn, EmailPasswordSignUp, Error, Refusal, Services, SignUpOptions, SignedIn,
    },
    session::Device,
    ticket::Ticket,
    user::{EmailAddress, PlainPassword},
};
use serde::Deserialize;
use tokio::runtime::Handle;

/// What routes share.
pub(crate) struct Site {
    pub(crate) services: Services,
    pub(crate) runtime: Handle,
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
}

/// The parameters of a link that are needed here.
#[derive(Deserialize)]
struct Link {
    ticket: String,
}

pub(crate) fn add(config: &mut ServiceConfig) {
    config.service((sign_up, verify, sign_in));
}

#[post("/sign-up")]
async fn sign_up(site: Data<Site>, body: Json<Credentials>) -> Result<&'static str> {
    let request = EmailPasswordSignUp {
        email: EmailAddress::parse(&body.email).map_err(ErrorBadRequest)?,
        password: PlainPassword::new(&body.password),
        options: SignUpOptions::default(),
        code_challenge: None,
    };
    let service = site.services.sign_up();
    site.run(async move { service.with_email_password(request).await })
        .await?;
    Ok("follow the link in the mail")
}

#[get("/verify")]
async fn verify(site: Data<Site>, link: Query<Link>) -> Result<&'static str> {
    let ticket = Ticket::parse(&link.ticket).map_err(ErrorBadRequest)?;
    let service = site.services.email_links();
    site.run(async move { service.follow(ticket).await })
        .await?;
    Ok("the address is verified")
}

/// Answers with an access token.
#[post("/sign-in")]
async fn sign_in(
    site: Data<Site>,
    PeerAddr(address): PeerAddr,
    body: Json<Credentials>,
) -> Result<String> {
    let client = Some(ClientNetwork::of(address.ip()));
    let attempt = EmailPasswordSignIn {
        email: EmailAddress::parse(&body.email).map_err(ErrorBadRequest)?,
        password: PlainPassword::new(&body.password),
    };
    let service = site.services.seen_from(Device::default(), client).sign_in();
    let signed_in = site.run(async move { service.with_email_password(attempt).await });
    match signed_in.await? {
        SignedIn::Session(session) => Ok(session.access_token.value),
        SignedIn::SecondFactor(_) => Err(ErrorForbidden("this page cannot ask for a code")),
    }
}

impl Site {
    /// Runs a use case to its end, even when the client goes away: a worker of actix-web would drop
    /// it with the request, in the middle of a transaction.
    async fn run<T, R>(
        &self,
        work: impl Future<Output = Result<T, Error<R>>> + Send + 'static,
    ) -> Result<T>
    where
        T: Send + 'static,
        R: Refusal + Send + 'static,
    {
        let outcome = self.runtime.spawn(work).await;
        let outcome = outcome.map_err(ErrorInternalServerError)?;
        outcome.map_err(|error| match error.failure() {
            Some(failure) => {
                eprintln!("{}", chain(failure));
                ErrorServiceUnavailable("try again later")
            }
            None => ErrorForbidden(error.to_string()),
        })
    }
}
