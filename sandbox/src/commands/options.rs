//! What the flags of an operation ask for.

use serde_json::Value as Json;

use super::context::Context;
use super::print;
use crate::args::Args;
use crate::crypto::Crypter;
use crate::display::Format;
use crate::engine::event::Pack;
use crate::engine::plan::Plan;
use crate::engine::target::Targets;
use crate::engine::{Kind, Options};
use crate::env::Env;
use crate::failure::Failure;
use crate::faults::{Faults, PolicyPack};
use crate::stack_file::{StackFile, full_key, path};
use crate::state::Snapshot;
use std::cell::Cell;

/// How many operations are under way at once, unless told otherwise. The CLI takes four for each processor.
const PARALLEL: usize = 8;

/// An operation as its flags describe it.
#[derive(Debug)]
pub struct Request {
    /// What it is for.
    pub kind: Kind,
    /// Whether nothing is to happen.
    pub preview_only: bool,
    /// Whether it happens without a look first.
    pub skip_preview: bool,
    /// Whether it runs the program.
    pub needs_program: bool,
    /// How it is shown.
    pub format: Format,
    /// Where the plan of a preview goes.
    pub save_plan: Option<String>,
    /// Whether changes are an error.
    pub expect_no_changes: bool,
    spared: Cell<usize>,
}

impl Request {
    /// Reads the flags.
    pub fn read(args: &Args, env: &Env) -> Result<Self, Failure> {
        let command = args.command.as_str();
        let kind = match command {
            "refresh" => Kind::Refresh,
            "destroy" => Kind::Destroy,
            _ => Kind::Update,
        };
        let preview_only = command == "preview" || args.is_on("preview-only");
        let skip_preview = args.is_on("skip-preview");
        let yes = args.is_on("yes") || env.is_true("PULUMI_SKIP_CONFIRMATIONS");
        if !(yes || skip_preview || preview_only) {
            let message = "--yes or --skip-preview or --preview-only must be passed in to proceed when running in \
                           non-interactive mode";
            return Err(Failure::with_status(message, if kind == Kind::Refresh { 1 } else { 2 }));
        }
        if command == "up" && !args.arguments.is_empty() {
            return Err(Failure::unsupported("`pulumi up` with a template"));
        }
        if kind == Kind::Refresh && args.is_on("run-program") {
            return Err(Failure::unsupported("`pulumi refresh --run-program`"));
        }
        if kind == Kind::Update && args.is_on("run-program") {
            return Err(Failure::unsupported("--run-program with --refresh"));
        }
        let json = args.is_on("json");
        let format = match (json, args.is_on("diff")) {
            (true, _) if command == "preview" => Format::Digest,
            (true, _) => Format::Events,
            (false, true) => Format::Diff,
            (false, false) => Format::Progress,
        };
        Ok(Self {
            kind,
            preview_only,
            skip_preview,
            needs_program: kind == Kind::Update || args.is_on("run-program"),
            format,
            save_plan: args.value("save-plan").map(str::to_owned),
            expect_no_changes: args.is_on("expect-no-changes"),
            spared: Cell::new(0),
        })
    }

    /// What the operation is called in the history and in messages.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Update => "update",
            Kind::Refresh => "refresh",
            Kind::Destroy => "destroy",
        }
    }

    /// How many protected resources a destruction leaves.
    pub fn spared(&self) -> usize {
        self.spared.get()
    }

    /// The engine's options. None when there is nothing to do.
    pub fn options(
        &self,
        context: &Context,
        key: &Crypter,
        snapshot: &Snapshot,
    ) -> Result<Option<Options>, Failure> {
        let args = context.args;
        let mut targets = args.values("target").to_vec();
        targets.extend_from_slice(args.values("target-replace"));
        let mut excludes = args.values("exclude").to_vec();
        let mut replaces = args.values("replace").to_vec();
        replaces.extend_from_slice(args.values("target-replace"));
        if !targets.is_empty() && !excludes.is_empty() {
            return Err(Failure::new("you cannot specify --target and --exclude together"));
        }
        if args.is_on("exclude-protected") {
            if !targets.is_empty() {
                return Err(Failure::new("you cannot specify --target and --exclude-protected"));
            }
            let protected: Vec<String> = protected(snapshot);
            self.spared.set(protected.len());
            if protected.len() == snapshot.resources.len() && !protected.is_empty() {
                print::out(&format!(
                    "There were no unprotected resources to destroy. There are still {} protected resources associated \
                     with this stack.\n",
                    protected.len()
                ))?;
                return Ok(None);
            }
            excludes.extend(protected);
        }
        let parallel = args.value("parallel").and_then(|number| number.parse().ok()).unwrap_or(PARALLEL);
        let refresh = args.value("refresh").is_some_and(|value| value != "false" && value != "0")
            || !args.is_given("refresh") && refreshes_always(context);
        let plan = match args.value("plan") {
            Some(path) => Some(read_plan(path, context.env, key)?),
            None => None,
        };
        Ok(Some(Options {
            refresh,
            run_program: args.is_on("run-program"),
            targets: Targets::new(&targets),
            excludes: Targets::new(&excludes),
            replaces: Targets::new(&replaces),
            target_dependents: args.is_on("target-dependents"),
            exclude_dependents: args.is_on("exclude-dependents"),
            ignore_protect: args.is_on("ignore-protect"),
            continue_on_error: args.is_on("continue-on-error")
                || context.env.is_true("PULUMI_CONTINUE_ON_ERROR"),
            parallel: std::cmp::max(parallel, 1),
            plan,
        }))
    }

    /// The options once more, without the plan.
    pub fn without_plan(options: &Options) -> Options {
        Options {
            refresh: options.refresh,
            run_program: options.run_program,
            targets: options.targets.clone(),
            excludes: options.excludes.clone(),
            replaces: options.replaces.clone(),
            target_dependents: options.target_dependents,
            exclude_dependents: options.exclude_dependents,
            ignore_protect: options.ignore_protect,
            continue_on_error: options.continue_on_error,
            parallel: options.parallel,
            plan: None,
        }
    }
}

