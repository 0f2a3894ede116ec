//! How a sweep is carried out and shown, as the command line says.

/// How a sweep is carried out and shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SweepAsk {
    /// Whether it only says what it would do.
    pub dry: bool,
    /// The file with the environment of the destroying processes. None hands on a list.
    pub destroy_env: Option<String>,
    /// The form of the page.
    pub form: SweepForm,
}

/// The form of the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SweepForm {
    /// A table for a terminal.
    #[default]
    Table,
    /// JSON.
    Json,
    /// Markdown.
    Markdown,
}
