//! The list of those whose signatures count, in the form of OpenSSH's `allowed_signers`, and the list of keys that were taken
//! back. <https://man.openbsd.org/ssh-keygen.1#ALLOWED_SIGNERS>

use super::certificate::Certificate;
use super::keys::{PublicKey, is_algorithm};
use super::names::{ALLOWED_SIGNERS, NAMESPACE, REVOKED_KEYS, has_name};
use super::signature::SigningKey;
use super::why::WhyNotSigned;
use crate::base::moment::Moment;
use crate::base::wildcard;

/// What a file of revoked keys in OpenSSH's binary form begins with.
const KRL: &str = "SSHKRL\n";

/// The signers of one version of a repository.
#[derive(Debug, Clone)]
pub struct SignerList {
    /// The version, in words.
    version: String,
    signers: Vec<Signatory>,
    /// The keys that were taken back, each with the version that says it.
    revoked: Vec<(PublicKey, String)>,
}

/// A line of the list.
#[derive(Debug, Clone)]
struct Signatory {
    principals: Vec<String>,
    is_authority: bool,
    namespaces: Option<String>,
    valid_after: Option<Limit>,
    valid_before: Option<Limit>,
    key: PublicKey,
}

/// The names of the person whose key it is.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyNames {
    /// All of them.
    pub names: Vec<String>,
    /// Those that the list itself says of the person, by a line without a pattern; a name that only a certificate says is
    /// none of them.
    pub listed: Vec<String>,
}

/// A limit in time, as it is written.
#[derive(Debug, Clone)]
struct Limit {
    text: String,
    at: Moment,
}

impl SignerList {
    /// Reads the list of `version` and the keys that it has taken back.
    ///
    /// # Errors
    /// A line of one of them can't be read.
    pub fn parse(version: &str, allowed: &str, revoked: &str) -> Result<Self, WhyNotSigned> {
        if revoked.starts_with(KRL) {
            return Err(WhyNotSigned::RevokedInBinary);
        }
        let in_list = |(line, why): (usize, String)| WhyNotSigned::ListLine {
            file: ALLOWED_SIGNERS,
            line,
            version: version.to_owned(),
            why,
        };
        let signers = lines(allowed).map(|(at, line)| signatory(line).map_err(|why| in_list((at, why))));
        let in_revoked = |line| WhyNotSigned::ListLine {
            file: REVOKED_KEYS,
            line,
            version: version.to_owned(),
            why: "it is not a public key".to_owned(),
        };
        let revoked = lines(revoked).map(|(at, line)| {
            let (algorithm, rest) = word(line);
            let key = PublicKey::of_words(algorithm, word(rest).0).ok_or_else(|| in_revoked(at))?;
            Ok((key, version.to_owned()))
        });
        Ok(Self {
            version: version.to_owned(),
            signers: signers.collect::<Result<_, _>>()?,
            revoked: revoked.collect::<Result<_, _>>()?,
        })
    }

    /// The names of the person whose key this is, at the time `now`.
    ///
    /// # Errors
    /// The key does not count here.
    pub(super) fn names(&self, key: &SigningKey, now: Moment) -> Result<KeyNames, WhyNotSigned> {
        self.refuse_revoked(key)?;
        let mut names: Vec<String> = Vec::new();
        let mut refused = None;
        for signatory in &self.signers {
            let found = match key {
                SigningKey::Plain(plain) if *plain == signatory.key => signatory.plain_names(now),
                SigningKey::Certified(certificate)
                    if signatory.is_authority && certificate.authority == signatory.key =>
                {
                    signatory.certified_names(certificate, now)
                }
                _ => continue,
            };
            match found {
                Ok(found) => names.extend(found),
                Err(why) => refused = refused.or(Some(why)),
            }
        }
        if !names.is_empty() {
            return Ok(self.with_listed(key, names));
        }
        Err(refused.unwrap_or_else(|| match key {
            SigningKey::Plain(key) => {
                WhyNotSigned::UnknownKey { key: key.fingerprint(), version: self.version.clone() }
            }
            SigningKey::Certified(certificate) => WhyNotSigned::UnknownAuthority {
                key: certificate.authority.fingerprint(),
                version: self.version.clone(),
            },
        }))
    }

    /// The names of a person whose key says these, with those that the list says of the same person: a line for this very
    /// key, or for one of a certificate's names. It says who somebody is, whether or not the key on it counts.
    fn with_listed(&self, key: &SigningKey, names: Vec<String>) -> KeyNames {
        let SigningKey::Certified(certificate) = key else {
            return KeyNames { listed: names.clone(), names };
        };
        let mut found = KeyNames { names, listed: Vec::new() };
        for signatory in self.signers.iter().filter(|signatory| !signatory.is_authority) {
            let own = signatory.own_names();
            let is_same =
                signatory.key == certificate.key || own.iter().any(|name| has_name(&found.names, name));
            if is_same {
                found.listed.extend(own);
            }
        }
        let more: Vec<String> =
            found.listed.iter().filter(|name| !has_name(&found.names, name)).cloned().collect();
        found.names.extend(more);
        found
    }

    /// The list with the keys of one more list of those that were taken back, of another version.
    ///
    /// # Errors
    /// A line of it can't be read.
    pub fn also_without(mut self, version: &str, revoked: &str) -> Result<Self, WhyNotSigned> {
        self.revoked.extend(Self::parse(version, "", revoked)?.revoked);
        Ok(self)
    }

    fn refuse_revoked(&self, key: &SigningKey) -> Result<(), WhyNotSigned> {
        let authority = match key {
            SigningKey::Plain(_) => None,
            SigningKey::Certified(certificate) => Some(&certificate.authority),
        };
        let keys: Vec<&PublicKey> = [Some(key.key()), authority].into_iter().flatten().collect();
        match self.revoked.iter().find(|(revoked, _)| keys.contains(&revoked)) {
            Some((key, version)) => {
                Err(WhyNotSigned::Revoked { key: key.fingerprint(), version: version.clone() })
            }
            None => Ok(()),
        }
    }
}

