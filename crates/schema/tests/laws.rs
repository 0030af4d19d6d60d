//! What breaks a law is told with line and column, unless a waiver in the file says why it may.

use std::path::Path;

use vsa_schema::laws::check;
use vsa_schema::read;

/// A schema that keeps every law; the tests spoil it.
const GOOD: &str = "\
areas:
  people: {title: People, comment: Who is asked.}
enums:
  mood:
    comment: How somebody feels.
    labels:
      calm: Not at all excited.
      angry: Very much so.
    starts: calm
    moves:
      calm: [angry]
functions:
  set_updated_at:
    returns: trigger
    language: plpgsql
    comment: Notes when a row changes.
    body: BEGIN RETURN NEW; END
tables:
  users:
    area: people
    model: User
    comment: Who may sign in.
    columns:
      id: {type: uuid, comment: Primary key.}
      name: {type: text, personal: identity, comment: What to call the person. Personal data.}
      email: {type: text, personal: contact, comment: Where mail goes. Personal data.}
      mood: {type: mood, comment: How the person feels today.}
      boss_id:
        type: uuid
        nullable: true
        references: users
        on_delete: set null
        index: true
        comment: Whom the person asks.
      age: {type: integer, check: age > 0, comment: Age in years.}
      born_on: {type: date, personal: identity, comment: Day of birth. Personal data.}
      seen_at: {type: timestamptz, nullable: true, comment: When we last saw the person; null is never.}
      lunch_local: {type: time, comment: When the person eats.}
      created_at: {type: timestamptz, default: now(), comment: When the row was made.}
      updated_at: {type: timestamptz, default: now(), comment: When the row last changed.}
    unique:
      - [email, age]
    checks:
      seen: seen_at >= created_at
    indexes:
      - {keys: [mood, age], comment: Serves the party.}
    triggers:
      set_updated_at: {fires: before update, for_each: row, calls: set_updated_at, comment: Keeps updated_at.}
";

fn breaches(text: &str) -> String {
    match read("schema.yaml", text.as_bytes()) {
        Ok(spec) => {
            let lines: Vec<_> = check(&spec).iter().map(ToString::to_string).collect();
            lines.join("\n")
        }
        Err(mistakes) => mistakes.to_string(),
    }
}

fn spoil(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "the schema has no {from:?} to spoil");
    GOOD.replacen(from, to, 1)
}

#[track_caller]
fn spoilt(from: &str, to: &str, expected: &str) {
    assert_eq!(breaches(&spoil(from, to)), expected);
}

#[test]
fn the_schema_of_the_repository_keeps_every_law() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema.yaml");
    let text = std::fs::read_to_string(path).expect("schema.yaml");
    assert_eq!(breaches(&text), "");
}

#[test]
fn a_good_schema_breaks_no_law() {
    assert_eq!(breaches(GOOD), "");
}

#[test]
fn a_foreign_key_needs_an_index_that_begins_with_it() {
    let none = "28:7: foreign-key-index: no index of `users` begins with the foreign key `boss_id`; \
                write `index: true` at the column";
    spoilt("        index: true\n", "", none);
    let index = "{keys: [mood, age], comment: Serves the party.}";
    let without = spoil("        index: true\n", "");
    for (other, expected) in [
        (
            "{keys: [boss_id, seen_at], comment: Serves the boss.}",
            String::new(),
        ),
        (
            "{keys: [boss_id], where: boss_id IS NOT NULL}",
            String::new(),
        ),
        (
            "{keys: [boss_id], where: age IS NOT NULL, comment: Serves nobody.}",
            none.to_owned(),
        ),
        (
            "{keys: [boss_id], method: gin, comment: Serves nobody.}",
            none.to_owned(),
        ),
        (
            "{keys: [age, boss_id], comment: Serves nobody.}",
            none.to_owned(),
        ),
    ] {
        assert_eq!(
            breaches(&without.replacen(index, other, 1)),
            expected,
            "{other}"
        );
    }
}

