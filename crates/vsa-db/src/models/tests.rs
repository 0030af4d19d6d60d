use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::postgres::types::PgInterval;
use time::macros::{date, datetime, time};
use time::{Date, OffsetDateTime, Time};
use uuid::Uuid;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-03-01 09:30:00 UTC);

/// Stands for personal data in every field that may hold some.
const SECRET: &str = "+390212345678";

/// A value to fill the field of a sample with.
trait Fill: Sized {
    fn plain() -> Self;

    /// One that would be noticed; of a type that holds no words, any.
    fn secret() -> Self {
        Self::plain()
    }
}

macro_rules! fill {
    ($($name:ty: $plain:expr $(, $secret:expr)?;)+) => {$(
        impl Fill for $name {
            fn plain() -> Self {
                $plain
            }

            $(fn secret() -> Self {
                $secret
            })?
        }
    )+};
}

fill! {
    Uuid: Uuid::nil();
    String: "plain".to_owned(), SECRET.to_owned();
    bool: true;
    i16: 1;
    i32: 1;
    i64: 1;
    f64: 0.5;
    Decimal: Decimal::new(95, 2);
    OffsetDateTime: NOW;
    Date: date!(2026 - 03 - 01);
    Time: time!(09:00);
    PgInterval: PgInterval::default();
    Value: json!({}), json!({ "to": SECRET });
    u8: 1;
}

impl<T: Fill> Fill for Option<T> {
    fn plain() -> Self {
        Some(T::plain())
    }

    fn secret() -> Self {
        Some(T::secret())
    }
}

impl<T: Fill> Fill for Vec<T> {
    fn plain() -> Self {
        vec![T::plain()]
    }

    fn secret() -> Self {
        vec![T::secret()]
    }
}

macro_rules! ids {
    ($($name:ident),+) => {
        $(impl super::Fill for crate::ids::$name {
            fn plain() -> Self {
                Self::from_uuid(uuid::Uuid::nil())
            }
        })+
    };
}

macro_rules! enums {
    ($($name:ident),+) => {
        $(impl super::Fill for crate::enums::$name {
            fn plain() -> Self {
                Self::ALL[0]
            }
        })+
    };
}

/// The columns of a model with values in them, secret ones in those that hold personal data.
macro_rules! samples {
    ($($name:ident { plain: $($plain:ident),*; secret: $($secret:ident),*; })+) => {
        $(impl super::Fill for crate::models::$name {
            fn plain() -> Self {
                use super::Fill;

                Self { $($plain: Fill::plain(),)* $($secret: Fill::secret(),)* }
            }
        })+

        /// Hands each sample to `check`, with the number of its fields that hold personal data.
        pub(super) fn each(check: impl Fn(&dyn std::fmt::Debug, usize)) {
            use super::Fill;

            $(check(
                &crate::models::$name::plain(),
                <[&str]>::len(&[$(stringify!($secret)),*]),
            );)+
        }
    };
}

mod samples;

#[test]
fn debug_shows_no_personal_data() {
    samples::each(|sample, hidden_fields| {
        for text in [format!("{sample:?}"), format!("{sample:#?}")] {
            assert!(!text.contains(SECRET), "personal data in {text}");
            assert_eq!(text.matches(": ***").count(), hidden_fields, "{text}");
        }
    });
}

#[test]
fn json_shows_every_field_and_writes_times_as_rfc_3339() {
    let contact = Contact {
        last_attempt_at: Some(NOW),
        next_attempt_at: None,
        ..Contact::plain()
    };
    let json = serde_json::to_value(contact).unwrap();
    assert_eq!(json["phone_number"], SECRET);
    assert_eq!(json["has_prior_consent"], true);
    assert_eq!(json["last_attempt_at"], "2026-03-01T09:30:00Z");
    assert!(json["next_attempt_at"].is_null());
}

#[test]
fn json_writes_times_of_day_and_exact_decimals_as_text() {
    let json = serde_json::to_value(Campaign::plain()).unwrap();
    assert_eq!(json["allowed_call_start_local"], "09:00:00");
    let response = SurveyResponse {
        q2_confidence: None,
        ..SurveyResponse::plain()
    };
    let json = serde_json::to_value(response).unwrap();
    assert_eq!(json["q1_confidence"], "0.95");
    assert!(json["q2_confidence"].is_null());
}

#[test]
fn the_type_of_a_template_is_called_type_in_json() {
    let template = EmailTemplate {
        r#type: crate::enums::EmailTemplateType::Completed,
        ..EmailTemplate::plain()
    };
    assert_eq!(
        serde_json::to_value(&template).unwrap()["type"],
        "completed"
    );
}
