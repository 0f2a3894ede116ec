//! Pictures of what Gitea shows to people: the comment of a stack of its own with its address, the warning before its end, and
//! the issue of a drift. They are left below `target/report-pictures`; `docs/images` has them.

use std::process::Command;

use super::jobs::{Engine, Job};
use super::requests::Shop;
use crate::chromium::playwright::browser;
use crate::gitea::shown;
use crate::tools::{folder, root, run};

/// A program with a few things, of which one was made by the change.
const SITE: &str = "name: shop\nruntime: yaml\nconfig: { commit: { type: string } }\nresources:\n  site:\n    type: demo:index:Thing\n    properties: { size: 1 }\n  \
                    records:\n    type: demo:index:Thing\n    properties: { size: 1, of: \"${site.id}\" }\noutputs: { url: \
                    \"https://pr-1.shop.example.com\" }\n";

/// Takes a picture of the part of a page that these elements make.
fn picture(url: &str, name: &str, selectors: &[&str]) {
    let (scratch, pictures) = (tempfile::tempdir().unwrap(), root().join("target/report-pictures"));
    std::fs::create_dir_all(&pictures).unwrap();
    let mut command = Command::new("node");
    command.arg(root().join("tests/runners/gitea/element.cjs")).arg(url).arg(name).args(selectors);
    command.env("PLAYWRIGHT", folder("playwright").join("node_modules")).env("PICTURES", pictures);
    browser(&mut command, scratch.path());
    let (fine, said) = run(&mut command);
    assert!(fine, "{said}");
}

#[test]
#[ignore = "needs Gitea, the Pulumi CLI, Chromium and Playwright"]
fn people_see_the_address_of_a_stack_of_its_own_and_the_warning_before_its_end() {
    let shop = Shop::begin("seen");
    shop.write("stackstep.yaml", "review: { from: staging, ttl: 40h, ttl-max: 14d }\n");
    shop.fetch();
    let number = shop.open("change", "Pulumi.yaml", SITE);
    let commit = shop.request(number).head;
    let job = Job { number, commit, is_up: true, kill: None, engine: Engine::Sandbox };
    assert!(shop.run(&job));
    for _ in 0..2 {
        shop.sweep("first").end();
    }
    let page = format!("{}/{}/pulls/{number}", shop.server.url, shop.repository);
    let of = |text: &str| {
        let comments = shop.comments(number);
        let (id, _) = comments.iter().find(|(_, body)| body.contains(text)).unwrap();
        format!("#issuecomment-{id} .render-content")
    };
    picture(&page, "review-comment", &[&of("pr-1.shop.example.com")]);
    picture(&page, "review-warning", &[&of("stackstep-expiry")]);
    shown();
}

mod drift {
    use super::picture;
    use crate::gitea::drift::{LARGER, deployed, look, only};
    use crate::gitea::repository::Pull;
    use crate::gitea::shown;

    #[test]
    #[ignore = "needs Gitea, Chromium and Playwright"]
    fn people_see_what_has_drifted_and_what_they_can_do() {
        let pull = Pull::open();
        let scene = deployed(&pull).with("PULUMI_SANDBOX_FAULTS", LARGER);
        look(&scene);
        let page = format!("{}/{}/issues/{}", pull.server.url, pull.repository, only(&pull)["number"]);
        picture(&page, "drift-issue", &[".issue-title-header h1", ".render-content"]);
        shown();
    }
}
