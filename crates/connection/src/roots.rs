//! Whose certificates are believed: the public authorities that browsers know, and those of a file that the operator
//! names for a server of his own. Nothing turns the check off.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// The authorities that a server's certificate may come from.
#[derive(Clone)]
pub struct TrustedRoots {
    config: Arc<ClientConfig>,
}

/// A file of certificates that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustFault {
    /// Not readable as PEM certificates.
    #[error("{} holds no readable certificates in PEM", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: rustls_pki_types::pem::Error,
    },
    /// A certificate in it is no authority's.
    #[error("a certificate in {} can't be used as an authority", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: rustls::Error,
    },
    /// TLS itself can't be set up.
    #[error("TLS can't be set up")]
    Tls(#[source] rustls::Error),
}

impl std::fmt::Debug for TrustedRoots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TrustedRoots")
    }
}

impl TrustedRoots {
    /// The public authorities alone.
    pub fn public() -> Result<Self, TrustFault> {
        Self::from_store(public_store())
    }

    /// The public authorities, and every certificate of a PEM file.
    pub fn with_file(path: &Path) -> Result<Self, TrustFault> {
        let fault = |source| TrustFault::File { path: path.to_owned(), source };
        let certificates = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .and_then(|all| if all.is_empty() { Err(rustls_pki_types::pem::Error::NoItemsFound) } else { Ok(all) })
            .map_err(fault)?;
        let mut store = public_store();
        for certificate in certificates {
            store.add(certificate).map_err(|source| TrustFault::Certificate { path: path.to_owned(), source })?;
        }
        Self::from_store(store)
    }

    fn from_store(store: RootCertStore) -> Result<Self, TrustFault> {
        // Named, so that no other provider can be taken by default (one TLS provider in the program).
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TrustFault::Tls)?
            .with_root_certificates(store)
            .with_no_client_auth();
        Ok(Self { config: Arc::new(config) })
    }

    /// For laying TLS over a connection.
    pub fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }
}

fn public_store() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}
