//! What a checkout remembers about its database: one folder outside of the checkout and of `target/`, so that neither
//! `cargo clean` nor `git clean` takes a running server's data away.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::context::Context;
use crate::db::lock::{self, Lock};
use crate::db::owner;
use crate::db::provider::Provider;
use crate::db::url::Url;
use crate::json::{self, Fields, FromJson, Json};

/// The name of the superuser and of the database that xtask makes.
pub(crate) const NAME: &str = "vsa";

/// The state folder of one checkout.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    /// `<base>/<slug>-<hash of the checkout's path>`.
    pub(crate) path: PathBuf,
    /// A name for what lives outside of the folder and must not clash with other checkouts, users or state folders:
    /// containers, volumes, folders in shared memory.
    pub(crate) id: String,
    /// The number behind `id`.
    pub(crate) hash: u32,
    root: PathBuf,
}

/// `state.json`: the development server of the checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    /// Which provider serves this checkout until `db-down --purge`.
    pub(crate) provider: Provider,
    /// Where it listens on 127.0.0.1.
    pub(crate) port: u16,
    /// Random, made once; never leaves this file but through `db-up`, `db-url` and the environment of child processes.
    pub(crate) password: Secret,
    /// The server's programs (local, embedded).
    pub(crate) bin_dir: Option<PathBuf>,
    /// The image the container was made from (docker).
    pub(crate) image: Option<String>,
}

impl State {
    /// How to reach the database.
    pub(crate) fn url(&self) -> anyhow::Result<Url> {
        let url = Url::from_parts(
            Some(NAME),
            Some(&self.password.0),
            "127.0.0.1",
            self.port,
            NAME,
        );
        Ok(url?.in_the_clear()?)
    }

    fn read(text: &[u8]) -> anyhow::Result<Self> {
        let mut fields = Fields::of(Json::parse(text)?)?;
        Ok(Self {
            provider: fields.take("provider")?,
            port: fields.take("port")?,
            password: fields.take("password")?,
            bin_dir: fields.take_or("bin_dir", None)?,
            image: fields.take_or("image", None)?,
        })
    }

    fn json(&self) -> anyhow::Result<Json> {
        let bin_dir = self.bin_dir.as_deref().map(json::path).transpose()?;
        Ok(json::object([
            ("provider", self.provider.name().into()),
            ("port", self.port.into()),
            ("password", self.password.0.as_str().into()),
            ("bin_dir", bin_dir.into()),
            ("image", self.image.as_deref().into()),
        ]))
    }
}

/// A password: `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl FromJson for Secret {
    fn from_json(json: Json) -> anyhow::Result<Self> {
        String::from_json(json).map(Self)
    }
}

impl Secret {
    /// 24 bytes from the operating system, as hexadecimal digits, so that it never needs quoting.
    pub(crate) fn random() -> anyhow::Result<Self> {
        use std::fmt::Write as _;
        use std::io::Read as _;
        let mut bytes = [0_u8; 24];
        std::fs::File::open("/dev/urandom")
            .and_then(|mut source| source.read_exact(&mut bytes))
            .context("cannot read /dev/urandom for a password")?;
        let mut text = String::new();
        for byte in bytes {
            write!(text, "{byte:02x}").context("cannot write a password")?;
        }
        Ok(Self(text))
    }
}

impl Folder {
    /// The folder of this checkout; it may not exist yet.
    pub(crate) fn of(ctx: &Context) -> anyhow::Result<Self> {
        Ok(Self::under(&base()?, &ctx.root))
    }

    fn under(base: &Path, root: &Path) -> Self {
        let slug = slug(root);
        let path = base.join(format!("{slug}-{:08x}", hash(root)));
        let hash = hash(&path);
        Self {
            id: format!("vsa-{slug}-{hash:08x}"),
            hash,
            path,
            root: root.to_owned(),
        }
    }

    /// Whether the checkout has ever had a database of its own here.
    pub(crate) fn exists(&self) -> bool {
        self.path.is_dir()
    }

    /// Makes the folder and takes its lock, waiting for another xtask that works on it.
    pub(crate) fn lock(&self) -> anyhow::Result<Lock> {
        // Root's server user must be able to pass through to its data; it cannot read what lies here.
        let mode = if owner::is_root() { 0o711 } else { 0o700 };
        owner::make_folders(&self.path, mode).with_context(|| {
            format!(
                "cannot make the state folder {}; set VSA_STATE_DIR to a folder you can write to",
                self.path.display()
            )
        })?;
        lock::take(
            &self.path.join("lock"),
            "another cargo xtask is at work on this checkout's database",
        )
    }

    /// What is remembered, if anything.
    pub(crate) fn load(&self) -> anyhow::Result<Option<State>> {
        let path = self.file();
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        let state = State::read(&text).with_context(|| {
            format!("{} is damaged; `cargo xtask db-down --purge` removes this checkout's database and forgets it", path.display())
        })?;
        Ok(Some(state))
    }

