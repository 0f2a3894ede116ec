//! The state of stacks in a folder, laid out as the CLI's self-managed backend does it: the one reads what the other
//! wrote.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/backend.go>

mod bucket;
pub mod history;
mod integrity;
pub mod json;
mod lock;
mod names;
mod outline;
mod read;
mod snapshot;
mod stack_ref;
pub mod time;
mod unlock;
mod url;
mod write;

use std::io;

pub use lock::Lock;
pub use lock::{hostname, username};
pub use outline::Outline;
pub use snapshot::{PendingOperation, ROOT_TYPE, ResourceState, Schema, Snapshot};
pub use stack_ref::{StackRef, check_project, check_stack};
pub use url::{Location, credentials_file, pulumi_home};

use crate::crypto::{Crypter, Secrets};
use crate::env::Env;
use crate::failure::Failure;
use crate::value::Properties;
use bucket::Bucket;
use names::STACKS;
use names::stack_key;
pub use names::{hex, uuid};

/// The version of the layout in which stacks belong to projects.
const LAYOUT: &str = "version: 1\n";
const LAYOUT_KEY: &str = ".pulumi/meta.yaml";

/// The state store.
#[derive(Debug)]
pub struct Backend {
    location: Location,
    bucket: Bucket,
    env: Env,
    checks: bool,
}

impl Backend {
    /// Finds and opens the state store, and makes it one if it is an empty folder.
    pub fn open(env: &Env, of_project: Option<&str>) -> Result<Self, Failure> {
        let compress =
            ["PULUMI_DIY_BACKEND_GZIP", "PULUMI_DIY_BACKEND_ZSTD", "PULUMI_SELF_MANAGED_STATE_GZIP"];
        if let Some(name) = compress.iter().find(|name| env.is_true(name)) {
            return Err(Failure::unsupported(format_args!("compressed state (`{name}`)")));
        }
        let location = Location::find(env, of_project)?;
        let bucket = Bucket::new(location.folder.clone());
        let backend = Self { location, bucket, env: env.clone(), checks: true };
        backend.check_layout()?;
        Ok(backend)
    }

    /// Leaves out the checks of `--disable-integrity-checking`.
    #[must_use]
    pub fn without_checks(self) -> Self {
        Self { checks: false, ..self }
    }

    /// The URL as it was given: selections are remembered under it.
    pub fn url(&self) -> &str {
        &self.location.url
    }

    /// The name the CLI gives this kind of backend: the machine's.
    pub fn name(&self) -> String {
        lock::hostname(&self.env)
    }

    fn check_layout(&self) -> Result<(), Failure> {
        let Some(bytes) = self.bucket.read(LAYOUT_KEY)? else {
            if !self.bucket.list(STACKS)?.is_empty() {
                return Err(Failure::unsupported("state of the layout without projects"));
            }
            return self
                .bucket
                .write(LAYOUT_KEY, LAYOUT.as_bytes())
                .map_err(|failure| Failure::new(format!("write \"{LAYOUT_KEY}\": {}", failure.message)));
        };
        let text = String::from_utf8_lossy(&bytes);
        let corrupt =
            |problem: String| Failure::new(format!("corrupt store: unmarshal \"{LAYOUT_KEY}\": {problem}"));
        crate::program::yaml::parse(&text).map_err(corrupt)?;
        let meta: serde_yaml::Value =
            serde_yaml::from_str(&text).map_err(|error| corrupt(error.to_string()))?;
        match meta.get("version").and_then(serde_yaml::Value::as_u64) {
            Some(1) => Ok(()),
            Some(0) => Err(Failure::unsupported("state of the layout without projects")),
            Some(version) => Err(Failure::new(format!(
                "state store unsupported: 'meta.yaml' version ({version}) is not supported by this version of the \
                 Pulumi CLI"
            ))),
            None => Err(Failure::new(format!("corrupt store: missing version in \"{LAYOUT_KEY}\""))),
        }
    }

