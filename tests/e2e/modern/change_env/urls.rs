//! The URLs in links.

use serde_json::json;

use super::*;
use crate::support::CLIENT_URL;

async fn reset(server: &Server, redirect_to: Option<&str>) -> Answer {
    let options = redirect_to.map(|it| json!({ "redirectTo": it }));
    let body = json!({ "email": ADA, "options": options.unwrap_or_else(|| json!({})) });
    server.post("/user/password/reset", &body).await
}

on_both_databases! {
    async fn links_lead_where_the_changed_urls_say(database) {
        let server = changeable(&database).start().await;
        server.sign_up(ADA).await;

        server.changed(json!({
            "AUTH_SERVER_URL": "http://auth.example.org/behind",
            "AUTH_CLIENT_URL": "https://app.example.org",
        })).await;
        reset(&server, None).await.expect(200);
        let changed = server.last_mail();
        // An empty value counts as none.
        server.changed(json!({ "AUTH_SERVER_URL": "", "AUTH_CLIENT_URL": "" })).await;
        reset(&server, Some("https://app.example.org/deeper")).await.expect(200);
        let still = server.last_mail();

        for (mail, redirect_to) in [
            (changed, "https://app.example.org"),
            (still, "https://app.example.org/deeper"),
        ] {
            let link = mail["link"].as_str().unwrap();
            assert!(link.starts_with("http://auth.example.org/behind/verify?"), "{link}");
            assert_eq!(mail["redirectTo"].as_str().unwrap().trim_end_matches('/'), redirect_to);
        }
    }

    async fn places_that_people_may_be_led_to_stay_as_they_were(database) {
        let server = changeable(&database)
            .set("AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS", "https://one.example")
            .start()
            .await;
        server.sign_up(ADA).await;

        server.changed(json!({
            "AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS": "https://other.example",
        })).await;

        let message = "The value of \"options.redirectTo\" is not allowed.";
        let other = reset(&server, Some("https://other.example")).await;
        other.expect_error(400, "redirectTo-not-allowed", message);
        for allowed in ["https://one.example/x", CLIENT_URL] {
            reset(&server, Some(allowed)).await.expect(200);
        }
    }
}
