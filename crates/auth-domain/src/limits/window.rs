//! The sliding window of Hasura Auth: two fixed windows, of which the earlier one counts in
//! proportion to how much of it the sliding one still covers.

use std::time::Duration;

/// How often something may happen within a length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    burst: u32,
    window: Duration,
}

impl RateLimit {
    /// `burst` times in `window`. The least is once, and the window is a millisecond to 49 days
    /// long.
    #[must_use]
    pub const fn new(burst: u32, window: Duration) -> Self {
        let burst = if burst == 0 { 1 } else { burst };
        Self { burst, window }
    }

    /// How often.
    #[must_use]
    pub const fn burst(self) -> u32 {
        self.burst
    }

    /// Within how many milliseconds.
    #[must_use]
    pub fn window_millis(self) -> u64 {
        // So that a count times a window fits into 64 bits.
        const LONGEST: u128 = 1 << 32;
        let millis = self.window.as_millis().clamp(1, LONGEST);
        u64::try_from(millis).unwrap_or(1)
    }
}

/// Whether something may happen once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may, and was counted.
    Allowed,
    /// It may not, and was not counted.
    TooMany {
        /// How long to wait, if nothing else is counted meanwhile.
        retry_after: Duration,
    },
}

/// What is remembered of one key. Windows are numbered from the beginning of 1970.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Window {
    index: u64,
    current: u32,
    previous: u32,
}

impl Window {
    /// Counts once more at `now`, in milliseconds, unless that is too many.
    pub(super) fn count(&mut self, limit: RateLimit, now: u64) -> Verdict {
        self.move_to(limit, now);
        let wait = self.wait(limit, now);
        if wait == 0 {
            self.current = self.current.saturating_add(1);
            Verdict::Allowed
        } else {
            Verdict::TooMany {
                retry_after: Duration::from_millis(wait),
            }
        }
    }

    /// Counts once less, if what was counted is of the same window.
    pub(super) fn take_back(&mut self, limit: RateLimit, now: u64) {
        self.move_to(limit, now);
        self.current = self.current.saturating_sub(1);
    }

    /// Whether anything was counted in this window or the one before.
    pub(super) fn is_blank(mut self, limit: RateLimit, now: u64) -> bool {
        self.move_to(limit, now);
        self.current == 0 && self.previous == 0
    }

    /// How much of the limit is used up, in thousandths.
    pub(super) fn used(mut self, limit: RateLimit, now: u64) -> u64 {
        self.move_to(limit, now);
        let counted = self.weight_of_previous(limit, now) + u64::from(self.current);
        counted * 1000 / u64::from(limit.burst)
    }

    fn move_to(&mut self, limit: RateLimit, now: u64) {
        let index = now / limit.window_millis();
        // A clock that goes back must not make anything forgotten.
        if index > self.index {
            self.previous = if index == self.index + 1 {
                self.current
            } else {
                0
            };
            self.current = 0;
            self.index = index;
        }
    }

    /// The count of the earlier window, as far as the sliding one covers it.
    fn weight_of_previous(self, limit: RateLimit, now: u64) -> u64 {
        let window = limit.window_millis();
        let previous = u64::from(self.previous.min(limit.burst));
        previous * remaining(window, now) / window
    }

    /// The milliseconds until one more is allowed; 0 if it is now.
    fn wait(self, limit: RateLimit, now: u64) -> u64 {
        let window = limit.window_millis();
        let burst = u64::from(limit.burst);
        let current = u64::from(self.current);
        let remaining = remaining(window, now);
        if current >= burst {
            // At the start of the next window this one still counts in full.
            return remaining + 1;
        }
        if self.weight_of_previous(limit, now) + current < burst {
            return 0;
        }
        // The largest rest of the window at which the earlier one weighs little enough.
        let previous = u64::from(self.previous.min(limit.burst)).max(1);
        let enough = ((burst - current) * window).div_ceil(previous) - 1;
        remaining.saturating_sub(enough).max(1)
    }
}

