//! The bootstraps, run by each shell that systems have as `sh`, and the launcher that GitHub's runner starts by Node:
//! all of them have to behave alike. `cargo xtask test` runs these; plain `cargo test` ignores them.
//!
//! The release that they fetch is made up: two scripts in a real archive, with their real hashes.

#![cfg(unix)]
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests start shells, and fail by a panic"
)]

mod cases;
mod fixture;
mod release;

use fixture::Subject;

/// One module of tests for each program that has to behave so.
macro_rules! each_behaves {
    ($($module:ident $subject:ident $needs:literal)*) => { $(
        mod $module {
            use super::{Subject, cases};
            each_behaves!(@ $subject $needs
                the_binary_is_fetched_and_gets_arguments_and_environment
                the_exit_status_is_the_binary_s
                the_second_run_fetches_nothing
                what_has_another_hash_is_not_started_and_leaves_nothing
                an_archive_with_the_right_hash_and_a_wrong_program_is_refused
                a_download_that_is_cut_off_is_tried_again
                a_server_that_fails_is_asked_again
                a_download_that_is_always_cut_off_fails_and_leaves_nothing
                an_archive_that_is_not_there_fails_and_leaves_nothing
                a_mirror_can_be_a_folder
                a_changed_program_in_the_cache_is_fetched_anew
                four_at_once_all_start
                a_cache_that_cannot_be_written_is_passed_by
                a_signal_reaches_the_binary
                a_signal_ends_a_download_at_once
                stackstep_bin_fetches_nothing
                without_a_release_it_says_what_to_do
                the_binary_s_umask_is_the_step_s
            );
        }
    )* };
    (@ $subject:ident $needs:literal $($case:ident)*) => { $(
        #[test]
        #[ignore = $needs]
        fn $case() {
            cases::$case(Subject::$subject);
        }
    )* };
}

each_behaves! {
    dash Dash "needs dash"
    bash Bash "needs bash"
    busybox Busybox "needs busybox"
    node_launcher Node "needs node"
}