#[test]
fn no_index_is_the_beginning_of_another() {
    let index = "      - {keys: [mood, age], comment: Serves the party.}\n";
    let with = |other: &str| spoil(index, &format!("{index}      - {other}\n"));
    for (other, expected) in [
        (
            "{keys: [mood], comment: Serves all.}",
            "47:17: redundant-index: `users_mood_idx` is the beginning of `users_mood_age_idx`; leave it out",
        ),
        (
            "{keys: [mood DESC], comment: Serves all.}",
            "47:17: redundant-index: `users_mood_idx` is the beginning of `users_mood_age_idx`; leave it out",
        ),
        (
            "{keys: [email, age], comment: Serves all.}",
            "47:17: redundant-index: `users_email_age_idx` is the same as `users_email_age_key`; leave it out",
        ),
        (
            "{keys: [id], unique: true, comment: Serves all.}",
            "47:17: redundant-index: `users_id_key` is the same as `users_pkey`; leave it out",
        ),
        (
            "{keys: [mood, age], unique: true, comment: Serves all.}",
            "46:17: redundant-index: `users_mood_age_idx` is the same as `users_mood_age_key`; leave it out",
        ),
        // These do something that the other one does not.
        (
            "{keys: [mood], where: age > 18, comment: Serves adults.}",
            "",
        ),
        ("{keys: [mood], unique: true, comment: One of each.}", ""),
        ("{keys: [mood], method: hash, comment: Serves all.}", ""),
        ("{keys: [mood], include: [name], comment: Serves all.}", ""),
        ("{keys: [mood DESC, age, name], comment: Serves all.}", ""),
    ] {
        assert_eq!(breaches(&with(other)), expected, "{other}");
    }
}

#[test]
fn an_index_says_what_it_serves_or_is_that_of_a_foreign_key() {
    spoilt(
        "{keys: [mood, age], comment: Serves the party.}",
        "{keys: [mood, age]}",
        "46:17: index-purpose: `users_mood_age_idx` does not say what it serves; \
         write a `comment` (at a column: `index: Serves …`), or leave the index out",
    );
}

#[test]
fn no_two_checks_say_the_same() {
    spoilt(
        "      seen: seen_at >= created_at\n",
        "      seen: seen_at >= created_at\n      seen_late: seen_at  >= created_at\n",
        "45:7: repeated-check: `users_seen_late_check` says the same as `users_seen_check`; leave it out",
    );
}

#[test]
fn names_follow_the_rule() {
    spoilt(
        "{keys: [mood, age], ",
        "{keys: [mood, age], name: by_mood, ",
        "46:35: name: by the naming rule `by_mood` is called `users_mood_age_idx`; leave `name` out",
    );
    spoilt(
        "      seen: seen_at >= created_at\n",
        "      seen: seen_at >= '2026-01-01 created_at'\n",
        "44:7: name: `users_seen_check` checks `seen_at` alone, and is not named after it; \
         write it as `check` of the column `seen_at`, joined with AND to what stands there",
    );
    // Where the rule's own name is too long, a shorter one still says table and kind.
    let long = "a".repeat(60);
    let column = format!("      {long}: {{type: text, comment: Long.}}\n      created_at:");
    let with = |name: &str| {
        spoil("      created_at:", &column).replacen(
            "{keys: [mood, age], ",
            &format!("{{keys: [{long}], name: {name}, "),
            1,
        )
    };
    assert_eq!(breaches(&with("users_long_idx")), "");
    assert_eq!(
        breaches(&with("users_long_key")),
        "47:86: name: `users_long_key` does not begin with its table and end with `idx`; write `users_…_idx`"
    );
}

#[test]
fn comments_are_sentences_that_say_more_than_the_name() {
    spoilt(
        "comment: Who may sign in.",
        "comment: The users table.",
        "22:14: comment: the comment of `users` says no more than its name; \
         say what it means, in which unit, or what null means",
    );
    spoilt(
        "comment: Age in years.",
        "comment: Age in years",
        "35:53: comment: the comment of `users.age` does not end with a full stop; write whole sentences",
    );
    spoilt(
        "calm: Not at all excited.",
        "calm: Not at all excited",
        "7:13: comment: the comment of `mood.calm` does not end with a full stop; write whole sentences",
    );
    spoilt(
        "comment: Serves the party.",
        "comment: Serves the party",
        "46:38: comment: the comment of `users_mood_age_idx` does not end with a full stop; write whole sentences",
    );
}

#[test]
fn personal_data_is_labelled_and_said_to_be() {
    let email = "email: {type: text, personal: contact, comment: Where mail goes. Personal data.}";
    spoilt(
        email,
        "email: {type: text, comment: Where mail goes.}",
        "26:7: personal-data: `users.email` sounds like personal data, and has no label; \
         write `personal: contact`, and end the comment with `Personal data.`",
    );
    spoilt(
        email,
        "email: {type: text, comment: Where mail goes. Personal data.}",
        "26:7: personal-data: the comment of `users.email` says that it holds personal data, and no label does; \
         write `personal: contact`",
    );
    spoilt(
        email,
        "email: {type: text, personal: contact, comment: Where mail goes.}",
        "26:55: personal-data: `users.email` holds personal data, and its comment does not say so; \
         end the comment with `Personal data.`",
    );
    spoilt(
        "name: {type: text, personal: identity, comment: What to call the person. Personal data.}",
        "name: {type: text, comment: What to call the person.}",
        "25:7: personal-data: `users.name` sounds like personal data, and has no label; \
         write `personal: identity`, and end the comment with `Personal data.`",
    );
    // A number cannot hold what its name speaks of.
    spoilt(
        "      lunch_local:",
        "      email_count: {type: integer, comment: Mails so far.}\n      lunch_local:",
        "",
    );
}

