//! Settings of second factors, passkeys and elevation.

use super::{Kind, Rule, Section, Setting};

pub(crate) const MFA_ENABLED: Setting = Setting::new(
    "mfa.enabled",
    "AUTH_MFA_ENABLED",
    Kind::Flag,
    "Whether people may protect their account with one-time passwords.",
)
.derived("`false`; `true` in the zero-setup mode while no place of the database is set")
.protective();

pub(crate) const TOTP_ISSUER: Setting = Setting::new(
    "mfa.totp_issuer",
    "AUTH_MFA_TOTP_ISSUER",
    Kind::Text(&Rule::TOTP_ISSUER),
    "Name that authenticator apps show.",
)
.preset("auth")
.part_of(&MFA_ENABLED);

pub(crate) const TOTP_REUSE_ALLOWED: Setting = Setting::new(
    "mfa.totp_reuse_allowed",
    "AUTH_MFA_TOTP_REUSE_ALLOWED",
    Kind::Flag,
    "Whether a one-time password is good for as long as it is shown, as in Hasura Auth, and not \
     just once for each purpose.",
)
.preset("false")
.part_of(&MFA_ENABLED);

pub(crate) const REQUIRE_ELEVATED_CLAIM: Setting = Setting::new(
    "mfa.require_elevated_claim",
    "AUTH_REQUIRE_ELEVATED_CLAIM",
    Kind::Choice(&["disabled", "recommended", "required"]),
    "Whether a change of address, number or password, a personal access token, a linked identity, \
     and a security key or an authenticator app beside another need a fresh proof of identity \
     (`/elevate/…`): `required` of everybody, `recommended` of those who have a security key.",
)
.preset("disabled")
.protective();

pub(crate) const WEBAUTHN_ENABLED: Setting = Setting::new(
    "webauthn.enabled",
    "AUTH_WEBAUTHN_ENABLED",
    Kind::Flag,
    "Whether people may sign up and in with security keys and passkeys.",
)
.derived("`false`; `true` in the zero-setup mode while no place of the database is set");

pub(crate) const WEBAUTHN_RP_NAME: Setting = Setting::new(
    "webauthn.rp_name",
    "AUTH_WEBAUTHN_RP_NAME",
    Kind::Text(&Rule::ANY),
    "Name that browsers show for this service.",
)
.derived("the domain")
.part_of(&WEBAUTHN_ENABLED);

pub(crate) const WEBAUTHN_RP_ID: Setting = Setting::new(
    "webauthn.rp_id",
    "AUTH_WEBAUTHN_RP_ID",
    Kind::Text(&Rule::ANY),
    "Domain that passkeys are bound to; with another one all of them are lost.",
)
.derived("the host of `redirects.client_url`")
.part_of(&WEBAUTHN_ENABLED);

pub(crate) const WEBAUTHN_RP_ORIGINS: Setting = Setting::new(
    "webauthn.rp_origins",
    "AUTH_WEBAUTHN_RP_ORIGINS",
    Kind::List(&Rule::ANY),
    "Origins that passkeys may be used from beside the client's URL: with https unless on localhost, \
     and on that domain or below it; or android:apk-key-hash:… of an application.",
)
.part_of(&WEBAUTHN_ENABLED);

pub(crate) const WEBAUTHN_TIMEOUT: Setting = Setting::new(
    "webauthn.attestation_timeout",
    "AUTH_WEBAUTHN_ATTESTATION_TIMEOUT",
    Kind::Integer(0, i64::MAX),
    "How many milliseconds a person has to use a passkey, from a second to an hour; 0: a minute.",
)
.preset("60000")
.part_of(&WEBAUTHN_ENABLED);

/// The sections `mfa` and `webauthn`.
pub(super) const SECTION: Section = Section {
    title: "Second factors and passkeys",
    settings: &[
        MFA_ENABLED,
        TOTP_ISSUER,
        TOTP_REUSE_ALLOWED,
        REQUIRE_ELEVATED_CLAIM,
        WEBAUTHN_ENABLED,
        WEBAUTHN_RP_NAME,
        WEBAUTHN_RP_ID,
        WEBAUTHN_RP_ORIGINS,
        WEBAUTHN_TIMEOUT,
    ],
};
