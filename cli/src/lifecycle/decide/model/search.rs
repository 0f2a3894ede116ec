//! The search: all worlds that can be reached, each once, and what has to hold in each.

use std::collections::{HashMap, HashSet};

use super::super::SweepVerdict;
use super::Decider;
use super::world::{Answer, Book, Budget, Lock, Request, Stack, Sweep, Up, Updates, World};

/// What was found.
pub struct Found {
    /// The number of worlds that were visited.
    pub states: usize,
    /// What does not hold, with the world in which it does not.
    pub wrong: Option<String>,
}

/// What may happen at most.
const BUDGET: Budget = Budget { events: 3, mishaps: 2, ticks: 1 };

/// The most worlds that a test has time for.
const MOST: usize = 2_000_000;

/// What a decision depends on.
type Asked = (Request, u8, Book, Stack, Answer, i64);

/// The search.
struct Search {
    decider: Decider,
    /// The decisions so far, as the decider is a function.
    decided: HashMap<Asked, bool>,
    /// The worlds that follow the one that is looked at.
    next: Vec<World>,
    /// What a step has broken.
    wrong: Option<String>,
}

/// Visits every world that can be reached.
pub fn search(decider: Decider) -> Found {
    let first = World::begin(BUDGET);
    let mut search = Search { decider, decided: HashMap::new(), next: Vec::new(), wrong: None };
    let mut seen = HashSet::from([first]);
    let mut open = vec![first];
    while let Some(world) = open.pop() {
        assert!(seen.len() < MOST, "the search has become too large");
        search.after_a_clean_sweep(&world);
        events(&world, &mut search.next);
        deployment(&world, &mut search.next);
        for who in [0, 1] {
            search.sweep(&world, who);
        }
        if let Some(wrong) = search.wrong {
            return Found { states: seen.len(), wrong: Some(format!("{wrong}: {world:?}")) };
        }
        open.extend(search.next.drain(..).map(World::in_order).filter(|world| seen.insert(*world)));
    }
    Found { states: seen.len(), wrong: None }
}

/// What happens outside: the change request is closed, opened again, pushed to; its event arrives or is lost; a person takes
/// the stack's name; time passes.
fn events(world: &World, next: &mut Vec<World>) {
    if world.left.events > 0 {
        let mut after = *world;
        after.left.events -= 1;
        let started = |world: World| (world.up == Up::Idle).then_some(World { up: Up::Started, ..world });
        match world.request {
            Request::Open => {
                let mut closed = World { request: Request::Closed(world.now), ..after };
                if let Some(stack) = &mut closed.stack {
                    stack.live = false;
                }
                next.push(closed);
                next.extend(started(after));
            }
            Request::Closed(_) => {
                let opened = World { request: Request::Open, ..after };
                next.push(opened);
                next.extend(started(opened));
                // An event that comes late, or twice.
                next.extend(started(after));
            }
        }
    }
    // A person makes a stack of this name by hand. If there was one, they have renamed it, and its tag stays.
    if world.left.mishaps > 0 && world.stack.is_none_or(|stack| stack.lock == Lock::Free) {
        let mut after = *world;
        after.left.mishaps -= 1;
        let tag = world.stack.and_then(|stack| stack.tag);
        let (updates, lock) = (Updates::ByHand, Lock::Free);
        after.stack = Some(Stack { ours: false, live: false, tag, resources: true, updates, lock });
        next.push(after);
    }
    if world.left.ticks > 0 {
        let mut after = *world;
        after.left.ticks -= 1;
        after.now += 1;
        next.push(after);
    }
}

