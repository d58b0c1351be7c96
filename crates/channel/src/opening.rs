//! Opening a line: connect, greeting, EHLO, TLS, sign-in, each in its own time. Nothing about a message is said here, so
//! whatever goes wrong costs no permit; nothing secret is said before TLS stands.

use std::net::SocketAddr;

use connection::Stream;
use data_encoding::BASE64;
use model::sender::{Security, Sender, SignIn, SubmissionServer};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use crate::capabilities::Capabilities;
use crate::wire::{Wire, WireFault};
use crate::{LineError, Timeouts, TrustedRoots};

/// A signed-in dialogue, and what the server can do.
pub(crate) async fn open(
    sender: &Sender,
    roots: &TrustedRoots,
    timeouts: &Timeouts,
) -> Result<(Wire, Capabilities), LineError> {
    let server = &sender.server;
    let stream = connection::connect(server, timeouts.connect).await?;
    let hello = hello_of(&stream);
    let mut wire = match server.security() {
        Security::Tls => Wire::new(under_tls(stream, server, roots, timeouts).await?),
        Security::StartTls | Security::None => Wire::new(stream),
    };
    greeting(&mut wire, timeouts).await?;
    let mut capabilities = introduce(&mut wire, &hello, timeouts).await?;
    if server.security() == Security::StartTls {
        // No answer but STARTTLS lets anything else be said: who stripped it from the list would read the password.
        if !capabilities.start_tls {
            return Err(LineError::no_start_tls(None));
        }
        let reply = wire.ask(b"STARTTLS\r\n", timeouts.introduction).await?;
        if reply.code != 220 {
            return Err(LineError::no_start_tls(Some(reply.kept())));
        }
        let bare = wire.into_stream()?;
        wire = Wire::new(under_tls(bare, server, roots, timeouts).await?);
        // What was said before TLS counts for nothing (RFC 3207, 4.2).
        capabilities = introduce(&mut wire, &hello, timeouts).await?;
    }
    if let Some(sign_in) = &sender.sign_in {
        authenticate(&mut wire, sign_in, capabilities, timeouts).await?;
    }
    Ok((wire, capabilities))
}

/// What EHLO says: the connection's own address, as mail programs do; no name of this machine is given away.
fn hello_of(stream: &TcpStream) -> String {
    match stream.local_addr() {
        Ok(SocketAddr::V4(address)) => format!("[{}]", address.ip()),
        Ok(SocketAddr::V6(address)) => format!("[IPv6:{}]", address.ip()),
        Err(_) => "[127.0.0.1]".to_owned(),
    }
}

async fn under_tls<S: Stream + 'static>(
    stream: S,
    server: &SubmissionServer,
    roots: &TrustedRoots,
    timeouts: &Timeouts,
) -> Result<impl Stream + use<S> + 'static, LineError> {
    Ok(connection::under_tls(stream, server, roots, timeouts.tls).await?)
}

async fn greeting(wire: &mut Wire, timeouts: &Timeouts) -> Result<(), LineError> {
    let reply = wire.hear(timeouts.greeting).await?;
    if reply.code == 220 { Ok(()) } else { Err(LineError::said_no(reply.kept())) }
}

/// EHLO; HELO where the server is too old to know it (RFC 5321, 3.2).
async fn introduce(wire: &mut Wire, hello: &str, timeouts: &Timeouts) -> Result<Capabilities, LineError> {
    let reply = wire.ask(format!("EHLO {hello}\r\n").as_bytes(), timeouts.introduction).await?;
    match reply.code {
        250 => Ok(Capabilities::of(&reply)),
        500 | 502 => {
            let reply = wire.ask(format!("HELO {hello}\r\n").as_bytes(), timeouts.introduction).await?;
            if reply.code == 250 { Ok(Capabilities::default()) } else { Err(LineError::said_no(reply.kept())) }
        }
        _ => Err(LineError::said_no(reply.kept())),
    }
}

/// PLAIN (RFC 4616) where it is offered, else LOGIN.
async fn authenticate(
    wire: &mut Wire,
    sign_in: &SignIn,
    capabilities: Capabilities,
    timeouts: &Timeouts,
) -> Result<(), LineError> {
    let (user, password) = (sign_in.user.as_str(), sign_in.password.reveal());
    let reply = if capabilities.plain {
        let words = Zeroizing::new(format!("\0{user}\0{password}"));
        let command =
            Zeroizing::new(format!("AUTH PLAIN {}\r\n", Zeroizing::new(BASE64.encode(words.as_bytes())).as_str()));
        wire.ask(command.as_bytes(), timeouts.introduction).await?
    } else if capabilities.login {
        let mut reply = wire.ask(b"AUTH LOGIN\r\n", timeouts.introduction).await?;
        // Exactly two questions; a server that asks for more gets no more.
        for answer in [user, password] {
            if reply.code != 334 {
                break;
            }
            let line = Zeroizing::new(format!("{}\r\n", Zeroizing::new(BASE64.encode(answer.as_bytes())).as_str()));
            reply = wire.ask(line.as_bytes(), timeouts.introduction).await?;
        }
        reply
    } else {
        return Err(LineError::no_sign_in());
    };
    match reply.code {
        235 => Ok(()),
        400..=599 => Err(LineError::sign_in(reply.kept())),
        _ => Err(LineError::from(WireFault::OutOfStep)),
    }
}
