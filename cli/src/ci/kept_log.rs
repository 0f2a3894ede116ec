//! The log of one of several runs at a time: kept in a file of our own until the run has ended, so that the lines of two runs
//! do not mix in the job's log.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

use crate::base::error::{Error, Result};

/// The bytes of a log that are read at a time.
const PIECE: usize = 64 * 1024;

/// A log that is kept. What is written has been masked already.
#[derive(Debug, Clone)]
pub struct KeptLog(Arc<File>);

impl KeptLog {
    /// An empty log, in a file that nobody else can open: it has no name.
    ///
    /// # Errors
    /// There is no room for temporary files.
    pub fn new() -> Result<Self> {
        let file = tempfile::tempfile().map_err(Error::io("make a file in", std::env::temp_dir()))?;
        Ok(Self(Arc::new(file)))
    }

    /// Adds text. A log that can't be written is no error, as one that nobody reads is none.
    pub fn add(&self, text: &str) {
        let _ = (&*self.0).write_all(text.as_bytes());
    }

    /// Hands the whole log to `show`, piece by piece.
    pub fn replay(&self, mut show: impl FnMut(&[u8])) {
        let mut file = &*self.0;
        if file.rewind().is_err() {
            return;
        }
        let mut piece = vec![0; PIECE];
        while let Ok(read @ 1..) = file.read(&mut piece) {
            show(piece.get(..read).unwrap_or_default());
        }
    }
}

impl AsyncWrite for KeptLog {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready((&*self.0).write(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[tokio::test]
    async fn lines_and_streams_stay_in_their_order() {
        let log = KeptLog::new().unwrap();
        log.add("one\n");
        log.clone().write_all(b"two\n").await.unwrap();
        log.add("three\n");
        let mut shown = Vec::new();
        log.replay(|piece| shown.extend_from_slice(piece));
        assert_eq!(String::from_utf8(shown).unwrap(), "one\ntwo\nthree\n");
    }
}
