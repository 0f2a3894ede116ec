//! The loop that supervises one running process.

use std::ops::ControlFlow;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Child;
use tokio::time::{Instant, sleep_until};

use super::control::{Control, status_of};
use super::{Ended, Process, ProcessStatus, Stdin, Supervision};
use crate::base::secret::Masker;
use crate::process::ladder::{Cause, Ladder, Rung};
use crate::process::output::{LineSource, Log};
use crate::process::signals::Signals;
use crate::process::stream::{Feed, Passing};
use crate::process::tail::{POLL, Tail, TailState};
use crate::process::told::{Listener, Told};

/// The time between two heartbeats in the log: a little less than a minute, as CI systems kill silent jobs.
const HEARTBEAT: Duration = Duration::from_secs(55);

/// The time for which a process that the engine has left behind may keep its pipes open.
const DRAIN: Duration = Duration::from_secs(5);

/// The time that a killed process has to end, and that a stalled reader has to take our last lines.
const GONE: Duration = Duration::from_secs(2);

/// One of the engine's pipes.
struct Pipe {
    reader: Option<Box<dyn AsyncRead + Unpin + Send>>,
    feed: Feed,
    source: LineSource,
    buffer: Vec<u8>,
}

impl Pipe {
    fn new(pipe: Option<impl AsyncRead + Unpin + Send + 'static>, feed: Feed, source: LineSource) -> Self {
        let reader = pipe.map(|pipe| Box::new(pipe) as Box<dyn AsyncRead + Unpin + Send>);
        Self { reader, feed, source, buffer: vec![0; 32 << 10] }
    }

    fn is_open(&self) -> bool {
        self.reader.is_some()
    }

    /// Waits for more bytes; 0 at the end. Nothing is lost if the future is dropped half-way.
    async fn read(&mut self) -> usize {
        match &mut self.reader {
            Some(reader) => reader.read(&mut self.buffer).await.unwrap_or(0),
            None => 0,
        }
    }

    /// Passes the bytes that were read to the log.
    fn took(&mut self, count: usize, log: &mut Log<'_>) {
        if count == 0 {
            return self.end(log);
        }
        let lines = self.feed.push(&self.buffer[..count], Instant::now());
        log.write(self.source, &lines);
    }

    /// Passes the rest to the log; nothing more is read.
    fn end(&mut self, log: &mut Log<'_>) {
        if self.reader.take().is_some() {
            let lines = self.feed.finish(Instant::now());
            log.write(self.source, &lines);
        }
    }
}

/// A process while it runs.
pub(super) struct RunningProcess<'a> {
    child: Child,
    control: Control,
    stdout: Pipe,
    stderr: Pipe,
    log: Log<'a>,
    tail: Option<Tail>,
    started: Instant,
    /// The time at which its time limit is reached.
    deadline: Option<Instant>,
    next_poll: Instant,
    next_heartbeat: Instant,
    listen: Duration,
    grace: Duration,
    listener: &'a mut dyn Listener,
    stopping: Option<Stopping>,
    ended: Option<(ProcessStatus, Instant)>,
    /// The time at which we no longer wait for the pipes to close.
    drained: Option<Instant>,
    left_behind: bool,
    signals: &'a Signals,
    masker: &'a Masker,
    on_event: &'a mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    /// Whether an event has shown that the process must not go on.
    halted: bool,
    heartbeat: &'a mut dyn FnMut(Duration) -> Option<String>,
    on_stop: &'a mut dyn FnMut(Cause),
}

/// A process that has been asked to end.
struct Stopping {
    since: Instant,
    cause: Cause,
    ladder: Ladder,
    killed: Option<Instant>,
}

impl Stopping {
    /// The time of the next action: another rung, or giving up.
    fn next(&self) -> Option<Instant> {
        match self.ladder.next() {
            Some((at, _)) => self.since.checked_add(at),
            None => self.killed.map(|killed| killed + GONE),
        }
    }

