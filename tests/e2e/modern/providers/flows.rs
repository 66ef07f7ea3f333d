//! `/signin/provider/{provider}` and its callback: the authorization-code flow.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::{
    Answer, Browser, CALLBACK, CLIENT_URL, Database, GitHub, Member, SIGN_IN, Server, claims_of,
    on_both_databases, parameter,
};

fn ada() -> Member {
    Member::new(583_231, "ada@example.com", true)
}

/// Checks that the browser is redirected to the client's URL with an error.
#[track_caller]
fn expect_told(answer: &Answer, place: &str, code: &str, message: &str) {
    let url = answer.location();
    assert!(url.as_str().starts_with(place), "{url}");
    assert_eq!(parameter(&url, "error").as_deref(), Some(code), "{url}");
    assert_eq!(
        parameter(&url, "errorDescription").as_deref(),
        Some(message)
    );
    assert_eq!(parameter(&url, "refreshToken"), None);
    assert_eq!(answer.text, "");
}

#[track_caller]
fn expect_invalid_state(answer: &Answer) {
    expect_told(answer, CLIENT_URL, "invalid-state", "Invalid state");
}

/// A server whose provider is faulty in some way, and a browser that comes back from it.
async fn back_at(github: &GitHub, server: &Server, member: &Member) -> Answer {
    let browser = Browser::default();
    let redirect = "redirectTo=http%3A%2F%2Flocalhost%3A3000%2Fdeep";
    github.visit(server, &browser, (redirect, member)).await
}

