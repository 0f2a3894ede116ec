//! `stackstep stacks` lists the projects and stacks of a repository, from any folder of it.

use serde_json::{Value, json};

use crate::support::Scene;

/// A repository with two projects, of which git tracks all files.
fn monorepo() -> Scene {
    let scene = Scene::empty();
    scene.write("infra/network/Pulumi.yaml", "name: network\nruntime: yaml\n");
    scene.write("infra/network/Pulumi.prod.yaml", "");
    scene.write("infra/shop/Pulumi.yaml", "name: shop\nruntime: nodejs\n");
    scene.write("infra/shop/Pulumi.dev.yaml", "");
    scene.write("infra/shop/Pulumi.prod.yaml", "");
    git(&scene, &["init", "-q"]);
    git(&scene, &["add", "."]);
    scene
}

fn git(scene: &Scene, args: &[&str]) {
    #[expect(clippy::disallowed_methods, reason = "the tests make a repository")]
    let mut git = std::process::Command::new("git");
    assert!(git.args(args).current_dir(&scene.program).status().unwrap().success());
}

fn listed(scene: &Scene, line: &str) -> Value {
    serde_json::from_str(&scene.run(&format!("stacks --json {line}")).stdout()).unwrap()
}

#[test]
fn a_table_shows_each_project_with_its_stacks() {
    let run = monorepo().run("stacks").ends_with(0);
    assert_eq!(
        run.stdout(),
        "PROJECT  CWD            RUNTIME  STACKS\n\
         network  infra/network  yaml     prod\n\
         shop     infra/shop     nodejs   dev, prod\n\
         2 projects, 3 stacks\n"
    );
}

#[test]
fn as_json_the_stacks_are_the_cells_of_a_matrix_on_one_line() {
    let scene = monorepo();
    let run = scene.run("stacks --json").ends_with(0);
    assert_eq!(run.stdout().lines().count(), 1);
    let cell = |project, cwd, stack| json!({"project": project, "cwd": cwd, "stack": stack});
    assert_eq!(
        listed(&scene, "")["stacks"],
        json!([
            cell("network", "infra/network", "prod"),
            cell("shop", "infra/shop", "dev"),
            cell("shop", "infra/shop", "prod")
        ])
    );
}

#[test]
fn each_cell_is_what_a_run_needs() {
    let scene = monorepo();
    for cell in listed(&scene, "")["stacks"].as_array().unwrap() {
        let (cwd, stack) = (cell["cwd"].as_str().unwrap(), cell["stack"].as_str().unwrap());
        let found: Value =
            serde_json::from_str(&scene.run(&format!("doctor --json --cwd {cwd} --stack {stack}")).stdout())
                .unwrap();
        assert_eq!((&found["project"], &found["stack"]), (&cell["project"], &cell["stack"]));
    }
}

#[test]
fn it_lists_the_whole_repository_from_any_folder() {
    let scene = monorepo();
    assert_eq!(listed(&scene, "-C infra/shop"), listed(&scene, ""));
}

#[test]
fn the_root_file_says_which_folders_count() {
    let scene = monorepo();
    scene.write("stackstep.yaml", "projects: ['*/shop']\n");
    assert_eq!(listed(&scene, "")["projects"].as_array().unwrap().len(), 1);
    scene.write("stackstep.yaml", "projects: [apps]\n");
    scene
        .run("stacks")
        .ends_with(2)
        .says("`projects` names `apps`, and no folder like that has a Pulumi.yaml");
}

#[test]
fn the_projects_of_a_file_below_the_root_are_refused() {
    let scene = monorepo();
    scene.write("infra/shop/stackstep.yaml", "projects: [x]\n");
    scene
        .run("inputs --cwd infra/shop")
        .ends_with(2)
        .says("move it to the `stackstep.yaml` at the repository's root");
}

