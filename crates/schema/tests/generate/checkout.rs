//! A checkout of its own for a test: the repository's schema, and one crate with queries.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use tempfile::TempDir;

/// A source with queries.
pub(crate) const QUERIES: &str = "crates/contacts/src/contact.rs";

pub(crate) fn repository() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo and nextest set it");
    Path::new(&manifest).join("../..")
}

/// What a run of `vsa-schema generate` said.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn generate(root: &Path, more: &[&str]) -> Ran {
    run("generate", root, more)
}

fn run(command: &str, root: &Path, more: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_vsa-schema"))
        .args([command, "--root"])
        .arg(root)
        .args(more)
        .output()
        .unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) struct Checkout(TempDir);

impl Checkout {
    /// Everything in it is generated.
    pub(crate) fn new() -> Self {
        let checkout = Self(tempfile::tempdir().unwrap());
        for path in ["schema.yaml", "crates/contacts/sqlx.toml", QUERIES] {
            let text = fs::read_to_string(repository().join(path)).unwrap();
            checkout.write(path, &text);
        }
        let ran = checkout.generate(&[]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        checkout
    }

    pub(crate) fn generate(&self, more: &[&str]) -> Ran {
        generate(self.0.path(), more)
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn run(&self, command: &str, more: &[&str]) -> Ran {
        run(command, self.0.path(), more)
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.path().join(path)).unwrap()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Puts `new` in the place of the first `old`.
    #[track_caller]
    pub(crate) fn edit(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert!(text.contains(old), "{path} has no {old:?}");
        self.write(path, &text.replacen(old, new, 1));
    }

    /// Adds a column to the contacts.
    pub(crate) fn add_column(&self, name: &str, says: &str) {
        let last = "      next_attempt_at:\n        type: timestamptz\n        nullable: true\n        comment: From when on the contact";
        self.edit(
            "schema.yaml",
            last,
            &format!("      {name}: {{{says}}}\n{last}"),
        );
    }

    /// Every file with its text and the time of its last change.
    pub(crate) fn files(&self) -> BTreeMap<String, (String, SystemTime)> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.0.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.0.path()).unwrap().to_str().unwrap();
                    let changed = path.metadata().unwrap().modified().unwrap();
                    let text = fs::read_to_string(&path).unwrap();
                    files.insert(name.to_owned(), (text, changed));
                }
            }
        }
        files
    }
}
