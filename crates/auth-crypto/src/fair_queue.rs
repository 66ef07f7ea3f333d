//! A fair queue (round robin) between client networks, for a scarce resource.
//!
//! A first-come, first-served queue can be filled by a flood of sign-ins from one network, which
//! gets all other clients refused (denial of service). Here networks take turns, and when the queue
//! is full, a client from a network with few waiters replaces the youngest waiter of the network
//! that has most of them. So a flood displaces only itself. Where all clients seem to come from one
//! network, it is a plain queue.

use std::{
    collections::{HashMap, VecDeque},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use auth_domain::limits::ClientNetwork;
use tokio::sync::oneshot;

/// A fair queue.
#[derive(Debug)]
pub(crate) struct FairQueue(Mutex<State>);

#[derive(Debug)]
struct State {
    /// How many turns may begin at once.
    free: usize,
    /// How many more may wait.
    room: usize,
    /// The waiters by network; a network without waiters is removed.
    waiting: HashMap<ClientNetwork, VecDeque<Waiter>>,
    /// The networks that have waiters, in the order of their turns.
    rotation: VecDeque<ClientNetwork>,
    next_number: u64,
}

#[derive(Debug)]
struct Waiter {
    number: u64,
    /// Sent when its turn has come, and dropped when it is displaced.
    call: oneshot::Sender<()>,
}

/// The queue was full, or the place was given to a waiter of a network with fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TurnedAway;

/// A turn. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    queue: Arc<FairQueue>,
}

/// A place in the queue, which is given up when this is dropped.
struct Place {
    queue: Arc<FairQueue>,
    network: ClientNetwork,
    number: u64,
    called: oneshot::Receiver<()>,
    /// Whether the turn was taken, so that there is nothing to give up.
    is_over: bool,
}

/// The answer to a new request.
enum Entry {
    Turn,
    Wait(u64, oneshot::Receiver<()>),
}

impl FairQueue {
    /// A queue with so many turns at once, and so many waiters.
    pub(crate) fn new(turns: usize, room: usize) -> Self {
        Self(Mutex::new(State {
            free: turns,
            room,
            waiting: HashMap::new(),
            rotation: VecDeque::new(),
            next_number: 0,
        }))
    }

    /// A turn for a request from `network`, when it has come. Dropping the future gives up the
    /// place in the queue.
    pub(crate) async fn turn(self: &Arc<Self>, network: ClientNetwork) -> Result<Turn, TurnedAway> {
        let queue = Arc::clone(self);
        match self.locked(|state| state.enter(network))? {
            Entry::Turn => Ok(Turn { queue }),
            Entry::Wait(number, called) => {
                Place {
                    queue,
                    network,
                    number,
                    called,
                    is_over: false,
                }
                .await
            }
        }
    }

    /// How many turns may begin now, and how many more may wait.
    #[cfg(test)]
    pub(crate) fn free(&self) -> (usize, usize) {
        self.locked(|state| (state.free, state.room))
    }

