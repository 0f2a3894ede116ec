//! A certificate authority of a company, and a server with a certificate of it.

use std::net::TcpStream;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;

use super::server::{Received, Reply, Server, Stream};

/// The certificate of a server.
pub struct Certificate {
    name: &'static str,
    until: Option<(i32, u8, u8)>,
}

impl Certificate {
    /// A certificate for this name.
    pub fn of(name: &'static str) -> Self {
        Self { name, until: None }
    }

    /// The same, until the end of this day.
    pub fn until(self, year: i32, month: u8, day: u8) -> Self {
        Self { until: Some((year, month, day)), ..self }
    }

    /// The authority's certificate in PEM form, and a server that answers so over TLS.
    pub fn server(
        &self,
        answer: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static,
    ) -> (String, Server) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![self.name.to_owned()]).unwrap();
        if let Some((year, month, day)) = self.until {
            params.not_after = date_time_ymd(year, month, day);
        }
        let certificate = params.signed_by(&key, &authority).unwrap();
        let config =
            rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(
                    vec![certificate.der().clone()],
                    PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
                )
                .unwrap();
        let config = Arc::new(config);
        let wrap = move |stream: TcpStream| -> Box<dyn Stream> {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            Box::new(rustls::StreamOwned::new(connection, stream))
        };
        (authority.pem(), Server::wrapped(wrap, answer))
    }
}
