//! What an install of the CLI takes, against a server on this machine: an archive of the size of the real one
//! (17 files, 400 MB, 110 MB packed), cold and warm, and `curl | tar xz` of the same for comparison.

use super::{milliseconds, ready, timed, toolkit};
use crate::stage::Stage;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use stackstep::base::error::{Error, Result};
use stackstep::engine::install::platform::{Platform, checksums};
use stackstep::engine::install::version::LOWEST;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

/// How often each is measured.
const ROUNDS: usize = 5;
/// The files and their megabytes: the CLI is the largest, and the language hosts follow.
const FILES: [(&str, usize); 17] = [
    ("pulumi", 168),
    ("pulumi-language-dotnet", 28),
    ("pulumi-language-go", 30),
    ("pulumi-language-java", 28),
    ("pulumi-language-nodejs", 30),
    ("pulumi-language-python", 30),
    ("pulumi-language-yaml", 46),
    ("pulumi-language-pcl", 30),
    ("pulumi-watch", 8),
    ("pulumi-language-python-exec", 0),
    ("pulumi-resource-pulumi-nodejs", 0),
    ("pulumi-resource-pulumi-python", 0),
    ("pulumi-analyzer-policy", 0),
    ("pulumi-analyzer-policy-python", 0),
    ("LICENSE", 0),
    ("README.md", 0),
    ("CHANGELOG.md", 0),
];

/// The table's rows.
pub fn rows(stage: &Stage, root: &Path) -> Result<Vec<(String, String)>> {
    let version = semver::Version::new(LOWEST.major, 999, 0);
    let platform = Platform::host()?;
    let folder = stage.file("mirror");
    let archive = make(&folder, &version.to_string(), &platform.archive(&version), &checksums(&version))?;
    let size = std::fs::metadata(&archive).map_err(Error::io("read", &archive))?.len();
    let url = serve(folder)?;
    let cache = stage.file("cache");
    let install = |word: &[&str]| {
        let mut command = stage.bare();
        command
            .args(word)
            .args(["--pulumi-version", "3.999.0", "--pulumi-mirror", &url, "--cache-folder"])
            .arg(&cache);
        command
    };
    let official = toolkit::install(root)?;
    let mut times: [Vec<Duration>; 6] = Default::default();
    let (mut memory, mut written) = (String::new(), [0, 0]);
    for _ in 0..ROUNDS {
        let unpacked = stage.file("unpacked");
        std::fs::create_dir_all(&unpacked).map_err(Error::io("create", &unpacked))?;
        times[0].push(timed(
            Command::new("sh")
                .args(["-c", "curl -fsSL \"$0\" | tar xz -C \"$1\""])
                .args([format!("{url}{}", platform.archive(&version)).as_str(), &unpacked.to_string_lossy()]),
        )?);
        remove(&unpacked);
        if let Some(script) = &official {
            let archive = format!("{url}{}", platform.archive(&version));
            times[5].push(timed(&mut toolkit::run(script, &archive, "3.999.0", &unpacked))?);
            remove(&unpacked);
        }
        // `outputs` would need a stack: the engine only has to say its version for `exec`.
        std::fs::write(stage.program().join("Pulumi.yaml"), "name: hello\nruntime: nodejs\n")
            .map_err(Error::io("write", stage.program()))?;
        times[1].push(timed(&mut install(&["preview", "--stack", "dev"]))?);
        written[0] = bytes(&cache);
        times[2].push(timed(&mut install(&["preview", "--stack", "dev"]))?);
        remove(&cache);
        times[3].push(timed(&mut install(&["install"]))?);
        written[1] = bytes(&cache);
        times[4].push(timed(&mut install(&["install"]))?);
        remove(&cache);
        memory = peak(&mut install(&["install"]));
        remove(&cache);
    }
    let median = |times: &[Duration]| {
        let mut times = times.to_vec();
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64()
    };
    let ratio = |times: &[Duration], base: &[Duration]| format!("{:.2}x", median(times) / median(base));
    let against_official = if official.is_some() {
        format!("{:.2}x of {}", median(&times[1]) / median(&times[5]), milliseconds(&times[5]))
    } else {
        "not measured: there is no npm, or no registry".to_owned()
    };
    let mut rows = vec![
        (format!("`curl \\| tar xz` of a CLI ({} MB packed)", size / 1_000_000), milliseconds(&times[0])),
        ("install for a Node program, cold, with the run that follows".into(), milliseconds(&times[1])),
        ("… against `curl \\| tar xz`".into(), ratio(&times[1], &times[0])),
        (
            "… against the official action's install, by the same calls of GitHub's toolkit".into(),
            against_official,
        ),
        ("… bytes written".into(), format!("{} MB", written[0] / 1_000_000)),
        ("the same run, warm (files are not hashed again)".into(), milliseconds(&times[2])),
        ("`stackstep install` of everything, cold".into(), milliseconds(&times[3])),
        ("… against `curl \\| tar xz`".into(), ratio(&times[3], &times[0])),
        ("… bytes written".into(), format!("{} MB", written[1] / 1_000_000)),
        ("… peak memory".into(), memory),
        ("`stackstep install`, warm (files are not hashed again)".into(), milliseconds(&times[4])),
    ];
    rows.extend(ready::rows(stage, &url)?);
    Ok(rows)
}

