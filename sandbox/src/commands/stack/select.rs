//! `pulumi stack select`.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/cmd/pulumi/stack/stack_select.go>

use super::init;
use crate::commands::context::{Context, not_found};
use crate::failure::{Failure, STACK_NOT_FOUND};

/// Runs the command.
pub fn run(context: &Context) -> Result<(), Failure> {
    let Some(name) = context.named()? else {
        let message = "no stack selected; specify a stack name with --stack";
        return Err(Failure::with_status(message, STACK_NOT_FOUND));
    };
    let stack = context.parse(name)?;
    if !context.backend.exists(&stack) {
        if !context.args.is_on("create") {
            return Err(not_found(&context.shown(&stack)));
        }
        init::check_provider(context.args.value("secrets-provider"))?;
        init::create(context, &stack)?;
    }
    context.select(Some(&stack))
}
