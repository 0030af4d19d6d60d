//! A Chromium without a window that opens the pages from files.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use vsa_schema::pages::{self, Migration};

/// The size of a window, in pixels.
pub(crate) const WIDE: (u32, u32) = (1400, 900);

/// What the browser is called, the usual one first.
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// The pages of the repository in a folder of their own.
pub(crate) struct Pages {
    folder: TempDir,
    paths: BTreeSet<String>,
}

impl Pages {
    pub(crate) fn new() -> Self {
        Self::with(|text| text)
    }

    /// The same, but a script of a type that the browser does not know does not run.
    pub(crate) fn without_scripts() -> Self {
        Self::with(|text| text.replace("<script ", "<script type=\"none\" "))
    }

    fn with(change: impl Fn(String) -> String) -> Self {
        let manifest = env::var_os("CARGO_MANIFEST_DIR").expect("cargo and nextest set it");
        let root = Path::new(&manifest).join("../..");
        let schema = fs::read(root.join("schema.yaml")).unwrap();
        let spec = vsa_schema::read("schema.yaml", &schema).unwrap();
        let migrations = Migration::read_all(&root.join("migrations")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut paths = BTreeSet::new();
        for output in pages::outputs(&spec, &migrations) {
            let path = folder.path().join(&output.path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, change(output.text)).unwrap();
            let below = output.path.strip_prefix(pages::FOLDER).unwrap();
            paths.insert(below.trim_start_matches('/').to_owned());
        }
        Self { folder, paths }
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    pub(crate) fn html(&self) -> impl Iterator<Item = &str> {
        let paths = self.paths.iter().map(String::as_str);
        paths.filter(|path| path.rsplit('.').next() == Some("html"))
    }

    fn url(&self, path: &str) -> String {
        format!("file://{}/{path}", self.folder.path().display())
    }

    /// Runs a script in the browser and gives what it returns. Nothing may be written to the console meanwhile.
    #[track_caller]
    pub(crate) fn run(&self, script: &str) -> Value {
        let root = serde_json::to_string(&self.url(&format!("{}/", pages::FOLDER))).unwrap();
        let all: Vec<&str> = self.html().collect();
        let all = serde_json::to_string(&all).unwrap();
        let driver = include_str!("driver.js");
        let page = format!(
            "<!doctype html><meta charset=utf-8><body><script>\nconst root = {root}, pages = {all};\n\
             async function test() {{ {script} }}\n{driver}</script>"
        );
        fs::write(self.folder.path().join("driver.html"), page).unwrap();
        // A page of a file is foreign to another one unless we say that it is not.
        let (dom, console) = self.chromium(
            &["--allow-file-access-from-files", "--dump-dom"],
            "driver.html",
        );
        assert_eq!(console, [""; 0], "said in the console");
        let result = dom
            .split_once("<pre id=\"result\">")
            .and_then(|(_, rest)| rest.split_once("</pre>"));
        let (result, _) =
            result.unwrap_or_else(|| panic!("the script did not come to its end: {dom}"));
        let result = result
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&");
        serde_json::from_str(&result).unwrap()
    }

    /// A picture of a page, as PNG. It stays in the build folder, to be looked at.
    #[track_caller]
    pub(crate) fn screenshot(
        &self,
        path: &str,
        dark: bool,
        (width, height): (u32, u32),
    ) -> Vec<u8> {
        let name = path
            .replace('/', "-")
            .replace(".html", if dark { "-dark.png" } else { "-light.png" });
        let picture = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let scheme = format!("--blink-settings=preferredColorScheme={}", u8::from(!dark));
        let size = format!("--window-size={width},{height}");
        let to = format!("--screenshot={}", picture.display());
        self.chromium(&[&scheme, &size, &to], &format!("{}/{path}", pages::FOLDER));
        fs::read(&picture).unwrap_or_else(|error| panic!("{}: {error}", picture.display()))
    }

    /// What it prints, and the lines that pages wrote to the console.
    fn chromium(&self, arguments: &[&str], path: &str) -> (String, Vec<String>) {
        let profile = self.folder.path().join("profile");
        let output = Command::new(program())
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
            ])
            .args([
                "--no-first-run",
                "--disable-extensions",
                "--disable-dev-shm-usage",
            ])
            .args(["--enable-logging=stderr", "--virtual-time-budget=60000"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .args(arguments)
            .arg(self.url(path))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "Chromium failed: {said}");
        let console = said.lines().filter(|line| line.contains("CONSOLE"));
        (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            console.map(str::to_owned).collect(),
        )
    }
}

/// The browser; `CHROMIUM` names another one.
fn program() -> PathBuf {
    if let Some(named) = env::var_os("CHROMIUM").filter(|named| !named.is_empty()) {
        return named.into();
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let mut found = NAMES.iter().flat_map(|name| {
        let folders = env::split_paths(&path);
        folders.map(|folder| folder.join(name)).collect::<Vec<_>>()
    });
    found.find(|program| program.is_file()).expect(
        "no Chromium on PATH; type: apt-get install chromium, or set CHROMIUM to where it is",
    )
}
