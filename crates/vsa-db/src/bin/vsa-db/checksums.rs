//! `checksums`: one line a migration file, in the order in which they run and in the format of `sha256sum`.
//!
//! `cargo xtask prepare` keeps them in `migrations/checksums.txt`, where two branches that each add "the next"
//! migration meet in a conflict. Needs no database.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use vsa_db::migrate::Source;

use crate::args::Common;
use crate::output;

pub(crate) fn checksums(common: &Common) -> anyhow::Result<ExitCode> {
    output::print(&lines(&common.source()?))?;
    Ok(ExitCode::SUCCESS)
}

fn lines(source: &Source) -> String {
    let mut text = String::new();
    for migration in source.migrations() {
        for file in [&migration.up, &migration.down] {
            let sum = file.sha256();
            let digits = sum.strip_prefix("sha256:").unwrap_or(&sum);
            let name = Path::new(&file.path).file_name().unwrap_or_default();
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{digits}  {}", name.display());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_has_a_line_as_sha256sum_writes_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("0001_a.up.sql"), "SELECT 1;\n").unwrap();
        std::fs::write(folder.path().join("0001_a.down.sql"), "SELECT 2;\n").unwrap();
        assert_eq!(
            lines(&Source::from_dir(folder.path()).unwrap()),
            "b4e0497804e46e0a0b0b8c31975b062152d551bac49c3c2e80932567b4085dcd  0001_a.up.sql\n\
             a41109d24069b4822ddc5f367b25d484dc7e839bff338ce7a3e5da641caacda0  0001_a.down.sql\n"
        );
    }
}
