//! A certificate authority of the test's own, and a server certificate of it for 127.0.0.1 and localhost.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// PEM texts: the authority's certificate, and a server's certificate and key.
#[derive(Debug, Clone)]
pub struct Authority {
    /// What the client must trust.
    pub certificate: String,
    /// The server's certificate.
    pub server_certificate: String,
    /// The server's private key.
    pub server_key: String,
}

impl Authority {
    /// A new authority; the server's certificate is for 127.0.0.1 and localhost.
    pub fn new() -> Result<Self, String> {
        Self::naming(&["127.0.0.1", "localhost"])
    }

    /// The same with other names in the server's certificate.
    pub fn naming(names: &[&str]) -> Result<Self, String> {
        let say = |error: rcgen::Error| error.to_string();
        let key = KeyPair::generate().map_err(say)?;
        let mut parameters = CertificateParams::new(Vec::<String>::new()).map_err(say)?;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).map_err(say)?;
        let issuer = Issuer::new(parameters, key);
        let server_key = KeyPair::generate().map_err(say)?;
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let server = CertificateParams::new(names).map_err(say)?.signed_by(&server_key, &issuer).map_err(say)?;
        Ok(Self {
            certificate: certificate.pem(),
            server_certificate: server.pem(),
            server_key: server_key.serialize_pem(),
        })
    }
}
