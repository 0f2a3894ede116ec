//! The heading "Configuration".

use std::path::{Path, PathBuf};

use crate::base::error::{Error, Result};
use crate::base::yaml::Mapping;
use crate::inputs::command::{OPERATIONS, OPERATIONS_OUTPUTS_AND_EXEC};
use crate::inputs::config_map::{self, ConfigItem};
use crate::inputs::found::{Raw, Source};
use crate::inputs::mapping::{document_of, mapping_of};
use crate::inputs::official_config;
use crate::inputs::reading::RawInput;
use crate::inputs::row::{heading, mapping, path, program_path};

heading! {
    /// The inputs about configuration and environment of the program.
    pub struct ConfigInputs under Config {
        items: Vec<ConfigItem> = mapping("config", OPERATIONS, "Configuration to set before the operation, as `pulumi config set` would: `key: value`, `key=value`, or `key: {value, secret, path, from-env, from-file}`. A value is the text that is written. It goes to the stack's file.", config_items)
            .aliases(&["config-map"]),
        file: Option<PathBuf> = program_path("config-file", OPERATIONS, "The stack's configuration file.")
            .default_in_words("`Pulumi.<stack>.yaml` beside Pulumi.yaml"),
        env_file: Option<PathBuf> = path("env-file", OPERATIONS_OUTPUTS_AND_EXEC, "A file of `NAME=value` lines, as dotenv files are written, that the Pulumi CLI gets as environment. It never overrides a variable that is set."),
    }
}

/// The entries of `config`, with the files and variables that they name.
fn config_items(config: &RawInput<'_>) -> Result<Vec<ConfigItem>> {
    let Some(found) = config.found() else { return Ok(Vec::new()) };
    let parsed: Mapping;
    let (mapping, folder) = match (&found.raw, &found.source) {
        (Raw::Mapping(mapping), Source::File(file)) => (mapping, file.parent().unwrap_or(Path::new("."))),
        (Raw::Mapping(mapping), _) => (mapping, config.env().cwd()),
        (Raw::Text(text), Source::Step(_)) if config.official_action() => {
            let converted = official_config::convert_config_map(&document_of(text)?);
            converted.warnings.into_iter().for_each(|warning| config.warn(warning));
            parsed = converted.mapping;
            (&parsed, config.env().cwd())
        }
        (Raw::Text(text), _) => {
            parsed = mapping_of(text)?;
            (&parsed, config.env().cwd())
        }
        (Raw::List(_), _) => return Err(config.wrong_form("takes a mapping")),
    };
    if let (Source::Flag, Some(key)) = (&found.source, config_map::secret_in_the_open(mapping)) {
        return Err(Error::input(
            format!(
                "the secret `{key}` of `--config` stands on the command line, where everyone can read it"
            ),
            "take it `from-env` or `from-file`, or set `STACKSTEP_CONFIG`",
        ));
    }
    config_map::parse(mapping, config.env(), folder)
}
