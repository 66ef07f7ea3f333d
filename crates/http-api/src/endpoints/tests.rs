use actix_web::{
    App, HttpMessage,
    http::{Method, StatusCode, header},
    middleware::from_fn,
    test::{TestRequest, call_service, init_service},
    web::Data,
};

use super::topics;
use crate::{
    endpoint::{
        BotCheckRule::{self, Always, LatestVersion, Never},
        Endpoint, Endpoints, PathRules, Switch, router,
    },
    middleware::endpoint_rules,
    request_limits::{
        Limit::{self, BruteForce, Email, EmailOfSignUp, SignUps, Sms},
        limits_of_unknown_path,
    },
    settings::ApiSettings,
};

/// What a server with these settings answers a request, and the rules that its middleware saw.
async fn ask(settings: &ApiSettings, method: Method, path: &str) -> (Answer, Option<PathRules>) {
    let endpoints = Data::new(Endpoints::new(topics(), settings));
    let (table, settings) = (endpoints.clone(), settings.clone());
    let app = App::new()
        .app_data(endpoints)
        .configure(move |config| router::configure(config, &table, &settings))
        .wrap(from_fn(endpoint_rules::find));
    let app = init_service(app).await;
    let request = TestRequest::with_uri(path).method(method).to_request();
    let answer = call_service(&app, request).await;
    let location = answer.headers().get(header::LOCATION);
    let location = location.map(|it| it.to_str().unwrap().to_owned());
    let rules = answer.request().extensions().get::<PathRules>().copied();
    ((answer.status(), location), rules)
}

/// Status and `Location`.
type Answer = (StatusCode, Option<String>);

/// The rules of a path, whatever the method.
async fn rules_of(settings: &ApiSettings, path: &str) -> Option<PathRules> {
    ask(settings, Method::DELETE, path).await.1
}

fn everything_behind(prefix: &str) -> ApiSettings {
    ApiSettings {
        console: true,
        landing: true,
        change_env: true,
        ..ApiSettings::behind(prefix)
    }
}

fn all() -> Vec<Endpoint> {
    topics().into_iter().flat_map(|it| it.endpoints).collect()
}

fn rules_by_path() -> Vec<(String, PathRules)> {
    let all = all();
    all.iter()
        .map(|it| (it.path_behind(""), it.rules()))
        .collect()
}

#[test]
fn endpoints_with_the_same_path_have_the_same_rules() {
    let rows = rules_by_path();

    for (path, rules) in &rows {
        for (_, others) in rows.iter().filter(|(it, _)| it == path) {
            assert_eq!(rules, others, "{path}");
        }
    }
}

#[test]
fn an_endpoint_is_limited_at_least_as_its_path_would_be_in_the_original() {
    for (path, rules) in rules_by_path() {
        for limit in limits_of_unknown_path(&path) {
            assert!(rules.rate_limits.contains(&limit), "{path}: {limit:?}");
        }
    }
}

#[test]
fn limits_are_named_in_the_order_they_are_counted_in() {
    for (path, rules) in rules_by_path() {
        assert!(rules.rate_limits.is_sorted(), "{path}");
    }
}