impl Signatory {
    /// Whether the line counts now, and for our namespace.
    fn counts(&self, now: Moment) -> Result<(), WhyNotSigned> {
        if let Some(namespaces) = &self.namespaces
            && !is_in(NAMESPACE, namespaces.split(','))
        {
            return Err(WhyNotSigned::NamespaceNotAllowed(namespaces.clone()));
        }
        match (&self.valid_after, &self.valid_before) {
            (Some(after), _) if now < after.at => Err(WhyNotSigned::KeyNotYetValid(after.text.clone())),
            (_, Some(before)) if now > before.at => Err(WhyNotSigned::KeyExpired(before.text.clone())),
            _ => Ok(()),
        }
    }

    fn plain_names(&self, now: Moment) -> Result<Vec<String>, WhyNotSigned> {
        if self.is_authority {
            return Err(WhyNotSigned::KeyIsAuthority);
        }
        self.counts(now)?;
        let names = self.own_names();
        if names.is_empty() { Err(WhyNotSigned::NobodyCertain(self.principals.join(","))) } else { Ok(names) }
    }

    /// The names of the line that are no patterns.
    fn own_names(&self) -> Vec<String> {
        let is_name = |name: &&String| !name.contains(['*', '?']) && !name.starts_with('!');
        self.principals.iter().filter(is_name).cloned().collect()
    }

    fn certified_names(&self, certificate: &Certificate, now: Moment) -> Result<Vec<String>, WhyNotSigned> {
        self.counts(now)?;
        if !certificate.is_of_user {
            return Err(WhyNotSigned::CertificateOfHost);
        }
        if let Some(option) = certificate.critical.first() {
            return Err(WhyNotSigned::CertificateOption(option.clone()));
        }
        if now.unix() < certificate.valid_after {
            return Err(WhyNotSigned::CertificateNotYetValid(certificate.valid_after));
        }
        if now.unix() >= certificate.valid_before {
            return Err(WhyNotSigned::CertificateExpired(certificate.valid_before));
        }
        let patterns = || self.principals.iter().map(String::as_str);
        let names: Vec<String> =
            certificate.principals.iter().filter(|name| is_in(name, patterns())).cloned().collect();
        if names.is_empty() {
            return Err(WhyNotSigned::CertificateNames {
                names: certificate.principals.join(","),
                allowed: self.principals.join(","),
            });
        }
        Ok(names)
    }
}

/// Whether a name fits one of the patterns, and none that begins with `!`.
fn is_in<'p>(name: &str, patterns: impl Iterator<Item = &'p str>) -> bool {
    let mut fits = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(pattern) if wildcard::fits(&[pattern], &[name]) => return false,
            Some(_) => {}
            // Two stars would stand for any number of parts.
            None => fits |= wildcard::fits(&[pattern.replace("**", "*").as_str()], &[name]),
        }
    }
    fits
}

/// The lines that say something, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// The first word, which may have quotes with blanks in them, and the rest.
fn word(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let is_end = |one: char| {
        quoted ^= one == '"';
        one.is_whitespace() && !quoted
    };
    match text.split_once(is_end) {
        Some((word, rest)) => (word, rest.trim_start()),
        None => (text, ""),
    }
}

fn signatory(line: &str) -> Result<Signatory, String> {
    let (principals, rest) = word(line);
    let principals: Vec<String> =
        principals.trim_matches('"').split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let (options, rest) = match word(rest) {
        (algorithm, _) if is_algorithm(algorithm) => ("", rest),
        found => found,
    };
    let (algorithm, rest) = word(rest);
    let key = PublicKey::of_words(algorithm, word(rest).0).ok_or("it has no public key that can be read")?;
    let mut signatory = Signatory {
        principals,
        is_authority: false,
        namespaces: None,
        valid_after: None,
        valid_before: None,
        key,
    };
    if signatory.principals.is_empty() {
        return Err("it names nobody".to_owned());
    }
    let mut rest = options;
    while !rest.is_empty() {
        let mut quoted = false;
        let is_end = |one: char| {
            quoted ^= one == '"';
            one == ',' && !quoted
        };
        let (option, more) = rest.split_once(is_end).unwrap_or((rest, ""));
        rest = more;
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let value = value.trim_matches('"');
        match name.to_ascii_lowercase().as_str() {
            "cert-authority" => signatory.is_authority = true,
            "namespaces" if signatory.namespaces.is_none() => signatory.namespaces = Some(value.to_owned()),
            "valid-after" if signatory.valid_after.is_none() => signatory.valid_after = Some(limit(value)?),
            "valid-before" if signatory.valid_before.is_none() => {
                signatory.valid_before = Some(limit(value)?);
            }
            _ => return Err(format!("its option `{name}` is not known, or is there twice")),
        }
    }
    Ok(signatory)
}

/// Reads a limit in time: `20261231`, `202612312359`, `20261231235959`, with or without a `Z`; all of them in UTC.
fn limit(text: &str) -> Result<Limit, String> {
    let wrong = || format!("`{text}` is not a time as `20261231` or `202612312359Z`");
    let digits = text.strip_suffix('Z').unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || ![8, 12, 14].contains(&digits.len()) {
        return Err(wrong());
    }
    let whole = format!("{digits:0<14}");
    let part = |from: usize, to: usize| whole.get(from..to).unwrap_or_default();
    let rfc = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14)
    );
    Moment::parse(&rfc).map(|at| Limit { text: text.to_owned(), at }).ok_or_else(wrong)
}