#[test]
fn a_broken_project_is_an_error_and_the_others_are_listed() {
    let scene = monorepo();
    scene.write("infra/network/Pulumi.yaml", "name: [\n");
    let run = scene.run("stacks").ends_with(2).says("infra/network/Pulumi.yaml");
    assert!(run.stdout().contains("shop     infra/shop"), "{}", run.stdout());
}

#[test]
fn the_json_is_alone_on_standard_output_in_a_job_with_secrets_and_warnings() {
    let scene = monorepo();
    scene.write("infra/Pulumi.old.yaml", "");
    git(&scene, &["add", "."]);
    let token = "pul-0123456789abcdef0123456789abcdef01234567";
    let scene = scene.on_github().with("PULUMI_ACCESS_TOKEN", token);
    let run = scene.run("stacks --json").ends_with(0).says("`infra/Pulumi.old.yaml` belongs to no project");
    assert!(serde_json::from_str::<Value>(&run.stdout()).is_ok(), "{}", run.stdout());
}

#[test]
fn inputs_that_contradict_each_other_are_named() {
    let scene = monorepo().with("STACKSTEP_STACK", "a").with("STACKSTEP_STACK_NAME", "b");
    scene.run("stacks").ends_with(2).says("`stack`");
}

#[test]
fn code_that_nobody_proves_is_not_listed_with_the_repositorys_credentials() {
    let scene = monorepo();
    let payload = json!({
        "pull_request": {"number": 7, "head": {"sha": "1".repeat(40), "ref": "x", "repo": {"full_name": "bob/shop"}},
                         "base": {"ref": "main", "sha": "2".repeat(40), "repo": {"full_name": "acme/shop"}}},
        "repository": {"full_name": "acme/shop", "default_branch": "main", "private": true},
    });
    let path = scene.root().join("event.json");
    std::fs::write(&path, payload.to_string()).unwrap();
    let scene = scene
        .on_github()
        .with("GITHUB_EVENT_NAME", "pull_request_target")
        .with("GITHUB_EVENT_PATH", &path.display().to_string());
    let run = scene.run("stacks").ends_with(73);
    assert_eq!(run.stdout().matches("infra/shop").count(), 0, "{}", run.stdout());
}

/// The same as a repository with a history: everything is committed on `main`, and the branch `change` is checked out.
fn with_history() -> Scene {
    let scene = monorepo();
    scene.write("infra/shop/index.ts", "import '../../lib/a';\n");
    scene.write("lib/a.ts", "// one\n");
    scene.write("README.md", "one\n");
    commit(&scene, "all");
    git(&scene, &["branch", "-q", "-m", "main"]);
    git(&scene, &["checkout", "-q", "-b", "change"]);
    scene
}

fn commit(scene: &Scene, message: &str) {
    git(scene, &["add", "."]);
    git(scene, &["-c", "user.name=ada", "-c", "user.email=ada@example.com", "commit", "-q", "-m", message]);
}

/// The stacks that are affected since the branch `main`.
fn affected(scene: &Scene) -> Vec<String> {
    let listed = listed(scene, "--since main");
    let name =
        |cell: &Value| format!("{}/{}", cell["project"].as_str().unwrap(), cell["stack"].as_str().unwrap());
    listed["stacks"].as_array().unwrap().iter().map(name).collect()
}

#[test]
fn since_a_commit_only_the_stacks_that_the_change_can_affect_are_listed_with_the_reason() {
    let scene = with_history();
    assert_eq!(affected(&scene), [""; 0]);
    scene.write("lib/a.ts", "// two\n");
    commit(&scene, "a change of what is imported");
    let run = scene.run("stacks --since main").ends_with(0);
    let first = run.stdout().lines().nth(1).unwrap().to_owned();
    assert_eq!(first, "shop/dev   infra/shop  `lib/a.ts` has changed, which `infra/shop/index.ts` names");
    assert!(run.stdout().contains("2 of 3 stacks can be affected since "), "{}", run.stdout());
    let json = listed(&scene, "--since main");
    assert_eq!(json["unaffected"], json!([{"project": "network", "cwd": "infra/network", "stack": "prod"}]));
    assert_eq!(
        json["why"]["shop/prod"],
        json!(["`lib/a.ts` has changed, which `infra/shop/index.ts` names"])
    );
}

