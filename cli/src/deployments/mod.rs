//! Pulumi Deployments: the settings and schedules of a stack as files of the repository, what the service has, and how the
//! two differ; and the deployments themselves, which are begun, followed and cancelled. <https://www.pulumi.com/docs/deployments/deployments/>

pub mod compare;
pub mod file;
pub mod followed;
pub mod keys;
pub mod queue;
pub mod requests;
pub mod schedule;
pub mod schedule_changes;
pub mod schedule_form;
pub mod service_form;
pub mod source;
pub mod tree;
mod url_user;
