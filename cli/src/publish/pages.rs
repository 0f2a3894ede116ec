//! The report as files that a CI system shows: one HTML page, and test results.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{warn, write_whole};
use crate::ci::Context;
use crate::ci::console::Console;
use crate::inputs::Inputs;
use crate::render::{self, Options};
use crate::report::{Masked, Report};

/// The paths of the HTML page and of the test results, for the whole run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Pages {
    /// The HTML page.
    pub html: Option<PathBuf>,
    /// The JUnit XML.
    pub junit: Option<PathBuf>,
    /// Whether the run is for a change request.
    pub change_request: bool,
}

impl Pages {
    /// The pages that the inputs ask for.
    pub fn from_inputs(inputs: &Inputs, context: &Context) -> Self {
        Self {
            html: inputs.report.report_file.clone(),
            junit: inputs.report.junit_file.clone(),
            change_request: context.change_request.is_some(),
        }
    }

    /// Writes the pages, each as a whole file. One that can't be written is a warning.
    pub fn write(&self, reports: Masked<&[Report]>, options: &Options, console: &Console) {
        if let Some(path) = &self.html {
            warn(console, "the HTML report", write_whole(path, &render::html_of(&reports, options)));
        }
        if let Some(path) = &self.junit {
            warn(console, "the JUnit file", write_whole(path, &render::junit_of(&reports, options)));
        }
    }
}
