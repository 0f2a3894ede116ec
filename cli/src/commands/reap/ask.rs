//! How a sweep is carried out and shown, as the command line says.

use crate::commands::page_form::PageForm;

/// How a sweep is carried out and shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SweepAsk {
    /// Whether it only says what it would do.
    pub dry: bool,
    /// The file with the environment of the destroying processes. None hands on a list.
    pub destroy_env: Option<String>,
    /// The form of the page.
    pub form: PageForm,
}
