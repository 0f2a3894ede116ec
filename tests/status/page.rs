//! The page of `status`, as a table, JSON and Markdown.

use serde_json::{Value, json};

use super::{Shop, by_run};
use crate::support::{Scene, fits_schema};

const COMMIT: &str = "2d5a1c0e9f3b4a6d8c7e5f1a2b3c4d5e6f708192";

fn digest(digit: &str) -> String {
    format!("sha256:{}", digit.repeat(64))
}

/// `prod`, deployed and verified by the run 41.
fn deployed(checks: &str) -> Shop {
    let about = |about: u64, fields: Value| {
        let mut entry = json!({ "about": about, "actor": "ann" });
        entry.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        entry
    };
    let result = if checks == "succeeded" { "passed" } else { checks };
    Shop::new()
        .entry("reserved", 1, &by_run("github-actions", "41", "runner-1"))
        .entry("finished", 2, &about(1, json!({ "status": "succeeded" })))
        .entry(
            "verified",
            3,
            &about(
                2,
                json!({ "status": checks, "checks": [
            { "check": "url/health", "result": result }, { "check": "tcp db", "result": "passed" }] }),
            ),
        )
}

fn page(shop: &Shop, status: i32) -> Value {
    let page: Value =
        serde_json::from_str(&shop.scene.run("status --json").ends_with(status).stdout()).unwrap();
    fits_schema("status", &page);
    page
}

#[test]
fn each_stack_is_a_line_with_what_is_deployed_and_verified() {
    let run = deployed("succeeded").scene.run("status").ends_with(0);
    let lines: Vec<String> =
        run.stdout().lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        lines,
        [
            "STACK DEPLOYED VERIFIED OPEN LOCK DRIFT EXPIRY",
            "shop/prod 2d5a1c0e 2026-11-29 10:02 by ann passed 2026-11-29 10:03 - - not looked -",
            "shop/staging not recorded - - - not looked -",
        ]
    );
}

#[test]
fn as_json_each_fact_says_whether_it_is_known() {
    let page = page(&deployed("succeeded"), 0);
    assert_eq!(page["v"], 1);
    let prod = &page["stacks"][0];
    assert_eq!(
        (&prod["name"], &prod["project"], &prod["cwd"]),
        (&json!("shop/prod"), &json!("shop"), &json!("."))
    );
    assert_eq!(prod["deployed"]["value"]["commit"], COMMIT);
    assert_eq!(prod["deployed"]["value"]["run"], "41");
    assert_eq!(prod["verified"]["value"]["result"], "succeeded");
    assert_eq!(prod["ledger"]["certain"], true);
    for fact in ["held", "refused", "unfinished", "glass_broken", "accepted", "lock", "expiry"] {
        assert_eq!(prod[fact]["state"], "none", "{fact}");
    }
    assert_eq!(prod["drift"]["state"], "not-looked");
}

#[test]
fn checks_that_failed_are_named_and_what_was_verified_before_stays() {
    let run = deployed("failed").scene.run("status").ends_with(0);
    run.says("failed 2026-11-29 10:03")
        .says("the checks of `2d5a1c0e` did not pass: `url/health: failed`")
        .never_says("tcp db");
    let again = deployed("succeeded").entry("reserved", 5, &json!({ "commit": "1".repeat(40) })).entry(
        "finished",
        6,
        &json!({ "about": 4, "status": "succeeded" }),
    );
    let run = again.scene.run("status").ends_with(0);
    run.says("not verified").says("verified last was `2d5a1c0e` of 2026-11-29 10:03");
}

#[test]
fn what_needs_somebody_is_told_with_who_why_and_since_when() {
    let refusal = json!({ "gate": "approval", "digest": digest("a"), "run": { "system": "x", "id": "9", "url": "https://ci/9" } });
    let glass = |expires: &str| json!({ "actor": "joe", "reason": "fire", "link": "https://inc/1", "expires": expires });
    let shop = deployed("succeeded")
        .entry("held", 4, &json!({ "actor": "bob", "reason": "the database is moved" }))
        .entry("accepted", 5, &json!({ "actor": "eve", "digest": digest("b"), "reason": "as it is" }))
        .entry("broke-glass", 6, &glass("2999-01-01T00:00:00Z"))
        .entry("reserved", 7, &json!({ "actor": "kim", "commit": "3".repeat(40) }))
        .entry("refused", 8, &refusal)
        .lock("a", "runner-1", 9);
    let run = shop.scene.run("status").ends_with(0);
    run.says("held, waiting for approval, unfinished, glass broken, accepted")
        .says("`shop/prod`: held since 2026-11-29 10:04 by `bob`: `the database is moved`")
        .says("waiting for approval since 2026-11-29 10:08, `sha256:aaaaaaaaaaaa`… (`https://ci/9`)")
        .says("the deployment of `33333333` of 2026-11-29 10:07 by `kim` has no end: it is under way, or was killed")
        .says("glass broken 2026-11-29 10:06 by `joe`, until 2999-01-01 00:00: `fire` (`https://inc/1`)")
        .says("accepted 2026-11-29 10:05 by `eve`, not deployed yet, `sha256:bbbbbbbbbbbb`…: `as it is`")
        .says("locked since 2026-11-29 11:09: `the lock of ci@runner-1 (pid 7)`");
    let prod = &page(&shop, 0)["stacks"][0];
    assert_eq!(prod["glass_broken"]["value"]["expired"], false);
    assert_eq!(prod["refused"]["value"]["gate"], "approval");
    let over = deployed("succeeded").entry("broke-glass", 6, &glass("2026-11-29T11:06:00Z"));
    let run = over.scene.run("status").ends_with(0);
    run.says("until 2026-11-29 11:06 (over)").never_says("glass broken,");
}

