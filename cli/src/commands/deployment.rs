//! `stackstep deployment settings`: the settings of Pulumi Deployments as files of the repository. `show` prints what the
//! service has in the form of the files, `check` compares, and `apply` makes the service have what the files say.
//! <https://www.pulumi.com/docs/deployments/deployments/>

mod apply;
mod comment;
pub mod page;
mod place;

use clap::{Arg, ArgAction, ArgMatches, Command as Clap};

use super::input_flags::{flag, is_given, json};
use super::one_stack;
use crate::base::env::Env;
use crate::base::error::{EXIT_CHANGES, EXIT_PUBLISH, Result};
use crate::ci;
use crate::ci::console::Console;
use crate::commands::page_form::PageForm;
use crate::inputs::Command;
use crate::inputs::headings::ReportInputs;
use crate::inputs::resolve::Flags;
use crate::process::signals::Signals;
use crate::publish::files::write_whole;
use page::{CheckPage, ShowPage};
use place::{SettingsPlace, or_stopped};

/// The flag of the comment.
const AS_COMMENT: &str = "as-comment";

/// The flag that sends secrets again.
const SECRETS: &str = "secrets";

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeploymentAsk {
    /// The verb.
    pub verb: SettingsVerb,
    /// The form in which it is printed.
    pub form: PageForm,
    /// Whether it is written as a comment on the change request, too.
    pub as_comment: bool,
    /// Whether the secrets that the service has already are sent again.
    pub secrets: bool,
}

/// What is done with the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsVerb {
    /// They are printed, as the service has them.
    Show,
    /// They are compared with the files.
    Check,
    /// They become what the files say.
    Apply,
}

impl DeploymentAsk {
    /// The subcommand.
    pub fn clap() -> Clap {
        let show = one_stack::subcommand(
            "show",
            "Print the settings that the service has, in the form of the files",
        );
        let check =
            one_stack::subcommand("check", "Compare the settings of the service with those of the files")
                .arg(flag(20, &ReportInputs::result_file.input))
                .args(PageForm::flags())
                .arg(
                    Arg::new(AS_COMMENT)
                        .long(AS_COMMENT)
                        .help("Write the paths that differ as a comment on the change request, too")
                        .action(ArgAction::SetTrue)
                        .display_order(2),
                );
        let secrets = Arg::new(SECRETS)
            .long(SECRETS)
            .help("Send the secrets again that are there already: whether they differ can't be seen")
            .action(ArgAction::SetTrue)
            .display_order(0);
        let apply =
            one_stack::subcommand("apply", "Make the service have the settings of the files").arg(secrets);
        let settings = Clap::new("settings")
            .about("The settings of a stack as files of the repository: `deployment.yaml`, `deployment.<stack>.yaml`")
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommands([show.arg(json()), check, apply]);
        Clap::new("deployment")
            .about("Pulumi Deployments: `deployment settings show`, `check`, `apply`")
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommand(settings)
    }

    /// What the command line asks for, and the matches that hold its flags.
    pub fn given(matches: &ArgMatches) -> (Self, &ArgMatches) {
        let settings = matches.subcommand().map_or(matches, |(_, settings)| settings);
        let (verb, own) = match settings.subcommand() {
            Some(("check", own)) => (SettingsVerb::Check, own),
            Some(("apply", own)) => (SettingsVerb::Apply, own),
            Some((_, own)) => (SettingsVerb::Show, own),
            None => (SettingsVerb::Show, settings),
        };
        let ask = Self {
            verb,
            form: PageForm::given(own),
            as_comment: is_given(own, AS_COMMENT),
            secrets: is_given(own, SECRETS),
        };
        (ask, own)
    }
}

/// Carries out what is asked for. Returns the exit status: 7 if the settings differ (`check`), 80 if they still do after they
/// were sent (`apply`).
pub async fn run(
    ask: DeploymentAsk,
    flags: &Flags,
    env: &Env,
    console: &mut Console,
    signals: &Signals,
) -> Result<u8> {
    if ask.verb == SettingsVerb::Apply {
        let place =
            SettingsPlace::find("deployment settings apply", Command::Refresh, flags, env, console, signals);
        return apply::apply(&place.await?, ask.secrets, console, signals).await;
    }
    // Not the CI system's, so that the page stays alone on standard output.
    let console = &mut Console::new(ci::detect(&Env::default()));
    if ask.verb == SettingsVerb::Show {
        let place =
            SettingsPlace::find("deployment settings show", Command::Outputs, flags, env, console, signals)
                .await?;
        let has = or_stopped(signals, place.service().read()).await?;
        ask.form.print(&ShowPage::new(&place.name(), &has), console)?;
        return Ok(0);
    }
    let place =
        SettingsPlace::find("deployment settings check", Command::Preview, flags, env, console, signals)
            .await?;
    let file = place.file()?;
    let compared = place.compare(&file, or_stopped(signals, place.service().read()).await?, false);
    let page = CheckPage::new(&place.name(), &file, &compared);
    if let Some(path) = &place.job.inputs.report.result_file {
        let text = console.masker().mask(&format!("{:#}\n", page.as_json()));
        write_whole(path, &text)?;
    }
    ask.form.print(&page, console)?;
    let status = if page.equal { 0 } else { EXIT_CHANGES };
    if !ask.as_comment {
        return Ok(status);
    }
    match Box::pin(comment::write(&page, &place.job, console)).await {
        Ok(done) => {
            console.line(&done);
            Ok(status)
        }
        Err(error) => {
            console.error(&error);
            Ok(if page.equal { EXIT_PUBLISH } else { status })
        }
    }
}
