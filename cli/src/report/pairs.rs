//! Pairs the lines of a differing run, or the items of a list: those that are similar, in their order. So the change
//! within a long line is found even if lines beside it were added or removed.
//!
//! The work is bounded: each text is read once, and then represented by the smallest hashes of its pieces
//! (<https://en.wikipedia.org/wiki/MinHash>). Up to [`CELLS`] pairs are weighed one by one. A longer run is first
//! divided at texts that share a piece with one text of the other side only; a part that is still too long is paired by
//! its order.

use std::collections::HashMap;
use std::ops::Range;

/// The most pairs of one run that are weighed, which takes less than a millisecond.
const CELLS: usize = 10_000;
/// The number of hashes of each kind that are kept of a text.
const KEPT: usize = 32;
/// The lengths in bytes of the pieces that tell short texts apart, and of those that tell long ones apart.
const SHORT: usize = 4;
const LONG: usize = 12;
/// The least similarity, of 1000, of two texts that are paired for it.
const LEAST: u32 = 200;

/// The pairs of `old` and `new` by their indexes, ascending on both sides: first the similar ones, then those between
/// two of these by their order. So no text stays alone while there is another one between the same neighbours.
pub(super) fn pairs(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    if old.len() > 1 || new.len() > 1 {
        alike(old, new, &mut found);
    }
    let mut all = Vec::with_capacity(old.len().min(new.len()));
    let mut at = (0, 0);
    for (was, is) in found.into_iter().chain([(old.len(), new.len())]) {
        all.extend((at.0..was).zip(at.1..is));
        all.extend((was < old.len()).then_some((was, is)));
        at = (was + 1, is + 1);
    }
    all
}

fn alike(old: &[&str], new: &[&str], found: &mut Vec<(usize, usize)>) {
    if old.is_empty() || new.is_empty() {
        return;
    }
    let sketches = |texts: &[&str]| texts.iter().map(|text| Sketch::new(text)).collect::<Vec<_>>();
    let (was, is) = (sketches(old), sketches(new));
    let ends = (old.len(), new.len());
    if was.len().saturating_mul(is.len()) <= CELLS {
        return weigh(&was, &is, (0, 0), ends, found);
    }
    let mut at = (0, 0);
    for (before, after) in unmistakable(&was, &is) {
        weigh(&was, &is, at, (before, after), found);
        found.push((before, after));
        at = (before + 1, after + 1);
    }
    weigh(&was, &is, at, ends, found);
}

/// Adds the pairs between two positions whose similarity is the greatest in total.
fn weigh(
    old: &[Sketch],
    new: &[Sketch],
    from: (usize, usize),
    to: (usize, usize),
    found: &mut Vec<(usize, usize)>,
) {
    let (height, width) = (to.0.saturating_sub(from.0), to.1.saturating_sub(from.1));
    if height == 0 || width == 0 || height.saturating_mul(width) > CELLS {
        return;
    }
    let (was, is) = (part(old, from.0..to.0), part(new, from.1..to.1));
    let weights: Vec<u32> = was.iter().flat_map(|was| is.iter().map(|is| was.likeness(is))).collect();
    let weight = |row: usize, column: usize| weights.get(row * width + column).copied().unwrap_or(0);
    // The greatest similarity from each position to the ends, the last position first.
    let mut best = vec![0_u32; (height + 1) * (width + 1)];
    let place = |row: usize, column: usize| row * (width + 1) + column;
    for row in (0..height).rev() {
        for column in (0..width).rev() {
            let of = |row, column| best.get(place(row, column)).copied().unwrap_or(0);
            let own = weight(row, column);
            let together = if own > 0 { own + of(row + 1, column + 1) } else { 0 };
            let most = together.max(of(row + 1, column)).max(of(row, column + 1));
            if let Some(cell) = best.get_mut(place(row, column)) {
                *cell = most;
            }
        }
    }
    let of = |row, column| best.get(place(row, column)).copied().unwrap_or(0);
    let (mut row, mut column) = (0, 0);
    while row < height && column < width {
        let (here, own) = (of(row, column), weight(row, column));
        if own > 0 && here == own + of(row + 1, column + 1) {
            found.push((from.0 + row, from.1 + column));
            (row, column) = (row + 1, column + 1);
        } else if here == of(row + 1, column) {
            row += 1;
        } else {
            column += 1;
        }
    }
}

