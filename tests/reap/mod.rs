//! `stackstep reap`: which stacks a sweep destroys, and which it leaves alone, by what lies in a backend and by what a forge says.

mod answers;
mod forget;
mod only;
mod place;
mod stacks;
mod ttl;
mod warnings;
