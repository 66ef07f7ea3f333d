//! The page that asks the user to go on.

use actix_web::{HttpRequest, HttpResponse, http::header};

use super::super::redirect::PRIVATE;

/// A page with one button, which sends the query of this request by `POST`.
pub(super) fn confirmation(request: &HttpRequest) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    for header in PRIVATE {
        answer.insert_header(header);
    }
    answer
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ))
        .content_type("text/html; charset=utf-8")
        .body(html(request.query_string()))
}

fn html(query: &str) -> String {
    let query = escaped(query);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Continue</title>\n\
         <style>body{{font:1.1rem system-ui;display:grid;place-items:center;min-height:90vh}}\
         button{{font:inherit;padding:.7em 2em;cursor:pointer}}</style>\n\
         <form method=\"post\" action=\"?{query}\">\n\
         <p>You opened a link from a mail.</p>\n\
         <button autofocus>Continue</button>\n</form>\n</html>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_query_becomes_markup() {
        let page = html("ticket=\"><script>alert(1)</script>&redirectTo=x");

        assert!(!page.contains("<script"));
        assert!(page.contains("action=\"?ticket=&quot;&gt;&lt;script"));
    }
}
