use crate::file::Column;

/// The columns of a file of contacts, in any order. A name is compared by its letters and digits
/// only: `Phone Number`, `phone-number` and `PHONE_NUMBER` are one. Where a column has its own name,
/// others that could be it are left alone. What is not listed here is ignored.
pub const COLUMNS: &[Column] = &[
    Column {
        name: "external_contact_id",
        needed: false,
        synonyms: &[
            "externalid",
            "contactid",
            "customerid",
            "clientid",
            "id",
            "code",
            "reference",
            "codice",
            "codicecliente",
            "codicecontatto",
            "idcliente",
            "idcontatto",
            "idesterno",
            "riferimento",
        ],
    },
    PHONE_COLUMN,
    Column {
        name: "email",
        needed: false,
        synonyms: &[
            "emailaddress",
            "mail",
            "mailaddress",
            "indirizzoemail",
            "indirizzomail",
            "postaelettronica",
            "indirizzodipostaelettronica",
        ],
    },
    Column {
        name: "language",
        needed: false,
        synonyms: &[
            "preferredlanguage",
            "lang",
            "locale",
            "lingua",
            "linguapreferita",
        ],
    },
    Column {
        name: "has_prior_consent",
        needed: false,
        synonyms: &[
            "priorconsent",
            "consent",
            "hasconsent",
            "consentgiven",
            "optin",
            "consenso",
            "consensopreventivo",
            "haconsenso",
        ],
    },
    Column {
        name: "do_not_call",
        needed: false,
        synonyms: &[
            "dontcall",
            "dnc",
            "nocall",
            "nocalls",
            "optout",
            "nonchiamare",
            "nonchiamate",
            "danonchiamare",
            "opposizione",
        ],
    },
    Column {
        name: "time_zone",
        needed: false,
        synonyms: &["tz", "zone", "fusoorario", "fuso"],
    },
];

/// Whom to call, or not to call.
pub(crate) const PHONE_COLUMN: Column = Column {
    name: "phone_number",
    needed: true,
    synonyms: &[
        "phone",
        "telefono",
        "cellulare",
        "mobile",
        "numero",
        "number",
        "tel",
        "telephone",
        "telephonenumber",
        "phoneno",
        "mobilephone",
        "mobilenumber",
        "cell",
        "cellphone",
        "cellnumber",
        "msisdn",
        "numeroditelefono",
        "numerotelefono",
        "numerodicellulare",
        "numerocellulare",
        "telefonocellulare",
        "telefonomobile",
        "recapito",
        "recapitotelefonico",
    ],
};

/// Places in [`COLUMNS`].
pub(super) const EXTERNAL_ID: usize = 0;
pub(super) const PHONE: usize = 1;
pub(super) const EMAIL: usize = 2;
pub(super) const LANGUAGE: usize = 3;
pub(super) const CONSENT: usize = 4;
pub(super) const DO_NOT_CALL: usize = 5;
pub(super) const TIME_ZONE: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_that_of_its_column() {
        for (place, name) in [
            (EXTERNAL_ID, "external_contact_id"),
            (PHONE, "phone_number"),
            (EMAIL, "email"),
            (LANGUAGE, "language"),
            (CONSENT, "has_prior_consent"),
            (DO_NOT_CALL, "do_not_call"),
            (TIME_ZONE, "time_zone"),
        ] {
            assert_eq!(COLUMNS[place].name, name);
        }
    }

    /// Otherwise it could never be met, or could mean two things.
    #[test]
    fn a_name_is_folded_and_means_one_column() {
        let mut seen = std::collections::HashSet::new();
        for column in COLUMNS {
            let own = column.name.replace('_', "");
            for name in column.synonyms.iter().copied().chain([own.as_str()]) {
                assert!(
                    name.bytes().all(|b| b.is_ascii_lowercase()),
                    "{name} is not folded"
                );
                assert!(seen.insert(name.to_owned()), "{name} is there twice");
            }
        }
    }
}
