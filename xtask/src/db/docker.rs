//! The container of a checkout.

/// stub
pub(crate) fn usable_image() -> anyhow::Result<String> {
    anyhow::bail!("not here yet")
}

/// stub
pub(crate) fn is_running(_folder: &crate::db::state::Folder) -> anyhow::Result<bool> {
    Ok(false)
}

/// stub
pub(crate) fn stop(_folder: &crate::db::state::Folder) -> anyhow::Result<bool> {
    Ok(false)
}

/// stub
pub(crate) fn ensure(
    _ctx: &crate::context::Context,
    _folder: &crate::db::state::Folder,
    _own: &crate::db::provider::Own,
    _known: Option<crate::db::state::State>,
    _port: Option<u16>,
) -> anyhow::Result<(crate::db::state::State, bool)> {
    anyhow::bail!("not here yet")
}

/// stub
pub(crate) fn container(folder: &crate::db::state::Folder) -> String {
    folder.id.clone()
}

/// stub
pub(crate) fn purge(_folder: &crate::db::state::Folder) -> anyhow::Result<()> {
    Ok(())
}
