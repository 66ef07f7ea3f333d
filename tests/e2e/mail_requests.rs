//! Rules of every request for a mail: options and PKCE challenges are checked first, and a mail that
//! cannot be sent is an error.

use serde_json::{Value, json};

use crate::support::{
    Answer, Database, PASSWORD, SecurityKey, ServerBuilder, WebService, on_both_databases,
};

const ADA: &str = "ada@example.com";
const BLOCKED: &str = "blocked@example.com";
const USERS: &str = "SELECT count(*) AS count FROM auth.users";
const KEY: &str = r#"{"type":"HS256","key":"0123456789abcdef0123456789abcdef"}"#;
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn bearer(session: &Value) -> &str {
    session["accessToken"].as_str().unwrap()
}

/// Every request that sends a mail; several servers share the key of their access tokens.
fn by_mail(database: &Database) -> ServerBuilder {
    ServerBuilder::new(database)
        .by_mail()
        .set("HASURA_GRAPHQL_JWT_SECRET", KEY)
        .set("AUTH_WEBAUTHN_ENABLED", "true")
        .set("AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", BLOCKED)
}

#[track_caller]
fn expect_row(answer: &Answer, row: (u16, &str, &str), context: &str) {
    let (status, code, message) = row;
    assert_eq!(answer.status, status, "{context}: {}", answer.text);
    let expected = json!({ "status": status, "error": code, "message": message });
    assert_eq!(answer.json(), expected, "{context}");
}

/// Invalid options, and the error for each.
fn refused_options() -> [(Value, (u16, &'static str, &'static str)); 3] {
    let place = "The value of \"options.redirectTo\" is not allowed.";
    let default = "Default role must be in allowed roles";
    [
        (
            json!({ "redirectTo": "https://evil.example" }),
            (400, "redirectTo-not-allowed", place),
        ),
        (
            json!({ "allowedRoles": ["admin"] }),
            (400, "role-not-allowed", "Role not allowed"),
        ),
        (
            json!({ "defaultRole": "admin" }),
            (400, "default-role-must-be-in-allowed-roles", default),
        ),
    ]
}