on_both_databases! {
    async fn somebody_is_sent_to_the_provider_with_all_it_needs(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;

        let answer = server.get(SIGN_IN).await;

        let url = answer.location();
        assert_eq!(url.path(), "/authorize");
        let get = |name| parameter(&url, name).unwrap_or_default();
        assert_eq!(get("response_type"), "code");
        assert_eq!(get("client_id"), "our-client");
        assert_eq!(get("scope"), "user:email");
        assert_eq!(get("redirect_uri"), format!("http://auth.example.com{CALLBACK}"));
        assert_eq!(get("code_challenge_method"), "S256");
        assert!(!url.as_str().contains("our%20secret") && !url.as_str().contains("our+secret"));
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        let cookie = answer.header("set-cookie");
        assert!(cookie.contains("HttpOnly"), "{cookie}");
        assert!(cookie.contains("SameSite=Lax"), "{cookie}");
        assert!(cookie.contains("Max-Age=600"), "{cookie}");
    }

    async fn over_tls_no_other_host_can_set_the_cookie(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).set("AUTH_SERVER_URL", "https://auth.example.com");
        let server = server.start().await;

        let answer = server.get(SIGN_IN).await;

        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with("__Host-"), "{cookie}");
        assert!(cookie.contains("Secure"), "{cookie}");
        assert!(cookie.contains("SameSite=None"), "{cookie}");
        assert!(cookie.contains("Path=/;") || cookie.ends_with("Path=/"), "{cookie}");
        assert!(!cookie.contains("Domain"), "{cookie}");
    }

    async fn a_picture_in_a_page_begins_no_flow(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let wanted = async |what: &str| {
            let request = server.request(Method::GET, SIGN_IN).header("sec-fetch-dest", what);
            server.send(request).await
        };

        for part in ["image", "script", "style", ""] {
            let answer = wanted(part).await;
            answer.expect_error(400, "invalid-request", "The request payload is incorrect");
            assert_eq!(answer.header("set-cookie"), "");
        }
        for page in ["document", "iframe", "empty"] {
            assert_eq!(wanted(page).await.status, 302, "{page}");
        }
        for (what, status) in [("document", 302), ("iframe", 400), ("empty", 400)] {
            let request = server
                .request(Method::GET, SIGN_IN)
                .header("sec-fetch-dest", what)
                .header("sec-fetch-site", "cross-site");
            assert_eq!(server.send(request).await.status, status, "{what}");
        }
    }

    async fn a_visit_signs_in_and_the_browser_forgets_it(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let browser = Browser::default();

        let answer = github.visit(&server, &browser, ("", &ada())).await;

        let url = answer.location();
        assert_eq!(url.as_str().split('?').next(), Some("http://localhost:3000/"));
        assert_eq!(url.query_pairs().count(), 1);
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(browser.cookies(), "");
        let token = json!(parameter(&url, "refreshToken").unwrap());
        let session = server.refresh(&token).await.expect(200);
        assert_eq!(session["user"]["email"], "ada@example.com");
        assert_eq!(session["user"]["emailVerified"], true);
        assert_eq!(session["user"]["displayName"], "Ada Lovelace");
        assert_eq!(session["user"]["isAnonymous"], false);
        assert_eq!(claims_of(&session)["amr"], json!(["fed"]));
    }

    async fn the_link_is_stored_as_the_original_stores_it(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;

        let first = github.session(&server, &ada()).await;
        let second = github.session(&server, &ada()).await;

        assert_eq!(first["user"]["id"], second["user"]["id"]);
        let links = "SELECT count(*) AS count FROM auth.user_providers \
                     WHERE provider_id = 'github' AND provider_user_id = '583231' \
                     AND access_token = 'unset' AND refresh_token IS NULL";
        assert_eq!(database.count(links).await, 1);
    }

    async fn the_answer_may_come_as_a_form(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let browser = Browser::default();
        let sent = browser.get(&server, SIGN_IN).await;

        let form = format!("{}&unknown=1", github.agree(&sent.location(), &ada()));
        let answer = browser.post(&server, CALLBACK, &form).await;

        assert!(parameter(&answer.location(), "refreshToken").is_some());
    }

    async fn a_client_gets_its_own_state_and_a_code_for_its_challenge(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let query = "state=my%20own&codeChallenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
                     &redirectTo=http%3A%2F%2Flocalhost%3A3000%2Fin%3Fx%3D1%23there";

        let answer = github.visit(&server, &Browser::default(), (query, &ada())).await;

        let url = answer.location();
        assert_eq!(url.path(), "/in");
        assert_eq!(url.fragment(), Some("there"));
        assert_eq!(parameter(&url, "x").as_deref(), Some("1"));
        assert_eq!(parameter(&url, "state").as_deref(), Some("my own"));
        assert_eq!(parameter(&url, "refreshToken"), None);
        let body = json!({
            "code": parameter(&url, "code"),
            "codeVerifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        });
        let session = server.post("/token/exchange", &body).await.expect(200);
        assert_eq!(claims_of(&session["session"])["amr"], json!(["fed"]));
    }

    async fn several_tabs_do_not_get_in_each_others_way(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let browser = Browser::default();
        let one = browser.get(&server, SIGN_IN).await.location();
        let other = browser.get(&server, SIGN_IN).await.location();

        for sent in [one, other] {
            let back = github.agree(&sent, &ada());
            let answer = browser.get(&server, &format!("{CALLBACK}?{back}")).await;
            assert!(parameter(&answer.location(), "refreshToken").is_some(), "{answer:?}");
        }
    }

    async fn a_state_of_another_browser_is_refused(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let attacker = Browser::default();
        let sent = attacker.get(&server, SIGN_IN).await.location();
        let back = github.agree(&sent, &ada());

        let victim = Browser::default();
        let other_flow = victim.get(&server, SIGN_IN).await;
        assert_eq!(other_flow.status, 302);
        let answer = victim.get(&server, &format!("{CALLBACK}?{back}")).await;

        expect_invalid_state(&answer);
        assert!(github.received().is_empty());
        let users = "SELECT count(*) AS count FROM auth.users";
        assert_eq!(database.count(users).await, 0);
    }

    async fn a_browser_forgets_a_flow_that_has_ended(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let browser = Browser::default();
        let sent = browser.get(&server, SIGN_IN).await.location();
        let back = github.agree(&sent, &ada());
        let path = format!("{CALLBACK}?{back}");
        browser.get(&server, &path).await.location();

        let again = browser.get(&server, &path).await;

        expect_invalid_state(&again);
    }

    async fn a_flow_ends_once_at_whichever_server_though_the_cookie_is_kept(database) {
        let github = GitHub::start().await;
        let server = || github.server(&database).set("AUTH_ENCRYPTION_KEY", &"ab".repeat(32));
        let (one, other) = (server().start().await, server().start().await);
        let browser = Browser::default();
        let sent = browser.get(&one, SIGN_IN).await.location();
        let cookies = browser.cookies();
        let come_back = async |server: &Server, member: &Member| {
            let path = format!("{CALLBACK}?{}", github.agree(&sent, member));
            let request = server.request(Method::GET, &path).header("Cookie", &cookies);
            server.send(request).await
        };

        let first = come_back(&one, &ada()).await;
        let asked = github.received().len();
        let eve = Member::new(583_232, "eve@example.com", true);
        for server in [&one, &other] {
            expect_invalid_state(&come_back(server, &ada()).await);
            expect_invalid_state(&come_back(server, &eve).await);
        }

        assert!(parameter(&first.location(), "refreshToken").is_some(), "{first:?}");
        assert_eq!(github.received().len(), asked, "the provider was asked again");
        let users = "SELECT count(*) AS count FROM auth.users";
        assert_eq!(database.count(users).await, 1);
    }

    async fn of_callbacks_at_once_with_one_flow_one_signs_in(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let browser = Browser::default();
        let sent = browser.get(&server, SIGN_IN).await.location();
        let cookies = browser.cookies();
        let path = format!("{CALLBACK}?{}", github.agree(&sent, &ada()));

        let answers = join_all((0..8).map(|_| {
            let request = server.request(Method::GET, &path).header("Cookie", &cookies);
            server.send(request)
        }))
        .await;

        let signs_in = |it: &Answer| parameter(&it.location(), "refreshToken").is_some();
        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|it| signs_in(it));
        assert_eq!(won.len(), 1, "{answers:?}");
        for answer in lost {
            expect_invalid_state(answer);
        }
    }

    async fn what_is_no_state_is_refused(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let session = server.sign_up("ada@example.com").await;
        let access_token = session["accessToken"].as_str().unwrap();

        for state in ["", "x", "djE6", "%00", "%FF", access_token] {
            let answer = server.get(&format!("{CALLBACK}?code=c&state={state}")).await;
            expect_invalid_state(&answer);
        }
    }

    async fn a_state_is_good_at_its_own_provider_alone(database) {
        let github = GitHub::start().await;
        let server = github.server(&database)
            .set("AUTH_PROVIDER_GITLAB_ENABLED", "true")
            .set("AUTH_PROVIDER_GITLAB_CLIENT_ID", "id")
            .set("AUTH_PROVIDER_GITLAB_CLIENT_SECRET", "secret")
            .start()
            .await;
        let browser = Browser::default();
        let sent = browser.get(&server, SIGN_IN).await.location();
        let back = github.agree(&sent, &ada());

        let path = format!("/signin/provider/gitlab/callback?{back}");
        let answer = browser.get(&server, &path).await;

        expect_invalid_state(&answer);
    }

    async fn a_redirect_that_is_not_allowed_is_refused_on_the_way_there(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;

        let answer = server.get(&format!("{SIGN_IN}?redirectTo=https%3A%2F%2Fevil.com")).await;

        let message = "The value of \"options.redirectTo\" is not allowed.";
        answer.expect_error(400, "redirectTo-not-allowed", message);
        assert_eq!(answer.header("set-cookie"), "");
    }

    async fn a_redirect_that_is_no_longer_allowed_is_refused_on_the_way_back(database) {
        let github = GitHub::start().await;
        let list = "AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS";
        let key = ("AUTH_ENCRYPTION_KEY", "ab".repeat(32));
        let open = github.server(&database).set(list, "https://app.example.com");
        let open = open.set(key.0, &key.1).start().await;
        let closed = github.server(&database).set(key.0, &key.1).start().await;
        let browser = Browser::default();
        let query = "redirectTo=https%3A%2F%2Fapp.example.com%2Fx";
        let sent = browser.get(&open, &format!("{SIGN_IN}?{query}")).await.location();
        let back = github.agree(&sent, &ada());

        let answer = browser.get(&closed, &format!("{CALLBACK}?{back}")).await;

        let message = "The value of \"options.redirectTo\" is not allowed.";
        expect_told(&answer, CLIENT_URL, "redirectTo-not-allowed", message);
    }

    async fn what_the_provider_complains_of_is_handed_on(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let browser = Browser::default();
        let query = "redirectTo=http%3A%2F%2Flocalhost%3A3000%2Fdeep";
        let sent = browser.get(&server, &format!("{SIGN_IN}?{query}")).await.location();
        let state = parameter(&sent, "state").unwrap();

        let complaint = "error=access_denied&error_description=no+way&error_uri=https%3A%2F%2Fx.io";
        let answer = browser.get(&server, &format!("{CALLBACK}?state={state}&{complaint}")).await;

        let message = "Provider returned an error";
        expect_told(&answer, "http://localhost:3000/?", "oauth-provider-error", message);
        let url = answer.location();
        assert_eq!(parameter(&url, "provider_error").as_deref(), Some("access_denied"));
        assert_eq!(parameter(&url, "provider_error_description").as_deref(), Some("no way"));
        assert_eq!(parameter(&url, "provider_error_url").as_deref(), Some("https://x.io"));
        assert!(github.received().is_empty());
    }

    async fn a_complaint_without_a_state_of_ours_is_not_handed_on(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;

        let answer = server.get(&format!("{CALLBACK}?state=x&error=access_denied")).await;

        expect_invalid_state(&answer);
        assert_eq!(parameter(&answer.location(), "provider_error"), None);
    }

    async fn errors_of_one_flow_do_not_leak_into_the_next(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        server.get(&format!("{CALLBACK}?state=x")).await.location();

        let answer = github.visit(&server, &Browser::default(), ("", &ada())).await;

        assert_eq!(answer.location().query_pairs().count(), 1);
    }

    async fn a_provider_that_is_switched_off_is_told_at_the_redirect(database) {
        let github = GitHub::start().await;
        let key = ("AUTH_ENCRYPTION_KEY", "ab".repeat(32));
        let with = github.server(&database).set(key.0, &key.1).start().await;
        let without = github.server(&database).set("AUTH_PROVIDER_GITHUB_ENABLED", "false");
        let without = without.set(key.0, &key.1).start().await;
        let browser = Browser::default();
        let deep = "redirectTo=http%3A%2F%2Flocalhost%3A3000%2Fdeep";
        let sent = browser.get(&with, &format!("{SIGN_IN}?{deep}")).await.location();
        let back = github.agree(&sent, &ada());

        let there = browser.get(&without, &format!("{SIGN_IN}?{deep}")).await;
        let back = browser.get(&without, &format!("{CALLBACK}?{back}")).await;

        for answer in [there, back] {
            let place = "http://localhost:3000/deep?";
            expect_told(&answer, place, "disabled-endpoint", "This endpoint is disabled");
        }
    }

    async fn a_code_that_the_provider_refuses_is_told_at_the_redirect(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let browser = Browser::default();
        let deep = "redirectTo=http%3A%2F%2Flocalhost%3A3000%2Fdeep";
        let place = "http://localhost:3000/deep?";

        for code in ["&code=wrong", "&code=", ""] {
            let sent = browser.get(&server, &format!("{SIGN_IN}?{deep}")).await.location();
            let state = parameter(&sent, "state").unwrap();
            let answer = browser.get(&server, &format!("{CALLBACK}?state={state}{code}")).await;
            expect_told(&answer, place, "oauth-token-echange-failed", "Failed to exchange token");
        }
    }

    async fn a_code_for_another_flow_is_not_exchanged(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let (victim, attacker) = (Browser::default(), Browser::default());
        let of_victim = victim.get(&server, SIGN_IN).await.location();
        let stolen = github.agree(&of_victim, &ada());
        let stolen = stolen.split('&').next().unwrap();
        let of_attacker = attacker.get(&server, SIGN_IN).await.location();
        let state = parameter(&of_attacker, "state").unwrap();

        let answer = attacker.get(&server, &format!("{CALLBACK}?state={state}&{stolen}")).await;

        let message = "Failed to exchange token";
        expect_told(&answer, CLIENT_URL, "oauth-token-echange-failed", message);
    }

    async fn a_person_whom_the_provider_does_not_name_is_told_at_the_redirect(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;
        let nameless = |profile| Member { profile, ..ada() };
        let mute = Member { addresses: json!([]), ..ada() };

        for member in [nameless(json!({})), nameless(json!({ "id": null })), mute] {
            let answer = back_at(&github, &server, &member).await;
            let place = "http://localhost:3000/deep?";
            let message = "Failed to get user profile";
            expect_told(&answer, place, "oauth-profile-fetch-failed", message);
        }
    }

    async fn a_flow_goes_on_at_another_server_with_the_same_key(database) {
        let github = GitHub::start().await;
        let server = || github.server(&database).set("AUTH_ENCRYPTION_KEY", &"ab".repeat(32));
        let (one, other) = (server().start().await, server().start().await);
        let browser = Browser::default();
        let sent = browser.get(&one, SIGN_IN).await.location();
        let back = github.agree(&sent, &ada());

        let answer = browser.get(&other, &format!("{CALLBACK}?{back}")).await;

        assert!(parameter(&answer.location(), "refreshToken").is_some(), "{answer:?}");
    }

    async fn nothing_secret_reaches_the_log(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).set("AUTH_LOG_LEVEL", "debug").start().await;
        let browser = Browser::default();
        let sent = browser.get(&server, SIGN_IN).await.location();
        let back = github.agree(&sent, &ada());
        let state = parameter(&sent, "state").unwrap();

        let answer = browser.get(&server, &format!("{CALLBACK}?{back}")).await;
        let wrong = browser.get(&server, SIGN_IN).await.location();
        let wrong_state = parameter(&wrong, "state").unwrap();
        browser.get(&server, &format!("{CALLBACK}?state={wrong_state}&code=guess")).await;

        server.printed("a provider did not help").await;
        let output = server.output();
        let token = parameter(&answer.location(), "refreshToken").unwrap();
        for secret in [&*state, "code-1", "our secret", "token-of-", &*token, "code=guess"] {
            assert!(!output.contains(secret), "{secret} in {output}");
        }
    }

    async fn a_slash_too_many_is_taken_away(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;

        let answer = server.get(&format!("{SIGN_IN}/?state=x")).await;

        assert_eq!(answer.status, 301);
        assert_eq!(answer.header("location"), format!("{SIGN_IN}?state=x"));
    }

    async fn another_method_does_not_exist(database) {
        let github = GitHub::start().await;
        let server = github.server(&database).start().await;

        let answer = server.send(server.request(Method::POST, SIGN_IN)).await;

        assert_eq!((answer.status, &*answer.text), (404, "404 page not found"));
    }
}
