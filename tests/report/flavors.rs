//! The same reports as each forge shows them: what folds where folding is known, and reads well where it is not.

use stackstep::render::{self, Flavor, Options, Size, Template};

use super::{recordings, snapshot};

/// The forges, and how much a comment holds.
pub const FORGES: [(&str, Flavor, usize); 5] = [
    ("github", Flavor::GITHUB, 65_536),
    ("gitlab", Flavor::GITLAB, 1_000_000),
    ("gitea", Flavor::GITEA, 65_535),
    ("azure-repos", Flavor::AZURE, 150_000),
    ("bitbucket", Flavor::BITBUCKET, 32_768),
];

fn options(flavor: Flavor) -> Options {
    Options { flavor, change_request: true, ..Options::default() }
}

#[test]
fn every_forge_shows_a_change_request_as_expected() {
    let mut differences = Vec::new();
    for name in [
        "preview-replace-delete",
        "preview-policy-violation",
        "up-partial-failure",
        "yaml-life-preview-update",
    ] {
        let report = recordings::folded(name);
        for (forge, flavor, limit) in FORGES {
            let text = render::fit(&report, &options(flavor), Size::Chars(limit));
            differences.extend(snapshot::matches(&format!("flavors/{name}.{forge}.md"), &text).err());
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn a_preview_of_a_change_request_says_what_happens_next() {
    let report = recordings::folded("yaml-life-preview-update");
    let said = |change_request| {
        let options = Options { change_request, ..Options::default() };
        render::markdown(&report, &options).contains("**What happens next:** nothing has been deployed yet.")
    };
    assert_eq!([said(true), said(false)], [true, false]);
    let quiet = recordings::folded("yaml-preview-noop");
    assert!(!render::markdown(&quiet, &options(Flavor::GITHUB)).contains("What happens next"));
}

#[test]
fn the_template_of_the_documentation_works_on_every_recording() {
    let source = std::fs::read_to_string(snapshot::path("../docs/examples/comment.md.j2")).unwrap();
    let template = Template::new("comment.md.j2", source).unwrap();
    for name in recordings::all() {
        let report = recordings::folded(&name);
        for (forge, flavor, _) in FORGES {
            let text =
                template.render(&report, &options(flavor)).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(super::fit::broken(&text, flavor.html), None, "{name}, {forge}:\n{text}");
        }
    }
    let report = recordings::folded("preview-replace-delete");
    let text = template.render(&report, &options(Flavor::GITHUB)).unwrap();
    snapshot::matches("flavors/template.md", &text).unwrap();
}

#[test]
fn a_template_keeps_hostile_names_text() {
    let source = std::fs::read_to_string(snapshot::path("../docs/examples/comment.md.j2")).unwrap();
    let template = Template::new("comment.md.j2", source).unwrap();
    for seed in 0..10 {
        let made = super::fit::hostile(seed, 20);
        for (forge, flavor, _) in FORGES {
            let text = template.render(&made, &options(flavor)).unwrap();
            assert_eq!(super::fit::broken(&text, flavor.html), None, "seed {seed}, {forge}:\n{text}");
        }
    }
}

/// A deployment whose outputs are these.
fn deployed(outputs: &serde_json::Value) -> stackstep::report::Report {
    let mut report = recordings::folded("yaml-up-create");
    report.outputs = outputs.as_object().cloned();
    report.output_changes.clear();
    report
}

#[test]
fn the_outputs_of_a_deployment_stand_second_with_addresses_that_can_be_clicked() {
    let report = deployed(&serde_json::json!({
        "password": "[secret]", "zones": ["eu-1a"], "u10": "plain", "u9": 9, "url": "https://shop.example/a|b"
    }));
    for (forge, flavor, limit) in FORGES {
        let text = render::fit(&report, &options(flavor), Size::Chars(limit));
        assert_eq!(super::fit::broken(&text, flavor.html), None, "{forge}:\n{text}");
        let outputs = "\n\n- 🔗 **`url`** <https://shop.example/a%7Cb>\n- `password`: *secret*\n- `u9`: `9`\n- `u10`: `plain`\n\
                       - `zones`: `[\"eu-1a\"]`\n\n| |";
        assert!(text.contains(outputs), "{forge}:\n{text}");
    }
    let page = render::html(&report, &options(Flavor::GITHUB));
    assert!(page.contains("<a href=\"https://shop.example/a%7Cb\" rel=\"noopener noreferrer\">"), "{page}");
    assert!(page.find("id=\"outputs\"") < page.find("id=\"changes\""), "{page}");
}

#[test]
fn an_output_of_a_strangers_run_is_no_link() {
    let mut report = deployed(&serde_json::json!({ "url": "https://evil.example" }));
    report.is_a_strangers = true;
    for (forge, flavor, limit) in FORGES {
        let text = render::fit(&report, &options(flavor), Size::Chars(limit));
        assert!(text.contains("- `url`: `https://evil.example`\n"), "{forge}:\n{text}");
    }
    assert!(!render::html(&report, &options(Flavor::GITHUB)).contains("href=\"https://evil"));
}

#[test]
fn a_preview_lists_no_outputs_that_it_does_not_change() {
    let report = recordings::folded("yaml-preview-noop");
    assert!(report.outputs.as_ref().is_some_and(|outputs| !outputs.is_empty()), "there are some");
    let text = render::markdown(&report, &options(Flavor::GITHUB));
    let page = render::html(&report, &options(Flavor::GITHUB));
    assert!(!text.contains("output") && !page.contains("id=\"outputs\""), "{text}{page}");
}
