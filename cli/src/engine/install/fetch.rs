//! Downloads an archive in one pass: each chunk is hashed as it arrives, and passed to a thread that inflates it and
//! writes the wanted files into a folder aside. The files are used only if the hash is the expected one.
//!
//! A zip file has its table of contents at its end, so it is kept beside its files until it is whole and verified.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use bytes::Bytes;
use semver::Version;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::cache::{Item, Staging, unusable};
use super::parts::Parts;
use super::platform::Platform;
use super::progress::Progress;
use super::source::{Patience, refused, temporary, unreadable};
use super::trust::Expected;
use super::unpack::{self, Bounds, Refusal};
use super::{fault, stopped};
use crate::base::digest::Digest;
use crate::base::error::{Error, Result};
use crate::base::http::{Failure, From, Http, Request};
use crate::ci::console::Console;
use crate::process::signals::Signals;
use crate::pulumi::mirror::ReleasePlace;

/// The most chunks that may wait for the thread: enough to keep both sides busy, too few to fill the memory.
const WAITING: usize = 32;
/// The size limit of an archive in bytes.
const LARGEST: u64 = 1 << 30;
/// The bytes of a file that are read at once.
const CHUNK: usize = 256 * 1024;

/// The reason why an archive was not taken.
#[derive(Debug)]
pub enum FetchTrouble {
    /// Another place may have it.
    Elsewhere(Error),
    /// The archive is refused, or this machine is the problem.
    Final(Error),
}

/// An archive to download.
pub struct Order<'a> {
    /// The version.
    pub version: &'a Version,
    /// The platform that it has to be made for.
    pub platform: Platform,
    /// The files of it that are wanted.
    pub parts: &'a Parts,
    /// The hash that it must have.
    pub expected: Expected,
    /// The folder for its files.
    pub staging: &'a Staging,
    /// The client; none if the network may not be used.
    pub http: Option<&'a Http>,
    /// The time limits and retries for a server.
    pub patience: Patience,
    /// The log.
    pub console: &'a Console,
    /// The signals that can end the download.
    pub signals: &'a Signals,
}