fn part(all: &[Sketch], range: Range<usize>) -> &[Sketch] {
    all.get(range).unwrap_or_default()
}

/// The pairs that share a long piece which no other text of either side has; as many of them as are in the same order.
fn unmistakable(old: &[Sketch], new: &[Sketch]) -> Vec<(usize, usize)> {
    let mut places: HashMap<u32, [Option<usize>; 2]> = HashMap::new();
    let mut common: HashMap<u32, bool> = HashMap::new();
    for (side, sketches) in [old, new].into_iter().enumerate() {
        for (at, sketch) in sketches.iter().enumerate() {
            for piece in &sketch.long {
                let Some(place) = places.entry(*piece).or_default().get_mut(side) else { continue };
                if place.replace(at).is_some() {
                    common.insert(*piece, true);
                }
            }
        }
    }
    let mut votes: HashMap<(usize, usize), u32> = HashMap::new();
    for (piece, place) in places {
        if let [Some(was), Some(is)] = place
            && !common.contains_key(&piece)
        {
            *votes.entry((was, is)).or_default() += 1;
        }
    }
    let mut pairs: Vec<((usize, usize), u32)> = votes.into_iter().collect();
    // For each text on the old side the best pair; of equal ones the first.
    pairs.sort_by_key(|((was, is), count)| (*was, u32::MAX - count, *is));
    pairs.dedup_by_key(|((was, _), _)| *was);
    ascending(&pairs.into_iter().map(|(pair, _)| pair).collect::<Vec<_>>())
}

/// The longest selection of `pairs`, which ascend on the old side, that ascends on the new side too.
/// <https://en.wikipedia.org/wiki/Patience_sorting>
fn ascending(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let new_of = |at: &usize| pairs.get(*at).map_or(0, |pair| pair.1);
    let (mut tops, mut before): (Vec<usize>, Vec<Option<usize>>) = (Vec::new(), Vec::new());
    for (at, pair) in pairs.iter().enumerate() {
        let pile = tops.partition_point(|top| new_of(top) < pair.1);
        before.push(pile.checked_sub(1).and_then(|pile| tops.get(pile).copied()));
        match tops.get_mut(pile) {
            Some(top) => *top = at,
            None => tops.push(at),
        }
    }
    let mut found = Vec::new();
    let mut at = tops.last().copied();
    while let Some(place) = at {
        found.extend(pairs.get(place));
        at = before.get(place).copied().flatten();
    }
    found.reverse();
    found
}

/// The representation of a text: the smallest hashes of its pieces, each once and in their order.
#[derive(Debug, Clone, Default)]
struct Sketch {
    short: Vec<u32>,
    long: Vec<u32>,
}

impl Sketch {
    fn new(text: &str) -> Self {
        Self { short: pieces(text.as_bytes(), SHORT), long: pieces(text.as_bytes(), LONG) }
    }

    /// The similarity of both, of 1000; 0 if it is too little. A great similarity counts more than twice as much as
    /// half of it.
    fn likeness(&self, other: &Self) -> u32 {
        let alike = u32::midpoint(common(&self.short, &other.short), common(&self.long, &other.long));
        if alike < LEAST { 0 } else { (alike * alike / 1000).max(1) }
    }
}

/// The smallest hashes of all parts of `text` with so many bytes; a shorter text is one part.
fn pieces(text: &[u8], bytes: usize) -> Vec<u32> {
    const BASE: u64 = 0x0000_0100_0000_01b3;
    let mut kept = Vec::with_capacity(KEPT + 1);
    let gone = (0..bytes).fold(1_u64, |power, _| power.wrapping_mul(BASE));
    let mut hash = 0_u64;
    for (at, byte) in text.iter().enumerate() {
        hash = hash.wrapping_mul(BASE).wrapping_add(u64::from(*byte) + 1);
        if let Some(first) = at.checked_sub(bytes).and_then(|first| text.get(first)) {
            hash = hash.wrapping_sub((u64::from(*first) + 1).wrapping_mul(gone));
        }
        if at + 1 >= bytes.min(text.len()) {
            keep(&mut kept, mixed(hash));
        }
    }
    kept
}

