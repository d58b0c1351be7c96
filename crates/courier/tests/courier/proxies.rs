//! A proxy on the way to Amazon's addresses. It lets nothing through here, so nothing leaves this machine.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use amazon::{Endpoint, Region};
use connection::TrustedRoots;
use courier::{CarryFault, Courier, Proxies, Timeouts};

#[tokio::test]
async fn a_proxy_is_asked_for_a_tunnel_and_its_no_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let proxy = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 1_024];
        let count = stream.read(&mut asked).unwrap();
        stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n").unwrap();
        String::from_utf8(asked[..count].to_vec()).unwrap()
    });
    let proxies = Proxies::new(&format!("http://user:word@{address}"), "").unwrap();
    let times = Timeouts::each(Duration::from_secs(10));
    let courier = Courier::new(TrustedRoots::public().unwrap(), amazon::user_agent("0", "test"), proxies, times);
    assert_eq!(courier.open(&Endpoint::of(Region::Europe)).await.err(), Some(CarryFault::Proxy));
    let asked = proxy.join().unwrap();
    assert!(asked.starts_with("CONNECT sellingpartnerapi-eu.amazon.com:443 HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("Proxy-Authorization: Basic dXNlcjp3b3Jk\r\n"), "{asked}");
}
