//! Which setting switches a route on, for the log: `disabled-endpoint` alone does not say.

/// Parts of paths, the first that fits first, and the setting of what they belong to.
const SWITCHES: [(&str, &str); 11] = [
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
];

/// The setting that is off where this path is answered with `disabled-endpoint`. Those of providers
/// have names of their own.
pub(crate) fn of(path: &str) -> Option<&'static str> {
    let found = SWITCHES.iter().find(|(part, _)| path.contains(part));
    found.map(|(_, setting)| *setting)
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
        ] {
            assert_eq!(of(path), Some(setting), "{path}");
        }
        assert_eq!(of("/signin/provider/github"), None);
    }
}
