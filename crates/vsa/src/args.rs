//! The command line; its doc comments are the help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use vsa_contacts::{Delimiter, Encoding, Region};
use vsa_db::enums::{CampaignStatus, ContactState};

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    failed: the database, a file, the network
  2    wrong usage, or a file that cannot be opened or is no such file
  3    not possible as things stand: the campaign is not ready, is over, cannot be moved so
  4    not found, or several may be meant
  5    you may not do this
  6    somebody else changed it meanwhile
  130  interrupted; nothing is half done; 143 if by SIGTERM

Environment:
  DATABASE_URL  the database, unless --database-url names it
  VSA_USER      who you are, unless --as says so";

/// Runs phone surveys: campaigns, their contacts, and the list of people who must not be called.
///
/// Results go to stdout, talk to stderr. A campaign is given by its exact name, its id, or the beginning
/// of its id; a contact by its id or the beginning of it.
#[derive(Debug, Parser)]
#[command(name = "vsa", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The database, as postgres://user:password@host:port/name
    ///
    /// Better in `DATABASE_URL`, in the environment or a `.env` file: other users of this machine can see arguments.
    // Not parsed by clap, whose error would repeat the text and with it the password.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// Who you are: e-mail address or id of a user; whatever changes something is recorded with it
    #[arg(long = "as", global = true, value_name = "USER", env = "VSA_USER")]
    pub(crate) user: Option<String>,
    /// Print JSON: one object, or one a line for lists
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What is asked, of whom, when and how often
    Campaigns {
        #[command(subcommand)]
        command: Campaigns,
    },
    /// Who is called
    Contacts {
        #[command(subcommand)]
        command: Contacts,
    },
    /// Who must never be called, in no campaign
    Exclusions {
        #[command(subcommand)]
        command: Exclusions,
    },
    /// Print the completions of a shell: source <(vsa completions bash)
    Completions {
        /// Which shell
        shell: Shell,
    },
}

/// How much of a list.
#[derive(Debug, Args)]
pub(crate) struct Paging {
    /// At most so many, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) limit: u16,
    /// What comes after this id: the last one of the page before
    #[arg(long, value_name = "ID")]
    pub(crate) after: Option<String>,
}

/// How a file was written.
#[derive(Debug, Args)]
pub(crate) struct Reading {
    /// What stands between the fields; without it whichever of , ; tab | fits
    #[arg(long, value_name = "C")]
    pub(crate) delimiter: Option<Delimiter>,
    /// Encoding, such as windows-1252; without it UTF-8, or what the file's first bytes say
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub(crate) encoding: Encoding,
    /// The country of numbers without a country code, such as IT
    #[arg(long, value_name = "CC")]
    pub(crate) default_region: Option<Region>,
}

