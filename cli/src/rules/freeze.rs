//! `freeze`: the times at which nothing is deployed.

use super::exception::is_impossible;
use super::rule::{JudgedReport, RuleForm, RuleRow};
use super::subjects::Subjects;
use super::value::RuleValue;
use super::window::{FreezeWindow, end_of_freeze};
use crate::base::day::Day;

/// The rule.
pub(super) const FREEZE: RuleRow = RuleRow {
    name: "freeze",
    form: RuleForm::Windows,
    about: "Nothing is deployed at these times.",
    details: "`days` are days of the week, `dates` are days or ranges with both ends (`2026-12-20..2027-01-02`), `from` \
              and `to` a time of day; what is left out is every day, any date, all day. A window that ends before it \
              begins ends on the next day, and belongs to the day on which it begins. `zone` is the name of an IANA \
              time zone, and is never guessed. What its clock on the wall shows decides: the hour that comes twice in \
              autumn is frozen twice, the one that is skipped in spring does not come. The end is not part of the \
              window, and `\"24:00\"` is the end of the day.\n\n\
              It is judged when the run deploys, by the clock of the job's machine, which the report names. A preview \
              shows what would be if it were deployed now, and never fails because of it. Changes of the stack's \
              outputs count, a run without changes does not. The data about zones are those that this release of \
              stackstep brings.",
    example: "freeze:\n  - { days: [fri], from: \"16:00\", to: \"24:00\", zone: Europe/Berlin, else: approval }\n  - { days: [sat, sun], zone: Europe/Berlin }\n  - { dates: 2026-12-20..2027-01-02, zone: Europe/Berlin }",
    by_resource: false,
    on_destroy: true,
    judge: |case, value| {
        let RuleValue::Frozen(window) = value else { return Subjects::default() };
        if is_impossible(case.now) {
            let shown = Day::from_unix(case.now);
            let unknown = format!("not known: the clock of this machine shows {shown}, which can't be right");
            return Subjects { unknown: Some(unknown), ..Subjects::default() };
        }
        let is_frozen = case.changes.any && window.contains(case.now);
        Subjects { each: if is_frozen { vec![None] } else { Vec::new() }, ..Subjects::default() }
    },
    finding: |case, values, count| {
        let first = windows(values).find(|window| window.contains(case.now));
        match first.filter(|_| count > 0) {
            Some(window) => {
                let now = window.clock_at(case.now).map(|now| format!("; it is {now}")).unwrap_or_default();
                format!("frozen: {window}{now}")
            }
            None if !case.changes.any => "nothing changes".to_owned(),
            None => "not frozen".to_owned(),
        }
    },
    way_out,
};

fn windows<'v>(values: &'v [&RuleValue]) -> impl Iterator<Item = &'v FreezeWindow> {
    values.iter().filter_map(|value| match value {
        RuleValue::Frozen(window) => Some(window),
        _ => None,
    })
}

fn way_out(case: &JudgedReport<'_>, values: &[&RuleValue]) -> String {
    if is_impossible(case.now) {
        return "set the clock of the machine that runs the job".to_owned();
    }
    let windows: Vec<&FreezeWindow> = windows(values).collect();
    let end = end_of_freeze(&windows, case.now).and_then(|end| windows.first()?.clock_at(end));
    let wait =
        end.map_or_else(|| "wait for its end".to_owned(), |end| format!("run the job again from {end} on"));
    format!("{wait}; if it can't wait, add an exception with a last day")
}
