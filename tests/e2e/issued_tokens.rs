//! Every ticket, code and token that can be exchanged for a session.

use serde_json::{Value, json};

use crate::{
    error_rows::shared_secret,
    support::{Database, PASSWORD, Server, ServerBuilder},
};

/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Servers that share a key: one accepts what another hands out.
pub(crate) fn handing_out(database: &Database) -> ServerBuilder {
    ServerBuilder::new(database)
        .by_mail()
        .with_mfa()
        .set("AUTH_EMAIL_LINK_CODE", "true")
        .set("HASURA_GRAPHQL_JWT_SECRET", &shared_secret())
}

/// What users at `out.example` hold that opens a session or changes a password, one each.
pub(crate) struct HandedOut {
    /// The path where it is redeemed with a `POST`, and the body.
    pub(crate) posts: Vec<(&'static str, Value)>,
    /// A mail whose link signs in.
    pub(crate) link: Value,
}

/// Hands it out; the server needs [`handing_out`].
pub(crate) async fn hand_out(server: &Server) -> HandedOut {
    let pat = server.verified("pat@out.example").await;
    let token = pat["accessToken"].as_str().unwrap();
    let body = json!({ "expiresAt": "2099-01-01T00:00:00Z" });
    let pat = server.post_as(token, "/pat", &body).await.expect(200);

    let protected = server.verified("mfa@out.example").await;
    let token = protected["accessToken"].as_str().unwrap();
    let app = server.new_app(token).await;
    let on = json!({ "code": app.code(), "activeMfaType": "totp" });
    server.post_as(token, "/user/mfa", &on).await.expect(200);
    let ticket = server.mfa_ticket("mfa@out.example").await;

    server.verified("otp@out.example").await;
    let ask = json!({ "email": "otp@out.example" });
    let otp = server.mail_after("/signin/otp/email", &ask).await;

    let ask = json!({ "email": "pkce@out.example", "codeChallenge": CHALLENGE });
    let mail = server.mail_after("/signin/passwordless/email", &ask).await;
    let exchange = server.follow(&mail).await.parameters()["code"].clone();

    let typed = server.link_mail("typed@out.example").await;

    server.verified("reset@out.example").await;
    let ask = json!({ "email": "reset@out.example" });
    let reset = server.mail_after("/user/password/reset", &ask).await;

    server.verified("password@out.example").await;
    let posts = vec![
        (
            "/signin/email-password",
            json!({ "email": "password@out.example", "password": PASSWORD }),
        ),
        (
            "/signin/pat",
            json!({ "personalAccessToken": pat["personalAccessToken"] }),
        ),
        (
            "/signin/mfa/totp",
            json!({ "ticket": ticket, "otp": app.next_code() }),
        ),
        (
            "/signin/otp/email/verify",
            json!({ "email": "otp@out.example", "otp": otp["ticket"] }),
        ),
        (
            "/token/exchange",
            json!({ "code": exchange, "codeVerifier": VERIFIER }),
        ),
        (
            "/verify/code",
            json!({
                "email": "typed@out.example", "type": "signinPasswordless", "code": typed["code"],
            }),
        ),
        (
            "/user/password",
            json!({ "ticket": reset["ticket"], "newPassword": "battery staple" }),
        ),
    ];
    HandedOut {
        posts,
        link: server.link_mail("link@out.example").await,
    }
}
