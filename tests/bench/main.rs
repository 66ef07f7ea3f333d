//! Measures the built server against the raw limits of its components.
//!
//! `bench SERVER POSTGRES_URL PGBENCH` starts the program `SERVER` on PostgreSQL and then on SQLite,
//! loads it with clients of its own over the loopback interface, and prints one table. Next to each
//! rate stands the raw limit: the same SQL statement sent by pgbench, and the same bcrypt
//! verification in a bare loop on every core. Server, clients and database share the machine, so
//! the rates are no promise; the ratios are what to watch.
//!
//! Each row takes a few seconds and is bounded in requests too. `scripts/bench` builds what is
//! needed and brings a throwaway PostgreSQL.

mod clients;
mod load;
mod measured;
mod raw;
mod report;
mod scale;
mod server;

use std::{env, ffi::OsString, process::ExitCode};

use tokio::signal::unix::{SignalKind, signal};

use crate::{
    clients::{Account, Health, ReadUser, Refresh, SignIn},
    measured::Measured,
    raw::PgBench,
    report::{Column, Row},
    scale::{BCRYPT_COST, BYSTANDERS, CLIENTS, FLOODERS, Failure, TIME},
    server::{Database, Server},
};

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = tokio::select! {
        outcome = run() => outcome,
        // Dropping `run` ends the server it started.
        signal = end_signal() => Err(signal.err().unwrap_or_else(|| "stopped".into())),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn end_signal() -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

async fn run() -> Result<(), Failure> {
    let [program, url, pgbench] = arguments()?;
    let url = url.into_string().map_err(|_given| "the URL is not text")?;
    let pgbench = PgBench::new(pgbench, &url);

    let postgres = measure(&program, &Database::Postgres(url), Some(&pgbench)).await?;
    let sqlite = measure(&program, &Database::Sqlite, None).await?;

    report::print(&[postgres, sqlite])
}

fn arguments() -> Result<[OsString; 3], Failure> {
    let given: Vec<_> = env::args_os().skip(1).collect();
    given
        .try_into()
        .map_err(|_given| "usage: bench SERVER POSTGRES_URL PGBENCH".into())
}

async fn measure(
    program: &OsString,
    database: &Database,
    pgbench: Option<&PgBench>,
) -> Result<Column, Failure> {
    let server = Server::start(program, database).await?;
    let accounts = clients::sign_up(server.url(), CLIENTS).await?;
    let column = Column {
        database: database.name(),
        rows: vec![
            health(&accounts).await?,
            user(&accounts, pgbench).await?,
            refresh(&accounts, pgbench).await?,
            sign_in(&accounts).await?,
        ],
        quiet: load::run(bystanders(&accounts).await?, TIME).await?,
        flooded: flooded_refresh(&accounts).await?,
    };
    server.stop().await?;
    Ok(column)
}

async fn health(accounts: &[Account]) -> Result<Row, Failure> {
    let clients = accounts.iter().map(Health::new).collect::<Result<_, _>>()?;
    let measured = load::run(clients, TIME).await?;
    Ok(Row {
        label: "healthz",
        measured,
        raw: None,
    })
}

async fn user(accounts: &[Account], pgbench: Option<&PgBench>) -> Result<Row, Failure> {
    let clients = accounts
        .iter()
        .map(ReadUser::new)
        .collect::<Result<_, _>>()?;
    let measured = load::run(clients, TIME).await?;
    let raw = match pgbench {
        Some(pgbench) => Some(pgbench.user(CLIENTS, TIME).await?),
        None => None,
    };
    Ok(Row {
        label: "user",
        measured,
        raw,
    })
}

async fn refresh(accounts: &[Account], pgbench: Option<&PgBench>) -> Result<Row, Failure> {
    let mut clients = Vec::new();
    for account in accounts {
        clients.push(Refresh::sign_in(account).await?);
    }
    let measured = load::run(clients, TIME).await?;
    let raw = match pgbench {
        Some(pgbench) => Some(pgbench.refresh(CLIENTS, TIME).await?),
        None => None,
    };
    Ok(Row {
        label: "refresh",
        measured,
        raw,
    })
}

/// The limit is measured before and after, because a machine with other load gets faster and slower
/// meanwhile.
async fn sign_in(accounts: &[Account]) -> Result<Row, Failure> {
    let before = raw::bcrypt(BCRYPT_COST, TIME / 2).await?;
    let clients = accounts.iter().map(SignIn::new).collect::<Result<_, _>>()?;
    let measured = load::run(clients, TIME).await?;
    let after = raw::bcrypt(BCRYPT_COST, TIME / 2).await?;
    Ok(Row {
        label: report::SIGN_IN,
        measured,
        raw: Some(f64::midpoint(before, after)),
    })
}

async fn bystanders(accounts: &[Account]) -> Result<Vec<Refresh>, Failure> {
    let mut clients = Vec::new();
    for account in accounts.iter().take(BYSTANDERS) {
        clients.push(Refresh::sign_in(account).await?);
    }
    Ok(clients)
}

/// The flood ends last: each of its clients still waits for an answer when the time is up.
async fn flooded_refresh(accounts: &[Account]) -> Result<Measured, Failure> {
    let bystanders = bystanders(accounts).await?;
    let flooders = accounts.iter().cycle().take(FLOODERS);
    let flooders = flooders.map(SignIn::new).collect::<Result<_, _>>()?;
    let (flooded, _flood) =
        tokio::try_join!(load::run(bystanders, TIME), load::run(flooders, TIME))?;
    Ok(flooded)
}