    /// Writes `state.json` in one step: a reader sees the old one or the new one.
    pub(crate) fn save(&self, state: &State) -> anyhow::Result<()> {
        let json = state.json().context("cannot write the state as JSON")?;
        write_private(&self.file(), format!("{json:#}\n").as_bytes())
    }

    /// Forgets the checkout: removes the folder and all that is in it, the lock file last.
    pub(crate) fn remove(&self) -> anyhow::Result<()> {
        match std::fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", self.path.display()))
            }
            _ => Ok(()),
        }
    }

    fn file(&self) -> PathBuf {
        self.path.join("state.json")
    }

    /// The checkout this folder belongs to.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }
}

/// Writes a file that only we can read, under a temporary name first.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let temporary = path.with_extension(format!("tmp{}", std::process::id()));
    let what = || format!("cannot write {}", path.display());
    let mut file = std::fs::File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&temporary)
        .with_context(what)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .with_context(what)?;
    std::fs::rename(&temporary, path).with_context(what)
}

/// Where the state folders of all checkouts lie.
fn base() -> anyhow::Result<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(dir) = set("VSA_STATE_DIR") {
        return std::path::absolute(dir).context("VSA_STATE_DIR is no path");
    }
    if owner::is_root() {
        // Root's home is closed to the user the server runs as.
        return Ok("/var/lib/vsa".into());
    }
    if let Some(dir) = set("XDG_STATE_HOME").filter(|dir| dir.is_absolute()) {
        return Ok(dir.join("vsa"));
    }
    match set("HOME").filter(|dir| dir.is_absolute()) {
        Some(home) => Ok(home.join(".local/state/vsa")),
        None => bail!(
            "HOME is not set: there is no place to keep a database; set VSA_STATE_DIR to a folder"
        ),
    }
}

/// The last part of the path in letters that every tool accepts: container names, socket paths, shells.
fn slug(root: &Path) -> String {
    let name = root
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let mut slug = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let short: String = slug.chars().take(20).collect();
    let short = short.trim_end_matches('-');
    if short.is_empty() {
        "checkout".to_owned()
    } else {
        short.to_owned()
    }
}

/// FNV-1a: small, and the same in every release of the compiler, unlike the standard hasher.
fn hash(path: &Path) -> u32 {
    use std::os::unix::ffi::OsStrExt as _;
    path.as_os_str()
        .as_bytes()
        .iter()
        .fold(0x811c_9dc5, |hash, byte| {
            (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State {
            provider: Provider::Local,
            port: 15_555,
            password: Secret("geheim".to_owned()),
            bin_dir: Some("/usr/lib/postgresql/15/bin".into()),
            image: None,
        }
    }

    #[test]
    fn checkouts_of_the_same_name_have_folders_of_their_own() {
        let base = Path::new("/state");
        let one = Folder::under(base, Path::new("/home/ann/vsa"));
        let two = Folder::under(base, Path::new("/home/bob/vsa"));
        assert_ne!(one.path, two.path);
        assert_ne!(one.id, two.id);
        assert_ne!(
            one.id,
            Folder::under(Path::new("/other"), Path::new("/home/ann/vsa")).id
        );
    }

    #[test]
    fn a_folder_name_is_plain_whatever_the_checkout_is_called() {
        for (root, want) in [
            ("/a/My Project äöü!", "my-project"),
            ("/a/日本", "checkout"),
            ("/", "checkout"),
        ] {
            assert_eq!(slug(Path::new(root)), want);
        }
        assert!(slug(Path::new("/a/a-very-long-name-that-never-ends-at-all")).len() <= 20);
    }

    #[test]
    fn what_is_saved_is_read_back_and_only_we_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let temp = tempfile::tempdir().unwrap();
        let folder = Folder::under(temp.path(), Path::new("/somewhere/vsa"));
        assert_eq!(folder.load().unwrap(), None);
        let _lock = folder.lock().unwrap();
        folder.save(&state()).unwrap();
        assert_eq!(folder.load().unwrap(), Some(state()));
        assert_eq!(
            std::fs::metadata(folder.file())
                .unwrap()
                .permissions()
                .mode()
                & 0o777,
            0o600
        );
    }

    #[test]
    fn a_state_file_of_an_earlier_xtask_is_read() {
        let text = br#"{"provider": "local", "port": 15555, "password": "geheim", "bin_dir": "/usr/lib/postgresql/15/bin", "more": 1}"#;
        assert_eq!(State::read(text).unwrap(), state());
    }

    #[test]
    fn a_damaged_state_file_says_what_to_type() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Folder::under(temp.path(), Path::new("/somewhere/vsa"));
        let _lock = folder.lock().unwrap();
        std::fs::write(folder.file(), "{\"provider\":").unwrap();
        let error = format!("{:#}", folder.load().unwrap_err());
        assert!(error.contains("db-down --purge"), "{error}");
    }

    #[test]
    fn the_password_is_not_in_the_debug_text_and_new_each_time() {
        assert!(!format!("{:?}", state()).contains("geheim"));
        assert_ne!(Secret::random().unwrap(), Secret::random().unwrap());
    }
}