/// `options: {refresh: always}` in the project file.
fn refreshes_always(context: &Context) -> bool {
    let project = context.project.as_ref();
    project
        .and_then(|project| project.root.get("options")?.get("refresh")?.text())
        .is_some_and(|text| text == "always")
}

/// The protected resources and what they need.
fn protected(snapshot: &Snapshot) -> Vec<String> {
    let mut kept: std::collections::BTreeSet<String> = std::collections::BTreeSet::new();
    for state in snapshot.resources.iter().rev() {
        if state.protect || kept.contains(&state.urn) {
            kept.insert(state.urn.clone());
            kept.extend(crate::engine::dependencies(state).map(str::to_owned));
        }
    }
    let order = snapshot.resources.iter().filter(|state| kept.contains(&state.urn));
    order.map(|state| state.urn.clone()).collect()
}

/// Sets the values of `--config` in the stack's file. A key's values take the place of what it had, also with paths.
pub fn set_config(args: &Args, file: &mut StackFile, project: &str) -> Result<(), Failure> {
    let mut begun: Vec<String> = vec![];
    for given in args.values("config") {
        let (key, value) = given.split_once('=').unwrap_or((given, ""));
        if key.is_empty() {
            return Err(Failure::new(format!("invalid configuration key: {given:?}")));
        }
        let steps = if args.is_on("config-path") { path::parse(key)? } else { vec![] };
        let (name, rest) = match steps.split_first() {
            Some((path::Step::Key(name), rest)) => (name.as_str(), rest),
            _ => (key, &steps[..0]),
        };
        let key = full_key(name, project)?;
        if !rest.is_empty() && !begun.contains(&key) {
            // A plain value gives way to what a path needs.
            file.set(&key, &[], Json::from(""))?;
            begun.push(key.clone());
        }
        let value = if rest.is_empty() { Json::from(value) } else { path::coerced(value) };
        file.set(&key, rest, value)?;
    }
    Ok(())
}

/// The policy packs that are asked for, as the faults describe them.
pub fn packs<'a>(args: &Args, faults: &'a Faults) -> Vec<(Pack, &'a PolicyPack)> {
    let found = |path: &String| {
        let described = faults.policy_packs.iter().find(|pack| pack.path == *path)?;
        let pack = Pack {
            name: described.name.clone(),
            version: described.version.clone(),
            path: described.path.clone(),
        };
        Some((pack, described))
    };
    args.values("policy-pack").iter().filter_map(found).collect()
}

/// Refuses a policy pack that nobody has described.
pub fn check_packs(args: &Args, faults: &Faults) -> Result<(), Failure> {
    let unknown = args
        .values("policy-pack")
        .iter()
        .find(|path| !faults.policy_packs.iter().any(|pack| pack.path == **path));
    match unknown {
        Some(path) => Err(Failure::new(format!(
            "the sandbox does not run policy packs, `{path}` is none that it was told about\nhint: describe what it finds \
             as `policy-packs` in {}",
            crate::faults::VARIABLE
        ))),
        None => Ok(()),
    }
}

/// Opens the plan that an update is held to.
pub fn read_plan(path: &str, env: &Env, key: &Crypter) -> Result<Plan, Failure> {
    struct Key<'a>(&'a Crypter);
    impl crate::state::json::Unlock for Key<'_> {
        fn unlock(&self, ciphertext: &str) -> Result<String, Failure> {
            self.0.decrypt(ciphertext)
        }
    }
    let bytes = std::fs::read(env.path(path))
        .map_err(|error| Failure::new(format!("open {path}: {}", crate::text::reason(&error))))?;
    Plan::from_json(&bytes, &Key(key))
}
