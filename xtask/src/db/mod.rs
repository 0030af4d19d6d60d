//! The development database and the test server of a checkout: which PostgreSQL serves them, where their state lies,
//! how they are started, reached and stopped.

pub(crate) mod binaries;
pub(crate) mod client;
pub(crate) mod cluster;
pub(crate) mod configured;
pub(crate) mod docker;
pub(crate) mod embedded;
pub(crate) mod local;
pub(crate) mod lock;
pub(crate) mod owner;
pub(crate) mod ports;
pub(crate) mod postmaster;
pub(crate) mod provider;
pub(crate) mod state;
pub(crate) mod target;
pub(crate) mod test_server;
pub(crate) mod up;
pub(crate) mod url;
