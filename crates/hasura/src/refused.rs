//! A negative cache of the claims that Hasura refuses.
//!
//! GraphQL refuses a query as a whole, so one path with a typing error would cost all claims. When
//! a query is refused, the claims are queried one by one, and those that are refused alone are left
//! out until the schema may have changed.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long a refusal is remembered.
const BELIEVED_FOR: Duration = Duration::from_mins(1);

/// The names of refused claims. Starts with none.
#[derive(Debug, Default)]
pub(crate) struct RefusedClaims(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    names: BTreeSet<String>,
    until: Option<Instant>,
    /// Another search is useless: no single claim is the reason of the refusal.
    is_exhausted: bool,
}

impl Known {
    fn is_fresh(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }
}

impl RefusedClaims {
    /// The claims to leave out. When they have expired, one caller gets none, and so tries them
    /// again.
    pub(crate) fn left_out(&self, now: Instant) -> BTreeSet<String> {
        let mut known = self.known();
        if known.names.is_empty() || known.is_fresh(now) {
            return known.names.clone();
        }
        known.until = Some(now + BELIEVED_FOR);
        known.is_exhausted = false;
        BTreeSet::new()
    }

    /// Whether another search for refused claims is useful.
    pub(crate) fn may_be_searched(&self, now: Instant) -> bool {
        let known = self.known();
        !(known.is_exhausted && known.is_fresh(now))
    }

    /// Remembers the refused claims; returns those that were not known before.
    pub(crate) fn remember(
        &self,
        names: &BTreeSet<String>,
        asked_without: &BTreeSet<String>,
        now: Instant,
    ) -> BTreeSet<String> {
        let mut known = self.known();
        let new = names.difference(&known.names).cloned().collect();
        known.names.clone_from(names);
        known.until = Some(now + BELIEVED_FOR);
        known.is_exhausted = names.is_subset(asked_without);
        new
    }

    /// Forgets all: no claim was refused.
    pub(crate) fn forget(&self) {
        *self.known() = Known::default();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn a_refused_claim_is_left_out_until_one_caller_tries_it_again() {
        let refused = RefusedClaims::default();
        let now = Instant::now();

        assert_eq!(
            refused.remember(&names(&["a"]), &names(&[]), now),
            names(&["a"])
        );

        assert_eq!(refused.left_out(now), names(&["a"]));
        let later = now + BELIEVED_FOR;
        assert_eq!(refused.left_out(later), names(&[]));
        assert_eq!(refused.left_out(later), names(&["a"]));
        assert_eq!(
            refused.remember(&names(&["a"]), &names(&[]), later),
            names(&[])
        );
        refused.forget();
        assert_eq!(refused.left_out(later), names(&[]));
    }

    #[test]
    fn a_refusal_that_no_claim_explains_is_not_searched_at_every_token() {
        let refused = RefusedClaims::default();
        let now = Instant::now();
        assert!(refused.may_be_searched(now));

        refused.remember(&names(&[]), &names(&[]), now);

        assert!(!refused.may_be_searched(now));
        assert!(refused.may_be_searched(now + BELIEVED_FOR));
    }
}