/// A campaign and the version of it that was seen.
#[derive(Debug, Args)]
pub(crate) struct Moving {
    /// Name, id, or beginning of the id
    pub(crate) campaign: String,
    /// Only if nobody has changed it since this version
    #[arg(long, value_name = "N")]
    pub(crate) version: Option<i32>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Campaigns {
    /// Create a draft from a file
    ///
    /// `vsa campaigns show CAMPAIGN --yaml` prints such a file.
    Create {
        /// A YAML file; - is stdin
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
    /// Give a campaign the content of a file
    ///
    /// Edit what `vsa campaigns show CAMPAIGN --yaml` prints: it says which version you saw. If somebody changed the
    /// campaign since, nothing is overwritten. Script, questions and language are frozen once people were called.
    Edit {
        /// Name, id, or beginning of the id
        campaign: String,
        /// A YAML file; - is stdin
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// The version you saw, where the file does not say it
        #[arg(long, value_name = "N")]
        version: Option<i32>,
    },
    /// List campaigns, the newest first
    List {
        /// Only those that are draft, scheduled, running, paused, completed or cancelled
        #[arg(long)]
        status: Option<CampaignStatus>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show a campaign
    Show {
        /// Name, id, or beginning of the id
        campaign: String,
        /// As a file for `create` and `edit`
        #[arg(long)]
        yaml: bool,
    },
    /// Say what is missing before it can be activated; exit code 3 if something is
    Validate {
        /// Name, id, or beginning of the id
        campaign: String,
    },
    /// Have a draft start by itself
    Schedule {
        #[command(flatten)]
        moving: Moving,
        /// When, as 2026-12-01T09:00:00+01:00
        #[arg(long, value_name = "TIME")]
        at: String,
    },
    /// Start calling
    Activate {
        /// Name, id, or beginning of the id
        #[arg(required_unless_present = "due", conflicts_with = "due")]
        campaign: Option<String>,
        /// Only if nobody has changed it since this version
        #[arg(long, value_name = "N", conflicts_with = "due")]
        version: Option<i32>,
        /// All scheduled campaigns whose time has come: for a timer
        #[arg(long)]
        due: bool,
    },
    /// Make no new calls; open ones run to their end
    Pause(Moving),
    /// Call again
    Resume(Moving),
    /// End a campaign; final
    Complete(Moving),
    /// Give a campaign up; final
    Cancel(Moving),
    /// Show how far a campaign is, as of now
    Stats {
        /// Name, id, or beginning of the id
        campaign: String,
    },
    /// Write the results as CSV: the contacts who completed, refused or were not reached
    Export {
        /// Name, id, or beginning of the id
        campaign: String,
        /// Into this file, which appears when it is complete; without it stdout
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Show who did what to a campaign, the newest first
    Audit {
        /// Name, id, or beginning of the id
        campaign: String,
        #[command(flatten)]
        paging: Paging,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Contacts {
    /// Import contacts from a CSV: all of it or nothing
    ///
    /// Columns, in any order: `phone_number`, and if you like `external_contact_id`, `email`, `language` (en, it, auto),
    /// `has_prior_consent`, `do_not_call` (yes or no), `time_zone`. Names that spreadsheets and other systems use, in English
    /// and Italian, are understood; other columns are ignored. A row that is no contact is rejected with its line, column
    /// and reason, and does not keep the others out.
    Import {
        /// Name, id, or beginning of the id
        campaign: String,
        /// The file; - is stdin
        file: PathBuf,
        #[command(flatten)]
        reading: Reading,
        /// Do everything, tell what would be imported, and take it back
        #[arg(long)]
        dry_run: bool,
        /// Write the rejected rows into this CSV, which can be corrected and imported again
        #[arg(long, value_name = "FILE")]
        rejects: Option<PathBuf>,
    },
    /// List the contacts of a campaign, in the order in which they came
    List {
        /// Name, id, or beginning of the id
        campaign: String,
        /// Only those that are pending, `in_progress`, completed, refused, `not_reached` or excluded
        #[arg(long)]
        state: Option<ContactState>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show a contact
    Show {
        /// Id, or beginning of the id
        contact: String,
    },
    /// Erase a person from every campaign: cannot be undone
    ///
    /// Number, address, answers, transcripts and mails are gone; that somebody was called stays, so that statistics do.
    /// A do-not-call entry stays as well, without its reason.
    Erase {
        /// Id, or beginning of the id, of one of the person's contacts
        #[arg(required_unless_present = "phone", conflicts_with = "phone")]
        contact: Option<String>,
        /// The person's number, as +390612345678
        #[arg(long, value_name = "NUMBER")]
        phone: Option<String>,
        /// The country of a number without a country code, such as IT
        #[arg(long, value_name = "CC", requires = "phone")]
        default_region: Option<Region>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Exclusions {
    /// Put a number on the list: whoever has it is excluded from every campaign
    Add {
        /// As +390612345678
        number: String,
        /// Why, in your own words
        #[arg(long)]
        reason: Option<String>,
        /// The country of a number without a country code, such as IT
        #[arg(long, value_name = "CC")]
        default_region: Option<Region>,
    },
    /// Put the numbers of a CSV on the list: all of them or none
    ///
    /// Columns, in any order: `phone_number`, and if you like `reason`; the names that spreadsheets use, in English and
    /// Italian, are understood, and other columns are ignored. A row without a number is rejected with its line and reason.
    Import {
        /// The file; - is stdin
        file: PathBuf,
        #[command(flatten)]
        reading: Reading,
        /// Do everything, tell what would be imported, and take it back
        #[arg(long)]
        dry_run: bool,
        /// Write the rejected rows into this CSV, which can be corrected and imported again
        #[arg(long, value_name = "FILE")]
        rejects: Option<PathBuf>,
    },
    /// Take a number off the list; takes an admin
    ///
    /// Contacts who were excluded stay so; new ones with this number may be called.
    Remove {
        /// As +390612345678
        number: String,
        /// The country of a number without a country code, such as IT
        #[arg(long, value_name = "CC")]
        default_region: Option<Region>,
    },
    /// Show who put numbers on the list and took them off, the newest first
    Audit {
        #[command(flatten)]
        paging: Paging,
    },
    /// List the numbers
    List {
        #[command(flatten)]
        paging: Paging,
    },
}
