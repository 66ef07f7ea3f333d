//! The cache of fetched templates.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use auth_domain::{ports::MailKind, user::Locale};
use tokio::{sync::OnceCell, time::Instant};

use crate::MailTemplate;

/// How long a template is used before it is fetched again.
const KEPT: Duration = Duration::from_mins(5);

/// How long it is remembered that there is none (negative cache): the server gets time to recover.
const ABSENCE_KEPT: Duration = Duration::from_secs(30);

/// The most templates that are remembered.
const MOST: usize = 300;

/// A template, or that there is none.
pub(super) type Found = Option<Arc<MailTemplate>>;

/// Results by language and mail.
#[derive(Default)]
pub(super) struct Cache(Mutex<HashMap<(Locale, MailKind), Arc<Slot>>>);

/// The entry of one result, which one of the concurrent requests fetches.
pub(super) struct Slot {
    made: Instant,
    answer: OnceCell<Answer>,
}

struct Answer {
    found: Found,
    good_until: Instant,
}

impl Cache {
    /// The entry of this template: with a fresh result, or empty.
    pub(super) fn slot(&self, locale: &Locale, kind: MailKind) -> Arc<Slot> {
        let now = Instant::now();
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (locale.clone(), kind);
        if let Some(slot) = slots.get(&key)
            && slot.is_good(now)
        {
            return Arc::clone(slot);
        }
        if slots.len() >= MOST {
            make_room(&mut slots, now);
        }
        let slot = Arc::new(Slot {
            made: now,
            answer: OnceCell::new(),
        });
        slots.insert(key, Arc::clone(&slot));
        slot
    }
}

fn make_room(slots: &mut HashMap<(Locale, MailKind), Arc<Slot>>, now: Instant) {
    slots.retain(|_, slot| slot.is_good(now));
    if slots.len() < MOST {
        return;
    }
    let oldest = slots.iter().min_by_key(|(_, slot)| slot.made);
    if let Some(key) = oldest.map(|(key, _)| key.clone()) {
        slots.remove(&key);
    }
}

impl Slot {
    /// The result, if there is one.
    pub(super) fn known(&self) -> Option<Found> {
        self.answer.get().map(|answer| answer.found.clone())
    }

    /// The result, which `fetch` gives unless a concurrent request has fetched it or is about to:
    /// then `fetch` is not begun.
    pub(super) async fn get_or_fetch(
        &self,
        fetch: impl Future<Output = Option<MailTemplate>>,
    ) -> Found {
        let answer = self.answer.get_or_init(|| async {
            let found = fetch.await.map(Arc::new);
            let kept = if found.is_some() { KEPT } else { ABSENCE_KEPT };
            Answer {
                found,
                good_until: Instant::now() + kept,
            }
        });
        answer.await.found.clone()
    }

    /// Whether its result may still be used; one that is being fetched may.
    fn is_good(&self, now: Instant) -> bool {
        let answer = self.answer.get();
        answer.is_none_or(|answer| now < answer.good_until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MailSources;

    const KIND: MailKind = MailKind::VerifyEmail;

    fn locale(text: &str) -> Locale {
        Locale::parse(text).unwrap()
    }

    fn template() -> Option<MailTemplate> {
        let sources = MailSources {
            subject: "",
            html: "",
            text: None,
        };
        MailTemplate::parse(sources).ok()
    }

    async fn after(cache: &Cache, found: Option<MailTemplate>, wait: Duration) -> Option<bool> {
        let slot = cache.slot(&locale("en"), KIND);
        slot.get_or_fetch(async { found }).await;
        tokio::time::advance(wait).await;
        let known = cache.slot(&locale("en"), KIND).known();
        known.map(|found| found.is_some())
    }

    #[tokio::test(start_paused = true)]
    async fn a_template_is_remembered_for_five_minutes() {
        let nearly = Duration::from_secs(299);

        assert_eq!(
            after(&Cache::default(), template(), nearly).await,
            Some(true)
        );
        assert_eq!(after(&Cache::default(), template(), KEPT).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn that_there_is_none_is_remembered_for_half_a_minute() {
        let nearly = Duration::from_secs(29);

        assert_eq!(after(&Cache::default(), None, nearly).await, Some(false));
        assert_eq!(after(&Cache::default(), None, ABSENCE_KEPT).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_makes_room_for_the_newest() {
        let cache = Cache::default();
        let key =
            |number: usize| locale(&format!("{}{}", char_of(number / 36), char_of(number % 36)));
        for number in 0..=MOST {
            let slot = cache.slot(&key(number), KIND);
            slot.get_or_fetch(async { None }).await;
            tokio::time::advance(Duration::from_millis(1)).await;
        }

        let kept = cache.0.lock().unwrap().len();

        assert_eq!(kept, MOST);
        assert!(cache.slot(&key(MOST), KIND).known().is_some());
        assert!(cache.slot(&key(0), KIND).known().is_none());
    }

    fn char_of(digit: usize) -> char {
        char::from_digit(u32::try_from(digit).unwrap(), 36).unwrap()
    }
}