#[test]
fn what_the_default_branch_has_got_meanwhile_is_no_change_of_this_one() {
    let scene = with_history();
    git(&scene, &["checkout", "-q", "main"]);
    scene.write("infra/network/new.txt", "");
    commit(&scene, "somebody else's");
    git(&scene, &["checkout", "-q", "change"]);
    scene.write("README.md", "two\n");
    commit(&scene, "a word");
    assert_eq!(affected(&scene), [""; 0]);
    let run = scene.run("stacks --since main").ends_with(0);
    assert!(run.stdout().starts_with("0 of 3 stacks can be affected since "), "{}", run.stdout());
}

#[test]
fn a_file_that_was_moved_counts_at_both_places() {
    let scene = with_history();
    git(&scene, &["mv", "lib/a.ts", "infra/network/a.ts"]);
    commit(&scene, "moved");
    assert_eq!(affected(&scene), ["network/prod", "shop/dev", "shop/prod"]);
}

#[test]
fn one_stack_is_explained() {
    let scene = with_history();
    scene.write("infra/shop/Pulumi.dev.yaml", "config: {}\n");
    commit(&scene, "configuration");
    let why = |stack: &str| scene.run(&format!("stacks --since main --why {stack}")).ends_with(0).stdout();
    assert_eq!(
        why("shop/dev"),
        "`shop/dev` can be affected:\n  `infra/shop/Pulumi.dev.yaml` has changed\nIt is made from:\n  infra/shop/ (its own \
         folder)\n  lib/a.ts (by infra/shop/index.ts)\n"
    );
    assert!(why("shop/prod").starts_with("`shop/prod` is not affected: "));
    scene.run("stacks --since main --why prod").ends_with(2).says("2 stacks are called `prod`");
    scene.run("stacks --since main --why x").ends_with(2).says("it has: `network/prod`, `shop/dev`");
}

#[test]
fn in_a_job_of_a_change_request_the_target_branch_is_compared_with() {
    let scene = with_history();
    scene.write("lib/a.ts", "// two\n");
    commit(&scene, "a change");
    git(&scene, &["update-ref", "refs/remotes/origin/main", "refs/heads/main"]);
    let scene = scene.with("GITLAB_CI", "true").with("CI_PIPELINE_SOURCE", "merge_request_event");
    let scene = scene.with("CI_MERGE_REQUEST_IID", "7").with("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main");
    let run = scene.run("stacks --since").ends_with(0);
    assert!(run.stdout().contains("2 of 3 stacks can be affected since "), "{}", run.stdout());
}

#[test]
fn gitlab_tells_the_commit_where_the_checkout_does_not_have_the_target_branch() {
    let scene = with_history();
    let base = std::fs::read_to_string(scene.program.join(".git/refs/heads/main")).unwrap();
    scene.write("lib/a.ts", "// two\n");
    commit(&scene, "a change");
    git(&scene, &["branch", "-q", "-D", "main"]);
    let scene = scene.with("GITLAB_CI", "true").with("CI_PIPELINE_SOURCE", "merge_request_event");
    let scene = scene.with("CI_MERGE_REQUEST_IID", "7").with("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main");
    let run = scene.with("CI_MERGE_REQUEST_DIFF_BASE_SHA", base.trim()).run("stacks --since").ends_with(0);
    assert!(run.stdout().contains("2 of 3 stacks can be affected since "), "{}", run.stdout());
}

