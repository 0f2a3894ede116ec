//! Files that are missing where several reviewed changes are deployed together, and what is known of who took them away.

use std::collections::{BTreeMap, BTreeSet};

use crate::report::{DifferenceKind, ReviewComparison, ReviewKey, ReviewRecord};
use crate::reviewed::change::{MadeFrom, ProposedChange};
use crate::reviewed::compare::{compare_knowing, hangs_on_missing_files};
use crate::reviewed::taken_away::{ChangedFiles, taken_away};
use crate::reviewed::testing::size::sized;
use crate::reviewed::testing::{Numbers, PreviewLog, made_from};
use crate::reviewed::wanted::WantedGoals;

const CONFIG: &str = "config: {}\n";

/// Files with their contents.
type Files = BTreeMap<String, String>;

fn files(list: &[(&str, &str)]) -> Files {
    list.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn paths(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|path| (*path).to_owned()).collect()
}

fn source(files: &Files) -> MadeFrom {
    let list: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    made_from(&list, CONFIG)
}

/// A change that proposes nothing and is made from these files.
fn change(files: &Files) -> ProposedChange {
    let mut change = PreviewLog::default().change(WantedGoals::default());
    change.made_from = source(files);
    change
}

fn record(files: &Files) -> ReviewRecord {
    change(files).seal(&ReviewKey::random())
}

fn messages(comparison: &ReviewComparison) -> Vec<&str> {
    comparison.differences.iter().map(|difference| difference.message.as_str()).collect()
}

/// Two changes, of which the first has taken `path` away; the files of both together.
fn one_without(path: &str) -> ([ReviewRecord; 2], Files) {
    let one = files(&[("infra/Pulumi.yaml", "p"), ("infra/a", "2"), ("infra/b", "1")]);
    let mut other = files(&[("infra/Pulumi.yaml", "p"), ("infra/a", "1"), ("infra/b", "2")]);
    other.insert(path.to_owned(), "1".to_owned());
    let together = files(&[("infra/Pulumi.yaml", "p"), ("infra/a", "2"), ("infra/b", "2")]);
    ([record(&one), record(&other)], together)
}

#[test]
fn a_file_that_one_change_takes_away_may_be_missing_once_that_is_known() {
    let (records, together) = one_without("infra/old");
    let actual = change(&together);
    let unknown = compare_knowing(&records, None, &actual, &[], None);
    assert!(hangs_on_missing_files(&unknown, &actual));
    assert!(messages(&unknown)[0].ends_with("whether another one has taken it away can't be told"));
    let by_the_first = [paths(&["infra/old"]), paths(&[])];
    let known = compare_knowing(&records, None, &actual, &[], Some(&by_the_first));
    assert!(known.passed(), "{:?}", known.differences);
    // The second was previewed with it.
    for told in [[paths(&[]), paths(&["infra/old"])], [paths(&["infra/older", "old"]), paths(&[])]] {
        let refused = compare_knowing(&records, None, &actual, &[], Some(&told));
        assert_eq!(
            messages(&refused),
            [
                "the file `infra/old` is there in one of the reviewed changes, and not here, and no other one was previewed \
              as taking it away"
            ]
        );
    }
}

#[test]
fn a_file_outside_of_the_project_is_not_known_to_have_been_a_part_of_the_other_change() {
    let told = |path: &str| [paths(&[path]), paths(&[])];
    for path in ["lib/old", "old", "infra2/old", "infrastructure"] {
        let (records, together) = one_without(path);
        let found = compare_knowing(&records, None, &change(&together), &[], Some(&told(path)));
        assert_eq!(found.differences.len(), 1, "{path}");
    }
    let (records, together) = one_without("infra/old");
    let in_folder = |folder: Option<&str>| {
        let mut actual = change(&together);
        actual.made_from.source.folder = folder.map(str::to_owned);
        compare_knowing(&records, None, &actual, &[], Some(&told("infra/old"))).passed()
    };
    assert!(in_folder(Some("infra")));
    assert!(!in_folder(None), "git's index can't be read");
    assert!(!in_folder(Some("")), "the project of the reviewed change lay elsewhere");
}

#[test]
fn a_single_change_has_lost_what_is_missing() {
    let (records, together) = one_without("infra/old");
    let told = [paths(&["infra/old"])];
    let found = compare_knowing(&records[1..], None, &change(&together), &[], Some(&told));
    let missing = "the file `infra/old` was reviewed, and is not there";
    assert!(messages(&found).contains(&missing), "{:?}", messages(&found));
}

