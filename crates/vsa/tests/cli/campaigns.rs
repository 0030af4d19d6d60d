//! `vsa campaigns …`

use serde_json::json;

use crate::support::{CAMPAIGN, VIEWER, World};

#[test]
fn a_campaign_goes_from_a_file_to_its_results() {
    test_db::run(async |db| {
        let world = World::new(db).await?;
        let id = world.a_campaign().await?;
        world.vsa(&["campaigns", "validate", "City services"]).ok();
        world.manager(&["campaigns", "activate", &id[..13]]).ok();
        let shown = world.vsa(&["campaigns", "show", &id]).ok();
        for part in [
            "running",
            "Da uno a dieci? (scale)",
            "10:00:00.0 to 19:30:00.0, Europe/Rome",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        let counted = world.vsa(&["campaigns", "stats", &id, "--json"]).json();
        assert_eq!(counted["stats"]["contacts"]["pending"], json!(1));
        sqlx::query("UPDATE contacts SET state = 'refused', next_attempt_at = NULL WHERE campaign_id = $1::text::uuid")
            .bind(&id)
            .execute(db.pool())
            .await?;
        let csv = world
            .manager(&["campaigns", "export", "City services"])
            .ok();
        assert_eq!(csv.lines().count(), 2, "{csv}");
        assert!(csv.contains(",+390612345678,refused,0,"), "{csv}");
        world
            .manager(&["campaigns", "export", &id, "--output", "results.csv"])
            .ok();
        assert_eq!(
            std::fs::read_to_string(world.folder.path().join("results.csv"))?,
            csv
        );
        for (command, status) in [
            ("pause", "paused"),
            ("resume", "running"),
            ("complete", "completed"),
        ] {
            let after = world.manager(&["--json", "campaigns", command, &id]).json();
            assert_eq!(after["status"], json!(status));
        }
        let audit = world.manager(&["campaigns", "audit", &id, "--json"]).ok();
        let actions: Vec<serde_json::Value> = audit
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["action"].clone())
            .collect();
        assert_eq!(
            actions,
            [
                "campaign.complete",
                "campaign.resume",
                "campaign.pause",
                "results.export",
                "results.export",
                "campaign.activate",
                "campaign.create"
            ]
        );
        Ok(())
    });
}

#[test]
fn what_is_shown_as_yaml_can_be_edited_and_given_back_once() {
    test_db::run(async |db| {
        let world = World::new(db).await?;
        let id = world.a_campaign().await?;
        let yaml = world.vsa(&["campaigns", "show", &id, "--yaml"]).ok();
        assert!(yaml.starts_with("version: 1\n"), "{yaml}");
        world.file(
            "edited.yaml",
            &yaml.replace("max_attempts: 3", "max_attempts: 5"),
        )?;
        let edit = ["campaigns", "edit", &id, "--file", "edited.yaml"];
        world.manager(&edit).ok();
        let after = world.vsa(&["campaigns", "show", &id, "--json"]).json();
        assert_eq!(
            (&after["max_attempts"], &after["version"]),
            (&json!(5), &json!(2))
        );
        world
            .manager(&edit)
            .fails(6, "it is version 2 now, and you saw 1");
        world.file("plain.yaml", CAMPAIGN)?;
        let edit = ["campaigns", "edit", &id, "--file", "plain.yaml"];
        world
            .manager(&edit)
            .fails(2, "which version did you see? add --version");
        Ok(())
    });
}

/// "A campaign file with unknown keys, four questions, a window that ends before it starts, an unknown time zone."
#[test]
fn a_wrong_file_is_named_with_its_line_and_nothing_is_created() {
    test_db::run(async |db| {
        let world = World::new(db).await?;
        for (from, to, says) in [
            (
                "language: it",
                "langage: it",
                "bad.yaml:2:1: unknown field `langage`, expected one of",
            ),
            (
                "language: it",
                "language: de",
                "bad.yaml:2:11: unknown variant `de`, expected one of en, it",
            ),
            ("type: scale", "type: scales", "bad.yaml:5:"),
            (
                "call_window:",
                "  - {text: Fourth?, type: scale}\ncall_window:",
                "questions: 4 are given, and a survey asks exactly three",
            ),
            (
                "10:00",
                "20:00",
                "the call window 20:00:00.0 to 19:30:00.0 is empty: start must be before end",
            ),
            (
                "10:00",
                "ten",
                "call_window.start: 'ten' is no time of day; write it as \"09:00\"",
            ),
            (
                "language: it",
                "time_zone: Europe/Rom",
                "'Europe/Rom' is no time zone",
            ),
            (
                "language: it",
                "max_attempts: 9",
                "max_attempts is 9: allowed are 1 to 5",
            ),
            (
                "language: it",
                "name: Again",
                "bad.yaml:2:1: duplicate mapping key: name",
            ),
        ] {
            world.file("bad.yaml", &CAMPAIGN.replacen(from, to, 1))?;
            world
                .manager(&["campaigns", "create", "--file", "bad.yaml"])
                .fails(2, says);
        }
        world
            .manager(&["campaigns", "create", "--file", "none.yaml"])
            .fails(2, "cannot read none.yaml");
        let listed = world.vsa(&["campaigns", "list", "--json"]).ok();
        assert_eq!(
            listed.lines().count(),
            1,
            "that of the demo alone: {listed}"
        );
        Ok(())
    });
}

