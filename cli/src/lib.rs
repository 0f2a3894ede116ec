//! stackstep runs Pulumi in CI: one flow from the environment to an exit status.
//!
//! ```text
//! Env → ci::detect → run::prepare → run::ready → run::phases (preview | decision | operation) → report → render → publish → exit status
//! ```
//!
//! [`app`] goes from the command line to the exit status, and [`commands::run`] shows the flow of a run on one screen. The rooms, from the top floor down: a room uses those below it and none
//! above, which `cargo test` checks (`xtask/tests/house`).
//!
//! | room | what it is for |
//! | --- | --- |
//! | [`app`] | The path from the command line to the exit status. |
//! | [`commands`] | The command line, and one file for each command. |
//! | [`run`] | One run of one stack: its preparation, its phases, its report, and the file for a post step if it is killed. |
//! | [`publish`] | Publishes a report: files, outputs, summary page, comment, commit status. |
//! | [`admit`] | Whether this run may do what it asks, and the identity that it signs in with. |
//! | [`engine`] | The Pulumi CLI: finds or installs it, makes its command lines, runs its processes. |
//! | [`delivery`] | What `stackstep.yaml` says of deployments: which event deploys which stack, what has to hold for it, and which version of the file judges. |
//! | [`lifecycle`] | Stacks that are not there for good: names and marks of change requests' own stacks, and what `stackstep.yaml` says of them; pure. |
//! | [`fleet`] | Many stacks: finds the projects and stacks of a repository. |
//! | [`inputs`] | The table of inputs, the source of each value, and the values as types. |
//! | [`ledger`] | The record of what was deployed, verified and approved, beside the state; and whether the state has moved. |
//! | [`forge`] | The forges, on which people review: one file a forge, pure; it knows no CI system. |
//! | [`checks`] | The checks after a deployment: HTTP, TCP, a command. |
//! | [`rules`] | The rules that a report has to pass: one file a rule. |
//! | [`reviewed`] | The reviewed change: what a preview proposes and is made from, and how two proposals differ. |
//! | [`render`] | A report as text for people: Markdown, HTML, JUnit, the last lines of the log. |
//! | [`report`] | The engine's events folded into one value, and why a run failed; it knows no inputs. |
//! | [`deployments`] | Pulumi Deployments: the settings and schedules of a stack as files, and how they differ from the service's. |
//! | [`cloud`] | Pulumi Cloud over its REST API: the client that all of its callers share. |
//! | [`pulumi`] | Pulumi's names and places: stacks, projects, backends, variables. |
//! | [`ci`] | The CI systems, on which stackstep runs: one file a system; it knows no engine, no inputs and no rendering. |
//! | [`process`] | Starts, watches and stops a program; it knows no Pulumi. |
//! | [`base`] | The ground floor: environment, files, texts, secrets, time, network; it knows none of the above. |

pub mod admit;
pub mod app;
pub mod base;
pub mod checks;
pub mod ci;
pub mod cloud;
pub mod commands;
pub mod delivery;
pub mod deployments;
pub mod engine;
pub mod fleet;
pub mod forge;
pub mod inputs;
pub mod ledger;
pub mod lifecycle;
pub mod process;
pub mod publish;
pub mod pulumi;
pub mod render;
pub mod report;
pub mod reviewed;
pub mod rules;
pub mod run;
