//! TLS to PostgreSQL: asked for by `sslrootcert=FILE` in the URL, checked against that file's authorities and
//! the server's name. Without it the connection is plain, as to a server on the same machine.

use std::path::PathBuf;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::StoreError;

/// Takes `sslrootcert` out of a URL's query, which the client library doesn't know, and tells its file.
pub(super) fn take_roots(url: &str) -> (String, Option<PathBuf>) {
    let Some((base, query)) = url.split_once('?') else { return (url.to_owned(), None) };
    let mut roots = None;
    let kept: Vec<&str> = query
        .split('&')
        .filter(|field| match field.strip_prefix("sslrootcert=") {
            Some(file) => {
                roots = Some(PathBuf::from(file));
                false
            }
            None => true,
        })
        .collect();
    let url = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
    (url, roots)
}

/// A connector that trusts the authorities of that file alone.
pub(super) fn connector(file: &std::path::Path) -> Result<MakeRustlsConnect, StoreError> {
    let unusable = |why: String| StoreError::Unavailable(format!("{} can't be used ({why})", file.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unusable(error.to_string()))? {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable("no certificate in it".into()));
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_is_taken_out_of_the_url_and_the_rest_stays() {
        let url = "postgres://abide@db.example/abide?sslmode=require&sslrootcert=/etc/ca.pem&connect_timeout=3";
        let (rest, roots) = take_roots(url);
        assert_eq!(rest, "postgres://abide@db.example/abide?sslmode=require&connect_timeout=3");
        assert_eq!(roots.as_deref(), Some(std::path::Path::new("/etc/ca.pem")));
        assert_eq!(take_roots("postgres://abide@db.example/abide").1, None);
    }
}
