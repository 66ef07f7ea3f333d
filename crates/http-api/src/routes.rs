//! The whole API on one screen.

use actix_web::{
    Resource,
    dev::ServiceRequest,
    http::Method,
    web::{self, ServiceConfig},
};

use crate::{console, fallback, landing, legacy, modern, openapi, outbox, settings::ApiSettings};

/// Which of the two APIs a route belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// Nhost's Hasura Auth; its routes carry the configured prefix.
    Modern,
    /// The Hasura platform's auth service.
    Legacy,
}

/// One route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Whose it is.
    pub generation: Generation,
    /// Its method.
    pub method: &'static str,
    /// Its path, without the prefix.
    pub path: &'static str,
}

impl Generation {
    /// The generation of a request to this path: the modern one, unless it is a legacy route.
    pub(crate) fn of(path: &str) -> Self {
        let is_legacy = |it: &Route| it.generation == Self::Legacy && it.path == path;
        if ROUTES.iter().any(is_legacy) {
            Self::Legacy
        } else {
            Self::Modern
        }
    }
}

/// The path of a request as the router sees it. In [`ServiceRequest::path`] the same path may be
/// spelled otherwise: `/sign%69n`.
pub(crate) fn path_of(request: &ServiceRequest) -> &str {
    request.match_info().get_ref().path()
}

const fn modern(method: &'static str, path: &'static str) -> Route {
    Route {
        generation: Generation::Modern,
        method,
        path,
    }
}

const fn legacy(method: &'static str, path: &'static str) -> Route {
    Route {
        generation: Generation::Legacy,
        method,
        path,
    }
}

/// What load balancers and orchestrators ask every few seconds.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// Whether a path is that of a probe, with or without the API prefix.
pub(crate) fn is_probe(path: &str, prefix: &str) -> bool {
    let is_probe = |path| PROBES.contains(&path);
    is_probe(path) || path.strip_prefix(prefix).is_some_and(is_probe)
}

/// Every route of both generations that every installation has.
pub const ROUTES: &[Route] = &[
    modern("GET", "/healthz"),
    modern("HEAD", "/healthz"),
    modern("GET", "/readyz"),
    modern("HEAD", "/readyz"),
    modern("GET", "/version"),
    modern("GET", "/.well-known/jwks.json"),
    modern("POST", "/signup/email-password"),
    modern("POST", "/signin/email-password"),
    modern("POST", "/signup/webauthn"),
    modern("POST", "/signup/webauthn/verify"),
    modern("POST", "/signup/passwordless/email"),
    modern("POST", "/signup/passwordless/sms"),
    modern("POST", "/signup/otp/email"),
    modern("POST", "/signin/anonymous"),
    modern("POST", "/signin/passwordless/email"),
    modern("POST", "/signin/passwordless/sms"),
    modern("POST", "/signin/passwordless/sms/otp"),
    modern("POST", "/signin/pat"),
    modern("POST", "/signin/idtoken"),
    modern("POST", "/signup/idtoken"),
    modern("GET", "/signin/provider/{provider}"),
    modern("GET", "/signin/provider/{provider}/callback"),
    modern("POST", "/signin/provider/{provider}/callback"),
    modern("GET", "/signup/provider/{provider}"),
    modern("POST", "/signin/webauthn"),
    modern("POST", "/signin/webauthn/verify"),
    modern("POST", "/signin/otp/email"),
    modern("POST", "/signin/otp/email/verify"),
    modern("POST", "/pat"),
    modern("GET", "/elevate"),
    modern("POST", "/elevate/totp"),
    modern("POST", "/elevate/otp/email"),
    modern("POST", "/elevate/otp/email/verify"),
    modern("POST", "/elevate/webauthn"),
    modern("POST", "/elevate/webauthn/verify"),
    modern("POST", "/elevate/otp/sms"),
    modern("POST", "/elevate/otp/sms/verify"),
    modern("POST", "/link/idtoken"),
    modern("GET", "/verify"),
    modern("POST", "/verify"),
    modern("POST", "/verify/code"),
    modern("POST", "/signin/mfa/totp"),
    modern("GET", "/mfa/totp/generate"),
    modern("POST", "/mfa/recovery-codes"),
    modern("POST", "/user/mfa"),
    modern("POST", "/token"),
    modern("POST", "/token/exchange"),
    modern("POST", "/token/verify"),
    modern("POST", "/signout"),
    modern("GET", "/user"),
    modern("GET", "/user/sessions"),
    modern("POST", "/user/sessions/end"),
    modern("POST", "/user/sessions/end-others"),
    modern("POST", "/user/deanonymize"),
    modern("POST", "/user/deanonymize/sms"),
    modern("POST", "/user/email/change"),
    modern("POST", "/user/email/send-verification-email"),
    modern("POST", "/user/password"),
    modern("POST", "/user/password/reset"),
    modern("POST", "/user/webauthn/add"),
    modern("POST", "/user/webauthn/verify"),
    modern("POST", "/user/phone/change"),
    modern("POST", "/user/phone/change/verify"),
    legacy("POST", "/v1/signup"),
    legacy("POST", "/v1/login"),
    legacy("GET", "/v1/user/info"),
    legacy("POST", "/v1/user/logout"),
    legacy("POST", "/v1/user/change-password"),
];

