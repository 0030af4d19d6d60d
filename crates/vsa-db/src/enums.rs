//! The native enum types of the database, one Rust enum each; `schema.yaml` says which.
//!
//! The labels are those of `pg_enum`, in its order; a test compares the two. The same
//! labels are what `Display` prints, `FromStr` reads and JSON carries, so a value looks
//! alike in a query, a log line and an API.

/// A text that is no label of the enum it was read as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {type_name}; it is one of: {}", .labels.join(", "))]
pub struct UnknownLabel {
    /// The text as it was given.
    pub text: String,
    /// The database's name of the enum type, such as `call_outcome`.
    pub type_name: &'static str,
    /// Every label that would have been accepted, in the database's order.
    pub labels: &'static [&'static str],
}

/// An enum type with its labels: Rust and SQL names side by side.
macro_rules! pg_enum {
    (
        $(#[$doc:meta])*
        $name:ident: $type_name:literal {
            $($(#[$variant_doc:meta])* $variant:ident = $label:literal,)+
        }
    ) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize,
            serde::Deserialize, sqlx::Type,
        )]
        #[sqlx(type_name = $type_name)]
        pub enum $name {
            $(
                $(#[$variant_doc])*
                #[serde(rename = $label)]
                #[sqlx(rename = $label)]
                $variant,
            )+
        }

        impl $name {
            /// The database's name of this type.
            pub const TYPE_NAME: &'static str = $type_name;

            /// Every value, in the database's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The label, as the database spells it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::enums::UnknownLabel;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($label => Ok(Self::$variant),)+
                    _ => Err($crate::enums::UnknownLabel {
                        text: text.to_owned(),
                        type_name: $type_name,
                        labels: &[$($label),+],
                    }),
                }
            }
        }
    };
}

mod generated;

pub use generated::*;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_a_label_is_read(text in "[a-z_.-]{0,12}|openai|azure-openai|google") {
            match text.parse::<LlmProvider>() {
                Ok(value) => prop_assert_eq!(value.as_str(), text),
                Err(error) => {
                    prop_assert!(!error.labels.contains(&text.as_str()));
                    prop_assert_eq!(error.text, text);
                }
            }
        }
    }

    #[test]
    fn an_unknown_label_is_answered_with_the_known_ones() {
        let error = "EN".parse::<ContactLanguage>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"EN\" is not a contact_language; it is one of: en, it, auto"
        );
    }
}