#[test]
fn a_change_request_without_a_known_target_needs_a_commit() {
    let scene = with_history().with("GITLAB_CI", "true").with("CI_PIPELINE_SOURCE", "merge_request_event");
    let scene = scene.with("CI_MERGE_REQUEST_IID", "7");
    scene.run("stacks --since").ends_with(2).says("`--since` names no commit").says("--since main");
}

/// The commit that is checked out.
fn head(scene: &Scene) -> String {
    let git = scene.program.join(".git");
    let head = std::fs::read_to_string(git.join("HEAD")).unwrap();
    let reference = head.trim().strip_prefix("ref: ").unwrap();
    std::fs::read_to_string(git.join(reference)).unwrap().trim().to_owned()
}

/// Writes into the ledger of a stack that it has deployed this commit.
fn deployed(scene: &Scene, name: &str, commit: &str) {
    let (project, stack) = name.split_once('/').unwrap();
    let folder = scene.root().join("state/.stackstep/ledger").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let count = std::fs::read_dir(&folder).unwrap().count();
    let entries = [
        json!({ "kind": "reserved", "commit": commit }),
        json!({ "kind": "finished", "status": "succeeded" }),
    ];
    for (number, mut entry) in (count + 1..).zip(entries) {
        let all = json!({ "v": 1, "number": number, "id": format!("{number:032x}"), "time": "2026-11-29T10:00:00Z",
                          "project": project, "stack": stack });
        entry.as_object_mut().unwrap().extend(all.as_object().unwrap().clone());
        std::fs::write(folder.join(format!("{number:012}.json")), entry.to_string()).unwrap();
    }
}

#[test]
fn without_a_change_request_each_stack_is_compared_with_what_it_last_deployed() {
    let scene = with_history();
    let first = head(&scene);
    scene.write("lib/a.ts", "// two\n");
    commit(&scene, "a change of what is imported");
    let second = head(&scene);
    deployed(&scene, "network/prod", &first);
    deployed(&scene, "shop/dev", &second);
    deployed(&scene, "shop/prod", &first);
    let run = scene.run("stacks --since").ends_with(0);
    assert_eq!(
        run.stdout(),
        "STACK      CWD         WHY\n\
         shop/prod  infra/shop  `lib/a.ts` has changed, which `infra/shop/index.ts` names\n\
         1 of 3 stacks can be affected since what each has last deployed\n"
    );
    let json = listed(&scene, "--since");
    assert_eq!(json["since"], Value::Null);
    assert_eq!(json["deployed"], json!({"network/prod": first, "shop/dev": second, "shop/prod": first}));
    let why = scene.run("stacks --since --why shop/dev").ends_with(0).stdout();
    assert!(why.contains(&format!("It last deployed {}.", &second[..8])), "{why}");
}

#[test]
fn a_stack_of_which_no_deployment_is_known_counts_as_affected_with_the_reason() {
    let scene = with_history();
    deployed(&scene, "network/prod", &head(&scene));
    deployed(&scene, "shop/dev", &"0".repeat(40));
    let run = scene.run("stacks --since").ends_with(0);
    let run = run.says("`shop/dev` counts as affected").says("does not have the commit 00000000");
    assert!(
        run.stdout().contains("shop/prod  infra/shop  its ledger has no deployment\n"),
        "{}",
        run.stdout()
    );
    let json = listed(&scene, "--since");
    assert_eq!(json["deployed"]["shop/dev"], Value::Null);
    assert_eq!(json["unaffected"].as_array().unwrap().len(), 1);
}

#[test]
fn a_deployment_that_failed_after_the_last_one_counts_though_no_file_has_changed() {
    let scene = with_history();
    for name in ["network/prod", "shop/dev", "shop/prod"] {
        deployed(&scene, name, &head(&scene));
    }
    let folder = scene.root().join("state/.stackstep/ledger/shop/dev");
    let text = std::fs::read_to_string(folder.join("000000000002.json")).unwrap();
    let text = text.replace("\"number\":2", "\"number\":3").replace("succeeded", "failed");
    std::fs::write(folder.join("000000000003.json"), text).unwrap();
    let run = scene.run("stacks --since").ends_with(0);
    assert!(
        run.stdout().contains("shop/dev  infra/shop  its last `up` has ended with `failed`"),
        "{}",
        run.stdout()
    );
}

