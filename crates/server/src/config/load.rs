//! Merges the sources: defaults, then a file, then the environment, which wins.

use settings::{Loaded, Sources};

use super::{derived, table::TABLE, unnamed_database};

/// Reads every setting from `sources`.
pub(crate) fn load(sources: &Sources<'_>) -> Loaded {
    let mut loaded = Loaded::read(&TABLE, sources);
    derived::fill(&mut loaded.settings);
    loaded.report_unknown(sources.environment);
    unnamed_database::report(sources.environment, &mut loaded);
    loaded.report_ineffective(sources.environment);
    loaded
}