impl Order<'_> {
    /// Takes the archive from `place`. If it is the expected one, its files are in the folder afterwards.
    pub async fn fetch(&self, place: &ReleasePlace) -> Result<Vec<Item>, FetchTrouble> {
        let archive = self.platform.archive(self.version);
        let mut intake = Intake::start(self);
        let arrived = tokio::select! {
            arrived = timeout(self.patience.whole, self.feed(place, &archive, &mut intake)) => arrived,
            signal = self.signals.cancelled() => {
                let _ = intake.end().await;
                return Err(FetchTrouble::Final(stopped(signal)));
            }
        };
        let arrived = arrived.unwrap_or_else(|_| {
            Err(FetchTrouble::Elsewhere(fault(
                format!("{} took more than {:?} for {archive}", place.words(), self.patience.whole),
                "run the job again later, or set `pulumi-mirror` to a source that is nearer",
            )))
        });
        let (digest, bytes) = (Digest::from_hash(intake.hash.clone()), intake.bytes);
        let unpacked = intake.end().await;
        // A full disk ends the download before the archive can be judged.
        if let Err(Refusal::Disk(path, error)) = &unpacked {
            return Err(FetchTrouble::Final(unusable(path, error)));
        }
        arrived?;
        if digest != self.expected.digest {
            return Err(FetchTrouble::Final(fault(
                format!(
                    "{archive} of {} is not what it should be: its SHA-256 is {digest} ({bytes} bytes), and not {}",
                    place.words(),
                    self.expected.digest
                ),
                "it was changed or cut off on the way: do not use this source before you know why",
            )));
        }
        let items = match unpacked {
            Ok(Unpacked::Files(items)) => Ok(items),
            Ok(Unpacked::Zip(path)) => self.unzip(path).await,
            Err(refusal) => Err(refusal),
        };
        items.map_err(|refusal| match refusal {
            Refusal::Disk(path, error) => FetchTrouble::Final(unusable(&path, &error)),
            other => FetchTrouble::Final(fault(
                format!("{archive} of {} is refused: {other}", place.words()),
                "it is not an archive of a release of Pulumi: mirror the files of the release unchanged",
            )),
        })
    }

    async fn unzip(&self, path: PathBuf) -> Result<Vec<Item>, Refusal> {
        let (parts, into) = (self.parts.clone(), self.staging.path().to_owned());
        let unzip = move || {
            let file = File::open(&path).map_err(|error| Refusal::Disk(path.clone(), error))?;
            let items = unpack::zip(io::BufReader::new(file), &parts, Bounds::default(), &into)?;
            std::fs::remove_file(&path).map_err(|error| Refusal::Disk(path.clone(), error))?;
            Ok(items)
        };
        tokio::task::spawn_blocking(unzip).await.unwrap_or_else(|_| Err(broken_thread()))
    }

    /// Feeds the whole archive to `intake`.
    async fn feed(
        &self,
        place: &ReleasePlace,
        archive: &str,
        intake: &mut Intake<'_>,
    ) -> Result<(), FetchTrouble> {
        match (place, place.request(archive), self.http) {
            (ReleasePlace::Folder(folder), ..) => {
                feed_file(&folder.join(archive), archive, place, intake).await
            }
            (_, Some(request), Some(http)) => self.feed_download(http, &request, archive, intake).await,
            _ => Err(FetchTrouble::Elsewhere(fault(
                format!("{archive} is not fetched from {}: the run is offline", place.words()),
                "take `offline` away, or set `pulumi-mirror` to a folder",
            ))),
        }
    }

    /// Feeds a download to `intake`. Resumes it each time it was cut, as long as there is progress.
    async fn feed_download(
        &self,
        http: &Http,
        request: &Request,
        archive: &str,
        intake: &mut Intake<'_>,
    ) -> Result<(), FetchTrouble> {
        let (mut retries, mut validator) = (self.patience.retries(), None);
        loop {
            let before = intake.bytes;
            let (error, wait) = match self.round(http, request, &mut validator, intake).await {
                Ok(Round::Whole) => return Ok(()),
                Ok(Round::Changed) => {
                    validator = None;
                    intake.restart().await?;
                    (
                        fault(format!("{archive} changes while it is fetched"), "run the job again"),
                        Some(retries.pause()),
                    )
                }
                Ok(Round::Status(status, wait)) => {
                    let error = refused(&request.url, archive, status);
                    let pause = retries.pause();
                    (error, temporary(status).then(|| wait.unwrap_or(pause).max(pause)))
                }
                Err(FetchTrouble::Elsewhere(error)) => (error, Some(retries.pause())),
                Err(trouble) => return Err(trouble),
            };
            if intake.bytes > before {
                retries.made_progress();
            }
            let wait = wait.and_then(|wait| retries.next(wait));
            let Some(wait) = wait else { return Err(FetchTrouble::Elsewhere(error)) };
            tokio::time::sleep(wait).await;
        }
    }

    /// One request: from the start, or from the byte at which the last one was cut.
    async fn round(
        &self,
        http: &Http,
        request: &Request,
        validator: &mut Option<String>,
        intake: &mut Intake<'_>,
    ) -> Result<Round, FetchTrouble> {
        if intake.bytes > 0 && validator.is_none() {
            intake.restart().await?;
        }
        let from = validator.as_deref().filter(|_| intake.bytes > 0);
        let from = from.map(|validator| From { byte: intake.bytes, validator });
        let began = http.open(request, from, self.patience.idle).await;
        let mut download = began.map_err(|failure| failed(&failure))?;
        match download.status {
            // A server that can't or won't go on sends the whole file.
            200 if intake.bytes > 0 => intake.restart().await?,
            200 => {}
            206 if download.first == intake.bytes => {}
            206 | 416 => return Ok(Round::Changed),
            status => return Ok(Round::Status(status, download.retry_after)),
        }
        *validator = download.validator.take();
        intake.progress.total = download.total;
        loop {
            let chunk = download.chunk(self.patience.idle).await.map_err(|failure| failed(&failure))?;
            let Some(chunk) = chunk else { return Ok(Round::Whole) };
            intake.take(chunk).await?;
        }
    }
}

fn failed(failure: &Failure) -> FetchTrouble {
    FetchTrouble::Elsewhere(fault(format!("the Pulumi CLI could not be fetched: {failure}"), failure.hint()))
}

/// The outcome of a request.
enum Round {
    /// All missing bytes came.
    Whole,
    /// The file has changed since the last request.
    Changed,
    /// The server answered with this status, and perhaps a time to wait.
    Status(u16, Option<std::time::Duration>),
}

async fn feed_file(
    path: &Path,
    archive: &str,
    place: &ReleasePlace,
    intake: &mut Intake<'_>,
) -> Result<(), FetchTrouble> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(FetchTrouble::Elsewhere(fault(
                format!("there is no {archive} in {}", place.words()),
                "put the release's archive and its checksum file into the mirror",
            )));
        }
        Err(error) => return Err(FetchTrouble::Final(unreadable(path, &error))),
    };
    intake.progress.total = file.metadata().ok().map(|metadata| metadata.len());
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        let read = Read::by_ref(&mut file).take(CHUNK as u64).read_to_end(&mut chunk);
        match read {
            Ok(0) => return Ok(()),
            Ok(_) => intake.take(chunk.into()).await?,
            Err(error) => return Err(FetchTrouble::Final(unreadable(path, &error))),
        }
    }
}

