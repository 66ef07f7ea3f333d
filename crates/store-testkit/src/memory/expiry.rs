//! Which of some rows have expired, the oldest first.

use std::{collections::HashMap, hash::Hash};

use auth_domain::{DateTime, Utc};

/// The keys of the oldest of `rows` whose time was before a moment, `limit` at most.
pub(super) fn oldest<Key>(
    rows: impl Iterator<Item = (DateTime<Utc>, Key)>,
    before: DateTime<Utc>,
    limit: usize,
) -> Vec<Key> {
    let mut expired: Vec<_> = rows.filter(|(time, _)| *time < before).collect();
    expired.sort_by_key(|(time, _)| *time);
    expired
        .into_iter()
        .take(limit)
        .map(|(_, key)| key)
        .collect()
}

/// Removes the oldest of what has expired; returns how many.
pub(super) fn remove<Key: Clone + Eq + Hash, Row>(
    rows: &mut HashMap<Key, Row>,
    expires_at: impl Fn(&Row) -> DateTime<Utc>,
    before: DateTime<Utc>,
    limit: usize,
) -> usize {
    let expiring = rows.iter().map(|(key, row)| (expires_at(row), key.clone()));
    let keys = oldest(expiring, before, limit);
    for key in &keys {
        rows.remove(key);
    }
    keys.len()
}
