//! The file that judges a command over several stacks, which decides itself what is run.

use crate::base::error::{Error, Result};
use crate::ci::standing::Standing;
use crate::delivery::history::RepositoryHistory;
use crate::delivery::judging::{Judging, JudgingFile, judging_file};
use crate::delivery::place::ForgeAccess;
use crate::delivery::{Definition, DeliveryEvent};
use crate::fleet::settings::FleetSettings;
use crate::inputs::Inputs;
use crate::inputs::file::{ConfigFile, FLEET};
use crate::report::Reason;
use crate::run::prepare::Prepared;

/// The sections of the checkout's own root file. None if it has none, or may be a stranger's.
pub(super) fn own_definition(found: &Prepared<'_>) -> Result<Option<Definition>> {
    let own = own_file(found)?;
    Ok(own.as_ref().map(Definition::from_file).transpose()?.flatten())
}

/// The section `fleet` of the checkout's own root file.
pub(super) fn own_fleet(found: &Prepared<'_>) -> Result<FleetSettings> {
    let own = own_file(found)?;
    let section = own.as_ref().and_then(|file| Some((file, file.section(FLEET)?)));
    let declared =
        section.map(|(file, section)| FleetSettings::parse(section, &file.path.display().to_string()));
    Ok(declared.transpose()?.unwrap_or_default())
}

/// The checkout's own root file. None if it has none, or may be a stranger's.
pub(super) fn own_file(found: &Prepared<'_>) -> Result<Option<ConfigFile>> {
    match found.standing {
        Standing::Ours => ConfigFile::in_folder(&found.top(), false),
        _ => Ok(None),
    }
}

/// The file that judges: that of the default branch, unless this is a push to it or no job of a CI system. With `fresh` the
/// remote is asked where the default branch is now.
pub(super) async fn judging_of(found: &Prepared<'_>, inputs: &Inputs, fresh: bool) -> Result<Judging> {
    let event = DeliveryEvent::from_context(&found.context);
    if event == DeliveryEvent::Unknown {
        return Ok(Judging::By(Box::new(JudgingFile {
            definition: own_definition(found)?,
            version: "this commit".to_owned(),
            is_own: true,
        })));
    }
    let own = own_file(found)?;
    let forge = ForgeAccess::find(found.ci, found.env, &found.context, inputs)?;
    let client = forge.as_ref().map(ForgeAccess::client);
    let history = RepositoryHistory::new(&found.top(), found.env, &found.context, client.as_ref());
    judging_file(&history, &event, own.as_ref(), fresh).await
}

/// The file that judges. `command` is refused if it is not known.
pub(super) fn known(command: &str, judging: Judging) -> Result<Judging> {
    match judging {
        Judging::Unknown(why) => Err(Error::Refused {
            what: format!("`{command}` is refused: {}", why.what),
            hint: why.hint_or("let the job read the repository"),
            reason: Reason::Gate,
        }),
        judging @ Judging::By(_) => Ok(judging),
    }
}