    fn locked<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        // No step here panics, and none leaves the state half done.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn enter(&mut self, network: ClientNetwork) -> Result<Entry, TurnedAway> {
        // While a turn is free there are no waiters.
        if self.free > 0 {
            self.free -= 1;
            return Ok(Entry::Turn);
        }
        if self.room == 0 {
            self.make_room(network)?;
        }
        self.room -= 1;
        let number = self.next_number;
        self.next_number += 1;
        let (call, called) = oneshot::channel();
        let waiters = self.waiting.entry(network).or_default();
        if waiters.is_empty() {
            self.rotation.push_back(network);
        }
        waiters.push_back(Waiter { number, call });
        Ok(Entry::Wait(number, called))
    }

    /// Displaces the youngest waiter of the network that has most of them, unless `network` would
    /// then have as many.
    fn make_room(&mut self, network: ClientNetwork) -> Result<(), TurnedAway> {
        let own = self.waiting.get(&network).map_or(0, VecDeque::len);
        let crowded = self.waiting.iter().max_by_key(|(_, them)| them.len());
        let crowded = crowded.filter(|(_, them)| them.len() > own + 1);
        let crowded = crowded.map(|(crowded, _)| *crowded).ok_or(TurnedAway)?;
        let youngest = self.waiting.get_mut(&crowded).and_then(VecDeque::pop_back);
        self.room += usize::from(youngest.is_some());
        youngest.map(drop).ok_or(TurnedAway)
    }

    /// Ends a turn: the next network with waiters gets it.
    fn pass_on(&mut self) {
        while let Some(network) = self.rotation.pop_front() {
            let next = self.waiting.get_mut(&network).and_then(VecDeque::pop_front);
            self.settle(network);
            let Some(next) = next else { continue };
            self.room += 1;
            if next.call.send(()).is_ok() {
                return;
            }
        }
        self.free += 1;
    }

    /// Gives a network that has just had a turn its next place in the rotation, if it has waiters.
    fn settle(&mut self, network: ClientNetwork) {
        if self.waiting.get(&network).is_some_and(|it| !it.is_empty()) {
            self.rotation.push_back(network);
        } else {
            self.waiting.remove(&network);
        }
    }

    /// Removes a waiter that gave up. `false`: it was not waiting any more.
    fn leave(&mut self, network: ClientNetwork, number: u64) -> bool {
        let Some(waiters) = self.waiting.get_mut(&network) else {
            return false;
        };
        let before = waiters.len();
        waiters.retain(|it| it.number != number);
        let has_left = waiters.len() < before;
        self.room += usize::from(has_left);
        if waiters.is_empty() {
            self.waiting.remove(&network);
            self.rotation.retain(|it| *it != network);
        }
        has_left
    }
}