fn remaining(window: u64, now: u64) -> u64 {
    window - now % window
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;

    fn limit(burst: u32) -> RateLimit {
        RateLimit::new(burst, Duration::from_mins(1))
    }

    /// How many of `attempts` at `now` are allowed.
    fn allowed(window: &mut Window, burst: u32, attempts: u32, now: u64) -> usize {
        (0..attempts)
            .filter(|_| window.count(limit(burst), now) == Verdict::Allowed)
            .count()
    }

    #[test]
    fn a_burst_is_allowed_and_nothing_beyond_it() {
        let mut window = Window::default();

        assert_eq!(allowed(&mut window, 10, 25, 5 * MINUTE), 10);
        assert_eq!(allowed(&mut window, 10, 25, 6 * MINUTE - 1), 0);
    }

    #[test]
    fn a_window_counts_in_the_next_one_as_far_as_it_is_covered() {
        let mut window = Window::default();
        allowed(&mut window, 10, 10, 5 * MINUTE);

        assert_eq!(allowed(&mut window, 10, 10, 6 * MINUTE), 0);
        // 7.5 of the earlier ten still count, and halves do not.
        assert_eq!(allowed(&mut window, 10, 10, 6 * MINUTE + MINUTE / 4), 3);
        assert_eq!(allowed(&mut window, 10, 10, 6 * MINUTE + MINUTE / 2), 2);
        assert_eq!(allowed(&mut window, 10, 10, 7 * MINUTE - 1), 5);
    }

    #[test]
    fn after_two_windows_everything_is_forgotten() {
        let mut window = Window::default();
        allowed(&mut window, 10, 10, 5 * MINUTE);

        assert_eq!(allowed(&mut window, 10, 20, 7 * MINUTE), 10);
    }

    #[test]
    fn what_was_refused_is_not_counted() {
        let mut window = Window::default();
        allowed(&mut window, 10, 1000, 5 * MINUTE);

        assert_eq!(allowed(&mut window, 10, 10, 6 * MINUTE + MINUTE / 2), 5);
    }

    #[test]
    fn a_client_that_waits_as_long_as_was_said_is_allowed_and_not_a_millisecond_earlier() {
        for burst in [1, 2, 3, 10, 100] {
            for (first, second) in [(burst, 0), (burst, burst), (burst / 2 + 1, burst), (3, 1)] {
                let mut window = Window::default();
                allowed(&mut window, burst, first, 5 * MINUTE);
                let now = 6 * MINUTE + 17_123;
                allowed(&mut window, burst, second, now);

                let Verdict::TooMany { retry_after } = window.count(limit(burst), now) else {
                    continue;
                };
                let wait = u64::try_from(retry_after.as_millis()).unwrap();

                let mut early = window;
                assert_eq!(allowed(&mut early, burst, 1, now + wait - 1), 0, "{burst}");
                assert_eq!(allowed(&mut window, burst, 1, now + wait), 1, "{burst}");
            }
        }
    }

    #[test]
    fn what_is_taken_back_may_happen_again() {
        let mut window = Window::default();
        allowed(&mut window, 3, 3, MINUTE);

        window.take_back(limit(3), MINUTE);

        assert_eq!(allowed(&mut window, 3, 3, MINUTE), 1);
    }

    #[test]
    fn taking_back_what_was_never_counted_gives_no_credit() {
        let mut window = Window::default();

        window.take_back(limit(3), MINUTE);

        assert_eq!(allowed(&mut window, 3, 9, MINUTE), 3);
    }

    #[test]
    fn a_clock_that_goes_back_forgets_nothing() {
        let mut window = Window::default();
        allowed(&mut window, 3, 3, 9 * MINUTE);

        assert_eq!(allowed(&mut window, 3, 3, 2 * MINUTE), 0);
    }

    #[test]
    fn no_limit_is_too_strange_to_be_counted() {
        for limit in [
            RateLimit::new(0, Duration::ZERO),
            RateLimit::new(u32::MAX, Duration::MAX),
            RateLimit::new(1, Duration::from_nanos(1)),
        ] {
            let mut window = Window::default();
            let now = 1_767_225_600_000;
            assert_eq!(window.count(limit, now), Verdict::Allowed);
            window.count(limit, now + (1 << 32));
            window.used(limit, now + (1 << 33));
        }
    }
}
