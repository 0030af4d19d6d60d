//! What a good schema keeps, beyond being one that PostgreSQL takes. CONTRIBUTING.md states the laws for people.
//!
//! Something need not keep a law if `waivers` in `schema.yaml` says so, and why. A waiver that silences nothing is a
//! breach itself, so that none outlives what it was for.

pub(crate) mod indexes;
mod life;
mod named;
mod times;
mod words;

use std::collections::BTreeSet;
use std::fmt;

use crate::mistake::{At, is_reason, suggest};
use crate::spec::Spec;

/// The law about waivers. It is not among [`LAWS`], because nothing is excused from it.
const WAIVER: &str = "waiver";

/// Something that breaks a law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// Name of the law.
    pub law: &'static str,
    /// What breaks it, as a waiver names it: `table`, `table.column`, or the name of an index, constraint or enum.
    pub object: String,
    /// Where it stands in the file.
    pub at: At,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub write: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            law,
            at,
            what,
            write,
            ..
        } = self;
        write!(f, "{at}: {law}: {what}; {write}")
    }
}

/// A law: its name, and what looks for breaches of it.
struct Law {
    name: &'static str,
    look: fn(&Spec, &mut Found<'_>),
}

const LAWS: &[Law] = &[
    Law {
        name: "foreign-key-index",
        look: indexes::of_foreign_keys,
    },
    Law {
        name: "redundant-index",
        look: indexes::redundant,
    },
    Law {
        name: "index-purpose",
        look: indexes::purpose,
    },
    Law {
        name: "repeated-check",
        look: named::repeated_checks,
    },
    Law {
        name: "name",
        look: named::names,
    },
    Law {
        name: "comment",
        look: words::comments,
    },
    Law {
        name: "personal-data",
        look: words::personal_data,
    },
    Law {
        name: "time-type",
        look: times::types,
    },
    Law {
        name: "row-times",
        look: times::of_rows,
    },
    Law {
        name: "life-cycle",
        look: life::reachable,
    },
    Law {
        name: "unused-enum",
        look: life::used,
    },
];

/// The breaches of one law, as they are found.
struct Found<'a> {
    law: &'static str,
    all: &'a mut Vec<Breach>,
}

impl Found<'_> {
    fn add(
        &mut self,
        object: impl Into<String>,
        at: At,
        what: impl Into<String>,
        write: impl Into<String>,
    ) {
        self.all.push(Breach {
            law: self.law,
            object: object.into(),
            at,
            what: what.into(),
            write: write.into(),
        });
    }
}

/// Every breach that no waiver silences, in the order of the file.
pub fn check(spec: &Spec) -> Vec<Breach> {
    let mut all = Vec::new();
    for law in LAWS {
        let mut found = Found {
            law: law.name,
            all: &mut all,
        };
        (law.look)(spec, &mut found);
    }
    waive(spec, &mut all);
    all.sort_by_key(|breach| breach.at);
    all
}

/// Takes out what is waived, and adds the waivers that will not do.
fn waive(spec: &Spec, all: &mut Vec<Breach>) {
    let mut wrong = Vec::new();
    let mut found = Found {
        law: WAIVER,
        all: &mut wrong,
    };
    let mut waived = BTreeSet::new();
    for waiver in &spec.waivers {
        let (law, object) = (&*waiver.law, &*waiver.object);
        if !is_reason(&waiver.reason) {
            found.add(
                object,
                waiver.reason.at,
                format!("`{}` is no reason", waiver.reason.trim()),
                format!("say in a few words why `{object}` need not keep `{law}`"),
            );
        }
        if !LAWS.iter().any(|known| known.name == law) {
            found.add(
                object,
                waiver.law.at,
                format!("no law is called `{law}`"),
                suggest(law, LAWS.iter().map(|law| law.name)),
            );
            continue;
        }
        let breaks = all
            .iter()
            .any(|breach| breach.law == law && breach.object == object);
        if !breaks || !waived.insert((law, object)) {
            found.add(
                object,
                waiver.object.at,
                format!("nothing called `{object}` is left that breaks `{law}`"),
                "leave this waiver out",
            );
        }
    }
    all.retain(|breach| !waived.contains(&(breach.law, breach.object.as_str())));
    all.append(&mut wrong);
}
