//! What a release is built for.

/// One target of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Rust's name: <https://doc.rust-lang.org/rustc/platform-support.html>.
    pub triple: &'static str,
    /// The platform, when the bootstraps fetch this target for it. On Linux they take the static one: it runs on
    /// every distribution.
    pub platform: Option<&'static str>,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { triple: "x86_64-unknown-linux-musl", platform: Some("linux-x64") },
    Target { triple: "aarch64-unknown-linux-musl", platform: Some("linux-arm64") },
    Target { triple: "x86_64-unknown-linux-gnu", platform: None },
    Target { triple: "aarch64-unknown-linux-gnu", platform: None },
    Target { triple: "x86_64-apple-darwin", platform: Some("macos-x64") },
    Target { triple: "aarch64-apple-darwin", platform: Some("macos-arm64") },
    Target { triple: "x86_64-pc-windows-msvc", platform: Some("windows-x64") },
    Target { triple: "aarch64-pc-windows-msvc", platform: Some("windows-arm64") },
];

impl Target {
    /// The target with this name.
    pub fn named(triple: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.triple == triple)
    }

    /// `program` as its file is called there.
    pub fn file(&self, program: &str) -> String {
        if self.triple.contains("windows") { format!("{program}.exe") } else { program.to_owned() }
    }

    /// The name of a release's archive.
    pub fn archive(&self, version: &str) -> String {
        format!("stackstep-v{version}-{}.tar.gz", self.triple)
    }
}
