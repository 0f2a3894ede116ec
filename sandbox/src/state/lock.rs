//! The lock of a stack: a file that says who holds it.
//!
//! <https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/lock.go>

use serde::{Deserialize, Serialize};

use super::bucket::Bucket;
use super::time::Moment;
use super::url::Location;
use super::{StackRef, uuid};
use crate::env::Env;
use crate::failure::Failure;

#[derive(Serialize, Deserialize)]
struct Holder {
    #[serde(default)]
    pid: u32,
    #[serde(default)]
    username: String,
    #[serde(default)]
    hostname: String,
    #[serde(default)]
    timestamp: String,
}

/// A lock that is held. It goes when this does; a killed process leaves it.
#[derive(Debug)]
pub struct Lock {
    bucket: Bucket,
    key: String,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A person who finds it can end it with `pulumi cancel`.
        let _ = self.bucket.remove(&self.key);
    }
}

/// Takes the lock of a stack.
pub fn take(bucket: &Bucket, location: &Location, stack: &StackRef, env: &Env) -> Result<Lock, Failure> {
    let folder = folder(stack);
    free(bucket, location, &folder, None)?;
    let name = format!("{}.json", uuid()?);
    let holder = Holder {
        pid: std::process::id(),
        username: username(env),
        hostname: hostname(env),
        timestamp: Moment::now().rfc3339(),
    };
    let text = serde_json::to_vec(&holder).map_err(|error| Failure::new(error.to_string()))?;
    let lock = Lock { bucket: bucket.clone(), key: format!("{folder}/{name}") };
    bucket.write(&lock.key, &text)?;
    // Another one may have come at the same time: then neither gets it.
    free(bucket, location, &folder, Some(&name))?;
    Ok(lock)
}

/// Removes all locks of a stack.
pub fn break_all(bucket: &Bucket, stack: &StackRef) -> Result<(), Failure> {
    let folder = folder(stack);
    bucket.list(&folder)?.iter().try_for_each(|name| bucket.remove(&format!("{folder}/{name}")))
}

fn folder(stack: &StackRef) -> String {
    format!(".pulumi/locks/{stack}")
}

/// Fails when somebody else holds a lock.
fn free(bucket: &Bucket, location: &Location, folder: &str, own: Option<&str>) -> Result<(), Failure> {
    let mut held: Vec<String> = vec![];
    for name in bucket.list(folder)?.iter().filter(|name| Some(name.as_str()) != own) {
        let key = format!("{folder}/{name}");
        // One that has gone since is no lock.
        let Some(bytes) = bucket.read(&key)? else { continue };
        let holder: Holder = serde_json::from_slice(&bytes).map_err(|error| {
            Failure::new(format!("reading the lock {}: {error}", bucket.path(&key).display()))
        })?;
        held.push(format!(
            "\n  {}: created by {}@{} (pid {}) at {}",
            location.of(&key),
            holder.username,
            holder.hostname,
            holder.pid,
            to_the_second(&holder.timestamp)
        ));
    }
    if held.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "the stack is currently locked by {} lock(s). Either wait for the other process(es) to end or delete the \
         lock file with `pulumi cancel`.{}",
        held.len(),
        held.concat()
    )))
}

/// A time without the fraction of its second; its offset stays.
fn to_the_second(time: &str) -> String {
    match time.split_once('.') {
        Some((seconds, rest)) => {
            format!("{seconds}{}", rest.trim_start_matches(|character: char| character.is_ascii_digit()))
        }
        None => time.to_owned(),
    }
}

/// The person's name.
pub fn username(env: &Env) -> String {
    let of_process = || {
        let id = user_id()?;
        let users = std::fs::read_to_string("/etc/passwd").ok()?;
        let mut rows = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
        rows.find(|row| row.get(2) == Some(&id.as_str())).and_then(|row| Some((*row.first()?).to_owned()))
    };
    of_process()
        .or_else(|| env.get("USER").or_else(|| env.get("USERNAME")).map(str::to_owned))
        .unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(unix)]
fn user_id() -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    Some(std::fs::metadata("/proc/self").ok()?.uid().to_string())
}

#[cfg(not(unix))]
fn user_id() -> Option<String> {
    None
}

/// The machine's name.
pub fn hostname(env: &Env) -> String {
    ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok())
        .map(|text| text.trim().to_owned())
        .filter(|name| !name.is_empty())
        .or_else(|| env.get("HOSTNAME").or_else(|| env.get("COMPUTERNAME")).map(str::to_owned))
        .unwrap_or_else(|| "localhost".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place {
        folder: tempfile::TempDir,
        bucket: Bucket,
        location: Location,
        stack: StackRef,
    }

    fn place() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let bucket = Bucket::new(folder.path().to_owned());
        let location = Location { url: "file://x".into(), folder: "/state".into() };
        let stack = StackRef { project: "dyn".into(), stack: "rec".into() };
        Place { folder, bucket, location, stack }
    }

    impl Place {
        fn take(&self) -> Result<Lock, Failure> {
            take(&self.bucket, &self.location, &self.stack, &Env::default())
        }
    }

    #[test]
    fn a_lock_says_who_holds_it_and_goes_when_it_is_dropped() {
        let place = place();
        let lock = place.take().unwrap();
        let text = std::fs::read_to_string(place.folder.path().join(&lock.key)).unwrap();
        let holder: Holder = serde_json::from_str(&text).unwrap();
        assert_eq!(holder.pid, std::process::id());
        assert!(Moment::parse(&holder.timestamp).is_some());
        drop(lock);
        assert!(place.bucket.list(&folder(&place.stack)).unwrap().is_empty());
    }

    /// <https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/lock.go>, as v3.260.0 wrote it.
    #[test]
    fn a_held_lock_is_told_in_the_words_of_the_cli() {
        let place = place();
        let key = ".pulumi/locks/organization/dyn/rec/29a4e539-2cea-4350-9b7f-c16de5660922.json";
        let holder =
            r#"{"pid":12426,"username":"ci","hostname":"runner","timestamp":"2026-11-20T23:26:20.123Z"}"#;
        place.bucket.write(key, holder.as_bytes()).unwrap();
        assert_eq!(
            place.take().unwrap_err().message,
            "the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the \
             lock file with `pulumi cancel`.\n  file:///state/.pulumi/locks/organization/dyn/rec/\
             29a4e539-2cea-4350-9b7f-c16de5660922.json?no_tmp_dir=true: created by ci@runner (pid 12426) at \
             2026-11-20T23:26:20Z"
        );
        break_all(&place.bucket, &place.stack).unwrap();
        assert!(place.take().is_ok());
    }
}
