//! What every command works with: the database, who types, and how results are to look.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres};
use time::OffsetDateTime;
use vsa_campaigns::find::find;
use vsa_contacts::{PhoneNumber, Region};
use vsa_db::actor::Actor;
use vsa_db::config::{self, DatabaseUrl};
use vsa_db::ids::CampaignId;
use vsa_db::page::PageSize;
use vsa_db::pool::{PoolSettings, connect};

use crate::args::{Common, Paging};
use crate::failure::Failure;

pub(crate) struct Session {
    pub(crate) pool: PgPool,
    pub(crate) json: bool,
    user: Option<String>,
}

impl Session {
    pub(crate) async fn open(common: Common) -> Result<Self, Failure> {
        let url: DatabaseUrl = match &common.database_url {
            Some(text) => text
                .parse()
                .map_err(|error| Failure::usage(format!("--database-url: {error}")))?,
            None => config::from_env().map_err(Failure::usage)?,
        };
        let settings = PoolSettings {
            max_connections: 2,
            application_name: "vsa command".to_owned(),
            ..PoolSettings::default()
        };
        Ok(Self {
            pool: connect(&url, &settings).await.map_err(Failure::failed)?,
            json: common.json,
            user: common.user,
        })
    }

    pub(crate) async fn connection(&self) -> Result<PoolConnection<Postgres>, Failure> {
        Ok(self.pool.acquire().await?)
    }

    /// Who types this.
    pub(crate) async fn actor(&self) -> Result<Actor, Failure> {
        let user = self.user.as_deref().ok_or_else(|| {
            Failure::usage(
                "who does this? add --as with your e-mail address, or set VSA_USER to it",
            )
        })?;
        let mut conn = self.connection().await?;
        let actor = match user.parse() {
            Ok(id) => Actor::by_id(&mut conn, id).await,
            Err(_) => Actor::by_email(&mut conn, user).await,
        };
        Ok(actor?)
    }

    /// The campaign that a text means.
    pub(crate) async fn campaign(&self, text: &str) -> Result<CampaignId, Failure> {
        let mut conn = self.connection().await?;
        Ok(find(&mut conn, text).await?)
    }
}

/// The time, at the program's edge.
#[expect(
    clippy::disallowed_methods,
    reason = "the program's edge asks the machine, and nobody else does"
)]
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Chance, at the program's edge.
#[expect(
    clippy::disallowed_methods,
    reason = "the program's edge asks the machine, and nobody else does"
)]
pub(crate) fn rng() -> StdRng {
    StdRng::from_rng(&mut rand::rng())
}

/// A number that was typed, as contacts have it.
pub(crate) fn number(text: &str, region: Option<Region>) -> Result<PhoneNumber, Failure> {
    PhoneNumber::read_to_exclude(text, region).map_err(Failure::usage)
}

/// How much of a list, and after what.
pub(crate) fn page<I: std::str::FromStr>(
    paging: &Paging,
) -> Result<(PageSize, Option<I>), Failure> {
    let size = PageSize::new(paging.limit).map_err(Failure::usage)?;
    let after = paging
        .after
        .as_deref()
        .map(|text| {
            text.parse()
                .map_err(|_| Failure::usage(format!("--after: '{text}' is no id")))
        })
        .transpose()?;
    Ok((size, after))
}

/// Tells how to go on when there is more.
pub(crate) fn tell_next(next: Option<&impl std::fmt::Display>) {
    if let Some(next) = next {
        crate::output::say(&format!("there is more: --after {next}"));
    }
}
