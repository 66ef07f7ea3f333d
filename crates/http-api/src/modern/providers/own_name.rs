//! Provider flows begin under the name of this machine that the provider leads back to.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderMap},
};
use url::{Position, Url};

use crate::{
    direct_request::{host_of, is_loopback_host},
    modern::redirect::PRIVATE,
    state::AppState,
};

/// A redirect of the browser to the host name in the server's URL, if it asked under another name
/// of the same machine: `127.0.0.1` for `localhost`. The flow-binding cookie would be missing when
/// the provider leads back.
pub(super) fn ask_again(state: &AppState, request: &HttpRequest) -> Option<HttpResponse> {
    let server = Url::parse(state.settings().server_url.as_deref()?).ok()?;
    let origin = other_name(&server, request.headers())?;
    let mut answer = HttpResponse::Found();
    for header in PRIVATE {
        answer.insert_header(header);
    }
    let address = format!("{origin}{}", request.uri());
    Some(answer.insert_header((header::LOCATION, address)).finish())
}

/// The origin of the server, if it is another name of the host that was asked.
fn other_name<'a>(server: &'a Url, headers: &HeaderMap) -> Option<&'a str> {
    let asked = host_of(headers)?;
    let own = &server[Position::BeforeHost..Position::AfterPort];
    let port = |host: &str| host.rsplit_once(':').map(|(_, port)| port.to_owned());
    let is_same_server =
        is_loopback_host(asked) && is_loopback_host(own) && port(asked) == port(own);
    (is_same_server && asked != own).then(|| &server[..Position::AfterPort])
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn found(server: &str, host: &'static str) -> Option<String> {
        let server = Url::parse(server).unwrap();
        let request = TestRequest::get().insert_header((header::HOST, host));
        let request = request.to_http_request();
        other_name(&server, request.headers()).map(str::to_owned)
    }

    #[test]
    fn another_name_of_this_machine_leads_to_the_one_in_the_url() {
        let localhost = Some("http://localhost:4000".to_owned());
        for host in ["127.0.0.1:4000", "[::1]:4000"] {
            assert_eq!(found("http://localhost:4000/v1", host), localhost);
        }
        let number = Some("http://127.0.0.1:4000".to_owned());
        assert_eq!(found("http://127.0.0.1:4000", "localhost:4000"), number);
    }

    #[test]
    fn nothing_else_leads_anywhere() {
        for (server, host) in [
            ("http://localhost:4000", "localhost:4000"),
            ("http://localhost:4000", "127.0.0.1:5000"),
            ("http://localhost:4000", "evil.example:4000"),
            ("https://auth.example.com", "127.0.0.1:4000"),
            ("https://auth.example.com", "evil.example"),
        ] {
            assert_eq!(found(server, host), None, "{server} {host}");
        }
    }
}
