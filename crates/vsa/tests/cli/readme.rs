//! What the README shows is what happens.

use std::process::Command;

use crate::support::{MANAGER, World, ran};

/// The text of the block of a kind after the heading of the survey, and the first after these words there.
fn block<'r>(readme: &'r str, words: &str, kind: &str) -> &'r str {
    let (_, survey) = readme.split_once("## Run a survey\n").expect("the section");
    let (_, place) = survey.split_once(words).expect("the words before it");
    let (_, block) = place
        .split_once(&format!("```{kind}\n"))
        .expect("the block");
    block.split_once("```\n").expect("its end").0
}

#[test]
fn the_survey_of_the_readme_runs_and_prints_what_is_shown() {
    test_db::run(async |db| {
        let manifest = std::env::var("CARGO_MANIFEST_DIR").expect("cargo and nextest set it");
        let readme = std::fs::read_to_string(format!("{manifest}/../../README.md"))?;
        let world = World::new(db).await?;
        world.file("campaign.yaml", block(&readme, "`campaign.yaml`", "yaml"))?;
        for name in ["people.csv", "do-not-call.csv"] {
            let text = block(&readme, &format!("`{name}`"), "csv");
            world.file(name, &text.replace('\n', "\r\n"))?;
        }
        for step in block(&readme, "do-not-call.csv", "console")
            .split("$ ")
            .skip(1)
        {
            let (command, shown) = step.split_once('\n').expect("a line");
            let arguments = command.strip_prefix("vsa").expect("a command of ours");
            let script = format!("\"$VSA\" {arguments} 2>&1");
            let output = Command::new("bash")
                .args(["-c", &script])
                .env_clear()
                .env("VSA", env!("CARGO_BIN_EXE_vsa"))
                .env("VSA_USER", MANAGER)
                .env("DATABASE_URL", db.url().expose())
                .current_dir(world.folder.path())
                .output()?;
            let printed = ran(&output).ok();
            for line in shown.lines() {
                assert!(
                    printed.lines().any(|one| one == line),
                    "{command}: {line}\n{printed}"
                );
            }
        }
        Ok(())
    });
}
