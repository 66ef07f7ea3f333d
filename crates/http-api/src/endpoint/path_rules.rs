//! What holds for every request to the path of an endpoint, whatever its method.

use super::switch::Switch;
use crate::{compat::Compat, request_limits::Limit};

/// Which of the two APIs an endpoint belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Generation {
    /// Nhost's Hasura Auth; its paths carry the configured prefix.
    #[default]
    Modern,
    /// The Hasura platform's auth service.
    Legacy,
}

/// Whether the bot check is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum BotCheckRule {
    #[default]
    Never,
    /// Where clients expect the latest version: those of earlier ones send no challenge response.
    LatestVersion,
    Always,
}

/// What middleware has to know of an endpoint. Endpoints with the same path have the same rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PathRules {
    pub(crate) generation: Generation,
    pub(crate) rate_limits: &'static [Limit],
    pub(crate) bot_check: BotCheckRule,
    pub(crate) switch: Option<Switch>,
    pub(crate) is_probe: bool,
}

impl BotCheckRule {
    /// Whether it holds where clients expect this version.
    pub(crate) fn holds(self, compat: Compat) -> bool {
        match self {
            Self::Never => false,
            Self::LatestVersion => compat.turns_programs_away_from_signing_in(),
            Self::Always => true,
        }
    }
}
