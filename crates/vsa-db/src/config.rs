//! Where the database is: one validated URL whose password is never shown.
//!
//! The URL is what `psql` understands too, because other programs are handed it: what libpq and the
//! driver read differently (`+` in the query, repeated parameters) is settled here or refused.
//! Whatever a URL leaves out is taken from `PGHOST`, `PGUSER`, `PGPASSWORD`, `~/.pgpass` and so on,
//! as `psql` does.

mod environment;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

pub use self::environment::{ConfigError, from_env, resolve};

/// Parameters after `?` that both the driver and libpq act on (the last one: the driver alone).
const PARAMETERS: [&str; 11] = [
    "host",
    "port",
    "dbname",
    "user",
    "password",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "application_name",
    "options",
];
/// Parameters whose value is a secret: a key may be given inline.
const SECRET_PARAMETERS: [&str; 2] = ["password", "sslkey"];
/// A validated `postgres://` URL.
///
/// `Display` and `Debug` show it with `***` in place of the password; only [`expose`](Self::expose)
/// and [`options`](Self::options) give the secret away.
#[derive(Clone)]
pub struct DatabaseUrl {
    url: Url,
    options: PgConnectOptions,
}

/// A database URL that cannot be used. The text never repeats any of the input, for a badly
/// written password can end up in every part of a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the database URL cannot be used: {problem}; a good one looks like \
     postgres://user:password@127.0.0.1:5432/vsa, with @ : / ? # % in the password written \
     %40 %3A %2F %3F %23 %25"
)]
pub struct InvalidUrl {
    problem: String,
}

impl DatabaseUrl {
    /// The whole URL with its password, for the connection and for child processes. Never print it.
    pub fn expose(&self) -> &str {
        self.url.as_str()
    }

    /// The driver's options. Their own `Debug` shows the password: never print it.
    pub fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// The database that will be connected to; the user's name if the URL names none, as in libpq.
    pub fn database(&self) -> &str {
        self.options
            .get_database()
            .unwrap_or_else(|| self.options.get_username())
    }

    /// The same server, user and settings, another database.
    #[must_use]
    pub fn with_database(&self, name: &str) -> Self {
        let mut url = self.url.clone();
        let mut query: Vec<String> = parameters(&self.url)
            .filter(|(key, _)| *key != "dbname")
            .map(|(_, raw)| raw.to_owned())
            .collect();
        let name_encoded = percent_encode(name);
        if matches!(name, "." | "..") {
            // In a path these two mean folders, encoded or not.
            url.set_path("/");
            query.push(format!("dbname={name_encoded}"));
        } else {
            url.set_path(&format!("/{name_encoded}"));
        }
        url.set_query((!query.is_empty()).then(|| query.join("&")).as_deref());
        Self {
            url,
            options: self.options.clone().database(name),
        }
    }

    /// Whether the server is on this machine as far as the URL tells: a Unix socket, `localhost`,
    /// 127.0.0.0/8 or `::1`. A tunnel that listens on a loopback address counts as local.
    pub fn is_local(&self) -> bool {
        let host = self.options.get_host();
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        self.options.get_socket().is_some()
            || host.starts_with('/')
            || host.eq_ignore_ascii_case("localhost")
            || address.is_ok_and(|ip| ip.to_canonical().is_loopback())
    }

