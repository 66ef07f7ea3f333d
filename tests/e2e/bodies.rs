//! Bodies that do not fit their schema, at each endpoint.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::{
    error_rows::expect_misfit,
    support::{Answer, Database, PASSWORD, Server, ServerBuilder, on_both_databases},
};

const USERS: &str = "SELECT count(*) AS count FROM auth.users";
const ADA: &str = "ada@example.com";

/// The user whose token comes with a body.
#[derive(Debug, Clone, Copy)]
enum Whose {
    Nobodys,
    Adas,
    Anonymous,
}

/// An endpoint, and what it takes.
struct Taking {
    path: &'static str,
    whose: Whose,
    /// Members it needs.
    needed: Value,
    /// Members it can do without.
    further: Value,
}

impl Taking {
    fn new(path: &'static str, whose: Whose, needed: Value, further: Value) -> Self {
        Self {
            path,
            whose,
            needed,
            further,
        }
    }

    /// A body with all of it.
    fn good(&self) -> Map<String, Value> {
        let mut body = self.needed.as_object().unwrap().clone();
        body.extend(self.further.as_object().unwrap().clone());
        body
    }

    /// Bodies with one fault each.
    fn misfits(&self) -> Vec<Value> {
        let good = self.good();
        let with = |name: &str, value: Value| {
            let mut body = good.clone();
            body.insert(name.to_owned(), value);
            Value::Object(body)
        };
        let values: Vec<_> = good.values().cloned().collect();
        let nameless = [Value::Array(values), json!([])];
        let mut bodies = vec![with("more", json!(1)), json!("text"), json!(7)];
        bodies.extend(nameless);
        for name in self.needed.as_object().unwrap().keys() {
            let mut body = good.clone();
            body.remove(name);
            bodies.push(Value::Object(body));
        }
        for name in good.keys() {
            bodies.extend([json!(null), json!(7), json!([])].map(|value| with(name, value)));
            if name.to_lowercase().ends_with("email") {
                let no_addresses = ["ada", "", "@example.com", "ada@", "a b@example.com"];
                bodies.extend(no_addresses.map(|text| with(name, json!(text))));
            }
            if name == "password" {
                bodies.push(with(name, json!("ab")));
            }
        }
        bodies
    }
}

fn takers() -> Vec<Taking> {
    use Whose::{Adas, Anonymous, Nobodys};

    let new = |name: &str| json!({ "email": format!("{name}@new.example") });
    let nothing = || json!({});
    let otp = || json!({ "otp": "123456" });
    let options = || json!({ "options": { "redirectTo": "http://localhost:3000/x" } });
    vec![
        Taking::new(
            "/signup/email-password",
            Nobodys,
            json!({ "email": "sign.up@new.example", "password": PASSWORD }),
            options(),
        ),
        Taking::new(
            "/signin/email-password",
            Nobodys,
            json!({ "email": ADA, "password": PASSWORD }),
            nothing(),
        ),
        Taking::new(
            "/signup/passwordless/email",
            Nobodys,
            new("up.link"),
            options(),
        ),
        Taking::new(
            "/signin/passwordless/email",
            Nobodys,
            new("in.link"),
            options(),
        ),
        Taking::new("/signup/otp/email", Nobodys, new("up.code"), options()),
        Taking::new("/signin/otp/email", Nobodys, new("in.code"), options()),
        Taking::new(
            "/signin/otp/email/verify",
            Nobodys,
            json!({ "email": ADA, "otp": "123456" }),
            nothing(),
        ),
        Taking::new(
            "/verify/code",
            Nobodys,
            json!({ "email": ADA, "code": "123456", "type": "emailVerify" }),
            nothing(),
        ),
        Taking::new(
            "/signin/anonymous",
            Nobodys,
            nothing(),
            json!({ "displayName": "Ada", "locale": "en", "metadata": { "a": 1 } }),
        ),
        Taking::new(
            "/token/verify",
            Nobodys,
            nothing(),
            json!({ "token": "abc" }),
        ),
        Taking::new(
            "/user/email/send-verification-email",
            Nobodys,
            json!({ "email": ADA }),
            options(),
        ),
        Taking::new(
            "/user/password/reset",
            Nobodys,
            json!({ "email": ADA }),
            options(),
        ),
        Taking::new(
            "/user/email/change",
            Adas,
            json!({ "newEmail": "changed@new.example" }),
            options(),
        ),
        Taking::new("/elevate/totp", Adas, otp(), nothing()),
        Taking::new("/elevate/otp/email/verify", Adas, otp(), nothing()),
        Taking::new(
            "/user/deanonymize",
            Anonymous,
            json!({ "signInMethod": "email-password", "email": "named@new.example" }),
            json!({ "password": PASSWORD, "options": { "displayName": "Ada" } }),
        ),
    ]
}

/// Users of each kind, on a server with every feature on.
struct World {
    server: Server,
    ada: Value,
    anonymous: Value,
}

impl World {
    async fn new(database: &Database) -> Self {
        let server = ServerBuilder::new(database)
            .by_mail()
            .with_mfa()
            .set("AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED", "false")
            .set("AUTH_EMAIL_LINK_CODE", "true")
            .start()
            .await;
        Self {
            ada: server.sign_up(ADA).await,
            anonymous: server.anonymous().await,
            server,
        }
    }