#[test]
fn what_ends_like_a_time_is_one() {
    spoilt(
        "seen_at: {type: timestamptz,",
        "seen_at: {type: date,",
        "37:23: time-type: `users.seen_at` is date, but `*_at` is timestamptz; write `type: timestamptz`, or another name",
    );
    spoilt(
        "born_on: {type: date,",
        "born_on: {type: text,",
        "36:23: time-type: `users.born_on` is text, but `*_on` is date; write `type: date`, or another name",
    );
    spoilt(
        "lunch_local:",
        "lunch:",
        "38:7: time-type: `users.lunch` is a time of day without a zone, and does not say whose; \
         call it `lunch_local` if it is that of the place, or make it a timestamptz",
    );
}

#[test]
fn a_row_tells_when_it_was_made_and_changed() {
    let created =
        "      created_at: {type: timestamptz, default: now(), comment: When the row was made.}\n";
    let updated = "      updated_at: {type: timestamptz, default: now(), comment: When the row last changed.}\n";
    let check = "    checks:\n      seen: seen_at >= created_at\n";
    let unmade = spoil(created, "").replacen(check, "", 1);
    assert_eq!(
        breaches(&unmade),
        "19:3: row-times: `users` does not tell when a row was made; \
         add `created_at: {type: timestamptz, default: now(), comment: …}`"
    );
    assert_eq!(
        breaches(&unmade.replacen(
            "seen_at: {type: timestamptz, nullable: true,",
            "seen_at: {type: timestamptz, default: now(),",
            1
        )),
        "39:7: row-times: `users` has `updated_at` without `created_at`; \
         add `created_at: {type: timestamptz, default: now(), comment: …}`"
    );
    spoilt(
        updated,
        &updated.replace("default: now()", "nullable: true"),
        "40:7: row-times: `users.updated_at` may be null, or is not now() by itself; \
         write `default: now()`, and leave `nullable` out",
    );
    spoilt(
        "fires: before update",
        "fires: after update",
        "40:7: row-times: no trigger keeps `users.updated_at`; \
         add the trigger `set_updated_at: {fires: before update, for_each: row, calls: set_updated_at, …}`",
    );
    spoilt(
        updated,
        "",
        "47:7: row-times: `users_set_updated_at` keeps `updated_at`, which `users` does not have; \
         add the column `updated_at`, or leave the trigger out",
    );
}

#[test]
fn every_state_of_a_life_can_be_reached() {
    spoilt(
        "      calm: [angry]\n",
        "      angry: [calm]\n",
        "8:7: life-cycle: no life of `mood` that starts with `calm` comes to `angry`; \
         write under `moves` from where it is reached",
    );
}

#[test]
fn an_enum_is_the_type_of_a_column() {
    spoilt(
        "mood: {type: mood,",
        "mood: {type: text,",
        "4:3: unused-enum: no column is a `mood`; leave the enum out until one is",
    );
}

#[test]
fn a_waiver_silences_one_law_for_one_object() {
    let waiver = |law: &str, object: &str, reason: &str| {
        format!("waivers:\n  - {{law: {law}, object: {object}, reason: {reason}}}\n")
    };
    let spoilt = spoil("        index: true\n", "");
    let key = "users_boss_id_fkey";
    let good = waiver("foreign-key-index", key, "No boss is ever deleted.");
    assert_eq!(breaches(&format!("{spoilt}{good}")), "");

    let nothing = "50:38: waiver: nothing called `users_boss_id_fkey` is left that breaks `foreign-key-index`; \
                   leave this waiver out";
    assert_eq!(breaches(&format!("{GOOD}{good}")), nothing);
    let second = good.replacen("waivers:\n", "", 1);
    assert_eq!(breaches(&format!("{spoilt}{good}{second}")), nothing);
    let breach = "28:7: foreign-key-index: no index of `users` begins with the foreign key `boss_id`; \
                  write `index: true` at the column";
    assert_eq!(
        breaches(&format!(
            "{spoilt}{}",
            waiver("foreign-key-indx", key, "No boss is ever deleted.")
        )),
        format!(
            "{breach}\n49:11: waiver: no law is called `foreign-key-indx`; write `foreign-key-index`"
        )
    );
    assert_eq!(
        breaches(&format!(
            "{spoilt}{}",
            waiver("foreign-key-index", key, "because")
        )),
        "49:66: waiver: `because` is no reason; say in a few words why `users_boss_id_fkey` need not keep `foreign-key-index`"
    );
}