/// The next step of the deployment, and its death before it.
fn deployment(world: &World, next: &mut Vec<World>) {
    if world.up == Up::Idle {
        return;
    }
    if world.left.mishaps > 0 {
        let mut killed = World { up: Up::Idle, ..*world };
        killed.left.mishaps -= 1;
        unlock(&mut killed, Lock::Deployment, Lock::Dead);
        next.push(killed);
    }
    let mut after = *world;
    let stack = after.stack.as_mut();
    after.up = match (world.up, stack) {
        (Up::Started, _) if world.request == Request::Open => Up::Checked,
        // The engine creates no stack that is there, and does not know one that is gone, or that is another one.
        (Up::Idle | Up::Started, _)
        | (Up::Written(_), Some(_))
        | (Up::Created(_) | Up::Marked(_) | Up::Signed(_) | Up::Updating, None) => Up::Idle,
        // A stack that is ours, or that a killed run has not marked.
        (Up::Checked, Some(stack)) => match after.book.opened {
            Some(opened) if stack.ours && stack.tag.is_none_or(|tag| tag == opened) => Up::Created(opened),
            _ => Up::Idle,
        },
        (Up::Checked, None) => {
            let nonce = after.book.opened.map_or(0, |opened| opened + 1);
            after.book = Book { opened: Some(nonce), ..Book::default() };
            Up::Written(nonce)
        }
        (Up::Written(nonce), None) => {
            let (updates, lock) = (Updates::None, Lock::Free);
            after.stack = Some(Stack { ours: true, live: false, tag: None, resources: false, updates, lock });
            Up::Created(nonce)
        }
        (_, Some(stack)) if !stack.ours || stack.lock == Lock::Dead => Up::Idle,
        (Up::Created(nonce), Some(stack)) => {
            stack.tag = Some(nonce);
            Up::Marked(nonce)
        }
        // It waits for the lock.
        (Up::Marked(_) | Up::Signed(_), Some(stack)) if stack.lock != Lock::Free => return,
        (Up::Marked(nonce), Some(stack)) => {
            stack.updates = Updates::Ours(nonce);
            Up::Signed(nonce)
        }
        (Up::Signed(_), Some(stack)) => {
            (stack.lock, stack.resources) = (Lock::Deployment, true);
            stack.live = world.request == Request::Open;
            Up::Updating
        }
        (Up::Updating, Some(stack)) => {
            stack.lock = Lock::Free;
            Up::Idle
        }
    };
    next.push(after);
}

/// Changes the stack's lock if `holder` has it.
fn unlock(world: &mut World, holder: Lock, to: Lock) {
    if let Some(stack) = world.stack.as_mut().filter(|stack| stack.lock == holder) {
        stack.lock = to;
    }
}

impl Search {
    /// The next steps of a sweep, and its death before them.
    fn sweep(&mut self, world: &World, who: usize) {
        let held = Lock::Sweep(u8::from(who == 1));
        let to = |step: Sweep, change: &dyn Fn(&mut World)| {
            let mut after = *world;
            after.sweeps[who] = step;
            change(&mut after);
            after
        };
        let step = world.sweeps[who];
        if step != Sweep::Idle && world.left.mishaps > 0 {
            self.next.push(to(Sweep::Idle, &|after| {
                after.left.mishaps -= 1;
                unlock(after, held, Lock::Dead);
            }));
        }
        match (step, world.stack) {
            (Sweep::Idle, _) => self.next.push(to(Sweep::Read(world.book), &|_| ())),
            (Sweep::Read(book), Some(stack)) => self.next.push(to(Sweep::Looked(book, stack), &|_| ())),
            (Sweep::Looked(book, stack), _) => {
                for (answer, skew) in answers(world) {
                    let doomed = self.is_doomed(world, book, stack, answer, skew);
                    let step = if doomed { Sweep::Doomed } else { Sweep::Idle };
                    self.next.push(to(step, &|after| pay(after, answer)));
                }
            }
            // Between its last look and its beginning lie seconds, in which no job gets to the same point.
            (Sweep::Doomed, Some(stack)) => {
                for (answer, skew) in answers(world) {
                    let sure = self.is_doomed(world, world.book, stack, answer, skew);
                    if sure {
                        self.wrong = self.wrong.take().or_else(|| broken(world, &stack));
                    }
                    let step = if sure { Sweep::Destroying } else { Sweep::Idle };
                    self.next.push(to(step, &|after| {
                        pay(after, answer);
                        if sure {
                            unlock(after, Lock::Free, held);
                        }
                    }));
                }
            }
            (Sweep::Destroying, Some(_)) => {
                self.next.push(to(Sweep::Destroyed, &|after| {
                    if let Some(stack) = &mut after.stack {
                        stack.resources = false;
                    }
                    unlock(after, held, Lock::Free);
                }));
                if world.left.mishaps > 0 {
                    self.next.push(to(Sweep::Idle, &|after| {
                        after.left.mishaps -= 1;
                        after.book.failed_at = Some(world.now);
                        unlock(after, held, Lock::Free);
                    }));
                }
            }
            // The engine removes no stack that has resources or a lock.
            (Sweep::Destroyed, Some(stack)) if stack.resources || stack.lock != Lock::Free => {
                self.next.push(to(Sweep::Idle, &|_| ()));
            }
            (Sweep::Destroyed, Some(_)) => self.next.push(to(Sweep::Removed, &|after| after.stack = None)),
            (Sweep::Removed, _) => self.next.push(to(Sweep::Idle, &|after| after.book.failed_at = None)),
            (Sweep::Read(_) | Sweep::Doomed | Sweep::Destroying | Sweep::Destroyed, None) => {
                self.next.push(to(Sweep::Idle, &|_| ()));
            }
        }
    }