    /// The server as people write it: `host:port`, or the path of the Unix socket.
    pub fn server(&self) -> String {
        let (host, port) = (self.options.get_host(), self.options.get_port());
        match self.options.get_socket() {
            Some(folder) => format!("{}/.s.PGSQL.{port}", folder.display()),
            None if host.starts_with('/') => format!("{host}/.s.PGSQL.{port}"),
            None => format!("{host}:{port}"),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        let text = text.trim();
        let refuse = |problem: &str| {
            Err(InvalidUrl {
                problem: problem.to_owned(),
            })
        };
        let Some((scheme, rest)) = text.split_once("://") else {
            return refuse("it does not begin with postgres:// or postgresql://");
        };
        if scheme != "postgres" && scheme != "postgresql" {
            return refuse("it does not begin with postgres:// or postgresql://");
        }
        if text.contains(|c: char| c.is_control()) {
            return refuse("it holds a line break or another control character");
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if rest[authority.len()..].contains(['@', '#']) {
            // The one rule that keeps pieces of an unencoded password out of the host, the database
            // name and the parameters, all of which are shown.
            return refuse(
                "an @ or # stands after the host; if it belongs to the password, encode it",
            );
        }
        if has_bad_percent(rest) {
            return refuse(
                "a % is not followed by two hexadecimal digits of UTF-8 text other than NUL",
            );
        }
        // libpq accepts `user@/db?host=/folder`; the URL standard wants a host after a user.
        let text = match authority.strip_suffix('@') {
            Some(user) => format!("{scheme}://{user}@localhost{}", &rest[authority.len()..]),
            None => text.to_owned(),
        };
        let mut url = match Url::parse(&text) {
            Ok(url) => url,
            Err(url::ParseError::InvalidPort) => {
                return refuse("the port is not a number from 1 to 65535");
            }
            Err(error) => return refuse(&format!("{error}")),
        };
        check_parameters(&url)?;
        if url.port() == Some(0) {
            return refuse("the port is not a number from 1 to 65535");
        }
        if url.path().trim_start_matches('/').contains('/') {
            return refuse("the database name holds a /; if it belongs to the password, encode it");
        }
        // A plus is a plus to libpq and a blank to the driver.
        let query = url.query().map(|query| query.replace('+', "%2B"));
        url.set_query(query.as_deref());
        match PgConnectOptions::from_str(url.as_str()) {
            Ok(options) => Ok(Self { url, options }),
            Err(_) => refuse("the driver does not accept one of its parameters"),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.url.clone();
        // An opaque mask, not one as long as the password. Failure would need a URL without a host,
        // which has no password either.
        if url.password().is_some() && url.set_password(Some("***")).is_err() {
            return f.write_str("postgres://***");
        }
        let query: Vec<String> = parameters(&self.url)
            .map(|(key, raw)| {
                if SECRET_PARAMETERS.contains(&key) {
                    format!("{key}=***")
                } else {
                    raw.to_owned()
                }
            })
            .collect();
        url.set_query((!query.is_empty()).then(|| query.join("&")).as_deref());
        f.write_str(url.as_str())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

impl PartialEq for DatabaseUrl {
    fn eq(&self, other: &Self) -> bool {
        self.url == other.url
    }
}

impl Eq for DatabaseUrl {}

/// The parameters after `?` as written: the key, and the whole `key=value`.
fn parameters(url: &Url) -> impl Iterator<Item = (&str, &str)> {
    let pieces = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|piece| !piece.is_empty());
    pieces.map(|piece| (piece.split_once('=').map_or(piece, |(key, _)| key), piece))
}

fn check_parameters(url: &Url) -> Result<(), InvalidUrl> {
    let mut seen = Vec::new();
    if url
        .host_str()
        .is_some_and(|host| host.starts_with("%2F") || host.starts_with("%2f"))
    {
        seen.push("host");
    }
    for (index, (key, piece)) in parameters(url).enumerate() {
        let refuse = |problem: String| Err(InvalidUrl { problem });
        let number = index + 1;
        if !PARAMETERS.contains(&key) && key != "statement-cache-capacity" {
            return refuse(format!(
                "parameter {number} after ? is not one of {}",
                PARAMETERS.join(", ")
            ));
        }
        if seen.contains(&key) {
            return refuse(format!("{key} is given twice"));
        }
        let value = &piece[(key.len() + 1).min(piece.len())..];
        if key == "sslmode" && PgSslMode::from_str(value).is_err() {
            return refuse(
                "sslmode is not disable, allow, prefer, require, verify-ca or verify-full".into(),
            );
        }
        if key == "port" && value.parse::<u16>().unwrap_or(0) == 0 {
            return refuse("the port is not a number from 1 to 65535".into());
        }
        seen.push(key);
    }
    Ok(())
}

/// Whether a `%` escape is cut short, is not hexadecimal, or decodes to NUL or to text that is not UTF-8.
fn has_bad_percent(text: &str) -> bool {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let hex = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        decoded.push(match byte {
            b'%' => match (hex(bytes.next()), hex(bytes.next())) {
                (Some(high), Some(low)) if high + low > 0 => {
                    u8::try_from(high * 16 + low).unwrap_or_default()
                }
                _ => return true,
            },
            other => other,
        });
    }
    String::from_utf8(decoded).is_err()
}

/// Everything but letters and digits as `%XX`: right in every part of a URL.
fn percent_encode(text: &str) -> String {
    text.bytes()
        .fold(String::with_capacity(text.len()), |mut encoded, byte| {
            if byte.is_ascii_alphanumeric() {
                encoded.push(char::from(byte));
            } else {
                encoded.push('%');
                encoded.push_str(&hex::encode_upper([byte]));
            }
            encoded
        })
}
