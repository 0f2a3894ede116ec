//! What every command on a stack needs: the project, the state store, and which stack is meant.

use crate::args::Args;
use crate::crypto::Secrets;
use crate::env::Env;
use crate::failure::{Failure, STACK_NOT_FOUND};
use crate::program::project::Project;
use crate::stack_file::StackFile;
use crate::state::{Backend, StackRef};
use crate::workspace;

/// The place of a command.
pub struct Context<'a> {
    /// The command line.
    pub args: &'a Args,
    /// The environment.
    pub env: &'a Env,
    /// The project, if there is one.
    pub project: Option<Project>,
    /// The state store.
    pub backend: Backend,
    /// The keys of this process.
    pub secrets: Secrets<'a>,
}

impl<'a> Context<'a> {
    /// Finds project and state store.
    pub fn open(args: &'a Args, env: &'a Env) -> Result<Self, Failure> {
        let project = Project::find_if_any(env)?;
        let backend = Backend::open(env, project.as_ref().and_then(|project| project.backend.as_deref()))?;
        let backend =
            if args.is_on("disable-integrity-checking") { backend.without_checks() } else { backend };
        Ok(Self { args, env, project, backend, secrets: Secrets::new(env) })
    }

    /// The project, which this command can't do without.
    pub fn project(&self) -> Result<&Project, Failure> {
        match &self.project {
            Some(project) => Ok(project),
            // Says what is missing.
            None => {
                Err(Project::find(self.env).err().unwrap_or_else(|| Failure::new("no project file found")))
            }
        }
    }

    /// The name of the project, if there is one.
    pub fn project_name(&self) -> Option<&str> {
        self.project.as_ref().map(|project| project.name.as_str())
    }

    /// Reads a stack's name.
    pub fn parse(&self, name: &str) -> Result<StackRef, Failure> {
        StackRef::parse(name, self.project_name())
    }

    /// A stack's name as it is shown.
    pub fn shown(&self, stack: &StackRef) -> String {
        stack.shown(self.project_name(), self.args.is_on("fully-qualify-stack-names"))
    }

    /// The stack that `--stack` names, or the selected one; it must be there. `offer_new`: whether the command
    /// could do with a new one, which only changes the message.
    pub fn require_stack(&self, offer_new: bool) -> Result<StackRef, Failure> {
        self.require(self.args.value("stack"), offer_new)
    }

    /// The same for a command that takes the stack as an argument too.
    pub fn require_named(&self) -> Result<StackRef, Failure> {
        self.require(self.named()?, false)
    }

    /// The stack that is named, as an argument or by `--stack`.
    pub fn named(&self) -> Result<Option<&str>, Failure> {
        let by_flag = self.args.value("stack").filter(|name| !name.is_empty());
        let argument = self.args.arguments.first().filter(|name| !name.is_empty());
        match (argument, by_flag) {
            (Some(_), Some(_)) => {
                Err(Failure::new("only one of --stack or argument stack name may be specified, not both"))
            }
            (argument, flag) => Ok(argument.map(String::as_str).or(flag)),
        }
    }

    fn require(&self, name: Option<&str>, offer_new: bool) -> Result<StackRef, Failure> {
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            let stack = self.parse(name)?;
            return if self.backend.exists(&stack) { Ok(stack) } else { Err(not_found(name)) };
        }
        let or_init = if offer_new { " or `pulumi stack init`" } else { "" };
        let none = format!("no stack selected; please use `pulumi stack select`{or_init} to choose one");
        self.current()?.ok_or_else(|| Failure::new(none))
    }

    /// The selected stack, if it is there.
    pub fn current(&self) -> Result<Option<StackRef>, Failure> {
        let Some(name) = workspace::current(self.env, self.project()?, self.backend.url())? else {
            return Ok(None);
        };
        let stack = self.parse(&name)?;
        Ok(Some(stack).filter(|stack| self.backend.exists(stack)))
    }

    /// Selects a stack.
    pub fn select(&self, stack: Option<&StackRef>) -> Result<(), Failure> {
        let name = stack.map(ToString::to_string);
        workspace::select(self.env, self.project()?, self.backend.url(), name.as_deref())
    }

    /// The file of a stack, or the one of `--config-file`.
    pub fn stack_file(&self, stack: &StackRef) -> Result<StackFile, Failure> {
        let project = self.project()?;
        let path = StackFile::path_of(project, stack, self.args.value("config-file"), self.env);
        let mut file = StackFile::load(&path, &project.name)?;
        // <https://www.pulumi.com/docs/iac/cli/environment-variables/>
        if self.env.is_true("PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER") && self.backend.exists(stack) {
            file.fall_back_to(self.backend.salt(stack)?);
        }
        file.warnings().iter().for_each(|warning| super::print::warning(warning));
        Ok(file)
    }
}

/// The stack that was named is not there.
pub fn not_found(name: &str) -> Failure {
    Failure::with_status(format!("no stack named '{name}' found"), STACK_NOT_FOUND)
}
