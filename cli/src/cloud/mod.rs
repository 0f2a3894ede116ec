//! Pulumi Cloud over its REST API: the client that all of its callers share.
//! <https://www.pulumi.com/docs/reference/cloud-rest-api/>

pub mod esc;
pub mod server;
pub mod service;
pub mod trouble;