/// The hook for tests, where an installation has it.
const CHANGE_ENV: Route = modern("POST", "/change-env");

/// Whether pages of other origins may not read what this path answers, and get no leave to ask: it is
/// for the person who runs the server, or for the pages that are served here.
pub(crate) fn is_closed_to_other_origins(path: &str, prefix: &str) -> bool {
    let modern = path.strip_prefix(prefix).unwrap_or(path);
    let is_page = ["/console", landing::LANDING_PATH].iter().any(|page| {
        let below = modern.strip_prefix(page);
        below.is_some_and(|it| it.is_empty() || it.starts_with('/'))
    });
    path == outbox::PATH || modern == CHANGE_ENV.path || is_page
}

/// Every route of an installation with these settings.
pub(crate) fn routes_with(settings: &ApiSettings) -> impl Iterator<Item = &'static Route> {
    let for_tests = settings.change_env.then_some(&CHANGE_ENV);
    ROUTES.iter().chain(for_tests)
}

impl Route {
    /// The path under which it is served.
    pub(crate) fn served_at(&self, settings: &ApiSettings) -> String {
        self.behind(&settings.prefix)
    }

    /// The path under which it is served where modern routes have this prefix.
    pub(crate) fn behind(&self, prefix: &str) -> String {
        match self.generation {
            Generation::Modern => format!("{prefix}{}", self.path),
            Generation::Legacy => self.path.to_owned(),
        }
    }

    /// Whether a request with this method and path is for it.
    pub(crate) fn serves(&self, method: &Method, path: &str, settings: &ApiSettings) -> bool {
        self.method == method.as_str() && fits(&self.served_at(settings), path)
    }
}

/// Whether a path is one of those that a template with parameters in braces stands for.
fn fits(template: &str, path: &str) -> bool {
    let is_parameter = |part: &str| part.starts_with('{') && part.ends_with('}');
    let (mut expected, mut actual) = (template.split('/'), path.split('/'));
    loop {
        match (expected.next(), actual.next()) {
            (None, None) => return true,
            (Some(parameter), Some(value)) if is_parameter(parameter) && !value.is_empty() => {}
            (Some(expected), Some(actual)) if expected == actual => {}
            _ => return false,
        }
    }
}

/// Registers every route.
pub fn configure(config: &mut ServiceConfig, settings: &ApiSettings) {
    let at = |path: &str| resource(&format!("{}{path}", settings.prefix));
    config
        .service(
            at("/healthz")
                .route(web::get().to(modern::system::health))
                .route(web::head().to(modern::system::health_head)),
        )
        .service(
            at("/readyz")
                .route(web::get().to(modern::system::readiness))
                .route(web::head().to(modern::system::readiness_head)),
        )
        .service(at("/version").route(web::get().to(modern::system::version)))
        .service(at("/.well-known/jwks.json").route(web::get().to(modern::system::jwks)))
        .service(
            at("/signup/email-password").route(web::post().to(modern::sign_up::email_password)),
        )
        .service(
            at("/signin/email-password").route(web::post().to(modern::sign_in::email_password)),
        )
        .configure(|config| configure_email(config, settings))
        .configure(|config| configure_sms(config, settings))
        .configure(|config| configure_second_factors(config, settings))
        .configure(|config| configure_security_keys(config, settings))
        .configure(|config| configure_providers(config, settings))
        .service(at("/token").route(web::post().to(modern::token::refresh)))
        .service(at("/token/verify").route(web::post().to(modern::token::verify)))
        .service(at("/signout").route(web::post().to(modern::sign_out::sign_out)))
        .service(at("/user").route(web::get().to(modern::user::get)))
        .service(at("/user/sessions").route(web::get().to(modern::sessions::list)))
        .service(at("/user/sessions/end").route(web::post().to(modern::sessions::end)))
        .service(
            at("/user/sessions/end-others").route(web::post().to(modern::sessions::end_others)),
        )
        .service(resource("/v1/signup").route(web::post().to(legacy::sign_up::sign_up)))
        .service(resource("/v1/login").route(web::post().to(legacy::login::login)))
        .service(resource("/v1/user/info").route(web::get().to(legacy::user::info)))
        .service(resource("/v1/user/logout").route(web::post().to(legacy::user::logout)))
        .service(
            resource("/v1/user/change-password")
                .route(web::post().to(legacy::user::change_password)),
        );
    config.service(resource(outbox::PATH).route(web::get().to(outbox::show)));
    config.service(at("/openapi.json").route(web::get().to(openapi::show)));
    if settings.change_env {
        config.service(at("/change-env").route(web::post().to(modern::change_env::change)));
    }
    if settings.console {
        console::configure(config, settings);
    }
    if settings.landing {
        landing::configure(config, settings);
    }
    if !settings.prefix.is_empty() {
        config.service(
            resource("/healthz")
                .route(web::get().to(modern::system::unprefixed_health))
                .route(web::head().to(modern::system::health_head)),
        );
        config.service(
            resource("/readyz")
                .route(web::get().to(modern::system::readiness))
                .route(web::head().to(modern::system::readiness_head)),
        );
    }
    config.default_service(web::to(fallback::unknown));
}

