//! The migrator and its program on a real server, each test in an empty database of its own.

mod apply;
mod cli;
mod concurrent_index;
mod disagree;
mod fail;
mod history;
mod interrupt;
mod locks;
mod many;
mod patience;
mod read_only;
mod relay;
mod server_killed;
mod sqlx_ledger;
mod support;
