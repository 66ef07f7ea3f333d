//! `POST /token` and `POST /token/verify`

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::{Database, Server, ServerBuilder, claims_of, on_both_databases};

on_both_databases! {
    async fn a_refresh_answers_a_bare_session_with_the_same_id_and_another_token(database) {
        let server = Server::on(&database).await;
        let first = server.sign_up("ada@example.com").await;

        let second = server.refresh(&first["refreshToken"]).await.expect(200);

        assert_eq!(second["refreshTokenId"], first["refreshTokenId"]);
        assert_ne!(second["refreshToken"], first["refreshToken"]);
        assert_eq!(second["user"]["id"], first["user"]["id"]);
        assert_eq!(second.as_object().unwrap().len(), 5);
        server.refresh(&second["refreshToken"]).await.expect(200);
        let rows = "SELECT count(*) AS count FROM auth.refresh_tokens";
        assert_eq!(database.count(rows).await, 1);
    }

    async fn parallel_refreshes_of_two_servers_agree_on_one_successor(database) {
        let secret = r#"{"type":"HS256","key":"a secret that both of the servers share, 32+"}"#;
        let start =
            || ServerBuilder::new(&database).set("HASURA_GRAPHQL_JWT_SECRET", secret).start();
        let (one, other) = (start().await, start().await);
        let session = one.sign_up("ada@example.com").await;

        let token = &session["refreshToken"];
        let tries = (0..20).map(|n| if n % 2 == 0 { one.refresh(token) } else { other.refresh(token) });
        let answers = join_all(tries).await;

        let successors: Vec<_> =
            answers.iter().map(|it| it.expect(200)["refreshToken"].clone()).collect();
        assert!(successors.iter().all(|it| *it == successors[0]));
        other.refresh(&successors[0]).await.expect(200);
    }

    async fn reuse_after_the_grace_ends_the_session_and_is_logged(database) {
        let server =
            ServerBuilder::new(&database).set("AUTH_REFRESH_TOKEN_GRACE", "30").start().await;
        let first = server.sign_up("ada@example.com").await;
        let second = server.refresh(&first["refreshToken"]).await.expect(200);
        let minute = match &database {
            Database::Sqlite(_) => "60000000",
            Database::Postgres(_) => "interval '1 minute'",
        };
        let ago = "UPDATE auth.refresh_token_rotations SET rotated_at = rotated_at - ";
        database.execute(&format!("{ago}{minute}")).await;

        let reused = server.refresh(&first["refreshToken"]).await;
        let owner = server.refresh(&second["refreshToken"]).await;

        let message = "Invalid or expired refresh token";
        reused.expect_error(401, "invalid-refresh-token", message);
        owner.expect_error(401, "invalid-refresh-token", message);
        server.printed("a rotated refresh token was used again").await;
        let log = server.output();
        assert!(log.contains(first["refreshTokenId"].as_str().unwrap()), "{log}");
        assert!(!log.contains(first["refreshToken"].as_str().unwrap()), "{log}");
    }

    async fn without_a_grace_every_reuse_ends_the_session(database) {
        let server =
            ServerBuilder::new(&database).set("AUTH_REFRESH_TOKEN_GRACE", "0").start().await;
        let first = server.sign_up("ada@example.com").await;
        let second = server.refresh(&first["refreshToken"]).await.expect(200);

        let reused = server.refresh(&first["refreshToken"]).await;
        let owner = server.refresh(&second["refreshToken"]).await;

        let message = "Invalid or expired refresh token";
        reused.expect_error(401, "invalid-refresh-token", message);
        owner.expect_error(401, "invalid-refresh-token", message);
    }

    async fn a_token_that_is_unknown_expired_or_malformed_is_refused(database) {
        let server = Server::on(&database).await;
        let session = server.sign_up("ada@example.com").await;
        database.execute("UPDATE auth.refresh_tokens SET expires_at = created_at").await;
        let message = "Invalid or expired refresh token";

        let unknown = server.refresh(&json!("57c3f278-ea3c-4f5f-8f09-12a598d97c1c")).await;
        let expired = server.refresh(&session["refreshToken"]).await;
        let surrounded = server.refresh(&json!("x57c3f278-ea3c-4f5f-8f09-12a598d97c1c")).await;
        let upper_case = server.refresh(&json!("57C3F278-EA3C-4F5F-8F09-12A598D97C1C")).await;
        let number = server.refresh(&json!(1)).await;

        unknown.expect_error(401, "invalid-refresh-token", message);
        expired.expect_error(401, "invalid-refresh-token", message);
        surrounded.expect_error(401, "invalid-refresh-token", message);
        upper_case.expect_invalid_request();
        number.expect_invalid_request();
    }

    async fn a_disabled_user_is_refused_and_keeps_the_token(database) {
        let server = Server::on(&database).await;
        let session = server.sign_up("ada@example.com").await;
        database.execute("UPDATE auth.users SET disabled = true").await;

        let refused = server.refresh(&session["refreshToken"]).await;
        database.execute("UPDATE auth.users SET disabled = false").await;
        let later = server.refresh(&session["refreshToken"]).await;

        refused.expect_error(401, "disabled-user", "User is disabled");
        later.expect(200);
    }

    async fn whoever_has_no_address_has_none_to_verify(database) {
        let server = ServerBuilder::new(&database)
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
            .start()
            .await;
        let lax = Server::on(&database).await;
        let ada = lax.sign_up("ada@example.com").await;

        server.refresh(&ada["refreshToken"]).await.expect(401);
        database.execute("UPDATE auth.users SET email = NULL, phone_number = '+41'").await;
        let by_phone = server.refresh(&ada["refreshToken"]).await.expect(200);
        database.execute("UPDATE auth.users SET is_anonymous = true").await;
        let anonymous = server.refresh(&by_phone["refreshToken"]).await;

        anonymous.expect_error(401, "unverified-user", "User is not verified.");
    }

    async fn a_personal_access_token_is_no_refresh_token(database) {
        let server = Server::on(&database).await;
        let session = server.sign_up("ada@example.com").await;
        database.execute("UPDATE auth.refresh_tokens SET type = 'pat'").await;

        let answer = server.refresh(&session["refreshToken"]).await;

        let message = "Invalid or expired refresh token";
        answer.expect_error(401, "invalid-refresh-token", message);
    }

    async fn an_access_token_carries_the_claims_of_hasura_and_its_session_and_nothing_else(database) {
        let server = ServerBuilder::new(&database)
            .set("HASURA_GRAPHQL_JWT_SECRET", r#"{"type":"HS256","key":"0123456789abcdef0123456789abcdef"}"#)
            .set("AUTH_ACCESS_TOKEN_EXPIRES_IN", "60")
            .start()
            .await;

        let session = server.sign_up("ada@example.com").await;

        let mut claims = claims_of(&session);
        let issued_at = claims["iat"].take().as_i64().unwrap();
        assert_eq!(claims["exp"].take().as_i64().unwrap(), issued_at + 60);
        assert_eq!(claims, json!({
            "sub": session["user"]["id"],
            "iss": "hasura-auth",
            "iat": null,
            "exp": null,
            "sid": session["refreshTokenId"],
            "amr": ["pwd"],
            "https://hasura.io/jwt/claims": {
                "x-hasura-allowed-roles": ["me", "user"],
                "x-hasura-default-role": "user",
                "x-hasura-user-id": session["user"]["id"],
                "x-hasura-user-is-anonymous": "false",
            },
        }));
    }

    async fn a_token_can_be_verified_in_the_body_or_in_the_header(database) {
        let server = Server::on(&database).await;
        let session = server.sign_up("ada@example.com").await;
        let token = session["accessToken"].as_str().unwrap();

        let body = server.post("/token/verify", &json!({ "token": token })).await;
        let prefixed = json!({ "token": format!("Bearer {token}") });
        let prefixed = server.post("/token/verify", &prefixed).await;
        let header =
            server.send(server.request(Method::POST, "/token/verify").bearer_auth(token)).await;

        for answer in [body, prefixed, header] {
            assert_eq!(answer.expect(200), json!("OK"));
        }
    }

    async fn a_token_that_cannot_be_verified_is_an_invalid_request(database) {
        let server = Server::on(&database).await;
        let session = server.sign_up("ada@example.com").await;
        let token = session["accessToken"].as_str().unwrap();
        let mut forged = token.to_owned();
        let last = if forged.pop() == Some('A') { 'B' } else { 'A' };
        forged.push(last);

        let nothing = server.send(server.request(Method::POST, "/token/verify")).await;
        let garbage = server.post("/token/verify", &json!({ "token": "abc" })).await;
        let forged = server.post_as(&forged, "/token/verify", &json!({})).await;
        database.execute("DELETE FROM auth.users").await;
        let deleted = server.post_as(token, "/token/verify", &json!({})).await;

        for answer in [nothing, garbage, forged] {
            let message = "The request payload is incorrect";
            answer.expect_error(400, "invalid-request", message);
        }
        let message = "Incorrect email or password";
        deleted.expect_error(401, "invalid-email-password", message);
    }
}
