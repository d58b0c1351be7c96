//! TLS for STARTTLS: from the operator's files, or a certificate signed by its own key, made once and kept.
//! Mail servers that don't check names, as most between domains, are content with the latter.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::IntakeError;

/// Where the certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certificate {
    /// PEM files of the operator's: the certificate with its chain, and its private key.
    Files {
        /// The certificate with its chain.
        certificate: PathBuf,
        /// The private key.
        key: PathBuf,
    },
    /// Self-signed, kept in this folder (`DATA/tls`); made there where it is missing.
    SelfSigned(PathBuf),
    /// Self-signed and gone with the process.
    InMemory,
}

/// TLS, ready to be offered.
#[derive(Clone)]
pub struct Tls {
    pub(super) acceptor: TlsAcceptor,
    certificate: CertificateDer<'static>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// Loads or makes the certificate; `domain` is the name a self-signed one bears.
    pub fn open(certificate: &Certificate, domain: &str) -> Result<Self, IntakeError> {
        match certificate {
            Certificate::Files { certificate, key } => Self::from_files(certificate, key),
            Certificate::SelfSigned(folder) => {
                let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
                if !(certificate.exists() && key.exists()) {
                    let (certificate_pem, key_pem) = self_signed(domain)?;
                    let fault = |source| IntakeError::Folder { doing: "write", path: folder.clone(), source };
                    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(fault)?;
                    // The certificate comes last: its presence says that both are whole.
                    write_private(&key, &key_pem).map_err(fault)?;
                    write_private(&certificate, &certificate_pem).map_err(fault)?;
                }
                Self::from_files(&certificate, &key)
            }
            Certificate::InMemory => {
                let (certificate, key) = self_signed(domain)?;
                let chain = CertificateDer::from_pem_slice(certificate.as_bytes());
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes());
                Self::new(
                    vec![chain.map_err(|error| IntakeError::Tls(error.into()))?],
                    key.map_err(|error| IntakeError::Tls(error.into()))?,
                )
            }
        }
    }

    /// The server's own certificate, for a client that is to trust it.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    fn from_files(certificate: &Path, key: &Path) -> Result<Self, IntakeError> {
        let fault = |what, path: &Path| {
            let path = path.to_owned();
            move |source: rustls_pki_types::pem::Error| IntakeError::TlsFile { what, path, source: source.into() }
        };
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .and_then(
                |chain| if chain.is_empty() { Err(rustls_pki_types::pem::Error::NoItemsFound) } else { Ok(chain) },
            )
            .map_err(fault("certificate", certificate))?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(fault("private key", key))?;
        Self::new(chain, key)
    }

    fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, IntakeError> {
        let fault = |error: rustls::Error| IntakeError::Tls(error.into());
        let certificate = chain.first().cloned().ok_or(rustls::Error::NoCertificatesPresented).map_err(fault)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(fault)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(fault)?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), certificate })
    }
}

/// Certificate and key in PEM.
fn self_signed(domain: &str) -> Result<(String, String), IntakeError> {
    let made =
        rcgen::generate_simple_self_signed(vec![domain.to_owned()]).map_err(|error| IntakeError::Tls(error.into()))?;
    Ok((made.cert.pem(), made.signing_key.serialize_pem()))
}

/// Writes a file that only its owner may read, whole or not at all.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let _ = fs::remove_file(&unfinished);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)
}
