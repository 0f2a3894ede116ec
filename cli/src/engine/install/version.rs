//! Chooses a version of the CLI by what is required, what the project needs, and what is refused. Pure: all facts are
//! read before.

use semver::{Version, VersionReq};

use super::catalog::Release;
use super::fault;
use super::range::Range;
use super::tried::{NEWEST, OLDEST};
use crate::base::day::Day;
use crate::base::error::{Error, Result};

/// The lowest version that stackstep works with: the first whose event log has all events. With an older one the report
/// would lack diagnostics and policy results. <https://github.com/pulumi/pulumi/pull/17101>
pub const LOWEST: Version = Version::new(3, 131, 0);

/// The first Pulumi CLI whose exit status tells what went wrong. Before, it is 1 or 255, and the reason is read from
/// standard error. <https://github.com/pulumi/pulumi/pull/22205>
pub const TELLING: Version = Version::new(3, 227, 0);

/// Versions with a known fault, and the fault. They are below [`LOWEST`] so far, but someone who requires one shall
/// read the better reason.
const BAD: &[(Version, &str)] = &[
    (Version::new(3, 66, 0), TARGETS),
    (Version::new(3, 67, 0), TARGETS),
    (Version::new(3, 67, 1), TARGETS),
    // Listed by the official action: https://github.com/pulumi/actions/blob/main/src/libs/pulumi-cli.ts
    (Version::new(3, 120, 0), "the official GitHub action refuses it as known to be bad"),
];

const TARGETS: &str =
    "it can corrupt a stack with `--target` (https://github.com/pulumi/pulumi/issues/12964)";

/// The age in days of a version that is chosen without being required.
pub const COOL_DOWN: i64 = 7;

/// A required version of the Pulumi CLI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    /// This one version.
    Exact(Version),
    /// The newest in the range.
    Range(Range),
    /// The newest that is at least this many days old: `latest`, `latest-14`.
    Latest {
        /// The number of days.
        days: i64,
    },
}

impl Demand {
    /// Reads a version, a range, `latest` or `latest-14`. `named` is the input or file that it comes from, for
    /// messages.
    pub fn parse(text: &str, named: &str) -> Result<Self> {
        let text = text.trim();
        if text == "dev" || text.starts_with("pr#") {
            return Err(Error::input(
                format!("{named} asks for `{text}`, a build of Pulumi that nobody has released"),
                "such a build has no checksum to verify it by; name a released version, such as `^3`, or build it in a step before and set `engine` to its path",
            ));
        }
        let wrong = || {
            Error::input(
                format!("{named} is `{}`, which is not a version", text.escape_debug()),
                "write a version (`3.260.0`), a range (`^3.200`), `latest`, or `latest-14` for the newest that is 14 days old",
            )
        };
        if text == "latest" {
            return Ok(Self::Latest { days: 0 });
        }
        if let Some(days) = text.strip_prefix("latest-") {
            return days.parse::<u16>().map(|days| Self::Latest { days: days.into() }).map_err(|_| wrong());
        }
        if text.is_empty() {
            return Err(wrong());
        }
        match Version::parse(text.trim_start_matches(['v', '=', ' '])) {
            Ok(version) => Ok(Self::Exact(version)),
            Err(_) => Range::parse(text).map(Self::Range).ok_or_else(wrong),
        }
    }

    /// Whether `version` meets the demand. The age of a version is not checked here.
    pub fn matches(&self, version: &Version) -> bool {
        match self {
            Self::Exact(exact) => exact == version,
            // A pre-release of a version in the range is in the range.
            Self::Range(range) => {
                range.matches(version)
                    || range.matches(&Version::new(version.major, version.minor, version.patch))
            }
            Self::Latest { .. } => true,
        }
    }

    /// Whether the list of releases is needed to know which version is meant.
    pub fn needs_list(&self) -> bool {
        matches!(self, Self::Latest { .. })
    }
}

impl std::fmt::Display for Demand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(version) => write!(f, "{version}"),
            Self::Range(range) => write!(f, "{range}"),
            Self::Latest { days: 0 } => f.write_str("latest"),
            Self::Latest { days } => write!(f, "latest-{days}"),
        }
    }
}

/// The version of the Pulumi CLI that inputs and project require.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The version, range or `latest` that is required, and the input or file that says so.
    pub demand: Option<(Demand, String)>,
    /// The lowest version that the project needs, and the file that says so; it does not bind an exact version.
    pub at_least: Option<(Version, String)>,
    /// The ranges of `requiredPulumiVersion`: a version has to be in one of them.
    pub required: Vec<VersionReq>,
}

