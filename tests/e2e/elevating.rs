//! Elevation: brute force against its codes, and which users must elevate.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    error_rows::{INVALID_TICKET, UNVERIFIED, expect_row},
    support::{Answer, Database, Phones, Server, ServerBuilder, on_both_databases, other_than},
};

const ADA: &str = "ada@example.com";
const EVE: &str = "eve@example.com";
const SESSIONS: &str = "SELECT count(*) AS count FROM auth.refresh_tokens";

/// A channel by which a code reaches the user.
#[derive(Debug, Clone, Copy)]
enum Way {
    Mail,
    Text,
}

const WAYS: [Way; 2] = [Way::Mail, Way::Text];

impl Way {
    fn asked_at(self) -> &'static str {
        match self {
            Self::Mail => "/elevate/otp/email",
            Self::Text => "/elevate/otp/sms",
        }
    }

    fn typed_at(self) -> &'static str {
        match self {
            Self::Mail => "/elevate/otp/email/verify",
            Self::Text => "/elevate/otp/sms/verify",
        }
    }

    fn name(self) -> &'static str {
        self.typed_at()
    }
}

/// A user whose mailbox and phone are both verified.
struct Reader {
    token: String,
    number: String,
}

/// A server with both channels, whose text messages go to `phones`.
struct World {
    server: Server,
    phones: Phones,
    database: Database,
}

impl World {
    async fn new(database: &Database) -> Self {
        let phones = Phones::start().await;
        let server = phones
            .server(database)
            .set("AUTH_OTP_EMAIL_ENABLED", "true");
        Self {
            server: server.start().await,
            phones,
            database: database.clone(),
        }
    }

    async fn reader(&self, email: &str, number: &str) -> Reader {
        let session = self.server.sign_up(email).await;
        let statement = format!(
            "UPDATE auth.users SET email_verified = true, phone_number = '{number}', \
             phone_number_verified = true WHERE email = '{email}'"
        );
        self.database.execute(&statement).await;
        Reader {
            token: session["accessToken"].as_str().unwrap().to_owned(),
            number: number.to_owned(),
        }
    }

    async fn ada(&self) -> Reader {
        self.reader(ADA, "+41790000001").await
    }

    /// The code that was requested and sent.
    async fn code(&self, way: Way, reader: &Reader) -> String {
        let sent = self
            .server
            .post_as(&reader.token, way.asked_at(), &json!({}))
            .await;
        assert_eq!(sent.expect(200), json!("OK"));
        match way {
            Way::Mail => self.server.last_mail()["ticket"]
                .as_str()
                .unwrap()
                .to_owned(),
            Way::Text => self.phones.last_code(&reader.number),
        }
    }

    async fn guess(&self, way: Way, reader: &Reader, code: &str) -> Answer {
        let body = json!({ "otp": code });
        self.server
            .post_as(&reader.token, way.typed_at(), &body)
            .await
    }
}

on_both_databases! {
    async fn guesses_at_a_code_that_elevates_are_counted_and_another_code_buys_no_more(database) {
        let world = World::new(&database).await;
        let ada = world.ada().await;
        for way in WAYS {
            let first = world.code(way, &ada).await;
            for _ in 0..3 {
                let wrong = world.guess(way, &ada, &other_than(&first)).await;
                expect_row(&wrong, INVALID_TICKET, way.name());
            }
            let second = world.code(way, &ada).await;
            for _ in 0..2 {
                let wrong = world.guess(way, &ada, &other_than(&second)).await;
                expect_row(&wrong, INVALID_TICKET, way.name());
            }
            let before = database.count(SESSIONS).await;

            let right = world.guess(way, &ada, &second).await;
            let third = world.code(way, &ada).await;
            let another = world.guess(way, &ada, &third).await;

            expect_row(&right, INVALID_TICKET, way.name());
            expect_row(&another, INVALID_TICKET, way.name());
            assert_eq!(database.count(SESSIONS).await, before, "{}", way.name());
            // As if the hour of the wrong guesses were over.
            database.execute("DELETE FROM auth.wrong_codes").await;
            let code = world.code(way, &ada).await;
            world.guess(way, &ada, &code).await.expect(200);
        }
    }

    async fn four_wrong_guesses_leave_a_code_that_elevates_good(database) {
        let world = World::new(&database).await;
        let ada = world.ada().await;
        for way in WAYS {
            let code = world.code(way, &ada).await;
            for _ in 0..4 {
                let wrong = world.guess(way, &ada, &other_than(&code)).await;
                expect_row(&wrong, INVALID_TICKET, way.name());
            }

            world.guess(way, &ada, &code).await.expect(200);
        }
    }

    async fn a_code_that_elevates_expires_and_is_for_one_person_alone(database) {
        let world = World::new(&database).await;
        let ada = world.ada().await;
        let eve = world.reader(EVE, "+41790000002").await;
        for way in WAYS {
            let expired = world.code(way, &ada).await;
            let moment = "(SELECT min(created_at) FROM auth.users)";
            let expire = format!("UPDATE auth.one_time_codes SET expires_at = {moment}");
            database.execute(&expire).await;
            let late = world.guess(way, &ada, &expired).await;
            expect_row(&late, INVALID_TICKET, way.name());

            let code = world.code(way, &ada).await;
            let foreign = world.guess(way, &eve, &code).await;
            expect_row(&foreign, INVALID_TICKET, way.name());
            let own = world.guess(way, &ada, &code).await.expect(200);
            assert_eq!(own["session"]["user"]["email"], ADA, "{}", way.name());
        }
    }

    async fn of_many_parallel_uses_of_a_code_that_elevates_one_succeeds(database) {
        let world = World::new(&database).await;
        let ada = world.ada().await;
        for way in WAYS {
            let code = world.code(way, &ada).await;
            let before = database.count(SESSIONS).await;

            let answers = join_all((0..10).map(|_| world.guess(way, &ada, &code))).await;

            let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|it| it.status == 200);
            assert_eq!(won.len(), 1, "{}", way.name());
            for answer in lost {
                expect_row(answer, INVALID_TICKET, way.name());
            }
            assert_eq!(database.count(SESSIONS).await, before + 1, "{}", way.name());
        }
    }

    async fn a_code_elevates_nobody_whose_mailbox_or_phone_is_no_longer_proven(database) {
        let world = World::new(&database).await;
        let ada = world.ada().await;
        for way in WAYS {
            let code = world.code(way, &ada).await;
            let proven = |is: bool| format!(
                "UPDATE auth.users SET email_verified = {is}, phone_number_verified = {is}"
            );

            database.execute(&proven(false)).await;
            let refused = world.guess(way, &ada, &code).await;
            database.execute(&proven(true)).await;

            expect_row(&refused, UNVERIFIED, way.name());
            world.guess(way, &ada, &code).await.expect(200);
        }
    }
}