fn configure_email(config: &mut ServiceConfig, settings: &ApiSettings) {
    use modern::{
        anonymous, elevation, email_address, password, passwordless, personal_access_token, token,
        verify,
    };

    let at = |path: &str| resource(&format!("{}{path}", settings.prefix));
    config
        .service(
            at("/signup/passwordless/email").route(web::post().to(passwordless::sign_up_by_link)),
        )
        .service(at("/signup/otp/email").route(web::post().to(passwordless::sign_up_by_code)))
        .service(at("/signin/anonymous").route(web::post().to(anonymous::sign_in)))
        .service(
            at("/signin/passwordless/email").route(web::post().to(passwordless::sign_in_by_link)),
        )
        .service(at("/signin/otp/email").route(web::post().to(passwordless::sign_in_by_code)))
        .service(at("/signin/pat").route(web::post().to(personal_access_token::sign_in)))
        .service(at("/elevate").route(web::get().to(elevation::methods)))
        .service(at("/elevate/totp").route(web::post().to(elevation::by_totp)))
        .service(at("/elevate/otp/email").route(web::post().to(elevation::send_mail)))
        .service(at("/elevate/otp/email/verify").route(web::post().to(elevation::by_mailed_code)))
        .service(at("/pat").route(web::post().to(personal_access_token::create)))
        .service(at("/signin/otp/email/verify").route(web::post().to(passwordless::verify_code)))
        .service(
            at("/verify")
                .route(web::get().to(verify::get))
                .route(web::post().to(verify::post)),
        )
        .service(at("/verify/code").route(web::post().to(verify::code::post)))
        .service(at("/token/exchange").route(web::post().to(token::exchange)))
        .service(at("/user/deanonymize").route(web::post().to(anonymous::deanonymize)))
        .service(at("/user/email/change").route(web::post().to(email_address::change)))
        .service(
            at("/user/email/send-verification-email")
                .route(web::post().to(email_address::send_verification)),
        )
        .service(at("/user/password").route(web::post().to(password::set)))
        .service(at("/user/password/reset").route(web::post().to(email_address::reset_password)));
}

fn configure_sms(config: &mut ServiceConfig, settings: &ApiSettings) {
    use modern::{anonymous, elevation, phone_number, sms};

    let at = |path: &str| resource(&format!("{}{path}", settings.prefix));
    config
        .service(at("/signup/passwordless/sms").route(web::post().to(sms::sign_up)))
        .service(at("/signin/passwordless/sms").route(web::post().to(sms::sign_in)))
        .service(at("/signin/passwordless/sms/otp").route(web::post().to(sms::verify_code)))
        .service(at("/elevate/otp/sms").route(web::post().to(elevation::send_text)))
        .service(at("/elevate/otp/sms/verify").route(web::post().to(elevation::by_texted_code)))
        .service(at("/user/deanonymize/sms").route(web::post().to(anonymous::deanonymize_by_sms)))
        .service(at("/user/phone/change").route(web::post().to(phone_number::change)))
        .service(at("/user/phone/change/verify").route(web::post().to(phone_number::verify)));
}

