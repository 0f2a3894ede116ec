//! The `stackstep` binary: reads the environment, listens for signals, and runs the flow.

use std::process::ExitCode;

use stackstep::app;
use stackstep::base::env::Env;
use stackstep::base::private;
use stackstep::process::signals::Signals;

fn main() -> ExitCode {
    private::close();
    let started = || -> std::io::Result<u8> {
        let env = Env::of_process()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let status = runtime.block_on(async {
            let signals = Signals::listen()?;
            Ok::<u8, std::io::Error>(Box::pin(app::run(std::env::args_os().collect(), &env, &signals)).await)
        })?;
        // A stalled reader of our output must not keep the run from ending.
        runtime.shutdown_background();
        Ok(status)
    };
    match started() {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "error: stackstep could not start: {error}");
            ExitCode::FAILURE
        }
    }
}