#[test]
fn what_keeps_a_campaign_from_running_is_listed_and_is_exit_code_3() {
    test_db::run(async |db| {
        let world = World::new(db).await?;
        world.file("empty.yaml", &CAMPAIGN.replace("Quante volte?", "' '"))?;
        let id = world
            .manager(&["campaigns", "create", "--file", "empty.yaml"])
            .ok();
        let id = id.trim();
        let ran = world.vsa(&["campaigns", "validate", id]);
        assert!(ran.stdout.contains("question_2_text: is empty"), "{ran:?}");
        assert!(
            ran.stdout.contains("contacts: there is nobody to call"),
            "{ran:?}"
        );
        ran.fails(3, "2 to mend before it can be activated");
        world
            .manager(&["campaigns", "activate", id])
            .fails(3, "the campaign is not ready: question_2_text");
        world
            .manager(&["campaigns", "pause", id])
            .fails(3, "cannot pause a draft campaign");
        Ok(())
    });
}

#[test]
fn a_scheduled_campaign_is_started_by_a_timer() {
    test_db::run(async |db| {
        let world = World::new(db).await?;
        let id = world.a_campaign().await?;
        let at = "2126-12-01T09:00:00+01:00";
        world
            .manager(&["campaigns", "schedule", &id, "--at", "tomorrow"])
            .fails(2, "'tomorrow' is no time");
        let after = world
            .manager(&["campaigns", "schedule", &id, "--at", at, "--json"])
            .json();
        assert_eq!(after["starts_at"], json!("2126-12-01T08:00:00Z"));
        let due = ["campaigns", "activate", "--due"];
        world.vsa(&due).fails(2, "who does this?");
        assert_eq!(world.manager(&due).ok(), "");
        sqlx::query("UPDATE campaigns SET starts_at = '2026-01-01' WHERE id = $1::text::uuid")
            .bind(&id)
            .execute(db.pool())
            .await?;
        assert_eq!(world.manager(&due).ok().trim(), id);
        Ok(())
    });
}

#[test]
fn a_viewer_reads_and_does_nothing_else() {
    test_db::run(async |db| {
        let world = World::new(db).await?;
        let id = world.a_campaign().await?;
        for command in ["activate", "cancel", "export", "audit"] {
            world
                .vsa(&["campaigns", command, &id, "--as", VIEWER])
                .fails(5, "a viewer may not");
        }
        world.vsa(&["campaigns", "stats", &id, "--as", VIEWER]).ok();
        world
            .vsa(&["campaigns", "activate", &id])
            .fails(2, "who does this? add --as");
        world
            .vsa(&["campaigns", "activate", &id, "--as", "no@where.example"])
            .fails(4, "--as: no such user");
        Ok(())
    });
}

#[test]
fn names_that_would_move_the_cursor_are_shown_and_not_obeyed() {
    test_db::run(async |db| {
        let world = World::new(db).await?;
        let evil = "name: \"\\e[2J'; DROP TABLE campaigns; --\"";
        world.file(
            "evil.yaml",
            &CAMPAIGN.replacen("name: City services", evil, 1),
        )?;
        let id = world
            .manager(&["campaigns", "create", "--file", "evil.yaml"])
            .ok();
        for args in [
            &["campaigns", "list"][..],
            &["campaigns", "show", id.trim()],
        ] {
            let text = world.vsa(args).ok();
            assert!(text.contains("␛[2J'; DROP TABLE campaigns; --"), "{text}");
            assert!(!text.contains('\u{1b}'), "{text:?}");
        }
        Ok(())
    });
}
