//! The passphrase secrets manager, in the CLI's own format: a real CLI reads what the sandbox encrypted, and the
//! other way round.
//!
//! A key of 32 bytes comes from the passphrase and a salt of 8 bytes (PBKDF2, HMAC-SHA256, a million rounds);
//! a secret is `v1:NONCE:CIPHERTEXT` (AES-256-GCM, base64); the state, which stands in the stack file and in the
//! checkpoint, is `v1:SALT:` and the word `pulumi` encrypted, which tells a wrong passphrase.
//! <https://github.com/pulumi/pulumi/blob/master/pkg/secrets/passphrase/manager.go>
//! <https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/config/crypt.go>

use std::cell::RefCell;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::pbkdf2;

use crate::env::Env;
use crate::failure::Failure;

const ROUNDS: NonZeroU32 = NonZeroU32::new(1_000_000).unwrap();
const PROOF: &str = "pulumi";
/// The message of a wrong passphrase.
pub const INCORRECT: &str = "incorrect passphrase";

/// Encrypts and decrypts with one key.
pub struct Crypter {
    key: LessSafeKey,
    state: String,
    known: RefCell<Known>,
}

/// The ciphertexts met so far, so that a secret that did not change keeps its ciphertext.
#[derive(Default)]
struct Known {
    by_plaintext: HashMap<String, Vec<String>>,
    used: HashMap<String, usize>,
}

impl Crypter {
    /// A key from a passphrase and the state of an earlier one.
    pub fn open(passphrase: &str, state: &str) -> Result<Self, Failure> {
        let mut parts = state.splitn(3, ':');
        let (Some(version), Some(salt), Some(proof)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Failure::new("malformed state value"));
        };
        if version != "v1" {
            return Err(Failure::new("unknown state version"));
        }
        let salt = BASE64.decode(salt).map_err(|error| Failure::new(error.to_string()))?;
        let crypter = Self::derive(passphrase, &salt, state.to_owned())?;
        match crypter.decrypt(proof) {
            Ok(plain) if plain == PROOF => Ok(crypter),
            _ => Err(Failure::new(INCORRECT)),
        }
    }

    /// A key from a passphrase and a fresh salt.
    pub fn create(passphrase: &str) -> Result<Self, Failure> {
        let mut salt = [0; 8];
        random(&mut salt)?;
        let mut crypter = Self::derive(passphrase, &salt, String::new())?;
        crypter.state = format!("v1:{}:{}", BASE64.encode(salt), crypter.encrypt(PROOF)?);
        Ok(crypter)
    }

    fn derive(passphrase: &str, salt: &[u8], state: String) -> Result<Self, Failure> {
        let mut key = [0; 32];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, salt, passphrase.as_bytes(), &mut key);
        let key = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| Failure::new("no key can be made"))?;
        Ok(Self { key: LessSafeKey::new(key), state, known: RefCell::default() })
    }

    /// What stands in the stack file as `encryptionsalt` and in the checkpoint as `salt`.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// Encrypts anew.
    pub fn encrypt(&self, plaintext: &str) -> Result<String, Failure> {
        let mut nonce = [0; 12];
        random(&mut nonce)?;
        let mut sealed = plaintext.as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
            .map_err(|_| Failure::new("a secret is too long to be encrypted"))?;
        Ok(format!("v1:{}:{}", BASE64.encode(nonce), BASE64.encode(sealed)))
    }

    /// Decrypts `v1:NONCE:CIPHERTEXT`. The messages are the CLI's.
    pub fn decrypt(&self, ciphertext: &str) -> Result<String, Failure> {
        let parts: Vec<&str> = ciphertext.split(':').collect();
        let [version, nonce, sealed] = parts[..] else { return Err(Failure::new("bad value")) };
        if version != "v1" {
            return Err(Failure::new("unknown value version"));
        }
        let (nonce, mut sealed) = (decode(nonce)?, decode(sealed)?);
        let nonce = Nonce::try_assume_unique_for_key(&nonce)
            .map_err(|_| Failure::new("bad value: nonce size is incorrect"))?;
        let plain = self
            .key
            .open_in_place(nonce, Aad::empty(), &mut sealed)
            .map_err(|_| Failure::new("cipher: message authentication failed"))?;
        String::from_utf8(plain.to_vec()).map_err(|_| Failure::new("bad value: a secret is not text"))
    }

    /// Remembers the ciphertext of a secret for [`Crypter::encrypt_again`].
    pub fn remember(&self, plaintext: String, ciphertext: &str) {
        self.known.borrow_mut().by_plaintext.entry(plaintext).or_default().push(ciphertext.to_owned());
    }

    /// Encrypts with a remembered ciphertext if there is one left: each is used once a checkpoint, so that equal
    /// secrets stay apart.
    pub fn encrypt_again(&self, plaintext: &str) -> Result<String, Failure> {
        let mut known = self.known.borrow_mut();
        let used = known.used.get(plaintext).copied().unwrap_or(0);
        known.used.insert(plaintext.to_owned(), used + 1);
        if let Some(ciphertext) = known.by_plaintext.get(plaintext).and_then(|all| all.get(used)) {
            return Ok(ciphertext.clone());
        }
        let ciphertext = self.encrypt(plaintext)?;
        known.by_plaintext.entry(plaintext.to_owned()).or_default().push(ciphertext.clone());
        Ok(ciphertext)
    }

    /// Begins a new checkpoint: every remembered ciphertext can be used once more.
    pub fn rewind(&self) {
        self.known.borrow_mut().used.clear();
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Failure> {
    BASE64.decode(part).map_err(|error| {
        let at = match error {
            base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => at,
            _ => part.len() / 4 * 4,
        };
        Failure::new(format!("bad value: illegal base64 data at input byte {at}"))
    })
}

fn random(bytes: &mut [u8]) -> Result<(), Failure> {
    getrandom::fill(bytes).map_err(|error| Failure::new(format!("reading random bytes: {error}")))
}

/// The keys of this process. Each is derived at most once, and not before a secret is read or written: it takes
/// about a third of a second.
pub struct Secrets<'a> {
    env: &'a Env,
    keys: RefCell<HashMap<String, Rc<Crypter>>>,
}

