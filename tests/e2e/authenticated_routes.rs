//! Every endpoint behind an access token: which users it accepts, and in which state.

use data_encoding::BASE64URL_NOPAD;
use reqwest::Method;
use ring::hmac;
use serde_json::{Value, json};

use crate::{
    error_rows::{
        ANONYMOUS, DISABLED, INVALID_REQUEST, Row, SHARED_KEY, SHUT_OUT, UNVERIFIED, expect_row,
        shared_secret,
    },
    support::{
        Answer, Database, PASSWORD, Phones, Server, ServerBuilder, claims_of, on_both_databases,
    },
};

const ADA: &str = "ada@example.com";
const SET_PASSWORD: &str = "/user/password";
const VERIFIED_REQUIRED: &str = "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED";

/// An endpoint, and a valid body for it.
type Endpoint = (Method, &'static str, Value);

/// Endpoints that check the state of the account. A token is optional at the last one, which takes the
/// ticket of a mail as well.
fn for_people() -> Vec<Endpoint> {
    let otp = || json!({ "otp": "123456" });
    vec![
        (Method::GET, "/user", json!(null)),
        (Method::GET, "/elevate", json!(null)),
        (Method::GET, "/mfa/totp/generate", json!(null)),
        (
            Method::POST,
            "/pat",
            json!({ "expiresAt": "2099-01-01T00:00:00Z" }),
        ),
        (
            Method::POST,
            "/user/email/change",
            json!({ "newEmail": "new@example.com" }),
        ),
        (
            Method::POST,
            "/user/mfa",
            json!({ "code": "123456", "activeMfaType": "totp" }),
        ),
        (
            Method::POST,
            "/mfa/recovery-codes",
            json!({ "code": "123456" }),
        ),
        (Method::POST, "/elevate/totp", otp()),
        (Method::POST, "/elevate/otp/email", json!({})),
        (Method::POST, "/elevate/otp/email/verify", otp()),
        (Method::POST, "/elevate/otp/sms", json!({})),
        (Method::POST, "/elevate/otp/sms/verify", otp()),
        (Method::POST, "/elevate/webauthn", json!({})),
        (Method::POST, "/user/webauthn/add", json!({})),
        (
            Method::POST,
            "/user/phone/change",
            json!({ "newPhoneNumber": "+41790000009" }),
        ),
        (
            Method::POST,
            "/user/phone/change/verify",
            json!({ "newPhoneNumber": "+41790000009", "otp": "123456" }),
        ),
        (
            Method::POST,
            SET_PASSWORD,
            json!({ "newPassword": "battery staple" }),
        ),
    ]
}

/// Endpoints for anonymous users.
fn for_the_anonymous() -> Vec<Endpoint> {
    let address = json!({
        "signInMethod": "email-password", "email": "new@example.com", "password": PASSWORD,
    });
    let link = json!({ "signInMethod": "passwordless", "email": "new@example.com" });
    let phone = json!({ "phoneNumber": "+41790000009" });
    vec![
        (Method::POST, "/user/deanonymize", address),
        (Method::POST, "/user/deanonymize", link),
        (Method::POST, "/user/deanonymize/sms", phone),
    ]
}

/// Every endpoint that requires a token.
fn all() -> Vec<Endpoint> {
    let id = "0a1b2c3d-0a1b-4c3d-8a1b-0a1b2c3d4e5f";
    let mut all = for_people();
    all.retain(|(_, path, _)| *path != SET_PASSWORD);
    all.extend(for_the_anonymous());
    all.extend([
        (Method::GET, "/user/sessions", json!(null)),
        (
            Method::POST,
            "/user/sessions/end",
            json!({ "sessionId": id }),
        ),
        (Method::POST, "/user/sessions/end-others", json!({})),
        (
            Method::POST,
            "/elevate/webauthn/verify",
            json!({ "credential": {} }),
        ),
        (
            Method::POST,
            "/user/webauthn/verify",
            json!({ "credential": {} }),
        ),
    ]);
    all
}

/// A server with every feature on. All these servers accept each other's tokens.
fn open(phones: &Phones, database: &Database) -> ServerBuilder {
    phones
        .server(database)
        .with_mfa()
        .set("AUTH_OTP_EMAIL_ENABLED", "true")
        .set("AUTH_EMAIL_PASSWORDLESS_ENABLED", "true")
        .set("AUTH_WEBAUTHN_ENABLED", "true")
        .set("HASURA_GRAPHQL_JWT_SECRET", &shared_secret())
}

#[track_caller]
fn bearer(session: &Value) -> &str {
    session["accessToken"].as_str().unwrap()
}

/// Whether an answer says that the token is missing or invalid.
#[track_caller]
fn expect_bad_token(answer: &Answer, place: &str) {
    let told = serde_json::from_str::<Value>(&answer.text).unwrap_or_default();
    let text = told["error"].as_str().unwrap_or_default();
    let begins = text.starts_with("error in openapi3filter.SecurityRequirementsError: ");
    assert!(
        answer.status == 400 && begins,
        "{place}: {} {}",
        answer.status,
        answer.text
    );
}

/// A token with this header and these claims, signed with the key of the servers.
pub(crate) fn signed(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let message = format!("{}.{}", encode(header), encode(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SHARED_KEY.as_bytes());
    let signature = hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
}

pub(crate) fn hs256() -> Value {
    json!({ "alg": "HS256", "typ": "JWT" })
}

/// Tokens that differ from those of a session in one point.
fn forged(session: &Value) -> Vec<(&'static str, String)> {
    let claims = claims_of(session);
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        signed(&hs256(), &claims)
    };
    let seconds = |name: &str| claims[name].as_i64().unwrap();
    let token = bearer(session);
    let (unsigned, _) = token.rsplit_once('.').unwrap();
    let none = signed(&json!({ "alg": "none", "typ": "JWT" }), &claims);
    let (none, _) = none.rsplit_once('.').unwrap();
    let other_key = hmac::Key::new(hmac::HMAC_SHA256, b"another key of thirty-two bytes.");
    let by_other = hmac::sign(&other_key, unsigned.as_bytes());
    vec![
        ("no token", "abc".to_owned()),
        ("expired", with("exp", json!(seconds("iat") - 1))),
        (
            "issued in the future",
            with("iat", json!(seconds("iat") + 600)),
        ),
        ("of another issuer", with("iss", json!("somebody-else"))),
        ("of an OAuth client", with("client_id", json!("an-app"))),
        (
            "of the type at+jwt",
            signed(&json!({ "alg": "HS256", "typ": "at+jwt" }), &claims),
        ),
        ("without a signature", format!("{unsigned}.")),
        ("with the algorithm none", format!("{none}.")),
        (
            "signed by another key",
            format!("{unsigned}.{}", BASE64URL_NOPAD.encode(by_other.as_ref())),
        ),
    ]
}

/// The state that refused requests must not change.
async fn traces(database: &Database) -> Vec<i64> {
    let mut counts = Vec::new();
    for query in [
        "SELECT count(*) AS count FROM auth.refresh_tokens",
        "SELECT count(*) AS count FROM auth.tickets",
        "SELECT count(*) AS count FROM auth.one_time_codes",
        "SELECT count(*) AS count FROM auth.user_security_keys",
        "SELECT count(*) AS count FROM auth.users WHERE new_email IS NOT NULL",
        "SELECT count(*) AS count FROM auth.users WHERE new_phone_number IS NOT NULL",
        "SELECT count(*) AS count FROM auth.users WHERE totp_secret IS NOT NULL",
        "SELECT count(*) AS count FROM auth.users WHERE is_anonymous",
        "SELECT count(*) AS count FROM auth.users",
    ] {
        counts.push(database.count(query).await);
    }
    counts
}

/// Every endpoint for users answers this token with `row`.
async fn expect_everywhere(server: &Server, token: &str, row: Row, state: &str) {
    for (method, path, body) in for_people() {
        let answer = server.ask_as(token, &method, path, &body).await;
        expect_row(&answer, row, &format!("{state}: {path}"));
    }
}

on_both_databases! {
    async fn every_endpoint_behind_a_token_wants_a_good_one(database) {
        let phones = Phones::start().await;
        let server = open(&phones, &database).start().await;
        let ada = server.sign_up(ADA).await;
        let anonymous = server.anonymous().await;
        let untouched = traces(&database).await;

        for (method, path, body) in all() {
            let whose = if path.starts_with("/user/deanonymize") { &anonymous } else { &ada };
            let request = server.request(method.clone(), path).json(&body);
            expect_bad_token(&server.send(request).await, &format!("without a token: {path}"));
            for (kind, token) in forged(whose) {
                let answer = server.ask_as(&token, &method, path, &body).await;
                expect_bad_token(&answer, &format!("{kind}: {path}"));
            }
        }
        for (kind, token) in forged(&ada) {
            let answer = server.post("/token/verify", &json!({ "token": token })).await;
            expect_row(&answer, INVALID_REQUEST, &format!("{kind}: /token/verify"));
            let answer = server.post_as(&token, "/token/verify", &json!({})).await;
            expect_row(&answer, INVALID_REQUEST, &format!("{kind}: header of /token/verify"));
            let body = json!({ "newPassword": "battery staple" });
            let answer = server.post_as(&token, SET_PASSWORD, &body).await;
            expect_row(&answer, INVALID_REQUEST, &format!("{kind}: {SET_PASSWORD}"));
        }

        assert_eq!(traces(&database).await, untouched);
        assert!(server.mails().is_empty() && phones.count() == 0);
        server.sign_in(ADA, PASSWORD).await.expect(200);
        // Signed here with the same claims, a token is as valid as the server's own.
        let copy = signed(&hs256(), &claims_of(&ada));
        for token in [bearer(&ada), &copy] {
            server.get_as(token, "/user").await.expect(200);
            server.post("/token/verify", &json!({ "token": token })).await.expect(200);
        }
    }

    async fn nothing_is_done_behind_the_token_of_an_ended_session(database) {
        let phones = Phones::start().await;
        let server = open(&phones, &database).start().await;
        let ada = server.sign_up(ADA).await;
        let anonymous = server.anonymous().await;
        let proven = "UPDATE auth.users SET email_verified = true, \
                      phone_number = '+41790000001', phone_number_verified = true \
                      WHERE NOT is_anonymous";
        database.execute(proven).await;
        for session in [&ada, &anonymous] {
            let out = json!({ "refreshToken": session["refreshToken"] });
            server.post("/signout", &out).await.expect(200);
        }
        let untouched = traces(&database).await;

        for (method, path, body) in all() {
            if path == "/user" {
                continue;
            }
            let whose = if path.starts_with("/user/deanonymize") { &anonymous } else { &ada };
            let answer = server.ask_as(bearer(whose), &method, path, &body).await;
            expect_bad_token(&answer, path);
            assert!(answer.text.contains("failed: invalid token"), "{path}: {}", answer.text);
        }

        assert_eq!(traces(&database).await, untouched);
        assert!(server.mails().is_empty() && phones.count() == 0);
        // The access token can still read until it expires.
        server.get_as(bearer(&ada), "/user").await.expect(200);
    }

    async fn an_anonymous_token_opens_nothing_that_is_for_people(database) {
        let phones = Phones::start().await;
        let lax = open(&phones, &database).start().await;
        let strict = open(&phones, &database).set(VERIFIED_REQUIRED, "true").start().await;
        let anonymous = lax.anonymous().await;
        let untouched = traces(&database).await;

        expect_everywhere(&lax, bearer(&anonymous), ANONYMOUS, "anonymous").await;
        let what = "anonymous where addresses are verified";
        expect_everywhere(&strict, bearer(&anonymous), UNVERIFIED, what).await;

        assert_eq!(traces(&database).await, untouched);
        assert!(lax.mails().is_empty() && strict.mails().is_empty() && phones.count() == 0);
        let body = &for_the_anonymous()[0].2;
        lax.post_as(bearer(&anonymous), "/user/deanonymize", body).await.expect(200);
    }

    async fn the_state_of_the_account_is_checked_behind_every_token(database) {
        let phones = Phones::start().await;
        let lax = open(&phones, &database).start().await;
        let strict = open(&phones, &database).set(VERIFIED_REQUIRED, "true").start().await;
        let blocking = open(&phones, &database)
            .set("AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", ADA)
            .start()
            .await;
        let ada = lax.sign_up(ADA).await;
        let token = bearer(&ada);
        let untouched = traces(&database).await;

        expect_everywhere(&strict, token, UNVERIFIED, "unverified").await;
        expect_everywhere(&blocking, token, SHUT_OUT, "shut out").await;
        database.execute("UPDATE auth.users SET disabled = true").await;
        expect_everywhere(&lax, token, DISABLED, "disabled").await;

        assert_eq!(traces(&database).await, untouched);
        for server in [&lax, &strict, &blocking] {
            assert!(server.mails().is_empty() && phones.count() == 0);
        }
        database.execute("UPDATE auth.users SET disabled = false").await;
        lax.sign_in(ADA, PASSWORD).await.expect(200);
        lax.post_as(token, "/pat", &json!({ "expiresAt": "2099-01-01T00:00:00Z" })).await.expect(200);
    }

    async fn nobody_is_behind_the_token_of_a_deleted_user(database) {
        let phones = Phones::start().await;
        let server = open(&phones, &database).start().await;
        let ada = server.sign_up(ADA).await;
        let mut claims = claims_of(&ada);
        claims.as_object_mut().unwrap().remove("sid");
        let without_session = signed(&hs256(), &claims);
        server.get_as(&without_session, "/elevate").await.expect(200);
        database.execute("DELETE FROM auth.users").await;

        for (method, path, body) in for_people() {
            let answer = server.ask_as(bearer(&ada), &method, path, &body).await;
            match path {
                "/user" => expect_row(&answer, SHUT_OUT, path),
                SET_PASSWORD => expect_row(&answer, INVALID_REQUEST, path),
                // The session was deleted with the user.
                _ => expect_bad_token(&answer, path),
            }
        }
        // A token without `sid` is valid until the account is checked.
        expect_everywhere(&server, &without_session, SHUT_OUT, "deleted").await;
        assert_eq!(traces(&database).await.iter().sum::<i64>(), 0);
        assert!(server.mails().is_empty() && phones.count() == 0);
    }

    async fn concealed_errors_are_the_same_behind_every_token(database) {
        let phones = Phones::start().await;
        let lax = open(&phones, &database).start().await;
        let concealing = |builder: ServerBuilder| builder.set("AUTH_CONCEAL_ERRORS", "true");
        let concealed = concealing(open(&phones, &database)).start().await;
        let strict = concealing(open(&phones, &database).set(VERIFIED_REQUIRED, "true"));
        let strict = strict.start().await;
        let shut = concealing(open(&phones, &database));
        let shut = shut.set("AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", ADA).start().await;
        let ada = lax.sign_up(ADA).await;
        let anonymous = lax.anonymous().await;

        let row = INVALID_REQUEST;
        expect_everywhere(&concealed, bearer(&anonymous), row, "anonymous").await;
        expect_everywhere(&strict, bearer(&ada), row, "unverified").await;
        expect_everywhere(&shut, bearer(&ada), row, "shut out").await;
        concealed.post_as(bearer(&ada), "/token/verify", &json!({})).await.expect(200);
        database.execute("UPDATE auth.users SET disabled = true").await;
        expect_everywhere(&concealed, bearer(&ada), row, "disabled").await;
        let verified = concealed.post_as(bearer(&ada), "/token/verify", &json!({})).await;
        expect_row(&verified, row, "disabled: /token/verify");
        assert!(concealed.mails().is_empty() && phones.count() == 0);
    }
}
