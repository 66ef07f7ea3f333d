//! `GET /verify` and `POST /verify`: following the links of mails

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::{
    Answer, CLIENT_URL, Database, PASSWORD, Server, ServerBuilder, on_both_databases,
};

const TICKETS: &str = "SELECT count(*) AS count FROM auth.tickets";

#[track_caller]
fn expect_invalid_ticket(answer: &Answer) {
    answer.expect_error_at_client("invalid-ticket", "Invalid ticket");
}

async fn by_mail(database: &Database) -> Server {
    ServerBuilder::new(database).by_mail().start().await
}

on_both_databases! {
    async fn seed_003_sign_up_with_an_address_that_needs_to_be_verified(database) {
        let server = by_mail(&database).await;
        let body = json!({
            "email": "ada@example.com",
            "password": PASSWORD,
            "options": { "redirectTo": "http://localhost:3000/welcome", "displayName": "Ada" },
        });

        assert_eq!(server.post("/signup/email-password", &body).await.expect(200), json!({}));
        let mail = server.last_mail();
        let redirect = server.follow(&mail).await;
        let token = &redirect.parameters()["refreshToken"];
        let session = server.refresh(&json!(token)).await.expect(200);

        assert_eq!(mail["template"], "email-verify");
        assert_eq!(mail["to"], "ada@example.com");
        assert_eq!(mail["displayName"], "Ada");
        assert_eq!(mail["locale"], "en");
        assert_eq!(mail["redirectTo"], "http://localhost:3000/welcome");
        assert_eq!(redirect.target(), "http://localhost:3000/welcome");
        assert_eq!(redirect.parameters()["type"], "verifyEmail");
        assert_eq!(redirect.parameters().len(), 2);
        assert_eq!(session["user"]["email"], "ada@example.com");
        assert_eq!(session["user"]["emailVerified"], true);
    }

    async fn seed_003_sign_in_once_the_address_is_verified(database) {
        let server = by_mail(&database).await;
        let mail = server.verification_mail("ada@example.com").await;

        let before = server.sign_in("ada@example.com", PASSWORD).await;
        server.follow(&mail).await;
        let after = server.sign_in("ada@example.com", PASSWORD).await.expect(200);

        before.expect_error(401, "unverified-user", "User is not verified.");
        assert_eq!(after["session"]["user"]["emailVerified"], true);
        assert!(after["session"]["accessToken"].is_string());
        assert!(after["session"]["refreshToken"].is_string());
    }

    async fn a_redirect_is_kept_by_no_cache_and_named_to_no_other_site(database) {
        let server = by_mail(&database).await;
        let mail = server.verification_mail("ada@example.com").await;

        let success = server.follow(&mail).await;
        let failure = server.follow(&mail).await;

        for answer in [success, failure] {
            assert_eq!(answer.status, 302);
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.header("referrer-policy"), "no-referrer");
            assert_eq!(answer.text, "");
        }
    }

    async fn what_was_in_the_query_and_the_fragment_of_the_redirect_stays(database) {
        let server = by_mail(&database).await;
        let mail = server.verification_mail("ada@example.com").await;
        let ticket = mail["ticket"].as_str().unwrap();
        let redirect_to = "http://localhost:3000/a?z=1&b=x+y&type=old#part";

        let success = server.verify(ticket, redirect_to).await;
        let failure = server.verify(ticket, redirect_to).await;

        let token = &success.parameters()["refreshToken"];
        let expected =
            format!("http://localhost:3000/a?b=x+y&refreshToken={token}&type=verifyEmail&z=1#part");
        assert_eq!(success.header("location"), expected);
        let expected = "http://localhost:3000/a?b=x+y&error=invalid-ticket\
                        &errorDescription=Invalid+ticket&type=old&z=1#part";
        assert_eq!(failure.header("location"), expected);
    }

    async fn a_place_that_is_not_allowed_gets_nothing_and_the_client_the_error(database) {
        let server = by_mail(&database).await;
        let mail = server.verification_mail("ada@example.com").await;
        let ticket = mail["ticket"].as_str().unwrap();
        let elsewhere = [
            "https://evil.example",
            "http://localhost.evil.example:3000",
            "http://localhost.evil.example:3000",
            "//evil.example",
            "javascript:alert(1)",
        ];

        for place in elsewhere {
            let message = "The value of \"options.redirectTo\" is not allowed.";
            let answer = server.verify(ticket, place).await;
            answer.expect_error_at_client("redirectTo-not-allowed", message);
        }

        // The tickets were not spent.
        assert!(server.follow(&mail).await.parameters().contains_key("refreshToken"));
    }

    async fn a_place_that_is_no_url_is_an_invalid_request(database) {
        let server = by_mail(&database).await;

        let answer = server.verify("verifyEmail:x", "not a url").await;

        answer.expect_error(400, "invalid-request", "The request payload is incorrect");
    }

    async fn a_query_without_ticket_or_redirect_is_refused(database) {
        let server = by_mail(&database).await;

        let no_ticket = server.get("/verify?redirectTo=http%3A%2F%2Flocalhost%3A3000").await;
        let no_redirect = server.get("/verify?ticket=verifyEmail%3Ax").await;
        let nothing = server.send(server.request(Method::POST, "/verify")).await;

        let missing = |name: &str| {
            json!({ "msg": format!("Query argument {name} is required, but not found") })
        };
        assert_eq!(no_ticket.expect(400), missing("ticket"));
        assert_eq!(no_redirect.expect(400), missing("redirectTo"));
        assert_eq!(nothing.expect(400), missing("ticket"));
    }

    async fn further_parameters_and_a_wrong_type_change_nothing(database) {
        let server = by_mail(&database).await;
        let mail = server.verification_mail("ada@example.com").await;
        let ticket = mail["ticket"].as_str().unwrap();

        let path = format!("/verify?x=1&type=passwordReset&ticket={ticket}&redirectTo={CLIENT_URL}");
        let answer = server.get(&path).await;

        assert_eq!(answer.parameters()["type"], "verifyEmail");
    }

    async fn a_ticket_that_is_unknown_used_or_expired_is_named_invalid_to_the_client(database) {
        let server = by_mail(&database).await;
        let used = server.verification_mail("ada@example.com").await;
        server.follow(&used).await;
        let expired = server.verification_mail("bob@example.com").await;
        database.execute("UPDATE auth.tickets SET expires_at = created_at").await;
        let unknown = [
            "verifyEmail:e106bc23-a6ae-43e2-b12b-40cea9395407",
            "passwordlessEmail:0",
            "verifyEmail",
            "other:x",
            "123456",
            "",
        ];

        expect_invalid_ticket(&server.follow(&used).await);
        expect_invalid_ticket(&server.follow(&expired).await);
        for ticket in unknown {
            expect_invalid_ticket(&server.verify(ticket, CLIENT_URL).await);
        }
    }

    async fn concealed_errors_are_concealed_in_redirects_too(database) {
        let server =
            ServerBuilder::new(&database).by_mail().set("AUTH_CONCEAL_ERRORS", "true").start().await;

        let ticket = server.verify("verifyEmail:x", CLIENT_URL).await;
        let place = server.verify("verifyEmail:x", "https://evil.example").await;

        ticket.expect_error_at_client("invalid-request", "The request payload is incorrect");
        let message = "The value of \"options.redirectTo\" is not allowed.";
        place.expect_error_at_client("redirectTo-not-allowed", message);
    }

    async fn of_many_parallel_visits_of_one_link_one_gets_a_session(database) {
        let server = by_mail(&database).await;
        let mail = server.verification_mail("ada@example.com").await;

        let answers = join_all((0..10).map(|_| server.follow(&mail))).await;

        let (won, lost): (Vec<_>, Vec<_>) =
            answers.iter().partition(|it| it.parameters().contains_key("refreshToken"));
        assert_eq!((won.len(), lost.len()), (1, 9));
        lost.into_iter().for_each(expect_invalid_ticket);
        let sessions = "SELECT count(*) AS count FROM auth.refresh_tokens";
        assert_eq!(database.count(sessions).await, 1);
    }

    async fn a_second_mail_leaves_the_first_link_good_until_one_of_them_is_used(database) {
        let server = by_mail(&database).await;
        let first = server.link_mail("ada@example.com").await;
        let second = server.link_mail("ada@example.com").await;

        assert!(server.follow(&first).await.parameters().contains_key("refreshToken"));
        expect_invalid_ticket(&server.follow(&second).await);
        expect_invalid_ticket(&server.follow(&first).await);
    }

    async fn a_ticket_under_another_name_is_none(database) {
        let server = by_mail(&database).await;
        let mail = server.verification_mail("ada@example.com").await;
        let ticket = mail["ticket"].as_str().unwrap();
        let (_, secret) = ticket.split_once(':').unwrap();

        for prefix in ["passwordlessEmail", "emailConfirmChange", "passwordReset", "mfaTotp"] {
            let renamed = format!("{prefix}:{secret}");
            expect_invalid_ticket(&server.verify(&renamed, CLIENT_URL).await);
        }

        assert_eq!(server.follow(&mail).await.parameters()["type"], "verifyEmail");
    }

    async fn the_ticket_between_two_factors_is_not_one_of_a_link(database) {
        let server = by_mail(&database).await;
        server.verified("ada@example.com").await;
        // A ticket in the form of the original.
        let pending = "UPDATE auth.users SET ticket = 'mfaTotp:x', ticket_expires_at = created_at";
        database.execute(pending).await;
        let year = "UPDATE auth.users SET ticket_expires_at = (SELECT max(expires_at) FROM auth.refresh_tokens)";
        database.execute(year).await;

        expect_invalid_ticket(&server.verify("mfaTotp:x", CLIENT_URL).await);

        let kept = "SELECT count(*) AS count FROM auth.users WHERE ticket = 'mfaTotp:x'";
        assert_eq!(database.count(kept).await, 1);
    }

    async fn tickets_are_stored_as_hashes_only(database) {
        let server = by_mail(&database).await;
        let mail = server.verification_mail("ada@example.com").await;
        let ticket = mail["ticket"].as_str().unwrap();
        let (_, secret) = ticket.split_once(':').unwrap();

        assert!(secret.len() >= 32, "{ticket}");
        assert_eq!(database.count(TICKETS).await, 1);
        let plain = format!(
            "{TICKETS} WHERE token_hash LIKE '%{secret}%' OR purpose LIKE '%{secret}%'
                OR code_challenge LIKE '%{secret}%'"
        );
        assert_eq!(database.count(&plain).await, 0);
        let original = "SELECT count(*) AS count FROM auth.users WHERE ticket IS NOT NULL";
        assert_eq!(database.count(original).await, 0);
    }

    async fn a_user_who_was_disabled_meanwhile_has_lost_the_ticket(database) {
        let server = by_mail(&database).await;
        let mail = server.verification_mail("ada@example.com").await;
        database.execute("UPDATE auth.users SET disabled = true").await;

        let refused = server.follow(&mail).await;
        database.execute("UPDATE auth.users SET disabled = false").await;
        let later = server.follow(&mail).await;

        refused.expect_error_at_client("disabled-user", "User is disabled");
        expect_invalid_ticket(&later);
        let verified = "SELECT count(*) AS count FROM auth.users WHERE email_verified";
        assert_eq!(database.count(verified).await, 0);
    }

    async fn without_challenge_and_tokens_in_redirects_a_link_leads_back_signed_out(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_EMAIL_REFRESH_TOKEN_IN_REDIRECT", "false")
            .start()
            .await;
        let mail = server.verification_mail("ada@example.com").await;

        let answer = server.follow(&mail).await;

        assert_eq!(answer.header("location"), "http://localhost:3000/?type=verifyEmail");
        let sessions = "SELECT count(*) AS count FROM auth.refresh_tokens";
        assert_eq!(database.count(sessions).await, 0);
        server.sign_in("ada@example.com", PASSWORD).await.expect(200);
    }

    async fn a_page_to_confirm_spends_nothing_and_its_button_does(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_EMAIL_LINK_CONFIRM", "true")
            .start()
            .await;
        let mail = server.verification_mail("ada@example.com").await;
        let (_, query) = mail["link"].as_str().unwrap().split_once('?').unwrap();

        let scanned = server.follow(&mail).await;
        let page = server.follow(&mail).await;
        let confirmed = server.send(server.request_of(Method::POST, &mail)).await;
        let again = server.send(server.request_of(Method::POST, &mail)).await;

        assert_eq!((scanned.status, page.status), (200, 200));
        assert_eq!(scanned.text, page.text);
        assert!(page.header("content-type").starts_with("text/html"));
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        let form = format!("<form method=\"post\" action=\"?{}\">", query.replace('&', "&amp;"));
        assert!(page.text.contains(&form), "{}", page.text);
        assert!(confirmed.parameters().contains_key("refreshToken"));
        expect_invalid_ticket(&again);
        assert_eq!(server.get("/verify").await.status, 400);
    }

    async fn the_host_that_a_request_names_is_in_no_link(database) {
        let server = by_mail(&database).await;
        let body = json!({ "email": "ada@example.com", "password": PASSWORD });

        let request = server
            .request(Method::POST, "/signup/email-password")
            .header("Host", "evil.example")
            .header("X-Forwarded-Host", "evil.example")
            .header("X-Forwarded-Proto", "https")
            .header("Forwarded", "host=evil.example")
            .header("Origin", "http://localhost:3000")
            .json(&body);
        server.send(request).await.expect(200);

        let mail = server.last_mail();
        let link = mail["link"].as_str().unwrap();
        assert!(link.starts_with("http://auth.example.com/verify?"), "{link}");
        assert!(!mail.to_string().contains("evil.example"), "{mail}");
    }

    async fn no_ticket_link_or_code_is_in_the_log(database) {
        let server =
            ServerBuilder::new(&database).by_mail().set("AUTH_LOG_LEVEL", "trace").start().await;
        let mut secrets = Vec::new();

        let mail = server.verification_mail("ada@example.com").await;
        let token = server.follow(&mail).await.parameters()["refreshToken"].clone();
        server.follow(&mail).await;
        secrets.push(token);
        secrets.push(mail["ticket"].as_str().unwrap().to_owned());
        let reset = json!({ "email": "ada@example.com" });
        let mail = server.mail_after("/user/password/reset", &reset).await;
        let ticket = mail["ticket"].as_str().unwrap();
        let body = json!({ "ticket": ticket, "newPassword": "battery staple" });
        server.post("/user/password", &body).await.expect(200);
        server.post("/user/password", &body).await.expect(401);
        secrets.push(ticket.to_owned());
        let code = server.mail_after("/signin/otp/email", &reset).await["ticket"].clone();
        let body = json!({ "email": "ada@example.com", "otp": code });
        server.post("/signin/otp/email/verify", &body).await.expect(200);
        server.post("/signin/otp/email/verify", &body).await.expect(401);
        server.get("/marker-of-the-end").await;
        server.printed("/marker-of-the-end").await;

        let log = server.output();
        assert!(log.contains("TRACE"), "the log is not at its loudest");
        for secret in &secrets {
            let (_, secret) = secret.split_once(':').unwrap_or(("", secret));
            assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
            let bytes: Vec<_> = secret.bytes().map(|it| it.to_string()).collect();
            assert!(!log.contains(&bytes.join(", ")), "{secret} is in the log as bytes:\n{log}");
        }
        let code = code.as_str().unwrap();
        for (at, _) in log.match_indices(code) {
            // The timestamp of a line ends with six digits, too.
            let before = log[..at].chars().next_back().unwrap();
            let after = log[at + code.len()..].chars().next().unwrap();
            let alone = !before.is_ascii_alphanumeric() && before != '.';
            assert!(!alone || after.is_ascii_alphanumeric(), "{code} is in the log:\n{log}");
        }
    }
}