impl Wish {
    /// The reason why `version` can't be used. None if it can.
    pub fn objection(&self, version: &Version) -> Option<String> {
        if let Some((_, why)) = BAD.iter().find(|(bad, _)| bad == version) {
            return Some(format!("Pulumi {version} is refused: {why}"));
        }
        // A development build counts as the release that it comes before.
        let release = Version::new(version.major, version.minor, version.patch);
        if release < LOWEST {
            return Some(format!(
                "Pulumi {version} is too old: stackstep needs {LOWEST}, the first whose event log is complete"
            ));
        }
        let exact = matches!(&self.demand, Some((Demand::Exact(_), _)));
        match (&self.demand, &self.at_least) {
            (Some((demand, place)), _) if !demand.matches(version) => {
                Some(format!("Pulumi {version} is not what {place} asks for: `{demand}`"))
            }
            (_, Some((least, place))) if !exact && release < *least => {
                Some(format!("Pulumi {version} is older than {least}, which {place} needs"))
            }
            _ if !exact
                && !self.required.is_empty()
                && !self.required.iter().any(|range| range.matches(&release)) =>
            {
                Some(format!("Pulumi {version} is not what `requiredPulumiVersion` allows"))
            }
            _ => None,
        }
    }

    /// The requirement in words.
    pub fn words(&self) -> String {
        match (&self.demand, &self.at_least) {
            (Some((demand, place)), _) => format!("{place} asks for `{demand}`"),
            (None, Some((least, place))) => format!("{place} needs {least} or newer"),
            (None, None) => "nothing asks for a certain version".to_owned(),
        }
    }

    /// The lowest age in days of a version to choose.
    fn days(&self) -> i64 {
        match &self.demand {
            None => COOL_DOWN,
            Some((Demand::Latest { days }, _)) => *days,
            Some(_) => 0,
        }
    }

    /// The newest of `releases` that meets the requirements. A release without a day was chosen by the keeper of a
    /// mirror, so that its age matters only if a number of days is required.
    pub fn choose(&self, releases: &[Release], today: Day) -> Result<Version> {
        let (days, explicit) = (self.days(), self.demand.is_some());
        let old_enough = |release: &Release| match release.day {
            Some(day) => days == 0 || today.since(day) >= days,
            None => days == 0 || !explicit,
        };
        let mut fitting: Vec<&Release> = releases
            .iter()
            .filter(|release| release.version.pre.is_empty() && self.objection(&release.version).is_none())
            .collect();
        fitting.sort_by(|a, b| b.version.cmp(&a.version));
        if let Some(release) = fitting.iter().find(|release| old_enough(release)) {
            return Ok(release.version.clone());
        }
        let newest = releases.iter().map(|release| &release.version).max();
        let newest = newest
            .map_or_else(|| "there is none at all".to_owned(), |newest| format!("the newest is {newest}"));
        Err(match fitting.first() {
            Some(young) => {
                let day = young.day.map_or_else(|| "nobody says when".to_owned(), |day| day.to_string());
                fault(
                    format!(
                        "no Pulumi that will do is {days} days old: {} is of {day}, and today is {today}",
                        young.version
                    ),
                    "name an exact version in `pulumi-version`, or check this machine's clock",
                )
            }
            None => fault(
                format!("no released Pulumi will do: {}, and {newest}", self.words()),
                &format!("name a version that is released, and not older than {LOWEST}"),
            ),
        })
    }
}

