//! The query of `/verify`, for users who follow a link and for those who press its button.

use reqwest::{Method, Url};
use serde_json::json;

use crate::support::{Answer, CLIENT_URL, Database, Server, ServerBuilder, on_both_databases};

const ADA: &str = "ada@example.com";
const TICKETS: &str = "SELECT count(*) AS count FROM auth.tickets";

/// The answer to `/verify` with these parameters, in their order.
async fn ask(server: &Server, method: &Method, parameters: &[(&str, &str)]) -> Answer {
    let url = Url::parse_with_params("http://any.example/verify", parameters).unwrap();
    let path = format!("/verify?{}", url.query().unwrap());
    server.send(server.request(method.clone(), &path)).await
}

on_both_databases! {
    async fn a_parameter_that_is_repeated_is_refused_and_leaves_the_ticket_good(database) {
        let server = ServerBuilder::new(&database).by_mail().start().await;
        let mail = server.verification_mail(ADA).await;
        let ticket = mail["ticket"].as_str().unwrap();
        let place = ("redirectTo", CLIENT_URL);

        for method in [Method::GET, Method::POST] {
            for (name, parameters) in [
                ("ticket", [("ticket", ticket), ("ticket", ticket), place]),
                ("ticket", [("ticket", "verifyEmail:x"), ("ticket", ticket), place]),
                ("redirectTo", [("ticket", ticket), place, place]),
                ("redirectTo", [place, ("ticket", ticket), ("redirectTo", "https://evil.example")]),
            ] {
                let answer = ask(&server, &method, &parameters).await;

                let msg = format!("Query argument {name} is given more than once");
                assert_eq!(answer.status, 400, "{method} {parameters:?}: {}", answer.text);
                assert_eq!(answer.json(), json!({ "msg": msg }), "{method} {parameters:?}");
                assert_eq!(answer.header("location"), "");
            }
        }
        assert_eq!(database.count(TICKETS).await, 1);
        server.session_behind(&mail).await;
    }

    async fn a_button_leads_nowhere_else_than_its_link_does(database) {
        let server = ServerBuilder::new(&database).by_mail().start().await;
        let mail = server.verification_mail(ADA).await;
        let ticket = ("ticket", mail["ticket"].as_str().unwrap());

        for method in [Method::GET, Method::POST] {
            let no_url = ask(&server, &method, &[ticket, ("redirectTo", "not a url")]).await;
            let evil = ask(&server, &method, &[ticket, ("redirectTo", "https://evil.example")]).await;

            let message = "The request payload is incorrect";
            no_url.expect_error(400, "invalid-request", message);
            let message = "The value of \"options.redirectTo\" is not allowed.";
            evil.expect_error_at_client("redirectTo-not-allowed", message);
        }
        assert_eq!(database.count(TICKETS).await, 1);
        let pressed = ask(&server, &Method::POST, &[ticket, ("redirectTo", CLIENT_URL)]).await;
        assert!(pressed.parameters().contains_key("refreshToken"));
    }

    async fn a_button_conceals_what_its_link_does(database) {
        let server = ServerBuilder::new(&database)
            .by_mail()
            .set("AUTH_CONCEAL_ERRORS", "true")
            .start()
            .await;
        for method in [Method::GET, Method::POST] {
            for ticket in ["verifyEmail:x", "passwordReset:6f4c7d0e-5f0b-4b5e-8d1a-0c6b6e0d2a11"] {
                let parameters = [("ticket", ticket), ("redirectTo", CLIENT_URL)];
                let answer = ask(&server, &method, &parameters).await;

                let message = "The request payload is incorrect";
                answer.expect_error_at_client("invalid-request", message);
            }
        }
    }
}
