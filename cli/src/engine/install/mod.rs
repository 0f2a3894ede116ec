//! Finds or downloads the Pulumi CLI: chooses a version and a source, verifies and unpacks the archive beside the
//! cache, and puts it in its place by one rename. Nothing fails open: an archive that can't be verified is not
//! installed, and the exit status is 71.
//!
//! ```text
//! PATH → the runner's tool cache → our cache → mirror → get.pulumi.com → GitHub releases
//! ```

pub mod asked;
pub mod cache;
pub mod catalog;
mod fault;
pub mod fetch;
pub mod local;
pub mod parts;
pub mod pins;
pub mod platform;
pub mod progress;
pub mod range;
pub mod source;
pub mod tried;
pub mod trust;
pub mod unpack;
pub mod version;

use std::time::SystemTime;

use semver::Version;

use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::http::{Http, Limits};
use crate::ci::console::Console;
use crate::process::signals::Signals;

use crate::base::day::Day;
use crate::pulumi::mirror::{Mirror, ReleasePlace};
use cache::{Cache, Demanded, Staging};
use catalog::{MIRRORS_LIST, OWN_LIST, Release};
pub(crate) use fault::fault;
use fault::stopped;
use fetch::{FetchTrouble, Order};
pub use local::Installed;
use parts::Parts;
use platform::{Platform, checksums};
use source::Patience;
use trust::{Expected, Trust, Voucher};
use version::{Demand, Wish};

/// Installs the CLI, unless the cache has it.
pub struct Installer<'a> {
    /// The environment, for proxies and certificate authorities.
    pub env: &'a Env,
    /// The log.
    pub console: &'a Console,
    /// The signals that can end the install.
    pub signals: &'a Signals,
    /// The cache to install into.
    pub cache: Cache,
    /// The `pulumi-mirror` input.
    pub mirror: Option<Mirror>,
    /// The `offline` input: only files of this machine may be used.
    pub offline: bool,
    /// The proof that an archive must have.
    pub trust: Trust,
    /// The platform to install for.
    pub platform: Platform,
    /// The files of the release that are needed.
    pub parts: Parts,
    /// The time limits and retries for servers.
    pub patience: Patience,
}

