//! Divides long sequences at the items that occur once on both sides, as patience diff does
//! (<https://bramcohen.livejournal.com/73318.html>), so that the parts between them are small.

use std::collections::HashMap;

use super::differing::{DifferingRun, small, trimmed};

/// The most items of a part that is compared without being divided.
const PART: usize = 1000;
/// The most items that may be added or removed in a part without anchors; one with more differs as a whole.
const EDITS: usize = 100;
/// The number of times that a part is divided again.
const DEPTH: usize = 8;

/// The runs in which `old` and `new` differ within `whole`. Items are given as numbers.
pub(super) fn runs(old: &[u32], new: &[u32], whole: DifferingRun) -> Vec<DifferingRun> {
    let mut found = Vec::new();
    // Parts are pushed from the end to the beginning, so that the last one is next.
    let mut parts = vec![(whole, DEPTH)];
    while let Some((part, depth)) = parts.pop() {
        let part = trimmed(old, new, &part);
        if part.old.is_empty() || part.new.is_empty() {
            found.extend((part.len() > 0).then_some(part));
            continue;
        }
        let (a, b) = (slice(old, &part.old), slice(new, &part.new));
        if part.len() <= PART {
            found.extend(compared(a, b).into_iter().map(|run| moved(&run, &part)));
            continue;
        }
        let anchors = if depth > 0 { anchors(a, b) } else { Vec::new() };
        if anchors.is_empty() {
            match few_edits(a, b) {
                Some(runs) => found.extend(runs.into_iter().map(|run| moved(&run, &part))),
                None => found.push(part),
            }
            continue;
        }
        let (mut at, mut between) = ((0, 0), Vec::new());
        for (i, j) in anchors.into_iter().chain([(a.len(), b.len())]) {
            between.push((moved(&DifferingRun { old: at.0..i, new: at.1..j }, &part), depth - 1));
            at = (i + 1, j + 1);
        }
        parts.extend(between.into_iter().rev());
    }
    joined(found)
}

fn slice<'a>(items: &'a [u32], range: &std::ops::Range<usize>) -> &'a [u32] {
    items.get(range.clone()).unwrap_or_default()
}

fn moved(run: &DifferingRun, part: &DifferingRun) -> DifferingRun {
    DifferingRun {
        old: run.old.start + part.old.start..run.old.end + part.old.start,
        new: run.new.start + part.new.start..run.new.end + part.new.start,
    }
}

/// The runs, with those that touch joined.
fn joined(runs: Vec<DifferingRun>) -> Vec<DifferingRun> {
    let mut joined: Vec<DifferingRun> = Vec::new();
    for run in runs {
        match joined.last_mut() {
            Some(last) if last.old.end == run.old.start && last.new.end == run.new.start => {
                (last.old.end, last.new.end) = (run.old.end, run.new.end);
            }
            _ => joined.push(run),
        }
    }
    joined
}

/// Compares a small part. Its items get numbers of their own, because the library allocates room for each number.
fn compared(a: &[u32], b: &[u32]) -> Vec<DifferingRun> {
    let mut kinds: HashMap<u32, u32> = HashMap::new();
    let mut own = |items: &[u32]| -> Vec<u32> {
        let mut id = |item: &u32| {
            let next = u32::try_from(kinds.len()).unwrap_or(u32::MAX);
            *kinds.entry(*item).or_insert(next)
        };
        items.iter().map(&mut id).collect()
    };
    let (a, b) = (own(a), own(b));
    let kinds = u32::try_from(kinds.len()).unwrap_or(u32::MAX);
    small(&a, &b, kinds)
}

/// The positions of the items that occur once in `a` and once in `b`; as many as are in the same order.
fn anchors(a: &[u32], b: &[u32]) -> Vec<(usize, usize)> {
    let mut places: HashMap<u32, (usize, usize, usize, usize)> = HashMap::with_capacity(a.len());
    for (at, item) in a.iter().enumerate() {
        let place = places.entry(*item).or_default();
        (place.0, place.1) = (place.0 + 1, at);
    }
    for (at, item) in b.iter().enumerate() {
        if let Some(place) = places.get_mut(item) {
            (place.2, place.3) = (place.2 + 1, at);
        }
    }
    let once = a.iter().filter_map(|item| match places.get(item) {
        Some((1, i, 1, j)) => Some((*i, *j)),
        _ => None,
    });
    longest_increasing(&once.collect::<Vec<_>>())
}

