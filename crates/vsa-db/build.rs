//! Embeds the migration files: a program in production carries its migrations with it.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("../../migrations");
    // The folder, so that a new file is picked up; each file, so that an edit is.
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut list = String::from("&[\n");
    for path in sql_files(&folder)? {
        println!("cargo::rerun-if-changed={}", path.display());
        let path = path.canonicalize()?;
        let (Some(path), Some(name)) = (path.to_str(), path.file_name().and_then(OsStr::to_str))
        else {
            return Err(io::Error::other(format!("{}: not UTF-8", path.display())));
        };
        // Writing to a String cannot fail.
        let _ = writeln!(list, "    ({name:?}, include_bytes!({path:?})),");
    }
    list.push_str("]\n");
    fs::write(Path::new(&variable("OUT_DIR")?).join("migrations.rs"), list)
}

/// The `.sql` files of `folder` in the order of their names; none when there is no such folder.
fn sql_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    paths.sort();
    Ok(paths)
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(|error| io::Error::other(format!("{name}: {error}")))
}
