//! The files and folders in which the CLI keeps its settings.
//! <https://www.pulumi.com/docs/iac/cli/environment-variables/>

use std::path::PathBuf;

use crate::base::env::Env;
use crate::base::error::{Error, Result};

/// The file of logins.
pub fn credentials(env: &Env) -> Result<PathBuf> {
    let folder = match env.get("PULUMI_CREDENTIALS_PATH") {
        Some(folder) => env.cwd().join(folder),
        None => pulumi(env)?,
    };
    Ok(folder.join("credentials.json"))
}

/// The file of settings for each backend, such as its organisation, beside the file of logins.
/// <https://www.pulumi.com/docs/iac/cli/commands/pulumi_org_set-default/>
pub fn config(env: &Env) -> Result<PathBuf> {
    Ok(credentials(env)?.with_file_name("config.json"))
}

/// The folder of the projects' settings.
pub fn workspaces(env: &Env) -> Result<PathBuf> {
    Ok(pulumi(env)?.join("workspaces"))
}

fn pulumi(env: &Env) -> Result<PathBuf> {
    match env.get("PULUMI_HOME") {
        Some(folder) => Ok(env.cwd().join(folder)),
        None => of_person(env).map(|home| home.join(".pulumi")).ok_or_else(|| {
            Error::input("there is no home folder", "set `PULUMI_HOME` to the folder that the CLI may use")
        }),
    }
}

/// The person's home folder. The CLI looks for it first in the table of users, not in `HOME`, which containers set to
/// something else. <https://pkg.go.dev/os/user#Current>
#[cfg(unix)]
fn of_person(env: &Env) -> Option<PathBuf> {
    let user = nix::unistd::User::from_uid(nix::unistd::Uid::current()).ok().flatten();
    user.map(|user| user.dir)
        .filter(|folder| !folder.as_os_str().is_empty())
        .or_else(|| env.get("HOME").map(PathBuf::from))
}

#[cfg(not(unix))]
fn of_person(env: &Env) -> Option<PathBuf> {
    env.get("USERPROFILE").map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_of_the_cli_say_where() {
        let env = Env::from_pairs("/job", [("PULUMI_HOME", "/pulumi")]);
        assert_eq!(credentials(&env).unwrap(), PathBuf::from("/pulumi/credentials.json"));
        assert_eq!(workspaces(&env).unwrap(), PathBuf::from("/pulumi/workspaces"));
        let env =
            Env::from_pairs("/job", [("PULUMI_HOME", "/pulumi"), ("PULUMI_CREDENTIALS_PATH", "logins")]);
        assert_eq!(credentials(&env).unwrap(), PathBuf::from("/job/logins/credentials.json"));
    }

    #[cfg(unix)]
    #[test]
    fn the_home_folder_of_the_table_of_users_comes_before_the_variable() {
        let user = nix::unistd::User::from_uid(nix::unistd::Uid::current()).unwrap().unwrap();
        let env = Env::from_pairs("/job", [("HOME", "/github/home")]);
        assert_eq!(workspaces(&env).unwrap(), user.dir.join(".pulumi/workspaces"));
    }
}