#[test]
fn where_anything_else_differs_nothing_hangs_on_missing_files() {
    let (records, mut together) = one_without("infra/old");
    together.insert("infra/a".to_owned(), "3".to_owned());
    let actual = change(&together);
    let found = compare_knowing(&records, None, &actual, &[], None);
    assert_eq!(found.differences.len(), 2);
    assert!(!hangs_on_missing_files(&found, &actual));
    assert!(!hangs_on_missing_files(&compare_knowing(&records[..1], None, &actual, &[], None), &actual));
}

/// Made-up changes of made-up files: what each has reviewed and tells of itself, and what all together are.
struct MadeUp {
    reviewed: Vec<Files>,
    told: Vec<ChangedFiles>,
    together: Files,
}

impl MadeUp {
    fn new(numbers: &mut Numbers) -> Self {
        let mut base = files(&[("infra/Pulumi.yaml", "p"), ("lib/a", "1"), ("lib/b", "1")]);
        base.extend((0..6).map(|at| (format!("infra/{at}"), "1".to_owned())));
        let count = 2 + numbers.below(3);
        let mut made_up = Self {
            reviewed: vec![base.clone(); count],
            told: vec![ChangedFiles::default(); count],
            together: base.clone(),
        };
        for path in base.keys().filter(|path| path.starts_with("infra/") && !path.ends_with("yaml")) {
            let by = numbers.below(count);
            match numbers.below(4) {
                0 => made_up.remove(by, path),
                1 => made_up.write(by, path),
                2 => {
                    made_up.remove(by, path);
                    made_up.write(by, &format!("{path}-renamed"));
                }
                _ => {}
            }
        }
        for by in 0..count {
            if numbers.below(2) == 0 {
                made_up.write(by, &format!("infra/new-{by}"));
            }
        }
        made_up
    }

    fn remove(&mut self, by: usize, path: &str) {
        self.reviewed[by].remove(path);
        self.together.remove(path);
        self.told[by].removed.insert(path.to_owned());
    }

    fn write(&mut self, by: usize, path: &str) {
        for files in [&mut self.reviewed[by], &mut self.together] {
            files.insert(path.to_owned(), format!("by {by}"));
        }
        self.told[by].written.insert(path.to_owned());
    }

    fn compared(&self, others: &[ChangedFiles]) -> ReviewComparison {
        let records: Vec<_> = self.reviewed.iter().map(record).collect();
        let told = taken_away(&self.told, others);
        compare_knowing(&records, None, &change(&self.together), &[], Some(&told))
    }
}

#[test]
fn what_each_change_has_taken_away_may_be_missing_and_nothing_else_whoever_claims_it() {
    let mut numbers = Numbers(0x00f1_1e55);
    let mut lost = 0;
    for _ in 0..sized(300, 10_000) {
        let mut made_up = MadeUp::new(&mut numbers);
        let comparison = made_up.compared(&[]);
        assert!(comparison.passed(), "{:?}", comparison.differences);
        let there: Vec<String> = made_up.together.keys().cloned().collect();
        let victim = numbers.pick(&there).unwrap();
        made_up.together.remove(victim);
        // What is left may be all of one change.
        if made_up.reviewed.contains(&made_up.together) {
            continue;
        }
        let claim = ChangedFiles { removed: paths(&[victim]), ..ChangedFiles::default() };
        let by = numbers.below(made_up.told.len() + 1);
        let mut others = vec![ChangedFiles::default()];
        made_up.told.get_mut(by).unwrap_or(&mut others[0]).removed.extend(claim.removed);
        let comparison = made_up.compared(&others);
        let kinds: Vec<_> = comparison.differences.iter().map(|difference| difference.kind).collect();
        assert_eq!(kinds, [DifferenceKind::Source], "{victim} is lost, and {by} claims it");
        lost += 1;
    }
    assert!(lost > 100, "{lost}");
}

#[test]
fn what_one_takes_away_and_another_one_writes_is_not_decided_by_whoever_merges() {
    let mut numbers = Numbers(0x0c0f_f1c7);
    for _ in 0..sized(300, 10_000) {
        let mut made_up = MadeUp::new(&mut numbers);
        let Some((by, path)) = made_up.told.iter().enumerate().find_map(|(by, told)| {
            let path = told.removed.iter().find(|path| !told.written.contains(*path))?;
            Some((by, path.clone()))
        }) else {
            continue;
        };
        let other = (by + 1) % made_up.told.len();
        made_up.write(other, &path);
        made_up.together.remove(&path);
        let is_all_of_one = made_up.reviewed.contains(&made_up.together);
        assert_eq!(made_up.compared(&[]).passed(), is_all_of_one, "{path}");
    }
}