/// A number in which each digit depends on all of `hash`.
fn mixed(hash: u64) -> u32 {
    let mixed = (hash ^ (hash >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    u32::try_from((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32).unwrap_or(0)
}

fn keep(kept: &mut Vec<u32>, hash: u32) {
    if kept.len() == KEPT && kept.last().is_some_and(|last| *last <= hash) {
        return;
    }
    if let Err(at) = kept.binary_search(&hash) {
        kept.insert(at, hash);
        kept.truncate(KEPT);
    }
}

/// The share of the smallest hashes of both that are in both, of 1000.
fn common(one: &[u32], other: &[u32]) -> u32 {
    let (mut a, mut b, mut both, mut all) = (0, 0, 0, 0);
    while all < KEPT {
        match (one.get(a), other.get(b)) {
            (Some(x), Some(y)) if x == y => (a, b, both) = (a + 1, b + 1, both + 1),
            (Some(x), Some(y)) if x < y => a += 1,
            (Some(_), None) => a += 1,
            (_, Some(_)) => b += 1,
            (None, None) => break,
        }
        all += 1;
    }
    u32::try_from(both * 1000 / all.max(1)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::align::tests::Dice;
    use super::*;

    fn pairs_of(old: &[String], new: &[String]) -> Vec<(usize, usize)> {
        let texts = |list: &[String]| list.to_vec();
        let (old, new) = (texts(old), texts(new));
        let (old, new): (Vec<&str>, Vec<&str>) =
            (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
        pairs(&old, &new)
    }

    fn words(seed: u64, count: usize) -> String {
        let mut dice = Dice(seed);
        let letter = |dice: &mut Dice| char::from(b'a' + u8::try_from(dice.roll(8)).unwrap());
        let word = |dice: &mut Dice| (0..6).map(|_| letter(dice)).collect::<String>();
        (0..count).map(|_| word(&mut dice)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_line_that_changes_is_paired_with_itself_whatever_comes_or_goes_beside_it() {
        let x = "x".repeat(20_000);
        let long = words(1, 4000);
        for (old, new, expected) in [
            (vec![format!("{x}END1")], vec!["NEW LINE".to_owned(), format!("{x}END2")], vec![(0, 1)]),
            (vec!["OLD LINE".to_owned(), format!("{x}END1")], vec![format!("{x}END2")], vec![(1, 0)]),
            (vec![format!("{long} END1")], vec![words(2, 4000), format!("{long} END2")], vec![(0, 1)]),
            (
                vec![format!("{long} END1"), "gone".to_owned()],
                vec!["new".to_owned(), format!("{long} END2")],
                vec![(0, 1)],
            ),
            (
                vec!["port: 80".to_owned(), "host: a".to_owned()],
                vec!["# a word".to_owned(), "port: 81".to_owned(), "host: b".to_owned()],
                vec![(0, 1), (1, 2)],
            ),
        ] {
            assert_eq!(pairs_of(&old, &new), expected);
        }
    }

    #[test]
    fn what_is_not_alike_is_paired_by_its_order() {
        let list = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        assert_eq!(pairs_of(&list(&["2"]), &list(&["3", "4"])), [(0, 0)]);
        assert_eq!(pairs_of(&list(&["a", "b"]), &list(&["A", "B", "C"])), [(0, 0), (1, 1)]);
        assert_eq!(pairs_of(&list(&[]), &list(&["A"])), []);
    }

    #[test]
    fn lines_of_a_long_run_find_each_other_too() {
        let old: Vec<String> = (0..3000).map(|n| words(n, 20)).collect();
        let mut new: Vec<String> = old.iter().map(|line| format!("{line} CHANGED")).collect();
        for at in (0..3000).rev().step_by(100) {
            new.insert(at, "# a word".to_owned());
        }
        let pairs = pairs_of(&old, &new);
        assert_eq!(pairs.len(), old.len());
        let right = pairs.iter().filter(|(was, is)| new[*is].starts_with(&old[*was])).count();
        assert_eq!(right, old.len());
    }

    #[test]
    fn pairs_ascend_and_long_runs_of_equal_pieces_end_soon() {
        let mut dice = Dice(5);
        for (kinds, most) in [(3, 40), (40, 300), (2, 60_000)] {
            let mut list = || -> Vec<String> {
                (0..most).map(|_| format!("line {} of many", dice.roll(kinds))).collect()
            };
            let found = pairs_of(&list(), &list());
            assert!(found.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1), "{kinds} {most}");
            assert!(!found.is_empty());
        }
    }
}
