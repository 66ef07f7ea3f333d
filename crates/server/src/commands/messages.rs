//! `hasura-auth messages …`: the message queue, for operators.

use auth_domain::{
    DateTime, Utc,
    error::StoreError,
    queued_message::{MessageId, QueuedMessage, channel_of},
    services::MessageQueueService,
};
use clap::{Args, Subcommand};
use tokio::runtime::Handle;
use tracing::Level;
use uuid::Uuid;

use super::output;
use crate::{config::Config, logging, start_error::StartError, wire};

/// Most messages that one call retries.
const MOST: u32 = 10_000;

const HEADINGS: [&str; 8] = [
    "ID",
    "KIND",
    "TEMPLATE",
    "RECIPIENT",
    "QUEUED",
    "ATTEMPTS",
    "NEXT ATTEMPT",
    "LAST ERROR",
];

/// One cell below each heading.
type Row = [String; HEADINGS.len()];

#[derive(Debug, Subcommand)]
pub(super) enum MessagesCommand {
    /// Print the messages that wait, those first that expire next; recipients are masked
    List {
        /// How many at most
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Have a message sent without waiting for its next attempt
    Retry(Which),
}

/// One message, or all.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Which {
    /// The number of the message, as the list has it
    id: Option<Uuid>,
    /// Every message
    #[arg(long)]
    all: bool,
}

/// Does what the command says.
///
/// # Errors
///
/// [`StartError::Sqlite`], [`StartError::Postgres`], [`StartError::NoMessage`],
/// [`StartError::Output`], or what is wrong with the keys.
pub(super) async fn run(command: MessagesCommand, config: &Config) -> Result<(), StartError> {
    logging::start_beside_output(Level::WARN)?;
    let queue = wire::message_queue(config, &Handle::current()).await?;
    let failed = |source| StartError::database(&config.database, source);
    match command {
        MessagesCommand::List { limit } => {
            output::write(lines(&queue.list(limit).await.map_err(failed)?))
        }
        MessagesCommand::Retry(Which { id: Some(id), .. }) => {
            let id = MessageId(id);
            if !queue.expedite(id).await.map_err(failed)? {
                return Err(StartError::NoMessage(id));
            }
            output::write([format!("due now: {id}")])
        }
        MessagesCommand::Retry(Which { id: None, .. }) => {
            let count = expedite_all(&queue).await.map_err(failed)?;
            output::write([format!("due now: {count}")])
        }
    }
}

async fn expedite_all(queue: &MessageQueueService) -> Result<u32, StoreError> {
    let mut count = 0;
    for (message, _) in queue.list(MOST).await? {
        count += u32::from(queue.expedite(message.id).await?);
    }
    Ok(count)
}

fn lines(messages: &[(QueuedMessage, String)]) -> Vec<String> {
    if messages.is_empty() {
        return vec!["no message waits".to_owned()];
    }
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(messages.iter().map(|(message, to)| row(message, to)));
    let mut widths = [0; HEADINGS.len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &Row| {
        let cells = row.iter().zip(widths);
        let cells = cells.map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ")
    };
    rows.iter().map(line).collect()
}

fn row(message: &QueuedMessage, recipient: &str) -> Row {
    let next = moment(message.next_attempt_at);
    let next = if message.is_claimed {
        format!("being sent, or at {next}")
    } else {
        next
    };
    [
        message.id.to_string(),
        channel_of(&message.template).to_owned(),
        message.template.clone(),
        recipient.to_owned(),
        moment(message.created_at),
        message.attempts.to_string(),
        next,
        message.last_error.clone().unwrap_or_default(),
    ]
}

fn moment(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