#[test]
fn what_was_rolled_back_is_compared_with_its_own_commit_and_not_with_where_it_branched_off() {
    let scene = with_history();
    scene.write("lib/a.ts", "// two\n");
    commit(&scene, "deployed from a branch that was dropped");
    let dropped = head(&scene);
    git(&scene, &["checkout", "-q", "main"]);
    for name in ["network/prod", "shop/dev", "shop/prod"] {
        deployed(&scene, name, &dropped);
    }
    let json = listed(&scene, "--since");
    assert_eq!(json["stacks"].as_array().unwrap().len(), 2, "{json}");
}

#[test]
fn a_backend_that_can_t_be_read_counts_every_stack_as_affected_and_a_commit_needs_no_backend() {
    let scene = with_history().with("PULUMI_BACKEND_URL", "s3://acme-state");
    let run = scene.run("stacks --since").ends_with(0).says("count as affected, as it is not known");
    assert!(run.stdout().contains("3 of 3 stacks can be affected"), "{}", run.stdout());
    let run = scene.run("stacks --since main").ends_with(0).never_says("s3://");
    assert!(run.stdout().contains("0 of 3 stacks can be affected"), "{}", run.stdout());
}

#[test]
fn the_stacks_that_use_an_environment_are_listed_alone_and_with_a_change() {
    let scene = with_history();
    scene.write("infra/network/Pulumi.prod.yaml", "environment: [acme/base]\n");
    commit(&scene, "an environment");
    let run = scene.run("stacks --esc acme/base").ends_with(0);
    assert_eq!(
        run.stdout(),
        "STACK         CWD            WHY\n\
         network/prod  infra/network  it uses the ESC environment `acme/base`\n\
         1 of 3 stacks can be affected by a change of `acme/base`\n"
    );
    let json = listed(&scene, "--esc acme/base --esc acme/other");
    assert_eq!(json["esc"], json!({"network/prod": ["acme/base"]}));
    assert_eq!((&json["since"], &json["stacks"][0]["stack"]), (&Value::Null, &json!("prod")));
    scene.write("lib/a.ts", "// two\n");
    commit(&scene, "a change of what is imported");
    let both = listed(&scene, "--since HEAD~1 --esc acme/base");
    assert_eq!(both["stacks"].as_array().unwrap().len(), 3);
    let why = scene.run("stacks --esc acme/x --why network/prod").ends_with(0).stdout();
    let line = "It uses the ESC environment acme/base, whose values are not in the repository.\n";
    assert!(why.starts_with("`network/prod` is not affected") && why.ends_with(line), "{why}");
    scene.run("stacks --esc= ").ends_with(2).says("`--esc` names no environment");
}

#[test]
fn a_commit_that_is_not_there_is_an_error_and_a_shallow_checkout_counts_everything_as_affected() {
    let scene = with_history();
    scene.run("stacks --since v9").ends_with(2).says("`v9` is no commit, branch or tag of this checkout");
    scene.write("README.md", "two\n");
    commit(&scene, "a word");
    let first = scene.root().join("first");
    std::fs::rename(&scene.program, &first).unwrap();
    let from = format!("file://{}", first.display());
    #[expect(clippy::disallowed_methods, reason = "the tests make a repository")]
    let mut clone = std::process::Command::new("git");
    clone.args(["clone", "-q", "--depth", "1", "--branch", "change", &from]).arg(&scene.program);
    assert!(clone.status().unwrap().success());
    let run = scene.run("stacks --since main").ends_with(0);
    let run =
        run.says("every stack counts as affected").says("the checkout is shallow").says("fetch-depth: 0");
    assert!(run.stdout().contains("3 of 3 stacks can be affected"), "{}", run.stdout());
}

