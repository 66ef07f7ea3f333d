//! Enumeration protection (`AUTH_CONCEAL_ERRORS`): errors about an account become an invalid request.

use serde_json::{Value, json};

use crate::{
    error_rows::{INVALID_REQUEST, Row, expect_row, expect_row_at_client},
    issued_tokens::{hand_out, handing_out},
    support::{Answer, Database, PASSWORD, Server, ServerBuilder, on_both_databases, other_than},
};

const SIGN_UPS: [&str; 3] = [
    "/signup/email-password",
    "/signup/passwordless/email",
    "/signup/otp/email",
];
const SIGN_INS: [&str; 2] = ["/signin/passwordless/email", "/signin/otp/email"];
const REDIRECT_NOT_ALLOWED: Row = (
    400,
    "redirectTo-not-allowed",
    "The value of \"options.redirectTo\" is not allowed.",
);
const DEFAULT_ROLE: Row = (
    400,
    "default-role-must-be-in-allowed-roles",
    "Default role must be in allowed roles",
);
const USERS: &str = "SELECT count(*) AS count FROM auth.users";
const VERIFIED_REQUIRED: &str = "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED";
const NEW: &str = "new@example.com";

fn concealing(database: &Database) -> ServerBuilder {
    handing_out(database).set("AUTH_CONCEAL_ERRORS", "true")
}

/// The body of a request that redeems a code.
type Form = fn(&str, &str) -> Value;

/// The body of a request for a mail, or for an account.
fn body_for(path: &str, email: &str, options: &Value) -> Value {
    let mut body = json!({ "email": email, "options": options });
    match path {
        "/signup/email-password" => body["password"] = json!(PASSWORD),
        "/user/deanonymize" => body["signInMethod"] = json!("passwordless"),
        _ => {}
    }
    body
}

async fn ask(server: &Server, path: &str, email: &str, options: &Value) -> Answer {
    let body = body_for(path, email, options);
    if path != "/user/deanonymize" {
        return server.post(path, &body).await;
    }
    let anonymous = server.anonymous().await;
    server
        .post_as(anonymous["accessToken"].as_str().unwrap(), path, &body)
        .await
}

/// Every path that creates an account for an address or may do so.
fn all_paths() -> impl Iterator<Item = &'static str> {
    SIGN_UPS
        .into_iter()
        .chain(SIGN_INS)
        .chain(["/user/deanonymize"])
}

