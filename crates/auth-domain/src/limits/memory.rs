//! Counters of one server, in bounded memory.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    sync::{Arc, Mutex, PoisonError},
};

use super::{CounterKey, RateLimit, Verdict, window::Window};

/// How many keys are counted at most. A key takes about 200 bytes.
const MOST_KEYS: usize = 100_000;

/// How many keys are looked at to find one that may be forgotten.
const CANDIDATES: u64 = 16;

/// Counts in the memory of this server.
///
/// A full memory evicts, of a few keys picked at random, the one that has used up the least of its
/// limit; an expired one has used up nothing. An attacker who floods it with new addresses thereby
/// evicts their own keys rather than those that have reached a limit, and no client is refused
/// because memory is full.
pub(super) struct MemoryCounter {
    most: usize,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    places: HashMap<Arc<str>, usize>,
    slots: Vec<Slot>,
    /// A secret key that picks the candidates.
    chance: RandomState,
    picks: u64,
}

struct Slot {
    key: Arc<str>,
    limit: RateLimit,
    window: Window,
}

impl Default for MemoryCounter {
    fn default() -> Self {
        Self::with_room_for(MOST_KEYS)
    }
}

impl MemoryCounter {
    fn with_room_for(most: usize) -> Self {
        Self {
            most,
            table: Mutex::default(),
        }
    }

    /// Counts once more at `now`, in milliseconds, unless that is too many.
    pub(super) fn count(&self, key: &CounterKey, limit: RateLimit, now: u64) -> Verdict {
        self.locked(|table| {
            if let Some(slot) = table.slot(key) {
                return slot.window.count(limit, now);
            }
            if table.slots.len() >= self.most {
                table.forget_one(now);
            }
            let mut window = Window::default();
            let verdict = window.count(limit, now);
            table.insert(key, limit, window);
            verdict
        })
    }

    /// Counts once less.
    pub(super) fn take_back(&self, key: &CounterKey, limit: RateLimit, now: u64) {
        self.locked(|table| {
            if let Some(slot) = table.slot(key) {
                slot.window.take_back(limit, now);
            }
        });
    }

    /// Whether anything is remembered of the key.
    pub(super) fn knows(&self, key: &CounterKey, limit: RateLimit, now: u64) -> bool {
        self.locked(|table| {
            table
                .slot(key)
                .is_some_and(|slot| !slot.window.is_blank(limit, now))
        })
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Table) -> T) -> T {
        // Counts stay consistent whatever panicked, because no step here leaves them half done.
        work(&mut self.table.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Table {
    fn slot(&mut self, key: &CounterKey) -> Option<&mut Slot> {
        let place = *self.places.get(key.as_str())?;
        self.slots.get_mut(place)
    }

    fn insert(&mut self, key: &CounterKey, limit: RateLimit, window: Window) {
        let key: Arc<str> = key.as_str().into();
        self.places.insert(Arc::clone(&key), self.slots.len());
        self.slots.push(Slot { key, limit, window });
    }

    fn forget_one(&mut self, now: u64) {
        let used = |slot: &Slot| slot.window.used(slot.limit, now);
        let candidates: Vec<_> = (0..CANDIDATES).filter_map(|_| self.pick()).collect();
        let least = candidates
            .into_iter()
            .min_by_key(|place| self.slots.get(*place).map(used));
        if let Some(place) = least {
            let forgotten = self.slots.swap_remove(place);
            self.places.remove(&forgotten.key);
            if let Some(moved) = self.slots.get(place) {
                self.places.insert(Arc::clone(&moved.key), place);
            }
        }
    }

    /// A slot that a client cannot predict.
    fn pick(&mut self) -> Option<usize> {
        self.picks = self.picks.wrapping_add(1);
        let slots = u64::try_from(self.slots.len()).ok()?;
        let place = self.chance.hash_one(self.picks).checked_rem(slots)?;
        usize::try_from(place).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::limits::ClientNetwork;

    const NOW: u64 = 1_767_225_600_000;

    fn limit(burst: u32) -> RateLimit {
        RateLimit::new(burst, Duration::from_mins(1))
    }

    fn key(number: u32) -> CounterKey {
        CounterKey::of_client("test", ClientNetwork::of(number.to_be_bytes().into()))
    }

    fn count(counter: &MemoryCounter, number: u32, burst: u32, now: u64) -> bool {
        counter.count(&key(number), limit(burst), now) == Verdict::Allowed
    }

    fn keys(counter: &MemoryCounter) -> (usize, usize) {
        counter.locked(|table| (table.slots.len(), table.places.len()))
    }

    #[test]
    fn keys_are_counted_apart() {
        let counter = MemoryCounter::default();
        assert!(count(&counter, 1, 1, NOW));

        assert!(!count(&counter, 1, 1, NOW));
        assert!(count(&counter, 2, 1, NOW));
    }

    #[test]
    fn a_flood_of_keys_takes_no_more_memory() {
        let counter = MemoryCounter::with_room_for(100);

        for number in 0..10_000 {
            assert!(count(&counter, number, 10, NOW));
        }

        assert_eq!(keys(&counter), (100, 100));
    }

    #[test]
    fn a_flood_of_keys_does_not_free_a_client_that_reached_a_limit() {
        let counter = MemoryCounter::with_room_for(100);
        while count(&counter, 0, 10, NOW) {}

        for number in 1..100_000 {
            count(&counter, number, 10, NOW);
        }

        assert!(!count(&counter, 0, 10, NOW));
    }

    #[test]
    fn what_has_expired_is_forgotten_first() {
        let counter = MemoryCounter::with_room_for(32);
        for number in 0..31 {
            while count(&counter, number, 10, NOW) {}
        }
        let later = NOW + 120_000;
        for _ in 0..5 {
            count(&counter, 31, 10, later);
        }

        for number in 32..40 {
            count(&counter, number, 10, later);
        }

        let used = counter.locked(|table| {
            let slot = table.slot(&key(31)).map(|it| it.window);
            slot.map(|it| it.used(limit(10), later))
        });
        assert_eq!(used, Some(500));
    }

    #[test]
    fn what_is_taken_back_is_not_remembered() {
        let counter = MemoryCounter::default();
        count(&counter, 1, 10, NOW);
        assert!(counter.knows(&key(1), limit(10), NOW));

        counter.take_back(&key(1), limit(10), NOW);

        assert!(!counter.knows(&key(1), limit(10), NOW));
        assert!(!counter.knows(&key(2), limit(10), NOW));
    }
}
