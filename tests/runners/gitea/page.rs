//! What people see: the page that Gitea makes of the comment.

use stackstep::publish::comment::Mode;

use super::jobs::actions;
use super::posted::post;
use super::repository::Pull;
use super::shown;
use crate::posts::recorded;

/// The tests here need the browser too; the module has the name of what drives it.
mod playwright {
    use std::process::Command;

    use stackstep::publish::comment::Mode;

    use super::super::posted::post;
    use super::super::repository::Pull;
    use super::super::shown;
    use crate::chromium::playwright::browser;
    use crate::posts::recorded;
    use crate::tools::{folder, root, run};

    #[test]
    #[ignore = "needs Gitea, Chromium and Playwright"]
    fn people_see_the_comment_folded_and_can_unfold_it() {
        let pull = Pull::open();
        post(&pull, &recorded("preview-replace-delete"), Mode::Update, 1);
        let (scratch, pictures) = (tempfile::tempdir().unwrap(), root().join("target/report-pictures"));
        std::fs::create_dir_all(&pictures).unwrap();
        let mut command = Command::new("node");
        command
            .arg(root().join("tests/runners/gitea/picture.cjs"))
            .arg(format!("{}/{}/pulls/{}", pull.server.url, pull.repository, pull.number))
            .arg(pull.ours()[0].id.to_string())
            .env("PLAYWRIGHT", folder("playwright").join("node_modules"))
            .env("PICTURES", pictures);
        browser(&mut command, scratch.path());
        let (fine, said) = run(&mut command);
        assert!(fine, "{said}");
        shown();
    }
}

/// The part of the pull request's page that shows the first comment of the bot.
fn rendered(pull: &Pull) -> String {
    let id = pull.ours()[0].id;
    let page = pull.server.page(&format!("{}/pulls/{}", pull.repository, pull.number));
    let (_, from) = page.split_once(&format!("id=\"issuecomment-{id}\"")).unwrap();
    let (_, from) = from.split_once("class=\"render-content markup\"").unwrap();
    let (shown, _) =
        from.split_once("class=\"raw-content").or_else(|| from.split_once("edit-content")).unwrap();
    shown.split_once('>').unwrap().1.to_owned()
}

/// How often each of these elements begins and ends.
fn balance(html: &str) -> Vec<(&'static str, usize, usize)> {
    let count = |text: &str| html.matches(text).count();
    let of = |name: &'static str| {
        let begins = count(&format!("<{name}>")) + count(&format!("<{name} "));
        (name, begins, count(&format!("</{name}>")))
    };
    ["details", "summary", "table", "tr", "pre", "code", "blockquote", "ul"].map(of).to_vec()
}

/// Fails unless nothing of the Markdown has gone through as text, and what folds is whole.
#[track_caller]
fn is_good(html: &str, folds: usize) {
    for (name, begins, ends) in balance(html) {
        assert_eq!(begins, ends, "{name} in\n{html}");
    }
    assert_eq!(html.matches("<summary").count(), folds, "{html}");
    assert!(html.contains("<table") && html.contains("<h"), "{html}");
    for raw in [
        "&lt;details",
        "&lt;summary",
        "&lt;!--",
        "stackstep v=1",
        "| --- |",
        "```",
        "[!CAUTION]",
        "[!WARNING]",
    ] {
        assert!(!html.contains(raw), "`{raw}` is shown as text in\n{html}");
    }
}

#[test]
#[ignore = "needs Gitea"]
fn the_comment_is_folded_and_nothing_of_its_markup_shows() {
    let pull = Pull::open();
    post(&pull, &recorded("preview-replace-delete"), Mode::Update, 1);
    let body = pull.only().body;
    let html = rendered(&pull);
    is_good(&html, body.matches("<summary").count());
    assert!(html.contains("language-diff"), "{html}");
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn the_comment_of_several_stacks_is_folded_stack_by_stack() {
    let pull = Pull::open();
    for stack in ["dev", "prod"] {
        let scene = actions(&pull, 1).with("STACKSTEP_COMMENT", "aggregate").with("STACKSTEP_STACK", stack);
        scene.run("preview").ends_with(0);
    }
    let folds = pull.only().body.matches("<summary").count();
    assert!(folds >= 2);
    is_good(&rendered(&pull), folds);
    shown();
}

#[test]
#[ignore = "needs Gitea"]
fn what_a_program_prints_stays_text() {
    let pull = Pull::open();
    let scene = actions(&pull, 1);
    scene.edit("${greeting} world", "${nope} </details><script>alert(1)</script> <img src=x> @ada ``` #1");
    scene.run("preview");
    let html = rendered(&pull);
    for (name, begins, ends) in balance(&html) {
        assert_eq!(begins, ends, "{name} in\n{html}");
    }
    assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
    shown();
}