impl<'a> Secrets<'a> {
    /// No key yet.
    pub fn new(env: &'a Env) -> Self {
        Self { env, keys: RefCell::default() }
    }

    /// The key of a state (`v1:SALT:…`).
    pub fn open(&self, state: &str) -> Result<Rc<Crypter>, Failure> {
        if let Some(key) = self.keys.borrow().get(state) {
            return Ok(Rc::clone(key));
        }
        let key = Rc::new(Crypter::open(&passphrase(self.env)?, state)?);
        self.keys.borrow_mut().insert(state.to_owned(), Rc::clone(&key));
        Ok(key)
    }

    /// A key with a fresh salt.
    pub fn create(&self) -> Result<Rc<Crypter>, Failure> {
        let key = Rc::new(Crypter::create(&passphrase(self.env)?)?);
        self.keys.borrow_mut().insert(key.state().to_owned(), Rc::clone(&key));
        Ok(key)
    }
}

/// The passphrase. An empty one counts when the variable is set.
fn passphrase(env: &Env) -> Result<String, Failure> {
    if let Some(passphrase) = env.vars.get("PULUMI_CONFIG_PASSPHRASE") {
        return Ok(passphrase.clone());
    }
    let Some(file) = env.get("PULUMI_CONFIG_PASSPHRASE_FILE") else {
        return Err(Failure::new(
            "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment \
             variables",
        ));
    };
    let path = env.path(file);
    let text = std::fs::read_to_string(&path).map_err(|error| {
        let reason = crate::text::reason(&error);
        Failure::new(format!(
            "unable to read PULUMI_CONFIG_PASSPHRASE_FILE: open {}: {reason}",
            path.display()
        ))
    })?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A state and a secret that a real CLI (v3.260.0) wrote with the passphrase `correct-horse`.
    const STATE: &str = "v1:9AVATBBwd3Y=:v1:sbMBFkG/vjlofsrG:HoxTTElrVUhAz/CB3JKVJ6Dizd9g3g==";
    const SECRET: &str = "v1:JG1H9Da66cVL25cm:71aHKxq/MPFTjkfbn2+96KbGXAMYaqo0DdKo";

    fn with(vars: &[(&str, &str)]) -> Env {
        Env { vars: vars.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(), ..Env::default() }
    }

    #[test]
    fn a_secret_of_the_real_cli_is_read() {
        let crypter = Crypter::open("correct-horse", STATE).unwrap();
        assert_eq!(crypter.decrypt(SECRET).unwrap(), "\"topsecret\"");
    }

    #[test]
    fn a_wrong_passphrase_is_told_by_the_state() {
        assert_eq!(Crypter::open("wrong", STATE).err().unwrap().message, INCORRECT);
    }

    #[test]
    fn a_fresh_key_opens_its_own_state_again() {
        let created = Crypter::create("").unwrap();
        let ciphertext = created.encrypt("x").unwrap();
        assert_eq!(Crypter::open("", created.state()).unwrap().decrypt(&ciphertext).unwrap(), "x");
    }

    #[test]
    fn a_broken_state_is_refused_without_deriving_a_key() {
        for (state, message) in [("v1:bad", "malformed state value"), ("v2:a:b", "unknown state version")] {
            assert_eq!(Crypter::open("x", state).err().unwrap().message, message);
        }
    }

    #[test]
    fn broken_ciphertexts_are_refused_in_the_words_of_the_cli() {
        let crypter = Crypter::derive("x", b"salt", String::new()).unwrap();
        let messages: Vec<String> = ["x", "v2:a:b", "v1:?:AAAA", "v1:AAAA:AAAA", "v1:AAAAAAAAAAAAAAAA:AAAA"]
            .iter()
            .map(|ciphertext| crypter.decrypt(ciphertext).unwrap_err().message)
            .collect();
        assert_eq!(
            messages,
            [
                "bad value",
                "unknown value version",
                "bad value: illegal base64 data at input byte 0",
                "bad value: nonce size is incorrect",
                "cipher: message authentication failed"
            ]
        );
    }

    #[test]
    fn an_unchanged_secret_keeps_its_ciphertext_and_equal_secrets_stay_apart() {
        let crypter = Crypter::derive("x", b"salt", String::new()).unwrap();
        let (one, two) = (crypter.encrypt("same").unwrap(), crypter.encrypt("same").unwrap());
        crypter.remember("same".into(), &one);
        crypter.remember("same".into(), &two);
        for _ in 0..2 {
            crypter.rewind();
            assert_eq!(crypter.encrypt_again("same").unwrap(), one);
            assert_eq!(crypter.encrypt_again("same").unwrap(), two);
            assert_ne!(crypter.encrypt_again("same").unwrap(), two);
        }
    }

    #[test]
    fn the_passphrase_comes_from_the_variable_even_when_it_is_empty() {
        assert_eq!(passphrase(&with(&[("PULUMI_CONFIG_PASSPHRASE", "")])).unwrap(), "");
    }

    #[test]
    fn the_passphrase_file_is_trimmed_and_named_when_it_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("phrase");
        std::fs::write(&path, " secret \n").unwrap();
        let file = path.to_str().unwrap();
        assert_eq!(passphrase(&with(&[("PULUMI_CONFIG_PASSPHRASE_FILE", file)])).unwrap(), "secret");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(
            passphrase(&with(&[("PULUMI_CONFIG_PASSPHRASE_FILE", file)])).unwrap_err().message,
            format!("unable to read PULUMI_CONFIG_PASSPHRASE_FILE: open {file}: no such file or directory")
        );
    }

    #[test]
    fn no_passphrase_at_all_is_said() {
        assert!(passphrase(&Env::default()).unwrap_err().message.starts_with("passphrase must be set with"));
    }
}
