//! `POST /signin/idtoken`, `/signup/idtoken` and `/link/idtoken`

use serde_json::{Value, json};

use crate::support::{
    AUDIENCE, Answer, Database, Issuer, PASSWORD, Server, ServerBuilder, claims_of, hashed, now,
    on_both_databases,
};

const SIGN_IN: &str = "/signin/idtoken";
const LINK: &str = "/link/idtoken";
const ADA: &str = "ada@example.com";
const REFUSED: &str = "The request payload is incorrect";

fn ada() -> Value {
    Issuer::claims("1234567890", ADA, true)
}

/// Claims with one of them changed, or missing.
fn with(name: &str, value: Value) -> Value {
    let mut claims = ada();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

fn of_google(token: &str) -> Value {
    json!({ "provider": "google", "idToken": token })
}

#[track_caller]
fn expect_refused(answer: &Answer) {
    answer.expect_error(400, "invalid-request", REFUSED);
}

async fn bring(server: &Server, token: &str) -> Answer {
    server.post(SIGN_IN, &of_google(token)).await
}

/// Links the user of this session with the identity in a token.
async fn link(server: &Server, session: &Value, token: &str) -> Answer {
    let bearer = session["accessToken"].as_str().unwrap();
    server.post_as(bearer, LINK, &of_google(token)).await
}

async fn users(database: &Database) -> i64 {
    database
        .count("SELECT count(*) AS count FROM auth.users")
        .await
}

on_both_databases! {
    async fn somebody_new_gets_an_account_and_comes_back_to_it(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).start().await;
        let token = google.token(&ada());

        let first = bring(&server, &token).await.expect(200)["session"].clone();
        let second = bring(&server, &google.token(&ada())).await.expect(200)["session"].clone();

        let user = &first["user"];
        assert_eq!(user["email"], ADA);
        assert_eq!(user["emailVerified"], true);
        assert_eq!(user["displayName"], "Ada Lovelace");
        assert_eq!(user["avatarUrl"], "https://pictures.example.com/ada");
        assert_eq!(user["id"], second["user"]["id"]);
        assert_eq!(claims_of(&first)["amr"], json!(["fed"]));
        assert_eq!(users(&database).await, 1);
        server.refresh(&first["refreshToken"]).await.expect(200);
    }

    async fn a_service_that_the_operator_described_is_taken_at_its_word(database) {
        let realm = Issuer::start().await;
        let server = realm.described(&database).start().await;
        let claims = with("iss", json!(realm.url()));
        let of = |provider: &str, claims: &Value| {
            json!({ "provider": provider, "idToken": realm.token(claims) })
        };

        let session = server.post(SIGN_IN, &of("c:realm", &claims)).await.expect(200)["session"].clone();
        let mut another = claims.clone();
        another["sub"] = json!("4711");
        let bearer = session["accessToken"].as_str().unwrap();
        server.post_as(bearer, LINK, &of("c:realm", &another)).await.expect(200);

        assert_eq!(session["user"]["email"], ADA);
        let linked = "SELECT count(*) AS count FROM auth.user_providers WHERE provider_id = 'c:realm'";
        assert_eq!(database.count(linked).await, 2);
        let of_google = server.post(SIGN_IN, &of("c:realm", &ada())).await;
        expect_refused(&of_google);
        let unknown = server.post(SIGN_IN, &of("c:other", &claims)).await;
        unknown.expect_error(409, "disabled-endpoint", "This endpoint is disabled");
        server.post(SIGN_IN, &of("realm", &claims)).await.expect_invalid_request();
    }

    async fn apple_says_in_words_that_an_address_is_checked(database) {
        let apple = Issuer::start().await;
        let server = apple.server(&database).start().await;
        let mut claims = ada();
        claims["iss"] = json!("https://appleid.apple.com");
        claims["aud"] = json!("com.example.app");
        claims["email_verified"] = json!("true");
        let token = apple.token(&claims);

        let body = json!({ "provider": "apple", "idToken": token });
        let session = server.post(SIGN_IN, &body).await.expect(200)["session"].clone();

        assert_eq!(session["user"]["emailVerified"], true);
        expect_refused(&bring(&server, &token).await);
    }

    async fn a_new_person_gets_what_they_ask_for(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).start().await;
        let mut body = of_google(&google.token(&ada()));
        body["options"] = json!({
            "displayName": "Countess", "allowedRoles": ["me", "user"], "defaultRole": "me",
            "metadata": { "a": 1 },
        });

        let session = server.post(SIGN_IN, &body).await.expect(200)["session"].clone();

        let user = &session["user"];
        assert_eq!(user["displayName"], "Countess");
        assert_eq!(user["defaultRole"], "me");
        assert_eq!(user["metadata"], json!({ "a": 1 }));
    }

    async fn options_that_cannot_be_met_are_refused(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).start().await;
        let ask = async |options: Value| {
            let mut body = of_google(&google.token(&ada()));
            body["options"] = options;
            server.post(SIGN_IN, &body).await
        };

        let role = ask(json!({ "allowedRoles": ["admin"] })).await;
        let default = ask(json!({ "allowedRoles": ["me"], "defaultRole": "user" })).await;
        let redirect = ask(json!({ "redirectTo": "https://evil.com" })).await;

        role.expect_error(400, "role-not-allowed", "Role not allowed");
        let message = "Default role must be in allowed roles";
        default.expect_error(400, "default-role-must-be-in-allowed-roles", message);
        let message = "The value of \"options.redirectTo\" is not allowed.";
        redirect.expect_error(400, "redirectTo-not-allowed", message);
        assert_eq!(users(&database).await, 0);
    }

    async fn without_an_audience_no_token_is_taken(database) {
        let google = Issuer::start().await;
        let server = ServerBuilder::new(&database).start().await;
        let session = server.sign_up(ADA).await;
        let token = google.token(&ada());

        let message = "This endpoint is disabled";
        bring(&server, &token).await.expect_error(409, "disabled-endpoint", message);
        link(&server, &session, &token).await.expect_error(409, "disabled-endpoint", message);
        let up = server.post("/signup/idtoken", &of_google(&token)).await;
        up.expect_error(409, "disabled-endpoint", message);
    }

    async fn a_token_that_is_not_good_signs_nobody_in(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).start().await;
        let good = google.token(&ada());
        let (text, signature) = good.rsplit_once('.').unwrap();
        let other_claims = google.token(&with("sub", json!("another")));
        let (other_text, _) = other_claims.rsplit_once('.').unwrap();
        let header = |alg: &str| json!({ "alg": alg, "kid": "first" });

        let tokens = [
            String::new(),
            "a.b.c".to_owned(),
            text.to_owned(),
            format!("{text}."),
            format!("{other_text}.{signature}"),
            format!("{good}x"),
            google.signed(&header("none"), &ada()),
            google.signed(&header("RS512"), &ada()),
            google.signed(&json!({ "alg": "RS256", "kid": "unknown" }), &ada()),
            google.signed(&json!({ "alg": "RS256", "kid": "first", "crit": ["x"], "x": 1 }), &ada()),
            google.confused(&ada()),
            google.token(&with("iss", json!("https://accounts.google.com.evil.com"))),
            google.token(&with("iss", Value::Null)),
            google.token(&with("aud", json!("somebody-else"))),
            google.token(&with("aud", json!([]))),
            google.token(&with("aud", Value::Null)),
            google.token(&with("aud", json!([AUDIENCE, "somebody-else"]))),
            google.token(&with("exp", json!(now() - 1))),
            google.token(&with("exp", json!("9999999999"))),
            google.token(&with("exp", Value::Null)),
            google.token(&with("iat", json!(now() + 3600))),
            google.token(&with("nbf", json!(now() + 3600))),
            google.token(&with("sub", json!(""))),
            google.token(&with("sub", Value::Null)),
            google.token(&with("email", Value::Null)),
            google.token(&json!([1])),
        ];

        for token in &tokens {
            expect_refused(&bring(&server, token).await);
        }
        assert_eq!(users(&database).await, 0);
        bring(&server, &good).await.expect(200);
        assert!(google.asked() <= 2, "asked {} times", google.asked());
    }

    async fn times_beyond_all_reason_break_nothing(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).start().await;

        for exp in [json!(u64::MAX), json!(1e300), json!(-1), json!(9_999_999_999_999_u64)] {
            let answer = bring(&server, &google.token(&with("exp", exp))).await;
            assert!(answer.status == 200 || answer.status == 400, "{answer:?}");
        }
        server.get("/healthz").await.expect(200);
    }

    async fn a_nonce_is_asked_for_where_the_token_has_one(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).start().await;
        let with_nonce = google.token(&with("nonce", json!(hashed("mine"))));
        let with_empty = google.token(&with("nonce", json!(hashed(""))));
        let ask = async |token: &str, nonce: &str| {
            let mut body = of_google(token);
            body["nonce"] = json!(nonce);
            server.post(SIGN_IN, &body).await
        };

        expect_refused(&bring(&server, &with_nonce).await);
        expect_refused(&ask(&with_nonce, "another").await);
        expect_refused(&ask(&with_nonce, &hashed("mine")).await);
        ask(&with_nonce, "mine").await.expect(200);
        bring(&server, &with_empty).await.expect(200);
        ask(&google.token(&ada()), "whatever").await.expect(200);
    }

    async fn a_new_key_of_the_issuer_is_found(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).start().await;
        let before = google.token(&ada());
        google.rotate_key();

        let after = google.token(&ada());

        bring(&server, &after).await.expect(200);
        expect_refused(&bring(&server, &before).await);
    }

    async fn while_the_keys_are_away_it_is_nobodys_fault_but_the_servers(database) {
        let google = Issuer::start().await;
        let server = google.server(&database)
            .set("AUTH_PROVIDER_GOOGLE_KEYS_URL", "http://127.0.0.1:9/keys")
            .start()
            .await;

        let answer = bring(&server, &google.token(&ada())).await;

        answer.expect_error(500, "internal-server-error", "Internal server error");
        server.printed("the ID token cannot be checked").await;
    }

    async fn an_address_that_is_not_allowed_gets_nobody_in(database) {
        let google = Issuer::start().await;
        let open = google.server(&database).start().await;
        bring(&open, &google.token(&ada())).await.expect(200);
        let server = google.server(&database)
            .set("AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", "ada@example.com,new@example.com")
            .start()
            .await;

        for claims in [ada(), Issuer::claims("2", "new@example.com", true)] {
            let answer = bring(&server, &google.token(&claims)).await;
            answer.expect_error(401, "invalid-email-password", "Incorrect email or password");
        }
    }

    async fn nobody_new_gets_in_where_signing_up_is_switched_off(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).set("AUTH_DISABLE_SIGNUP", "true").start().await;

        let answer = bring(&server, &google.token(&ada())).await;

        answer.expect_error(403, "signup-disabled", "Sign up is disabled.");
    }

    async fn an_account_that_starts_disabled_gives_no_session(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).set("AUTH_DISABLE_NEW_USERS", "true").start().await;

        for _ in 0..2 {
            let answer = bring(&server, &google.token(&ada())).await;
            answer.expect_error(401, "disabled-user", "User is disabled");
        }
        assert_eq!(users(&database).await, 1);
    }

    async fn an_unchecked_address_has_to_be_verified_by_mail(database) {
        let google = Issuer::start().await;
        let server = google.server(&database)
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
            .start()
            .await;
        let unchecked = google.token(&Issuer::claims("1", ADA, false));

        assert_eq!(bring(&server, &unchecked).await.expect(200), json!({}));
        let too_early = bring(&server, &unchecked).await;

        too_early.expect_error(401, "unverified-user", "User is not verified.");
        server.session_behind(&server.mail_to(ADA).await).await;
        bring(&server, &unchecked).await.expect(200);
    }

    async fn an_unchecked_address_leads_to_nobodys_account(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).start().await;
        server.sign_up(ADA).await;

        for is_verified in [json!(false), json!("false"), json!(1), Value::Null] {
            let token = google.token(&with("email_verified", is_verified));
            let answer = bring(&server, &token).await;
            answer.expect_error(409, "email-already-in-use", "Email already in use");
        }
        server.sign_in(ADA, PASSWORD).await.expect(200);
    }

    async fn a_checked_address_leads_to_its_account_and_shuts_others_out(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).start().await;
        let squatter = server.sign_up(ADA).await;

        let owner = bring(&server, &google.token(&ada())).await.expect(200)["session"].clone();

        assert_eq!(owner["user"]["id"], squatter["user"]["id"]);
        assert_eq!(server.refresh(&squatter["refreshToken"]).await.status, 401);
        assert_eq!(server.sign_in(ADA, PASSWORD).await.status, 401);
    }

    async fn a_disabled_account_stays_shut(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).start().await;
        bring(&server, &google.token(&ada())).await.expect(200);
        database.execute("UPDATE auth.users SET disabled = true").await;

        let answer = bring(&server, &google.token(&ada())).await;

        answer.expect_error(401, "disabled-user", "User is disabled");
    }

    async fn who_signs_up_has_to_be_new(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).set("AUTH_DISABLE_AUTO_SIGNUP", "true");
        let server = server.start().await;
        let token = google.token(&ada());

        let too_early = bring(&server, &token).await;
        let first = server.post("/signup/idtoken", &of_google(&token)).await;
        let second = server.post("/signup/idtoken", &of_google(&token)).await;

        too_early.expect_error(403, "signup-disabled", "Sign up is disabled.");
        assert_eq!(first.expect(200)["session"]["user"]["email"], ADA);
        second.expect_error(409, "email-already-in-use", "Email already in use");
        bring(&server, &token).await.expect(200);
    }

    async fn bodies_that_do_not_fit_are_refused(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).start().await;
        let session = server.sign_up(ADA).await;
        let bearer = session["accessToken"].as_str().unwrap();

        for body in [
            json!({}),
            json!({ "provider": "google" }),
            json!({ "idToken": "x" }),
            json!({ "provider": "github", "idToken": "x" }),
            json!({ "provider": "google", "idToken": null }),
            json!({ "provider": "google", "idToken": "x", "nonce": 1 }),
            json!({ "provider": "google", "idToken": "x", "more": 1 }),
        ] {
            server.post(SIGN_IN, &body).await.expect_invalid_request();
            server.post("/signup/idtoken", &body).await.expect_invalid_request();
            server.post_as(bearer, LINK, &body).await.expect_invalid_request();
        }
        let options = json!({ "provider": "google", "idToken": "x", "options": {} });
        server.post_as(bearer, LINK, &options).await.expect_invalid_request();
    }

    async fn whoever_is_signed_in_links_their_account(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).start().await;
        let session = server.sign_up("somebody@example.com").await;

        let linked = link(&server, &session, &google.token(&ada())).await;

        assert_eq!(linked.expect(200), json!("OK"));
        let arrived = bring(&server, &google.token(&ada())).await.expect(200)["session"].clone();
        assert_eq!(arrived["user"]["id"], session["user"]["id"]);
        assert_eq!(arrived["user"]["email"], "somebody@example.com");
    }

    async fn an_identity_is_linked_once(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).start().await;
        let latest = google.server(&database).set("AUTH_API_COMPAT", "latest").start().await;
        let one = server.sign_up("one@example.com").await;
        let other = server.sign_up("other@example.com").await;
        let token = google.token(&ada());
        link(&server, &one, &token).await.expect(200);

        for session in [&one, &other] {
            expect_refused(&link(&server, session, &token).await);
        }
        let session = latest.sign_in("other@example.com", PASSWORD).await.expect(200);
        let answer = link(&latest, &session["session"], &token).await;
        let message = "This provider account is already linked to a user";
        answer.expect_error(400, "provider-account-already-linked", message);
        let links = "SELECT count(*) AS count FROM auth.user_providers";
        assert_eq!(database.count(links).await, 1);
    }

    async fn a_token_that_is_not_good_links_nobody(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).start().await;
        let session = server.sign_up(ADA).await;

        expect_refused(&link(&server, &session, "a.b.c").await);
        let foreign = google.token(&with("aud", json!("somebody-else")));
        expect_refused(&link(&server, &session, &foreign).await);
        let nonce = google.token(&with("nonce", json!(hashed("mine"))));
        expect_refused(&link(&server, &session, &nonce).await);
    }

    async fn linking_needs_somebody_who_is_signed_in(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).start().await;
        let session = server.sign_up(ADA).await;
        let body = of_google(&google.token(&ada()));

        let nobody = server.post(LINK, &body).await;
        let forged = server.post_as("forged", LINK, &body).await;
        let out = json!({ "refreshToken": session["refreshToken"] });
        server.post("/signout", &out).await.expect(200);
        let bearer = session["accessToken"].as_str().unwrap();
        let gone = server.post_as(bearer, LINK, &body).await;

        for answer in [nobody, forged] {
            let text = answer.expect(400)["error"].as_str().unwrap().to_owned();
            assert!(text.contains("SecurityRequirementsError"), "{text}");
        }
        gone.expect_void_token();
    }

    async fn linking_is_delicate(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).set("AUTH_REQUIRE_ELEVATED_CLAIM", "required");
        let server = server.start().await;
        let session = server.sign_up(ADA).await;

        let answer = link(&server, &session, &google.token(&ada())).await;

        let text = answer.expect(400)["error"].as_str().unwrap().to_owned();
        assert!(text.contains("elevated"), "{text}");
    }

    async fn an_account_that_may_not_be_used_is_not_linked(database) {
        let google = Issuer::start().await;
        let server = google.server(&database).set("AUTH_ANONYMOUS_USERS_ENABLED", "true");
        let server = server.start().await;
        let anonymous = server.anonymous().await;
        let disabled = server.sign_up(ADA).await;
        database
            .execute("UPDATE auth.users SET disabled = true WHERE email = 'ada@example.com'")
            .await;
        let token = google.token(&ada());

        let of_anonymous = link(&server, &anonymous, &token).await;
        let of_disabled = link(&server, &disabled, &token).await;

        let message = "Forbidden, user is anonymous.";
        of_anonymous.expect_error(403, "forbidden-anonymous", message);
        of_disabled.expect_error(401, "disabled-user", "User is disabled");
    }
}
