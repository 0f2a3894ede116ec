//! A glass that somebody breaks by a signature, where the CI system tells nobody who starts a job.

use super::shop::Shop;
use crate::deploy::repository::Repository;
use crate::support::forge::{FACES, Fake, TOKEN};
use crate::support::{Run, output};

/// The entry: approvals that nobody gives, and ann and the team on call may break the glass.
const ENTRY: &str = ", approvals: { needed: 2 }, break-glass: { from: [ann, \"@acme/platform\"] }";

/// The repository in a job of Buildkite for its head on `main`.
fn on_buildkite(shop: Shop) -> Shop {
    let head = shop.repository.head();
    let gone = ["GITLAB_CI", "CI_COMMIT_BRANCH", "CI_COMMIT_SHA", "CI_PROJECT_PATH", "CI_PIPELINE_SOURCE"];
    let scene = gone.iter().fold(shop.repository.scene, |scene, name| scene.without(name));
    let scene = scene
        .with("BUILDKITE", "true")
        .with("BUILDKITE_BRANCH", "main")
        .with("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main")
        .with("BUILDKITE_COMMIT", &head);
    Shop { repository: Repository { scene } }
}

/// A change that was refused in a job of Buildkite, with a list of signers that names ann and bob. Returns the run as well.
fn refused(list: &str) -> (Shop, Run, Fake) {
    let fake = Fake::start(*FACES.iter().find(|face| face.name() == "gitlab").unwrap());
    let shop = Shop::deployed(ENTRY)
        .with("STACKSTEP_FORGE", "gitlab")
        .with("STACKSTEP_FORGE_URL", &fake.server.url())
        .with("STACKSTEP_FORGE_TOKEN", TOKEN)
        .with("STACKSTEP_REPOSITORY", "acme/shop");
    let mut lines = String::new();
    for name in ["ann", "bob", "eve"] {
        let mut keygen = shop.repository.scene.other("ssh-keygen");
        assert!(
            output(keygen.args(["-q", "-t", "ed25519", "-N", "", "-f", &key(&shop, name)])).status.success()
        );
        let public = std::fs::read_to_string(format!("{}.pub", key(&shop, name))).unwrap();
        if list.contains(name) {
            lines.push_str(&format!("{name} {public}"));
        }
    }
    if !lines.is_empty() {
        shop.repository.scene.write(".stackstep/allowed_signers", &lines);
    }
    let shop = on_buildkite(shop.slips_in(2));
    let run = shop.deploy("").ends_with(76);
    (shop, run, fake)
}

fn key(shop: &Shop, name: &str) -> String {
    shop.repository.scene.root().join(name).display().to_string()
}

/// Signs what is said, by `line` with this key. Returns the file.
fn signs(shop: &Shop, line: &str, name: &str) -> String {
    let file = shop.repository.scene.root().join(format!("{name}.json")).display().to_string();
    let line = line.replace("~/.ssh/id_ed25519", &key(shop, name));
    shop.run(&format!("{line} --file {file}")).ends_with(0).says("breaks the glass of `shop/staging` until ");
    file
}

/// The line of a refusal that signs.
fn line_of(run: &Run) -> String {
    let log = run.log();
    let line = log.split("`stackstep approve ").nth(1).unwrap_or_else(|| panic!("{log}"));
    format!("approve {}", line.split('`').next().unwrap())
}

fn breaks(shop: &Shop, signed: &str) -> Run {
    breaks_for(shop, &shop.digest(), signed)
}

fn breaks_for(shop: &Shop, digest: &str, signed: &str) -> Run {
    let line = ["--reason", "the shop is down", "--link", "https://acme.example/12", "--signed", signed];
    shop.verb("break-glass", &[&["--digest", digest], &line[..]].concat())
}

#[test]
fn a_signature_breaks_the_glass_and_the_refusal_names_both_lines() {
    let (shop, run, _fake) = refused("ann bob");
    let digest = shop.digest();
    let run = run
        .says("in an emergency one of those who may (ann) signs it, `stackstep approve --break-glass -C infra/shop --stack staging")
        .says(&format!(
            "`stackstep break-glass -C infra/shop --stack staging --digest {digest} --reason … --link … --signed approval.json`"
        ));
    let file = signs(&shop, &line_of(&run), "ann");
    breaks(&shop, &file).ends_with(0).says("the glass is broken for the change");
    let entry = shop.entry(2);
    assert_eq!((entry["actor"].as_str(), entry["approvers"][0]["by"].as_str()), (Some("ann"), Some("ssh")));
    shop.deploy("").ends_with(0).says("BROKEN GLASS: `ann` lets this be deployed").says("Deployed");
    // What was signed breaks one glass.
    breaks_for(&shop, &digest, &file).ends_with(73).says("does not count: the glass was broken by it on ");
    assert!(!shop.kinds()[2..].contains(&"broke-glass".to_owned()));
}

