//! A body for each operation that takes one, for people to send from the console.
//!
//! On a fresh server they follow each other: Ada signs up, signs in, and is sent links and codes.
//! What only a server, a provider or an authenticator can give out (tokens, tickets, codes,
//! signatures) has the right form, and is answered as wrong.

use serde_json::{Value, json};

use crate::routes::{Generation, Route};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery";
const NUMBER: &str = "+41791234567";
const OTHER_NUMBER: &str = "+41791234568";
const TOKEN: &str = "7f6c5d3e-2b1a-4c0d-9e8f-a1b2c3d4e5f6";

/// The body to try a route with. It is `None` where the route takes none.
pub(super) fn of(route: &Route) -> Option<Value> {
    match route.generation {
        Generation::Modern => modern(route.path),
        Generation::Legacy => legacy(route.path),
    }
}

fn modern(path: &str) -> Option<Value> {
    let code = "123456";
    Some(match path {
        "/signup/email-password" => json!({
            "email": EMAIL,
            "password": PASSWORD,
            "options": { "displayName": "Ada Lovelace", "metadata": { "plan": "free" } },
        }),
        "/signin/email-password" => json!({ "email": EMAIL, "password": PASSWORD }),
        "/signin/anonymous" => json!({ "displayName": "Guest" }),
        "/signup/passwordless/email"
        | "/signin/passwordless/email"
        | "/signup/otp/email"
        | "/signin/otp/email"
        | "/signup/webauthn"
        | "/user/password/reset"
        | "/user/email/send-verification-email" => json!({ "email": EMAIL }),
        "/signin/otp/email/verify" => json!({ "email": EMAIL, "otp": code }),
        "/verify/code" => {
            json!({ "email": EMAIL, "type": "signinPasswordless", "code": code })
        }
        "/signup/passwordless/sms" | "/signin/passwordless/sms" | "/user/deanonymize/sms" => {
            json!({ "phoneNumber": NUMBER })
        }
        "/signin/passwordless/sms/otp" => json!({ "phoneNumber": NUMBER, "otp": code }),
        "/user/phone/change" => json!({ "newPhoneNumber": OTHER_NUMBER }),
        "/user/phone/change/verify" => json!({ "newPhoneNumber": OTHER_NUMBER, "otp": code }),
        "/signin/pat" => json!({ "personalAccessToken": TOKEN }),
        "/signin/idtoken" | "/signup/idtoken" | "/link/idtoken" => {
            json!({ "provider": "google", "idToken": "the token of Google" })
        }
        "/signin/webauthn" | "/token/verify" => json!({}),
        "/signin/webauthn/verify" | "/elevate/webauthn/verify" => {
            json!({ "credential": assertion() })
        }
        "/signup/webauthn/verify" | "/user/webauthn/verify" => {
            json!({ "credential": attestation(), "nickname": "my phone" })
        }
        "/pat" => json!({ "expiresAt": "2099-01-01T00:00:00Z", "metadata": { "name": "CI" } }),
        "/elevate/totp" | "/elevate/otp/email/verify" | "/elevate/otp/sms/verify" => {
            json!({ "otp": code })
        }
        "/signin/mfa/totp" => json!({ "ticket": format!("mfaTotp:{TOKEN}"), "otp": code }),
        "/user/mfa" => json!({ "code": code, "activeMfaType": "totp" }),
        "/mfa/recovery-codes" => json!({ "code": code }),
        "/token" | "/signout" => json!({ "refreshToken": TOKEN }),
        "/token/exchange" => json!({
            "code": "the code of the redirect",
            "codeVerifier": "a-random-text-of-the-application-of-43-characters-or-more",
        }),
        "/user/sessions/end" => json!({ "sessionId": TOKEN }),
        "/user/deanonymize" => json!({
            "signInMethod": "email-password",
            "email": "guest@example.com",
            "password": PASSWORD,
        }),
        "/user/email/change" => json!({ "newEmail": "ada.lovelace@example.com" }),
        "/user/password" => json!({ "newPassword": "another horse battery" }),
        "/change-env" => json!({ "AUTH_DISABLE_SIGNUP": false }),
        _ => return None,
    })
}

fn legacy(path: &str) -> Option<Value> {
    let credentials = json!({ "username": "ada", "password": PASSWORD });
    Some(match path {
        "/v1/signup" | "/v1/login" => json!({ "provider": "username", "data": credentials }),
        "/v1/user/change-password" => {
            json!({ "old_password": PASSWORD, "new_password": "another horse battery" })
        }
        _ => return None,
    })
}

/// What a browser makes of a new security key (Web Authentication §5.1).
fn attestation() -> Value {
    credential(&json!({ "clientDataJSON": "e30", "attestationObject": "oA" }))
}

/// What a browser makes of a signature.
fn assertion() -> Value {
    credential(&json!({
        "clientDataJSON": "e30",
        "authenticatorData": "AAAA",
        "signature": "AAAA",
    }))
}

fn credential(response: &Value) -> Value {
    json!({ "id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": response })
}
