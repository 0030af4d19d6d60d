//! Every id its own type, one a table of `schema.yaml`, so that a contact's id cannot be
//! passed where a campaign's is meant.
//!
//! All are UUIDs. Those we make ourselves are time-ordered (version 7), which keeps
//! the primary-key indexes dense; those that plain SQL lets the server make are random
//! (version 4). Code may therefore sort by id, but must not read a time out of one.

use rand::Rng;
use time::OffsetDateTime;
use uuid::Uuid;

const NANOS_PER_MILLI: i128 = 1_000_000;

/// A version 7 UUID laid out as `PostgreSQL` 18 lays out its own `uuidv7()`: 48 bits of Unix
/// milliseconds, 12 bits of fraction of that millisecond, 62 random bits.
///
/// Twelve bits are a quarter of a microsecond, finer than a `timestamptz`, so ids order
/// as their times do. A time before 1970 counts as 1970.
fn uuid_v7(now: OffsetDateTime, rng: &mut impl Rng) -> Uuid {
    let nanos = now.unix_timestamp_nanos().max(0);
    let millis = u64::try_from(nanos / NANOS_PER_MILLI).unwrap_or(u64::MAX);
    let fraction = u16::try_from((nanos % NANOS_PER_MILLI) * 4096 / NANOS_PER_MILLI).unwrap_or(0);

    let mut tail = [0; 10];
    rng.fill_bytes(&mut tail);
    tail[..2].copy_from_slice(&fraction.to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
}

/// The first and the last UUID that begin with `text`: at least four hexadecimal digits, with or without hyphens.
/// People type no more of an id than they must.
#[must_use]
pub fn prefix(text: &str) -> Option<(Uuid, Uuid)> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    let is_prefix =
        (4..=32).contains(&digits.len()) && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let padded =
        |with: &str| Uuid::try_parse(&format!("{digits}{}", with.repeat(32 - digits.len())));
    if is_prefix {
        padded("0").ok().zip(padded("f").ok())
    } else {
        None
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize,
            serde::Deserialize, sqlx::Type,
        )]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// A new time-ordered id (UUID version 7) for something that comes into being `now`.
            pub fn generate(now: time::OffsetDateTime, rng: &mut impl rand::Rng) -> Self {
                Self($crate::ids::uuid_v7(now, rng))
            }

            /// The id with this value, of whatever UUID version.
            pub const fn from_uuid(uuid: uuid::Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID, for code that handles ids of several kinds alike.
            pub const fn as_uuid(self) -> uuid::Uuid {
                self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

mod generated;

pub use generated::*;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    /// Any instant a `timestamptz` and a UUID of version 7 can both hold, from 1970 to the year 9999.
    fn instants() -> impl Strategy<Value = OffsetDateTime> {
        (0..253_402_300_800_i64, 0..1_000_000_000_i64).prop_map(|(seconds, nanos)| {
            OffsetDateTime::from_unix_timestamp(seconds).unwrap()
                + time::Duration::nanoseconds(nanos)
        })
    }

    proptest! {
        #[test]
        fn text_reads_back_as_the_same_id(value in any::<u128>()) {
            let id = ContactId::from_uuid(Uuid::from_u128(value));
            prop_assert_eq!(id.to_string().parse::<ContactId>().unwrap(), id);
            let json = serde_json::to_string(&id).unwrap();
            prop_assert_eq!(&json, &format!("\"{id}\""));
            prop_assert_eq!(serde_json::from_str::<ContactId>(&json).unwrap(), id);
        }

        #[test]
        fn a_generated_id_is_a_version_7_of_its_millisecond(now in instants(), seed in any::<u64>()) {
            let uuid = ContactId::generate(now, &mut StdRng::seed_from_u64(seed)).as_uuid();
            prop_assert_eq!(uuid.get_version_num(), 7);
            prop_assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
            let millis = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap();
            let (seconds, nanos) = uuid.get_timestamp().unwrap().to_unix();
            prop_assert_eq!(seconds * 1000 + u64::from(nanos / 1_000_000), millis);
        }

        #[test]
        fn ids_order_as_their_microseconds(now in instants(), later in 1_i64..10_000_000, seed in any::<u64>()) {
            let mut rng = StdRng::seed_from_u64(seed);
            let first = EventId::generate(now, &mut rng);
            let second = EventId::generate(now + time::Duration::microseconds(later), &mut rng);
            prop_assert!(first < second, "{first} should sort before {second}");
        }
    }

    #[test]
    fn two_ids_of_one_instant_differ() {
        let mut rng = StdRng::seed_from_u64(1);
        let now = OffsetDateTime::UNIX_EPOCH;
        assert_ne!(
            UserId::generate(now, &mut rng),
            UserId::generate(now, &mut rng)
        );
    }

    #[test]
    fn a_time_before_1970_counts_as_1970() {
        let now = OffsetDateTime::UNIX_EPOCH - time::Duration::days(1);
        let id = UserId::generate(now, &mut StdRng::seed_from_u64(1));
        assert!(id.to_string().starts_with("00000000-0000-7000-"), "{id}");
    }

    #[test]
    fn a_prefix_is_a_range_of_ids() {
        let id: CampaignId = "01990000-0000-7000-8000-000000000501".parse().unwrap();
        for text in ["0199", "01990000-0", "019900000000", &id.to_string()] {
            let (first, last) = prefix(text).unwrap();
            assert!((first..=last).contains(&id.as_uuid()), "{text}");
        }
        for text in ["", "019", "019x", "Spring", "0".repeat(33).as_str()] {
            assert_eq!(prefix(text), None, "{text}");
        }
    }

    #[test]
    fn debug_names_the_kind_and_bad_text_is_refused() {
        let id = CampaignId::from_uuid(Uuid::nil());
        assert_eq!(
            format!("{id:?}"),
            "CampaignId(00000000-0000-0000-0000-000000000000)"
        );
        assert!("not-a-uuid".parse::<CampaignId>().is_err());
    }
}
