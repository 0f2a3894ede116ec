//! The HTML report in a real browser: Chromium, driven by Playwright (`drive.cjs` says what is done in it).

mod sample;

/// The tests need both tools; the modules have their names.
pub mod playwright {
    use super::sample;
    use crate::tools::{folder, root, run};
    use serde_json::Value;
    use stackstep::render::{self, Options};
    use stackstep::report::Report;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    /// The browser of the machine, or the unpacked one with the variables that it needs: libraries and fonts lie where
    /// nobody looks for them.
    pub fn browser(command: &mut Command, scratch: &Path) {
        let system = Path::new("/usr/bin/chromium");
        if system.exists() {
            command.env("CHROMIUM", system);
            return;
        }
        let folder = folder("chromium");
        let libraries = std::fs::read_dir(folder.join("usr/lib")).unwrap().map(|entry| entry.unwrap().path());
        // Libraries of a machine's own kind are in a folder of its name, PulseAudio's in one below.
        let libraries: Vec<PathBuf> =
            libraries.filter(|path| path.to_string_lossy().contains("-linux-")).collect();
        let all = libraries.iter().flat_map(|path| [path.clone(), path.join("pulseaudio")]);
        let fonts = scratch.join("fonts.conf");
        let text = format!(
            "<fontconfig><dir>{}</dir><cachedir>{}</cachedir>\
             <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>\
             <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>\
             </fontconfig>",
            folder.join("usr/share/fonts").display(),
            scratch.join("fonts").display()
        );
        std::fs::write(&fonts, text).unwrap();
        command
            .env("CHROMIUM", folder.join("usr/lib/chromium/chromium-headless-shell"))
            .env("LD_LIBRARY_PATH", std::env::join_paths(all).unwrap())
            .env("FONTCONFIG_FILE", fonts);
    }

    /// Plays a scenario on the report's page; what it measured.
    fn play(scenario: &str, name: &str, report: &Report) -> Value {
        let scratch = tempfile::tempdir().unwrap();
        // Left there for whoever wants to look.
        let pictures = root().join("target/report-pictures");
        let page = pictures.join(format!("{scenario}-{name}.html"));
        std::fs::create_dir_all(&pictures).unwrap();
        let options = Options {
            change_request: true,
            result: Some("https://ci.example/jobs/7/artifacts".to_owned()),
            ..Options::default()
        };
        std::fs::write(&page, render::html(report, &options)).unwrap();
        let mut command = Command::new("node");
        command.arg(root().join("tests/runners/chromium/drive.cjs")).arg(scenario).arg(&page);
        command.env("PLAYWRIGHT", folder("playwright").join("node_modules")).env("PICTURES", pictures);
        browser(&mut command, scratch.path());
        let (fine, said) = run(&mut command);
        assert!(fine, "{scenario} of {name}:\n{said}");
        serde_json::from_str(said.lines().last().unwrap()).unwrap()
    }

    #[test]
    #[ignore = "needs Chromium and Playwright"]
    fn a_page_is_loaded_fast_and_asks_for_nothing() {
        let mut rows =
            String::from("| HTML report | size | loaded | first paint |\n| --- | ---: | ---: | ---: |\n");
        for (changes, goal) in [(10, 1_000.0), (5_000, 3_000.0)] {
            let measured = play("load", &format!("{changes}-changes"), &sample::shop(changes));
            let number = |name: &str| measured[name].as_f64().unwrap();
            let (kilobytes, loaded, painted) =
                (number("bytes") / 1024.0, number("loaded"), number("painted"));
            rows +=
                &format!("| {changes} changes | {kilobytes:.0} KiB | {loaded:.0} ms | {painted:.0} ms |\n");
            assert!(loaded < goal, "{changes} changes: {loaded} ms");
        }
        let folder = root().join("target/report-tables");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("html-report.md"), rows).unwrap();
    }

    #[test]
    #[ignore = "needs Chromium and Playwright"]
    fn the_search_finds_one_of_ten_and_one_of_five_thousand() {
        for changes in [10, 5_000] {
            play("search", &format!("{changes}-changes"), &sample::shop(changes));
        }
    }

    #[test]
    #[ignore = "needs Chromium and Playwright"]
    fn everything_can_be_done_by_keyboard() {
        play("keyboard", "10-changes", &sample::shop(10));
    }

    #[test]
    #[ignore = "needs Chromium and Playwright"]
    fn light_and_dark_are_readable_and_accessible() {
        for changes in [10, 300] {
            play("colors", &format!("{changes}-changes"), &sample::shop(changes));
        }
    }

    #[test]
    #[ignore = "needs Chromium and Playwright"]
    fn without_style_and_script_it_is_still_readable() {
        for changes in [10, 5_000] {
            play("blocked", &format!("{changes}-changes"), &sample::shop(changes));
        }
    }

    #[test]
    #[ignore = "needs Chromium and Playwright"]
    fn names_that_want_to_be_markup_are_text() {
        play("hostile", "hostile", &sample::hostile());
    }
}
