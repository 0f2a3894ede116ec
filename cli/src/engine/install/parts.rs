//! The files of the release that a program needs: the CLI, the language host of its runtime, and the small programs
//! that the two call. The others are most of the archive's 400 MB, and are not unpacked.

use std::collections::BTreeSet;

/// A choice of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parts {
    /// All of them.
    All,
    /// The files for these runtimes.
    Runtimes(BTreeSet<&'static str>),
}

/// The runtimes whose files are known; a program with another one gets all files.
const RUNTIMES: [&str; 6] = ["dotnet", "go", "java", "nodejs", "python", "yaml"];

/// The runtimes of policy packs, if it is not known which one a pack has.
const POLICY_RUNTIMES: [&str; 2] = ["nodejs", "python"];

impl Parts {
    /// The files for a program of `runtime`; `policies` says whether policy packs may be checked.
    pub fn for_runtime(runtime: &str, policies: bool) -> Self {
        let Some(own) = RUNTIMES.iter().find(|known| **known == runtime) else { return Self::All };
        let mut runtimes = BTreeSet::from([*own]);
        if policies {
            runtimes.extend(POLICY_RUNTIMES);
        }
        Self::Runtimes(runtimes)
    }

    /// The name of this choice in the cache.
    pub fn key(&self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Runtimes(runtimes) => runtimes.iter().copied().collect::<Vec<_>>().join("+"),
        }
    }

    /// The names in the cache of all choices that hold these files: this choice, and all files.
    pub fn keys(&self) -> Vec<String> {
        let own = self.key();
        if own == "all" { vec![own] } else { vec![own, "all".to_owned()] }
    }

    /// Whether the file belongs to the choice. The ending that Windows gives to programs does not matter.
    pub fn want(&self, file: &str) -> bool {
        let stem = stem(file);
        match self {
            Self::All => true,
            Self::Runtimes(runtimes) => {
                stem == "pulumi" || runtimes.iter().any(|runtime| files(runtime).any(|name| name == stem))
            }
        }
    }

    /// The files that must not be missing, by their names without an ending.
    pub fn needed(&self) -> Vec<String> {
        let mut needed = vec!["pulumi".to_owned()];
        if let Self::Runtimes(runtimes) = self {
            needed.extend(runtimes.iter().map(|runtime| format!("pulumi-language-{runtime}")));
        }
        needed
    }
}

/// A file's name without the ending that Windows gives to programs and scripts.
pub fn stem(file: &str) -> &str {
    file.strip_suffix(".exe").or_else(|| file.strip_suffix(".cmd")).unwrap_or(file)
}

/// The names of a runtime's files. The policy analyser of Node has no runtime in its name.
/// <https://github.com/pulumi/pulumi/blob/master/scripts/prep-for-goreleaser.sh>
fn files(runtime: &'static str) -> impl Iterator<Item = String> {
    let analyser = if runtime == "nodejs" { String::new() } else { format!("-{runtime}") };
    [
        format!("pulumi-language-{runtime}"),
        format!("pulumi-language-{runtime}-exec"),
        format!("pulumi-resource-pulumi-{runtime}"),
        format!("pulumi-analyzer-policy{analyser}"),
    ]
    .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_gets_its_own_runtime_and_the_scripts_that_it_calls() {
        let parts = Parts::for_runtime("nodejs", false);
        for file in [
            "pulumi",
            "pulumi.exe",
            "pulumi-language-nodejs",
            "pulumi-resource-pulumi-nodejs.cmd",
            "pulumi-analyzer-policy",
        ] {
            assert!(parts.want(file), "{file}");
        }
        for file in ["pulumi-language-go", "pulumi-watch", "pulumi-analyzer-policy-python", "README.md"] {
            assert!(!parts.want(file), "{file}");
        }
        assert_eq!(parts.key(), "nodejs");
    }

    #[test]
    fn policies_bring_the_runtimes_that_they_can_be_written_in() {
        let parts = Parts::for_runtime("go", true);
        assert_eq!(parts.key(), "go+nodejs+python");
        assert!(parts.want("pulumi-analyzer-policy-python"));
    }

    #[test]
    fn an_unknown_runtime_gets_everything() {
        assert_eq!(Parts::for_runtime("scala", false), Parts::All);
        assert!(Parts::All.want("pulumi-watch"));
    }
}
