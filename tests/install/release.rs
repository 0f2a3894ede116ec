//! A release of the CLI as a mirror has it: an archive whose `pulumi` is a script that says its version.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use semver::Version;
use sha2::{Digest as _, Sha256};
use stackstep::engine::install::platform::{Platform, checksums};
use tar::{EntryType, Header};
use zip::write::SimpleFileOptions;

use crate::support::server::{Received, Reply, Server};

/// A script that says `version`.
pub fn script(version: &Version) -> Vec<u8> {
    format!("#!/bin/sh\n[ \"$1\" = version ] && echo v{version}\n").into_bytes()
}

/// What a whole release holds, and more than a YAML program needs.
pub fn whole(version: &Version) -> Vec<(String, Vec<u8>)> {
    vec![
        ("pulumi/pulumi".to_owned(), script(version)),
        ("pulumi/pulumi-language-nodejs".to_owned(), vec![7; 100_000]),
        ("pulumi/pulumi-language-yaml".to_owned(), noise(200_000)),
        ("pulumi/pulumi-watch".to_owned(), b"watch".to_vec()),
    ]
}

/// Bytes that don't get smaller when they are packed.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

/// One entry of a tar file, whatever its name.
pub fn entry(kind: EntryType, name: &str, link: &str, content: &[u8]) -> Vec<u8> {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(0o755);
    header.set_size(content.len() as u64);
    // Not by its own functions: they refuse what an attacker would write.
    let raw = header.as_old_mut();
    raw.name[..name.len()].copy_from_slice(name.as_bytes());
    raw.linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

/// A gzipped tar file of plain files, and of raw entries behind them.
pub fn tar_gz(files: &[(String, Vec<u8>)], raw: &[Vec<u8>]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    for (name, content) in files {
        packed.write_all(&entry(EntryType::Regular, name, "", content)).unwrap();
    }
    for entry in raw {
        packed.write_all(entry).unwrap();
    }
    packed.write_all(&[0; 1024]).unwrap();
    packed.finish().unwrap()
}

/// A zip file.
pub fn zip(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// The files of a mirror.
#[derive(Clone, Default)]
pub struct Files(pub BTreeMap<String, Vec<u8>>);

impl Files {
    /// A release with this archive, and its checksum file.
    pub fn release(version: &Version, platform: Platform, archive: Vec<u8>) -> Self {
        let name = platform.archive(version);
        let line = format!("{}  {name}\n", sha256(&archive));
        Self([(checksums(version), line.into_bytes()), (name, archive)].into())
    }

    /// A release as it should be.
    pub fn good(version: &Version) -> Self {
        Self::release(version, Platform::host().unwrap(), tar_gz(&whole(version), &[]))
    }

    /// The name of the only archive.
    pub fn archive(&self) -> String {
        self.0.keys().find(|name| name.starts_with("pulumi-v")).unwrap().clone()
    }

    /// Puts them into a folder; its URL.
    pub fn put(&self, folder: &Path) -> String {
        std::fs::create_dir_all(folder).unwrap();
        for (name, content) in &self.0 {
            std::fs::write(folder.join(name), content).unwrap();
        }
        format!("file://{}", folder.display())
    }

    /// Serves them; the archive as `answer` says, where it says something. It gets the archive, and how often that
    /// was asked for before.
    pub fn serve(
        self,
        answer: impl Fn(&Received, &[u8], usize) -> Option<Reply> + Send + Sync + 'static,
    ) -> Server {
        let asked = std::sync::atomic::AtomicUsize::new(0);
        Server::start(move |request, _| {
            let name =
                request.target.trim_start_matches('/').split('?').next().unwrap_or_default().to_owned();
            let Some(content) = self.0.get(&name) else {
                return Reply::Answer(404, Vec::new(), String::new());
            };
            if name.starts_with("pulumi-v") {
                let before = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                if let Some(reply) = answer(request, content, before) {
                    return reply;
                }
            }
            Reply::Raw(response("200 OK", &[], content, content.len()))
        })
    }

    /// Serves them as they are.
    pub fn serve_all(self) -> Server {
        self.serve(|_, _, _| None)
    }
}

/// A response that announces `length` bytes and has these.
pub fn response(status: &str, headers: &[(&str, &str)], body: &[u8], length: usize) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

/// How many requests were for an archive.
pub fn downloads(server: &Server) -> Vec<Received> {
    server.received().into_iter().filter(|request| request.target.contains("/pulumi-v")).collect()
}
