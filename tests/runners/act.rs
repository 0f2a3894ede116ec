//! GitHub workflows that use the action, run by `act` on the machine itself.
