//! The checks after a deployment: HTTP, TCP, a command.
