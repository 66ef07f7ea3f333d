//! An application with accounts of its own: `embed [ADDRESS]` keeps them in this folder.
//!
//! This file brings the required ports, and opens the services; `routes.rs` calls them.

mod routes;

use std::{env, error::Error, fs, net::TcpListener, path::PathBuf, sync::Arc, time::Duration};

use actix_web::{App, HttpServer, web::Data};
use async_trait::async_trait;
use auth_crypto::{AesSecretCipher, BcryptHasher, EncryptionKey, JoseSigner, JwtSecret};
use auth_domain::{
    policy::{AuthPolicy, PolicyKeys},
    ports::{Mail, Mailer, MailerError},
    redirect::RedirectPolicy,
    services::{Dependencies, Ports, Services},
    system::RandomIds,
};
use sqlite_store::{SqliteSettings, SqliteStore, Synchronous};
use tokio::{runtime::Handle, time};

use crate::routes::Site;

/// Prints links to the terminal. Yours sends the mail.
struct ShownMails;

#[async_trait]
impl Mailer for ShownMails {
    async fn send(&self, mail: Mail) -> Result<(), MailerError> {
        let link = mail.link.as_ref().map_or("no link", |link| link.expose());
        eprintln!("mailed: {link}");
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:8080"))?;
    let url = format!("http://{}", listener.local_addr()?);

    // The one secret, in Hasura's form; every other key is derived from it.
    let jwt_secret = JwtSecret::parse(&fs::read_to_string("jwt-secret.json")?)?;
    let keys = PolicyKeys::derive(jwt_secret.successor_secret());
    let encryption_key = EncryptionKey::derive(jwt_secret.successor_secret());

    let path = PathBuf::from("accounts.db");
    sqlite_store::migrate(&path).await?;
    let synchronous = Synchronous::Full;
    let settings = SqliteSettings { path, synchronous };
    let ports = Ports {
        store: Arc::new(SqliteStore::open(settings, Handle::current()).await?),
        hasher: Arc::new(BcryptHasher::new(12, 2)?),
        signer: Arc::new(JoseSigner::new(jwt_secret, &RandomIds)),
        mailer: Arc::new(ShownMails),
        secrets: Arc::new(AesSecretCipher::new(encryption_key, Vec::new())),
    };

    let policy = AuthPolicy::new(keys, &url, RedirectPolicy::new(&url, &[])?);
    let mut dependencies = Dependencies::new(ports, policy);
    // Optional ports and switches have defaults, and are set like this.
    dependencies.policy.passwords.min_bytes = 12;
    let services = dependencies.open().await?;

    tokio::spawn(tend(services.clone()));
    let site = Data::new(Site {
        services,
        runtime: Handle::current(),
    });
    let server = HttpServer::new(move || App::new().app_data(site.clone()).configure(routes::add));
    eprintln!("listening on {url}");
    server.listen(listener)?.run().await?;
    Ok(())
}

async fn tend(services: Services) {
    let mut rounds = time::interval(Duration::from_secs(30));
    loop {
        rounds.tick().await;
        if let Err(error) = services.tend().await {
            eprintln!("{error}");
        }
    }
}
