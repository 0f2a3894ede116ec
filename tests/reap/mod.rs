//! `stackstep reap`: which stacks a sweep destroys, and which it leaves alone, by what lies in a backend and by what a forge says.

mod answers;
mod backends;
mod cloud;
mod forget;
mod issues;
mod only;
mod place;
mod stacks;
mod ttl;
mod ttl_of_up;
mod warnings;
