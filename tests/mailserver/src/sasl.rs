//! Who may sign in: a server of the protocol by which Postfix asks Dovecot (SASL type `dovecot`), with one user and PLAIN
//! and LOGIN. So a Postfix for tests needs no password database and no further package.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use data_encoding::BASE64;

use crate::{PASSWORD, USER};

const WELCOME: &str = "VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\nSPID\t1\nCUID\t1\n\
                       COOKIE\t00112233445566778899aabbccddeeff\nDONE\n";

/// Starts the server; the port it listens on. It ends with the process.
pub(crate) fn serve() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            // A connection lost is Postfix's to notice.
            std::thread::spawn(move || drop(answer(connection)));
        }
    });
    Ok(port)
}

fn answer(mut connection: TcpStream) -> std::io::Result<()> {
    connection.write_all(WELCOME.as_bytes())?;
    let reader = BufReader::new(connection.try_clone()?);
    let mut login_user = None;
    for line in reader.lines() {
        let line = line?;
        let fields: Vec<&str> = line.split('\t').collect();
        let reply = match fields.as_slice() {
            ["AUTH", id, "PLAIN", rest @ ..] => match rest.iter().find_map(|field| field.strip_prefix("resp=")) {
                Some(response) => verdict(id, decoded(response) == format!("\0{USER}\0{PASSWORD}").as_bytes()),
                None => format!("CONT\t{id}\t\n"),
            },
            ["AUTH", id, "LOGIN", ..] => {
                login_user = None;
                format!("CONT\t{id}\t{}\n", BASE64.encode(b"Username:"))
            }
            ["CONT", id, response] => match login_user.take() {
                None => {
                    login_user = Some(decoded(response));
                    format!("CONT\t{id}\t{}\n", BASE64.encode(b"Password:"))
                }
                Some(user) => verdict(id, user == USER.as_bytes() && decoded(response) == PASSWORD.as_bytes()),
            },
            _ => continue,
        };
        connection.write_all(reply.as_bytes())?;
    }
    Ok(())
}

fn decoded(text: &str) -> Vec<u8> {
    BASE64.decode(text.as_bytes()).unwrap_or_default()
}

fn verdict(id: &str, good: bool) -> String {
    if good { format!("OK\t{id}\tuser={USER}\n") } else { format!("FAIL\t{id}\tuser={USER}\n") }
}
