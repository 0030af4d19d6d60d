//! Connection URLs as far as xtask needs them: is it one, which host, which database, and the form that may be printed.
//! `vsa-db` parses them in full; here a wrong one is refused before anything is started, without showing its password.

use std::fmt;
use std::fmt::Write as _;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

/// A `postgres://` URL. `Display` and `Debug` show it without its password; [`Url::expose`] is the whole of it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Url {
    whole: String,
    user: Option<String>,
    password: Option<String>,
    host: String,
    port: u16,
    database: String,
    /// What follows the `?`, secrets left out.
    query: String,
}

/// What may follow the `?`: the parameters that `vsa-db` takes.
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

/// Why a text is no connection URL. Never contains the text: it may hold a password.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed(&'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "not a PostgreSQL URL: {}; the form is postgres://user:password@host:port/database",
            self.0
        )
    }
}

impl std::error::Error for Malformed {}

impl std::str::FromStr for Url {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let rest = text
            .strip_prefix("postgres://")
            .or_else(|| text.strip_prefix("postgresql://"))
            .ok_or(Malformed(
                "it does not begin with postgres:// or postgresql://",
            ))?;
        if rest.contains(|c: char| c.is_whitespace() || c.is_control() || c == '#') {
            return Err(Malformed(
                "it holds a space, a control character or `#`; write those as %20, %23 and so on",
            ));
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if path.contains('@') || query.contains('@') {
            // Otherwise pieces of a password that was not encoded would be shown as host or database.
            return Err(Malformed(
                "an @ stands after the host; one that belongs to the password is written %40",
            ));
        }
        let (credentials, address) = match authority.rsplit_once('@') {
            Some((credentials, address)) => (Some(credentials), address),
            None => (None, authority),
        };
        let (mut user, mut password) =
            match credentials.map(|both| both.split_once(':').unwrap_or((both, ""))) {
                Some((user, password)) => (some(decode(user)?), some(decode(password)?)),
                None => (None, None),
            };
        let (mut host, mut port) = split_address(address)?;
        let mut name = some(decode(path)?);
        let mut shown_query = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !PARAMETERS.contains(&key) {
                return Err(Malformed(
                    "after the ? stands something else than host, port, dbname, user, password, sslmode, sslrootcert, \
                     sslcert, sslkey, application_name or options",
                ));
            }
            match key {
                "password" => password = some(decode(value)?),
                "user" => user = some(decode(value)?),
                "dbname" => name = some(decode(value)?),
                "host" => host = decode(value)?,
                "port" => {
                    port = value
                        .parse()
                        .map_err(|_| Malformed("the port is not a number up to 65535"))?;
                }
                _ => {}
            }
            // A key may be given inline.
            if !["password", "sslkey"].contains(&key) {
                shown_query.push(pair);
            }
        }
        if path.contains('/') {
            return Err(Malformed(
                "the database name holds a /; one that belongs to the password is written %2F",
            ));
        }
        // As libpq: without a name it is the user's.
        let database = name
            .or_else(|| user.clone())
            .ok_or(Malformed("it names no database"))?;
        Ok(Self {
            whole: text.to_owned(),
            user,
            password,
            host,
            port,
            database,
            query: shown_query.join("&"),
        })
    }
}

fn some(text: String) -> Option<String> {
    if text.is_empty() { None } else { Some(text) }
}

fn split_address(address: &str) -> Result<(String, u16), Malformed> {
    const BAD_PORT: Malformed = Malformed("the port is not a number up to 65535");
    let (host, port) = if let Some(rest) = address.strip_prefix('[') {
        let (host, rest) = rest
            .split_once(']')
            .ok_or(Malformed("an IPv6 address lacks its closing bracket"))?;
        (host, rest.strip_prefix(':'))
    } else {
        match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        }
    };
    let port = match port {
        None | Some("") => 5432,
        Some(port) => port.parse().map_err(|_| BAD_PORT)?,
    };
    Ok((decode(host)?, port))
}

