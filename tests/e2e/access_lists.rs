//! The access lists hold at every sign-in, also for accounts that existed before an address was
//! blocked.

use crate::{
    error_rows::{INVALID_REQUEST, Row, SHUT_OUT, expect_row, expect_row_at_client},
    issued_tokens::{hand_out, handing_out},
    support::{Database, PASSWORD, Server, on_both_databases},
};

const SESSIONS: &str = "SELECT count(*) AS count FROM auth.refresh_tokens";

/// `server` answers with `row` to everything that an open server handed out.
async fn expect_all_refused(database: &Database, server: &Server, row: Row) {
    let lax = handing_out(database).start().await;
    let handed_out = hand_out(&lax).await;
    let sessions = database.count(SESSIONS).await;

    for (path, body) in &handed_out.posts {
        expect_row(&server.post(path, body).await, row, path);
    }
    expect_row_at_client(&server.follow(&handed_out.link).await, row, "/verify");

    assert_eq!(database.count(SESSIONS).await, sessions);
    lax.sign_in("reset@out.example", PASSWORD).await.expect(200);
}

on_both_databases! {
    async fn an_address_that_was_shut_out_meanwhile_leads_nowhere(database) {
        let blocking = handing_out(&database).set("AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAINS", "out.example");
        let blocking = blocking.start().await;

        expect_all_refused(&database, &blocking, SHUT_OUT).await;
    }

    async fn an_address_that_is_not_on_the_list_any_more_leads_nowhere(database) {
        let choosing = handing_out(&database).set("AUTH_ACCESS_CONTROL_ALLOWED_EMAIL_DOMAINS", "in.example");
        let choosing = choosing.start().await;

        expect_all_refused(&database, &choosing, SHUT_OUT).await;
    }

    async fn concealed_it_is_not_told_that_an_address_was_shut_out(database) {
        let blocking = handing_out(&database)
            .set("AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAINS", "out.example")
            .set("AUTH_CONCEAL_ERRORS", "true")
            .start()
            .await;

        expect_all_refused(&database, &blocking, INVALID_REQUEST).await;
    }

    async fn what_was_handed_out_is_good_where_nobody_is_shut_out(database) {
        let server = handing_out(&database).start().await;
        let other = handing_out(&database).start().await;

        let handed_out = hand_out(&server).await;
        for (path, body) in &handed_out.posts {
            let answer = other.post(path, body).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        }
        assert!(other.follow(&handed_out.link).await.parameters().contains_key("refreshToken"));
    }
}
