//! Counts the connections of each peer.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Who counts as one peer: an IPv4 address, or the first 64 bits of an IPv6 address, since one customer
/// usually has that many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Peer {
    V4([u8; 4]),
    V6([u16; 4]),
}

impl From<IpAddr> for Peer {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d])
            }
        }
    }
}

#[derive(Debug)]
pub(super) struct Peers {
    limit: usize,
    open: Mutex<HashMap<Peer, usize>>,
}

/// One connection of a peer, counted until dropped.
#[derive(Debug)]
pub(super) struct Seat {
    peers: Arc<Peers>,
    peer: Peer,
}

impl Peers {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, open: Mutex::default() })
    }

    /// A seat for one more connection of this peer, unless it has its fill.
    pub(super) fn seat(self: &Arc<Self>, address: IpAddr) -> Option<Seat> {
        let peer = Peer::from(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(peer).or_insert(0);
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(Seat { peers: Arc::clone(self), peer })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.peers.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_has_its_fill_until_a_connection_ends_and_others_are_not_touched() {
        let peers = Peers::new(2);
        let one: IpAddr = "192.0.2.1".parse().unwrap();
        let first = peers.seat(one).unwrap();
        let _second = peers.seat(one).unwrap();
        assert!(peers.seat(one).is_none());
        assert!(peers.seat("::ffff:192.0.2.1".parse().unwrap()).is_none(), "the same host over IPv6");
        assert!(peers.seat("192.0.2.2".parse().unwrap()).is_some());
        drop(first);
        assert!(peers.seat(one).is_some());
    }

    #[test]
    fn an_ipv6_network_is_one_peer_and_nothing_is_kept_of_those_who_left() {
        let peers = Peers::new(1);
        let seat = peers.seat("2001:db8:1:2::1".parse().unwrap()).unwrap();
        assert!(peers.seat("2001:db8:1:2:ffff::9".parse().unwrap()).is_none());
        assert!(peers.seat("2001:db8:1:3::1".parse().unwrap()).is_some());
        drop(seat);
        assert!(peers.open.lock().unwrap().is_empty());
    }
}