    fn is_stuck(&self, now: Instant) -> bool {
        self.killed.is_some_and(|killed| now >= killed + GONE)
    }
}

impl<'a> RunningProcess<'a> {
    pub(super) fn new(process: &Process, mut child: Child, supervision: Supervision<'a>) -> Self {
        let Supervision { masker, signals, timeout, listen, grace, stdout, stderr, .. } = supervision;
        let feed = |passing| Feed::new(masker, passing, supervision.capture);
        let started = Instant::now();
        Self {
            control: Control::new(&child, &process.program, signals.adopts()),
            stdout: Pipe::new(child.stdout.take(), feed(supervision.passing), LineSource::Stdout),
            stderr: Pipe::new(
                child.stderr.take(),
                feed(Passing::Through).without(supervision.unsaid),
                LineSource::Stderr,
            ),
            child,
            log: Log::new(stdout, stderr, supervision.disarm),
            tail: process.event_log.clone().map(Tail::new),
            started,
            deadline: timeout.and_then(|timeout| started.checked_add(timeout)),
            next_poll: started + POLL,
            next_heartbeat: started + HEARTBEAT,
            listen,
            grace,
            listener: supervision.listener,
            stopping: None,
            ended: None,
            drained: None,
            left_behind: false,
            signals,
            masker,
            on_event: supervision.on_event,
            halted: false,
            heartbeat: supervision.heartbeat,
            on_stop: supervision.on_stop,
        }
    }

    /// Runs until the process has ended and its pipes are closed.
    pub(super) async fn until_over(&mut self, mut stdin: Stdin) {
        let mut fed = false;
        while !self.is_over() {
            let may_read = self.log.has_room() || self.stopping.is_some();
            let (running, cancellable) = (self.ended.is_none(), self.stopping.is_none());
            let wake = self.next_wake();
            tokio::select! {
                signal = self.signals.cancelled(), if running && cancellable => self.stop(Cause::Cancelled(signal)),
                count = self.stdout.read(), if may_read && self.stdout.is_open() => {
                    self.listener.output(&self.stdout.buffer[..count]);
                    self.stdout.took(count, &mut self.log);
                }
                count = self.stderr.read(), if may_read && self.stderr.is_open() => self.stderr.took(count, &mut self.log),
                result = self.child.wait(), if running => self.has_ended(status_of(&result)),
                () = self.log.write_some() => {}
                () = &mut stdin, if !fed => fed = true,
                () = sleep_until(wake) => {}
            }
            self.tick(Instant::now());
        }
    }

    fn is_over(&self) -> bool {
        self.ended.is_some() && !self.stdout.is_open() && !self.stderr.is_open()
    }

    fn next_wake(&self) -> Instant {
        let next_rung = self.stopping.as_ref().and_then(Stopping::next).filter(|_| self.ended.is_none());
        let due = [self.stdout.feed.due(), self.stderr.feed.due(), self.deadline, next_rung, self.drained];
        let first = self.next_heartbeat.min(self.next_poll);
        due.into_iter().flatten().fold(first, Instant::min)
    }

