//! Which TCP port a checkout's server listens on.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::bail;

/// Below the ranges from which Linux (32768) and macOS (49152) hand out ports to clients, so that a stopped server
/// usually finds its port free again.
const FIRST: u16 = 15_432;
const COUNT: u16 = 10_000;

/// Whether nothing listens on `port` of the loopback interface at this moment.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// A free port for the checkout with this hash: the same each time as long as it is free, so that a URL written down
/// stays right; otherwise the next free one.
pub(crate) fn choose(hash: u32) -> anyhow::Result<u16> {
    let start = u16::try_from(hash % u32::from(COUNT)).unwrap_or_default();
    for step in 0..200 {
        let port = FIRST + (start + step) % COUNT;
        if is_free(port) {
            return Ok(port);
        }
    }
    bail!(
        "no free port among 200 from {}; name one with --port N",
        FIRST + start
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_stepped_over() {
        let hash = 4_242;
        let first = choose(hash).unwrap();
        let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
        assert!(!is_free(first));
        assert_ne!(choose(hash).unwrap(), first);
    }
}