    async fn post(&self, path: &str, whose: Whose, body: &Value) -> Answer {
        let request = self.server.request(Method::POST, path).json(body);
        let token = |session: &Value| session["accessToken"].as_str().unwrap().to_owned();
        self.server
            .send(match whose {
                Whose::Nobodys => request,
                Whose::Adas => request.bearer_auth(token(&self.ada)),
                Whose::Anonymous => request.bearer_auth(token(&self.anonymous)),
            })
            .await
    }
}

/// A path that takes the options of a sign-up, and a body for it.
fn with_options(path: &str, options: &Value) -> Value {
    let name = path.replace('/', ".");
    let mut body = json!({ "email": format!("ada{name}@new.example"), "options": options });
    match path {
        "/signup/email-password" => body["password"] = json!(PASSWORD),
        "/user/deanonymize" => body["signInMethod"] = json!("passwordless"),
        _ => {}
    }
    body
}

const TAKING_OPTIONS: [(&str, Whose); 6] = [
    ("/signup/email-password", Whose::Nobodys),
    ("/signup/passwordless/email", Whose::Nobodys),
    ("/signin/passwordless/email", Whose::Nobodys),
    ("/signup/otp/email", Whose::Nobodys),
    ("/signin/otp/email", Whose::Nobodys),
    ("/user/deanonymize", Whose::Anonymous),
];

on_both_databases! {
    async fn bodies_that_do_not_fit_are_refused_everywhere(database) {
        let world = World::new(&database).await;
        let users = database.count(USERS).await;

        for taker in takers() {
            for body in taker.misfits() {
                let answer = world.post(taker.path, taker.whose, &body).await;
                expect_misfit(&answer, &format!("{} {body}", taker.path));
            }
        }

        assert_eq!(database.count(USERS).await, users);
        assert!(world.server.mails().is_empty());
        for taker in takers() {
            let good = Value::Object(taker.good());
            let answer = world.post(taker.path, taker.whose, &good).await;
            assert!(!answer.text.contains("openapi3filter"), "{}: {}", taker.path, answer.text);
        }
    }

    async fn options_of_a_wrong_form_are_refused_everywhere(database) {
        let world = World::new(&database).await;
        let users = database.count(USERS).await;

        for (path, whose) in TAKING_OPTIONS {
            for options in [
                json!(null),
                json!([]),
                json!([["user"], "user", "Ada", "en", {}, "http://localhost:3000"]),
                json!("text"),
                json!({ "more": 1 }),
                json!({ "displayName": "a@b.com" }),
                json!({ "displayName": "http://x" }),
                json!({ "displayName": "" }),
                json!({ "displayName": "ü".repeat(33) }),
                json!({ "displayName": null }),
                json!({ "displayName": 7 }),
                json!({ "locale": "eng" }),
                json!({ "locale": "e" }),
                json!({ "locale": "" }),
                json!({ "locale": null }),
                json!({ "locale": 7 }),
                json!({ "metadata": [] }),
                json!({ "metadata": "text" }),
                json!({ "metadata": 7 }),
                json!({ "metadata": null }),
                json!({ "redirectTo": null }),
                json!({ "allowedRoles": "user" }),
                json!({ "allowedRoles": [7] }),
                json!({ "defaultRole": 7 }),
            ] {
                let answer = world.post(path, whose, &with_options(path, &options)).await;
                expect_misfit(&answer, &format!("{path} {options}"));
            }
        }

        assert_eq!(database.count(USERS).await, users);
        assert!(world.server.mails().is_empty());
    }

    async fn options_at_their_limits_are_taken_and_an_unknown_locale_is_the_default(database) {
        let world = World::new(&database).await;
        let name = "ü".repeat(32);
        let options = json!({ "displayName": name, "locale": "xx", "metadata": { "a": [] } });
        let taken = format!(
            "{USERS} WHERE display_name = '{name}' AND locale = 'en' AND metadata IS NOT NULL"
        );

        for ((path, whose), before) in TAKING_OPTIONS.into_iter().zip(0..) {
            let answer = world.post(path, whose, &with_options(path, &options)).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            assert_eq!(database.count(&taken).await, before + 1, "{path}");
        }
    }

    async fn an_anonymous_name_is_of_any_form_but_not_of_any_length(database) {
        let world = World::new(&database).await;
        let users = database.count(USERS).await;
        let path = "/signin/anonymous";

        for body in [
            json!({ "displayName": "ü".repeat(256) }),
            json!({ "displayName": "a\nb" }),
            json!({ "displayName": "a\u{0}b" }),
            json!({ "displayName": "a\u{85}b" }),
            json!({ "locale": "e" }),
            json!({ "metadata": [] }),
            json!({ "metadata": "text" }),
        ] {
            let answer = world.post(path, Whose::Nobodys, &body).await;
            expect_misfit(&answer, &format!("{path} {body}"));
        }

        assert_eq!(database.count(USERS).await, users);
        for name in ["ü".repeat(255), "<b>".to_owned(), String::new()] {
            let body = json!({ "displayName": name });
            let session = world.post(path, Whose::Nobodys, &body).await.expect(200);
            assert_eq!(session["session"]["user"]["displayName"], name);
        }
    }
}