/// A factor that elevates.
const HAVING: [&str; 4] = ["a mailbox", "an app", "a phone", "a security key"];
const GENERATE: &str = "/mfa/totp/generate";
const ADD_KEY: &str = "/user/webauthn/add";

/// Gives every user the factor `what`.
async fn give(database: &Database, what: &str) {
    let id = match database {
        Database::Sqlite(_) => "randomblob(16)",
        Database::Postgres(_) => "gen_random_uuid()",
    };
    let statement = match what {
        "a mailbox" => "UPDATE auth.users SET email_verified = true".to_owned(),
        "an app" => "UPDATE auth.users SET active_mfa_type = 'totp'".to_owned(),
        "a phone" => "UPDATE auth.users SET phone_number = '+41790000001', \
                      phone_number_verified = true"
            .to_owned(),
        _ => {
            let credential = if what == "an unreadable key" {
                "key"
            } else {
                "a2V5"
            };
            format!(
                "INSERT INTO auth.user_security_keys (id, user_id, credential_id) SELECT {id}, \
                 users.id, '{credential}' FROM auth.users ORDER BY created_at DESC LIMIT 1"
            )
        }
    };
    database.execute(&statement).await;
}

async fn take_away(database: &Database) {
    let statement = "DELETE FROM auth.user_security_keys";
    database.execute(statement).await;
    let statement = "UPDATE auth.users SET email_verified = false, active_mfa_type = NULL, \
                     phone_number = NULL, phone_number_verified = false";
    database.execute(statement).await;
}

fn ruled(phones: &Phones, database: &Database, rule: &str, compat: &str) -> ServerBuilder {
    phones
        .server(database)
        .with_mfa()
        .set("AUTH_OTP_EMAIL_ENABLED", "true")
        .set("AUTH_WEBAUTHN_ENABLED", "true")
        .set("AUTH_REQUIRE_ELEVATED_CLAIM", rule)
        .set("AUTH_API_COMPAT", compat)
}

/// The answers to making a personal access token and a new secret.
async fn delicate(server: &Server, session: &Value) -> [Answer; 2] {
    let token = session["accessToken"].as_str().unwrap();
    let pat = json!({ "expiresAt": "2099-01-01T00:00:00Z" });
    [
        server.post_as(token, "/pat", &pat).await,
        server
            .ask_as(token, &Method::GET, GENERATE, &json!(null))
            .await,
    ]
}

#[track_caller]
fn expect_needed_by_latest(answer: &Answer, place: &str) {
    let expected = json!({
        "error": "unauthorized",
        "reason": "elevated claim required",
        "securityScheme": "BearerAuthElevated",
    });
    assert_eq!((answer.status, answer.json()), (401, expected), "{place}");
}

#[track_caller]
fn expect_needed_by_earlier(answer: &Answer, place: &str) {
    let error = "error in openapi3filter.SecurityRequirementsError: security requirements failed: \
                 elevated-claim-required";
    assert_eq!(
        (answer.status, answer.json()),
        (400, json!({ "error": error })),
        "{place}"
    );
}

