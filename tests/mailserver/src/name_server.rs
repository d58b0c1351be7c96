//! A name server on this machine: TXT records by name (RFC 1035), `fail.example` fails, all else does not exist. It
//! answers until the process ends.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};

/// Starts one.
///
/// # Errors
/// Where no port is free.
pub fn name_server(records: BTreeMap<String, String>) -> std::io::Result<SocketAddr> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    let address = socket.local_addr()?;
    std::thread::spawn(move || {
        let mut query = [0; 1500];
        while let Ok((length, peer)) = socket.recv_from(&mut query) {
            if let Some(reply) = query.get(..length).and_then(|query| answer(query, &records)) {
                let _ = socket.send_to(&reply, peer);
            }
        }
    });
    Ok(address)
}

fn answer(query: &[u8], records: &BTreeMap<String, String>) -> Option<Vec<u8>> {
    let (mut name, mut at) = (Vec::new(), 12);
    while *query.get(at)? != 0 {
        let end = at + 1 + usize::from(*query.get(at)?);
        name.push(String::from_utf8_lossy(query.get(at + 1..end)?).to_lowercase());
        at = end;
    }
    let name = name.join(".");
    let record = records.get(&name);
    let code = match record {
        Some(_) => 0,
        None if name == "fail.example" => 2,
        None => 3,
    };
    let known = u8::from(record.is_some());
    let mut reply = vec![*query.first()?, *query.get(1)?, 0x81, 0x80 | code, 0, 1, 0, known, 0, 0, 0, 0];
    reply.extend_from_slice(query.get(12..at + 5)?);
    if let Some(record) = record {
        let mut data = Vec::new();
        for piece in record.as_bytes().chunks(255) {
            data.push(u8::try_from(piece.len()).ok()?);
            data.extend_from_slice(piece);
        }
        reply.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60]);
        reply.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
        reply.extend(data);
    }
    Some(reply)
}
