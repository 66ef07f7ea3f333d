//! Adoption: tickets that Hasura Auth mailed before this server replaced it.

use serde_json::json;

use crate::{
    error_rows::{INVALID_TICKET, expect_row, expect_row_at_client},
    support::{CLIENT_URL, Database, PASSWORD, ServerBuilder, on_both_databases},
};

const LATER: &str = "(SELECT max(expires_at) FROM auth.refresh_tokens)";
const EARLIER: &str = "(SELECT min(created_at) FROM auth.users)";

/// Stores a ticket in the column in which Hasura Auth keeps the one of a user.
async fn leave(database: &Database, ticket: &str, expires_at: &str) {
    let statement = format!(
        "UPDATE auth.users SET ticket = '{ticket}', ticket_expires_at = {expires_at} \
         WHERE email = 'ada@example.com'"
    );
    database.execute(&statement).await;
}

on_both_databases! {
    async fn a_link_that_hasura_auth_mailed_is_good_once(database) {
        let server = ServerBuilder::new(&database).by_mail().start().await;
        server.verified("ada@example.com").await;
        for kind in ["verifyEmail", "passwordlessEmail", "passwordReset"] {
            let ticket = format!("{kind}:e106bc23-a6ae-43e2-b12b-40cea9395407");
            leave(&database, &ticket, LATER).await;

            let followed = server.verify(&ticket, CLIENT_URL).await;
            let again = server.verify(&ticket, CLIENT_URL).await;

            let token = json!(followed.parameters()["refreshToken"]);
            let session = server.refresh(&token).await.expect(200);
            assert_eq!(session["user"]["email"], "ada@example.com", "{kind}");
            expect_row_at_client(&again, INVALID_TICKET, kind);
        }
    }

    async fn a_link_that_hasura_auth_mailed_moves_an_account_to_its_new_address(database) {
        let server = ServerBuilder::new(&database).by_mail().start().await;
        server.verified("ada@example.com").await;
        let ticket = "emailConfirmChange:e106bc23-a6ae-43e2-b12b-40cea9395407";
        leave(&database, ticket, LATER).await;
        database.execute("UPDATE auth.users SET new_email = 'new@example.com'").await;

        let followed = server.verify(ticket, CLIENT_URL).await;
        let again = server.verify(ticket, CLIENT_URL).await;

        let token = json!(followed.parameters()["refreshToken"]);
        let session = server.refresh(&token).await.expect(200);
        assert_eq!(session["user"]["email"], "new@example.com");
        expect_row_at_client(&again, INVALID_TICKET, "emailConfirmChange");
        server.sign_in("new@example.com", PASSWORD).await.expect(200);
    }

    async fn a_ticket_that_hasura_auth_mailed_sets_a_password_once(database) {
        let server = ServerBuilder::new(&database).by_mail().start().await;
        server.verified("ada@example.com").await;
        let ticket = "passwordReset:e106bc23-a6ae-43e2-b12b-40cea9395407";
        leave(&database, ticket, LATER).await;
        let set = |password: &str| json!({ "ticket": ticket, "newPassword": password });

        let first = server.post("/user/password", &set("battery staple")).await;
        let again = server.post("/user/password", &set("another horse")).await;

        assert_eq!(first.expect(200), json!("OK"));
        expect_row(&again, INVALID_TICKET, "/user/password");
        server.sign_in("ada@example.com", "battery staple").await.expect(200);
    }

    async fn a_ticket_of_hasura_auth_expires_and_has_one_name(database) {
        let server = ServerBuilder::new(&database).by_mail().start().await;
        server.verified("ada@example.com").await;
        let secret = "e106bc23-a6ae-43e2-b12b-40cea9395407";
        let ticket = format!("passwordReset:{secret}");
        let body = json!({ "ticket": ticket, "newPassword": "battery staple" });

        leave(&database, &ticket, EARLIER).await;
        let late = server.verify(&ticket, CLIENT_URL).await;
        expect_row_at_client(&late, INVALID_TICKET, "expired: /verify");
        let late = server.post("/user/password", &body).await;
        expect_row(&late, INVALID_TICKET, "expired: /user/password");

        leave(&database, &ticket, LATER).await;
        let renamed = server.verify(&format!("verifyEmail:{secret}"), CLIENT_URL).await;
        expect_row_at_client(&renamed, INVALID_TICKET, "renamed: /verify");
        server.sign_in("ada@example.com", PASSWORD).await.expect(200);
        server.post("/user/password", &body).await.expect(200);
    }

    async fn a_code_that_hasura_auth_mailed_is_no_link(database) {
        let server = ServerBuilder::new(&database).by_mail().start().await;
        server.verified("ada@example.com").await;
        leave(&database, "otp:123456", LATER).await;

        for ticket in ["otp:123456", "123456"] {
            let answer = server.verify(ticket, CLIENT_URL).await;
            expect_row_at_client(&answer, INVALID_TICKET, ticket);
        }
    }
}
