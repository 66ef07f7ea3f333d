//! `POST /pat` and `POST /signin/pat`

use serde_json::{Value, json};

use crate::support::{Answer, Database, PASSWORD, Server, ServerBuilder, on_both_databases};

const LATER: &str = "2099-12-31T23:59:59.123456Z";

/// A token of the user of a session.
async fn token_of(server: &Server, session: &Value) -> Value {
    let bearer = session["accessToken"].as_str().unwrap();
    let body = json!({ "expiresAt": LATER });
    server.post_as(bearer, "/pat", &body).await.expect(200)["personalAccessToken"].clone()
}

async fn sign_in(server: &Server, token: &Value) -> Answer {
    server
        .post("/signin/pat", &json!({ "personalAccessToken": token }))
        .await
}

#[track_caller]
fn expect_invalid(answer: &Answer) {
    answer.expect_error(
        401,
        "invalid-pat",
        "Invalid or expired personal access token",
    );
}

on_both_databases! {
    async fn an_end_may_be_written_as_javascript_prints_it(database) {
        let server = Server::on(&database).await;
        let session = server.sign_up("ada@example.com").await;
        let bearer = session["accessToken"].as_str().unwrap();

        let body = json!({ "expiresAt": "Thu, 01 Jan 2099 12:00:00 GMT" });
        let made = server.post_as(bearer, "/pat", &body).await.expect(200);

        let token = json!({ "personalAccessToken": made["personalAccessToken"] });
        server.post("/signin/pat", &token).await.expect(200);
    }

    async fn a_token_signs_in_again_and_again_and_stays_the_same(database) {
        let server = Server::on(&database).await;
        let session = server.sign_up("ada@example.com").await;
        let bearer = session["accessToken"].as_str().unwrap();
        let body = json!({ "expiresAt": LATER, "metadata": { "name": "nightly" } });
        let created = server.post_as(bearer, "/pat", &body).await.expect(200);
        assert_eq!(created.as_object().unwrap().len(), 2, "{created}");
        assert_eq!(created["id"].as_str().unwrap().len(), 36);
        let token = &created["personalAccessToken"];

        for _ in 0..2 {
            let session = sign_in(&server, token).await.expect(200)["session"].clone();
            assert_eq!(session["user"]["email"], "ada@example.com");
            assert_ne!(&session["refreshToken"], token);
            server.refresh(&session["refreshToken"]).await.expect(200);
        }
    }

    async fn a_token_is_stored_as_a_hash_with_what_is_to_be_remembered(database) {
        let server = Server::on(&database).await;
        let session = server.sign_up("ada@example.com").await;
        let bearer = session["accessToken"].as_str().unwrap();
        let body = json!({ "expiresAt": LATER, "metadata": { "name": "nightly" } });
        let created = server.post_as(bearer, "/pat", &body).await.expect(200);
        let token = created["personalAccessToken"].as_str().unwrap();

        let remembered = "SELECT count(*) AS count FROM auth.refresh_tokens \
                          WHERE type = 'pat' AND metadata ->> 'name' = 'nightly'";
        assert_eq!(database.count(remembered).await, 1);
        let plain = format!(
            "SELECT count(*) AS count FROM auth.refresh_tokens WHERE refresh_token_hash = '{token}'"
        );
        assert_eq!(database.count(&plain).await, 0);
    }

    async fn what_is_no_good_personal_access_token_is_refused(database) {
        let server = Server::on(&database).await;
        let session = server.sign_up("ada@example.com").await;
        let token = token_of(&server, &session).await;
        let past = json!({ "expiresAt": "2020-01-01T00:00:00+02:00" });
        let bearer = session["accessToken"].as_str().unwrap();
        let past = server.post_as(bearer, "/pat", &past).await.expect(200);

        for other in [
            &past["personalAccessToken"],
            &session["refreshToken"],
            &json!("0a1b2c3d-0a1b-4c3d-8a1b-0a1b2c3d4e5f"),
            &json!(format!("{}0", token.as_str().unwrap())),
        ] {
            expect_invalid(&sign_in(&server, other).await);
        }
        for body in [
            json!({}),
            json!({ "personalAccessToken": null }),
            json!({ "personalAccessToken": "no uuid" }),
            json!({ "personalAccessToken": token, "more": 1 }),
        ] {
            server.post("/signin/pat", &body).await.expect_invalid_request();
        }
        sign_in(&server, &token).await.expect(200);
    }

    async fn a_token_needs_a_user_and_a_moment_to_expire(database) {
        let server = Server::on(&database).await;
        let session = server.sign_up("ada@example.com").await;
        let bearer = session["accessToken"].as_str().unwrap();

        server.post("/pat", &json!({ "expiresAt": LATER })).await.expect(400);
        for body in [
            json!({}),
            json!({ "expiresAt": null }),
            json!({ "expiresAt": "tomorrow" }),
            json!({ "expiresAt": "2099-13-01T00:00:00Z" }),
            json!({ "expiresAt": 4_102_444_800_i64 }),
            json!({ "expiresAt": LATER, "metadata": [] }),
            json!({ "expiresAt": LATER, "metadata": null }),
        ] {
            server.post_as(bearer, "/pat", &body).await.expect_invalid_request();
        }
        let made = "SELECT count(*) AS count FROM auth.refresh_tokens WHERE type = 'pat'";
        assert_eq!(database.count(made).await, 0);
    }

    async fn a_token_is_good_for_no_longer_than_the_installation_allows(database) {
        let ten_years = (10 * 366 * 24 * 60 * 60).to_string();
        let server = ServerBuilder::new(&database)
            .set("AUTH_PERSONAL_ACCESS_TOKEN_MAX_AGE", &ten_years)
            .start()
            .await;
        let session = server.sign_up("ada@example.com").await;
        let bearer = session["accessToken"].as_str().unwrap();
        let create = async |year: u32| {
            let body = json!({ "expiresAt": format!("{year}-06-01T00:00:00Z") });
            server.post_as(bearer, "/pat", &body).await
        };
        let version = server.get("/version").await;
        let year: u32 = version.header("date").split(' ').nth(3).unwrap().parse().unwrap();

        for too_long in [year + 11, year + 1000, 9999] {
            let message = "The expiry date is too far in the future";
            create(too_long).await.expect_error(400, "invalid-expiry-date", message);
        }
        let made = "SELECT count(*) AS count FROM auth.refresh_tokens WHERE type = 'pat'";
        assert_eq!(database.count(made).await, 0);
        let created = create(year + 1).await.expect(200);
        sign_in(&server, &created["personalAccessToken"]).await.expect(200);
        // A token with an expiry in the past is invalid, as without a bound.
        let past = create(year - 1).await.expect(200);
        expect_invalid(&sign_in(&server, &past["personalAccessToken"]).await);
    }

    async fn a_moment_at_the_end_of_time_is_kept_or_refused_and_never_a_fault(database) {
        let server = Server::on(&database).await;
        let session = server.sign_up("ada@example.com").await;
        let bearer = session["accessToken"].as_str().unwrap();
        let create = async |moment: &str| {
            server.post_as(bearer, "/pat", &json!({ "expiresAt": moment })).await
        };

        for (moment, is_good) in [
            ("9999-12-31T23:59:59.999999999Z", true),
            // The year 10000 in UTC.
            ("9999-12-31T23:59:59-23:59", true),
            ("2099-12-31T23:59:60Z", true),
            // The year before the first in UTC.
            ("0000-01-01T00:00:00+23:59", false),
            ("0001-01-01T00:00:00Z", false),
        ] {
            let created = create(moment).await.expect(200);
            let signed_in = sign_in(&server, &created["personalAccessToken"]).await;
            assert_eq!(signed_in.status == 200, is_good, "{moment}: {}", signed_in.text);
        }
        for moment in [
            "10000-01-01T00:00:00Z",
            "+262142-12-31T23:59:59Z",
            "-0001-01-01T00:00:00Z",
            "294277-01-01T00:00:00Z",
            "infinity",
            "9999-12-31T23:59:59-99:99",
            "9999-99-99T99:99:99Z",
            "",
        ] {
            create(moment).await.expect_invalid_request();
        }
        server.get_as(bearer, "/user/sessions").await.expect(200);
    }

    async fn a_role_that_is_taken_away_is_gone_at_the_next_sign_in(database) {
        let server = ServerBuilder::new(&database)
            .set("AUTH_USER_DEFAULT_ALLOWED_ROLES", "user,me,editor")
            .start()
            .await;
        let session = server.sign_up("ada@example.com").await;
        let token = token_of(&server, &session).await;
        let roles = |answer: Answer| answer.expect(200)["session"]["user"]["roles"].clone();
        assert_eq!(roles(sign_in(&server, &token).await), json!(["user", "me", "editor"]));

        database.execute("DELETE FROM auth.user_roles WHERE role = 'editor'").await;

        assert_eq!(roles(sign_in(&server, &token).await), json!(["user", "me"]));
    }

    async fn the_state_of_the_account_is_checked_at_every_sign_in(database) {
        let server = Server::on(&database).await;
        let session = server.sign_up("ada@example.com").await;
        let token = token_of(&server, &session).await;
        database.execute("UPDATE auth.users SET disabled = true").await;

        let disabled = sign_in(&server, &token).await;
        let bearer = session["accessToken"].as_str().unwrap();
        let another = server.post_as(bearer, "/pat", &json!({ "expiresAt": LATER })).await;

        disabled.expect_error(401, "disabled-user", "User is disabled");
        another.expect_error(401, "disabled-user", "User is disabled");
        drop(server);
        let concealing = ServerBuilder::new(&database).set("AUTH_CONCEAL_ERRORS", "true").start().await;
        let concealed = sign_in(&concealing, &token).await;
        concealed.expect_error(400, "invalid-request", "The request payload is incorrect");
    }

    async fn a_changed_password_spares_tokens_and_signing_out_everywhere_does_not(database) {
        let server = Server::on(&database).await;
        let session = server.sign_up("ada@example.com").await;
        let token = token_of(&server, &session).await;
        let bearer = session["accessToken"].as_str().unwrap();
        let change = json!({ "newPassword": "battery staple" });
        server.post_as(bearer, "/user/password", &change).await.expect(200);
        sign_in(&server, &token).await.expect(200);

        let everywhere = json!({ "all": true });
        server.post_as(bearer, "/signout", &everywhere).await.expect(200);

        expect_invalid(&sign_in(&server, &token).await);
        server.sign_in("ada@example.com", PASSWORD).await.expect(401);
    }
}
