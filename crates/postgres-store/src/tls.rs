//! How far a server must prove who it is: libpq's `sslmode`, done with rustls.
//!
//! rustls alone knows one answer, that of `verify-full`. The weaker modes need verifiers of
//! their own, and they are spelled out here rather than approximated, because deployments
//! rely on each: `require` encrypts against a self-signed certificate, `verify-ca` accepts
//! any host name.
//!
//! Two differences from libpq are deliberate. A host name must be in the certificate's
//! `subjectAltName`; its common name is not looked at (RFC 9525 §2), as in Go. And without
//! `sslrootcert` no file is looked for in the operator's home folder: `verify-full` trusts the
//! operating system's authorities, as in pgx, and `verify-ca` is refused, as in libpq when that
//! file is missing.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor, verify_server_name,
    },
    crypto::{
        CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature,
        verify_tls13_signature_with_raw_key,
    },
    pki_types::{
        CertificateDer, PrivateKeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime,
        pem::{self, PemObject},
    },
    server::ParsedCertificate,
};
use tokio_postgres_rustls::MakeRustlsConnect;
use x509_cert::{
    Certificate, Version,
    der::{Decode, Encode},
};

/// What `sslmode` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SslMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl SslMode {
    pub(crate) fn parse(value: &str) -> Option<Self> {
        Some(match value {
            "disable" => Self::Disable,
            "allow" => Self::Allow,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return None,
        })
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }

    /// The ways to connect to one server, to be tried in this order.
    pub(crate) fn attempts(self) -> &'static [Attempt] {
        match self {
            Self::Disable => &[Attempt::Plain],
            Self::Allow => &[Attempt::Plain, Attempt::Encrypted],
            Self::Prefer => &[Attempt::EncryptedIfOffered, Attempt::Plain],
            Self::Require | Self::VerifyCa | Self::VerifyFull => &[Attempt::Encrypted],
        }
    }
}

/// One way to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    Plain,
    /// Plain when the server says that it has no TLS; a handshake that fails is an error.
    EncryptedIfOffered,
    Encrypted,
}

/// The authorities that may sign a server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Authorities {
    /// Those of the operating system.
    System,
    /// Those in a PEM file.
    File(PathBuf),
}

/// The TLS parameters of a URL, as written.
#[derive(Debug, Clone, Default)]
pub(crate) struct TlsSettings {
    pub(crate) mode: Option<SslMode>,
    pub(crate) authorities: Option<Authorities>,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
    /// Leaves the host name out of the handshake (`sslsni=0`).
    pub(crate) hide_host_name: bool,
    /// Starts with the handshake instead of asking for it (`sslnegotiation=direct`).
    pub(crate) direct: bool,
}

/// Why a URL's TLS parameters cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidTls {
    /// A file named by a parameter holds nothing usable.
    #[error("`{parameter}`: cannot use {}", path.display())]
    File {
        /// The parameter that names the file.
        parameter: &'static str,
        /// The file.
        path: PathBuf,
        /// What reading it met.
        source: pem::Error,
    },
    /// The file named by `sslrootcert` holds no certificate, or the system has none.
    #[error("`sslrootcert`: there is no certificate of an authority to trust")]
    NoAuthorities,
    /// Only one of `sslcert` and `sslkey` is there.
    #[error("`sslcert` and `sslkey` need each other")]
    IncompleteClientCertificate,
    /// `sslrootcert=system` beside a mode that does not check the host name: an attacker can have a
    /// certificate from a public authority.
    #[error("`sslrootcert=system` needs `sslmode=verify-full`")]
    WeakModeWithSystemAuthorities,
    /// `sslmode=verify-ca` without `sslrootcert`: it does not check the host name, so that with the
    /// system's authorities an attacker's certificate would do.
    #[error(
        "`sslmode=verify-ca` needs `sslrootcert`, the file with the certificate of the authority; \
         only `sslmode=verify-full` can do without"
    )]
    VerifyCaWithoutAuthorities,
    /// `sslnegotiation=direct` beside a mode that may go on without TLS.
    #[error("`sslnegotiation=direct` needs `sslmode=require` or stronger")]
    WeakModeWithDirectNegotiation,
    /// rustls refuses what the files hold, such as a key that does not fit the certificate.
    #[error("the TLS parameters of the PostgreSQL URL do not fit together")]
    Refused(#[from] rustls::Error),
}

