//! Durability: the server is killed during its work, over and over. What it acknowledged holds.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use reqwest::Client;
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinSet};

use crate::support::{
    Database, PASSWORD, Server, ServerBuilder, http_client, on_both_databases, within,
};

/// How often a server is killed in one run.
const KILLS: usize = 10;

/// How many answers are acknowledged between two kills.
const BETWEEN_KILLS: usize = 25;

/// Clients at a time.
const CLIENTS: usize = 6;

/// The running servers; killed ones are replaced.
type Places = watch::Receiver<Vec<String>>;

/// The clients, and the answers that they count.
struct Load {
    places: Places,
    acknowledged: Arc<AtomicUsize>,
    ends: Arc<AtomicBool>,
    client: Client,
}

/// What was acknowledged to one client.
#[derive(Default)]
struct Journal {
    /// Addresses that were signed up.
    emails: Vec<String>,
    /// The refresh token of the current session.
    open: Option<Value>,
    /// Refresh tokens of ended sessions.
    ended: Vec<Value>,
}

impl Load {
    /// The answer of any server; `None` from a server that is killed.
    async fn ask(&self, client: usize, path: &str, body: &Value) -> Option<(u16, Value)> {
        let places = self.places.borrow().clone();
        let place = &places[client % places.len()];
        let request = self.client.post(format!("{place}{path}")).json(body);
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let text = answer.text().await.ok()?;
        // A busy database is retried, as `Retry-After` says.
        (status != 503).then(|| (status, serde_json::from_str(&text).unwrap_or_default()))
    }

    /// Retries until there is an answer.
    async fn insist(&self, client: usize, path: &str, body: &Value) -> (u16, Value) {
        within(async {
            loop {
                if let Some(answer) = self.ask(client, path, body).await {
                    return answer;
                }
            }
        })
        .await
    }

    /// Signs up, refreshes and signs out until the test stops it.
    async fn run(self, client: usize) -> Journal {
        let mut journal = Journal::default();
        for round in 0.. {
            if self.ends.load(Ordering::SeqCst) {
                break;
            }
            self.sign_up(client, round, &mut journal).await;
            for _ in 0..3 {
                self.refresh(client, &mut journal).await;
            }
            if round % 2 == 0 {
                self.sign_out(client, &mut journal).await;
            }
        }
        journal
    }

    async fn sign_up(&self, client: usize, round: usize, journal: &mut Journal) {
        let email = format!("client{client}-{round}@example.com");
        let body = json!({ "email": email, "password": PASSWORD });
        match self.insist(client, "/signup/email-password", &body).await {
            (200, answer) => {
                self.acknowledged.fetch_add(1, Ordering::SeqCst);
                journal.emails.push(email);
                journal.open = Some(answer["session"]["refreshToken"].clone());
            }
            // The server committed it and was killed before it answered.
            (409, _) => {
                journal.emails.push(email);
                journal.open = None;
            }
            other => panic!("{other:?}"),
        }
    }

    async fn refresh(&self, client: usize, journal: &mut Journal) {
        let Some(token) = &journal.open else { return };
        let body = json!({ "refreshToken": token });
        // A rotation that was committed and not answered must not end the session (grace period).
        let (status, answer) = self.insist(client, "/token", &body).await;
        assert_eq!(status, 200, "{answer}");
        self.acknowledged.fetch_add(1, Ordering::SeqCst);
        journal.open = Some(answer["refreshToken"].clone());
    }

    async fn sign_out(&self, client: usize, journal: &mut Journal) {
        let Some(token) = journal.open.take() else {
            return;
        };
        let body = json!({ "refreshToken": token });
        let (status, answer) = self.insist(client, "/signout", &body).await;
        assert_eq!(status, 200, "{answer}");
        self.acknowledged.fetch_add(1, Ordering::SeqCst);
        journal.ended.push(token);
    }
}

/// Kills one of `count` servers again and again while clients send; returns their acknowledged answers.
async fn kill_under_load(database: &Database, count: usize) -> (Vec<Server>, Vec<Journal>) {
    let builder = ServerBuilder::new(database);
    let mut servers = Vec::new();
    for _ in 0..count {
        servers.push(builder.clone().start().await);
    }
    let addresses = |servers: &[Server]| servers.iter().map(Server::url).collect::<Vec<_>>();
    let places = watch::Sender::new(addresses(&servers));
    let (acknowledged, ends) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let load = Load {
            places: places.subscribe(),
            acknowledged: Arc::clone(&acknowledged),
            ends: Arc::clone(&ends),
            client: http_client(),
        };
        clients.spawn(load.run(client));
    }

    for kill in 1..=KILLS {
        within(async {
            while acknowledged.load(Ordering::SeqCst) < kill * BETWEEN_KILLS {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let victim = kill % count;
        servers[victim].kill().await;
        servers[victim] = builder.clone().start().await;
        places.send_replace(addresses(&servers));
    }
    ends.store(true, Ordering::SeqCst);
    (servers, within(clients.join_all()).await)
}

/// Everything that was acknowledged is there, and everything that was ended has ended.
async fn check(servers: &[Server], journals: Vec<Journal>) {
    let mut emails = 0;
    for (client, journal) in journals.into_iter().enumerate() {
        let server = &servers[client % servers.len()];
        for email in &journal.emails {
            server.sign_in(email, PASSWORD).await.expect(200);
        }
        for token in &journal.ended {
            assert_eq!(server.refresh(token).await.status, 401);
        }
        if let Some(token) = &journal.open {
            server.refresh(token).await.expect(200);
        }
        emails += journal.emails.len();
    }
    assert!(emails > KILLS, "{emails}");
}

on_both_databases! {
    async fn what_a_killed_server_acknowledged_holds(database) {
        let (servers, journals) = kill_under_load(&database, 1).await;

        check(&servers, journals).await;
    }

    async fn what_one_of_two_killed_servers_acknowledged_holds(database) {
        let (servers, journals) = kill_under_load(&database, 2).await;

        check(&servers, journals).await;
    }
}
