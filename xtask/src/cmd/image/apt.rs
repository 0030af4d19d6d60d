//! Where this machine gets its packages from: suite, mirror and the PostgreSQL version that mirror has.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::proc;

/// The oldest PostgreSQL that the schema runs on.
const OLDEST: u32 = 15;

/// What debootstrap needs to know.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// The release's code name: `bookworm`.
    pub(super) suite: String,
    /// The URL of the mirror.
    pub(super) mirror: String,
    /// PostgreSQL's major version there.
    pub(super) major: u32,
}

/// Reads the machine's own configuration.
pub(super) fn discover() -> Result<Source> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let Some(suite) = code_name(&release) else {
        bail!(
            "this machine is not Debian or Ubuntu, so it has no packages for the image; where a registry answers type \
             `docker pull postgres:18`, else carry the image over: docker save vsa-postgres | ssh HOST docker load"
        );
    };
    let targets = apt(
        "apt-get",
        &[
            "indextargets",
            "--format",
            "$(SITE) $(RELEASE) $(COMPONENT)",
            "Created-By: Packages",
        ],
    )?;
    let Some(archive) = archive(&targets, &suite) else {
        bail!(
            "apt has no http mirror of {suite}/main; add one to its sources and run apt-get update"
        );
    };
    let mirror = mirror(&archive)?;
    let versions = apt(
        "apt-cache",
        &["search", "--names-only", "^postgresql-[0-9]+$"],
    )?;
    let mut known = Vec::new();
    for major in majors(&versions) {
        let madison = apt("apt-cache", &["madison", &format!("postgresql-{major}")])?;
        if in_archive(&madison, &archive, &suite) {
            known.push(major);
        }
    }
    let major = known.iter().copied().min().with_context(|| {
        format!("{mirror} has no PostgreSQL {OLDEST} or newer for {suite}; run apt-get update, or use a newer release")
    })?;
    Ok(Source {
        suite,
        mirror,
        major,
    })
}

/// The proxy that apt uses, for the downloader that debootstrap uses; one in the environment wins.
pub(super) fn proxy() -> Option<(&'static str, String)> {
    if std::env::var_os("http_proxy").is_some() {
        return None;
    }
    let text = apt(
        "apt-config",
        &["dump", "--format", "%v", "Acquire::http::Proxy"],
    )
    .ok()?;
    let proxy = text.trim();
    (!proxy.is_empty() && proxy != "DIRECT").then(|| ("http_proxy", proxy.to_owned()))
}

fn apt(program: &str, args: &[&str]) -> Result<String> {
    let mut command = Command::new(program);
    command.args(args).env("LC_ALL", "C");
    let output = proc::capture(&mut command, Duration::from_mins(1))?;
    ensure!(
        output.status.success(),
        "`{}` failed: {}",
        proc::render(&command),
        proc::tail(&output.stderr, 2)
    );
    String::from_utf8(output.stdout).context("apt printed something that is not UTF-8")
}

/// `VERSION_CODENAME` of an os-release file of Debian or a child of it.
fn code_name(release: &str) -> Option<String> {
    let value = |key: &str| {
        let line = release
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        Some(line.trim_matches('"').to_owned())
    };
    let family = format!(
        "{} {}",
        value("ID").unwrap_or_default(),
        value("ID_LIKE").unwrap_or_default()
    );
    let debian = family
        .split_whitespace()
        .any(|id| id == "debian" || id == "ubuntu");
    value("VERSION_CODENAME").filter(|name| debian && !name.is_empty())
}

/// An archive of apt's that is a file: a list of mirrors, the preferred one first, as on GitHub's machines.
const LIST: &str = "mirror+file:";

/// The first archive of the suite's main component that debootstrap can be given: it speaks http(s) and file, and of a list
/// of mirrors it gets the first.
fn archive(targets: &str, suite: &str) -> Option<String> {
    targets.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let (url, release, component) = (words.next()?, words.next()?, words.next()?);
        let reachable = ["http://", "https://", "file:", LIST]
            .iter()
            .any(|scheme| url.starts_with(scheme));
        (release == suite && component == "main" && reachable).then(|| url.to_owned())
    })
}

/// The URL for debootstrap. Everything else asks apt, which knows the archive by its own name.
fn mirror(archive: &str) -> Result<String> {
    let Some(path) = archive.strip_prefix(LIST) else {
        return Ok(archive.to_owned());
    };
    let list = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    first_url(&list).with_context(|| format!("{path} lists no http mirror"))
}

