//! Callbacks of a provider for new users and for known ones.

use serde_json::json;

use crate::support::{
    Answer, Browser, Database, GitHub, Member, PASSWORD, Server, ServerBuilder, on_both_databases,
    parameter,
};

const ADA: &str = "ada@example.com";

fn ada() -> Member {
    Member::new(583_231, ADA, true)
}

/// An attacker at GitHub who wrote Ada's address into their profile.
fn eve() -> Member {
    Member::new(666, ADA, false)
}

async fn arrive(github: &GitHub, server: &Server, query: &str, member: &Member) -> Answer {
    github
        .visit(server, &Browser::default(), (query, member))
        .await
}

#[track_caller]
fn expect_told(answer: &Answer, code: &str, message: &str) {
    let url = answer.location();
    assert_eq!(parameter(&url, "error").as_deref(), Some(code), "{url}");
    assert_eq!(
        parameter(&url, "errorDescription").as_deref(),
        Some(message)
    );
    assert_eq!(parameter(&url, "refreshToken"), None);
}

#[track_caller]
fn expect_taken(answer: &Answer) {
    expect_told(answer, "email-already-in-use", "Email already in use");
}

async fn users(database: &Database) -> i64 {
    database
        .count("SELECT count(*) AS count FROM auth.users")
        .await
}