on_both_databases! {
    async fn where_it_is_recommended_the_latest_asks_everybody_who_can(database) {
        let phones = Phones::start().await;
        let server = ruled(&phones, &database, "recommended", "latest").start().await;
        let ada = server.sign_up(ADA).await;
        for answer in delicate(&server, &ada).await {
            answer.expect(200);
        }

        for what in HAVING {
            give(&database, what).await;
            let [pat, generate] = delicate(&server, &ada).await;
            take_away(&database).await;

            expect_needed_by_latest(&pat, &format!("{what}: /pat"));
            expect_needed_by_latest(&generate, &format!("{what}: {GENERATE}"));
        }

        give(&database, "a mailbox").await;
        let token = ada["accessToken"].as_str().unwrap();
        server.post_as(token, "/elevate/otp/email", &json!({})).await.expect(200);
        let body = json!({ "otp": server.last_mail()["ticket"] });
        let elevated = server.post_as(token, "/elevate/otp/email/verify", &body).await.expect(200);
        for answer in delicate(&server, &elevated["session"]).await {
            answer.expect(200);
        }
    }

    async fn where_it_is_recommended_the_earlier_asks_owners_of_security_keys_alone(database) {
        let phones = Phones::start().await;
        let server = ruled(&phones, &database, "recommended", "0.42").start().await;
        let ada = server.sign_up(ADA).await;

        for what in HAVING {
            give(&database, what).await;
            let [pat, generate] = delicate(&server, &ada).await;
            take_away(&database).await;

            if what == "a security key" {
                expect_needed_by_earlier(&pat, "/pat");
                expect_needed_by_earlier(&generate, GENERATE);
            } else {
                pat.expect(200);
                generate.expect(200);
            }
        }
    }

    async fn where_it_is_required_the_earlier_lets_a_first_factor_in_and_nothing_else(database) {
        let phones = Phones::start().await;
        let server = ruled(&phones, &database, "required", "0.42").start().await;
        let ada = server.sign_up(ADA).await;
        let token = ada["accessToken"].as_str().unwrap();
        let add_key = async || server.post_as(token, ADD_KEY, &json!({})).await;

        let [pat, generate] = delicate(&server, &ada).await;
        expect_needed_by_earlier(&pat, "/pat");
        generate.expect(200);
        add_key().await.expect(200);
        for what in HAVING {
            give(&database, what).await;
            let [pat, generate] = delicate(&server, &ada).await;
            let key = add_key().await;
            take_away(&database).await;

            expect_needed_by_earlier(&pat, &format!("{what}: /pat"));
            // Clients of those versions know no other way to elevate than a security key.
            if ["a mailbox", "a phone"].contains(&what) {
                generate.expect(200);
                key.expect(200);
            } else {
                expect_needed_by_earlier(&generate, &format!("{what}: {GENERATE}"));
                expect_needed_by_earlier(&key, &format!("{what}: {ADD_KEY}"));
            }
        }
    }

    async fn a_thief_with_the_plain_token_of_a_keys_owner_adds_nothing_that_elevates(database) {
        let phones = Phones::start().await;
        for (rule, compat, what) in [
            ("recommended", "0.42", "a security key"),
            ("recommended", "0.42", "an unreadable key"),
            ("recommended", "latest", "a security key"),
            ("required", "0.42", "a security key"),
            ("required", "0.42", "an unreadable key"),
            ("required", "latest", "a security key"),
        ] {
            let place = format!("{rule} {compat}: {what}");
            let server = ruled(&phones, &database, rule, compat).start().await;
            let name = what.replace(' ', ".");
            let person = server.enrolled(&format!("{name}@{rule}.{compat}.example")).await;
            give(&database, what).await;
            let post = async |path, body| server.post_as(&person.token, path, &body).await;

            let generated = server.generate(&person.token).await;
            let activated = server.activate(&person, &person.app.code()).await;
            let elevated = post("/elevate/totp", json!({ "otp": person.app.code() })).await;
            let refused = [
                generated,
                activated,
                post(ADD_KEY, json!({})).await,
                post("/user/phone/change", json!({ "newPhoneNumber": "+41790000009" })).await,
                post("/user/email/change", json!({ "newEmail": "thief@example.com" })).await,
                post("/link/idtoken", json!({ "provider": "google", "idToken": "a" })).await,
            ];
            take_away(&database).await;

            for answer in &refused {
                if compat == "latest" {
                    expect_needed_by_latest(answer, &place);
                } else {
                    expect_needed_by_earlier(answer, &place);
                }
            }
            let message = "User does not have TOTP MFA enabled";
            elevated.expect_error(401, "disabled-mfa-totp", message);
        }
    }

    async fn where_it_is_required_the_first_app_of_the_latest_is_set_up_without(database) {
        let phones = Phones::start().await;
        let server = ruled(&phones, &database, "required", "latest").start().await;
        let ada = server.sign_up(ADA).await;

        let [pat, generate] = delicate(&server, &ada).await;
        expect_needed_by_latest(&pat, "/pat");
        generate.expect(200);
        for what in HAVING {
            give(&database, what).await;
            let [pat, generate] = delicate(&server, &ada).await;
            take_away(&database).await;

            expect_needed_by_latest(&pat, &format!("{what}: /pat"));
            expect_needed_by_latest(&generate, &format!("{what}: {GENERATE}"));
        }
    }
}