/// An engine that says its version, or writes the event log of an operation without changes.
fn engine(version: &str) -> String {
    let events = "{\"sequence\":0,\"timestamp\":1,\"preludeEvent\":{\"config\":{}}}\n\
                  {\"sequence\":1,\"timestamp\":1,\"summaryEvent\":{\"resourceChanges\":{\"same\":1},\"isPreview\":true}}";
    format!(
        "#!/bin/sh\n[ \"$1\" = version ] && echo v{version}\nfor argument; do case $argument in\n\
         --event-log=*) cat > \"${{argument#--event-log=}}\" <<'EVENTS' ;; esac; done\n{events}\nEVENTS\nexit 0\n"
    )
}

/// An archive of the real one's size and shape: a quarter of each file is noise, so that it packs as programs do.
fn make(folder: &Path, version: &str, archive: &str, list: &str) -> Result<PathBuf> {
    std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    let path = folder.join(archive);
    let write = || -> std::io::Result<()> {
        let mut tar = tar::Builder::new(GzEncoder::new(std::fs::File::create(&path)?, Compression::fast()));
        for (name, megabytes) in FILES {
            let content = if name == "pulumi" {
                // A script that ends before the noise that makes it as long as the program.
                let mut script = engine(version).into_bytes();
                script.extend(filling(megabytes));
                script
            } else {
                let mut content = b"#!/bin/sh\nexit 0\n".to_vec();
                content.extend(filling(megabytes));
                content
            };
            let mut header = tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            header.set_mode(0o755);
            tar.append_data(&mut header, format!("pulumi/{name}"), content.as_slice())?;
        }
        tar.into_inner()?.finish()?.sync_all()
    };
    write().map_err(Error::io("write", &path))?;
    let packed = std::fs::read(&path).map_err(Error::io("read", &path))?;
    let hash = Sha256::digest(&packed).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let list = folder.join(list);
    std::fs::write(&list, format!("{hash}  {archive}\n")).map_err(Error::io("write", &list))?;
    Ok(path)
}

/// Bytes of which about 27 in 100 can't be packed.
fn filling(megabytes: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut bytes = Vec::with_capacity(megabytes * 1_000_000);
    while bytes.len() < megabytes * 1_000_000 {
        for _ in 0..2 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend_from_slice(&state.to_le_bytes());
        }
        bytes.extend_from_slice(b"runtime.gopclntab.github.com/pulumi/sdk/v3/");
    }
    bytes.truncate(megabytes * 1_000_000);
    bytes
}

/// Serves the files of a folder; its URL.
fn serve(folder: PathBuf) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(Error::io("listen on", "127.0.0.1"))?;
    let address = listener.local_addr().map_err(Error::io("listen on", "127.0.0.1"))?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let folder = folder.clone();
            thread::spawn(move || answer(stream, &folder));
        }
    });
    Ok(format!("http://{address}/"))
}

fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let name = first.split_whitespace().nth(1).unwrap_or("/").trim_start_matches('/');
    match std::fs::File::open(folder.join(name)) {
        Ok(mut file) => {
            let length = file.metadata()?.len();
            write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n")?;
            std::io::copy(&mut file, &mut stream)?;
        }
        Err(_) => write!(stream, "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")?,
    }
    Ok(())
}

/// The most memory that a command has at once, as GNU time tells.
fn peak(command: &mut Command) -> String {
    let mut time = Command::new("/usr/bin/time");
    time.args(["-f", "%M"]).arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        time.current_dir(folder);
    }
    time.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let said =
        time.output().map(|output| String::from_utf8_lossy(&output.stderr).into_owned()).unwrap_or_default();
    let kilobytes = said.lines().next_back().and_then(|line| line.trim().parse::<u64>().ok());
    kilobytes
        .map_or("not measured: there is no GNU time".into(), |kilobytes| format!("{} MiB", kilobytes / 1024))
}

fn bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

fn remove(folder: &Path) {
    let _ = std::fs::remove_dir_all(folder);
}
