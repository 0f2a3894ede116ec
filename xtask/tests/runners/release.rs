//! The scripts of a release, under the tools that know their languages.
