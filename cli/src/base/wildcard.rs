//! Patterns for the parts of a path: `*` for anything within one part, `?` for one byte, `**` for any number of parts.

/// Whether a path matches a pattern, both as parts.
pub fn fits<S: AsRef<str>>(pattern: &[&str], parts: &[S]) -> bool {
    match (pattern, parts) {
        ([], []) => true,
        (["**", rest @ ..], parts) => {
            (0..=parts.len()).any(|skip| fits(rest, parts.get(skip..).unwrap_or_default()))
        }
        ([first, rest @ ..], [part, parts @ ..]) => {
            part_fits(first.as_bytes(), part.as_ref().as_bytes()) && fits(rest, parts)
        }
        _ => false,
    }
}

/// Whether one part matches. It takes one pass: only the pattern after the last star so far is tried again, one byte
/// later.
fn part_fits(pattern: &[u8], part: &[u8]) -> bool {
    let (mut at, mut in_part, mut star) = (0, 0, None);
    while let Some(byte) = part.get(in_part) {
        match (pattern.get(at), star) {
            (Some(b'*'), _) => {
                star = Some((at + 1, in_part));
                at += 1;
            }
            (Some(one), _) if *one == b'?' || one == byte => (at, in_part) = (at + 1, in_part + 1),
            (_, Some((after, from))) => {
                star = Some((after, from + 1));
                (at, in_part) = (after, from + 1);
            }
            (_, None) => return false,
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_a_part_of_a_name_or_for_whole_parts() {
        let fits = |pattern: &str, path: &str| {
            fits(&pattern.split('/').collect::<Vec<_>>(), &path.split('/').collect::<Vec<_>>())
        };
        for (pattern, path) in [
            ("infra", "infra"),
            ("packages/*", "packages/infra"),
            ("packages/**", "packages/a/b"),
            ("**/t*e?.json", "b/c/three.json"),
            ("*", "infra"),
            ("in*-*d", "infra-prod"),
            ("*aab", "aaaab"),
        ] {
            assert!(fits(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("packages/*", "packages/a/b"),
            ("packages/*", "infra"),
            ("infra", "infra2"),
            ("*a", "ab"),
            ("?", ""),
        ] {
            assert!(!fits(pattern, path), "{pattern} {path}");
        }
    }
}