/// A warning about an engine of this version, and the way out; none if the version is one that this release was tested
/// with. A patch counts as its minor release.
pub fn limit(version: &Version) -> Option<(String, &'static str)> {
    const OTHER: &str = "name another version in `pulumi-version`, such as `^3`";
    let release = (version.major, version.minor);
    if let Some((_, why)) = BAD.iter().find(|(bad, _)| bad == version) {
        return Some((format!("Pulumi {version} is known to be bad: {why}"), OTHER));
    }
    if release < (LOWEST.major, LOWEST.minor) {
        let what = format!(
            "Pulumi {version} is too old: before {LOWEST} the event log lacks diagnostics and policy results"
        );
        return Some((what, OTHER));
    }
    if release < (OLDEST.major, OLDEST.minor) {
        let what =
            format!("Pulumi {version} is older than {OLDEST}, the oldest that this stackstep was tried with");
        return Some((what, "use a newer version of the Pulumi CLI, and try this one by a preview first"));
    }
    if release > (NEWEST.major, NEWEST.minor) {
        let what =
            format!("Pulumi {version} is newer than {NEWEST}, the newest that this stackstep was tried with");
        return Some((what, "look whether there is a newer stackstep when something is not as it was"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_of_the_versions_is_told_by_its_own_words() {
        let told = |version: &str| limit(&version.parse().unwrap()).map(|(what, _)| what).unwrap_or_default();
        assert!(told("3.67.1").contains("12964"));
        assert!(told("3.130.9").contains("too old"));
        assert!(told("3.131.0").contains("oldest that this stackstep was tried with"));
        let newest = format!("{}.{}", NEWEST.major, NEWEST.minor);
        for tried in
            [OLDEST.to_string(), NEWEST.to_string(), format!("{newest}.99"), format!("{newest}.0-alpha.1")]
        {
            assert_eq!(told(&tried), "", "{tried}");
        }
        let next = format!("{}.{}.0", NEWEST.major, NEWEST.minor + 1);
        assert!(told(&next).contains("newest that this stackstep was tried with"));
        assert!(told("4.0.0").contains("newest that this stackstep was tried with"));
    }

    fn wish(text: &str) -> Wish {
        let demand = (!text.is_empty()).then(|| (Demand::parse(text, "x").unwrap(), "x".to_owned()));
        Wish { demand, ..Wish::default() }
    }

    fn releases() -> Vec<Release> {
        [
            ("3.260.0", "2026-11-20"),
            ("3.259.0", "2026-11-10"),
            ("3.258.1", "2026-11-01"),
            ("3.100.0", "2024-01-01"),
        ]
        .map(|(version, day)| Release { version: version.parse().unwrap(), day: Day::parse(day) })
        .into()
    }

    fn chosen(wish: &Wish) -> Result<String> {
        wish.choose(&releases(), Day::parse("2026-11-21").unwrap()).map(|version| version.to_string())
    }

    #[test]
    fn a_whole_version_means_just_that_one() {
        for text in ["3.260.0", "v3.260.0", "=3.260.0", "= v3.260.0"] {
            assert!(matches!(Demand::parse(text, "x"), Ok(Demand::Exact(_))), "{text}");
            assert!(wish(text).objection(&Version::new(3, 260, 0)).is_none());
            assert!(wish(text).objection(&Version::new(3, 261, 0)).is_some());
        }
    }

    #[test]
    fn a_range_means_the_newest_in_it() {
        assert_eq!(chosen(&wish("^3")).unwrap(), "3.260.0");
        assert_eq!(chosen(&wish(">=3.200, <3.260")).unwrap(), "3.259.0");
        assert_eq!(chosen(&wish("~3.258")).unwrap(), "3.258.1");
        assert_eq!(chosen(&wish("3.259")).unwrap(), "3.259.0");
        assert_eq!(chosen(&wish("3.200 - 3.259 || ^2")).unwrap(), "3.259.0");
        assert!(wish("^3  ||  ^2").words().contains("`^3  ||  ^2`"));
    }

    #[test]
    fn a_build_of_a_version_in_the_range_is_in_the_range() {
        let build = Version::parse("3.260.0-alpha.1").unwrap();
        assert!(wish("^3.200").objection(&build).is_none());
        assert!(wish("^3.261").objection(&build).is_some());
    }

    #[test]
    fn latest_can_be_given_time_to_cool_down() {
        assert_eq!(chosen(&wish("latest")).unwrap(), "3.260.0");
        assert_eq!(chosen(&wish("latest-3")).unwrap(), "3.259.0");
        assert_eq!(chosen(&wish("latest-14")).unwrap(), "3.258.1");
        let error = chosen(&wish("latest-365")).unwrap_err().to_string();
        assert!(error.contains("today is 2026-11-21"), "{error}");
    }

    #[test]
    fn without_a_demand_it_is_the_newest_that_is_a_week_old() {
        assert_eq!(chosen(&wish("")).unwrap(), "3.259.0");
    }

    #[test]
    fn the_project_bounds_what_is_not_named_exactly() {
        let needs = |text, least: &str| Wish {
            at_least: Some((least.parse().unwrap(), "go.mod".into())),
            ..wish(text)
        };
        assert!(chosen(&needs("<3.260", "3.260.0")).is_err());
        assert_eq!(chosen(&needs("^3", "3.260.0")).unwrap(), "3.260.0");
        assert_eq!(chosen(&needs("3.259.0", "3.260.0")).unwrap(), "3.259.0");
        let required = Wish { required: vec![VersionReq::parse("<3.259").unwrap()], ..wish("") };
        assert_eq!(chosen(&required).unwrap(), "3.258.1");
    }

    #[test]
    fn what_is_too_old_or_known_to_be_bad_is_refused_whoever_asks() {
        for (version, reason) in [("3.130.0", "too old"), ("3.67.1", "12964"), ("3.120.0", "official")] {
            let objection = wish(version).objection(&version.parse().unwrap()).unwrap();
            assert!(objection.contains(reason), "{objection}");
        }
        assert!(chosen(&wish("<3.131")).is_err());
    }

    #[test]
    fn a_clock_that_is_wrong_chooses_nothing_new() {
        let error = wish("").choose(&releases(), Day::parse("1970-01-02").unwrap()).unwrap_err();
        assert!(error.hint().unwrap().contains("clock"));
    }

    #[test]
    fn a_mirror_without_days_is_taken_by_default_and_not_by_who_asks_for_an_age() {
        let undated = [Release { version: Version::new(3, 260, 0), day: None }];
        let today = Day::parse("2026-11-21").unwrap();
        assert!(wish("").choose(&undated, today).is_ok());
        assert!(wish("latest-14").choose(&undated, today).is_err());
    }

    #[test]
    fn an_unreleased_build_is_refused_with_the_reason() {
        for build in ["dev", "pr#123"] {
            assert!(Demand::parse(build, "x").unwrap_err().to_string().contains("nobody has released"));
        }
    }

    #[test]
    fn what_is_no_version_is_bad_input() {
        for text in ["", "latest-", "latest-x", "newest", "3.x.y.z"] {
            assert_eq!(Demand::parse(text, "x").unwrap_err().exit_status(), 2, "{text}");
        }
    }
}
