//! How lines of several sources become one log, with readers that are slow or gone.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use super::*;
use crate::base::secret::Masker;
use crate::process::stream::{Feed, PATIENCE, Passing};

/// Where both sinks write to, as in a job's log.
type Shared = Arc<Mutex<Vec<u8>>>;

/// A reader of our output.
enum Reader {
    /// Takes at most so many bytes at a time.
    Takes(usize, Shared),
    /// Takes nothing.
    Stalled,
    /// Is gone.
    Gone,
}

impl AsyncWrite for Reader {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &*self {
            Self::Takes(most, shared) => {
                let taken = bytes.len().min(*most);
                shared.lock().expect("no panic").extend_from_slice(&bytes[..taken]);
                Poll::Ready(Ok(taken))
            }
            Self::Stalled => Poll::Pending,
            Self::Gone => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What a log with these writes becomes.
async fn written(disarm: Option<Disarm>, writes: &[(LineSource, &str)]) -> String {
    let shared = Shared::default();
    let (mut stdout, mut stderr) =
        (Reader::Takes(3, Arc::clone(&shared)), Reader::Takes(5, Arc::clone(&shared)));
    let mut log = Log::new(&mut stdout, &mut stderr, disarm);
    for (source, text) in writes {
        log.write(*source, text.as_bytes());
    }
    log.end_line();
    while !log.is_written() {
        log.write_some().await;
    }
    let bytes = shared.lock().expect("no panic").clone();
    String::from_utf8(bytes).expect("text")
}

#[tokio::test]
async fn lines_of_all_sources_keep_their_order() {
    let log = written(
        None,
        &[
            (LineSource::Stdout, "one\n"),
            (LineSource::Stderr, "two\n"),
            (LineSource::Stdout, "three\nfour\n"),
            (LineSource::Ours, "five\n"),
        ],
    );
    assert_eq!(log.await, "one\ntwo\nthree\nfour\nfive\n");
}

#[tokio::test]
async fn no_line_lands_inside_another() {
    let log = written(
        None,
        &[
            (LineSource::Stdout, "creating...."),
            (LineSource::Ours, "still creating\n"),
            (LineSource::Stdout, ".."),
            (LineSource::Stdout, ".."),
            (LineSource::Stderr, "warning"),
            (LineSource::Stdout, " done\n"),
        ],
    );
    assert_eq!(log.await, "creating....\nstill creating\n....\nwarning\n done\n");
}

#[tokio::test]
async fn a_last_line_without_an_end_gets_one() {
    assert_eq!(written(None, &[(LineSource::Stdout, "done")]).await, "done\n");
}

/// What some CI system would want: `::` only at a line's beginning, `##[` anywhere.
fn disarm(part: &[u8], begins_line: bool) -> Cow<'_, [u8]> {
    let text = String::from_utf8_lossy(part).replace("##[", "# #[");
    let text =
        if begins_line && text.trim_start().starts_with("::") { text.replacen("::", ": :", 1) } else { text };
    Cow::Owned(text.into_bytes())
}

#[tokio::test]
async fn workflow_commands_are_disarmed_and_the_rest_is_left_alone() {
    let log = written(
        Some(disarm),
        &[(LineSource::Stdout, "::debug::a\nstd::env a::b\n  ::error::x\na ##[group]b\n")],
    );
    assert_eq!(log.await, ": :debug::a\nstd::env a::b\n  : :error::x\na # #[group]b\n");
}

#[tokio::test]
async fn a_carriage_return_begins_a_line_too() {
    let log = written(Some(disarm), &[(LineSource::Stdout, "10%\r::debug::a\r\n::debug::b\r\n")]);
    assert_eq!(log.await, "10%\r: :debug::a\r\n: :debug::b\r\n");
}

#[tokio::test]
async fn the_rest_of_a_partial_line_begins_a_line_only_where_another_came_between() {
    let log = written(Some(disarm), &[(LineSource::Stdout, "std"), (LineSource::Stdout, "::env\n")]);
    assert_eq!(log.await, "std::env\n");
    let log = written(Some(disarm), &[(LineSource::Stdout, "  "), (LineSource::Stdout, "::debug::a\n")]);
    assert_eq!(log.await, "  : :debug::a\n");
    let log = written(
        Some(disarm),
        &[
            (LineSource::Stdout, "std"),
            (LineSource::Stderr, "warning\n"),
            (LineSource::Stdout, "::debug::a\n"),
        ],
    );
    assert_eq!(log.await, "std\nwarning\n: :debug::a\n");
}

#[tokio::test]
async fn our_own_lines_may_command() {
    assert_eq!(written(Some(disarm), &[(LineSource::Ours, "::group::a\n")]).await, "::group::a\n");
}

#[tokio::test]
async fn a_reader_who_is_gone_is_remembered_and_the_other_still_reads() {
    let shared = Shared::default();
    let (mut stdout, mut stderr) = (Reader::Gone, Reader::Takes(1, Arc::clone(&shared)));
    let mut log = Log::new(&mut stdout, &mut stderr, None);
    log.write(LineSource::Stdout, b"one\n");
    log.write(LineSource::Stderr, b"two\n");
    while !log.is_written() {
        log.write_some().await;
    }
    log.write(LineSource::Stdout, &vec![b'x'; QUEUE_END]);
    assert!(log.is_closed() && log.is_written() && log.has_room());
    assert_eq!(*shared.lock().expect("no panic"), b"two\n");
}

#[tokio::test]
async fn a_reader_who_stalls_costs_no_more_memory_than_the_queue_has() {
    let (mut stdout, mut stderr) = (Reader::Stalled, Reader::Stalled);
    let mut log = Log::new(&mut stdout, &mut stderr, None);
    for _ in 0..1000 {
        log.write(LineSource::Stdout, &[b'x'; 10_000]);
    }
    assert!(!log.has_room());
    assert!(log.waiting <= QUEUE_END + 10_000);
    let stalled = tokio::time::timeout(std::time::Duration::ZERO, log.write_some());
    assert!(stalled.await.is_err());
}

#[tokio::test]
async fn a_line_that_is_longer_than_the_queue_is_ended_as_any_other() {
    let shared = Shared::default();
    let (mut stdout, mut stderr) = (Reader::Takes(100_000, Arc::clone(&shared)), Reader::Stalled);
    let mut log = Log::new(&mut stdout, &mut stderr, None);
    log.write(LineSource::Stdout, &vec![b'x'; QUEUE_END + 1]);
    log.end_line();
    while !log.is_written() {
        log.write_some().await;
    }
    assert!(shared.lock().expect("no panic").ends_with(b"x\n"));
}

#[tokio::test]
async fn what_was_lost_while_nobody_read_is_said() {
    let shared = Shared::default();
    let (mut stdout, mut stderr) = (Reader::Takes(100_000, Arc::clone(&shared)), Reader::Stalled);
    let mut log = Log::new(&mut stdout, &mut stderr, None);
    log.write(LineSource::Stdout, &vec![b'x'; QUEUE_END + 1]);
    log.write(LineSource::Stdout, b"lost\n");
    while !log.is_written() {
        log.write_some().await;
    }
    log.write(LineSource::Stdout, b"last\n");
    log.write_some().await;
    let text = shared.lock().expect("no panic").split_off(QUEUE_END + 1);
    assert_eq!(
        String::from_utf8_lossy(&text),
        "\n[... 5 bytes of the log were lost, as nobody read it ...]\nlast\n"
    );
}

#[tokio::test]
async fn azures_commands_are_broken_up_however_they_are_cut_and_no_other_byte_changes() {
    let azure =
        crate::ci::SYSTEMS.iter().find(|system| system.name() == "azure-pipelines").expect("it is there");
    let disarm = azure.log().disarm().expect("it reads commands");
    let text = "## a\nx ##vso[task.setvariable variable=a]b ##[error]c\r##VSO[task.complete]#[d]\n";
    let broken = "## a\nx # #vso[task.setvariable variable=a]b # #[error]c\r# #VSO[task.complete]#[d]\n";
    for cut in 0..=text.len() {
        // Each piece goes on after its patience, as if the engine had stopped to think there.
        let mut now = tokio::time::Instant::now();
        let mut feed = Feed::new(&Masker::new(), Passing::Through, 1 << 20);
        let mut pieces = Vec::new();
        for piece in [&text[..cut], &text[cut..]] {
            pieces.push(feed.push(piece.as_bytes(), now));
            now += PATIENCE;
            pieces.push(feed.partial(now));
        }
        pieces.push(feed.finish(now));
        let pieces: Vec<String> =
            pieces.into_iter().map(|piece| String::from_utf8(piece).expect("text")).collect();
        let writes: Vec<_> = pieces.iter().map(|piece| (LineSource::Stdout, piece.as_str())).collect();
        assert_eq!(written(Some(disarm), &writes).await, broken, "cut at {cut}");
    }
}
