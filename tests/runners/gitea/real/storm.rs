//! The script: what people do with pull requests, and what becomes of the jobs that this starts.

use serde_json::{Value, json};
use stackstep::base::http::Method;

use super::jobs::{Engine, Job};
use super::requests::Shop;

/// The engine's starts of a first deployment: a job is killed at one of them.
const STARTS: usize = 10;

/// A pull request of the script.
struct Mine {
    number: u64,
    branch: String,
    /// The file that it changes.
    file: String,
    open: bool,
    merged: bool,
    has_branch: bool,
    has_label: bool,
    /// The last event that its job has to know.
    since: usize,
    /// The commits whose jobs have ended well, each with the event after which it began.
    done: Vec<(String, usize)>,
}

/// The script, with what it remembers.
pub struct Storm<'s> {
    shop: &'s Shop,
    random: Random,
    mine: Vec<Mine>,
    /// The number of events so far.
    events: usize,
    /// Jobs that run at once, and jobs that run at some time or never.
    ready: Vec<Job>,
    late: Vec<Job>,
}

impl<'s> Storm<'s> {
    pub fn new(shop: &'s Shop, seed: u64) -> Self {
        Self { shop, random: Random(seed), mine: Vec::new(), events: 0, ready: Vec::new(), late: Vec::new() }
    }

    /// Opens so many pull requests.
    pub fn opens(&mut self, count: usize) {
        for at in 0..count {
            let branch = format!("change-{at}");
            let file = format!("notes/{at}.txt");
            let number = self.shop.open(&branch, &file, &branch);
            let has_label = self.random.percent(85);
            if has_label {
                self.shop.set_label(number, true);
            }
            self.events += 1;
            let (since, done) = (self.events, Vec::new());
            let one = Mine {
                number,
                branch,
                file,
                open: true,
                merged: false,
                has_branch: true,
                has_label,
                since,
                done,
            };
            self.mine.push(one);
            self.starts_a_job(at, true);
            self.runs_jobs();
        }
    }

    /// Does so many other things.
    pub fn goes_on(&mut self, events: usize) {
        for _ in 0..events {
            self.something_happens();
            self.runs_jobs();
        }
    }

    fn something_happens(&mut self) {
        let at = self.random.below(self.mine.len());
        let roll = self.random.below(100);
        let shop = self.shop;
        self.events += 1;
        let event = self.events;
        let one = &mut self.mine[at];
        let is_up = match (one.open, roll) {
            (true, 0..40) => {
                shop.push(&one.branch, &one.file, &format!("event {event}"));
                true
            }
            (true, 40..55) => {
                one.has_label = !one.has_label;
                shop.set_label(one.number, one.has_label);
                if !one.has_label {
                    return;
                }
                true
            }
            (true, 55..65) => {
                let name = format!("{}-to-{event}", one.branch.split("-to-").next().unwrap());
                shop.ask(Method::PATCH, &format!("branches/{}", one.branch), &json!({ "name": name }));
                shop.fetch();
                one.branch = name;
                return;
            }
            (true, 65..75) => {
                (one.open, one.merged) = (false, true);
                shop.merge(one.number);
                false
            }
            (true, _) => {
                one.open = false;
                shop.set_open(one.number, false);
                false
            }
            (false, 0..20) if one.has_branch => {
                one.has_branch = false;
                shop.ask(Method::DELETE, &format!("branches/{}", one.branch), &Value::Null);
                return;
            }
            (false, _) if one.merged || !one.has_branch => return,
            (false, _) => {
                one.open = true;
                shop.set_open(one.number, true);
                true
            }
        };
        one.since = event;
        self.starts_a_job(at, is_up);
    }

    /// The job of an event: it runs, or is lost, comes twice, comes late, or is killed.
    fn starts_a_job(&mut self, at: usize, is_up: bool) {
        let number = self.mine[at].number;
        let engine = if number.is_multiple_of(10) { Engine::Pulumi } else { Engine::Sandbox };
        let job = Job { number, commit: self.shop.request(number).head, is_up, kill: None, engine };
        match self.random.below(100) {
            0..20 => {}
            20..32 => self.ready.extend([job.clone(), job]),
            32..50 => self.late.push(job),
            50..65 => {
                let kill =
                    Some((1 + u32::try_from(self.random.below(STARTS)).unwrap(), self.random.percent(50)));
                self.ready.push(Job { kill, ..job });
            }
            _ => self.ready.push(job),
        }
    }

    /// Runs what is ready, two at a time, with jobs that come late among them; sometimes something happens meanwhile.
    fn runs_jobs(&mut self) {
        while let Some(job) = self.ready.pop() {
            let mut jobs = vec![job];
            if let Some(second) = self.ready.pop() {
                jobs.push(second);
            } else if !self.late.is_empty() && self.random.percent(40) {
                let at = self.random.below(self.late.len());
                jobs.push(self.late.swap_remove(at));
            }
            let began = self.events;
            let started: Vec<_> = jobs
                .iter()
                .zip(["one", "other"])
                .map(|(job, checkout)| self.shop.start(job, checkout))
                .collect();
            if self.random.percent(25) {
                self.something_happens();
            }
            for (job, started) in jobs.into_iter().zip(started) {
                let status = started.status();
                if job.is_up && status == Some(0) {
                    let one = self.mine.iter_mut().find(|one| one.number == job.number).unwrap();
                    one.done.push((job.commit, began));
                }
            }
        }
    }

    /// Fails unless the forge's and the backend's record agree: no stack without its pull request, no pull request without the
    /// commit that its job has deployed, and each warning once. Returns the number of stacks that are alive.
    pub fn is_kept(&self) -> usize {
        let stacks = self.shop.stacks();
        let mut alive = 0;
        for one in &self.mine {
            let request = self.shop.request(one.number);
            let name = self.shop.stack(one.number);
            let is_there = stacks.contains(&name);
            assert_eq!(request.is_open, one.open, "!{} is as the script has left it", one.number);
            assert!(request.is_open || !is_there, "!{} is closed, and its stack is there", one.number);
            let is_deployed =
                one.done.iter().any(|(commit, began)| *commit == request.head && *began >= one.since);
            if request.is_open && request.has_label && is_deployed {
                alive += 1;
                assert!(is_there, "!{} is open and was deployed, and its stack is gone", one.number);
                let deployed = self.shop.deployed(&name);
                assert_eq!(deployed, Some(request.head), "!{} is not at its newest commit", one.number);
            }
            let warnings = self.shop.warnings(one.number);
            let mut different = warnings.clone();
            different.sort();
            different.dedup();
            assert_eq!(
                different.len(),
                warnings.len(),
                "!{} was warned twice of the same: {warnings:#?}",
                one.number
            );
            assert!(!request.is_open || !is_there || !warnings.is_empty(), "!{} was not warned", one.number);
        }
        alive
    }
}

/// Numbers that are the same for the same seed: <https://prng.di.unimi.it/splitmix64.c>
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}
