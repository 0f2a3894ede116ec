//! Picks the helpful sentence from the output of a failed package manager: it is rarely the last line.

/// The longest sentence that is shown, in characters.
const LONGEST: usize = 400;

/// The marks that package managers put before an error: npm, pip, uv and Bun, pnpm, Yarn, Maven, Go.
const MARKS: &[&str] = &[
    "npm error ",
    "npm ERR! ",
    "ERROR: ",
    "error: ",
    "ERR_PNPM_",
    "error ",
    "➤ YN",
    "× ",
    "[ERROR] ",
    "go: ",
    "verifying ",
];

/// Beginnings of lines that say nothing about the cause: codes, places, addresses of help.
const NO_CAUSE: &[&str] = &[
    "code ",
    "errno ",
    "syscall ",
    "path ",
    "at ",
    "a complete log of this run",
    "log files were not written",
    "for a full report see",
    "for more information",
    "to see the full stack trace",
    "re-run maven",
    "run \"npm help",
    "usage:",
    "npm notice",
    "[notice]",
    "[help ",
    "info visit",
    "info run",
    "downloading ",
    "command failed with",
    "note: this error originates",
    "0000:",
];

/// Beginnings of lines with a detail of the sentence before them.
const DETAILS: &[&str] =
    &["missing:", "invalid:", "failure reason", "no matching distribution", "╰─▶", "because "];

/// The first sentence with a cause, and the first detail after it; else the last line that could be a cause.
pub(super) fn helpful(said: &str) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let marked: Vec<&str> = lines.iter().filter_map(|line| sentence(line)).collect();
    let mut words = match marked.first() {
        Some(first) => (*first).to_owned(),
        None => {
            lines.iter().rev().find(|line| is_cause(line)).map(|line| (*line).to_owned()).unwrap_or_default()
        }
    };
    let details = marked.iter().skip(1).chain(&lines).find(|line| begins(line, DETAILS));
    if let Some(detail) = details.filter(|detail| !marked.is_empty() && !words.ends_with(**detail)) {
        words = format!("{} {detail}", words.trim_end_matches([';', ':']));
    }
    words.chars().take(LONGEST).collect()
}

/// The sentence after the mark of an error, if it is a cause.
fn sentence(line: &str) -> Option<&str> {
    let mark = MARKS.iter().find(|mark| line.starts_with(**mark))?;
    // Some marks are part of the sentence.
    let whole = ["ERR_PNPM_", "go: ", "verifying ", "➤ YN"].contains(mark);
    let behind = line[mark.len()..].trim();
    (!behind.is_empty() && is_cause(behind)).then_some(if whole { line } else { behind })
}

fn is_cause(line: &str) -> bool {
    line.len() > 2 && !begins(line, NO_CAUSE)
}

fn begins(line: &str, words: &[&str]) -> bool {
    let line = line.to_lowercase();
    words.iter().any(|word| line.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::helpful;

    #[test]
    fn the_cause_is_found_above_the_help() {
        for (said, expected) in [
            (
                // npm 11.19.1
                "npm error code EUSAGE\nnpm error\nnpm error `npm ci` can only install packages when your package.json \
                 and package-lock.json are in sync.\nnpm error\nnpm error Missing: is-odd@3.0.1 from lock file\nnpm \
                 error Missing: is-number@6.0.0 from lock file\nnpm error\nnpm error Clean install a project\nnpm \
                 error\nnpm error Usage:\nnpm error npm ci\nnpm notice\nnpm notice New minor version of npm \
                 available! 11.19.1 -> 11.21.2\nnpm error A complete log of this run can be found in: \
                 /tmp/_logs/debug-0.log",
                "`npm ci` can only install packages when your package.json and package-lock.json are in sync. Missing: \
                 is-odd@3.0.1 from lock file",
            ),
            (
                "npm error code ECONNREFUSED\nnpm error syscall connect\nnpm error errno ECONNREFUSED\nnpm error \
                 FetchError: request to https://127.0.0.1:9/is-odd-3.0.1.tgz failed\nnpm error     at \
                 ClientRequest.emit (node:events:524:28)\nnpm error A complete log of this run can be found in: x",
                "FetchError: request to https://127.0.0.1:9/is-odd-3.0.1.tgz failed",
            ),
            (
                "ERROR: Could not find a version that satisfies the requirement nosuchthing==9 (from versions: \
                 none)\nERROR: No matching distribution found for nosuchthing==9\n\n[notice] A new release of pip is \
                 available",
                "Could not find a version that satisfies the requirement nosuchthing==9 (from versions: none) No \
                 matching distribution found for nosuchthing==9",
            ),
            (
                "Resolved 4 packages in 2ms\nerror: The lockfile at `uv.lock` needs to be updated, but `--locked` was \
                 provided. To update the lockfile, run `uv lock`.",
                "The lockfile at `uv.lock` needs to be updated, but `--locked` was provided. To update the lockfile, \
                 run `uv lock`.",
            ),
            (
                " ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with \"frozen-lockfile\" because pnpm-lock.yaml is not up \
                 to date with package.json\n\n  Failure reason:\n  specifiers in the lockfile don't match\n",
                "ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with \"frozen-lockfile\" because pnpm-lock.yaml is not up \
                 to date with package.json Failure reason:",
            ),
            (
                "yarn install v1.22.22\n[1/4] Resolving packages...\nerror Your lockfile needs to be updated, but yarn \
                 was run with `--frozen-lockfile`.\ninfo Visit https://yarnpkg.com/en/docs/cli/install for \
                 documentation about this command.",
                "Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.",
            ),
            (
                "verifying example.com/a@v1.0.0: checksum mismatch\n\tdownloaded: h1:x\n\nSECURITY ERROR\nThis \
                 download does NOT match\n\nFor more information, see 'go help module-auth'.",
                "verifying example.com/a@v1.0.0: checksum mismatch",
            ),
            (
                "[ERROR] Failed to execute goal on project a: Could not resolve dependencies\n[ERROR] \n[ERROR] Re-run \
                 Maven using the -X switch\n[ERROR] [Help 1] http://cwiki.apache.org/",
                "Failed to execute goal on project a: Could not resolve dependencies",
            ),
        ] {
            assert_eq!(helpful(said), expected);
        }
    }

    #[test]
    fn without_a_mark_it_is_the_last_line_that_says_something() {
        let poetry = "Installing dependencies from lock file\n\npyproject.toml changed significantly since poetry.lock \
                      was last generated. Run `poetry lock` to fix the lock file.\n\n";
        assert!(helpful(poetry).starts_with("pyproject.toml changed significantly"));
        assert_eq!(helpful("it broke\nFor more information, see x"), "it broke");
        assert_eq!(helpful(""), "");
    }

    #[test]
    fn it_is_short() {
        assert_eq!(helpful(&format!("error: {}", "é".repeat(5000))).chars().count(), 400);
    }
}
