//! The version of `stackstep.yaml` that judges a run.