#[test]
fn the_text_of_what_was_signed_is_enough() {
    let (shop, run, _fake) = refused("ann");
    let file = signs(&shop, &line_of(&run), "ann");
    let read = |file: &str| std::fs::read_to_string(file).unwrap();
    breaks(&shop, &format!("{}{}", read(&file), read(&format!("{file}.sig")))).ends_with(0);
}

#[test]
fn what_does_not_count_says_why() {
    let (shop, run, _fake) = refused("ann bob");
    let line = line_of(&run);
    let refused = |file: &str, why: &str, way: &str| {
        breaks(&shop, file).ends_with(73).says("what was signed does not count: ").says(why).says(way);
    };
    refused(
        &signs(&shop, &line, "bob"),
        "`bob` is not named in `break-glass.from`, and no forge tells whether a signer is in one of its teams",
        "somebody whom `break-glass.from` names",
    );
    refused(
        &signs(&shop, &line, "eve"),
        "is not in `.stackstep/allowed_signers` of",
        "sign with a listed key",
    );
    let file = signs(&shop, &line.replace(&shop.digest(), &format!("sha256:{}", "ab".repeat(32))), "ann");
    refused(&file, "it is about another change", "`stackstep approve --break-glass`");
    let approval = shop.repository.scene.root().join("approval.json").display().to_string();
    let line = line.replace(" --break-glass", "").replace("~/.ssh/id_ed25519", &key(&shop, "ann"));
    shop.run(&format!("{line} --file {approval}")).ends_with(0).says("approves `shop/staging`");
    refused(
        &approval,
        "it was signed for `approve`, not for `break-glass`",
        "sign this change anew with `stackstep approve --break-glass`",
    );
    refused("nowhere.json", "it can't be read", "");
    assert_eq!(shop.kinds(), ["refused"]);
}

#[test]
fn what_breaks_the_glass_counts_for_an_hour() {
    let (shop, run, _fake) = refused("ann");
    let file = signs(&shop, &line_of(&run), "ann");
    let expires = crate::support::json(&file)["expires"].as_str().unwrap().to_owned();
    assert!(expires.as_str() > shop.entry(1)["time"].as_str().unwrap());
    let file = signs(&shop, &format!("{} --expires 1s", line_of(&run)), "ann");
    let old = std::fs::read_to_string(&file).unwrap();
    let late = old.replace(&crate::support::json(&file)["expires"].as_str().unwrap()[..4], "2025");
    std::fs::write(&file, late).unwrap();
    let mut keygen = shop.repository.scene.other("ssh-keygen");
    std::fs::remove_file(format!("{file}.sig")).unwrap();
    let sign = ["-Y", "sign", "-n", "stackstep-approval", "-f", &key(&shop, "ann"), &file];
    assert!(output(keygen.args(sign)).status.success());
    breaks(&shop, &file).ends_with(73).says("it expired at 2025-");
}

#[test]
fn where_nobody_can_sign_and_nobody_is_told_no_glass_is_offered() {
    let (shop, run, _fake) = refused("");
    run.never_says("break-glass");
    let line = ["--digest", &shop.digest(), "--reason", "x", "--link", "https://acme.example"];
    let run = shop.verb("break-glass", &line).ends_with(73);
    run.says("`buildkite` does not tell a person who started this job")
        .says("stackstep approve --break-glass");
}

#[test]
fn a_laptop_breaks_nothing_by_a_signature_either() {
    let (shop, run, _fake) = refused("ann");
    let file = signs(&shop, &line_of(&run), "ann");
    let scene = ["BUILDKITE", "BUILDKITE_BRANCH"]
        .iter()
        .fold(shop.repository.scene, |scene, name| scene.without(name));
    let laptop = Shop { repository: Repository { scene } };
    breaks(&laptop, &file).ends_with(73).says("this is no job for a branch that is known");
}

#[test]
fn who_is_taken_out_of_the_entry_does_not_count_any_more() {
    let (shop, run, _fake) = refused("ann");
    breaks(&shop, &signs(&shop, &line_of(&run), "ann")).ends_with(0);
    let file = shop.repository.scene.program.join("stackstep.yaml");
    let text = std::fs::read_to_string(&file).unwrap().replace("from: [ann,", "from: [zoe,");
    std::fs::write(file, text).unwrap();
    let shop = on_buildkite(shop.pushed());
    shop.deploy("").ends_with(76).says("the broken glass does not count: `ann`").never_says("Deployed");
}