    /// Does everything whose time has come.
    fn tick(&mut self, now: Instant) {
        for pipe in [&mut self.stdout, &mut self.stderr] {
            let partial = pipe.feed.partial(now);
            self.log.write(pipe.source, &partial);
        }
        if now >= self.next_poll {
            let more = self.poll_events();
            self.next_poll = if more { now } else { now + POLL };
            if self.halted && self.ended.is_none() && self.stopping.is_none() {
                self.stop(Cause::Halted);
            }
        }
        if now >= self.next_heartbeat {
            self.next_heartbeat = now + HEARTBEAT;
            if let Some(line) = (self.heartbeat)(now - self.started) {
                self.log.write(LineSource::Ours, format!("{}\n", self.masker.mask(&line)).as_bytes());
            }
        }
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            self.deadline = None;
            if self.ended.is_none() && self.stopping.is_none() {
                self.stop(Cause::TimedOut);
            }
        }
        self.climb(now);
        self.drain(now);
    }

    /// Passes some of the new events on. Returns whether there are more.
    fn poll_events(&mut self) -> bool {
        let Some(tail) = &mut self.tail else { return false };
        tail.poll(&mut |line| {
            self.listener.event(line);
            self.halted |= (self.on_event)(line).is_break();
        })
    }

    /// Begins the ladder.
    fn stop(&mut self, cause: Cause) {
        // The report that is published now has all events so far.
        while self.poll_events() {}
        let since = Instant::now();
        // After a decision of our own, nobody else has sent a signal.
        let listen = if matches!(cause, Cause::Cancelled(_)) { self.listen } else { Duration::ZERO };
        let ladder = Ladder::new(listen, self.grace);
        self.stopping = Some(Stopping { since, cause, ladder, killed: None });
        self.climb(since);
        (self.on_stop)(cause);
    }

    fn climb(&mut self, now: Instant) {
        let Some(stopping) = self.stopping.as_mut().filter(|_| self.ended.is_none()) else { return };
        let (elapsed, told) = (now - stopping.since, self.listener.what_it_said());
        if told > Told::Never {
            stopping.ladder.was_told(elapsed);
        }
        match stopping.ladder.climb(elapsed) {
            Some(Rung::InterruptedAgain) if told == Told::Again => {}
            Some(Rung::Interrupted | Rung::InterruptedAgain) => self.control.interrupt(),
            Some(Rung::Killed) => {
                stopping.killed = Some(now);
                self.control.kill(&mut self.child);
            }
            None if stopping.is_stuck(now) => self.has_ended(ProcessStatus::Stuck),
            None => {}
        }
    }

    fn has_ended(&mut self, status: ProcessStatus) {
        let now = Instant::now();
        self.ended = Some((status, now));
        self.drained = Some(now + DRAIN);
        if matches!(status, ProcessStatus::Signalled(_)) {
            // Without the engine, nothing ends its language hosts and providers.
            self.control.kill_rest();
        }
    }

    /// Ends the wait for pipes that another process keeps open: first kills that process, then stops reading.
    fn drain(&mut self, now: Instant) {
        let Some(drained) = self.drained.filter(|drained| now >= *drained) else { return };
        if !self.log.has_room() && self.stopping.is_none() {
            self.drained = Some(now + DRAIN);
        } else if self.left_behind {
            self.stdout.end(&mut self.log);
            self.stderr.end(&mut self.log);
        } else {
            self.left_behind = true;
            self.control.kill_rest();
            self.drained = Some(drained + GONE);
        }
    }

    /// Reads and writes the rest.
    pub(super) async fn finish(mut self) -> Ended {
        if let Some(tail) = &mut self.tail {
            tail.finish(&mut |line| {
                self.listener.event(line);
                let _ = (self.on_event)(line);
            });
        }
        self.log.end_line();
        self.write_rest().await;
        let (status, at) = self.ended.unwrap_or((ProcessStatus::Stuck, Instant::now()));
        Ended {
            status,
            cause: self.stopping.as_ref().map(|stopping| stopping.cause),
            rung: self.stopping.as_ref().and_then(|stopping| stopping.ladder.reached()),
            told: self.listener.what_it_said(),
            stdout: self.stdout.feed.into_captured(),
            stderr: self.stderr.feed.into_captured(),
            events: self.tail.map_or_else(TailState::default, |tail| tail.state),
            duration: at - self.started,
            closed_output: self.log.is_closed(),
            left_behind: self.left_behind,
        }
    }

    /// Waits for a slow reader of our output, but not for long once the run is cancelled.
    async fn write_rest(&mut self) {
        let log = &mut self.log;
        let written = async {
            while !log.is_written() {
                log.write_some().await;
            }
        };
        let out_of_patience = async {
            if self.stopping.is_none() {
                self.signals.cancelled().await;
            }
            tokio::time::sleep(GONE).await;
        };
        tokio::select! {
            () = written => {}
            () = out_of_patience => {}
        }
    }
}
