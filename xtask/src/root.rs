//! Where the checkout is: found by walking upward, so that every command works in any sub-folder.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// The nearest folder from `start` upward that is this workspace: its `Cargo.toml` has `[workspace]` and `xtask/` lies beside it.
/// The path is canonical, so that one checkout has one name whatever symbolic link led to it.
pub(crate) fn find(start: &Path) -> anyhow::Result<PathBuf> {
    for folder in start.ancestors() {
        if is_root(folder) {
            return folder.canonicalize().with_context(|| {
                format!("cannot resolve the checkout folder {}", folder.display())
            });
        }
    }
    bail!(
        "{} is not inside a checkout of this repository; change into one and type the command again",
        start.display()
    )
}

fn is_root(folder: &Path) -> bool {
    folder.join("xtask").is_dir()
        && std::fs::read_to_string(folder.join("Cargo.toml"))
            .is_ok_and(|manifest| manifest.lines().any(|line| line.trim() == "[workspace]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_found_from_a_sub_folder_and_not_from_a_member() {
        let temp = tempfile::tempdir().unwrap();
        let base = temp.path().canonicalize().unwrap();
        std::fs::create_dir_all(base.join("xtask/src")).unwrap();
        std::fs::write(base.join("Cargo.toml"), "[workspace]\nmembers = []\n").unwrap();
        std::fs::write(
            base.join("xtask/Cargo.toml"),
            "[package]\nname = \"xtask\"\n",
        )
        .unwrap();

        assert_eq!(find(&base.join("xtask/src")).unwrap(), base);
    }

    #[test]
    fn outside_of_a_checkout_the_error_names_the_folder() {
        let temp = tempfile::tempdir().unwrap();
        let error = find(temp.path()).unwrap_err().to_string();
        assert!(
            error.contains(&temp.path().display().to_string()),
            "{error}"
        );
    }
}