    /// Whether a stack is there.
    pub fn exists(&self, stack: &StackRef) -> bool {
        let key = stack_key(stack);
        ["", ".gz", ".zst"].iter().any(|extension| self.bucket.exists(&format!("{key}{extension}")))
    }

    /// All stacks, by project and name.
    pub fn stacks(&self) -> Result<Vec<StackRef>, Failure> {
        let mut stacks = vec![];
        for project in self.bucket.folders(STACKS)? {
            for file in self.bucket.list(&format!("{STACKS}/{project}"))? {
                let Some(stack) = file.strip_suffix(".json") else { continue };
                if check_project(&project).is_ok() && check_stack(stack).is_ok() {
                    stacks.push(StackRef { project: project.clone(), stack: stack.to_owned() });
                }
            }
        }
        Ok(stacks)
    }

    /// The stack's file as it is.
    pub fn bytes(&self, stack: &StackRef) -> Result<Vec<u8>, Failure> {
        let key = stack_key(stack);
        let read = self.bucket.read(&key);
        match read
            .map_err(|failure| Failure::new(format!("failed to load checkpoint: {}", failure.message)))?
        {
            Some(bytes) => Ok(bytes),
            None if self.bucket.exists(&format!("{key}.gz")) || self.bucket.exists(&format!("{key}.zst")) => {
                Err(Failure::unsupported("compressed state"))
            }
            None => Err(Failure::new("failed to load checkpoint: checkpoint does not exist")),
        }
    }

    /// The stack's state, secrets in plain text. It is refused when it does not hang together.
    pub fn load(&self, stack: &StackRef, secrets: &Secrets) -> Result<Snapshot, Failure> {
        let (snapshot, sound) = read::snapshot(&self.bytes(stack)?, secrets)?;
        if self.checks {
            let problem =
                if sound { integrity::problem(&snapshot) } else { Some(integrity::BAD_MAGIC.to_owned()) };
            if let Some(problem) = problem {
                return Err(integrity::unusable(&problem));
            }
        }
        Ok(snapshot)
    }

    /// The state of the secrets manager that a stack's state is encrypted with.
    pub fn salt(&self, stack: &StackRef) -> Result<Option<String>, Failure> {
        Ok(Outline::read(&self.bytes(stack)?)?.and_then(Outline::into_salt))
    }

    /// The stack's deployment as it stands in its file, secrets as they are.
    pub fn raw(&self, stack: &StackRef) -> Result<Option<(Schema, serde_json::Value)>, Failure> {
        read::raw_deployment(&self.bytes(stack)?)
            .map_err(|failure| Failure::new(format!("failed to load checkpoint: {}", failure.message)))
    }

    /// The stack's deployment with its secrets in plain text.
    pub fn shown(
        &self,
        stack: &StackRef,
        secrets: &Secrets,
    ) -> Result<Option<(Schema, serde_json::Value)>, Failure> {
        let Some((schema, deployment)) = self.raw(stack)? else { return Ok(None) };
        Ok(Some((schema, read::with_plain_secrets(deployment, secrets)?)))
    }

    /// The outputs of a stack. Without keys its secrets are `[secret]`.
    pub fn outputs(&self, stack: &StackRef, secrets: Option<&Secrets>) -> Result<Properties, Failure> {
        outline::outputs(&self.bytes(stack)?, secrets)
    }

    /// Reads an export, and says what is wrong with it.
    pub fn parse_export(
        &self,
        bytes: &[u8],
        stack: &StackRef,
        secrets: &Secrets,
    ) -> Result<(Snapshot, Option<String>), Failure> {
        let (snapshot, sound) = read::export(bytes, &stack.stack, secrets)?;
        let problem =
            if sound { integrity::problem(&snapshot) } else { Some(integrity::BAD_MAGIC.to_owned()) };
        Ok((snapshot, problem.filter(|_| self.checks)))
    }