/// A URL's TLS parameters, checked and with every file read.
#[derive(Clone)]
pub(crate) struct Tls {
    pub(crate) mode: SslMode,
    pub(crate) direct: bool,
    pub(crate) connector: MakeRustlsConnect,
}

impl Tls {
    pub(crate) fn new(settings: &TlsSettings) -> Result<Self, InvalidTls> {
        let mode = effective_mode(settings)?;
        if settings.direct && mode < SslMode::Require {
            return Err(InvalidTls::WeakModeWithDirectNegotiation);
        }

        let provider = Arc::new(ring::default_provider());
        let verifier = verifier(mode, settings.authorities.as_ref(), &provider)?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match client_certificate(settings)? {
            Some((chain, key)) => builder.with_client_auth_cert(chain, key)?,
            None => builder.with_no_client_auth(),
        };
        config.enable_sni = !settings.hide_host_name;
        if settings.direct {
            // The server refuses a direct handshake without it.
            config.alpn_protocols = vec![b"postgresql".to_vec()];
        }

        Ok(Self {
            mode,
            direct: settings.direct,
            connector: MakeRustlsConnect::new(config),
        })
    }
}

/// libpq's defaults: a given authority is always used, and that of the system only fully.
fn effective_mode(settings: &TlsSettings) -> Result<SslMode, InvalidTls> {
    match (settings.mode, &settings.authorities) {
        (None, Some(Authorities::System)) => Ok(SslMode::VerifyFull),
        (Some(mode), Some(Authorities::System)) if mode != SslMode::VerifyFull => {
            Err(InvalidTls::WeakModeWithSystemAuthorities)
        }
        (Some(SslMode::VerifyCa), None) => Err(InvalidTls::VerifyCaWithoutAuthorities),
        (Some(SslMode::Require), Some(Authorities::File(_))) => Ok(SslMode::VerifyCa),
        (mode, _) => Ok(mode.unwrap_or(SslMode::Prefer)),
    }
}

fn verifier(
    mode: SslMode,
    authorities: Option<&Authorities>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, InvalidTls> {
    let provider = Arc::clone(provider);
    let authorities = match (mode, authorities) {
        (SslMode::VerifyFull, None) => &Authorities::System,
        // Also with `prefer`: a certificate of another authority is a failed handshake.
        (SslMode::Allow | SslMode::Prefer | SslMode::VerifyCa | SslMode::VerifyFull, Some(it)) => {
            it
        }
        _ => return Ok(Arc::new(AnyCertificate { provider })),
    };
    let trusted = load(authorities)?;
    Ok(Arc::new(SignedCertificate {
        name: if mode == SslMode::VerifyFull {
            NameCheck::Required
        } else {
            NameCheck::Skipped
        },
        roots: roots(&trusted)?,
        trusted,
        provider,
    }))
}

fn load(authorities: &Authorities) -> Result<Vec<CertificateDer<'static>>, InvalidTls> {
    match authorities {
        // What could not be read is not trusted; if nothing could, `roots` says so.
        Authorities::System => Ok(rustls_native_certs::load_native_certs().certs),
        Authorities::File(path) => read_certificates("sslrootcert", path),
    }
}

fn roots(trusted: &[CertificateDer<'static>]) -> Result<RootCertStore, InvalidTls> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(trusted.iter().cloned());
    if roots.is_empty() {
        return Err(InvalidTls::NoAuthorities);
    }
    Ok(roots)
}

type ClientCertificate = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn client_certificate(settings: &TlsSettings) -> Result<Option<ClientCertificate>, InvalidTls> {
    match (&settings.certificate, &settings.key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => {
            let chain = read_certificates("sslcert", certificate)?;
            let key = PrivateKeyDer::from_pem_file(key).map_err(|source| InvalidTls::File {
                parameter: "sslkey",
                path: key.clone(),
                source,
            })?;
            Ok(Some((chain, key)))
        }
        _ => Err(InvalidTls::IncompleteClientCertificate),
    }
}

fn read_certificates(
    parameter: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, InvalidTls> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|source| InvalidTls::File {
            parameter,
            path: path.to_path_buf(),
            source,
        })
}

