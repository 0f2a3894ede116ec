//! The key of a checkpoint: derived when its first secret is met, or never.

use std::cell::RefCell;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value as Json;

use super::json::Unlock;
use crate::crypto::{Crypter, INCORRECT, Secrets};
use crate::failure::Failure;

/// How a checkpoint's secrets are encrypted.
#[derive(Deserialize)]
pub struct SecretsProvider {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    state: Option<Json>,
}

impl SecretsProvider {
    /// The state of a passphrase's secrets manager.
    pub fn into_salt(self) -> Option<String> {
        let state = self.state.filter(|_| self.kind == "passphrase")?;
        Some(state.get("salt")?.as_str()?.to_owned())
    }
}

/// The key of a checkpoint, derived when the first secret is met.
pub struct LazyKey<'a> {
    secrets: &'a Secrets<'a>,
    state: Option<String>,
    key: RefCell<Option<Rc<Crypter>>>,
}

impl<'a> LazyKey<'a> {
    /// Takes what the checkpoint says about its secrets.
    pub fn new(secrets: &'a Secrets<'a>, provider: Option<SecretsProvider>) -> Self {
        let state = provider.and_then(SecretsProvider::into_salt);
        Self { secrets, state, key: RefCell::default() }
    }

    /// The state of the secrets manager.
    pub fn into_state(self) -> Option<String> {
        self.state
    }

    fn key(&self) -> Result<Rc<Crypter>, Failure> {
        if let Some(key) = &*self.key.borrow() {
            return Ok(Rc::clone(key));
        }
        let Some(state) = &self.state else {
            return Err(no_manager());
        };
        let key = self.secrets.open(state).map_err(|failure| cannot_decrypt(&failure))?;
        *self.key.borrow_mut() = Some(Rc::clone(&key));
        Ok(key)
    }
}

fn no_manager() -> Failure {
    Failure::new(
        "decrypting secret value: failed to decrypt: snapshot contains encrypted secrets but no secrets manager \
         could be found",
    )
}

fn cannot_decrypt(failure: &Failure) -> Failure {
    if failure.message == INCORRECT {
        return Failure::new(
            "failed to decrypt: incorrect passphrase, please set PULUMI_CONFIG_PASSPHRASE to the correct passphrase \
             or set PULUMI_CONFIG_PASSPHRASE_FILE to a file containing the passphrase",
        );
    }
    Failure::new(format!(
        "constructing secrets manager of type \"passphrase\": constructing secrets manager: {}",
        failure.message
    ))
}

impl Unlock for LazyKey<'_> {
    fn unlock(&self, ciphertext: &str) -> Result<String, Failure> {
        self.key()?.decrypt(ciphertext)
    }

    fn met(&self, plaintext: String, ciphertext: &str) {
        if let Some(key) = &*self.key.borrow() {
            key.remember(plaintext, ciphertext);
        }
    }
}

/// Shows no secret. It still misses the secrets manager, if there is none.
pub struct Blind(pub bool);

impl Unlock for Blind {
    fn unlock(&self, _: &str) -> Result<String, Failure> {
        if self.0 { Ok("\"[secret]\"".to_owned()) } else { Err(no_manager()) }
    }
}