    /// Writes an imported state, encrypted as it came.
    pub fn save_imported(
        &self,
        stack: &StackRef,
        snapshot: &Snapshot,
        secrets: &Secrets,
    ) -> Result<(), Failure> {
        let name = stack.to_string();
        let salt = snapshot.secrets_salt.as_deref();
        self.replace(stack, |out| {
            let lock = json::Lock::Late(&|plaintext| {
                let salt =
                    salt.ok_or_else(|| Failure::new("a secret in a state without a secrets provider"))?;
                secrets.open(salt)?.encrypt_again(plaintext)
            });
            write::checkpoint(out, &name, snapshot, salt, &lock)
        })
    }

    /// Writes the state of a new stack, as the CLI does it: first an empty one, then one with a key.
    pub fn create(&self, stack: &StackRef, crypter: &Crypter) -> Result<(), Failure> {
        let empty = serde_json::json!({ "version": 0, "checkpoint": { "stack": stack.to_string() } });
        self.bucket.write(&stack_key(stack), empty.to_string().as_bytes())?;
        self.save(stack, &Snapshot::default(), crypter)
    }

    /// Writes the stack's state; the one before it stays as a backup.
    pub fn save(&self, stack: &StackRef, snapshot: &Snapshot, crypter: &Crypter) -> Result<(), Failure> {
        crypter.rewind();
        let name = stack.to_string();
        self.replace(stack, |out| {
            write::checkpoint(out, &name, snapshot, Some(crypter.state()), &json::Lock::Encrypt(crypter))
        })?;
        match integrity::problem(snapshot).filter(|_| self.checks) {
            None => Ok(()),
            Some(problem) => {
                let key = stack_key(stack);
                Err(Failure::new(format!(
                    "{key}: snapshot integrity failure; it was already written, but is invalid (backup available at \
                     {key}.bak): {problem}"
                )))
            }
        }
    }

    fn replace(
        &self,
        stack: &StackRef,
        fill: impl FnOnce(&mut dyn io::Write) -> Result<(), bucket::Trouble>,
    ) -> Result<(), Failure> {
        let key = stack_key(stack);
        if self.bucket.exists(&key) {
            self.bucket.copy(&key, &format!("{key}.bak"))?;
        }
        self.bucket.write_with(&key, fill)
    }

    /// Takes the lock of a stack. It goes when the value does.
    pub fn lock(&self, stack: &StackRef) -> Result<Lock, Failure> {
        lock::take(&self.bucket, &self.location, stack, &self.env)
    }

    /// Removes the locks of a stack, whoever holds them.
    pub fn unlock(&self, stack: &StackRef) -> Result<(), Failure> {
        lock::break_all(&self.bucket, stack)
    }

    /// Adds an update to the history of a stack, with the checkpoint as it is now.
    pub fn record_history(&self, stack: &StackRef, update: &history::Update) -> Result<(), Failure> {
        let backup = !self.env.is_true("PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS");
        history::add(&self.bucket, stack, update, backup)
    }

    /// The updates of a stack, newest first.
    pub fn history(
        &self,
        stack: &StackRef,
        size: usize,
        page: usize,
    ) -> Result<Vec<history::Update>, Failure> {
        history::page(&self.bucket, stack, size, page)
    }

    /// Removes a stack and its history. Its last state stays as a backup unless that goes too.
    pub fn remove_stack(&self, stack: &StackRef, backups: bool) -> Result<(), Failure> {
        let key = stack_key(stack);
        let backup = format!("{key}.bak");
        if backups {
            self.bucket.remove(&backup)?;
            self.remove_all(&history::backups(stack))?;
        } else {
            self.bucket.copy(&key, &backup)?;
        }
        self.bucket.remove(&key)?;
        self.remove_all(&history::folder(stack))
    }

    fn remove_all(&self, folder: &str) -> Result<(), Failure> {
        self.bucket.list(folder)?.iter().try_for_each(|name| self.bucket.remove(&format!("{folder}/{name}")))
    }
}