#[test]
fn a_broken_glass_is_nothing_to_tell_once_its_deployment_is_done() {
    let glass =
        json!({ "actor": "joe", "reason": "fire", "digest": digest("a"), "expires": "2999-01-01T00:00:00Z" });
    // The approval's id is that of the entry.
    let approval = json!([{ "name": "joe", "by": "break-glass", "id": format!("{:032x}", 4) }]);
    let shop = deployed("succeeded").entry("broke-glass", 4, &glass).entry(
        "reserved",
        5,
        &json!({ "digest": digest("a"), "approvers": approval }),
    );
    shop.scene.run("status").ends_with(0).says("unfinished, glass broken");
    let failed = shop.entry("finished", 6, &json!({ "about": 5, "status": "failed" }));
    assert_eq!(page(&failed, 0)["stacks"][0]["glass_broken"]["state"], "found");
    let again = failed.entry("reserved", 7, &json!({ "digest": digest("a"), "approvers": approval }));
    let done = again.entry("finished", 8, &json!({ "about": 7, "status": "succeeded" }));
    assert_eq!(page(&done, 0)["stacks"][0]["glass_broken"]["state"], "none");
    done.scene.run("status").ends_with(0).never_says("glass broken");
}

#[test]
fn what_can_t_be_read_of_one_stack_is_its_own_line_and_never_nothing() {
    let shop = deployed("succeeded");
    std::fs::write(shop.ledger("prod").join("000000000002.json"), "{\"v\":1").unwrap();
    let prod = &page(&shop, 79)["stacks"][0];
    assert_eq!(prod["ledger"]["certain"], false);
    let run = shop.scene.run("status").ends_with(79);
    run.says("not certain")
        .says("entry 2 can't be read: it is cut off")
        .says("shop/staging")
        .says("close the question with 'stackstep accept <stack> --as-deployed --reason …'\n");
    for fact in ["deployed", "verified", "held", "refused", "glass_broken", "accepted"] {
        assert_eq!(prod[fact]["state"], "not-known", "{fact}");
        assert!(prod[fact]["why"].as_str().unwrap().contains("entry 2 can't be read"), "{prod}");
    }
    assert_eq!(prod["unfinished"]["state"], "found");

    let shop = deployed("succeeded");
    std::fs::remove_dir_all(shop.ledger("prod")).unwrap();
    std::fs::write(shop.ledger("prod"), "no folder").unwrap();
    let prod = &page(&shop, 79)["stacks"][0];
    for fact in ["deployed", "verified", "held", "refused", "unfinished", "glass_broken", "accepted"] {
        assert_eq!(prod[fact]["state"], "not-known", "{fact}");
        assert!(prod[fact]["why"].as_str().unwrap().contains("could not read"), "{prod}");
    }
    assert_eq!(prod["lock"]["state"], "none");
}

#[test]
fn a_stack_whose_inputs_can_t_be_read_does_not_hide_the_others() {
    let shop = deployed("succeeded");
    shop.scene.write("stackstep.yaml", "stacks:\n  staging: { timeout: never }\n");
    let page = page(&shop, 79);
    let staging = &page["stacks"][1];
    assert_eq!(
        (&staging["name"], &staging["deployed"]["state"]),
        (&json!("shop/staging"), &json!("not-known"))
    );
    assert!(staging["lock"]["why"].as_str().unwrap().contains("timeout"), "{staging}");
    assert_eq!(page["stacks"][0]["deployed"]["state"], "found");
}

#[test]
fn one_stack_is_shown_by_its_name() {
    let shop = deployed("succeeded");
    shop.scene.run("status --stack prod").ends_with(0).says("shop/prod").never_says("staging");
}

#[test]
fn a_name_is_looked_for_in_all_projects_of_the_repository() {
    let scene = Scene::empty();
    for (project, stack) in [("network", "prod"), ("shop", "prod"), ("shop", "dev")] {
        scene.write(&format!("infra/{project}/Pulumi.yaml"), &format!("name: {project}\nruntime: yaml\n"));
        scene.write(&format!("infra/{project}/Pulumi.{stack}.yaml"), "");
    }
    scene.run("status --stack prod").ends_with(0).says("network/prod").says("shop/prod").never_says("dev");
    scene.run("status -C infra/shop --stack prod").ends_with(0).never_says("network");
    scene.run("status").ends_with(0).says("network/prod").says("shop/dev");
    scene.run("status --stack nowhere").ends_with(2).says("has a configuration file of the stack `nowhere`");
}

#[test]
fn in_markdown_foreign_words_stay_text() {
    let shop = deployed("succeeded").entry(
        "held",
        4,
        &json!({ "actor": "a|b` <img src=x> @all", "reason": "[x](https://evil) ##vso[task.complete]" }),
    );
    let page = shop.scene.run("status --markdown").ends_with(0).stdout();
    assert!(
        page.starts_with("| stack | deployed | verified | open | lock | drift | expiry |\n| --- |"),
        "{page}"
    );
    assert!(page.contains("by <code>a&#124;b&#39; &#60;img src&#61;x&#62;"), "{page}");
    assert!(page.contains(": `[x](https://evil) # #vso[task.complete]`"), "{page}");
    assert!(page.contains("&#64;\u{200b}all") && !page.contains("\\u{"), "{page}");
}
