//! `AUTH_API_COMPAT`: each point where the versions of Hasura Auth differ, under both values.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Database, PASSWORD, Server, ServerBuilder, on_both_databases};

const ADA: &str = "ada@example.com";

async fn latest(database: &Database) -> Server {
    ServerBuilder::new(database)
        .by_mail()
        .with_mfa()
        .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
        .set("AUTH_API_COMPAT", "latest")
        .start()
        .await
}

async fn earlier(database: &Database) -> Server {
    ServerBuilder::new(database)
        .by_mail()
        .with_mfa()
        .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
        .set("AUTH_API_COMPAT", "0.42")
        .start()
        .await
}

fn credentials() -> Value {
    json!({ "email": ADA, "password": PASSWORD })
}

async fn guess(server: &Server, digits: &str) -> Answer {
    let body = json!({ "email": ADA, "otp": digits });
    server.post("/signin/otp/email/verify", &body).await
}

#[track_caller]
fn expect_unauthorized(answer: &Answer, reason: &str, scheme: &str) {
    let expected = json!({ "error": "unauthorized", "reason": reason, "securityScheme": scheme });
    assert_eq!(answer.expect(401), expected);
}

#[track_caller]
fn expect_security_requirements(answer: &Answer, reason: &str) {
    let error = format!(
        "error in openapi3filter.SecurityRequirementsError: security requirements failed: {reason}"
    );
    assert_eq!(answer.expect(400), json!({ "error": error }));
}