/// The result of the thread's work on an archive.
enum Unpacked {
    /// The archive's files are written.
    Files(Vec<Item>),
    /// The archive itself is written to this path, because a zip file is unpacked later.
    Zip(PathBuf),
}

type Unpacking = JoinHandle<Result<Unpacked, Refusal>>;

/// Takes the chunks of an archive: hashes them, and passes them to the thread.
struct Intake<'a> {
    order: &'a Order<'a>,
    hash: Sha256,
    bytes: u64,
    progress: Progress<'a>,
    /// None once the thread takes no more.
    sender: Option<mpsc::Sender<Bytes>>,
    thread: Unpacking,
}

impl<'a> Intake<'a> {
    fn start(order: &'a Order<'a>) -> Self {
        let (sender, thread) = unpacking(order);
        let progress = Progress::new(order.console, order.version, Instant::now());
        Self { order, hash: Sha256::new(), bytes: 0, progress, sender: Some(sender), thread }
    }

    async fn take(&mut self, chunk: Bytes) -> Result<(), FetchTrouble> {
        self.bytes += chunk.len() as u64;
        if self.bytes > LARGEST {
            return Err(FetchTrouble::Final(fault(
                format!("the archive has more than {LARGEST} bytes"),
                "it is not an archive of a release of Pulumi: mirror the files of the release unchanged",
            )));
        }
        self.hash.update(&chunk);
        self.progress.tell(self.bytes, Instant::now());
        if let Some(sender) = &self.sender
            && sender.send(chunk).await.is_err()
        {
            // The thread is done, or has failed. The hash decides which failure is reported, unless the disk failed.
            self.sender = None;
            return self.disk_is_fine().await;
        }
        Ok(())
    }

    async fn disk_is_fine(&mut self) -> Result<(), FetchTrouble> {
        let ended = (&mut self.thread).await.unwrap_or_else(|_| Err(broken_thread()));
        let trouble = match &ended {
            Err(Refusal::Disk(path, error)) => Err(FetchTrouble::Final(unusable(path, error))),
            _ => Ok(()),
        };
        self.thread = tokio::spawn(async { ended });
        trouble
    }

    /// Discards everything that has arrived.
    async fn restart(&mut self) -> Result<(), FetchTrouble> {
        self.sender = None;
        let _ = (&mut self.thread).await;
        self.order.staging.clear().map_err(FetchTrouble::Final)?;
        let (sender, thread) = unpacking(self.order);
        self.hash = Sha256::new();
        self.bytes = 0;
        self.sender = Some(sender);
        self.thread = thread;
        Ok(())
    }

    /// Ends the archive. Returns when the thread no longer uses the folder.
    async fn end(mut self) -> Result<Unpacked, Refusal> {
        self.sender = None;
        self.thread.await.unwrap_or_else(|_| Err(broken_thread()))
    }
}

fn broken_thread() -> Refusal {
    Refusal::Archive("it could not be unpacked".to_owned())
}

/// Starts the thread that unpacks the archive.
fn unpacking(order: &Order<'_>) -> (mpsc::Sender<Bytes>, Unpacking) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let (parts, into, zip) =
        (order.parts.clone(), order.staging.path().to_owned(), order.platform.is_windows());
    let thread = tokio::task::spawn_blocking(move || {
        let mut chunks = Chunks { receiver, current: Bytes::new() };
        if zip {
            let path = into.join(".archive.zip");
            let mut file = File::create(&path).map_err(|error| Refusal::Disk(path.clone(), error))?;
            while let Some(chunk) = chunks.receiver.blocking_recv() {
                file.write_all(&chunk).map_err(|error| Refusal::Disk(path.clone(), error))?;
            }
            return Ok(Unpacked::Zip(path));
        }
        unpack::tar(&mut chunks, &parts, Bounds::default(), &into).map(Unpacked::Files)
    });
    (sender, thread)
}

/// The chunks as one stream of bytes.
struct Chunks {
    receiver: mpsc::Receiver<Bytes>,
    current: Bytes,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.receiver.blocking_recv() {
                Some(chunk) => self.current = chunk,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.current.len());
        let chunk = self.current.split_to(length);
        if let Some(space) = buffer.get_mut(..length) {
            space.copy_from_slice(&chunk);
        }
        Ok(length)
    }
}
