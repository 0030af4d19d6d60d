//! One file a sub-command; `main.rs` dispatches to them.

pub(crate) mod bench;
pub(crate) mod ci;
pub(crate) mod db_down;
pub(crate) mod db_reset;
pub(crate) mod db_status;
pub(crate) mod db_up;
pub(crate) mod db_url;
pub(crate) mod doctor;
pub(crate) mod image;
pub(crate) mod lint;
pub(crate) mod migrate;
pub(crate) mod prepare;
pub(crate) mod psql;
pub(crate) mod schema;
pub(crate) mod seed;
pub(crate) mod test;