on_both_databases! {
    async fn an_address_that_is_taken_has_two_names(database) {
        let server = latest(&database).await;
        server.sign_up(ADA).await;
        let taken = server.post("/signup/email-password", &credentials()).await;
        taken.expect_error(409, "user-already-exists", "User already exists");

        let server = earlier(&database).await;
        let taken = server.post("/signup/email-password", &credentials()).await;
        taken.expect_error(409, "email-already-in-use", "Email already in use");
    }

    async fn a_wrong_code_is_told_from_one_too_many_only_by_the_latest(database) {
        let server = latest(&database).await;
        server.sign_up(ADA).await;
        // Wrong guesses are counted only while a code is open.
        let wish = json!({ "email": ADA });
        server.post("/signin/otp/email", &wish).await.expect(200);
        for _ in 0..5 {
            let wrong = guess(&server, "000000").await;
            wrong.expect_error(400, "invalid-otp", "Invalid or expired OTP");
        }

        let many = guess(&server, "000000").await;

        let message = "Too many incorrect attempts, please request a new OTP";
        many.expect_error(400, "otp-too-many-attempts", message);
        let nobody = json!({ "email": "nobody@example.com", "otp": "000000" });
        let nobody = server.post("/signin/otp/email/verify", &nobody).await;
        nobody.expect_error(400, "invalid-otp", "Invalid or expired OTP");
        let server = earlier(&database).await;
        for digits in ["000000", "x"] {
            let refused = guess(&server, digits).await;
            refused.expect_error(401, "invalid-ticket", "Invalid ticket");
        }
    }

    async fn a_missing_or_bad_token_is_a_401_only_of_the_latest(database) {
        let server = latest(&database).await;
        let session = server.sign_up(ADA).await;
        let token = session["accessToken"].as_str().unwrap().to_owned();
        let out = json!({ "refreshToken": session["refreshToken"] });
        server.post("/signout", &out).await.expect(200);
        let pat = json!({ "expiresAt": "2099-01-01T00:00:00Z" });

        let none = server.get("/user").await;
        let bad = server.get_as("x", "/user").await;
        let ended = server.post_as(&token, "/pat", &pat).await;

        let missing = "missing or malformed authorization header";
        expect_unauthorized(&none, missing, "BearerAuth");
        expect_unauthorized(&bad, "invalid or expired token", "BearerAuth");
        expect_unauthorized(&ended, "invalid token", "BearerAuth");
        let server = earlier(&database).await;
        let none = server.get("/user").await;
        let bad = server.get_as("x", "/user").await;
        expect_security_requirements(&none, "invalid authorization header");
        expect_security_requirements(&bad, "error validating token: invalid token");
    }

    async fn a_token_that_is_not_elevated_is_a_401_only_of_the_latest(database) {
        for compat in ["latest", "0.42"] {
            let server = ServerBuilder::new(&database)
                .set("AUTH_REQUIRE_ELEVATED_CLAIM", "required")
                .set("AUTH_API_COMPAT", compat)
                .start()
                .await;
            let session = server.sign_up(&format!("ada-{compat}@example.com")).await;
            let token = session["accessToken"].as_str().unwrap();
            let pat = json!({ "expiresAt": "2099-01-01T00:00:00Z" });

            let refused = server.post_as(token, "/pat", &pat).await;

            if compat == "latest" {
                expect_unauthorized(&refused, "elevated claim required", "BearerAuthElevated");
            } else {
                expect_security_requirements(&refused, "elevated-claim-required");
            }
        }
    }

    async fn a_body_that_does_not_fit_is_named_only_by_the_latest(database) {
        let server = latest(&database).await;
        let path = "/signin/email-password";
        let unknown = json!({ "email": ADA, "password": PASSWORD, "extra": 1 });

        let misfit = server.post(path, &unknown).await.expect(400);
        let request = server.request(Method::POST, path).body("{}");
        let unreadable = server.send(request).await.expect(400);

        assert_eq!(misfit["error"], "schema-validation-error");
        assert!(misfit["reason"].as_str().unwrap().contains("extra"), "{misfit}");
        assert_eq!(unreadable["error"], "request-validation-error");
        assert!(!unreadable["reason"].as_str().unwrap().is_empty(), "{unreadable}");
        let server = earlier(&database).await;
        let told = server.post(path, &unknown).await.expect_invalid_request();
        assert!(told.contains("extra"), "{told}");
    }

    async fn a_personal_access_token_of_the_past_is_made_only_for_the_earlier(database) {
        let body = json!({ "expiresAt": "2020-01-01T00:00:00Z" });
        let server = latest(&database).await;
        let session = server.sign_up(ADA).await;
        let token = session["accessToken"].as_str().unwrap();

        let refused = server.post_as(token, "/pat", &body).await;

        let message = "The expiry date must be in the future";
        refused.expect_error(400, "invalid-expiry-date", message);
        let rows = "SELECT count(*) AS count FROM auth.refresh_tokens WHERE type = 'pat'";
        assert_eq!(database.count(rows).await, 0);
        let server = earlier(&database).await;
        let session = server.sign_in(ADA, PASSWORD).await.expect(200);
        let token = session["session"]["accessToken"].as_str().unwrap();
        server.post_as(token, "/pat", &body).await.expect(200);
    }

    async fn concealed_errors_are_concealed_under_every_name(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_API_COMPAT", "latest")
            .set("AUTH_CONCEAL_ERRORS", "true")
            .start()
            .await;

        let refused = guess(&server, "000000").await;

        refused.expect_error(400, "invalid-request", "The request payload is incorrect");
    }

    async fn the_description_has_the_form_of_the_version(database) {
        for (compat, status, row) in [
            ("latest", "401", "`user-already-exists`"),
            ("0.42", "400", "`email-already-in-use`"),
        ] {
            let server = ServerBuilder::new(&database)
                .set("AUTH_API_COMPAT", compat)
                .start()
                .await;

            let document = server.get("/openapi.json").await.expect(200);

            let answers = &document["paths"]["/user"]["get"]["responses"];
            let told = answers[status]["description"].as_str().unwrap();
            assert!(told.contains("The access token is missing or not good."), "{told}");
            let answers = &document["paths"]["/signup/email-password"]["post"]["responses"];
            let told = answers["409"]["description"].as_str().unwrap();
            assert!(told.contains(row), "{told}");
            let many = &answers["429"];
            assert!(many["headers"]["Retry-After"].is_object(), "{many}");
            assert_eq!(many.get("content").is_some(), compat == "latest", "{many}");
        }
    }
}