impl Installer<'_> {
    /// The newest CLI of the cache that `wish` allows.
    pub fn cached(&self, wish: &Wish) -> Option<Installed> {
        let mut versions =
            self.cache.versions().into_iter().filter(|version| wish.objection(version).is_none());
        versions.find_map(|version| self.cached_version(&version))
    }

    fn cached_version(&self, version: &Version) -> Option<Installed> {
        let mirror = self.mirror.as_ref().map(Mirror::identity);
        let demanded =
            Demanded { version, platform: self.platform, trust: self.trust, mirror: mirror.as_deref() };
        let folder = self.cache.get(&demanded, &self.parts)?;
        Some(Installed { version: version.clone(), folder, origin: "the cache".to_owned() })
    }

    /// Chooses a version by the list of releases, unless `wish` names it.
    pub async fn choose(&self, wish: &Wish) -> Result<Version> {
        if let Some((Demand::Exact(version), _)) = &wish.demand {
            return match wish.objection(version) {
                None => Ok(version.clone()),
                Some(objection) => Err(fault(objection, "name another version in `pulumi-version`")),
            };
        }
        let (releases, clock) = self.releases().await?;
        // A clock that is before the newest release in this binary's table is wrong.
        let known = catalog::known().into_iter().filter_map(|release| release.day).max();
        let clock = Day::from_time(clock.unwrap_or_else(SystemTime::now));
        wish.choose(&releases, known.map_or(clock, |known| known.max(clock)))
    }

    /// The list of releases, and the clock of the server that sent it.
    async fn releases(&self) -> Result<(Vec<Release>, Option<SystemTime>)> {
        let own = || source::address(OWN_LIST);
        let (place, file) = match &self.mirror {
            Some(mirror) => (mirror.place(), MIRRORS_LIST.to_owned()),
            None if self.offline => {
                return Err(self.offline_without("the list of releases"));
            }
            None => own().ok_or_else(|| fault("there is not a list of releases", "name an exact version"))?,
        };
        if matches!(place, ReleasePlace::Web { .. }) && self.offline {
            return Err(self.offline_without("the list of the mirror"));
        }
        let http = self.http(&place)?;
        match (place.text(&file, http.as_ref(), self.patience).await?, &place) {
            (Some(text), _) => {
                let releases = catalog::parse(&text.text).ok_or_else(|| {
                    fault(
                        format!("{file} of {} is not a list of releases", place.words()),
                        "it is a JSON list of `{\"version\": \"v3.259.0\", \"date\": \"2026-08-20\"}`",
                    )
                })?;
                Ok((releases, text.date))
            }
            (None, ReleasePlace::Folder(folder)) => {
                let releases = catalog::of_folder(folder, self.platform);
                Ok((releases.map_err(|error| source::unreadable(folder, &error))?, None))
            }
            (None, _) => Err(fault(
                format!("there is no {file} at {}", place.words()),
                "name an exact version in `pulumi-version`, or put a versions.json into the mirror",
            )),
        }
    }

    fn offline_without(&self, list: &str) -> Error {
        fault(
            format!(
                "the run is offline, the cache has no Pulumi CLI for {} that will do, and {list} can't be asked for one",
                self.platform
            ),
            "put the CLI on the PATH or into the cache, or set `pulumi-mirror` to a folder: `file:///srv/pulumi/`",
        )
    }

    fn http(&self, place: &ReleasePlace) -> Result<Option<Http>> {
        match place {
            ReleasePlace::Web { .. } if !self.offline => Http::new(self.env, Limits::default()).map(Some),
            _ => Ok(None),
        }
    }

    /// Takes `version` from the cache, else installs it.
    pub async fn install(&self, version: &Version) -> Result<Installed> {
        if let Some(installed) = self.cached_version(version) {
            return Ok(installed);
        }
        let places = match &self.mirror {
            Some(mirror) => vec![mirror.place()],
            None => source::own(version),
        };
        if self.offline && places.iter().all(|place| matches!(place, ReleasePlace::Web { .. })) {
            return Err(fault(
                format!(
                    "the run is offline, and Pulumi {version} for {} with {} is not in the cache",
                    self.platform,
                    self.parts.key()
                ),
                "put it on the PATH or into the cache, or set `pulumi-mirror` to a folder: `file:///srv/pulumi/`",
            ));
        }
        let staging =
            self.cache.stage(version, self.platform, &self.parts, self.console, self.signals).await?;
        // Another job may have installed it while we waited.
        if let Some(installed) = self.cached_version(version) {
            return Ok(installed);
        }
        let mut first = None;
        for place in places {
            staging.clear()?;
            match self.from(&place, version, &staging).await {
                Ok((expected, items)) => {
                    let archive = self.platform.archive(version);
                    let mirror = self.mirror.as_ref().map(Mirror::identity);
                    let folder = staging.finish(&archive, expected, mirror, items)?;
                    let origin = format!("{}, {}", place.words(), expected.voucher);
                    return Ok(Installed { version: version.clone(), folder, origin });
                }
                Err(FetchTrouble::Final(error)) => return Err(error),
                // The error of the first place is reported: the others only stand in for it.
                Err(FetchTrouble::Elsewhere(error)) => first = first.or(Some(error)),
            }
        }
        Err(first.unwrap_or_else(|| {
            fault("there is no place to fetch the Pulumi CLI from", "set `pulumi-mirror`")
        }))
    }

    /// Downloads `version` from one place into `staging`, and verifies it.
    async fn from(
        &self,
        place: &ReleasePlace,
        version: &Version,
        staging: &Staging,
    ) -> Result<(Expected, Vec<cache::Item>), FetchTrouble> {
        let http = self.http(place).map_err(FetchTrouble::Final)?;
        let name = checksums(version);
        let list = tokio::select! {
            list = place.text(&name, http.as_ref(), self.patience) => list,
            signal = self.signals.cancelled() => return Err(FetchTrouble::Final(stopped(signal))),
        };
        let list = list.map_err(FetchTrouble::Elsewhere)?;
        let expected =
            self.trust.expect(version, self.platform, list.as_ref().map(|list| list.text.as_str()));
        let expected = expected.map_err(|error| match &list {
            // This place has no checksum file; another one may have it.
            None => FetchTrouble::Elsewhere(error),
            Some(_) => FetchTrouble::Final(error),
        })?;
        let order = Order {
            version,
            platform: self.platform,
            parts: &self.parts,
            expected,
            staging,
            http: http.as_ref(),
            patience: self.patience,
            console: self.console,
            signals: self.signals,
        };
        let items = order.fetch(place).await?;
        self.prove(version, staging, expected).await.map_err(FetchTrouble::Final)?;
        Ok((expected, items))
    }

    /// Checks what the hash of an unpinned archive can't tell: that it holds the right program.
    async fn prove(&self, version: &Version, staging: &Staging, expected: Expected) -> Result<()> {
        let program = staging.path().join(self.platform.program());
        let made_for = local::made_for(&program)?;
        if let Some(other) = made_for.filter(|other| *other != self.platform) {
            return Err(fault(
                format!("{} holds a program for {other}", self.platform.archive(version)),
                "the source has mixed up its files: mirror the files of the release unchanged",
            ));
        }
        let runs_here = Platform::host().is_ok_and(|host| host == self.platform);
        if expected.voucher == Voucher::Table || !runs_here {
            return Ok(());
        }
        let found = local::version_of(&program, staging.path(), self.env, self.console, self.signals).await?;
        if found == *version {
            return Ok(());
        }
        Err(fault(
            format!("{} holds Pulumi {found}", self.platform.archive(version)),
            "the source has mixed up its files: mirror the files of the release unchanged",
        ))
    }
}