fn configure_second_factors(config: &mut ServiceConfig, settings: &ApiSettings) {
    use modern::mfa;

    let at = |path: &str| resource(&format!("{}{path}", settings.prefix));
    config
        .service(at("/signin/mfa/totp").route(web::post().to(mfa::sign_in)))
        .service(at("/mfa/totp/generate").route(web::get().to(mfa::generate)))
        .service(at("/mfa/recovery-codes").route(web::post().to(mfa::renew_recovery_codes)))
        .service(at("/user/mfa").route(web::post().to(mfa::change)));
}

fn configure_security_keys(config: &mut ServiceConfig, settings: &ApiSettings) {
    use modern::security_keys::{elevate, register, sign_in, sign_up};

    let at = |path: &str| resource(&format!("{}{path}", settings.prefix));
    config
        .service(at("/signup/webauthn").route(web::post().to(sign_up::begin)))
        .service(at("/signup/webauthn/verify").route(web::post().to(sign_up::verify)))
        .service(at("/signin/webauthn").route(web::post().to(sign_in::begin)))
        .service(at("/signin/webauthn/verify").route(web::post().to(sign_in::verify)))
        .service(at("/elevate/webauthn").route(web::post().to(elevate::begin)))
        .service(at("/elevate/webauthn/verify").route(web::post().to(elevate::verify)))
        .service(at("/user/webauthn/add").route(web::post().to(register::begin)))
        .service(at("/user/webauthn/verify").route(web::post().to(register::verify)));
}

fn configure_providers(config: &mut ServiceConfig, settings: &ApiSettings) {
    use modern::providers::{begin, callback, id_tokens};

    let at = |path: &str| resource(&format!("{}{path}", settings.prefix));
    config
        .service(at("/signin/idtoken").route(web::post().to(id_tokens::sign_in)))
        .service(at("/signup/idtoken").route(web::post().to(id_tokens::sign_up)))
        .service(at("/link/idtoken").route(web::post().to(id_tokens::link)))
        .service(at("/signin/provider/{provider}").route(web::get().to(begin::sign_in)))
        .service(at("/signup/provider/{provider}").route(web::get().to(begin::sign_up)))
        .service(
            at("/signin/provider/{provider}/callback")
                .route(web::get().to(callback::get))
                .route(web::post().to(callback::post)),
        );
}

/// A resource that does not exist for other methods than those it is given.
pub(crate) fn resource(path: &str) -> Resource {
    web::resource(path).default_service(web::to(fallback::unknown))
}

#[cfg(test)]
mod tests {
    use super::{fits, is_closed_to_other_origins, is_probe};

    #[test]
    fn probes_are_known_with_and_without_the_prefix() {
        for (path, prefix) in [
            ("/healthz", ""),
            ("/readyz", ""),
            ("/readyz", "/v1"),
            ("/v1/readyz", "/v1"),
        ] {
            assert!(is_probe(path, prefix), "{path}");
        }
        for (path, prefix) in [
            ("/v1/readyz", ""),
            ("/readyz/", ""),
            ("/v1readyz", "/v1"),
            ("/token", ""),
        ] {
            assert!(!is_probe(path, prefix), "{path}");
        }
    }

    #[test]
    fn what_is_open_to_every_client_is_closed_to_other_origins() {
        for prefix in ["", "/v1/auth"] {
            for path in [
                "/change-env",
                "/console",
                "/console/",
                "/console/index.css",
                "/landing",
                "/landing/landing.js",
            ] {
                let path = format!("{prefix}{path}");
                assert!(is_closed_to_other_origins(&path, prefix), "{path}");
            }
            assert!(is_closed_to_other_origins("/dev/outbox", prefix));
            for path in [
                "/token",
                "/openapi.json",
                "/healthz",
                "/consoles",
                "/landings",
            ] {
                let path = format!("{prefix}{path}");
                assert!(!is_closed_to_other_origins(&path, prefix), "{path}");
            }
        }
    }

    #[test]
    fn a_parameter_stands_for_one_part_of_a_path() {
        let template = "/signin/provider/{provider}/callback";

        assert!(fits(template, "/signin/provider/github/callback"));
        assert!(fits("/token", "/token"));
        for other in [
            "/signin/provider//callback",
            "/signin/provider/github",
            "/signin/provider/github/callback/",
            "/signin/provider/git/hub/callback",
            "/signin/other/github/callback",
        ] {
            assert!(!fits(template, other), "{other}");
        }
        assert!(!fits("/token", "/tokens"));
    }
}
