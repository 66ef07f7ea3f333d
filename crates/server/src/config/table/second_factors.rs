//! Settings of second factors, passkeys and elevation.

use auth_domain::policy::ElevationRule;
use settings::{Kind, Optional, Rule, Setting, section};

use crate::config::rule;

section! {
    /// The sections `mfa` and `webauthn`.
    pub(super) const SECTION = "Second factors and passkeys";

    MFA_ENABLED: Setting<bool> = Setting::new(
        "mfa.enabled",
        "AUTH_MFA_ENABLED",
        Kind::FLAG,
        "Whether people may protect their account with one-time passwords.",
    )
    .derived("`false`; `true` in the zero-setup mode while no place of the database is set")
    .protective();

    TOTP_ISSUER: Setting<String> = Setting::new(
        "mfa.totp_issuer",
        "AUTH_MFA_TOTP_ISSUER",
        Kind::text(&rule::TOTP_ISSUER),
        "Name that authenticator apps show.",
    )
    .preset("auth")
    .part_of(&MFA_ENABLED);

    TOTP_REUSE_ALLOWED: Setting<bool> = Setting::new(
        "mfa.totp_reuse_allowed",
        "AUTH_MFA_TOTP_REUSE_ALLOWED",
        Kind::FLAG,
        "Whether a one-time password is good for as long as it is shown, as in Hasura Auth, and not \
         just once for each purpose.",
    )
    .preset("false")
    .part_of(&MFA_ENABLED);

    REQUIRE_ELEVATED_CLAIM: Setting<ElevationRule> = Setting::new(
        "mfa.require_elevated_claim",
        "AUTH_REQUIRE_ELEVATED_CLAIM",
        Kind::choice(&[
                ("disabled", ElevationRule::Disabled),
                ("recommended", ElevationRule::Recommended),
                ("required", ElevationRule::Required),
            ]),
        "Whether a change of address, number or password, a personal access token, a linked identity, \
         and a security key or an authenticator app beside another need a fresh proof of identity \
         (`/elevate/…`): `required` of everybody, `recommended` of those who have a security key.",
    )
    .preset("disabled")
    .protective();

    WEBAUTHN_ENABLED: Setting<bool> = Setting::new(
        "webauthn.enabled",
        "AUTH_WEBAUTHN_ENABLED",
        Kind::FLAG,
        "Whether people may sign up and in with security keys and passkeys.",
    )
    .derived("`false`; `true` in the zero-setup mode while no place of the database is set");

    WEBAUTHN_RP_NAME: Setting<String, Optional> = Setting::new(
        "webauthn.rp_name",
        "AUTH_WEBAUTHN_RP_NAME",
        Kind::text(&Rule::ANY),
        "Name that browsers show for this service.",
    )
    .if_unset("the domain")
    .part_of(&WEBAUTHN_ENABLED);

    WEBAUTHN_RP_ID: Setting<String, Optional> = Setting::new(
        "webauthn.rp_id",
        "AUTH_WEBAUTHN_RP_ID",
        Kind::text(&Rule::ANY),
        "Domain that passkeys are bound to; with another one all of them are lost.",
    )
    .if_unset("the host of `redirects.client_url`")
    .part_of(&WEBAUTHN_ENABLED);

    WEBAUTHN_RP_ORIGINS: Setting<Vec<String>, Optional> = Setting::new(
        "webauthn.rp_origins",
        "AUTH_WEBAUTHN_RP_ORIGINS",
        Kind::list(&Rule::ANY),
        "Origins that passkeys may be used from beside the client's URL: with https unless on localhost, \
         and on that domain or below it; or android:apk-key-hash:… of an application.",
    )
    .part_of(&WEBAUTHN_ENABLED);

    WEBAUTHN_TIMEOUT: Setting<u64> = Setting::new(
        "webauthn.attestation_timeout",
        "AUTH_WEBAUTHN_ATTESTATION_TIMEOUT",
        Kind::integer(0, i64::MAX),
        "How many milliseconds a person has to use a passkey, from a second to an hour; 0: a minute.",
    )
    .preset("60000")
    .part_of(&WEBAUTHN_ENABLED);
}
