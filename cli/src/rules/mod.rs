//! The rules of `stackstep.yaml` that a report has to pass.
