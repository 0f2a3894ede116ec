//! What `stackstep.yaml` says of deployments: which event deploys which stack, and what has to hold for it.