#[actix_web::test]
async fn every_endpoint_has_the_limits_of_the_original() {
    let expected: [(&str, &[Limit]); 29] = [
        ("/token", &[]),
        ("/signin/email-password", &[BruteForce]),
        ("/signin/anonymous", &[BruteForce]),
        ("/signin/passwordless/email", &[Email, BruteForce]),
        ("/signin/otp/email", &[Email, BruteForce]),
        ("/signin/otp/email/verify", &[BruteForce]),
        ("/signin/passwordless/sms", &[Sms, BruteForce]),
        ("/signin/passwordless/sms/otp", &[BruteForce]),
        ("/signup/passwordless/sms", &[Sms, SignUps]),
        ("/elevate/otp/email", &[Email, BruteForce]),
        ("/elevate/otp/sms", &[Sms, BruteForce]),
        ("/elevate/otp/sms/verify", &[BruteForce]),
        ("/user/deanonymize", &[EmailOfSignUp]),
        ("/user/deanonymize/sms", &[Sms]),
        ("/user/phone/change", &[Sms]),
        ("/user/phone/change/verify", &[BruteForce]),
        ("/signup/email-password", &[EmailOfSignUp, SignUps]),
        ("/signup/otp/email", &[Email, SignUps]),
        ("/signup/webauthn/verify", &[BruteForce, SignUps]),
        ("/user/password/reset", &[Email]),
        ("/user/email/change", &[Email]),
        ("/user/email/send-verification-email", &[EmailOfSignUp]),
        ("/verify", &[BruteForce]),
        ("/verify/code", &[BruteForce]),
        ("/signin/provider/github", &[BruteForce]),
        ("/v1/login", &[BruteForce]),
        ("/v1/user/change-password", &[BruteForce]),
        ("/v1/signup", &[SignUps]),
        ("/v1/user/info", &[]),
    ];

    for (path, limits) in expected {
        for prefix in ["", "/v1", "/a/b"] {
            let served = if path.starts_with("/v1/") {
                path.to_owned()
            } else {
                format!("{prefix}{path}")
            };
            let rules = rules_of(&ApiSettings::behind(prefix), &served).await;
            assert_eq!(rules.unwrap().rate_limits, limits, "{served}");
        }
    }
}

#[actix_web::test]
async fn bots_are_turned_away_from_first_steps_alone() {
    let expected: [(&str, BotCheckRule); 14] = [
        ("/signup/email-password", Always),
        ("/signup/otp/email", Always),
        ("/v1/signup", Always),
        ("/signin/passwordless/email", LatestVersion),
        ("/signin/passwordless/sms", LatestVersion),
        ("/signin/otp/email", LatestVersion),
        ("/user/password/reset", LatestVersion),
        ("/signup/webauthn/verify", Never),
        ("/signin/otp/email/verify", Never),
        ("/signin/passwordless/sms/otp", Never),
        ("/signup/provider/github", Never),
        ("/signin/provider/github/callback", Never),
        ("/signin/email-password", Never),
        ("/healthz", Never),
    ];

    for (path, rule) in expected {
        let rules = rules_of(&ApiSettings::behind(""), path).await;
        assert_eq!(rules.unwrap().bot_check, rule, "{path}");
    }
}

#[actix_web::test]
async fn endpoints_are_known_by_what_switches_them_on() {
    for (path, setting) in [
        (
            "/signin/passwordless/email",
            "AUTH_EMAIL_PASSWORDLESS_ENABLED",
        ),
        ("/v1/signup/otp/email", "AUTH_OTP_EMAIL_ENABLED"),
        ("/elevate/otp/email/verify", "AUTH_OTP_EMAIL_ENABLED"),
        (
            "/signin/passwordless/sms/otp",
            "AUTH_SMS_PASSWORDLESS_ENABLED",
        ),
        ("/elevate/otp/sms", "AUTH_SMS_PASSWORDLESS_ENABLED"),
        ("/user/phone/change", "AUTH_SMS_PASSWORDLESS_ENABLED"),
        ("/signin/webauthn", "AUTH_WEBAUTHN_ENABLED"),
        ("/user/webauthn/verify", "AUTH_WEBAUTHN_ENABLED"),
        ("/mfa/totp/generate", "AUTH_MFA_ENABLED"),
        ("/elevate/totp", "AUTH_MFA_ENABLED"),
        ("/signin/anonymous", "AUTH_ANONYMOUS_USERS_ENABLED"),
    ] {
        let prefix = if path.starts_with("/v1/") { "/v1" } else { "" };
        let rules = rules_of(&ApiSettings::behind(prefix), path).await;
        assert_eq!(
            rules.unwrap().switch,
            Some(Switch::Setting(setting)),
            "{path}"
        );
    }
    let provider = rules_of(&ApiSettings::behind(""), "/signin/provider/github").await;
    assert_eq!(provider.unwrap().switch, Some(Switch::Provider));
}

