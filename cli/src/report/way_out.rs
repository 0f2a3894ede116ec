//! The way out of each reason for which a run did not succeed.

use super::operation::Operation;
use crate::base::reason::Reason;

impl Reason {
    /// What to do about it.
    pub fn way_out(self, command: Operation) -> &'static str {
        let looks = command.only_looks(false);
        match self {
            Self::Lock if looks => "wait for the other run to end, then run this job again",
            Self::Lock => {
                "wait for the other run to end (`lock-timeout` does), then run this job again; if that run has \
                 ended, `stackstep unlock <stack> --run <id>` removes its lock and no other; `pulumi cancel` releases the \
                 lock, and a live run's as well"
            }
            Self::Auth => {
                "check that the job has the credentials (`PULUMI_ACCESS_TOKEN` for Pulumi Cloud, the cloud \
                 provider's own for its resources), that they have not expired, and what they may do"
            }
            Self::Untrusted => {
                "a maintainer looks at the change and runs it from a branch of this repository"
            }
            Self::Secrets => {
                "give the job the passphrase or the access to the key that the stack's secrets were encrypted with \
                 (`PULUMI_CONFIG_PASSPHRASE`, or the rights for `secretsprovider` in the stack's file)"
            }
            Self::Backend => {
                "check the backend's URL and whether the job can reach it, then run this job again"
            }
            Self::PendingOperations => {
                "look at the provider what became of the resources named, then `pulumi refresh` or \
                 `pulumi state edit` puts the state right"
            }
            Self::Policy => "change the resources that the mandatory policies name, or the policies",
            Self::Program => "fix the program where the message points to",
            Self::Dependencies => {
                "install the program's dependencies in a step before this one (`npm ci`, `pip install`, `go mod \
                 download`, or `pulumi install`), and commit the lock file"
            }
            Self::Plugin => {
                "let the job reach the plugin's download server, or install the plugin in a step before this one \
                 (`pulumi plugin install`, `pulumi install`)"
            }
            Self::Provider if command == Operation::Preview => {
                "read the provider's message at the resource that it names"
            }
            Self::Provider => {
                "read the provider's message at the resource that it names; what was done stays done, and the next \
                 run takes up from there"
            }
            Self::Config => "fix the file or the setting that the message names",
            Self::StackNotFound => {
                "check the stack's name and the backend; `upsert: true` creates a stack that is not there"
            }
            Self::ChangesUnexpected => {
                "look at the changes: somebody changed the resources or the program; deploy the program, or take \
                 the changes back"
            }
            Self::Plan => "make a new plan from this commit, and look at it before it is deployed",
            Self::Protected => {
                "a protected resource stays unless `protect` is taken away first, in the program and deployed, or \
                 with `pulumi state unprotect`"
            }
            Self::Engine => {
                "look at the end of the job's log; run the job again, with more memory where the engine was killed"
            }
            Self::EngineTooOld => "use a newer version of the Pulumi CLI, and check what `args` hands to it",
            Self::Cancelled if looks => "run the job again when it was not meant to be stopped",
            Self::Cancelled => {
                "see below what was done; a resource that was being changed may be in any state, so run \
                 `refresh` before the next update where there is one"
            }
            Self::Timeout => {
                "give it more time with `timeout` (`wait-timeout` where Pulumi Deployments runs it), or find out what is waiting"
            }
            Self::Install => "check the version that is asked for and whether the job can reach its download",
            Self::Rules => "change what the rule names, or have the rule changed in a change of its own",
            Self::Approval => {
                "have the change approved by those whom the message names, then run this job again"
            }
            Self::Reviewed => "preview the change again, have it reviewed as it is now, and deploy that",
            Self::Verification => {
                "see which check failed; what was deployed stays, so fix it with a new change or deploy the commit before"
            }
            Self::Gate => {
                "get what the message asks for; docs/when-it-is-red.md has the ways out of each gate"
            }
            Self::Publish => "check the token's permissions; the operation itself was done",
            Self::Incomplete if looks => {
                "nothing was changed: see that the machine's disk has room for temporary files and that `pulumi` prints \
                 its answers and nothing behind them, then run this job again"
            }
            Self::Incomplete => {
                "see in the job's log and with `preview` what was done; give the machine's disk room for temporary files"
            }
            Self::Unknown => "read the messages and the end of the job's log",
        }
    }
}