/// Encrypts without authenticating the server: `require`, and `prefer` and `allow` likewise.
///
/// The handshake's signature is still checked. Otherwise an attacker in between could show the real
/// server's certificate without having its key, and the channel binding of SCRAM-SHA-256-PLUS (RFC
/// 5929 §4), which knows the certificate only, would not notice.
#[derive(Debug)]
struct AnyCertificate {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        signed_by_certificate(message, cert, dss, &self.provider)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

fn signed_by_certificate(
    message: &[u8],
    cert: &CertificateDer<'_>,
    dss: &DigitallySignedStruct,
    provider: &CryptoProvider,
) -> Result<HandshakeSignatureValid, rustls::Error> {
    let algorithms = &provider.signature_verification_algorithms;
    match key_of_version_1(cert) {
        Some(key) => verify_tls13_signature_with_raw_key(message, &key, dss, algorithms),
        None => verify_tls13_signature(message, cert, dss, algorithms),
    }
}

/// The public key of a certificate of X.509 version 1, which webpki does not read.
///
/// PostgreSQL's manual (§19.9.5) has long shown a recipe that makes such certificates.
fn key_of_version_1(cert: &CertificateDer<'_>) -> Option<SubjectPublicKeyInfoDer<'static>> {
    let content = Certificate::from_der(cert).ok()?.tbs_certificate;
    if content.version != Version::V1 {
        return None;
    }
    content
        .subject_public_key_info
        .to_der()
        .ok()
        .map(SubjectPublicKeyInfoDer::from)
}

/// Whether a certificate must be for the host the URL names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NameCheck {
    Required,
    Skipped,
}

/// Asks for a certificate that a trusted authority signed: `verify-ca` and `verify-full`.
#[derive(Debug)]
struct SignedCertificate {
    name: NameCheck,
    roots: RootCertStore,
    trusted: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl SignedCertificate {
    fn check_chain(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        // A self-signed certificate that is itself the trusted one. webpki finds fault with
        // an authority as end entity (`CaUsedAsEndEntity`); OpenSSL, and so libpq, does not.
        if self.trusted.iter().any(|trusted| trusted == end_entity) {
            return check_dates(end_entity, now);
        }
        verify_server_cert_signed_by_trust_anchor(
            &ParsedCertificate::try_from(end_entity)?,
            &self.roots,
            intermediates,
            now,
            self.provider.signature_verification_algorithms.all,
        )
    }
}

impl ServerCertVerifier for SignedCertificate {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.check_chain(end_entity, intermediates, now)?;
        if self.name == NameCheck::Required {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        signed_by_certificate(message, cert, dss, &self.provider)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

fn check_dates(cert: &CertificateDer<'_>, now: UnixTime) -> Result<(), rustls::Error> {
    let validity = Certificate::from_der(cert)
        .map_err(|source| CertificateError::Other(rustls::OtherError(Arc::new(source))))?
        .tbs_certificate
        .validity;
    if now.as_secs() < validity.not_before.to_unix_duration().as_secs() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now.as_secs() > validity.not_after.to_unix_duration().as_secs() {
        return Err(CertificateError::Expired.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn settings(mode: Option<&str>, authorities: Option<Authorities>) -> TlsSettings {
        TlsSettings {
            mode: mode.and_then(SslMode::parse),
            authorities,
            ..TlsSettings::default()
        }
    }

    #[test]
    fn without_parameters_tls_is_tried_but_not_required() {
        let mode = effective_mode(&settings(None, None));

        assert_eq!(
            mode.unwrap().attempts(),
            [Attempt::EncryptedIfOffered, Attempt::Plain]
        );
    }

    #[test]
    fn require_with_an_authority_means_verify_ca() {
        let file = Authorities::File("ca.crt".into());

        let mode = effective_mode(&settings(Some("require"), Some(file)));

        assert_eq!(mode.unwrap(), SslMode::VerifyCa);
    }

    #[test]
    fn authorities_of_the_system_mean_verify_full() {
        let mode = effective_mode(&settings(None, Some(Authorities::System)));

        assert_eq!(mode.unwrap(), SslMode::VerifyFull);
    }

    #[test]
    fn authorities_of_the_system_refuse_a_mode_that_skips_the_host_name() {
        for weak in ["disable", "allow", "prefer", "require", "verify-ca"] {
            let mode = effective_mode(&settings(Some(weak), Some(Authorities::System)));

            assert!(
                matches!(mode, Err(InvalidTls::WeakModeWithSystemAuthorities)),
                "{weak}"
            );
        }
    }

    #[test]
    fn verify_ca_needs_to_be_told_the_authority() {
        let refused = effective_mode(&settings(Some("verify-ca"), None));
        let full = effective_mode(&settings(Some("verify-full"), None));

        assert!(matches!(
            refused,
            Err(InvalidTls::VerifyCaWithoutAuthorities)
        ));
        assert_eq!(full.unwrap(), SslMode::VerifyFull);
    }

    #[test]
    fn a_direct_handshake_refuses_a_mode_that_may_go_without() {
        let direct = TlsSettings {
            direct: true,
            ..settings(Some("prefer"), None)
        };

        let refused = Tls::new(&direct).err().unwrap();

        assert!(matches!(refused, InvalidTls::WeakModeWithDirectNegotiation));
    }

    #[test]
    fn a_missing_file_is_named_with_its_parameter() {
        let file = Authorities::File("/nowhere/ca.crt".into());

        let refused = Tls::new(&settings(Some("verify-full"), Some(file)))
            .err()
            .unwrap();

        assert_eq!(
            refused.to_string(),
            "`sslrootcert`: cannot use /nowhere/ca.crt"
        );
    }

    #[test]
    fn a_client_certificate_needs_its_key() {
        let half = TlsSettings {
            certificate: Some("a.crt".into()),
            ..settings(None, None)
        };

        let refused = Tls::new(&half).err().unwrap();

        assert!(matches!(refused, InvalidTls::IncompleteClientCertificate));
    }

    /// Self-signed, with the rights of an authority.
    const OWN_AUTHORITY: &str = "\
-----BEGIN CERTIFICATE-----
MIIBfTCCASOgAwIBAgIUMiRThw/EgrMLV5xhVbfzGvIH6u4wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MB4XDTI2MTEyMTIwMzA1NFoXDTI3MTEyMTIw
MzA1NFowFDESMBAGA1UEAwwJbG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEHHlIWyDpQ9A2hJ+MlxhFvwIMe26qRQblLbAHUUeCip+O0cIemkTyVt8Z
mwC1SZ70XAlxVM+n0Lyq1Ert7TMOw6NTMFEwHQYDVR0OBBYEFNpiEL83iXx/I3ao
6DFet8/8B7RmMB8GA1UdIwQYMBaAFNpiEL83iXx/I3ao6DFet8/8B7RmMA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAJ6Vv/S+8u7yeDEjTLH1Ma+f
vbsSYWrD3Ir0TFNpseP+AiB9mo7t+uykCBZFS7Do5R84yl9O48MzexAOpIedMeCO
Aw==
-----END CERTIFICATE-----
";
    const NOT_BEFORE: u64 = 1_795_293_054;
    const NOT_AFTER: u64 = 1_826_829_054;

    #[test]
    fn a_certificate_that_is_its_own_authority_expires_all_the_same() {
        let certificate = CertificateDer::from_pem_slice(OWN_AUTHORITY.as_bytes()).unwrap();
        let verifier = SignedCertificate {
            name: NameCheck::Skipped,
            roots: roots(std::slice::from_ref(&certificate)).unwrap(),
            trusted: vec![certificate.clone()],
            provider: Arc::new(ring::default_provider()),
        };

        let at = |seconds| {
            let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
            verifier.check_chain(&certificate, &[], now)
        };

        assert_eq!(
            at(NOT_BEFORE - 1),
            Err(CertificateError::NotValidYet.into())
        );
        assert_eq!(at(NOT_BEFORE), Ok(()));
        assert_eq!(at(NOT_AFTER), Ok(()));
        assert_eq!(at(NOT_AFTER + 1), Err(CertificateError::Expired.into()));
    }
}
