//! Adoption: keys that Hasura Auth registered keep working.

use data_encoding::HEXLOWER;
use serde_json::json;

use super::{EMAIL, expect_invalid, session_of, with_keys};
use crate::support::{Database, SecurityKey, on_both_databases};

/// Stores a key in Hasura Auth's form.
async fn put_as_hasura_auth(database: &Database, key: &SecurityKey, public_key: Option<&[u8]>) {
    let (id, bytes) = match database {
        Database::Sqlite(_) => ("randomblob(16)", ("X'", "'")),
        Database::Postgres(_) => ("gen_random_uuid()", ("decode('", "', 'hex')")),
    };
    let public_key = public_key.map_or_else(
        || "NULL".to_owned(),
        |it| format!("{}{}{}", bytes.0, HEXLOWER.encode(it), bytes.1),
    );
    let statement = format!(
        "INSERT INTO auth.user_security_keys \
         (id, user_id, credential_id, credential_public_key, counter, transports, nickname) \
         SELECT {id}, users.id, '{}', {public_key}, 0, '', NULL FROM auth.users",
        key.credential_id()
    );
    database.execute(&statement).await;
}

on_both_databases! {
    async fn an_adopted_key_signs_in_and_elevates_and_counts_from_then_on(database) {
        let server = with_keys(&database).start().await;
        let session = server.sign_up(EMAIL).await;
        let mut key = SecurityKey::new(&json!({ "user": session["user"] }));
        // Hasura Auth did not check the signature counter, whatever its value.
        key.count = 41;
        put_as_hasura_auth(&database, &key, Some(&key.public_key())).await;

        let signed_in = session_of(&server.sign_in_with_key(&mut key).await);

        assert_eq!(signed_in["user"]["id"], session["user"]["id"]);
        assert_eq!(database.sign_count().await, 42);
        let token = session["accessToken"].as_str().unwrap();
        let options = server.post_as(token, "/elevate/webauthn", &json!({})).await.expect(200);
        session_of(&server.elevate_verify(token, &key.sign(&options)).await);
        key.count = 5;
        expect_invalid(&server.sign_in_with_key(&mut key).await);
    }

    async fn an_adopted_key_without_a_usable_public_key_is_refused(database) {
        let server = with_keys(&database).start().await;
        let session = server.sign_up(EMAIL).await;
        let options = json!({ "user": session["user"] });

        for public_key in [None, Some(b"".as_slice()), Some(b"\xa0"), Some(b"\xff\xff")] {
            let mut key = SecurityKey::new(&options);
            put_as_hasura_auth(&database, &key, public_key).await;
            expect_invalid(&server.sign_in_with_key(&mut key).await);
        }
    }
}
