//! Pulumi Deployments: the settings and schedules of a stack as files of the repository, what the service has, and how the
//! two differ. <https://www.pulumi.com/docs/deployments/deployments/>

pub mod compare;
pub mod file;
pub mod keys;
pub mod requests;
pub mod schedule;
pub mod schedule_changes;
pub mod schedule_form;
pub mod service_form;
pub mod tree;
mod url_user;
