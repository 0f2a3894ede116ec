//! Chooses what of the open environments goes to later steps, by the names in `esc-export`.

use super::{DECIDED, DECIDED_BEGINNINGS, OpenedEnvironments, OpenedValue};
use crate::base::error::{Error, Result};
use crate::base::suggest::nearest;
use crate::ci::Level;
use crate::ci::console::Console;

/// The name that stands for all.
const ALL: &str = "*";

/// The variables by which programs of later steps would run other code than they do now, or find other programs. Shells:
/// <https://www.gnu.org/software/bash/manual/html_node/Bash-Variables.html>; Node.js, whose variable no runner of GitHub takes:
/// <https://nodejs.org/api/cli.html#node_optionsoptions>; Git: <https://git-scm.com/book/en/v2/Git-Internals-Environment-Variables>.
const RUN_OTHER_CODE: [&str; 37] = [
    "BASHOPTS",
    "BASH_ENV",
    "BROWSER",
    "CDPATH",
    "COMSPEC",
    "CORECLR_PROFILER_PATH",
    "DOTNET_STARTUP_HOOKS",
    "EDITOR",
    "ENV",
    "GCONV_PATH",
    "GIT_ASKPASS",
    "GIT_EDITOR",
    "GIT_EXEC_PATH",
    "GIT_EXTERNAL_DIFF",
    "GIT_PAGER",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_TEMPLATE_DIR",
    "HOME",
    "IFS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "NODE_OPTIONS",
    "NODE_PATH",
    "PAGER",
    "PATHEXT",
    "PERL5LIB",
    "PERL5OPT",
    "PROMPT_COMMAND",
    "PS4",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "RUBYLIB",
    "RUBYOPT",
    "SHELLOPTS",
    "ZDOTDIR",
];

/// The beginnings of such names. The loader's: <https://man7.org/linux/man-pages/man8/ld.so.8.html>.
const RUN_OTHER_CODE_BEGINNINGS: [&str; 3] = ["LD_", "DYLD_", "GIT_CONFIG"];

/// A value that goes to later steps.
#[derive(Debug, Clone, Copy)]
pub struct ExportedValue<'o> {
    /// The name of the variable.
    pub name: &'o str,
    /// What it stands for.
    pub value: &'o OpenedValue,
}

/// Refuses names that no environment may set for later steps.
pub fn check_exported_names(names: &[String]) -> Result<()> {
    let refused = names.iter().find_map(|name| Some((name, why_not(name)?)));
    match refused {
        None => Ok(()),
        Some((name, why)) => Err(Error::input(
            format!("`esc-export` names `{}`, {why}", name.escape_debug()),
            "take it out of `esc-export`, and set it by yourself in the step that needs it",
        )),
    }
}

/// Why no environment may set this variable for later steps. None if one may.
fn why_not(name: &str) -> Option<&'static str> {
    // Windows takes a name in any case.
    let name = name.to_ascii_uppercase();
    if DECIDED.contains(&&*name) || DECIDED_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning)) {
        return Some("which decides where programs are found or what later runs do");
    }
    let is_other = RUN_OTHER_CODE.contains(&&*name)
        || RUN_OTHER_CODE_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning));
    is_other.then_some("by which later steps would run other code")
}

impl OpenedEnvironments {
    /// The values with these names, each of which has to be there. Of all of them those are left out, with a warning, that may
    /// not be set for later steps.
    pub fn exported(&self, names: &[String], console: &Console) -> Result<Vec<ExportedValue<'_>>> {
        check_exported_names(names)?;
        let missing = names.iter().find(|name| *name != ALL && !self.0.contains_key(*name));
        if let Some(name) = missing {
            return Err(self.not_there(name));
        }
        let is_all = names.iter().any(|name| name == ALL);
        let chosen = self.0.iter().filter(|(name, _)| is_all || names.contains(name));
        let (exported, left_out): (Vec<_>, Vec<_>) = chosen
            .map(|(name, value)| ExportedValue { name, value })
            .partition(|exported| why_not(exported.name).is_none());
        if !left_out.is_empty() {
            let names: Vec<String> = left_out.iter().map(|value| format!("`{}`", value.name)).collect();
            let message = format!(
                "not handed to later steps: {}; by such variables they would run other code",
                names.join(", ")
            );
            console.annotate(Level::Warning, "stackstep", &message);
        }
        Ok(exported)
    }

    fn not_there(&self, name: &str) -> Error {
        let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
        let near = nearest(name, known.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
        let what = format!(
            "`esc-export` names `{}`, and no environment of `esc` has a variable or a file of that name{}",
            name.escape_debug(),
            near.unwrap_or_default()
        );
        if known.is_empty() {
            return Error::input(
                what,
                "define it below `environmentVariables` or `files` of the environment",
            );
        }
        Error::input(what, format!("name one of those that are there: `{}`", known.join("`, `")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_later_steps_run_other_code_is_refused_in_any_case() {
        for name in ["PATH", "Path", "LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "NODE_OPTIONS", "BASH_ENV", "env"]
        {
            let error = check_exported_names(&[name.to_owned()]).unwrap_err().to_string();
            assert!(error.contains(&format!("`{name}`")), "{error}");
        }
        for name in ["PULUMI_ACCESS_TOKEN", "STACKSTEP_COMMAND", "INPUT_COMMAND", "PULUMI_OPTION_TARGET"] {
            check_exported_names(&[name.to_owned()]).unwrap_err();
        }
        check_exported_names(&["AWS_SECRET_ACCESS_KEY".to_owned(), "*".to_owned()]).unwrap();
    }
}
