//! No page of the documentation points to a file or a heading that is not there.

use crate::files_ending;
use std::path::Path;

/// The targets of the links in `markdown` that stay in the repository: path and heading.
fn links(markdown: &str) -> Vec<(String, Option<String>)> {
    let targets =
        markdown.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let inside = targets.filter(|target| !target.contains("://") && !target.contains(['`', ' ', '<']));
    inside
        .map(|target| match target.split_once('#') {
            Some((path, heading)) => (path.to_owned(), Some(heading.to_owned())),
            None => (target.to_owned(), None),
        })
        .collect()
}

/// The anchors of the headings, as GitHub makes them.
fn anchors(markdown: &str) -> Vec<String> {
    let headings =
        markdown.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let anchor = |heading: &str| -> String {
        let kept = heading
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c))
            .collect::<String>();
        kept.replace(' ', "-")
    };
    headings.map(anchor).collect()
}

#[test]
fn every_link_inside_the_repository_leads_somewhere() {
    let root = xtask::root();
    let mut checked = 0;
    for page in files_ending(&root, &[".md"]) {
        // Snapshots hold what foreign programs say.
        if page
            .components()
            .any(|part| ["snapshots", "fixtures"].iter().any(|name| part.as_os_str() == *name))
        {
            continue;
        }
        let text = std::fs::read_to_string(&page).unwrap();
        for (path, heading) in links(&text) {
            let target = if path.is_empty() {
                page.clone()
            } else {
                page.parent().unwrap_or(Path::new("")).join(&path)
            };
            assert!(target.exists(), "{}: no `{path}`", page.display());
            if let Some(heading) = heading {
                let there = anchors(&std::fs::read_to_string(&target).unwrap());
                assert!(there.contains(&heading), "{}: no `#{heading}` in `{path}`", page.display());
            }
            checked += 1;
        }
    }
    assert!(checked > 10, "only {checked} links found");
}