on_both_databases! {
    async fn a_new_person_gets_what_they_ask_for(database) {
        let github = GitHub::start().await;
        let server = github.server(&database)
            .set("AUTH_LOCALE_ALLOWED_LOCALES", "en,fr")
            .start()
            .await;
        let query = "displayName=Countess&locale=fr&allowedRoles=me%2Cuser&defaultRole=me\
                     &metadata=%7B%22a%22%3A%5B1%5D%7D";

        let answer = arrive(&github, &server, query, &ada()).await;

        let token = json!(parameter(&answer.location(), "refreshToken").unwrap());
        let user = &server.refresh(&token).await.expect(200)["user"];
        assert_eq!(user["displayName"], "Countess");
        assert_eq!(user["locale"], "fr");
        assert_eq!(user["defaultRole"], "me");
        assert_eq!(user["metadata"], json!({ "a": [1] }));
    }

    async fn a_new_person_gets_the_picture_of_the_provider(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let mut member = ada();
        member.profile["avatar_url"] = json!("https://avatars.example.com/u/1?v=4");

        let session = github.session(&server, &member).await;

        assert_eq!(session["user"]["avatarUrl"], "https://avatars.example.com/u/1?v=4");
    }

    async fn without_a_name_the_id_is_shown(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let member = Member { profile: json!({ "id": 7 }), ..ada() };

        let session = github.session(&server, &member).await;

        assert_eq!(session["user"]["displayName"], "7");
    }

    async fn a_role_that_may_not_be_asked_for_is_refused(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;

        let role = arrive(&github, &server, "allowedRoles=admin", &ada()).await;
        let default = arrive(&github, &server, "allowedRoles=me&defaultRole=user", &ada()).await;

        expect_told(&role, "role-not-allowed", "Role not allowed");
        let message = "Default role must be in allowed roles";
        expect_told(&default, "default-role-must-be-in-allowed-roles", message);
        assert_eq!(users(&database).await, 0);
    }

    async fn nobody_new_gets_in_where_signing_up_is_switched_off(database) {
        for (name, value) in [("AUTH_DISABLE_SIGNUP", "true"), ("AUTH_DISABLE_AUTO_SIGNUP", "true")] {
            let github = GitHub::start().await;
            let server = github.server(&database).set(name, value).start().await;

            let answer = arrive(&github, &server, "", &ada()).await;

            expect_told(&answer, "signup-disabled", "Sign up is disabled.");
            assert_eq!(users(&database).await, 0);
        }
    }

    async fn somebody_known_gets_in_where_signing_up_is_switched_off(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let first = github.session(&server, &ada()).await;

        let server = github.server(&database).set("AUTH_DISABLE_SIGNUP", "true").start().await;

        let second = github.session(&server, &ada()).await;
        assert_eq!(first["user"]["id"], second["user"]["id"]);
    }

    async fn who_signs_up_has_to_be_new(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).set("AUTH_DISABLE_AUTO_SIGNUP", "true");
        let server = server.start().await;
        let browser = Browser::default();

        let mut answers = Vec::new();
        for _ in 0..2 {
            let sent = browser.get(&server, "/signup/provider/github").await.location();
            let back = github.agree(&sent, &ada());
            let path = format!("/signin/provider/github/callback?{back}");
            answers.push(browser.get(&server, &path).await);
        }

        assert!(parameter(&answers[0].location(), "refreshToken").is_some());
        expect_taken(&answers[1]);
    }

    async fn an_address_that_is_not_allowed_gets_nobody_in(database) {
        let github = GitHub::start().await;
        let known = github.server(&database).start().await;
        github.session(&known, &ada()).await;
        let server = github.server(&database)
            .set("AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAINS", "example.com")
            .start()
            .await;
        let new = Member::new(8, "new@example.com", true);

        for member in [ada(), new] {
            let answer = arrive(&github, &server, "", &member).await;
            expect_told(&answer, "invalid-email-password", "Incorrect email or password");
        }
        assert_eq!(users(&database).await, 1);
    }

    async fn an_account_that_starts_disabled_gives_no_session(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).set("AUTH_DISABLE_NEW_USERS", "true").start().await;

        for _ in 0..2 {
            let answer = arrive(&github, &server, "", &ada()).await;
            expect_told(&answer, "disabled-user", "User is disabled");
        }
        assert_eq!(users(&database).await, 1);
        assert!(server.mails().is_empty());
    }

    async fn a_disabled_account_stays_shut(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        github.session(&server, &ada()).await;
        server.sign_up("grace@example.com").await;
        database.execute("UPDATE auth.users SET disabled = true").await;
        let grace = Member::new(9, "grace@example.com", true);

        for member in [ada(), grace] {
            let answer = arrive(&github, &server, "", &member).await;
            expect_told(&answer, "disabled-user", "User is disabled");
        }
        let links = "SELECT count(*) AS count FROM auth.user_providers";
        assert_eq!(database.count(links).await, 1);
    }

    async fn a_checked_address_leads_to_its_account_and_an_unchecked_one_to_none(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let session = server.sign_up(ADA).await;

        let of_eve = arrive(&github, &server, "", &eve()).await;
        let of_ada = github.session(&server, &ada()).await;
        let of_eve_again = arrive(&github, &server, "", &eve()).await;

        expect_taken(&of_eve);
        expect_taken(&of_eve_again);
        assert_eq!(of_ada["user"]["id"], session["user"]["id"]);
        assert_eq!(users(&database).await, 1);
    }

    async fn an_operator_can_trust_the_addresses_of_a_provider(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).set("AUTH_PROVIDER_TRUSTED_EMAILS", "github");
        let server = server.start().await;
        let session = server.sign_up(ADA).await;
        let silent = Member { addresses: json!([{ "email": ADA, "primary": true }]), ..eve() };

        let denied = arrive(&github, &server, "", &eve()).await;
        let arrived = github.session(&server, &silent).await;

        expect_taken(&denied);
        assert_eq!(arrived["user"]["id"], session["user"]["id"]);
        assert_eq!(arrived["user"]["emailVerified"], true);
    }

    async fn whoever_took_the_address_first_loses_the_account_to_its_owner(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let squatter = server.sign_up(ADA).await;

        let owner = github.session(&server, &ada()).await;

        assert_eq!(owner["user"]["id"], squatter["user"]["id"]);
        let message = "Incorrect email or password";
        let password = server.sign_in(ADA, PASSWORD).await;
        password.expect_error(401, "invalid-email-password", message);
        assert_eq!(server.refresh(&squatter["refreshToken"]).await.status, 401);
    }

    async fn whoever_verified_the_address_before_keeps_what_they_have(database) {
        let github = GitHub::start().await;
        let server = github.server(&database)
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
            .start()
            .await;
        let session = server.verified(ADA).await;

        let arrived = github.session(&server, &ada()).await;

        assert_eq!(arrived["user"]["id"], session["user"]["id"]);
        server.sign_in(ADA, PASSWORD).await.expect(200);
        server.refresh(&session["refreshToken"]).await.expect(200);
    }

    async fn an_unchecked_address_has_to_be_verified_by_mail(database) {
        let github = GitHub::start().await;
        let server = github.server(&database)
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
            .start()
            .await;
        let query = "redirectTo=http%3A%2F%2Flocalhost%3A3000%2Fin";

        let pending = arrive(&github, &server, query, &eve()).await;
        let too_early = arrive(&github, &server, "", &eve()).await;

        assert_eq!(pending.location().as_str(), "http://localhost:3000/in");
        expect_told(&too_early, "unverified-user", "User is not verified.");
        let mail = server.mail_to(ADA).await;
        server.session_behind(&mail).await;
        let session = github.session(&server, &eve()).await;
        assert_eq!(session["user"]["emailVerified"], true);
    }

    async fn a_checked_address_needs_no_mail(database) {
        let github = GitHub::start().await;
        let server = github.server(&database)
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
            .start()
            .await;

        let session = github.session(&server, &ada()).await;

        assert_eq!(session["user"]["emailVerified"], true);
        assert!(server.mails().is_empty());
    }

    async fn two_browsers_of_one_new_person_make_one_account(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;

        let member = ada();
        let visits = (0..8).map(|_| github.session(&server, &member));
        let sessions = futures_util::future::join_all(visits).await;

        for session in &sessions {
            assert_eq!(session["user"]["id"], sessions[0]["user"]["id"]);
        }
        assert_eq!(users(&database).await, 1);
    }

    async fn two_browsers_of_one_known_person_lead_to_one_account(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let known = server.sign_up(ADA).await;

        let member = ada();
        let visits = (0..8).map(|_| github.session(&server, &member));
        let sessions = futures_util::future::join_all(visits).await;

        for session in &sessions {
            assert_eq!(session["user"]["id"], known["user"]["id"]);
        }
        let links = "SELECT count(*) AS count FROM auth.user_providers";
        assert_eq!(database.count(links).await, 1);
    }

    async fn concealed_errors_do_not_tell_that_an_address_is_taken(database) {
        let github = GitHub::start().await;
        let conceal = |builder: ServerBuilder| builder.set("AUTH_CONCEAL_ERRORS", "true");
        let server = conceal(github.server(&database)).start().await;
        let verifying = conceal(github.server(&database))
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
            .start()
            .await;
        github.session(&server, &ada()).await;
        let nobodys = Member::new(9, "nobody@example.com", false);

        let named = arrive(&github, &server, "", &eve()).await;
        let taken = arrive(&github, &verifying, "", &eve()).await;
        let free = arrive(&github, &verifying, "", &nobodys).await;
        verifying.mail_to("nobody@example.com").await;
        let taken_again = arrive(&github, &verifying, "", &eve()).await;
        let free_again = arrive(&github, &verifying, "", &nobodys).await;

        expect_told(&named, "invalid-request", "The request payload is incorrect");
        for answer in [&free, &taken_again, &free_again] {
            assert_eq!(taken.location(), answer.location());
        }
        assert_eq!(taken.location().query(), None);
        assert!(verifying.mails().iter().all(|it| it["to"] != ADA));
    }

    async fn somebody_without_an_address_gets_in_by_a_code(database) {
        let github = GitHub::start().await;
        let server = github.server(&database)
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "true")
            .start()
            .await;
        let session = github.session(&server, &ada()).await;
        database.execute("UPDATE auth.users SET email = NULL, email_verified = false").await;
        let query = "codeChallenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let elsewhere = Member::new(583_231, "elsewhere@example.com", true);

        let answer = arrive(&github, &server, query, &elsewhere).await;

        let body = json!({
            "code": parameter(&answer.location(), "code"),
            "codeVerifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        });
        let exchanged = server.post("/token/exchange", &body).await.expect(200);
        assert_eq!(exchanged["session"]["user"]["id"], session["user"]["id"]);
    }

    async fn later_versions_have_another_name_for_a_taken_address(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).set("AUTH_API_COMPAT", "latest").start().await;
        github.session(&server, &ada()).await;

        let answer = arrive(&github, &server, "", &eve()).await;

        expect_told(&answer, "user-already-exists", "User already exists");
    }
}
