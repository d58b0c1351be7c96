//! Where a receiver listens: a TCP port, or a Unix socket on this machine. A socket's file that nobody listens at any
//! more is taken over; nothing else that stands there is touched.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use crate::IntakeError;

/// Read and write for owner and group: the mail server's group is how it gets in.
const MODE: u32 = 0o660;

/// A place to listen at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A TCP port.
    Port(SocketAddr),
    /// A Unix socket, by its file.
    Socket(PathBuf),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Port(address) => address.fmt(f),
            Self::Socket(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A connection that came in.
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// A place that is listened at; a socket's file goes with it.
pub(super) struct Socket {
    listener: Listener,
    place: Place,
}

impl Socket {
    pub(super) async fn bind(place: &Place) -> Result<Self, IntakeError> {
        match place {
            Place::Port(address) => {
                let address = *address;
                let fault = |source: std::io::Error| match source.kind() {
                    ErrorKind::AddrInUse => IntakeError::PortTaken(address),
                    ErrorKind::PermissionDenied => IntakeError::PortForbidden(address),
                    _ => IntakeError::Listen { address, source },
                };
                let listener = TcpListener::bind(address).await.map_err(fault)?;
                let place = Place::Port(listener.local_addr().map_err(fault)?);
                Ok(Self { listener: Listener::Tcp(listener), place })
            }
            Place::Socket(path) => {
                let fault = |source| IntakeError::Folder { doing: "listen at", path: path.clone(), source };
                make_way(path).await.map_err(fault)?;
                let listener = UnixListener::bind(path).map_err(fault)?;
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(MODE)).map_err(fault)?;
                Ok(Self { listener: Listener::Unix(listener), place: place.clone() })
            }
        }
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// The next connection, and its peer's address where it has one.
    pub(super) async fn accept(&self) -> std::io::Result<(Stream, Option<IpAddr>)> {
        match &self.listener {
            Listener::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Replies are small and waited for.
                let _ = stream.set_nodelay(true);
                Ok((Stream::Tcp(stream), Some(peer.ip())))
            }
            Listener::Unix(listener) => Ok((Stream::Unix(listener.accept().await?.0), None)),
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Place::Socket(path) = &self.place {
            // What stays is taken over at the next start.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Removes a socket's file that a killed process left behind.
async fn make_way(path: &Path) -> std::io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if !found.file_type().is_socket() => {
            Err(std::io::Error::new(ErrorKind::AlreadyExists, "something that is no socket is there already"))
        }
        Ok(_) => match UnixStream::connect(path).await {
            Ok(_) => Err(std::io::Error::new(ErrorKind::AddrInUse, "another program listens there already")),
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => std::fs::remove_file(path),
            Err(error) => Err(error),
        },
    }
}