/// The longest selection of `pairs`, which ascend by their first numbers, that also ascends by the second ones.
fn longest_increasing(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // The last pair of the best sequence of each length, and for each pair the one before it.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    let second = |at: usize| pairs.get(at).map(|pair| pair.1);
    for (at, (_, j)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| second(*end) < Some(*j));
        before.push(length.checked_sub(1).and_then(|shorter| ends.get(shorter).copied()));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut found = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(at) = next {
        found.extend(pairs.get(at).copied());
        next = before.get(at).copied().flatten();
    }
    found.reverse();
    found
}

/// The runs between `a` and `b` if no more than [`EDITS`] items are added or removed, by the greedy algorithm of
/// <http://www.xmailserver.org/diff2.pdf>. None if there are more.
fn few_edits(a: &[u32], b: &[u32]) -> Option<Vec<DifferingRun>> {
    let width = 2 * EDITS + 3;
    let middle = EDITS + 1;
    // The position in `a` that each diagonal has reached; `trace` keeps a copy for each number of edits.
    let mut reach = vec![0_usize; width];
    let mut trace: Vec<Vec<usize>> = Vec::new();
    for edits in 0..=EDITS {
        trace.push(reach.clone());
        for diagonal in (middle - edits..=middle + edits).step_by(2) {
            let (down, right) = (get(&reach, diagonal + 1), get(&reach, diagonal - 1));
            let takes_new =
                edits == 0 || diagonal == middle - edits || (diagonal != middle + edits && right < down);
            let mut i = match (edits, takes_new) {
                (0, _) => 0,
                (_, true) => down,
                (_, false) => right + 1,
            };
            // A path that leaves the sequences never comes back, and is never the shortest one.
            let mut j = (i + middle).saturating_sub(diagonal);
            while i < a.len() && j < b.len() && a.get(i) == b.get(j) {
                (i, j) = (i + 1, j + 1);
            }
            if let Some(place) = reach.get_mut(diagonal) {
                *place = i;
            }
            if i == a.len() && j == b.len() {
                return Some(way_back(&trace, a.len(), b.len(), middle));
            }
        }
    }
    None
}

fn get(reach: &[usize], diagonal: usize) -> usize {
    reach.get(diagonal).copied().unwrap_or(0)
}

/// The edits on the path that `trace` records, from the beginning to the end.
fn way_back(trace: &[Vec<usize>], mut i: usize, mut j: usize, middle: usize) -> Vec<DifferingRun> {
    let mut runs = Vec::new();
    for (edits, reach) in trace.iter().enumerate().skip(1).rev() {
        let diagonal = i + middle - j;
        let (down, right) = (get(reach, diagonal + 1), get(reach, diagonal - 1));
        let takes_new = diagonal == middle - edits || (diagonal != middle + edits && right < down);
        let (before, at) = if takes_new { (diagonal + 1, down) } else { (diagonal - 1, right) };
        let at_new = at + middle - before;
        let run = if takes_new {
            DifferingRun { old: at..at, new: at_new..at_new + 1 }
        } else {
            DifferingRun { old: at..at + 1, new: at_new..at_new }
        };
        runs.push(run);
        (i, j) = (at, at_new);
    }
    runs.reverse();
    runs
}

#[cfg(test)]
mod tests {
    use super::super::align::tests::{Dice, are_equal_between};
    use super::*;

    #[test]
    fn a_few_edits_are_found_exactly() {
        let mut dice = Dice(5);
        for _ in 0..3000 {
            let kinds = 1 + dice.roll(4);
            let mut list = || -> Vec<u32> { (0..dice.roll(40)).map(|_| dice.roll(kinds)).collect() };
            let (old, new) = (list(), list());
            are_equal_between(&joined(few_edits(&old, &new).unwrap()), &old, &new);
        }
    }

    #[test]
    fn anchors_are_in_the_order_of_both_sides() {
        assert_eq!(anchors(&[1, 2, 3, 4, 4], &[3, 1, 2, 4, 9]), [(0, 1), (1, 2)]);
    }
}