/// Undoes percent-encoding.
fn decode(text: &str) -> Result<String, Malformed> {
    const BROKEN: Malformed = Malformed("a % is not followed by two hexadecimal digits");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || {
            rest.next()
                .and_then(|d| char::from(d).to_digit(16))
                .ok_or(BROKEN)
        };
        let value = digit()? * 16 + digit()?;
        bytes.push(u8::try_from(value).map_err(|_| BROKEN)?);
    }
    String::from_utf8(bytes).map_err(|_| Malformed("it is not UTF-8 once its % codes are read"))
}

/// Percent-encodes what may not stand as it is in any part of a URL.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

impl Url {
    /// Puts a URL together from its parts, encoding each. A host that begins with `/` is a socket folder.
    pub(crate) fn from_parts(
        user: Option<&str>,
        password: Option<&str>,
        host: &str,
        port: u16,
        database: &str,
    ) -> Result<Self, Malformed> {
        let mut text = "postgres://".to_owned();
        if let Some(user) = user {
            text += &encode(user);
            if let Some(password) = password {
                text += ":";
                text += &encode(password);
            }
            text += "@";
        }
        if host.starts_with('/') {
            // Both places name the port: readers of the URL differ in which they look at.
            let _ = write!(
                text,
                "localhost:{port}/{}?host={}&port={port}",
                encode(database),
                encode(host)
            );
        } else if host.contains(':') {
            let _ = write!(text, "[{host}]:{port}/{}", encode(database));
        } else {
            let _ = write!(text, "{}:{port}/{}", encode(host), encode(database));
        }
        text.parse()
    }

    /// Without TLS, whatever `PGSSLMODE` says: servers of our own have none, and only this machine reaches them.
    pub(crate) fn in_the_clear(self) -> Result<Self, Malformed> {
        let joint = if self.whole.contains('?') { '&' } else { '?' };
        format!("{}{joint}sslmode=disable", self.whole).parse()
    }

    /// The whole URL with its password: for a child's environment and for the one line of stdout that is made for it.
    pub(crate) fn expose(&self) -> &str {
        &self.whole
    }

    /// The password, when there is one.
    pub(crate) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// The name of the database.
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// Host (or socket folder) and port, as a person would say them.
    pub(crate) fn address(&self) -> String {
        format!(
            "{}:{}",
            if self.host.is_empty() {
                "localhost"
            } else {
                &self.host
            },
            self.port
        )
    }

    /// Whether nobody takes connections there. Only asked of a server on this machine, where the answer comes at once.
    pub(crate) fn is_dead(&self) -> bool {
        let answer = match self.host.as_str() {
            folder if folder.starts_with('/') => {
                UnixStream::connect(format!("{folder}/.s.PGSQL.{}", self.port)).err()
            }
            // A list of hosts, or whatever the default is: for vsa-db to find out.
            host if host.is_empty() || !self.is_local() || host.contains(',') => None,
            host => TcpStream::connect((host, self.port)).err(),
        };
        answer.is_some()
    }

    /// Whether the server is on this machine: a Unix socket, `localhost` or a loopback address.
    pub(crate) fn is_local(&self) -> bool {
        self.host.split(',').all(|host| {
            host.is_empty()
                || host.starts_with('/')
                || host.eq_ignore_ascii_case("localhost")
                || host
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        })
    }

    /// The URL without its password: fit for the arguments of a program.
    pub(crate) fn without_password(&self) -> String {
        self.shown("")
    }

