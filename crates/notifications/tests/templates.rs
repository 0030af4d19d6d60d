//! Listing templates by locale.

use vsa_db::enums::{EmailTemplateType, LanguageCode};
use vsa_db::page::PageSize;
use vsa_notifications::list_templates;

#[test]
fn a_locale_has_its_own_variants() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        vsa_db::seed::reference(&mut conn).await?;

        let page = list_templates(&mut conn, LanguageCode::It, None, PageSize::default()).await?;

        assert_eq!(page.items.len(), 3);
        assert!(
            page.items
                .iter()
                .all(|template| template.locale == LanguageCode::It)
        );
        assert_eq!(page.next, None);
        Ok(())
    });
}

#[test]
fn pages_hold_every_template_once_in_order() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        sqlx::query!(
            r#"
            INSERT INTO email_templates (name, type, locale, subject, body_html)
            VALUES
                ('B', 'refused', 'en', 's', 'b'),
                ('A', 'not_reached', 'en', 's', 'b'),
                ('B', 'completed', 'en', 's', 'b'),
                ('A', 'completed', 'it', 's', 'b')
            "#
        )
        .execute(&mut *conn)
        .await?;

        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = list_templates(
                &mut conn,
                LanguageCode::En,
                after.as_ref(),
                PageSize::new(1)?,
            )
            .await?;
            seen.extend(page.items.into_iter().map(|t| (t.name, t.r#type)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }

        assert_eq!(
            seen,
            [
                ("A".to_owned(), EmailTemplateType::NotReached),
                ("B".to_owned(), EmailTemplateType::Completed),
                ("B".to_owned(), EmailTemplateType::Refused),
            ]
        );
        Ok(())
    });
}
