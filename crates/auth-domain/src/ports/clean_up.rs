//! Removing what has expired from the store.

/// Rows that are of no use any more from some moment on.
///
/// A new table whose rows expire needs a kind here, an index on the column that says when, and a
/// rule for the moment in [`CleanUpService`](crate::services::CleanUpService): the task of the
/// server goes through [`ALL`](Self::ALL).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExpiredRows {
    /// Refresh tokens of every kind, personal access tokens among them, by when they expire; with
    /// them goes what is remembered of their predecessors.
    RefreshTokens,
    /// Predecessors of refresh tokens, by when they were rotated.
    RefreshTokenRotations,
    /// Opaque sessions, by when they expire.
    OpaqueSessions,
    /// Tickets, by when they expire. What Hasura Auth left in `auth.users` is none of them.
    Tickets,
    /// One-time codes, by when they expire.
    OneTimeCodes,
    /// Exchange codes, by when they expire.
    ExchangeCodes,
    /// Challenges of security keys, by when they expire.
    SecurityKeyChallenges,
    /// Flows at identity providers that have ended, by when they would have expired.
    EndedProviderFlows,
    /// Networks that users signed in from, by when they are no longer known.
    KnownPlaces,
    /// Wrong guesses at codes and second factors, by when they were made.
    WrongGuesses,
    /// Messages that were not sent in time, by when what they carry expires.
    QueuedMessages,
}

impl ExpiredRows {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        // First, because removing tickets and codes would cascade to their messages.
        Self::QueuedMessages,
        Self::RefreshTokens,
        Self::RefreshTokenRotations,
        Self::OpaqueSessions,
        Self::Tickets,
        Self::OneTimeCodes,
        Self::ExchangeCodes,
        Self::SecurityKeyChallenges,
        Self::EndedProviderFlows,
        Self::KnownPlaces,
        Self::WrongGuesses,
    ];

    /// The name of the table, for the log and for stores.
    #[must_use]
    pub fn table(self) -> &'static str {
        match self {
            Self::RefreshTokens => "refresh_tokens",
            Self::RefreshTokenRotations => "refresh_token_rotations",
            Self::OpaqueSessions => "opaque_sessions",
            Self::Tickets => "tickets",
            Self::OneTimeCodes => "one_time_codes",
            Self::ExchangeCodes => "exchange_codes",
            Self::SecurityKeyChallenges => "security_key_challenges",
            Self::EndedProviderFlows => "ended_provider_flows",
            Self::KnownPlaces => "known_places",
            Self::WrongGuesses => "wrong_codes",
            Self::QueuedMessages => "queued_messages",
        }
    }
}

/// The outcome of removing expired rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// So many are gone.
    Removed(u64),
    /// None is gone, because another server is removing rows at this moment.
    DoneElsewhere,
}
