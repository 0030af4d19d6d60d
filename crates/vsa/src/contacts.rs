//! `vsa contacts …`

mod import;

use vsa_contacts::erase::{Erased, erase_contact, erase_number};
use vsa_contacts::find::find;
use vsa_contacts::{Error, get, list};
use vsa_db::models::Contact;
use vsa_db::run_tx;

use crate::args::Contacts;
use crate::failure::Failure;
use crate::output::{self, count, print_fields, print_json, print_json_lines, print_table, say};
use crate::session::{Session, now, number, page, rng, tell_next};

pub(crate) async fn run(session: &Session, command: Contacts) -> Result<(), Failure> {
    match command {
        Contacts::Import {
            campaign,
            file,
            reading,
            dry_run,
            rejects,
        } => {
            import::run(
                session,
                &campaign,
                &file,
                reading,
                dry_run,
                rejects.as_deref(),
            )
            .await
        }
        Contacts::List {
            campaign,
            state,
            paging,
        } => {
            let id = session.campaign(&campaign).await?;
            let (size, after) = page(&paging)?;
            let page = list(&mut *session.connection().await?, id, state, after, size).await?;
            tell_next(page.next.as_ref());
            if session.json {
                return print_json_lines(&page.items);
            }
            let rows = page.items.iter().map(|contact| {
                vec![
                    contact.id.to_string(),
                    contact.state.to_string(),
                    phone(contact),
                    contact.attempts_count.to_string(),
                    output::time(contact.next_attempt_at),
                ]
            });
            print_table(&["ID", "STATE", "PHONE", "ATTEMPTS", "DUE"], rows.collect())
        }
        Contacts::Show { contact } => {
            let mut conn = session.connection().await?;
            let id = find(&mut conn, &contact).await?;
            let contact = get(&mut conn, id).await?;
            if session.json {
                return print_json(&contact);
            }
            show(&contact)
        }
        Contacts::Erase {
            contact,
            phone: given,
            default_region,
        } => {
            let number = given
                .as_deref()
                .map(|text| number(text, default_region))
                .transpose()?;
            let contact = match contact {
                Some(text) => Some(find(&mut *session.connection().await?, &text).await?),
                None => None,
            };
            let (actor, mut rng, now) = (session.actor().await?, rng(), now());
            let erased: Result<Erased, Error> =
                run_tx!(&session.pool, "erase a person", async |conn| {
                    match (&number, contact) {
                        (Some(number), _) => {
                            erase_number(conn, &mut rng, now, &actor, number).await
                        }
                        (None, Some(id)) => erase_contact(conn, &mut rng, now, &actor, id).await,
                        (None, None) => Err(Error::NobodyHasNumber),
                    }
                })
                .await;
            let erased = erased?;
            if session.json {
                return print_json(&erased);
            }
            say(&format!(
                "erased from {}: {} emptied, {} pieces of transcripts and {} deleted",
                count(erased.contacts.len() as u64, "campaign"),
                count(erased.responses, "survey"),
                erased.transcripts,
                count(erased.mails, "mail")
            ));
            Ok(())
        }
    }
}

fn phone(contact: &Contact) -> String {
    contact
        .phone_number
        .clone()
        .unwrap_or_else(|| "erased".to_owned())
}

fn show(contact: &Contact) -> Result<(), Failure> {
    let yes = |said: bool| if said { "yes" } else { "no" }.to_owned();
    print_fields(&[
        ("id", contact.id.to_string()),
        ("campaign", contact.campaign_id.to_string()),
        ("phone number", phone(contact)),
        (
            "external id",
            contact.external_contact_id.clone().unwrap_or_default(),
        ),
        ("e-mail", contact.email.clone().unwrap_or_default()),
        ("language", contact.preferred_language.to_string()),
        (
            "time zone",
            contact
                .time_zone
                .clone()
                .unwrap_or_else(|| "the campaign's".to_owned()),
        ),
        ("agreed before", yes(contact.has_prior_consent)),
        ("asked not to be called", yes(contact.do_not_call)),
        ("state", contact.state.to_string()),
        ("attempts", contact.attempts_count.to_string()),
        ("last attempt", output::time(contact.last_attempt_at)),
        (
            "last outcome",
            contact
                .last_outcome
                .map(|outcome| outcome.to_string())
                .unwrap_or_default(),
        ),
        ("due", output::time(contact.next_attempt_at)),
        ("added", output::time(Some(contact.created_at))),
        ("erased", output::time(contact.erased_at)),
    ])
}