    fn is_doomed(&mut self, world: &World, book: Book, stack: Stack, answer: Answer, skew: i64) -> bool {
        let decider = self.decider;
        // What nobody sees does not count.
        let seen = Stack { ours: true, live: false, ..stack };
        let asked = (world.request, world.now, book, seen, answer, skew);
        *self.decided.entry(asked).or_insert_with(|| {
            let decided = decider(&[world.facts(book, stack, answer)], &world.rules(skew));
            decided.brake.is_none() && matches!(decided.stacks[0].verdict, SweepVerdict::Destroy(_))
        })
    }

    /// Looks for what does not hold after one sweep in which nothing goes wrong, where everything has stopped. The locks of
    /// those that were killed are gone by then, as the engine or a person removes them.
    fn after_a_clean_sweep(&mut self, world: &World) {
        let Some(stack) = world.stack else { return };
        if world.up != Up::Idle || world.sweeps != [Sweep::Idle; 2] {
            return;
        }
        let later = World { now: world.now + 4, ..*world };
        let unlocked = Stack { lock: Lock::Free, ..stack };
        let doomed = self.is_doomed(&later, world.book, unlocked, Answer::Truth, 0);
        let wrong = match (stack.ours, world.request, doomed) {
            (false, _, true) => "a stack that is not ours is taken away",
            (true, Request::Closed(_), false) => "a stack of ours is left behind",
            (true, Request::Open, true) => "a stack of an open change request is taken away",
            _ => return,
        };
        self.wrong = Some(wrong.to_owned());
    }
}

/// The answers that the forge can give, and the hours by which the clock of the asking process differs.
fn answers(world: &World) -> Vec<(Answer, i64)> {
    let mut answers: Vec<(Answer, i64)> = [-1, 0, 1].map(|skew| (Answer::Truth, skew)).to_vec();
    if world.left.mishaps > 0 {
        answers.extend([Answer::Error, Answer::OtherNumber, Answer::OtherRepository].map(|lie| (lie, 0)));
    }
    answers
}

fn pay(world: &mut World, answer: Answer) {
    world.left.mishaps -= u8::from(answer != Answer::Truth);
}

/// What a destruction breaks that begins now.
fn broken(world: &World, stack: &Stack) -> Option<String> {
    if !stack.ours {
        return Some("a stack is destroyed that is not ours".to_owned());
    }
    let is_live = world.request == Request::Open && stack.live;
    is_live.then(|| "a stack is destroyed that is live".to_owned())
}
