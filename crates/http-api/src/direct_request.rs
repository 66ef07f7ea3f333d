//! Requests that reach this server without a proxy, under a name of its own machine, and from no
//! page but its own. What is for the operator alone answers no others.
//!
//! A page on the internet can have a browser ask `127.0.0.1`, also under the name of its own host
//! (DNS rebinding), and a proxy in front publishes what only this machine was to reach.

use actix_web::{
    HttpRequest,
    http::{
        Version,
        header::{self, HeaderMap},
    },
};

use crate::asking_page::SEC_FETCH_SITE;

/// Prefixes of the headers that proxies and the networks in front of them add.
const PROXIES_BEGIN_WITH: [&str; 21] = [
    "akamai-",
    "cdn-",
    "cf-",
    "cloudfront-",
    "fastly-",
    "fly-",
    "ngrok-",
    "tailscale-",
    "x-akamai-",
    "x-amz-cf-",
    "x-amzn-",
    "x-appengine-",
    "x-arr-",
    "x-azure-",
    "x-envoy-",
    "x-forwarded",
    "x-nf-",
    "x-original-",
    "x-proxy",
    "x-real-",
    "x-vercel-",
];

/// Further headers that they add.
const PROXIES_ADD: [&str; 19] = [
    "client-ip",
    "disguised-host",
    "forwarded",
    "front-end-https",
    "max-forwards",
    "proxy-connection",
    "surrogate-capability",
    "true-client-ip",
    "via",
    "x-client-ip",
    "x-cloud-trace-context",
    "x-cluster-client-ip",
    "x-originating-ip",
    "x-remote-addr",
    "x-remote-ip",
    "x-request-start",
    "x-scheme",
    "x-url-scheme",
    "x-varnish",
];

/// Whether a request came through no proxy, under a name of this machine, and from no page of
/// another origin.
pub(crate) fn is_direct(request: &HttpRequest) -> bool {
    !came_past_a_proxy(request)
        && host_of(request.headers())
            .is_some_and(|host| is_loopback_host(host) && is_own(request.headers(), host))
}

/// A proxy that adds nothing and speaks HTTP/1.1 cannot be told from a client. (nginx adds nothing
/// unless it is told to, but speaks HTTP/1.0 until version 1.29.7.)
fn came_past_a_proxy(request: &HttpRequest) -> bool {
    let is_in_absolute_form = request.uri().authority().is_some();
    let adds = |name: &str| {
        PROXIES_ADD.contains(&name) || PROXIES_BEGIN_WITH.iter().any(|it| name.starts_with(it))
    };
    is_in_absolute_form
        || request.version() < Version::HTTP_11
        || request.headers().keys().any(|name| adds(name.as_str()))
}

/// The host that was asked for, if it is one.
pub(crate) fn host_of(headers: &HeaderMap) -> Option<&str> {
    let mut hosts = headers.get_all(header::HOST);
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok(),
        _ => None,
    }
}

/// Whether no page sent the request, or one of this server. Each header that names a page has to
/// agree.
fn is_own(headers: &HeaderMap, host: &str) -> bool {
    let own = format!("http://{host}");
    let sites: [&[u8]; 2] = [b"none", b"same-origin"];
    headers.get_all(header::ORIGIN).all(|it| it == own.as_str())
        && headers
            .get_all(SEC_FETCH_SITE)
            .all(|it| sites.contains(&it.as_bytes()))
}

/// Whether `host`, perhaps with a port, is a name of this machine that no attacker can point
/// elsewhere.
pub(crate) fn is_loopback_host(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|it| it.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const HERE: (&str, &str) = ("Host", "127.0.0.1:4000");

    fn is_direct_with(headers: &[(&'static str, &'static str)]) -> bool {
        let mut request = TestRequest::get().uri("/dev/outbox");
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        is_direct(&request.to_http_request())
    }

    #[test]
    fn programs_the_address_bar_and_pages_of_this_server_ask_directly() {
        for further in [
            &[][..],
            &[("Sec-Fetch-Site", "none")],
            &[("Sec-Fetch-Site", "same-origin")],
            &[("Origin", "http://127.0.0.1:4000")],
            &[("Referer", "https://elsewhere.example"), ("Accept", "*/*")],
        ] {
            assert!(
                is_direct_with(&[&[HERE][..], further].concat()),
                "{further:?}"
            );
        }
    }

    #[test]
    fn pages_of_other_origins_do_not() {
        for further in [
            &[("Origin", "https://evil.example")][..],
            &[("Origin", "null")],
            &[("Origin", "")],
            &[("Origin", "http://127.0.0.1:3000")],
            &[("Origin", "http://localhost:4000")],
            &[("Origin", "https://127.0.0.1:4000")],
            &[("Origin", "http://127.0.0.1:4000"), ("Origin", "null")],
            &[("Sec-Fetch-Site", "cross-site")],
            &[("Sec-Fetch-Site", "same-site")],
            &[("Sec-Fetch-Site", "")],
            &[("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "cross-site")],
        ] {
            assert!(
                !is_direct_with(&[&[HERE][..], further].concat()),
                "{further:?}"
            );
        }
    }

    #[test]
    fn nothing_that_came_past_a_proxy_is_direct() {
        for name in [
            "Via",
            "Forwarded",
            "X-Forwarded-For",
            "X-Forwarded-Host",
            "X-Forwarded-Proto",
            "X-Forwarded-Server",
            "X-Real-IP",
            "CF-Connecting-IP",
            "CF-Ray",
            "CDN-Loop",
            "True-Client-IP",
            "Fastly-Client-IP",
            "Fly-Client-IP",
            "X-Client-IP",
            "X-Cluster-Client-IP",
            "X-Envoy-External-Address",
            "X-Amzn-Trace-Id",
            "X-Azure-ClientIP",
            "X-Original-Host",
            "X-Cloud-Trace-Context",
            "Tailscale-User-Login",
        ] {
            assert!(!is_direct_with(&[HERE, (name, "x")]), "{name}");
            assert!(!is_direct_with(&[HERE, (name, "")]), "empty {name}");
        }
    }

    #[test]
    fn old_http_and_absolute_addresses_are_those_of_proxies() {
        let old = TestRequest::get()
            .version(Version::HTTP_10)
            .append_header(HERE);
        let absolute = TestRequest::get()
            .uri("http://127.0.0.1:4000/dev/outbox")
            .append_header(HERE);

        assert!(!is_direct(&old.to_http_request()));
        assert!(!is_direct(&absolute.to_http_request()));
    }

    #[test]
    fn a_host_of_another_name_or_none_is_not_asked_directly() {
        for hosts in [
            &[][..],
            &[("Host", "evil.example")],
            &[("Host", "auth.example.com:4000")],
            &[HERE, ("Host", "evil.example")],
            &[HERE, HERE],
        ] {
            assert!(!is_direct_with(hosts), "{hosts:?}");
        }
    }

    #[test]
    fn only_names_of_this_machine_are_local() {
        for host in [
            "localhost",
            "localhost:4000",
            "127.0.0.1:4000",
            "[::1]",
            "[::1]:4000",
        ] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
        ] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }
}
