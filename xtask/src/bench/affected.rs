//! How long it takes to tell which of a thousand stacks a change can affect, in a repository of a hundred thousand files.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::measure::{PAIRS, milliseconds, pairs, timed};
use super::memory;
use crate::stage::Stage;
use stackstep::base::error::{Error, Result};

const STACKS: usize = 1_000;
const LIBRARIES: usize = 200;
const FILES: usize = 100_000;

/// The table's rows.
pub(super) fn rows(stage: &Stage) -> Result<Vec<(String, String)>> {
    let folder = tempfile::tempdir()
        .map_err(|error| Error::input(format!("no folder: {error}"), "free some space"))?;
    let top = folder.path();
    generate(top)?;
    for line in ["init -q -b main", "config gc.auto 0", "add .", "commit -q -m all", "branch base"] {
        timed(&mut git(top, line))?;
    }
    write(&top.join("libs/l7/index.ts"), "export const a = 2;\n")?;
    for line in ["add .", "commit -q -m change"] {
        timed(&mut git(top, line))?;
    }
    let since = |commit: &str| {
        let mut command = stage.bare();
        command.args(["stacks", "--since", commit]).current_dir(top);
        command
    };
    let first = timed(&mut since("base"))?;
    let changed = pairs(|| since("base"), || git(top, "diff --stat base main"))?;
    let same = pairs(|| since("main"), || git(top, "diff --stat base main"))?;
    let memory = [peak(since("base"))?, peak(since("main"))?];
    let of = format!("{STACKS} stacks and {FILES} files");
    Ok(vec![
        (format!("`stacks --since` of {of}, one library changed"), milliseconds(&changed.first)),
        ("the same for the first time".to_owned(), milliseconds(&[first])),
        (format!("the same beside `git diff`, median of {PAIRS} pairs"), format!("{:.1}x", changed.ratio())),
        (format!("`stacks --since` of {of}, nothing changed"), milliseconds(&same.first)),
        (
            "peak memory of both".to_owned(),
            memory
                .map(|peak| peak.map_or("unknown".into(), |peak| format!("{} MiB", peak / 1024)))
                .join(", "),
        ),
    ])
}

/// The most memory that a program has had, in KiB, as the system shows it shortly before the end. None where it does not.
fn peak(mut command: Command) -> Result<Option<u64>> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(Error::io("start", command.get_program()))?;
    let mut peak = None;
    while child.try_wait().map_err(Error::io("wait for", command.get_program()))?.is_none() {
        peak = peak.max(memory::kilobytes(&child.id().to_string(), "VmHWM:"));
    }
    Ok(peak)
}

/// Programs of Node.js, each of which imports two libraries, and files that nobody names.
fn generate(top: &Path) -> Result<()> {
    for n in 0..LIBRARIES {
        let mut text = "export const a = 1;\n".to_owned();
        if n > 0 {
            let _ = writeln!(text, "import '../l{}';", n / 2);
        }
        write(&top.join(format!("libs/l{n}/index.ts")), &text)?;
    }
    for n in 0..STACKS {
        let folder = top.join(format!("infra/p{n}"));
        write(&folder.join("Pulumi.yaml"), &format!("name: p{n}\nruntime: nodejs\n"))?;
        write(&folder.join("Pulumi.dev.yaml"), "")?;
        let text =
            format!("import '../../libs/l{}';\nimport '../../libs/l{}';\n", n % LIBRARIES, n * 7 % LIBRARIES);
        write(&folder.join("index.ts"), &text)?;
    }
    for n in 0..FILES - LIBRARIES - 3 * STACKS {
        write(&top.join(format!("docs/d{}/f{n}.txt", n / 100)), "words\n")?;
    }
    Ok(())
}

/// Writes a file, and makes its folder.
pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    std::fs::write(path, text).map_err(Error::io("write", path))
}

/// `git` in a folder, by a person that the repository need not know.
pub(super) fn git(top: &Path, line: &str) -> Command {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]);
    git.args(line.split(' ')).current_dir(top);
    git
}
