//! The job's log: whole lines of the engine's two streams and lines of our own, never one inside of another.
//!
//! Lines wait in a queue, so that a stalled reader never keeps us from the engine or from a signal. A closed reader
//! cancels nothing: its lines are dropped.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};

/// The source of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineSource {
    /// The engine's standard output.
    Stdout,
    /// The engine's standard error.
    Stderr,
    /// Stackstep itself.
    Ours,
}

/// Breaks up the workflow commands in a part of a line, because foreign output must not command the CI system. A part
/// is cut at newlines and carriage returns, which end a line for most CI systems, and never within a marker.
///
/// The second argument tells whether the part begins a line (after white space): some commands only work there.
pub type Disarm = fn(&[u8], bool) -> Cow<'_, [u8]>;

/// The target of lines: our standard output or standard error, or a test's buffer.
pub type Sink<'a> = &'a mut (dyn AsyncWrite + Unpin + Send);

/// The bytes in the queue from which on no more of the engine's output is read.
const QUEUE_LIMIT: usize = 256 << 10;

/// The bytes in the queue from which on more is dropped. Only while the engine is being stopped, its output is read
/// regardless.
const QUEUE_END: usize = 1 << 20;

/// The log of a run.
pub struct Log<'a> {
    stdout: Sink<'a>,
    stderr: Sink<'a>,
    disarm: Option<Disarm>,
    queue: VecDeque<(Target, Vec<u8>)>,
    waiting: usize,
    written: usize,
    unflushed: Option<Target>,
    /// The source whose line has no end yet.
    open: Option<LineSource>,
    /// Whether the line so far is nothing but white space.
    blank: bool,
    closed: [bool; 2],
    lost: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Stdout = 0,
    Stderr = 1,
}

impl LineSource {
    fn target(self) -> Target {
        match self {
            Self::Stdout => Target::Stdout,
            Self::Stderr | Self::Ours => Target::Stderr,
        }
    }
}

impl<'a> Log<'a> {
    /// A log that is written to two sinks, which may be the same file.
    pub fn new(stdout: Sink<'a>, stderr: Sink<'a>, disarm: Option<Disarm>) -> Self {
        Self {
            stdout,
            stderr,
            disarm,
            queue: VecDeque::new(),
            waiting: 0,
            written: 0,
            unflushed: None,
            open: None,
            blank: true,
            closed: [false; 2],
            lost: 0,
        }
    }

    /// Queues lines, or parts of a line.
    pub fn write(&mut self, source: LineSource, bytes: &[u8]) {
        let Some(last) = bytes.last() else { return };
        if self.open.is_some_and(|open| open != source) {
            self.end_line();
        }
        let disarmed = match self.disarm {
            Some(disarm) if source != LineSource::Ours => disarmed(bytes, disarm, &mut self.blank),
            _ => bytes.to_vec(),
        };
        self.enqueue(source.target(), disarmed);
        self.open = (*last != b'\n').then_some(source);
    }

    /// Ends a line that has no end yet, so that the next line begins on a line of its own.
    pub fn end_line(&mut self) {
        if let Some(open) = self.open.take() {
            self.enqueue(open.target(), b"\n".to_vec());
            self.blank = true;
        }
    }

    /// Whether the queue is short enough to read more.
    pub fn has_room(&self) -> bool {
        self.waiting < QUEUE_LIMIT
    }

    /// Whether everything is written that a reader is still open for.
    pub fn is_written(&self) -> bool {
        self.queue.is_empty() && self.unflushed.is_none()
    }

    /// Whether a reader has closed; its lines are dropped.
    pub fn is_closed(&self) -> bool {
        self.closed.contains(&true)
    }

    /// Writes some of the queue; waits for ever if it is empty. Nothing is lost if the future is dropped half-way.
    pub async fn write_some(&mut self) {
        let front = self.queue.front().map(|(target, _)| *target);
        match (self.unflushed, front) {
            (Some(target), next) if next != Some(target) => {
                let result = self.sink(target).flush().await;
                self.unflushed = None;
                if result.is_err() {
                    self.close(target);
                }
            }
            (_, Some(target)) => {
                let result = self.write_front(target).await;
                self.wrote(target, &result);
            }
            (_, None) => std::future::pending().await,
        }
    }

    async fn write_front(&mut self, target: Target) -> io::Result<usize> {
        let sink = match target {
            Target::Stdout => &mut self.stdout,
            Target::Stderr => &mut self.stderr,
        };
        match self.queue.front() {
            Some((_, bytes)) => sink.write(&bytes[self.written..]).await,
            None => Ok(0),
        }
    }

    fn wrote(&mut self, target: Target, result: &io::Result<usize>) {
        let &Ok(count @ 1..) = result else {
            return self.close(target);
        };
        self.unflushed = Some(target);
        self.written += count;
        self.waiting -= count;
        if self.queue.front().is_some_and(|(_, bytes)| bytes.len() == self.written) {
            self.queue.pop_front();
            self.written = 0;
        }
    }

    fn close(&mut self, target: Target) {
        self.closed[target as usize] = true;
        self.unflushed = self.unflushed.filter(|unflushed| *unflushed != target);
        self.queue.retain(|(queued, _)| *queued != target);
        self.written = 0;
        self.waiting = self.queue.iter().map(|(_, bytes)| bytes.len()).sum();
    }

    fn sink(&mut self, target: Target) -> &mut (dyn AsyncWrite + Unpin + Send + 'a) {
        match target {
            Target::Stdout => &mut *self.stdout,
            Target::Stderr => &mut *self.stderr,
        }
    }

    fn enqueue(&mut self, target: Target, bytes: Vec<u8>) {
        if self.closed[target as usize] {
            return;
        }
        // The end of a line that has been written always has room.
        let is_its_end = self.lost == 0 && bytes == b"\n";
        if self.waiting > QUEUE_END && !is_its_end {
            self.lost += bytes.len();
            return;
        }
        let mut bytes = bytes;
        if self.lost > 0 {
            let note = format!("\n[... {} bytes of the log were lost, as nobody read it ...]\n", self.lost);
            bytes.splice(..0, note.into_bytes());
            self.lost = 0;
        }
        self.waiting += bytes.len();
        match self.queue.back_mut() {
            Some((last, queued)) if *last == target => queued.extend_from_slice(&bytes),
            _ => self.queue.push_back((target, bytes)),
        }
    }
}

/// The bytes with the commands in each line broken up. `blank` says whether the line so far is nothing but white space.
pub fn disarmed(bytes: &[u8], disarm: Disarm, blank: &mut bool) -> Vec<u8> {
    let ends_line = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let mut out = Vec::with_capacity(bytes.len());
    for part in bytes.split_inclusive(ends_line) {
        let (text, end) = part.split_at(part.len() - usize::from(part.last().is_some_and(ends_line)));
        out.extend_from_slice(&disarm(text, *blank));
        out.extend_from_slice(end);
        *blank = !end.is_empty() || (*blank && text.trim_ascii().is_empty());
    }
    out
}

#[cfg(test)]
mod tests;