    fn shown(&self, instead_of_password: &str) -> String {
        let mut text = "postgres://".to_owned();
        if let Some(user) = &self.user {
            text += &encode(user);
            if self.password.is_some() {
                text += instead_of_password;
            }
            text += "@";
        }
        let host = if self.host.starts_with('/') {
            "localhost"
        } else {
            &self.host
        };
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.to_owned()
        };
        let _ = write!(text, "{host}:{}/{}", self.port, encode(&self.database));
        let mut query = self.query.clone();
        if self.host.starts_with('/') && !query.split('&').any(|pair| pair.starts_with("host=")) {
            if !query.is_empty() {
                query.push('&');
            }
            query += "host=";
            query += &encode(&self.host);
        }
        if !query.is_empty() {
            text += "?";
            text += &query;
        }
        text
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown(":***"))
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_in_neither_display_nor_debug() {
        for text in [
            "postgres://ann:s3cret@db.example:5433/vsa?sslmode=require",
            "postgres://ann@db.example:5433/vsa?sslmode=require&password=s3cret",
            "postgres://ann:s3cret%40x@db.example/vsa",
            "postgres://ann@db.example/vsa?sslkey=s3cret",
        ] {
            let url: Url = text.parse().unwrap();
            assert!(
                !format!("{url} {url:?} {}", url.without_password()).contains("s3cret"),
                "{url}"
            );
            assert_eq!(url.expose(), text);
        }
        let url: Url = "postgres://ann:s3cret@db.example:5433/vsa?sslmode=require"
            .parse()
            .unwrap();
        assert_eq!(
            url.to_string(),
            "postgres://ann:***@db.example:5433/vsa?sslmode=require"
        );
    }

    #[test]
    fn a_malformed_url_is_refused_without_being_shown() {
        for text in [
            "mysql://u:s3cret@h/d",
            "u:s3cret@h/d",
            "postgres://u:s3cret@h:port/d",
            "postgres://u:s3cret@h:99999/d",
            "postgres://:s3cret@h",
            "postgres://:s3cret@h/",
            "postgres://u:12/s3cret@h/d",
            "postgres://u:12?s3cret@h/d",
            "postgres://u:s3cret@h/a/b",
            "postgres://u:s3cret%4@h/d",
            "postgres://u:s3cret%zz@h/d",
            "postgres://u:s3cret @h/d",
            "postgres://u:s3cret@[::1/d",
            "postgres://u@h/d?sslpassword=s3cret",
        ] {
            let error = text.parse::<Url>().unwrap_err().to_string();
            assert!(
                !error.contains("s3cret") && error.contains("postgres://user:password@host"),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn only_this_machine_is_local() {
        let local = |text: &str| text.parse::<Url>().unwrap().is_local();
        assert!(local("postgres://u@localhost/d"));
        assert!(local("postgres://u@127.3.2.1:1/d"));
        assert!(local("postgres://u@[::1]:5432/d"));
        assert!(local("postgres:///d?host=/run/postgresql"));
        assert!(local("postgres://u@%2Frun%2Fpostgresql/d"));
        assert!(!local("postgres://u@db.example/d"));
        assert!(!local("postgres://u@localhost/d?host=db.example"));
        assert!(!local("postgres://u@localhost/d?host=localhost,db.example"));
        assert!(!local("postgres://u@10.0.0.1/d"));
        assert!(!local("postgres://u@localhost.example/d"));
    }

    #[test]
    fn a_parameter_wins_over_what_stands_before_it() {
        let url: Url = "postgres://u@localhost/one?dbname=two%20x&user=ann"
            .parse()
            .unwrap();
        assert_eq!(url.database(), "two x");
        let url: Url = "postgres://u@localhost?user=ann".parse().unwrap();
        assert_eq!(url.database(), "ann");
    }

    #[test]
    fn a_socket_folder_stays_when_the_password_goes() {
        for text in [
            "postgres://u:p@%2Frun%2Fmine/d",
            "postgres://u:p@localhost/d?host=%2Frun%2Fmine",
        ] {
            let shown: Url = text
                .parse::<Url>()
                .unwrap()
                .without_password()
                .parse()
                .unwrap();
            assert_eq!(shown.address(), "/run/mine:5432", "{text}");
        }
    }

    #[test]
    fn parts_survive_the_way_through_a_url() {
        let url = Url::from_parts(Some("a@b"), Some("p:/?#%é"), "::1", 6000, "ü x").unwrap();
        assert_eq!(
            (url.password(), url.database(), url.address().as_str()),
            (Some("p:/?#%é"), "ü x", "::1:6000")
        );
        let socket = Url::from_parts(Some("vsa"), None, "/tmp/s p", 5432, "postgres").unwrap();
        assert!(socket.is_local());
        assert_eq!(
            socket.expose(),
            "postgres://vsa@localhost:5432/postgres?host=%2Ftmp%2Fs%20p&port=5432"
        );
    }
}
