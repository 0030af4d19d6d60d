//! A port that passes a connection on to the real server, so that it can be cut.

use anyhow::Context as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use vsa_db::config::DatabaseUrl;

/// The same database by way of a port of this machine.
pub(crate) fn through(url: &DatabaseUrl, port: u16) -> anyhow::Result<DatabaseUrl> {
    let text = url.expose();
    let (scheme, rest) = text.split_once("://").context("a URL")?;
    let user = rest
        .split(['/', '?'])
        .next()
        .and_then(|authority| authority.rsplit_once('@'))
        .map_or("", |(user, _)| user);
    Ok(format!(
        "{scheme}://{user}@127.0.0.1:{port}/{}?sslmode=disable",
        url.database()
    )
    .parse()?)
}

/// Passes one connection on to the real server, until it is dropped.
pub(crate) async fn relay(listener: &TcpListener, url: &DatabaseUrl) -> std::io::Result<()> {
    let (client, _) = listener.accept().await?;
    let options = url.options();
    let (host, port) = (options.get_host(), options.get_port());
    let folder = options.get_socket().map(|path| path.display().to_string());
    match folder.or_else(|| host.starts_with('/').then(|| host.to_owned())) {
        Some(folder) => {
            copy(
                client,
                UnixStream::connect(format!("{folder}/.s.PGSQL.{port}")).await?,
            )
            .await
        }
        None => copy(client, TcpStream::connect((host, port)).await?).await,
    }
}

async fn copy(
    mut client: TcpStream,
    mut server: impl AsyncRead + AsyncWrite + Unpin,
) -> std::io::Result<()> {
    tokio::io::copy_bidirectional(&mut client, &mut server)
        .await
        .map(drop)
}