on_both_databases! {
    async fn concealed_sign_ups_do_not_tell_why_they_were_refused(database) {
        let server = concealing(&database)
            .set("AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", "spam@example.com")
            .start()
            .await;
        let known = "SELECT count(*) AS count FROM auth.users WHERE NOT is_anonymous";

        for path in all_paths() {
            let blocked = ask(&server, path, "spam@example.com", &json!({})).await;
            expect_row(&blocked, INVALID_REQUEST, &format!("blocked: {path}"));
            let role = ask(&server, path, NEW, &json!({ "allowedRoles": ["admin"] })).await;
            expect_row(&role, INVALID_REQUEST, &format!("role: {path}"));
            let place = json!({ "redirectTo": "https://evil.example" });
            let place = ask(&server, path, NEW, &place).await;
            expect_row(&place, REDIRECT_NOT_ALLOWED, path);
            let default = ask(&server, path, NEW, &json!({ "defaultRole": "admin" })).await;
            expect_row(&default, DEFAULT_ROLE, path);
        }

        assert_eq!(database.count(known).await, 0);
        assert!(server.mails().is_empty());
    }

    async fn concealed_a_closed_sign_up_does_not_say_that_it_is_closed(database) {
        let server = concealing(&database).set("AUTH_DISABLE_SIGNUP", "true").start().await;

        for path in SIGN_UPS.into_iter().chain(["/signin/anonymous"]) {
            let body = match path {
                "/signin/anonymous" => json!({}),
                _ => body_for(path, NEW, &json!({})),
            };
            expect_row(&server.post(path, &body).await, INVALID_REQUEST, path);
        }

        assert_eq!(database.count(USERS).await, 0);
        assert!(server.mails().is_empty());
    }

    async fn concealed_a_sign_up_without_verification_does_not_name_what_is_wrong(database) {
        let lax = concealing(&database).set(VERIFIED_REQUIRED, "false").start().await;
        let waiting = concealing(&database)
            .set(VERIFIED_REQUIRED, "false")
            .set("AUTH_DISABLE_NEW_USERS", "true")
            .start()
            .await;
        lax.sign_up("ada@example.com").await;

        let taken = ask(&lax, "/signup/email-password", "ada@example.com", &json!({})).await;
        let disabled = ask(&waiting, "/signup/email-password", NEW, &json!({})).await;

        expect_row(&taken, INVALID_REQUEST, "taken");
        expect_row(&disabled, INVALID_REQUEST, "starts disabled");
        assert_eq!(database.count(USERS).await, 2);
        assert!(lax.mails().is_empty() && waiting.mails().is_empty());
    }

    async fn concealed_an_anonymous_user_is_not_told_who_has_an_address(database) {
        let server = concealing(&database).set(VERIFIED_REQUIRED, "false").start().await;
        server.sign_up("ada@example.com").await;
        let by_password = |email: &str| json!({
            "signInMethod": "email-password", "email": email, "password": PASSWORD,
        });

        let by_link = ask(&server, "/user/deanonymize", "ada@example.com", &json!({})).await;
        let anonymous = server.anonymous().await;
        let token = anonymous["accessToken"].as_str().unwrap();
        let by_password_too = server.post_as(token, "/user/deanonymize", &by_password("ada@example.com")).await;
        let id = anonymous["user"]["id"].as_str().unwrap();
        let disable = |is: bool| format!("UPDATE auth.users SET disabled = {is} WHERE is_anonymous");
        database.execute(&disable(true)).await;
        let disabled = server.post_as(token, "/user/deanonymize", &by_password(NEW)).await;
        database.execute(&disable(false)).await;

        expect_row(&by_link, INVALID_REQUEST, "taken, by link");
        expect_row(&by_password_too, INVALID_REQUEST, "taken, by password");
        expect_row(&disabled, INVALID_REQUEST, "disabled");
        assert!(server.mails().is_empty());
        let done = server.post_as(token, "/user/deanonymize", &by_password(NEW)).await;
        assert_eq!(done.expect(200), json!("OK"));
        let signed_in = server.sign_in(NEW, PASSWORD).await.expect(200);
        assert_eq!(signed_in["session"]["user"]["id"], id);
    }

    async fn explicit_sign_ups_by_mail_are_answered_alike_whoever_asks(database) {
        let open = handing_out(&database).start().await;
        for email in ["ada@example.com", "disabled@example.com"] {
            open.verified(email).await;
        }
        let disable = "UPDATE auth.users SET disabled = true WHERE email = 'disabled@example.com'";
        database.execute(disable).await;
        let server = concealing(&database).start().await;

        for (path, new) in [SIGN_UPS[1], SIGN_UPS[2]].into_iter().zip(["b@new.example", "c@new.example"]) {
            for email in ["ada@example.com", "disabled@example.com", new] {
                let answer = server.post(path, &json!({ "email": email })).await;
                assert_eq!(answer.expect(200), json!("OK"), "{path} {email}");
            }
            server.mail_to(new).await;
        }

        let to_new = |mail: &Value| mail["to"].as_str().unwrap().ends_with("@new.example");
        assert!(server.mails().iter().all(to_new));
        assert_eq!(database.count(USERS).await, 4);
    }

    async fn a_change_to_a_taken_address_looks_like_any_other(database) {
        let server = concealing(&database).start().await;
        let session = async |email: &str| {
            let body = json!({ "email": email, "password": PASSWORD });
            server.post("/signup/email-password", &body).await.expect(200);
            let mail = server.mail_to(email).await;
            server.session_behind(&mail).await
        };
        session("bob@example.com").await;
        let ada = session("ada@example.com").await;
        let token = ada["accessToken"].as_str().unwrap();
        let mails_to = |email: &str| server.mails().iter().filter(|it| it["to"] == email).count();
        let before = mails_to("bob@example.com");

        for new in ["bob@example.com", "ada@example.com", "free@example.com"] {
            let body = json!({ "newEmail": new });
            let answer = server.post_as(token, "/user/email/change", &body).await;
            assert_eq!(answer.expect(200), json!("OK"), "{new}");
        }
        server.mail_to("free@example.com").await;

        assert_eq!(mails_to("bob@example.com"), before);
        let noted = "SELECT count(*) AS count FROM auth.users WHERE new_email = 'free@example.com'";
        assert_eq!(database.count(noted).await, 1);
    }

    async fn concealed_a_link_does_not_tell_why_it_leads_nowhere(database) {
        let open = handing_out(&database).start().await;
        let server = concealing(&database).start().await;
        let ada = open.verified("ada@example.com").await;
        let body = json!({ "newEmail": "bob@example.com" });
        let token = ada["accessToken"].as_str().unwrap();
        open.post_as(token, "/user/email/change", &body).await.expect(200);
        let to_taken = open.last_mail();
        open.verified("bob@example.com").await;
        let of_disabled = open.link_mail("eve@example.com").await;
        let disable = "UPDATE auth.users SET disabled = true WHERE email = 'eve@example.com'";
        database.execute(disable).await;

        let moving = server.follow(&to_taken).await;
        let disabled = server.follow(&of_disabled).await;

        expect_row_at_client(&moving, INVALID_REQUEST, "taken meanwhile");
        expect_row_at_client(&disabled, INVALID_REQUEST, "disabled meanwhile");
    }

    async fn concealed_codes_do_not_tell_whether_an_account_exists(database) {
        let open = handing_out(&database).start().await;
        let server = concealing(&database).start().await;
        open.verified("ada@example.com").await;
        open.verified("disabled@example.com").await;
        let mailed = async |path: &str, email: &str| {
            open.mail_after(path, &json!({ "email": email })).await
        };
        let kinds: [(&str, &str, &str, Form); 2] = [
            (SIGN_INS[1], "ticket", "/signin/otp/email/verify", |email, code| {
                json!({ "email": email, "otp": code })
            }),
            (SIGN_INS[0], "code", "/verify/code", |email, code| {
                json!({ "email": email, "code": code, "type": "signinPasswordless" })
            }),
        ];

        for (asked_at, member, path, body) in kinds {
            let ada = mailed(asked_at, "ada@example.com").await;
            let ada = ada[member].as_str().unwrap();
            let disabled = mailed(asked_at, "disabled@example.com").await;
            let disabled = disabled[member].as_str().unwrap();
            let state = |is: bool| format!(
                "UPDATE auth.users SET disabled = {is} WHERE email = 'disabled@example.com'"
            );
            database.execute(&state(true)).await;

            let mut texts = Vec::new();
            for (who, email, code) in [
                ("wrong", "ada@example.com", other_than(ada)),
                ("nobody", "nobody@example.com", ada.to_owned()),
                ("disabled", "disabled@example.com", disabled.to_owned()),
            ] {
                let answer = server.post(path, &body(email, &code)).await;
                expect_row(&answer, INVALID_REQUEST, &format!("{who}: {path}"));
                texts.push(answer.text);
            }
            database.execute(&state(false)).await;

            assert!(texts.iter().all(|it| *it == texts[0]), "{path}: {texts:?}");
            let right = server.post(path, &body("ada@example.com", ada)).await;
            assert_eq!(right.expect(200)["session"]["user"]["email"], "ada@example.com", "{path}");
        }
    }

    async fn concealed_nothing_that_was_handed_out_tells_why_it_is_refused(database) {
        let open = handing_out(&database).start().await;
        let server = concealing(&database).start().await;
        for statement in [
            "UPDATE auth.users SET disabled = true",
            "UPDATE auth.users SET is_anonymous = true, email_verified = true",
            "DELETE FROM auth.users",
        ] {
            let handed_out = hand_out(&open).await;
            database.execute(statement).await;

            for (path, body) in &handed_out.posts {
                let answer = server.post(path, body).await;
                expect_row(&answer, INVALID_REQUEST, &format!("{statement}: {path}"));
                let again = server.post(path, body).await;
                expect_row(&again, INVALID_REQUEST, &format!("{statement}, again: {path}"));
            }
            let followed = server.follow(&handed_out.link).await;
            expect_row_at_client(&followed, INVALID_REQUEST, statement);
            database.execute("DELETE FROM auth.users").await;
        }
    }

    async fn concealed_a_refresh_does_not_tell_of_the_state_of_the_account(database) {
        let lax = concealing(&database).set(VERIFIED_REQUIRED, "false").start().await;
        let strict = concealing(&database).start().await;
        let ada = lax.sign_up("ada@example.com").await;

        let unverified = strict.refresh(&ada["refreshToken"]).await;
        database.execute("UPDATE auth.users SET disabled = true").await;
        let disabled = lax.refresh(&ada["refreshToken"]).await;
        database.execute("UPDATE auth.users SET disabled = false").await;

        expect_row(&unverified, INVALID_REQUEST, "unverified");
        expect_row(&disabled, INVALID_REQUEST, "disabled");
        lax.refresh(&ada["refreshToken"]).await.expect(200);
    }

    async fn concealed_second_factors_and_codes_do_not_tell_what_is_missing(database) {
        let server = concealing(&database).set(VERIFIED_REQUIRED, "false").start().await;
        let ada = server.sign_up("ada@example.com").await;
        let token = ada["accessToken"].as_str().unwrap();
        let post = async |path: &str, body: Value| server.post_as(token, path, &body).await;
        let on = |code: &str| json!({ "code": code, "activeMfaType": "totp" });

        let without_secret = post("/user/mfa", on("123456")).await;
        expect_row(&without_secret, INVALID_REQUEST, "no-totp-secret: /user/mfa");
        let app = server.new_app(token).await;
        for (path, body) in [
            ("/user/mfa", json!({ "code": app.code() })),
            ("/mfa/recovery-codes", json!({ "code": app.code() })),
            ("/elevate/totp", json!({ "otp": app.code() })),
        ] {
            let answer = post(path, body).await;
            expect_row(&answer, INVALID_REQUEST, &format!("disabled-mfa-totp: {path}"));
        }
        let wrong = app.wrong_code();
        let answer = post("/user/mfa", on(&wrong)).await;
        expect_row(&answer, INVALID_REQUEST, "invalid-totp: /user/mfa, to switch it on");
        post("/user/mfa", on(&app.code())).await.expect(200);
        for (path, body) in [
            ("/user/mfa", json!({ "code": wrong })),
            ("/mfa/recovery-codes", json!({ "code": wrong })),
            ("/elevate/totp", json!({ "otp": wrong })),
        ] {
            let answer = post(path, body).await;
            expect_row(&answer, INVALID_REQUEST, &format!("invalid-totp: {path}"));
        }

        for (path, body) in [
            ("/elevate/otp/email", json!({})),
            ("/elevate/otp/email/verify", json!({ "otp": "123456" })),
        ] {
            let answer = post(path, body).await;
            expect_row(&answer, INVALID_REQUEST, &format!("unverified-user: {path}"));
        }
        database.execute("UPDATE auth.users SET email_verified = true").await;
        let answer = post("/elevate/otp/email/verify", json!({ "otp": "123456" })).await;
        expect_row(&answer, INVALID_REQUEST, "invalid-ticket: /elevate/otp/email/verify");
    }
}
