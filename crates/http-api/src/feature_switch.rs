//! Which setting switches a route on, for the log: `disabled-endpoint` alone does not say.

use std::borrow::Cow;

/// Parts of paths, the first that fits first, and the setting of what they belong to.
const SWITCHES: [(&str, &str); 12] = [
    ("/passwordless/email", "AUTH_EMAIL_PASSWORDLESS_ENABLED"),
    ("/otp/email", "AUTH_OTP_EMAIL_ENABLED"),
    ("/verify/code", "AUTH_EMAIL_LINK_CODE"),
    ("sms", "AUTH_SMS_PASSWORDLESS_ENABLED"),
    ("/user/phone", "AUTH_SMS_PASSWORDLESS_ENABLED"),
    ("webauthn", "AUTH_WEBAUTHN_ENABLED"),
    ("mfa", "AUTH_MFA_ENABLED"),
    ("totp", "AUTH_MFA_ENABLED"),
    ("/signin/anonymous", "AUTH_ANONYMOUS_USERS_ENABLED"),
    ("/user/deanonymize", "AUTH_EMAIL_PASSWORDLESS_ENABLED"),
    ("/verify", "AUTH_EMAIL_PASSWORDLESS_ENABLED"),
    // Which provider it is stands in the body.
    (
        "/idtoken",
        "AUTH_PROVIDER_APPLE_AUDIENCE, AUTH_PROVIDER_GOOGLE_AUDIENCE or AUTH_PROVIDER_CUSTOM",
    ),
];

/// What the paths of providers have in common; the provider's name follows.
const PROVIDER: &str = "/provider/";

/// The setting that is off where this path is answered with `disabled-endpoint`.
pub(crate) fn of(path: &str) -> Option<Cow<'static, str>> {
    if let Some((_, rest)) = path.split_once(PROVIDER) {
        return of_provider(rest.split('/').next()?).map(Cow::Owned);
    }
    let found = SWITCHES.iter().find(|(part, _)| path.contains(part));
    found.map(|(_, setting)| Cow::Borrowed(*setting))
}

/// Other names than those of built-in providers are refused before it is asked what is on.
fn of_provider(name: &str) -> Option<String> {
    match name {
        "windowslive" => Some("AUTH_PROVIDER_WINDOWS_LIVE_ENABLED".to_owned()),
        _ if name.bytes().all(|it| it.is_ascii_lowercase()) => Some(format!(
            "AUTH_PROVIDER_{}_ENABLED",
            name.to_ascii_uppercase()
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_known_by_what_switches_them_on() {
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
            ("/signin/provider/github", "AUTH_PROVIDER_GITHUB_ENABLED"),
            (
                "/v1/signin/provider/windowslive/callback",
                "AUTH_PROVIDER_WINDOWS_LIVE_ENABLED",
            ),
            ("/signup/provider/apple", "AUTH_PROVIDER_APPLE_ENABLED"),
        ] {
            assert_eq!(of(path).as_deref(), Some(setting), "{path}");
        }
        let by_token = of("/signin/idtoken").unwrap();
        assert!(by_token.contains("AUTH_PROVIDER_GOOGLE_AUDIENCE"));
        assert_eq!(of("/signin/provider/c:acme"), None);
    }
}
