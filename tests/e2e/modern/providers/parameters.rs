//! `/signin/provider/{provider}` and its callback: parameters that violate the OpenAPI description.

use crate::support::{
    Browser, CALLBACK, Database, GitHub, SIGN_IN, ServerBuilder, on_both_databases,
};

/// Invalid parameters, and the error for each.
const WRONG: [(&str, &str); 7] = [
    ("displayName=a%40b.io", "displayName"),
    ("displayName=", "displayName"),
    ("locale=e", "locale"),
    ("locale=eng", "locale"),
    ("allowedRoles=user%2C", "allowedRoles"),
    ("defaultRole=%00", "defaultRole"),
    ("codeChallenge=short", "codeChallenge"),
];

on_both_databases! {
    async fn parameters_that_do_not_fit_are_told_apart(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;

        for (query, name) in WRONG {
            let answer = server.get(&format!("{SIGN_IN}?{query}")).await;
            let text = answer.expect_invalid_request();
            assert!(text.contains(&format!("parameter \"{name}\" in query")), "{query}: {text}");
        }
    }

    async fn parameters_that_cannot_be_decoded_are_told_apart(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;

        for metadata in ["no", "%5B%5D", "%7B%22a%22%3A%22%5Cu0000%22%7D", ""] {
            let body = server.get(&format!("{SIGN_IN}?metadata={metadata}")).await.expect(400);
            let text = body["msg"].as_str().unwrap();
            assert!(text.starts_with("Invalid format for parameter metadata: "), "{text}");
        }
        for name in ["redirectTo", "locale", "metadata", "connect", "state"] {
            let body = server.get(&format!("{SIGN_IN}?{name}=en&{name}=en")).await.expect(400);
            assert_eq!(body["msg"], format!("Query argument {name} is given more than once"));
        }
    }

    async fn later_versions_say_it_in_other_words(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).set("AUTH_API_COMPAT", "latest").start().await;

        let body = server.get(&format!("{SIGN_IN}?locale=e")).await.expect(400);

        assert_eq!(body["error"], "schema-validation-error");
        assert!(body["reason"].as_str().unwrap().contains("locale"), "{body}");
    }

    async fn a_provider_that_nobody_knows_is_told_from_one_that_is_switched_off(database) {
        let server = ServerBuilder::new(&database).start().await;

        for path in ["/signin/provider/myspace", "/signin/provider/GitHub", "/signin/provider/%00"] {
            server.get(path).await.expect_invalid_request();
            server.get(&format!("{path}/callback?state=x")).await.expect_invalid_request();
        }
        for provider in [
            "apple", "azuread", "bitbucket", "discord", "entraid", "facebook", "github", "gitlab",
            "google", "linkedin", "spotify", "strava", "twitch", "twitter", "windowslive", "workos",
        ] {
            let answer = server.get(&format!("/signin/provider/{provider}")).await;
            let location = answer.header("location");
            assert!(location.contains("error=disabled-endpoint"), "{provider}: {answer:?}");
        }
    }

    async fn a_callback_needs_a_state(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;

        let missing = server.get(CALLBACK).await.expect(400);
        let twice = server.get(&format!("{CALLBACK}?state=a&state=b")).await.expect(400);
        let twice_a_code = server.get(&format!("{CALLBACK}?state=a&code=b&code=c")).await;
        let form = Browser::default().post(&server, CALLBACK, "code=x").await;

        assert_eq!(missing["msg"], "Query argument state is required, but not found");
        assert_eq!(twice["msg"], "Query argument state is given more than once");
        assert_eq!(twice_a_code.expect(400)["msg"], "Query argument code is given more than once");
        form.expect_invalid_request();
    }

    async fn a_form_has_to_be_one(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;

        let as_json = server.post(CALLBACK, &serde_json::json!({ "state": "x" })).await;
        let empty = Browser::default().post(&server, CALLBACK, "").await;
        let too_large = format!("state={}", "x".repeat(70_000));
        let too_large = Browser::default().post(&server, CALLBACK, &too_large).await;

        as_json.expect_invalid_request();
        empty.expect_invalid_request();
        too_large.expect_error(413, "request-too-large", "The request body is too large");
    }
}
