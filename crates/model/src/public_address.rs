//! Which addresses are the public internet's. A server that a member names must be found there, or else he could make
//! Abide speak to the operator's own machines behind it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is one of the public internet: neither this machine's nor a private network's, nor reserved for
/// something else (IANA's special-purpose registries, RFC 6890 and its updates).
pub const fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

const fn is_public_v4(address: Ipv4Addr) -> bool {
    let octets = address.octets();
    // This network, private use, loopback, link-local.
    let private = matches!(octets, [0 | 10 | 127, ..] | [172, 16..=31, ..] | [192, 168, ..] | [169, 254, ..]);
    // Shared by carriers (RFC 6598), protocol assignments, benchmarks (RFC 2544).
    let special = matches!(octets, [100, 64..=127, ..] | [192, 0, 0, _] | [198, 18 | 19, ..]);
    // Documentation (RFC 5737), relays of 6to4 (RFC 7526).
    let unused = matches!(octets, [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [192, 88, 99, _]);
    // Multicast, reserved, broadcast.
    let high = octets[0] >= 224;
    !(private || special || unused || high)
}

const fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let segments = address.segments();
    // Only 2000::/3 is given out as global unicast (RFC 4291, 2.4); of it 2001::/23 is for protocols, Teredo among them,
    // 2001:db8::/32 and 3fff::/20 for documentation, and 2002::/16 holds an IPv4 address that nobody checks here (6to4).
    segments[0] & 0xe000 == 0x2000
        && segments[0] != 0x2002
        && !(segments[0] == 0x2001 && (segments[1] < 0x0200 || segments[1] == 0x0db8))
        && !(segments[0] == 0x3fff && segments[1] < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(text: &str) -> bool {
        is_public(text.parse().unwrap())
    }

    #[test]
    fn addresses_of_this_machine_of_private_networks_and_reserved_ones_are_not_public() {
        for private in [
            "0.0.0.0",
            "10.0.0.1",
            "127.0.0.1",
            "127.255.0.9",
            "100.64.0.1",
            "100.127.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
        ] {
            assert!(!is(private), "{private}");
            assert!(!is(&format!("::ffff:{private}")), "{private}, mapped");
        }
        for private in [
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "64:ff9b::a00:1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::1",
            "3fff:1::1",
            "100::1",
            "::a00:1",
        ] {
            assert!(!is(private), "{private}");
        }
    }

    #[test]
    fn addresses_beside_the_reserved_ones_are_public() {
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "126.0.0.1",
            "128.0.0.1",
            "169.253.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.1",
            "2001:200::1",
            "2600:1901::1",
            "2a00:1450::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(is(public), "{public}");
        }
    }
}
