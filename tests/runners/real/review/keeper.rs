//! Where the states of the tests lie: in a folder, in a bucket, or in a database, whose ledger the forge keeps.

use super::super::postgres::Postgres;
use super::super::s3::S3;
use super::walk;
use crate::support::checkout::ledger;
use crate::support::forge::{FACES, Face, Memory};
use serde_json::Value;
use std::path::Path;

/// A backend.
pub enum Keeper {
    Folder,
    Bucket(S3),
    Database(Postgres),
}

impl Keeper {
    pub fn bucket() -> Self {
        Self::Bucket(S3::start())
    }

    pub fn database() -> Self {
        Self::Database(Postgres::start())
    }

    /// The variables by which a job finds it. The folder is the one that each job has.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Folder => Vec::new(),
            Self::Bucket(s3) => {
                let keys = S3::KEYS.map(|(name, value)| (name, value.to_owned()));
                [("PULUMI_BACKEND_URL", s3.url("state"))].into_iter().chain(keys).collect()
            }
            Self::Database(postgres) => vec![("PULUMI_BACKEND_URL", postgres.url())],
        }
    }

    /// The face of the forge: that of one which keeps the ledger, if nothing else does.
    pub fn face(&self) -> &'static dyn Face {
        let name = if matches!(self, Self::Database(_)) { "github" } else { "gitlab" };
        *FACES.iter().find(|face| face.name() == name).unwrap()
    }

    /// The names of the engine's objects.
    pub fn objects(&self, folder: &Path) -> Vec<String> {
        match self {
            Self::Folder => {
                let mut left = Vec::new();
                walk(&folder.join(".pulumi"), &mut |path| left.push(path.display().to_string()));
                left
            }
            Self::Bucket(s3) => {
                s3.objects("state").into_iter().filter(|name| name.starts_with(".pulumi/")).collect()
            }
            // There is no table before the first command.
            Self::Database(postgres) if postgres.asked("select to_regclass('pulumi_state')") == [""] => {
                Vec::new()
            }
            Self::Database(postgres) => postgres.asked("select key from pulumi_state order by key"),
        }
    }

    /// The entries of a stack of the project `shop` in its ledger.
    pub fn entries(&self, stack: &str, memory: &Memory) -> Vec<Value> {
        match self {
            Self::Folder => unreachable!("its kinds are read from its files"),
            Self::Bucket(s3) => {
                let begins = format!(".stackstep/ledger/shop/{stack}/0");
                let names = s3.objects("state").into_iter().filter(|name| name.starts_with(&begins));
                names.map(|name| serde_json::from_str(&s3.object("state", &name)).unwrap()).collect()
            }
            Self::Database(_) => {
                let texts = memory.records.iter().map(|one| one["payload"]["stackstep"].as_str().unwrap());
                let entries = texts.map(|text| serde_json::from_str::<Value>(text).unwrap());
                entries.filter(|entry| entry["stack"] == stack).collect()
            }
        }
    }

    /// The kinds of these.
    pub fn kinds(&self, folder: &Path, stack: &str, memory: &Memory) -> Vec<String> {
        if matches!(self, Self::Folder) {
            return ledger(folder, stack);
        }
        let entries = self.entries(stack, memory);
        entries.iter().map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
    }
}

impl Keeper {
    /// Makes so many more stacks `a-0`, `a-1`, … of the objects of one of the project `shop`: its state, the copy of that and
    /// tags.
    pub fn copy_stack(&self, stack: &str, count: usize) {
        let endings = ["json", "json.bak", "pulumi-tags"];
        match self {
            Self::Folder => unreachable!("a folder has no pages"),
            Self::Bucket(s3) => {
                let from = format!("/state/.pulumi/stacks/shop/{stack}.json");
                for (number, ending) in (0..count).flat_map(|number| endings.map(|ending| (number, ending))) {
                    s3.copy(&from, &format!("/state/.pulumi/stacks/shop/a-{number}.{ending}"));
                }
            }
            Self::Database(postgres) => {
                // There are no pages, and the CLI asks for each object of the project at each stack: it reads hundreds for minutes.
                let count = count.min(30);
                for ending in endings {
                    postgres.asked(&format!(
                        "insert into pulumi_state (key, data) select replace(key, '{stack}.json', 'a-' || number || '.{ending}'), \
                         data from pulumi_state, generate_series(1, {count}) number where key like '%/shop/{stack}.json'"
                    ));
                }
            }
        }
    }
}
