//! The objects of a self-managed backend, in whichever place they lie: a folder, or a bucket of one of three services.

use std::path::PathBuf;

use bytes::Bytes;
use object_store::aws::AmazonS3;
use object_store::azure::MicrosoftAzure;
use object_store::gcp::GoogleCloudStorage;
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path as ObjectPath;
use object_store::{GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions};

use super::address::{BucketAddress, ReadWith, RemoteBucket};
use super::courier::{Courier, Undelivered};
use super::library::plain;
use super::model::{BucketTrouble, BucketTroubleKind, Creation, Names};
use super::{azure, folder, gcs, s3};

use crate::base::error::Problem;

/// The folder of the engine's locks: <https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/lock.go>.
pub const LOCKS: &str = ".pulumi/locks/";

/// The objects of a self-managed backend.
#[derive(Clone)]
pub struct Bucket {
    place: BucketPlace,
    /// The address for messages, without credentials.
    shown: String,
    /// The permissions that a job needs there, for a hint.
    permissions: &'static str,
}

#[derive(Clone)]
enum BucketPlace {
    Folder(PathBuf),
    Remote(RemoteObjects),
}

/// A bucket on a server.
#[derive(Clone)]
struct RemoteObjects {
    service: BucketService,
    prefix: String,
    /// Whether its owner is known to keep two writers apart.
    is_known: bool,
}

/// The service that keeps a bucket. Its types are named, and not hidden behind a trait, so that the binary holds only what
/// is called of them.
#[derive(Clone)]
enum BucketService {
    Amazon(AmazonS3),
    Google(GoogleCloudStorage),
    Azure(MicrosoftAzure),
}

/// Calls a method of whichever service it is.
macro_rules! of_service {
    ($service:expr, $store:ident => $call:expr) => {
        match $service {
            BucketService::Amazon($store) => $call,
            BucketService::Google($store) => $call,
            BucketService::Azure($store) => $call,
        }
    };
}

impl Bucket {
    /// The objects of the backend at `url`, which is `shown` so in messages. Sends nothing.
    pub fn open(url: &str, with: ReadWith<'_>, shown: String) -> Result<Self, Problem> {
        let address = BucketAddress::parse(url, with)?;
        let courier = || Courier::new(with.env);
        let (place, permissions) = match &address {
            BucketAddress::Folder(folder) => {
                (BucketPlace::Folder(folder.clone()), "the job has to be able to write in that folder")
            }
            BucketAddress::S3(bucket) => {
                let is_known = s3::is_amazon(bucket, with.env);
                (
                    remote(BucketService::Amazon(s3::open(bucket, with.env, &courier()?)?), bucket, is_known),
                    "the job needs `s3:GetObject` and `s3:PutObject` on `.stackstep/*` and `.pulumi/*`, and \
                     `s3:ListBucket` on the bucket",
                )
            }
            BucketAddress::Google(bucket) => (
                remote(BucketService::Google(gcs::open(bucket, with.env, &courier()?)?), bucket, true),
                "the job needs `storage.objects.get`, `.list` and `.create` (Storage Object User) on the bucket",
            ),
            BucketAddress::Azure(bucket) => (
                remote(BucketService::Azure(azure::open(bucket, with.env, &courier()?)?), bucket, true),
                "the job needs the role Storage Blob Data Contributor on the container, or a signature that may read, \
                 list and create",
            ),
        };
        Ok(Self { place, shown, permissions })
    }

    /// The address for messages.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Whether two writers at once are kept apart as the service's documentation says. Not known of a server that only
    /// speaks the protocol of S3.
    pub fn is_known_to_keep_apart(&self) -> bool {
        match &self.place {
            BucketPlace::Folder(_) => true,
            BucketPlace::Remote(remote) => remote.is_known,
        }
    }

    /// The object's bytes. None if it does not exist.
    pub async fn read(&self, key: &str) -> Result<Option<Bytes>, BucketTrouble> {
        let do_what = || format!("read `{key}`");
        match &self.place {
            BucketPlace::Folder(root) => {
                folder::read(root, key).map_err(|error| self.unwell(&do_what(), &error))
            }
            BucketPlace::Remote(remote) => {
                let path = remote.path(key).map_err(|problem| self.broken(&do_what(), problem))?;
                let got = match of_service!(&remote.service, store => store.get_opts(&path, GetOptions::default()).await)
                {
                    Err(object_store::Error::NotFound { .. }) => return Ok(None),
                    got => got.map_err(|error| self.refused(&do_what(), &error))?,
                };
                got.bytes().await.map(Some).map_err(|error| self.refused(&do_what(), &error))
            }
        }
    }

    /// Creates the object, if it is absent.
    pub async fn create(&self, key: &str, bytes: Bytes) -> Result<Creation, BucketTrouble> {
        self.put(key, bytes, PutMode::Create).await
    }

    /// Writes the object, whether it is there or not.
    pub async fn replace(&self, key: &str, bytes: Bytes) -> Result<(), BucketTrouble> {
        self.put(key, bytes, PutMode::Overwrite).await.map(drop)
    }