on_both_databases! {
    async fn addresses_and_options_that_are_not_allowed_are_refused_where_a_mail_signs_in(database) {
        let server = by_mail(&database).start().await;

        for path in [
            "/signin/passwordless/email",
            "/signup/passwordless/email",
            "/signin/otp/email",
            "/signup/otp/email",
        ] {
            let blocked = server.post(path, &json!({ "email": BLOCKED })).await;
            let row = (401, "invalid-email-password", "Incorrect email or password");
            expect_row(&blocked, row, path);
            for (options, row) in refused_options() {
                let body = json!({ "email": ADA, "options": options });
                expect_row(&server.post(path, &body).await, row, &format!("{path} {options}"));
            }
        }
        assert!(server.mails().is_empty());
        assert_eq!(database.count(USERS).await, 0);
    }

    async fn options_are_judged_for_the_known_too(database) {
        let server = by_mail(&database).start().await;
        server.verified(ADA).await;
        let before = server.mails().len();

        for path in ["/signin/passwordless/email", "/signin/otp/email"] {
            for (options, row) in refused_options() {
                let body = json!({ "email": ADA, "options": options });
                expect_row(&server.post(path, &body).await, row, &format!("{path} {options}"));
            }
        }
        assert_eq!(server.mails().len(), before);
        server.link_mail(ADA).await;
    }

    async fn challenges_of_a_wrong_form_are_refused_wherever_there_is_one(database) {
        let server = by_mail(&database).start().await;
        let session = server.verified(ADA).await;
        let anonymous = server.anonymous().await;
        let (mails, users) = (server.mails().len(), database.count(USERS).await);
        let new = json!({ "email": "new@example.com" });
        let endpoints = [
            ("/signup/email-password", "", json!({ "email": "new@example.com", "password": PASSWORD })),
            ("/signin/passwordless/email", "", new.clone()),
            ("/signup/passwordless/email", "", new.clone()),
            ("/signin/otp/email", "", new.clone()),
            ("/signup/otp/email", "", new),
            ("/user/deanonymize", bearer(&anonymous),
                json!({ "signInMethod": "passwordless", "email": "new@example.com" })),
            ("/user/email/change", bearer(&session), json!({ "newEmail": "new@example.com" })),
            ("/user/email/send-verification-email", "", json!({ "email": ADA })),
            ("/user/password/reset", "", json!({ "email": ADA })),
        ];
        // A character less, one more, another alphabet, bits beyond the hash, not a string.
        let challenges = [
            json!(CHALLENGE[1..]),
            json!(format!("{CHALLENGE}A")),
            json!(CHALLENGE.replace('-', "+")),
            json!(format!("{}N", &CHALLENGE[..42])),
            json!(""),
            json!(null),
            json!(7),
        ];

        for (path, token, body) in &endpoints {
            for challenge in &challenges {
                let mut body = body.clone();
                body["codeChallenge"] = challenge.clone();
                let answer = server.post_as(token, path, &body).await;
                assert_eq!(answer.status, 400, "{path} {challenge}: {}", answer.text);
                answer.expect_invalid_request();
            }
        }
        assert_eq!(server.mails().len(), mails);
        assert_eq!(database.count(USERS).await, users);
    }

    async fn a_verifier_of_a_wrong_form_leaves_the_code_good(database) {
        let server = by_mail(&database).start().await;
        let body = json!({ "email": ADA, "codeChallenge": CHALLENGE });
        let mail = server.mail_after("/signin/passwordless/email", &body).await;
        let code = server.follow(&mail).await.parameters()["code"].clone();
        let exchange = async |verifier: &str| {
            let body = json!({ "code": code, "codeVerifier": verifier });
            server.post("/token/exchange", &body).await
        };

        for verifier in [&VERIFIER[1..], &"a".repeat(129), &VERIFIER.replace('-', "+"), ""] {
            let row = (400, "invalid-request", "The request payload is incorrect");
            expect_row(&exchange(verifier).await, row, verifier);
        }

        let session = exchange(VERIFIER).await.expect(200);
        assert_eq!(session["session"]["user"]["email"], ADA);
    }

    async fn a_mail_that_cannot_be_handed_over_is_an_error_wherever_it_is_asked_for(database) {
        let working = by_mail(&database).start().await;
        let session = working.verified(ADA).await;
        let anonymous = working.anonymous().await;
        working.verification_mail("unverified@example.com").await;
        let refusing = WebService::start(|_| (422, String::new())).await;
        let server = by_mail(&database)
            .set("AUTH_EMAIL_WEBHOOK_URL", refusing.url())
            .set("AUTH_EMAIL_WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
            .set("AUTH_EGRESS_ALLOWED_HOSTS", "127.0.0.1")
            .start()
            .await;
        let options = server.post("/signup/webauthn", &json!({ "email": "key@example.com" })).await;
        let options = options.expect(200);
        let credential = SecurityKey::new(&options).attest(&options);
        let endpoints = [
            ("/signup/email-password", "", json!({ "email": "a@example.com", "password": PASSWORD })),
            ("/signup/passwordless/email", "", json!({ "email": "b@example.com" })),
            ("/signup/otp/email", "", json!({ "email": "c@example.com" })),
            ("/signup/webauthn/verify", "", json!({ "credential": credential })),
            ("/signin/passwordless/email", "", json!({ "email": ADA })),
            ("/signin/otp/email", "", json!({ "email": ADA })),
            ("/signin/otp/email", "", json!({ "email": "d@example.com" })),
            ("/user/deanonymize", bearer(&anonymous),
                json!({ "signInMethod": "passwordless", "email": "e@example.com" })),
            ("/user/email/change", bearer(&session), json!({ "newEmail": "f@example.com" })),
            ("/user/email/send-verification-email", "", json!({ "email": "unverified@example.com" })),
            ("/user/password/reset", "", json!({ "email": ADA })),
            ("/elevate/otp/email", bearer(&session), json!({})),
        ];

        for (at, (path, token, body)) in endpoints.iter().enumerate() {
            let answer = server.post_as(token, path, body).await;
            let row = (500, "internal-server-error", "Internal server error");
            expect_row(&answer, row, path);
            assert_eq!(refusing.received().len(), at + 1, "{path}");
        }

        // The banner is for the developer who starts it, and is no log.
        let output = server.output();
        let log: String = output.lines().filter(|it| it.starts_with('{')).collect();
        assert!(log.contains("answered with status 422"), "{output}");
        assert!(!log.contains("@example.com"), "{log}");
        drop(server);
        // A retry at a server whose mail works sends it.
        let before = working.mails().len();
        let again = [
            ("/signin/passwordless/email", "b@example.com"),
            ("/signin/otp/email", "d@example.com"),
            ("/user/email/send-verification-email", "a@example.com"),
            ("/user/email/send-verification-email", "key@example.com"),
            ("/user/password/reset", ADA),
        ];
        for (path, email) in again {
            working.mail_after(path, &json!({ "email": email })).await;
        }
        assert_eq!(working.mails().len(), before + again.len());
    }
}