/// The first URL of a list of mirrors: one a line, followed by its properties.
fn first_url(list: &str) -> Option<String> {
    list.lines()
        .filter_map(|line| line.split_whitespace().next())
        .find(|word| word.starts_with("http://") || word.starts_with("https://"))
        .map(str::to_owned)
}

/// The versions that serve, from the lines of `apt-cache search`.
fn majors(search: &str) -> Vec<u32> {
    let number = |line: &str| {
        line.split_whitespace()
            .next()?
            .strip_prefix("postgresql-")?
            .parse()
            .ok()
    };
    search
        .lines()
        .filter_map(number)
        .filter(|major| *major >= OLDEST)
        .collect()
}

/// Whether `apt-cache madison` finds the package in the main component of that archive: another source of the
/// machine may have it too, but debootstrap asks one mirror only.
fn in_archive(madison: &str, archive: &str, suite: &str) -> bool {
    madison
        .lines()
        .filter_map(|line| line.rsplit_once('|'))
        .any(|(_, place)| {
            let mut words = place.split_whitespace();
            words.next().map(|word| word.trim_end_matches('/'))
                == Some(archive.trim_end_matches('/'))
                && words.next() == Some(&format!("{suite}/main"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGETS: &str = "http://other.example/pg bookworm-pgdg main\n\
                           cdrom://disc bookworm main\n\
                           http://mirror.example/debian bookworm main\n\
                           http://security.example/debian bookworm-security main\n";

    #[test]
    fn the_mirror_is_the_one_apt_uses_for_the_release() {
        assert_eq!(
            archive(TARGETS, "bookworm").as_deref(),
            Some("http://mirror.example/debian")
        );
        assert_eq!(archive(TARGETS, "trixie"), None);
    }

    #[test]
    fn of_a_list_of_mirrors_the_first_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("apt-mirrors.txt");
        fs::write(
            &list,
            "# ours\nhttp://near.example/ubuntu/\tpriority:1\nhttps://far.example/ubuntu/\tpriority:2\n",
        )
        .unwrap();
        let named = format!("mirror+file:{}", list.display());
        let found = archive(&format!("{named} noble main\n"), "noble").unwrap();
        assert_eq!(found, named);
        assert_eq!(mirror(&found).unwrap(), "http://near.example/ubuntu/");
        assert_eq!(
            mirror("https://one.example").unwrap(),
            "https://one.example"
        );
        let madison = format!(" postgresql-16 | 16.9 | {named} noble/main amd64 Packages\n");
        assert!(in_archive(&madison, &named, "noble"));

        fs::write(&list, "# none\n").unwrap();
        let error = mirror(&found).unwrap_err().to_string();
        assert!(error.contains("apt-mirrors.txt lists no"), "{error}");
        let error = mirror("mirror+file:/no/such/file").unwrap_err().to_string();
        assert!(error.contains("/no/such/file"), "{error}");
    }

    #[test]
    fn only_debian_and_its_children_have_a_code_name() {
        assert_eq!(
            code_name("ID=debian\nVERSION_CODENAME=bookworm\n").as_deref(),
            Some("bookworm")
        );
        assert_eq!(
            code_name("ID=mint\nID_LIKE=\"ubuntu debian\"\nVERSION_CODENAME=\"x\"\n").as_deref(),
            Some("x")
        );
        assert_eq!(code_name("ID=fedora\nVERSION_CODENAME=x\n"), None);
        assert_eq!(code_name(""), None);
    }

    #[test]
    fn versions_before_fifteen_do_not_serve() {
        assert_eq!(
            majors("postgresql-13 - old\npostgresql-15 - good\npostgresql-17 - newer\n"),
            [15, 17]
        );
    }

    #[test]
    fn a_version_of_another_source_is_not_on_the_mirror() {
        let madison = " postgresql-17 | 17.2-1 | http://other.example/pg bookworm-pgdg/main amd64 Packages\n\
                       postgresql-15 | 15.18 | http://mirror.example/debian bookworm/main amd64 Packages\n";
        assert!(in_archive(
            madison,
            "http://mirror.example/debian/",
            "bookworm"
        ));
        assert!(!in_archive(
            madison,
            "http://mirror.example/debian",
            "trixie"
        ));
        assert!(!in_archive(
            madison.lines().next().unwrap(),
            "http://mirror.example/debian",
            "bookworm"
        ));
    }
}
