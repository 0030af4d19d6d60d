//! A port that passes a connection on to the real server, so that it can be cut.

use anyhow::Context as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
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
    relay_until(listener, url, b"\0never\0").await
}

/// The same, until the client sends `word`; that is not passed on.
pub(crate) async fn relay_until(
    listener: &TcpListener,
    url: &DatabaseUrl,
    word: &[u8],
) -> std::io::Result<()> {
    let (client, _) = listener.accept().await?;
    let options = url.options();
    let (host, port) = (options.get_host(), options.get_port());
    let folder = options.get_socket().map(|path| path.display().to_string());
    match folder.or_else(|| host.starts_with('/').then(|| host.to_owned())) {
        Some(folder) => {
            let server = UnixStream::connect(format!("{folder}/.s.PGSQL.{port}")).await?;
            copy(client, server, word).await
        }
        None => copy(client, TcpStream::connect((host, port)).await?, word).await,
    }
}

async fn copy(
    client: TcpStream,
    server: impl AsyncRead + AsyncWrite,
    word: &[u8],
) -> std::io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let requests = async {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let length = from_client.read(&mut buffer).await?;
            let sent = &buffer[..length];
            if length == 0 || sent.windows(word.len()).any(|part| part == word) {
                return Ok(());
            }
            to_server.write_all(sent).await?;
        }
    };
    tokio::select! {
        ended = requests => ended,
        ended = tokio::io::copy(&mut from_server, &mut to_client) => ended.map(drop),
    }
}
