//! Other programs, started by a developer's command.
