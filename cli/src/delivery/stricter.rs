//! The stricter of two versions of a stack's settings: what a push to the default branch is judged by.
//!
//! A commit that loosens what has to hold is still judged by the version that the stack deployed last.

use super::settings::{ApprovalsWanted, StackSettings, Unreviewed};
use crate::base::words::Words;
use crate::checks::settings::OnFailedCheck;
use crate::report::Inconclusive;

/// The stricter of `before`, which the stack deployed last, and `now`; and what `now` loosens, a sentence each.
pub fn stricter(before: &StackSettings, now: &StackSettings) -> (StackSettings, Vec<String>) {
    let mut loosened = Vec::new();
    let mut both = now.clone();
    for stack in before.after.iter().filter(|stack| !now.after.contains(stack)) {
        loosened.push(format!("it does not follow `{stack}` any more (`after`)"));
        both.after.push(stack.clone());
    }
    if strictness(before.unreviewed) > strictness(now.unreviewed) {
        loosened.push(format!(
            "`unreviewed` was `{}` and is `{}`",
            before.unreviewed.word(),
            now.unreviewed.word()
        ));
        both.unreviewed = before.unreviewed;
    }
    both.approvals = approvals(before.approvals.as_ref(), now.approvals.as_ref(), &mut loosened);
    for pattern in now.tolerate.iter().filter(|pattern| !before.tolerate.contains(pattern)) {
        loosened.push(format!("`tolerate` has `{pattern}`, which is new"));
        both.tolerate.retain(|other| other != pattern);
    }
    let more: Vec<&String> =
        now.break_glass.iter().filter(|name| !before.break_glass.contains(name)).collect();
    if !more.is_empty() {
        loosened.push("more people may break the glass (`break-glass.from`)".to_owned());
        both.break_glass.retain(|name| before.break_glass.contains(name));
    }
    loosened.extend(now.rules.is_looser_than(&before.rules).iter().map(ToString::to_string));
    both.rules = before.rules.tightened_by(&now.rules);
    let (was, is) = (&before.checks, &now.checks);
    if (was.inconclusive, is.inconclusive) == (Inconclusive::Fail, Inconclusive::Pass) && !was.is_empty() {
        loosened.push("an inconclusive check passes (`inconclusive`)".to_owned());
        both.checks.inconclusive = Inconclusive::Fail;
    }
    if (was.on_failed, is.on_failed) == (OnFailedCheck::Hold, OnFailedCheck::Nothing) && !was.is_empty() {
        loosened.push("a failed check holds the stack no more (`on-failed-check`)".to_owned());
        both.checks.on_failed = OnFailedCheck::Hold;
    }
    for check in was.list.iter().filter(|check| !is.list.iter().any(|other| other.name == check.name)) {
        loosened.push(format!("the check `{}` is gone", check.name));
        // Two checks of one name can't come of this: it is not there.
        let _ = both.checks.add(check.clone(), true);
    }
    (both, loosened)
}

fn strictness(unreviewed: Unreviewed) -> u8 {
    match unreviewed {
        Unreviewed::Allow => 0,
        Unreviewed::Warn => 1,
        Unreviewed::Refuse => 2,
    }
}

/// The approvals that satisfy both versions: the greater number, by the ways and people that both know. Where they have
/// none in common, those of the version before.
fn approvals(
    before: Option<&ApprovalsWanted>,
    now: Option<&ApprovalsWanted>,
    loosened: &mut Vec<String>,
) -> Option<ApprovalsWanted> {
    let (before, now) = match (before, now) {
        (None, now) => return now.cloned(),
        (Some(before), None) => {
            loosened.push("it needs no `approvals` any more".to_owned());
            return Some(before.clone());
        }
        (Some(before), Some(now)) => (before, now),
    };
    if now.needed < before.needed {
        loosened.push(format!("it needed {} approvals and needs {}", before.needed, now.needed));
    }
    let by: Vec<_> = now.by.iter().copied().filter(|way| before.by.contains(way)).collect();
    if now.by.iter().any(|way| !before.by.contains(way)) {
        loosened.push("more kinds of approvals count (`approvals.by`)".to_owned());
    }
    // No names stand for everybody.
    let from: Vec<String> = match (before.from.as_slice(), now.from.as_slice()) {
        ([], now) => now.to_vec(),
        (before, []) => before.to_vec(),
        (before, now) => now.iter().filter(|name| before.contains(name)).cloned().collect(),
    };
    let more = now.from.is_empty() || now.from.iter().any(|name| !before.from.contains(name));
    if !before.from.is_empty() && more {
        loosened.push("more people may approve (`approvals.from`)".to_owned());
    }
    Some(ApprovalsWanted {
        needed: before.needed.max(now.needed),
        by: if by.is_empty() { before.by.clone() } else { by },
        from: if from.is_empty() { before.from.clone() } else { from },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::yaml;

    fn settings(text: &str) -> StackSettings {
        let value = yaml::parse(&format!("prod: {{ {text} }}")).unwrap();
        StackSettings::parse_all(&value, "stackstep.yaml").unwrap().remove(0)
    }

    const STRICT: &str = "break-glass: { from: [ann] }, after: staging, unreviewed: refuse, approvals: { needed: 2, by: [review], from: [ann, bob] }, \
                          inconclusive: fail, on-failed-check: hold, checks: [{ tcp: \"a:1\" }]";

    #[test]
    fn each_loosening_is_named_and_does_not_hold_yet() {
        for (loose, named) in [
            (STRICT.replace("after: staging, ", ""), "does not follow `staging`"),
            (STRICT.replace("refuse", "warn"), "`unreviewed` was `refuse` and is `warn`"),
            (STRICT.replace("needed: 2", "needed: 1"), "needed 2 approvals and needs 1"),
            (STRICT.replace("by: [review]", "by: [review, ssh]"), "more kinds of approvals"),
            (STRICT.replace("from: [ann, bob]", "from: [ann, bob, eve]"), "more people"),
            (STRICT.replace(", from: [ann, bob]", ""), "more people"),
            (STRICT.replace("inconclusive: fail", "inconclusive: pass"), "inconclusive"),
            (STRICT.replace("on-failed-check: hold", "on-failed-check: nothing"), "holds the stack no more"),
            (STRICT.replace(", checks: [{ tcp: \"a:1\" }]", ""), "the check `a:1` is gone"),
            (format!("{STRICT}, tolerate: [\"**::a#b\"]"), "`tolerate` has `**::a#b`"),
            (
                STRICT.replace("glass: { from: [ann] }", "glass: { from: [ann, eve] }"),
                "more people may break the glass",
            ),
            ("break-glass: { from: [ann] }, unreviewed: allow".to_owned(), "no `approvals` any more"),
        ] {
            let (before, now) = (settings(STRICT), settings(&loose));
            let (both, loosened) = stricter(&before, &now);
            assert!(loosened.iter().any(|text| text.contains(named)), "{loose}: {loosened:?}");
            assert_eq!(format!("{both:?}"), format!("{before:?}"), "{loose}");
        }
    }

    #[test]
    fn what_is_tightened_holds_at_once() {
        let loose = "unreviewed: allow, break-glass: { from: [ann, bob] }";
        let (before, now) = (settings(loose), settings(STRICT));
        for before in [before, now.clone()] {
            let (both, loosened) = stricter(&before, &now);
            assert_eq!((format!("{both:?}"), loosened), (format!("{now:?}"), Vec::new()));
        }
    }
}
