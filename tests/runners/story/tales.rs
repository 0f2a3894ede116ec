//! What happens to a change, and what has to come of it in each CI system.

use super::{Story, System};

/// A change request is previewed, and refused without a review; with one it is deployed to staging and verified there, and
/// what was verified is promoted. Another commit is not.
pub fn a_change_goes_to_production<S: System>(story: &Story<S>) {
    story.propose(&["queue", "table"]);
    story.previewed().passes().never_says("Deployed");
    let comments: Vec<String> = story.forge.memory().ours().iter().map(|one| one.body.clone()).collect();
    for stack in ["staging", "prod"] {
        let comment =
            comments.iter().find(|text| text.contains(&format!("Preview of `shop/{stack}`"))).unwrap();
        assert!(comment.contains(" review=sha256%3A"), "{comment}");
        assert!(comment.contains("<sub>reviewed change sha256:"), "{comment}");
    }
    story.other_change_was_previewed("staging");

    story.merge();
    let refused = story.pushed().fails_with(75).never_says("Deployed");
    refused
        .says("Update of `shop/staging` was refused: 3 to create")
        .says("an approval is missing: 0 of 1 approving review of")
        .says("hint: have it approved on the forge after reading the preview, then run the job again");
    story.nothing_is_deployed();

    story.approve();
    let deployed = story.pushed().passes().says("Deployed `shop/staging`: 3 created");
    let name = story.system.change_request();
    deployed
        .says(&format!("this is the change that {name} showed: `sha256:"))
        .says(&format!("approved by `ann` on {name}"));
    assert_eq!(story.ledger("staging"), ["refused", "reserved", "finished", "verified"]);
    assert_eq!((story.checks(), story.deployments("prod")), (1, 0));
    let statuses = story.statuses_of_other_change();
    assert_eq!(statuses.len(), 1, "{statuses:?}");
    assert!(statuses[0].contains("stale: `staging` has been deployed since, preview again"), "{statuses:?}");

    story.tagged("v1.0.0").passes().says("Deployed `shop/prod`: 3 created").says("approved by `ann` on");
    assert_eq!(story.ledger("prod"), ["reserved", "finished", "verified"]);

    story.push_past_everybody(&["queue", "table", "cache"]);
    let refused = story.tagged("v1.1.0").fails_with(73).never_says("Deployed");
    refused
        .says("Update of `shop/prod` was refused")
        .says("`staging` has not deployed these inputs; the last that it verified is commit `")
        .says("hint: deploy this commit to `staging` first, and let its checks pass");
    assert_eq!((story.deployments("staging"), story.deployments("prod")), (1, 1));
}

/// What was merged has a commit that came after the preview and the review.
pub fn what_slipped_in_is_not_deployed<S: System>(story: &Story<S>) {
    story.propose(&["queue", "table"]);
    story.previewed().passes();
    story.approve();
    story.propose(&["queue", "table", "miner"]);
    story.merge();
    let refused = story.pushed().fails_with(76).never_says("Deployed");
    refused
        .says("Update of `shop/staging` was refused: 4 to create")
        .says("`up` is refused: this is not the change that was reviewed: `miner`")
        .says("`create` was not reviewed")
        .says("hint: preview the change again on top of what is deployed, have it reviewed as it is now, and deploy that");
    story.nothing_is_deployed();
}

/// What slipped in was previewed as well, so that the comment shows it; the review is of the commit before.
pub fn a_review_of_the_commit_before_does_not_count<S: System>(story: &Story<S>) {
    story.propose(&["queue", "table"]);
    story.previewed().passes();
    story.approve();
    story.propose(&["queue", "table", "miner"]);
    story.previewed().passes();
    story.merge();
    let refused = story.pushed().fails_with(75).never_says("Deployed");
    refused.says("they approved `").says("hint: ask `ann` to approve again what the latest preview shows");
    story.nothing_is_deployed();
}

/// Staging was deployed, and its check failed.
pub fn what_staging_could_not_verify_is_not_promoted<S: System>(story: &Story<S>) {
    story.propose(&["queue", "table"]);
    story.previewed().passes();
    story.approve();
    story.merge();
    story.service_fails();
    story.pushed().fails_with(77).says("Deployed `shop/staging`");
    assert_eq!(story.deployments("staging"), 1);
    let refused = story.tagged("v1.0.0").fails_with(73).never_says("Deployed");
    refused
        .says("`staging` has deployed these inputs, and their checks did not pass")
        .says("hint: fix what the checks of `staging` found, and deploy that there first");
    assert_eq!(story.deployments("prod"), 0);
}
