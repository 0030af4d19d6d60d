//! `vsa contacts …` and `vsa exclusions …`

use serde_json::json;

use crate::support::World;

#[test]
fn a_person_is_erased_by_number_or_by_contact() {
    test_db::run(async |db| {
        let world = World::new(db).await?;
        let id = world.a_campaign().await?;
        let listed = world.vsa(&["contacts", "list", &id, "--json"]).ok();
        let contact: serde_json::Value = serde_json::from_str(&listed)?;
        let contact = contact["id"].as_str().unwrap();
        let shown = world.vsa(&["contacts", "show", contact]).ok();
        assert!(shown.contains("maria@example.org"), "{shown}");

        let erased = world
            .manager(&["contacts", "erase", "--phone", "+390612345678", "--json"])
            .json();
        assert_eq!(erased["contacts"], json!([contact]));
        let shown = world.vsa(&["contacts", "show", contact]).ok();
        assert!(
            shown.contains("erased") && !shown.contains("maria@example.org"),
            "{shown}"
        );
        world
            .manager(&["contacts", "erase", "--phone", "+390612345678"])
            .fails(4, "no contact has this phone number, in no campaign");
        world
            .manager(&["contacts", "erase", contact])
            .fails(3, "was erased before");
        world
            .manager(&["contacts", "erase", "--phone", "0612345678"])
            .fails(2, "has no country code");
        // Whom only the do-not-call list knows, by what somebody wrote there.
        let number = "+44 020 7946 0018";
        world
            .manager(&["exclusions", "add", number, "--reason", "Jane Doe"])
            .ok();
        let erase = [
            "contacts",
            "erase",
            "--phone",
            "020 7946 0018",
            "--default-region",
            "GB",
        ];
        world.manager(&erase).ok();
        world
            .manager(&erase)
            .fails(4, "no contact has this phone number");
        let list = world.vsa(&["exclusions", "list", "--json"]).ok();
        assert!(
            list.contains("+442079460018") && !list.contains("Jane"),
            "{list}"
        );
        Ok(())
    });
}

#[test]
fn a_number_on_the_list_is_excluded_and_only_an_admin_takes_it_off() {
    test_db::run(async |db| {
        let world = World::new(db).await?;
        let id = world.a_campaign().await?;
        let add = ["exclusions", "add", "+390612345678", "--reason", "Said so"];
        let added = world.manager(&[&add[..], &["--json"]].concat()).json();
        assert_eq!(
            added,
            json!({"added": 1, "already_there": 0, "contacts": 1})
        );
        assert_eq!(world.manager(&add).ok(), "");
        let excluded = world
            .vsa(&["contacts", "list", &id, "--state", "excluded"])
            .ok();
        assert!(excluded.contains("+390612345678"), "{excluded}");
        let listed = world.vsa(&["exclusions", "list"]).ok();
        assert!(listed.contains("Said so"), "{listed}");
        let remove = ["exclusions", "remove", "+390612345678"];
        world.manager(&remove).fails(5, "ask an admin");
        world
            .vsa(&[&remove[..], &["--as", "admin@vsa.example"]].concat())
            .ok();
        world
            .vsa(&[&remove[..], &["--as", "admin@vsa.example"]].concat())
            .fails(4, "not on the do-not-call list");
        Ok(())
    });
}
