//! stackstep.