impl Future for Place {
    type Output = Result<Turn, TurnedAway>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match Pin::new(&mut self.called).poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(())) => {
                self.is_over = true;
                let queue = Arc::clone(&self.queue);
                Poll::Ready(Ok(Turn { queue }))
            }
            Poll::Ready(Err(_given_away)) => {
                self.is_over = true;
                Poll::Ready(Err(TurnedAway))
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let (network, number) = (self.network, self.number);
        let called = &mut self.called;
        self.queue.locked(|state| {
            // Turns are called under the same lock: a waiter that is not in the queue was called,
            // or displaced.
            if !state.leave(network, number) && called.try_recv().is_ok() {
                state.pass_on();
            }
        });
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.queue.locked(State::pass_on);
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    type Waiting = Pin<Box<dyn Future<Output = Result<Turn, TurnedAway>> + Send>>;

    fn network(last: u8) -> ClientNetwork {
        ClientNetwork::of([192, 0, 2, last].into())
    }

    fn ask(queue: &Arc<FairQueue>, last: u8) -> Waiting {
        let queue = Arc::clone(queue);
        let mut asking: Waiting = Box::pin(async move { queue.turn(network(last)).await });
        // The first poll takes a place.
        if let Poll::Ready(outcome) = poll(&mut asking) {
            return Box::pin(std::future::ready(outcome));
        }
        asking
    }

    fn poll(waiting: &mut Waiting) -> Poll<Result<Turn, TurnedAway>> {
        waiting
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
    }

    /// The turn that must have come.
    fn turn(waiting: &mut Waiting) -> Turn {
        match poll(waiting) {
            Poll::Ready(Ok(turn)) => turn,
            other => panic!("no turn: {other:?}"),
        }
    }

    fn is_turned_away(waiting: &mut Waiting) -> bool {
        matches!(poll(waiting), Poll::Ready(Err(TurnedAway)))
    }

    #[test]
    fn one_network_is_served_in_the_order_it_came_and_turned_away_where_there_is_no_room() {
        let queue = Arc::new(FairQueue::new(1, 2));
        let at_work = turn(&mut ask(&queue, 1));
        let (mut first, mut second) = (ask(&queue, 1), ask(&queue, 1));

        assert!(is_turned_away(&mut ask(&queue, 1)));
        assert!(poll(&mut first).is_pending() && poll(&mut second).is_pending());
        drop(at_work);
        assert!(poll(&mut second).is_pending());
        drop(turn(&mut first));
        drop(turn(&mut second));

        assert_eq!(queue.free(), (1, 2));
    }

    #[test]
    fn a_flood_from_one_network_turns_away_itself() {
        let queue = Arc::new(FairQueue::new(1, 4));
        let at_work = turn(&mut ask(&queue, 1));
        let mut flood: Vec<_> = (0..4).map(|_| ask(&queue, 1)).collect();

        let mut honest = ask(&queue, 2);

        assert!(poll(&mut honest).is_pending());
        assert!(is_turned_away(flood.last_mut().unwrap()));
        assert!(is_turned_away(&mut ask(&queue, 1)));
        // At most one of the flood has a turn before.
        drop(at_work);
        let one_of_the_flood = turn(&mut flood[0]);
        drop(one_of_the_flood);
        let honest = turn(&mut honest);
        assert!(poll(&mut flood[1]).is_pending());
        drop(honest);
        drop(turn(&mut flood[1]));
    }

    #[test]
    fn networks_take_turns() {
        let queue = Arc::new(FairQueue::new(1, 6));
        let mut at_work = turn(&mut ask(&queue, 9));
        let order = [1, 1, 1, 2, 2, 3];
        let mut waiting: Vec<_> = order.map(|it| (it, ask(&queue, it))).into();

        let mut served = Vec::new();
        while !waiting.is_empty() {
            drop(at_work);
            let next = waiting.iter_mut().enumerate().find_map(|(index, (_, it))| {
                let outcome = poll(it);
                outcome.is_ready().then_some((index, outcome))
            });
            let Some((index, Poll::Ready(Ok(turn)))) = next else {
                panic!("no waiter has a turn")
            };
            served.push(waiting.remove(index).0);
            at_work = turn;
        }

        assert_eq!(served, [1, 2, 3, 1, 2, 1]);
    }

    #[test]
    fn a_network_with_as_many_waiters_as_the_others_displaces_none() {
        let queue = Arc::new(FairQueue::new(1, 4));
        let _at_work = turn(&mut ask(&queue, 9));
        let mut waiting: Vec<_> = [1, 1, 2, 2].map(|it| ask(&queue, it)).into();

        assert!(is_turned_away(&mut ask(&queue, 1)));
        assert!(is_turned_away(&mut ask(&queue, 2)));
        let mut third = ask(&queue, 3);

        assert!(poll(&mut third).is_pending());
        let left = waiting.iter_mut().map(|it| poll(it).is_pending());
        assert_eq!(left.filter(|it| *it).count(), 3);
        let mut fourth = ask(&queue, 4);
        assert!(poll(&mut fourth).is_pending());
        // Now every network has one.
        assert!(is_turned_away(&mut ask(&queue, 5)));
    }

    #[test]
    fn a_dropped_waiter_gives_up_its_place_also_when_it_was_just_called() {
        let queue = Arc::new(FairQueue::new(1, 2));
        let at_work = turn(&mut ask(&queue, 1));
        let (first, second) = (ask(&queue, 1), ask(&queue, 2));

        drop(second);
        assert_eq!(queue.free(), (0, 1));
        let mut third = ask(&queue, 2);
        drop(at_work);
        // It was called, but has not been polled since.
        drop(first);

        drop(turn(&mut third));
        assert_eq!(queue.free(), (1, 2));
        drop(third);
        assert_eq!(queue.free(), (1, 2));
    }

    #[test]
    fn a_displaced_waiter_that_is_dropped_changes_nothing() {
        let queue = Arc::new(FairQueue::new(1, 2));
        let at_work = turn(&mut ask(&queue, 1));
        let (mut first, youngest) = (ask(&queue, 1), ask(&queue, 1));
        let mut other = ask(&queue, 2);

        drop(youngest);

        assert_eq!(queue.free(), (0, 0));
        drop(at_work);
        drop(turn(&mut first));
        drop(turn(&mut other));
        assert_eq!(queue.free(), (1, 2));
    }
}