#[test]
fn a_mistake_in_the_section_fleet_is_named() {
    let scene = with_history();
    scene.write("stackstep.yaml", "fleet: { depend-on: {} }\n");
    scene.run("stacks --since main").ends_with(2).says("depend-on");
}

#[test]
fn a_commit_before_another_one_can_be_named() {
    let scene = with_history();
    scene.write("README.md", "two\n");
    commit(&scene, "a word");
    scene.write("infra/shop/Pulumi.dev.yaml", "config: {}\n");
    commit(&scene, "configuration");
    for since in ["HEAD~1", "@^", "change~1"] {
        let run = scene.run_args(&["stacks", "--since", since]).ends_with(0);
        assert!(run.stdout().contains("1 of 3 stacks can be affected"), "{since}: {}", run.stdout());
    }
}

#[test]
fn a_change_of_more_files_than_fit_into_a_megabyte_of_names_loses_none() {
    let scene = with_history();
    let deep = vec!["d".repeat(250); 10].join("/");
    for number in 0..450 {
        scene.write(&format!("docs/{deep}/{}{number}", "f".repeat(240)), "");
    }
    scene.write("infra/shop/Pulumi.dev.yaml", "config: {}\n");
    scene.write("lib/a.ts", "// two\n");
    commit(&scene, "much, and a change of what is imported behind it");
    assert_eq!(affected(&scene), ["shop/dev", "shop/prod"]);
}

#[test]
fn a_stack_whose_file_is_gone_is_told_and_one_that_has_moved_is_not() {
    let scene = with_history();
    git(&scene, &["rm", "-q", "infra/shop/Pulumi.dev.yaml"]);
    git(&scene, &["mv", "infra/network", "infra/net"]);
    commit(&scene, "one less");
    let run = scene.run("stacks --since main").ends_with(0);
    run.says(
        "`infra/shop/Pulumi.dev.yaml` is gone, and what the stack `shop/dev` has deployed may still be there",
    )
    .never_says("infra/network/Pulumi.prod.yaml");
}

#[test]
fn a_renamed_project_is_told() {
    let scene = with_history();
    scene.write("infra/shop/Pulumi.yaml", "name: store\nruntime: nodejs\n");
    commit(&scene, "another name");
    let run = scene.run("stacks --since main").ends_with(0);
    let run = run.says("the project `shop` in `infra/shop` is called `store` now");
    assert!(run.stdout().contains("store/dev"), "{}", run.stdout());
}

#[test]
fn two_projects_of_one_name_are_an_error_also_where_one_of_their_stacks_is_named() {
    let scene = with_history();
    scene.write("infra/shop2/Pulumi.yaml", "name: shop\nruntime: yaml\n");
    scene.write("infra/shop2/Pulumi.dev.yaml", "");
    commit(&scene, "the same name");
    scene.run("stacks --since main").ends_with(2).says("the project `shop` is there 2 times");
    scene.run("stacks --since main --why shop/dev").ends_with(2).says("give each project a name of its own");
}

#[cfg(unix)]
#[test]
fn a_stack_s_file_that_leads_out_of_the_repository_or_nowhere_is_an_error() {
    let scene = with_history();
    let link = |target: &str, name: &str| {
        std::os::unix::fs::symlink(target, scene.program.join("infra/network").join(name)).unwrap();
    };
    link("/etc/passwd", "Pulumi.out.yaml");
    link("Pulumi.loop.yaml", "Pulumi.loop.yaml");
    commit(&scene, "links");
    scene
        .run("stacks --since main")
        .ends_with(2)
        .says("the stack's file `infra/network/Pulumi.out.yaml` is a link that leads out of the repository")
        .says("the stack's file `infra/network/Pulumi.loop.yaml` is a link that leads nowhere");
}