#[actix_web::test]
async fn probes_are_known_with_and_without_the_prefix() {
    for (path, prefix) in [
        ("/healthz", ""),
        ("/readyz", ""),
        ("/readyz", "/v1"),
        ("/v1/readyz", "/v1"),
    ] {
        let rules = rules_of(&ApiSettings::behind(prefix), path).await;
        assert!(rules.unwrap().is_probe, "{path}");
    }
    for (path, prefix) in [
        ("/v1/readyz", ""),
        ("/readyz/", ""),
        ("/v1readyz", "/v1"),
        ("/token", ""),
    ] {
        let rules = rules_of(&ApiSettings::behind(prefix), path).await;
        assert!(!rules.is_some_and(|it| it.is_probe), "{path}");
    }
}

#[test]
fn what_is_open_to_every_client_is_closed_to_other_origins() {
    for prefix in ["", "/v1/auth"] {
        let endpoints = Endpoints::new(topics(), &ApiSettings::behind(prefix));
        let is_closed = |path: &str| endpoints.is_closed_to_other_origins(path, prefix);
        for path in [
            "/change-env",
            "/console",
            "/console/",
            "/console/index.css",
            "/landing",
            "/landing/landing.js",
        ] {
            let path = format!("{prefix}{path}");
            assert!(is_closed(&path), "{path}");
        }
        assert!(is_closed("/dev/outbox"));
        for path in [
            "/token",
            "/openapi.json",
            "/healthz",
            "/consoles",
            "/landings",
            "/change-env/nowhere",
        ] {
            let path = format!("{prefix}{path}");
            assert!(!is_closed(&path), "{path}");
        }
    }
}

#[actix_web::test]
async fn a_slash_at_the_end_leads_to_the_endpoint() {
    for (method, path, status, location) in [
        (Method::POST, "/token/?a=b", 307, "/token?a=b"),
        (Method::GET, "/user/", 301, "/user"),
        (Method::GET, "/v1/user/info/", 301, "/v1/user/info"),
        (
            Method::POST,
            "/signin/provider/github/callback/",
            307,
            "/signin/provider/github/callback",
        ),
    ] {
        let ((code, found), _) = ask(&everything_behind(""), method, path).await;
        assert_eq!(code.as_u16(), status, "{path}");
        assert_eq!(found.as_deref(), Some(location), "{path}");
    }
}

#[actix_web::test]
async fn a_slash_leads_to_no_other_method_no_page_and_no_unprefixed_probe() {
    for (method, path, prefix) in [
        (Method::GET, "/token/", ""),
        (Method::GET, "/signin/provider//callback/", ""),
        (Method::GET, "/signin/provider/git/hub/", ""),
        (Method::GET, "/nowhere/", ""),
        (Method::GET, "/openapi.json/", ""),
        (Method::GET, "/landing/", ""),
        (Method::GET, "/dev/outbox/", ""),
        (Method::GET, "/healthz/", "/auth"),
    ] {
        let (answer, _) = ask(&everything_behind(prefix), method, path).await;
        assert_eq!(answer, (StatusCode::NOT_FOUND, None), "{path}");
    }
}

#[actix_web::test]
async fn another_method_does_not_exist_and_has_the_rules_of_its_path() {
    let (answer, rules) = ask(&everything_behind(""), Method::GET, "/signup/otp/email").await;

    assert_eq!(answer.0, StatusCode::NOT_FOUND);
    assert_eq!(rules.unwrap().rate_limits, [Email, SignUps]);
}

#[actix_web::test]
async fn a_path_that_lacks_the_prefix_has_the_rules_of_the_endpoint_and_is_not_served() {
    let settings = ApiSettings::behind("/auth");

    let (answer, rules) = ask(&settings, Method::POST, "/user/password/reset").await;

    assert_eq!(answer.0, StatusCode::NOT_FOUND);
    assert_eq!(rules.unwrap().rate_limits, [Email]);
    assert_eq!(rules.unwrap().bot_check, LatestVersion);
}

#[actix_web::test]
async fn pages_and_the_hook_for_tests_are_there_where_they_are_asked_for() {
    for path in ["/console", "/landing", "/change-env"] {
        assert!(
            rules_of(&everything_behind(""), path).await.is_some(),
            "{path}"
        );
        assert!(
            rules_of(&ApiSettings::behind(""), path).await.is_none(),
            "{path}"
        );
    }
}
