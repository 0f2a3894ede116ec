//! Flags of the engine in the environment: it also reads each flag from a variable that begins with `PULUMI_OPTION_`,
//! <https://www.pulumi.com/docs/iac/cli/environment-variables/>. They are judged as the same flags in `args` are.
//!
//! Those with an input of the same name are read as that input ([`crate::pulumi::options::variable_of`]), so that they
//! are shown and hold for the whole run. The engine gets none that stackstep sets itself, and none that prints secrets;
//! it gets all others.

use super::args;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::inputs::Command;
use crate::pulumi::options::INPUTS;
use crate::pulumi::options::PREFIX;

/// Flags that need no warning, as stackstep sets them to the same.
const HARMLESS: &[&str] = &["non-interactive"];

/// The verdict on the variables.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Variables that the engine does not get.
    pub removed: Vec<String>,
    /// Warnings: which variables are not used, and which have an effect.
    pub warnings: Vec<String>,
}

/// Judges the variables of the environment and of `env-file`. Fails if the file sets an input, because the inputs are
/// read before the file.
pub fn judge(env: &Env, file: &[(String, String)], command: Command) -> Result<Judged> {
    let mut judged = Judged::default();
    let of_env = env.iter().map(|(name, _)| (name, false));
    let of_file = file.iter().map(|(name, _)| (name.as_str(), true));
    for (name, is_in_file) in of_env.chain(of_file) {
        let Some(flag) = name.strip_prefix(PREFIX) else { continue };
        let flag = flag.to_lowercase().replace('_', "-");
        if let Some(hint) = args::owned(&flag) {
            judged.removed.push(name.to_owned());
            judged.warnings.push(format!("`{name}` is not used: {hint}"));
        } else if INPUTS.contains(&flag.as_str()) && command != Command::Exec {
            if is_in_file {
                return Err(Error::input(
                    format!("`env-file` can't set `{name}`"),
                    format!("set the `{flag}` input"),
                ));
            }
            judged.removed.push(name.to_owned());
        } else if !HARMLESS.contains(&flag.as_str()) {
            judged.warnings.push(format!("`{name}` is set: the engine takes it as `--{flag}`"));
        }
    }
    Ok(judged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::Input;
    use crate::pulumi::options::variable_of;

    fn judged(names: &[&str], command: Command) -> Judged {
        judge(&Env::from_pairs("/", names.iter().map(|name| (*name, "true"))), &[], command).unwrap()
    }

    #[test]
    fn each_of_the_inputs_is_one() {
        for name in INPUTS {
            assert!(Input::find(name).is_some(), "{name}");
        }
        assert_eq!(variable_of("policy-pack").as_deref(), Some("PULUMI_OPTION_POLICY_PACK"));
        assert_eq!(variable_of("stack"), None);
    }

    #[test]
    fn a_flag_that_args_refuses_does_not_reach_the_engine() {
        for (name, word) in [
            ("PULUMI_OPTION_SHOW_SECRETS", "secret-outputs"),
            ("PULUMI_OPTION_VERBOSE", "log-verbosity"),
            ("PULUMI_OPTION_LOGTOSTDERR", "log-verbosity"),
            ("PULUMI_OPTION_JSON", "result file"),
            ("PULUMI_OPTION_STACK", "`stack` input"),
            ("PULUMI_OPTION_TRACING", "secrets"),
            ("PULUMI_OPTION_REMOTE_ENV_SECRET", "this machine"),
        ] {
            for command in [Command::Up, Command::Exec] {
                let judged = judged(&[name], command);
                assert_eq!(judged.removed, [name]);
                assert!(judged.warnings[0].contains(word), "{judged:?}");
            }
        }
    }

    #[test]
    fn a_flag_that_is_an_input_reaches_the_engine_as_the_input_only() {
        assert_eq!(
            judged(&["PULUMI_OPTION_EXPECT_NO_CHANGES", "PULUMI_OPTION_TARGET"], Command::Up),
            Judged {
                removed: vec!["PULUMI_OPTION_EXPECT_NO_CHANGES".into(), "PULUMI_OPTION_TARGET".into()],
                warnings: Vec::new()
            }
        );
        assert!(judged(&["PULUMI_OPTION_TARGET"], Command::Exec).removed.is_empty());
        let file = [("PULUMI_OPTION_TARGET".to_owned(), "a".to_owned())];
        let error = judge(&Env::from_pairs("/", [("A", "b")]), &file, Command::Up).unwrap_err();
        assert_eq!(error.to_string(), "`env-file` can't set `PULUMI_OPTION_TARGET`");
    }

    #[test]
    fn any_other_flag_acts_and_is_named() {
        let judged = judged(
            &["PULUMI_OPTION_IGNORE_PROTECT", "PULUMI_OPTION_NON_INTERACTIVE", "PULUMI_HOME"],
            Command::Up,
        );
        assert_eq!(judged.removed, [""; 0]);
        assert_eq!(
            judged.warnings,
            ["`PULUMI_OPTION_IGNORE_PROTECT` is set: the engine takes it as `--ignore-protect`"]
        );
    }
}
