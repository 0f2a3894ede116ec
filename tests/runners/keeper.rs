//! A server for the tests of one program: it is gone when they are, however they end.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Keeps the server while somebody holds its standard input, then ends it and takes its folder away: whatever becomes of
/// the tests, the system closes that for them.
const KEEPER: &str = "\"$@\" 2>&1 &
read -r _
kill $!
wait $!
[ -z \"$KEPT_FOLDER\" ] || rm -rf \"$KEPT_FOLDER\"
";

/// How long a start may take on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(180);

/// A server that runs as long as this value, or as the tests.
pub struct Kept {
    _keeper: Child,
}

impl Kept {
    /// Starts `arguments` and waits for the line that says that it is there.
    pub fn start(
        arguments: &[&OsStr],
        environment: &[(&str, &OsStr)],
        ready: &'static str,
        folder: Option<&Path>,
    ) -> Self {
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .args(arguments)
            .envs(environment.iter().copied())
            .env("KEPT_FOLDER", folder.map(Path::as_os_str).unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, told) = mpsc::channel();
        let said = BufReader::new(keeper.stdout.take().unwrap());
        // To the end: a server whose pipe is full or closed stands still.
        std::thread::spawn(move || {
            let mut before = Some(String::new());
            for line in said.lines().map_while(Result::ok) {
                let Some(all) = &mut before else { continue };
                all.push_str(&line);
                all.push('\n');
                if line.contains(ready) {
                    before = None;
                    let _ = tell.send(None);
                }
            }
            let _ = tell.send(before);
        });
        match told.recv_timeout(PATIENCE) {
            Ok(None) => Self { _keeper: keeper },
            Ok(Some(said)) => panic!("{arguments:?} has ended:\n{said}"),
            Err(_) => panic!("{arguments:?} does not say `{ready}`"),
        }
    }
}
