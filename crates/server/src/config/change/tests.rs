//! Tests of the effect of each name.

use std::{collections::BTreeSet, time::Duration};

use auth_domain::{
    policy::PolicyKeys,
    security_key::Origin,
    user::{EmailAddress, Locale, Role},
};
use serde_json::json;

use super::{
    super::{Config, SmsProvider, changed, tests::loaded_from},
    *,
};

/// A server on which every change has an effect.
const START: [(&str, &str); 16] = [
    ("POSTGRES_CONNECTION", "postgres://db/x"),
    ("AUTH_CLIENT_URL", "http://localhost:3000"),
    ("AUTH_SERVER_URL", "http://localhost:4000"),
    ("AUTH_JWT_CUSTOM_CLAIMS", r#"{"org":"profile.org"}"#),
    ("HASURA_GRAPHQL_GRAPHQL_URL", "http://hasura/v1/graphql"),
    ("HASURA_GRAPHQL_ADMIN_SECRET", "hunter2"),
    ("AUTH_SMS_PASSWORDLESS_ENABLED", "true"),
    ("AUTH_SMS_TWILIO_ACCOUNT_SID", "AC0"),
    ("AUTH_SMS_TWILIO_AUTH_TOKEN", "token0"),
    ("AUTH_SMS_TWILIO_MESSAGING_SERVICE_ID", "MG0"),
    ("AUTH_SMS_MODICA_USERNAME", "user0"),
    ("AUTH_SMS_MODICA_PASSWORD", "password0"),
    ("AUTH_WEBAUTHN_ENABLED", "true"),
    ("AUTH_WEBAUTHN_RP_ORIGINS", "http://localhost:5000"),
    ("AUTH_LOCALE_ALLOWED_LOCALES", "en,fr"),
    (
        "AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS",
        "https://one.example",
    ),
];

fn start() -> Settings {
    loaded_from(&START).settings
}

fn object(members: &Json) -> Map<String, Json> {
    members.as_object().unwrap().clone()
}

/// The configuration after these changes, one after the other.
fn after(changes: &[Json]) -> Config {
    let mut settings = start();
    let mut config = None;
    for members in changes {
        let (next, made) = changed(&settings, &object(members)).unwrap();
        (settings, config) = (next, Some(made));
    }
    config.unwrap()
}

fn problems(members: &Json) -> Vec<String> {
    let outcome = changed(&start(), &object(members));
    outcome.err().map_or_else(Vec::new, |it| it.0)
}

fn accepts(config: &Config, email: &str) -> String {
    let email = EmailAddress::parse(email).unwrap();
    config.accounts.email_access.accepts(&email).to_string()
}

fn roles(config: &Config) -> String {
    let roles = config.accounts.allowed_roles.iter().map(Role::as_str);
    roles.collect::<Vec<_>>().join(",")
}

fn locales(config: &Config) -> String {
    let locales = config.accounts.allowed_locales.iter().map(Locale::as_str);
    locales.collect::<Vec<_>>().join(",")
}

fn claims(config: &Config) -> String {
    match &config.custom_claims {
        Some(claims) => format!(
            "{} {} {:?}",
            claims.endpoint.url,
            claims.endpoint.admin_secret.expose(),
            claims.definitions
        ),
        None => "none".to_owned(),
    }
}

fn sms(config: &Config) -> String {
    match config.sms.as_ref().map(|it| &it.provider) {
        Some(SmsProvider::Twilio(account)) => {
            let token = account.auth_token.expose();
            format!("{} {token} {}", account.account_sid, account.sender)
        }
        Some(SmsProvider::Modica(account)) => {
            format!("{} {}", account.username, account.password.expose())
        }
        Some(SmsProvider::Dev { .. }) => "dev".to_owned(),
        Some(_) => "another".to_owned(),
        None => "none".to_owned(),
    }
}

fn keys(config: &Config) -> String {
    let Some(party) = &config.relying_party else {
        return "none".to_owned();
    };
    let origins = party.origins().iter().map(Origin::as_str);
    let origins = origins.collect::<Vec<_>>().join(",");
    format!("{} {} {origins}", party.id(), party.name())
}

fn refresh_token_life(config: &Config) -> String {
    let keys = PolicyKeys::derive(b"x");
    let life: Duration = config.policy(keys).sessions.refresh_token_ttl;
    life.as_secs().to_string()
}

/// A change, where its effect shows, and the expected value.
type Example = (Json, fn(&Config) -> String, &'static str);

fn examples() -> impl Iterator<Item = Example> {
    let account_examples = account_examples().into_iter();
    account_examples
        .chain(server_examples())
        .chain(service_examples())
}

fn account_examples() -> Vec<Example> {
    vec![
        (
            json!({ "AUTH_DISABLE_SIGNUP": true }),
            |it| it.accounts.sign_up_enabled.to_string(),
            "false",
        ),
        (
            json!({ "AUTH_DISABLE_NEW_USERS": true }),
            |it| it.accounts.new_users_disabled.to_string(),
            "true",
        ),
        (
            json!({ "AUTH_ANONYMOUS_USERS_ENABLED": true }),
            |it| it.accounts.anonymous_enabled.to_string(),
            "true",
        ),
        (
            json!({ "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED": false }),
            |it| it.accounts.email_verification_required.to_string(),
            "false",
        ),
        (
            json!({ "AUTH_EMAIL_PASSWORDLESS_ENABLED": true }),
            |it| it.accounts.email_link_enabled.to_string(),
            "true",
        ),
        (
            json!({ "AUTH_OTP_EMAIL_ENABLED": true }),
            |it| it.accounts.email_code_enabled.to_string(),
            "true",
        ),
        (
            json!({ "AUTH_DEFAULT_ROLE": "editor" }),
            |it| it.accounts.default_role.as_str().to_owned(),
            "editor",
        ),
        (
            json!({ "AUTH_DEFAULT_ALLOWED_ROLES": ["a", "b,c", "user"] }),
            roles,
            "a,b,c,user",
        ),
        (json!({ "AUTH_DEFAULT_ALLOWED_ROLES": [] }), roles, "user"),
        (
            json!({ "AUTH_DEFAULT_LOCALE": "de" }),
            |it| it.accounts.default_locale.as_str().to_owned(),
            "de",
        ),
        (
            json!({ "AUTH_LOCALE_ALLOWED_LOCALES": "de, es" }),
            locales,
            "de,es,en",
        ),
        (json!({ "AUTH_LOCALE_ALLOWED_LOCALES": "" }), locales, "en"),
        (
            json!({ "AUTH_ACCESS_CONTROL_BLOCKED_EMAILS": "b@x.io, a@x.io" }),
            |it| accepts(it, "a@x.io"),
            "false",
        ),
        (
            json!({ "AUTH_ACCESS_CONTROL_ALLOWED_EMAILS": "b@x.io" }),
            |it| accepts(it, "a@x.io"),
            "false",
        ),
        (
            json!({ "AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAINS": "x.io" }),
            |it| accepts(it, "a@x.io"),
            "false",
        ),
        (
            json!({ "AUTH_ACCESS_CONTROL_ALLOWED_EMAIL_DOMAINS": "y.io" }),
            |it| accepts(it, "a@x.io"),
            "false",
        ),
    ]
}

fn server_examples() -> Vec<Example> {
    vec![
        (
            json!({ "AUTH_CLIENT_URL": "http://localhost:6000" }),
            |it| it.redirects.client_url().as_str().to_owned(),
            "http://localhost:6000",
        ),
        (
            json!({ "AUTH_SERVER_URL": "https://auth.io/" }),
            |it| it.server.url.clone(),
            "https://auth.io",
        ),
        (
            json!({ "AUTH_CONCEAL_ERRORS": true }),
            |it| it.api.conceal_errors.to_string(),
            "true",
        ),
        (
            json!({ "AUTH_PASSWORD_MIN_LENGTH": 9 }),
            |it| it.passwords.min_bytes.to_string(),
            "9",
        ),
        (
            json!({ "AUTH_PASSWORD_HIBP_ENABLED": true }),
            |it| it.hibp_url.is_some().to_string(),
            "true",
        ),
        (
            json!({ "AUTH_REFRESH_TOKEN_EXPIRES_IN": 60 }),
            refresh_token_life,
            "60",
        ),
        (
            json!({ "AUTH_MFA_ENABLED": true }),
            |it| it.totp_enabled().to_string(),
            "true",
        ),
        (json!({ "AUTH_WEBAUTHN_ENABLED": false }), keys, "none"),
        (
            json!({ "AUTH_WEBAUTHN_RPNAME": "Acme", "AUTH_WEBAUTHN_RP_ORIGINS": [] }),
            keys,
            "localhost Acme http://localhost:3000",
        ),
        (
            json!({ "AUTH_WEBAUTHN_RPID": "x.io", "AUTH_WEBAUTHN_RP_ORIGINS": ["https://a.x.io"] }),
            keys,
            "x.io x.io https://a.x.io",
        ),
    ]
}

fn service_examples() -> Vec<Example> {
    vec![
        (
            json!({ "AUTH_SMS_PASSWORDLESS_ENABLED": false }),
            sms,
            "none",
        ),
        (json!({ "AUTH_SMS_PROVIDER": "dev" }), sms, "dev"),
        (
            json!({ "AUTH_SMS_TWILIO_ACCOUNT_SID": "AC1" }),
            sms,
            "AC1 token0 MG0",
        ),
        (
            json!({ "AUTH_SMS_TWILIO_AUTH_TOKEN": "token1" }),
            sms,
            "AC0 token1 MG0",
        ),
        (
            json!({ "AUTH_SMS_TWILIO_MESSAGING_SERVICE_ID": "MG1" }),
            sms,
            "AC0 token0 MG1",
        ),
        (
            json!({ "AUTH_SMS_PROVIDER": "modica", "AUTH_SMS_MODICA_USERNAME": "user1" }),
            sms,
            "user1 password0",
        ),
        (
            json!({ "AUTH_SMS_PROVIDER": "modica", "AUTH_SMS_MODICA_PASSWORD": "password1" }),
            sms,
            "user0 password1",
        ),
    ]
}

#[test]
fn each_name_changes_its_setting_and_an_empty_change_changes_none() {
    let before = after(&[json!({})]);
    for (members, show, expected) in examples() {
        assert_ne!(show(&before), expected, "{members}");
        assert_eq!(
            show(&after(std::slice::from_ref(&members))),
            expected,
            "{members}"
        );
    }
}

#[test]
fn every_name_that_changes_something_is_tried() {
    let names_of = |members: &Json| object(members).into_iter().map(|(name, _)| name);
    let mut tried: BTreeSet<String> = examples()
        .flat_map(|(members, ..)| names_of(&members))
        .collect();
    // Names with tests of their own, below.
    for name in [
        "AUTH_JWT_CUSTOM_CLAIMS",
        "AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS",
        "HASURA_GRAPHQL_GRAPHQL_URL",
        "HASURA_GRAPHQL_ADMIN_SECRET",
    ] {
        tried.insert(name.to_owned());
    }

    let changing = CHANGEABLE.iter().filter(|it| it.setting.is_some());
    let names: BTreeSet<String> = changing.map(|it| it.name.to_owned()).collect();
    assert_eq!(tried, names);
}

#[test]
fn custom_claims_are_asked_for_elsewhere_or_not_at_all() {
    let elsewhere = after(&[json!({
        "HASURA_GRAPHQL_GRAPHQL_URL": "http://other/",
        "HASURA_GRAPHQL_ADMIN_SECRET": "hunter3",
    })]);
    let with_other_secret = after(&[json!({ "HASURA_GRAPHQL_ADMIN_SECRET": "hunter3" })]);
    let others = after(&[json!({ "AUTH_JWT_CUSTOM_CLAIMS": r#"{"level":"profile.level"}"# })]);
    let defaults = json!({ "AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS": r#"{"org":"o-default"}"# });

    assert!(claims(&elsewhere).starts_with("http://other/ hunter3 "));
    assert!(claims(&with_other_secret).starts_with("http://hasura/v1/graphql hunter3 "));
    assert!(claims(&others).contains("level"));
    assert!(claims(&after(&[defaults])).contains("o-default"));
    for empty in ["", "{}"] {
        let removed = after(&[json!({ "AUTH_JWT_CUSTOM_CLAIMS": empty })]);
        assert_eq!(claims(&removed), "none");
    }
}

#[test]
fn the_admin_secret_of_the_start_goes_to_no_other_hasura() {
    let other = json!({ "HASURA_GRAPHQL_GRAPHQL_URL": "http://other/" });
    let own = json!({ "HASURA_GRAPHQL_GRAPHQL_URL": "http://hasura/v1/graphql" });
    let none = json!({ "AUTH_JWT_CUSTOM_CLAIMS": "" });
    let some = json!({ "AUTH_JWT_CUSTOM_CLAIMS": r#"{"org":"profile.org"}"# });
    let last = |changes: &[&Json]| {
        let mut settings = start();
        let mut problems = Vec::new();
        for members in changes {
            match changed(&settings, &object(members)) {
                Ok((next, _)) => settings = next,
                Err(errors) => problems = errors.0,
            }
        }
        problems
    };

    for changes in [&[&other][..], &[&none, &other, &some], &[&own, &other]] {
        let problems = last(changes);
        assert_eq!(problems.len(), 1, "{changes:?}");
        assert!(
            problems[0].contains("set HASURA_GRAPHQL_ADMIN_SECRET"),
            "{problems:?}"
        );
        assert!(!problems[0].contains("hunter2"), "{problems:?}");
    }
    assert_eq!(last(&[&own]), Vec::<String>::new());
    assert_eq!(last(&[&none, &own, &some]), Vec::<String>::new());
}

#[test]
fn what_is_absent_or_null_stays_and_changes_add_up() {
    let config = after(&[
        json!({ "AUTH_PASSWORD_MIN_LENGTH": 9, "AUTH_MFA_ENABLED": true }),
        json!({ "AUTH_DEFAULT_ROLE": "editor", "AUTH_MFA_ENABLED": null }),
        json!({ "AUTH_PASSWORD_MIN_LENGTH": 10 }),
    ]);

    assert_eq!(config.passwords.min_bytes, 10);
    assert!(config.totp_enabled());
    assert_eq!(roles(&config), "me,editor");
}

#[test]
fn an_empty_url_stays_and_any_other_empty_text_is_as_good_as_unset() {
    let config = after(&[json!({
        "AUTH_CLIENT_URL": "",
        "AUTH_SERVER_URL": "",
        "AUTH_WEBAUTHN_RPNAME": "",
        "AUTH_SMS_PROVIDER": "",
    })]);

    assert_eq!(
        config.redirects.client_url().as_str(),
        "http://localhost:3000"
    );
    assert_eq!(config.server.url, "http://localhost:4000");
    assert_eq!(sms(&config), "AC0 token0 MG0");
    assert!(keys(&config).starts_with("localhost localhost "));
    let missing = problems(&json!({ "AUTH_SMS_TWILIO_AUTH_TOKEN": "" }));
    assert!(
        missing[0].contains("needs AUTH_SMS_TWILIO_AUTH_TOKEN"),
        "{missing:?}"
    );
}

#[test]
fn names_without_effect_and_unknown_ones_are_accepted() {
    let before = after(&[json!({})]);
    let config = after(&[json!({
        "AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS": "https://other.example",
        "AUTH_ACCESS_TOKEN_EXPIRES_IN": 1,
        "AUTH_GRAVATAR_ENABLED": false,
        "AUTH_GRAVATAR_DEFAULT": "404",
        "AUTH_GRAVATAR_RATING": "x",
        "AUTH_SERVER_PREFIX": "/v9",
        "AUTH_USER_DEFAULT_ALLOWED_ROLES": "x",
        "AUTH_WEBAUTHN_RP_NAME": "x",
        "AUTH_WEBAUTHN_RP_ID": "x",
        "AUTH_SMS_TEST_PHONE_NUMBERS": "x",
        "AUTH_EMAIL_TEMPLATE_FETCH_URL": 1,
        "AUTH_HIBP_ENABLED": "x",
        "HASURA_GRAPHQL_JWT_SECRET": "x",
        "AUTH_PORT": "x",
    })]);

    assert_eq!(format!("{config:?}"), format!("{before:?}"));
}

#[test]
fn each_form_takes_values_of_its_type_alone() {
    let values = [
        json!("en"),
        json!(true),
        json!(5),
        json!(["x"]),
        json!({}),
        json!(1.5),
        json!([1]),
    ];
    for changeable in CHANGEABLE {
        let name = changeable.name;
        let taken = match changeable.form {
            Text | Url | Commas => 0,
            Flag => 1,
            Number => 2,
            Array => 3,
        };
        for (_, value) in values.iter().enumerate().filter(|(it, _)| *it != taken) {
            let problems = problems(&json!({ name: value }));
            assert_eq!(problems.len(), 1, "{name} {value}");
            assert!(
                problems[0].starts_with(&format!("{name} expects ")),
                "{problems:?}"
            );
        }
    }
}

#[test]
fn every_problem_is_told_and_none_repeats_a_value() {
    let problems = problems(&json!({
        "HASURA_GRAPHQL_ADMIN_SECRET": "hunter2\u{e4}",
        "AUTH_CLIENT_URL": "hunter2",
        "AUTH_PASSWORD_MIN_LENGTH": "hunter2",
        "AUTH_SMS_PROVIDER": "hunter2",
    }));

    assert_eq!(problems.len(), 4, "{problems:?}");
    for problem in problems {
        assert!(!problem.contains("hunter2"), "{problem}");
    }
}

#[test]
fn what_no_start_would_accept_no_change_is_accepted_for() {
    for (members, words) in [
        (
            json!({ "HASURA_GRAPHQL_ADMIN_SECRET": "" }),
            "HASURA_GRAPHQL_ADMIN_SECRET",
        ),
        (
            json!({ "AUTH_WEBAUTHN_RPID": "x.io" }),
            "AUTH_WEBAUTHN_RPID",
        ),
        (json!({ "AUTH_PASSWORD_MIN_LENGTH": 100 }), "from 0 to 72"),
        (
            json!({ "AUTH_JWT_CUSTOM_CLAIMS": r#"{"a":1}"# }),
            "AUTH_JWT_CUSTOM_CLAIMS",
        ),
    ] {
        let problems = problems(&members);
        assert_eq!(problems.len(), 1, "{members}: {problems:?}");
        assert!(problems[0].contains(words), "{problems:?}");
    }
}
