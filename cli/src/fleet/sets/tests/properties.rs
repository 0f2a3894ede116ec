//! What holds for any rows.

use std::collections::BTreeSet;

use super::super::difference::RowFate;
use super::{deployed, difference, set};

/// The numbers of a fixed sequence.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn any<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }

    fn row(&mut self) -> String {
        let id = self.any(&["a", "b", "c", "d", "e", "f", "A", "", " ", "a b", "g\"", "\"h\"", "a_b", "a-b"]);
        let size = self.any(&["s", "l", "", "\"x,y\"", "s,"]);
        let state = self.any(&["", "", "removed", "Removed", "active"]);
        let tail = self.any(&["", "", "", ",", ",more"]);
        format!("{id},{size},{state}{tail}")
    }
}

const NAMES: &[&str] = &["a", "b", "c", "d", "e", "f", "g", "h"];

#[test]
fn nothing_is_removed_without_a_tombstone_and_every_stack_is_accounted_for() {
    let set = set("    max-removals: 100\n");
    let mut numbers = Numbers(1);
    for _ in 0..2_000 {
        let rows: Vec<String> = (0..numbers.below(8)).map(|_| numbers.row()).collect();
        let csv = format!("id,size,state\n{}\n", rows.join("\n"));
        let there: Vec<&str> = NAMES.iter().copied().filter(|_| numbers.below(2) == 0).collect();
        let past: Vec<_> =
            there.iter().map(|name| (*name, deployed("tenants", &[("tenant:size", "s")]))).collect();
        let found = difference(&set, &csv, &there, &past);
        for one in found.rows.iter().filter(|one| one.fate == RowFate::Remove) {
            let own: Vec<&String> = rows
                .iter()
                .filter(|row| row.replace('"', "").split(',').next() == Some(one.row.key.as_str()))
                .collect();
            assert!(matches!(own.as_slice(), [only] if only.ends_with(",removed")), "{csv}");
        }
        let acted: BTreeSet<&str> = found.rows.iter().map(|one| one.row.stack.short()).collect();
        assert_eq!(acted.len(), found.rows.len(), "two rows never act on one stack: {csv}");
        assert!(found.rowless.iter().all(|name| !acted.contains(name.as_str())), "{csv}");
    }
}

#[test]
fn a_row_changes_nothing_for_those_that_do_not_claim_the_same() {
    let set = set("    max-removals: 100\n");
    let mut numbers = Numbers(7);
    for _ in 0..2_000 {
        let rows: Vec<String> = (0..numbers.below(6)).map(|_| numbers.row()).collect();
        let bad = numbers.row();
        let place = numbers.below(rows.len() + 1);
        let past: Vec<_> =
            NAMES.iter().map(|name| (*name, deployed("tenants", &[("tenant:size", "s")]))).collect();
        let fates = |rows: &[String]| {
            let csv = format!("id,size,state\n{}\n", rows.join("\n"));
            let found = difference(&set, &csv, &["a", "b", "c"], &past);
            found.rows.into_iter().map(|one| (one.row.key, one.fate)).collect::<Vec<_>>()
        };
        let claim = |key: &str| key.replace('"', "").replace('-', "_").to_ascii_lowercase();
        let own = claim(bad.split(',').next().unwrap());
        let before = fates(&rows);
        let mut with = rows.clone();
        with.insert(place, bad);
        let others = |fates: Vec<(String, RowFate)>| {
            fates.into_iter().filter(|(key, _)| claim(key) != own).collect::<Vec<_>>()
        };
        assert_eq!(others(before), others(fates(&with)), "{with:?}");
    }
}
