//! How values look in JSON whose types do not say it themselves: for `#[serde(with = "…")]` of a
//! field, with `::option` for one that may be absent.
//!
//! | type | text |
//! |---|---|
//! | `OffsetDateTime` | RFC 3339, by `time::serde::rfc3339` |
//! | `Date` | `2026-03-01` |
//! | `Time` | `09:30:00` |
//! | `PgInterval` | ISO 8601: `P1M2DT3.5S` |
//! | `Decimal` | `0.95`: no reader rounds it through binary floats |
//! | bytes | hexadecimal |

use sqlx::postgres::types::PgInterval;
use time::Time;

/// A module that serializes a type as the text that a function makes of it.
macro_rules! as_text {
    ($(#[$doc:meta])* $name:ident: $value:ty = $text:expr) => {
        $(#[$doc])*
        pub mod $name {
            use serde::Serializer;

            /// The text.
            pub fn serialize<S: Serializer>(value: &$value, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(&($text)(value))
            }

            /// The same for a value that may be absent.
            pub mod option {
                use serde::Serializer;

                /// The text, or null.
                pub fn serialize<S: Serializer>(
                    value: &Option<$value>,
                    to: S,
                ) -> Result<S::Ok, S::Error> {
                    match value {
                        Some(value) => super::serialize(value, to),
                        None => to.serialize_none(),
                    }
                }
            }
        }
    };
}

as_text! {
    /// Days.
    date: time::Date = time::Date::to_string
}

as_text! {
    /// Times of day, to the second.
    time_of_day: time::Time = |time: &time::Time| super::clock(*time)
}

as_text! {
    /// Exact decimals.
    decimal: rust_decimal::Decimal = rust_decimal::Decimal::to_string
}

as_text! {
    /// Spans of time; months and days have no fixed length and stand for themselves.
    interval: sqlx::postgres::types::PgInterval = super::iso_8601
}

as_text! {
    /// Bytes.
    bytes: Vec<u8> = hex::encode
}

fn clock(value: Time) -> String {
    let (hour, minute, second) = value.as_hms();
    format!("{hour:02}:{minute:02}:{second:02}")
}

fn iso_8601(value: &PgInterval) -> String {
    let PgInterval {
        months,
        days,
        microseconds,
    } = value;
    let sign = if *microseconds < 0 { "-" } else { "" };
    let (seconds, rest) = (
        microseconds.unsigned_abs() / 1_000_000,
        microseconds.unsigned_abs() % 1_000_000,
    );
    let fraction = format!(".{rest:06}");
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    format!("P{months}M{days}DT{sign}{seconds}{fraction}S")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_written_as_clocks_and_calendars_have_them() {
        assert_eq!(
            time::macros::date!(2026 - 03 - 01).to_string(),
            "2026-03-01"
        );
        assert_eq!(clock(time::macros::time!(9:05:07)), "09:05:07");
    }

    #[test]
    fn an_interval_is_written_as_iso_8601_has_it() {
        let text = |months, days, microseconds| {
            iso_8601(&PgInterval {
                months,
                days,
                microseconds,
            })
        };
        assert_eq!(text(1, 2, 3_500_000), "P1M2DT3.5S");
        assert_eq!(text(0, -1, -1), "P0M-1DT-0.000001S");
        assert_eq!(text(0, 0, 0), "P0M0DT0S");
    }
}