    async fn put(&self, key: &str, bytes: Bytes, mode: PutMode) -> Result<Creation, BucketTrouble> {
        let do_what = || format!("write `{key}`");
        match &self.place {
            BucketPlace::Folder(root) => {
                let replace = mode == PutMode::Overwrite;
                folder::write(root, key, &bytes, replace).map_err(|error| self.unwell(&do_what(), &error))
            }
            BucketPlace::Remote(remote) => {
                let path = remote.path(key).map_err(|problem| self.broken(&do_what(), problem))?;
                let options = PutOptions { mode, ..PutOptions::default() };
                match of_service!(&remote.service, store => store.put_opts(&path, bytes.into(), options).await)
                {
                    Ok(_) => Ok(Creation::Done),
                    Err(
                        object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. },
                    ) => Ok(Creation::Taken),
                    Err(error) => Err(self.refused(&do_what(), &error)),
                }
            }
        }
    }

    /// Removes a lock of the engine's, and nothing else. Returns false if it is not there any more.
    pub async fn remove_lock(&self, key: &str) -> Result<bool, BucketTrouble> {
        let do_what = || format!("remove `{key}`");
        let is_lock = key.starts_with(LOCKS) && key.strip_suffix(".json").is_some();
        if !is_lock || key.split('/').any(|part| part.is_empty() || part == "..") {
            return Err(self.broken(&do_what(), Problem::without_hint("it is no lock")));
        }
        match &self.place {
            BucketPlace::Folder(root) => {
                folder::remove(root, key).map_err(|error| self.unwell(&do_what(), &error))
            }
            BucketPlace::Remote(remote) => {
                let path = remote.path(key).map_err(|problem| self.broken(&do_what(), problem))?;
                match of_service!(&remote.service, store => store.delete(&path).await) {
                    Ok(()) => Ok(true),
                    Err(object_store::Error::NotFound { .. }) => Ok(false),
                    Err(error) => Err(self.refused(&do_what(), &error)),
                }
            }
        }
    }

    /// The names of the objects directly in a folder, in order. A folder that does not exist has none.
    pub async fn list(&self, names: Names<'_>) -> Result<Vec<String>, BucketTrouble> {
        let do_what = || format!("list `{}`", names.folder);
        let mut found = match &self.place {
            BucketPlace::Folder(root) => {
                folder::list(root, names.folder).map_err(|error| self.unwell(&do_what(), &error))?
            }
            BucketPlace::Remote(remote) => {
                remote.list(names).await.map_err(|error| self.refused(&do_what(), &error))?
            }
        };
        found.retain(|name| {
            name.starts_with(names.beginning) && names.after.is_none_or(|after| name.as_str() > after)
        });
        found.sort();
        found.dedup();
        Ok(found)
    }

    fn unwell(&self, do_what: &str, error: &std::io::Error) -> BucketTrouble {
        let denied = error.kind() == std::io::ErrorKind::PermissionDenied
            || error.kind() == std::io::ErrorKind::ReadOnlyFilesystem;
        let kind = if denied { BucketTroubleKind::Denied } else { BucketTroubleKind::Broken };
        let what = format!("could not {do_what} in `{}`: {error}", self.shown);
        BucketTrouble { kind, problem: Problem::new(what, self.permissions) }
    }

    fn broken(&self, do_what: &str, why: Problem) -> BucketTrouble {
        let problem = why.retold(|why| format!("could not {do_what} in `{}`: {why}", self.shown));
        BucketTrouble { kind: BucketTroubleKind::Broken, problem }
    }

    /// The trouble for an error of the library. Of the library's own words only those are shown that hold no address.
    fn refused(&self, do_what: &str, error: &object_store::Error) -> BucketTrouble {
        let undelivered = Undelivered::within(error);
        let status = undelivered.and_then(Undelivered::status);
        let denied = matches!(status, Some(401 | 403))
            || matches!(
                error,
                object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. }
            );
        let mut trouble = self.broken(
            do_what,
            undelivered.map_or_else(|| Problem::without_hint(plain(error)), Undelivered::problem),
        );
        if denied {
            trouble.kind = BucketTroubleKind::Denied;
        }
        if trouble.problem.hint.is_none() {
            trouble.problem.hint = Some(
                match status {
                    _ if undelivered.is_some_and(Undelivered::is_elsewhere) => {
                        "check the region and the `endpoint` in the backend's URL"
                    }
                    Some(404) => "check the name in the backend's URL",
                    Some(501) => "this server knows no conditional writes (`If-None-Match`): update it, or move the state",
                    Some(429 | 500..) => "run the job again later",
                    _ => self.permissions,
                }
                .to_owned(),
            );
        }
        trouble
    }
}

fn remote(service: BucketService, bucket: &RemoteBucket, is_known: bool) -> BucketPlace {
    BucketPlace::Remote(RemoteObjects { service, prefix: bucket.prefix.clone(), is_known })
}

impl RemoteObjects {
    fn path(&self, key: &str) -> Result<ObjectPath, Problem> {
        ObjectPath::parse(format!("{}{key}", self.prefix)).map_err(|_| {
            Problem::new(
                "the folder in the backend's URL has an empty part",
                "write it without `//`, and move the state if it lies in such a place",
            )
        })
    }

    async fn list(&self, wanted: Names<'_>) -> object_store::Result<Vec<String>> {
        let folder = format!("{}{}/", self.prefix, wanted.folder);
        let prefix = format!("{folder}{}", wanted.beginning);
        let mut names = Vec::new();
        let mut page_token = None;
        loop {
            let options = PaginatedListOptions {
                offset: wanted.after.map(|after| format!("{folder}{after}")),
                delimiter: Some("/".into()),
                page_token,
                ..PaginatedListOptions::default()
            };
            let page =
                of_service!(&self.service, store => store.list_paginated(Some(&prefix), options).await)?;
            let paths = page.result.objects.into_iter().map(|object| object.location);
            names.extend(paths.filter_map(|path| path.filename().map(str::to_owned)));
            page_token = page.page_token;
            if page_token.is_none() {
                return Ok(names);
            }
        }
    }
}
