//! `POST /elevate/webauthn`, `/elevate/webauthn/verify`, and how keys change the need for elevation.

use serde_json::{Value, json};

use super::{EMAIL, Owner, expect_invalid, session_of, with_keys};
use crate::support::{Answer, Database, SecurityKey, Server, on_both_databases};

const BEGIN: &str = "/elevate/webauthn";
const ADD: &str = "/user/webauthn/add";

fn pat() -> Value {
    json!({ "expiresAt": "2099-01-01T00:00:00Z" })
}

#[track_caller]
fn expect_needed(answer: &Answer) {
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert!(
        answer.text.contains("elevated-claim-required"),
        "{}",
        answer.text
    );
}

async fn elevated(server: &Server, owner: &mut Owner) -> Value {
    let token = owner.token().to_owned();
    let options = server.post_as(&token, BEGIN, &json!({})).await.expect(200);
    session_of(
        &server
            .elevate_verify(&token, &owner.key.sign(&options))
            .await,
    )
}

on_both_databases! {
    async fn a_client_that_also_tells_its_address_is_elevated(database) {
        let server = with_keys(&database).start().await;
        let mut owner = server.owner(EMAIL).await;
        let token = owner.token().to_owned();
        let email = json!({ "email": EMAIL });

        let options = server.post_as(&token, BEGIN, &email).await.expect(200);
        let body = json!({ "email": EMAIL, "credential": owner.key.sign(&options) });
        let answer = server.post_as(&token, "/elevate/webauthn/verify", &body).await;

        assert_eq!(session_of(&answer)["user"]["id"], owner.session["user"]["id"]);
    }

    async fn a_key_elevates_and_a_refresh_loses_it(database) {
        let server = with_keys(&database)
            .set("AUTH_REQUIRE_ELEVATED_CLAIM", "recommended")
            .start()
            .await;
        let mut owner = server.owner(EMAIL).await;
        expect_needed(&server.post_as(owner.token(), "/pat", &pat()).await);

        let elevated = elevated(&server, &mut owner).await;

        assert_eq!(elevated["user"]["id"], owner.session["user"]["id"]);
        assert_ne!(elevated["refreshToken"], owner.session["refreshToken"]);
        let token = elevated["accessToken"].as_str().unwrap();
        server.post_as(token, "/pat", &pat()).await.expect(200);
        let refreshed = server.refresh(&elevated["refreshToken"]).await.expect(200);
        let token = refreshed["accessToken"].as_str().unwrap();
        expect_needed(&server.post_as(token, "/pat", &pat()).await);
        assert_eq!(database.sign_count().await, 2);
    }

    async fn the_options_name_the_keys_of_whoever_asks(database) {
        let server = with_keys(&database).start().await;
        let owner = server.owner(EMAIL).await;

        let options = server.post_as(owner.token(), BEGIN, &json!({})).await.expect(200);

        assert_eq!(
            options["allowCredentials"],
            json!([{ "type": "public-key", "id": owner.key.credential_id() }])
        );
        assert_eq!(options["rpId"], "localhost");
    }

    async fn without_a_session_or_a_key_nothing_is_elevated(database) {
        let server = with_keys(&database).start().await;
        let session = server.sign_up(EMAIL).await;
        let token = session["accessToken"].as_str().unwrap();

        for path in [BEGIN, "/elevate/webauthn/verify"] {
            let nobody = server.post(path, &json!({ "credential": {} })).await;
            assert!(nobody.expect(400)["error"].as_str().unwrap().contains("Security"));
        }
        expect_invalid(&server.post_as(token, BEGIN, &json!({})).await);
        database.execute("UPDATE auth.users SET disabled = true").await;
        let disabled = server.post_as(token, BEGIN, &json!({})).await;
        disabled.expect_error(401, "disabled-user", "User is disabled");
    }

    async fn a_clone_elevates_nothing(database) {
        let server = with_keys(&database).start().await;
        let mut owner = server.owner(EMAIL).await;
        elevated(&server, &mut owner).await;
        let token = owner.token().to_owned();

        owner.key.count = 1;
        let options = server.post_as(&token, BEGIN, &json!({})).await.expect(200);
        expect_invalid(&server.elevate_verify(&token, &owner.key.sign(&options)).await);

        assert_eq!(database.sign_count().await, 2);
    }

    async fn keys_are_among_the_ways_to_elevate_of_those_who_have_one(database) {
        let server = with_keys(&database).start().await;
        let owner = server.owner(EMAIL).await;
        let session = server.sign_up("eve@example.com").await;
        let eve = session["accessToken"].as_str().unwrap();

        let of_owner = server.get_as(owner.token(), "/elevate").await.expect(200);
        let of_eve = server.get_as(eve, "/elevate").await.expect(200);

        assert_eq!(of_owner, json!({ "methods": ["webauthn"] }));
        assert_eq!(of_eve, json!({ "methods": [] }));
    }

    async fn where_elevation_is_required_the_first_key_may_be_added_without(database) {
        let server = with_keys(&database)
            .set("AUTH_REQUIRE_ELEVATED_CLAIM", "required")
            .start()
            .await;
        let session = server.sign_up(EMAIL).await;
        let token = session["accessToken"].as_str().unwrap();
        expect_needed(&server.post_as(token, "/pat", &pat()).await);

        // Race: two registrations begin at once; the second finds that there is a key by now.
        let options = server.post_as(token, ADD, &json!({})).await.expect(200);
        let other_options = server.post_as(token, ADD, &json!({})).await.expect(200);
        let key = SecurityKey::new(&options);
        server.add_verify(token, &key.attest(&options)).await.expect(200);

        let other = SecurityKey::new(&other_options);
        expect_needed(&server.add_verify(token, &other.attest(&other_options)).await);
        expect_needed(&server.post_as(token, ADD, &json!({})).await);
        assert_eq!(database.keys().await, 1);
        let mut owner = Owner { session: session.clone(), key };
        let elevated = elevated(&server, &mut owner).await;
        server.added_key(elevated["accessToken"].as_str().unwrap()).await;
        assert_eq!(database.keys().await, 2);
    }

    async fn the_owner_of_a_key_sets_up_an_app_with_an_elevated_token_alone(database) {
        let server = with_keys(&database)
            .with_mfa()
            .set("AUTH_REQUIRE_ELEVATED_CLAIM", "recommended")
            .start()
            .await;
        let mut owner = server.owner(EMAIL).await;
        expect_needed(&server.generate(owner.token()).await);

        let elevated = elevated(&server, &mut owner).await;

        let token = elevated["accessToken"].as_str().unwrap();
        let app = server.new_app(token).await;
        let activation = json!({ "code": app.code(), "activeMfaType": "totp" });
        expect_needed(&server.post_as(owner.token(), "/user/mfa", &activation).await);
        server.post_as(token, "/user/mfa", &activation).await.expect(200);
        // A key that was added with an elevated token elevates.
        let body = json!({ "otp": app.code() });
        let by_app = server.post_as(owner.token(), "/elevate/totp", &body).await;
        let token = session_of(&by_app)["accessToken"].clone();
        server.post_as(token.as_str().unwrap(), "/pat", &pat()).await.expect(200);
        // Deactivating requires a code of the app itself.
        let off = json!({ "code": app.next_code(), "activeMfaType": "" });
        server.post_as(owner.token(), "/user/mfa", &off).await.expect(200);
    }

    async fn where_elevation_is_not_asked_for_keys_are_added_freely(database) {
        let server = with_keys(&database).start().await;
        let owner = server.owner(EMAIL).await;

        server.added_key(owner.token()).await;
        server.post_as(owner.token(), "/pat", &pat()).await.expect(200);
    }
}
