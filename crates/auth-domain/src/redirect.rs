//! The allow-list for `redirectTo`: defence against open redirects.
//!
//! Patterns are written as Hasura Auth has them (`https://*.acme.io/app/**`), but matched on the
//! parts of a parsed URL. A pattern compared with the raw text can be fooled by `@`, `\` and
//! look-alike prefixes; a parsed host cannot.

use std::{fmt, net::Ipv6Addr};

use regex::Regex;
use url::{Host, Position, Url};

/// A URL that the allow-list accepted, or the configured client URL.
#[derive(Clone, PartialEq, Eq)]
pub struct RedirectUrl(String);

impl RedirectUrl {
    /// A URL that was accepted earlier, perhaps by another allow-list. For what was stored only.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The URL as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A redirect may carry data of a user in its query: the debug form shows none of it.
impl fmt::Debug for RedirectUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.0.find(['?', '#']).unwrap_or(self.0.len());
        f.write_str(self.0.get(..end).unwrap_or_default())
    }
}

/// The URL is not in the allow-list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the redirect is not allowed")]
pub struct RedirectNotAllowed;

/// A pattern that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is not a redirect pattern: {reason}")]
pub struct InvalidRedirectPattern {
    /// The pattern as configured.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
    /// Whether the pattern can be left out because no URL could match it. Otherwise it would allow
    /// more than it seems to.
    pub matches_nothing: bool,
}

/// The client's URL and the patterns of further allowed ones. The default allows nothing but the
/// empty client URL.
#[derive(Debug, Clone, Default)]
pub struct RedirectPolicy {
    client_url: String,
    patterns: Vec<Pattern>,
}

impl RedirectPolicy {
    /// A policy that allows `client_url` and what matches one of `patterns`, each with everything
    /// below it. Blank patterns are skipped.
    ///
    /// `client_url` is a URL and no pattern. Its query and its fragment, such as those of
    /// `http://localhost:3000/#/`, do not narrow what it allows.
    ///
    /// # Errors
    ///
    /// [`InvalidRedirectPattern`] when one of them is not `scheme://host[:port][/path]`,
    /// `scheme:/path` or `scheme:path`.
    pub fn new(client_url: &str, patterns: &[String]) -> Result<Self, InvalidRedirectPattern> {
        let client_url = client_url.trim();
        let client = (!client_url.is_empty()).then(|| Pattern::of_client(client_url));
        let patterns = patterns
            .iter()
            .map(|it| it.trim())
            .filter(|it| !it.is_empty())
            .map(Pattern::parse);
        Ok(Self {
            client_url: client_url.to_owned(),
            patterns: client
                .into_iter()
                .chain(patterns)
                .collect::<Result<_, _>>()?,
        })
    }

    /// Where to redirect when the client named no URL.
    #[must_use]
    pub fn client_url(&self) -> RedirectUrl {
        RedirectUrl(self.client_url.clone())
    }

    /// The URL `requested`, or the client's URL when none was.
    ///
    /// A path (`/welcome?x=1`) is resolved against the client's URL, which itself is always
    /// allowed.
    ///
    /// # Errors
    ///
    /// [`RedirectNotAllowed`] when no pattern allows it.
    pub fn check(&self, requested: Option<&str>) -> Result<RedirectUrl, RedirectNotAllowed> {
        let requested = requested.filter(|it| *it != self.client_url || it.is_empty());
        let Some(requested) = requested else {
            return Ok(self.client_url());
        };
        let (url, text) = self.resolve(requested)?;
        if self.patterns.iter().any(|pattern| pattern.matches(&url)) {
            Ok(RedirectUrl(text))
        } else {
            Err(RedirectNotAllowed)
        }
    }

    /// Whether any page of this origin (`https://app.acme.io`, as in the header `Origin`) may be
    /// redirected to.
    #[must_use]
    pub fn allows_origin(&self, origin: &str) -> bool {
        Url::parse(origin).is_ok_and(|url| self.patterns.iter().any(|it| it.matches_origin(&url)))
    }

    fn resolve(&self, requested: &str) -> Result<(Url, String), RedirectNotAllowed> {
        // URL parsers drop or rewrite white space, controls and backslashes, each in its own way
        // (parser confusion). A blank inside a query is common, and encoded below.
        let is_ambiguous =
            |it: char| it.is_control() || it == '\\' || it.is_whitespace() && it != ' ';
        if requested.contains(is_ambiguous) {
            return Err(RedirectNotAllowed);
        }
        let not_allowed = |_| RedirectNotAllowed;
        if requested.starts_with('/') && !requested.starts_with("//") {
            let client = Url::parse(&self.client_url).map_err(not_allowed)?;
            let url = client.join(requested).map_err(not_allowed)?;
            let text = url.to_string();
            return Ok((url, text));
        }
        let url = Url::parse(requested).map_err(not_allowed)?;
        let text = if requested.contains(' ') {
            // Return the text that was checked: no other parser may read the original differently.
            url.to_string()
        } else {
            requested.to_owned()
        };
        Ok((url, text))
    }
}

/// Schemes that run or show what stands in the URL itself, or files: never a redirect target.
const UNSAFE_SCHEMES: [&str; 7] = [
    "about",
    "blob",
    "data",
    "file",
    "javascript",
    "vbscript",
    "view-source",
];

/// The characters that make a text a glob.
const GLOB: [char; 7] = ['*', '?', '[', ']', '{', '}', '\\'];

/// One allowed URL, with everything below its path.
#[derive(Debug, Clone)]
struct Pattern {
    scheme: String,
    /// Host and port; `None` for `scheme:/path`, which has neither.
    authority: Option<Authority>,
    path: Regex,
}

#[derive(Debug, Clone)]
struct Authority {
    host: Regex,
    /// Matches the port in decimal digits; empty where a scheme has no default port.
    port: Regex,
}

impl Pattern {
    /// The pattern of the client's URL, taken literally.
    fn of_client(text: &str) -> Result<Self, InvalidRedirectPattern> {
        let invalid = || InvalidRedirectPattern {
            pattern: text.to_owned(),
            reason: "not a URL such as https://example.com".to_owned(),
            matches_nothing: false,
        };
        let url = Url::parse(text).map_err(|_unreadable| invalid())?;
        if url.cannot_be_a_base() || UNSAFE_SCHEMES.contains(&url.scheme()) {
            return Err(invalid());
        }
        let literal = |text: &str| Regex::new(&format!(r"\A{}\z", regex::escape(text)));
        let authority = url.has_authority().then(|| {
            let host = literal(url.host_str().unwrap_or_default())?;
            let port = literal(&port_of(&url))?;
            Ok::<_, regex::Error>(Authority { host, port })
        });
        let path = &url[Position::BeforePath..Position::AfterPath];
        let below = format!(r"\A{}(?:/.*)?\z", regex::escape(path.trim_end_matches('/')));
        Ok(Self {
            scheme: url.scheme().to_owned(),
            authority: authority.transpose().map_err(|_unreadable| invalid())?,
            path: Regex::new(&below).map_err(|_unreadable| invalid())?,
        })
    }

    fn parse(text: &str) -> Result<Self, InvalidRedirectPattern> {
        let unusable = |matches_nothing, reason: &str| InvalidRedirectPattern {
            pattern: text.to_owned(),
            reason: reason.to_owned(),
            matches_nothing,
        };
        let refused = |reason| unusable(false, reason);
        let in_vain = |reason| unusable(true, reason);
        let (scheme, rest) = text.split_once(':').unwrap_or((text, ""));
        if scheme.contains(GLOB) {
            return Err(refused("the scheme cannot be a pattern"));
        }
        // People read `localhost:3000` as host and port, parsers as a scheme.
        if !is_scheme(scheme) || rest.is_empty() || rest.starts_with(|it: char| it.is_ascii_digit())
        {
            return Err(in_vain("no `scheme://`"));
        }
        if text.contains('#') {
            return Err(in_vain("fragments (`#…`) are not compared"));
        }
        let scheme = scheme.to_ascii_lowercase();
        if UNSAFE_SCHEMES.contains(&scheme.as_str()) {
            return Err(refused("the scheme is not allowed"));
        }
        if text.contains(char::is_whitespace) {
            return Err(in_vain(
                "no URL has a blank or a line break; a list has commas",
            ));
        }
        let glob = |glob: &str, separator| {
            glob_to_regex(glob, separator).ok_or_else(|| refused("an unclosed `[` or `{`"))
        };
        let is_web = default_port(&scheme).is_some();
        let Some(place) = rest.strip_prefix("//") else {
            if is_web {
                return Err(in_vain("no `://`"));
            }
            let path = glob(&everything_below(rest), '/')?;
            return Ok(Self {
                scheme,
                authority: None,
                path,
            });
        };
        let (authority, path) = place.split_at(place.find('/').unwrap_or(place.len()));
        if authority.contains('@') {
            return Err(in_vain("no URL with a user name is allowed"));
        }
        let (host, port) = split_port(authority);
        if host.is_empty() && is_web {
            return Err(refused("it names no host"));
        }
        let default_port = || default_port(&scheme).map_or_else(String::new, |it| it.to_string());
        let anything = || "**".to_owned();
        let (host, port, path) = match (host, port, path) {
            // As in Hasura Auth, `myapp://` alone stands for everything of that application.
            ("", "", "") => (anything(), anything(), anything()),
            (host, "", path) => (host_glob(host), default_port(), everything_below(path)),
            (host, port, path) => (host_glob(host), port.to_owned(), everything_below(path)),
        };
        Ok(Self {
            authority: Some(Authority {
                host: glob(&host, '.')?,
                port: glob(&port, '.')?,
            }),
            path: glob(&path, '/')?,
            scheme,
        })
    }

    fn matches(&self, url: &Url) -> bool {
        let path = &url[Position::BeforePath..Position::AfterPath];
        self.matches_origin(url)
            && (self.path.is_match(path) || self.path.is_match(&format!("{path}/")))
    }

    fn matches_origin(&self, url: &Url) -> bool {
        let is_there = match &self.authority {
            None => !url.has_authority(),
            Some(authority) => {
                url.has_authority()
                    && authority.host.is_match(url.host_str().unwrap_or_default())
                    && authority.port.is_match(&port_of(url))
            }
        };
        url.username().is_empty()
            && url.password().is_none()
            && url.scheme() == self.scheme
            && is_there
    }
}

/// RFC 3986 §3.1.
fn is_scheme(text: &str) -> bool {
    let plain = |it: char| it.is_ascii_alphanumeric() || "+-.".contains(it);
    text.starts_with(|it: char| it.is_ascii_alphabetic()) && text.chars().all(plain)
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    }
}

fn port_of(url: &Url) -> String {
    let port = url.port().or_else(|| default_port(url.scheme()));
    port.map_or_else(String::new, |it| it.to_string())
}

/// Splits `host:port`, of which the port may be a glob. An IPv6 address in brackets has colons of
/// its own.
fn split_port(authority: &str) -> (&str, &str) {
    if let Some(end) = authority.find(']')
        && let Some((address, rest)) = authority.split_at_checked(end + 1)
        && host_address(address).is_some()
    {
        return (address, rest.strip_prefix(':').unwrap_or(rest));
    }
    authority.split_once(':').unwrap_or((authority, ""))
}

/// The address in the brackets of a URL's host.
fn host_address(host: &str) -> Option<Ipv6Addr> {
    let in_brackets = host.strip_prefix('[')?.strip_suffix(']')?;
    in_brackets.parse().ok()
}

/// The glob for a host. An IPv6 address has brackets that begin no class, and is spelled as parsed
/// URLs have it.
fn host_glob(host: &str) -> String {
    match host_address(host) {
        Some(address) => format!(r"\{}", Host::<&str>::Ipv6(address)),
        None => host.to_ascii_lowercase(),
    }
}

/// `/app`, `/app/` and `/app/*` allow everything below `/app/`, as in Hasura Auth.
fn everything_below(path: &str) -> String {
    if path.ends_with("/**") {
        path.to_owned()
    } else if path.ends_with("/*") {
        format!("{path}*")
    } else if path.ends_with('/') {
        format!("{path}**")
    } else {
        format!("{path}/**")
    }
}

/// Globs of the library Hasura Auth uses: `*` and `?` stop at a separator, `**` does not;
/// `[abc]`, `[!a-z]`, `{one,two}` and `\x` as usual. `None` for unbalanced brackets.
fn glob_to_regex(glob: &str, separator: char) -> Option<Regex> {
    let not_separator = format!("[^{}]", regex::escape(&separator.to_string()));
    let mut out = String::from(r"\A");
    let mut chars = glob.chars().peekable();
    let mut depth = 0_usize;
    while let Some(char) = chars.next() {
        match char {
            '*' if chars.next_if_eq(&'*').is_some() => out.push_str(".*"),
            '*' => out.extend([not_separator.as_str(), "*"]),
            '?' => out.push_str(&not_separator),
            '[' => out.push_str(&class(&mut chars)?),
            '{' => {
                depth += 1;
                out.push_str("(?:");
            }
            '}' if depth > 0 => {
                depth -= 1;
                out.push(')');
            }
            ',' if depth > 0 => out.push('|'),
            '\\' => out.push_str(&regex::escape(&chars.next()?.to_string())),
            other => out.push_str(&regex::escape(&other.to_string())),
        }
    }
    out.push_str(r"\z");
    if depth == 0 {
        Regex::new(&out).ok()
    } else {
        None
    }
}

/// The rest of a `[…]` class, as a regular expression.
fn class(chars: &mut impl Iterator<Item = char>) -> Option<String> {
    let mut out = String::from("[");
    let mut first = true;
    for char in chars {
        match char {
            '!' if first => out.push('^'),
            ']' if !first => {
                out.push(']');
                return Some(out);
            }
            '-' => out.push('-'),
            other => out.push_str(&regex::escape(&other.to_string())),
        }
        first = false;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> RedirectPolicy {
        let patterns = [
            "https://acme.com/path",
            "https://*.acme.io",
            "https://*-sub.acme.io",
            "https://simple.com",
            "myapp://callback",
            "https://{one,two}.example.com/[ab]*",
            " ",
        ];
        RedirectPolicy::new("http://localhost:3000", &patterns.map(str::to_owned)).unwrap()
    }

    #[test]
    fn what_hasura_auth_accepts_is_accepted() {
        for url in [
            "http://localhost:3000",
            "http://localhost:3000/",
            "http://localhost:3000/deep/path?x=1#y",
            "https://acme.com/path",
            "https://acme.com:443/path",
            "https://acme.com/path/?q#f",
            "https://acme.com/path/below/it",
            "https://123-subdomain.acme.io",
            "https://x-sub.acme.io/any",
            "https://ACME.com/path",
            "myapp://callback/x",
            "https://one.example.com/anything/",
        ] {
            let allowed = policy().check(Some(url)).map(|it| it.as_str().to_owned());
            assert_eq!(allowed, Ok(url.to_owned()), "{url}");
        }
    }

    #[test]
    fn what_only_looks_alike_is_refused() {
        for url in [
            "https://localhost:3000",
            "http://localhost",
            "http://localhost:3001",
            "https://acme.com/wrongpath",
            "https://acme.com/pathology",
            "https://acme.com/path/../wrongpath",
            "https://acme.com/path/%2e%2e/wrongpath",
            "https://a.b.acme.io",
            "https://acme.io",
            "https://simple.com.hijack.com",
            "https://simple.comhijack.com",
            "https://evil-simple.com",
            "https://simple.com:8443",
            "https://simple.com@evil.com",
            "https://user:pw@simple.com",
            "https://evil.com\\@simple.com",
            "https:\\\\simple.com",
            "https://simple.com\t.evil.com",
            "https://simple.com%2f.evil.com",
            "https://simple.com。evil.com",
            "//evil.com",
            "/\\evil.com",
            "javascript:alert(1)",
            "data:text/html,x",
            "http://simple.com",
            "https://three.example.com/a",
            "https://one.example.com/c",
            "",
            "simple.com",
        ] {
            assert_eq!(policy().check(Some(url)), Err(RedirectNotAllowed), "{url}");
        }
    }

    #[test]
    fn an_origin_is_allowed_whatever_the_path_of_its_pattern() {
        assert!(policy().allows_origin("https://acme.com"));
        assert!(policy().allows_origin("http://localhost:3000"));
        assert!(!policy().allows_origin("https://evil.com"));
        assert!(!policy().allows_origin("http://acme.com"));
        assert!(!policy().allows_origin("null"));
    }

    #[test]
    fn without_a_request_the_client_url_is_it() {
        assert_eq!(
            policy().check(None).unwrap().as_str(),
            "http://localhost:3000"
        );
    }

    #[test]
    fn a_path_is_resolved_against_the_client_url() {
        let url = policy().check(Some("/welcome?x=1")).unwrap();

        assert_eq!(url.as_str(), "http://localhost:3000/welcome?x=1");
    }

    #[test]
    fn an_ipv6_address_in_brackets_is_no_character_class() {
        let allows = |pattern: &str, url| {
            let policy = RedirectPolicy::new("", &[pattern.to_owned()]).unwrap();
            policy.check(Some(url)).is_ok()
        };

        assert!(allows("http://[::1]:3000", "http://[::1]:3000/deep"));
        assert!(allows("http://[::1]:300?", "http://[::1]:3001/deep"));
        assert!(allows("http://[::1]", "http://[0:0:0:0:0:0:0:1]"));
        assert!(allows("https://[2001:DB8::0001]", "https://[2001:db8::1]"));
        assert!(allows("https://[ab].acme.io", "https://b.acme.io"));
        assert!(!allows("http://[::1]:3000", "http://[::2]:3000"));
        assert!(!allows("http://[::1]:3000", "http://[::1]:3001"));
        assert!(!allows("http://[::1]", "http://1"));
    }

    fn allows(pattern: &str, url: &str) -> bool {
        let policy = RedirectPolicy::new("https://app.acme.io", &[pattern.to_owned()]).unwrap();
        policy.check(Some(url)).is_ok()
    }

    #[test]
    fn a_port_may_be_a_glob() {
        for (pattern, good, bad) in [
            (
                "http://localhost:*",
                &[
                    "http://localhost:1",
                    "http://localhost:3000/deep?x=1",
                    "http://localhost:65535",
                ][..],
                &["https://localhost:3000", "http://localhost.evil:3000"][..],
            ),
            (
                "https://example.com:80??/cb",
                &[
                    "https://example.com:8001/cb",
                    "https://example.com:8099/cb/x",
                ],
                &[
                    "https://example.com/cb",
                    "https://example.com:80/cb",
                    "https://example.com:8100/cb",
                    "https://example.com:8001/other",
                ],
            ),
            (
                "http://localhost:[3-5]*",
                &[
                    "http://localhost:3000",
                    "http://localhost:5",
                    "http://localhost:49152/x",
                ],
                &[
                    "http://localhost:8080",
                    "http://localhost",
                    "http://localhost:6000",
                ],
            ),
        ] {
            for url in good {
                assert!(allows(pattern, url), "{pattern} allows {url}");
            }
            for url in bad {
                assert!(!allows(pattern, url), "{pattern} does not allow {url}");
            }
        }
    }

    #[test]
    fn no_glob_of_a_port_reaches_over_to_another_host() {
        for pattern in [
            "http://localhost:*",
            "http://localhost:**",
            "http://localhost:[!0]*",
            "http://localhost:????????????",
        ] {
            for url in [
                "http://localhost:x@evil.example",
                "http://localhost:3000@evil.example/",
                "http://localhost:3000@evil",
                "http://localhost:@evil",
                "http://localhost:3000.evil.example",
                "http://localhost:3000%40evil.example",
                "http://localhost:3000\\@evil.example",
                "http://evil.example#http://localhost:3000",
                "http://evil.example?http://localhost:3000",
                "http://evil.example/http://localhost:3000",
            ] {
                assert!(!allows(pattern, url), "{pattern} does not allow {url}");
            }
        }
    }

    #[test]
    fn an_application_has_a_scheme_of_its_own_with_or_without_slashes() {
        for (pattern, good, bad) in [
            (
                "com.example.app:/oauth2redirect",
                &[
                    "com.example.app:/oauth2redirect",
                    "com.example.app:/oauth2redirect?code=1",
                    "com.example.app:/oauth2redirect/below",
                ][..],
                &[
                    "com.example.app:/other",
                    "com.example.app:/oauth2redirects",
                    "com.example.app://oauth2redirect",
                    "com.example.other:/oauth2redirect",
                    "https:/oauth2redirect",
                ][..],
            ),
            (
                "myapp:callback",
                &["myapp:callback", "myapp:callback?x"],
                &["myapp:other", "myapp:/callback", "myapp://callback"],
            ),
            (
                "exp://",
                &["exp://192.168.1.2:19000/--/x", "exp://any"],
                &["exps://any", "https://any", "exp:any"],
            ),
        ] {
            for url in good {
                assert!(allows(pattern, url), "{pattern} allows {url}");
            }
            for url in bad {
                assert!(!allows(pattern, url), "{pattern} does not allow {url}");
            }
        }
    }

    #[test]
    fn a_blank_in_a_query_is_encoded() {
        let allowed = |url| policy().check(Some(url)).map(|it| it.as_str().to_owned());

        assert_eq!(
            allowed("https://simple.com/a b?name=Ada L#x y"),
            Ok("https://simple.com/a%20b?name=Ada%20L#x%20y".to_owned())
        );
        for url in [
            "https://simple.com .evil.com/",
            "https://evil.com @simple.com/",
            "https://simple.com@ evil.com/",
            "java script:alert(1)",
            " //evil.com",
        ] {
            assert_eq!(allowed(url), Err(RedirectNotAllowed), "{url}");
        }
    }

    #[test]
    fn the_client_url_allows_itself_whatever_follows_its_path() {
        for client in [
            "http://localhost:3000/#/",
            "http://localhost:3000/?",
            "http://localhost:3000/?tab=1",
            "http://localhost:3000/app?x=1#y",
            "http://localhost:3000/app/index.html#/home",
            "http://localhost:3000#",
            "http://me:pw@localhost:3000/",
            "https://acme.io/[app]/{x}*",
            "com.example.app:/home#x",
        ] {
            let policy = RedirectPolicy::new(client, &[]).unwrap();

            let led_to = policy.check(Some(client)).map(|it| it.as_str().to_owned());
            assert_eq!(led_to, Ok(client.to_owned()), "{client}");
            assert!(policy.check(Some("https://evil.com/#/")).is_err());
        }
        let policy = RedirectPolicy::new("http://localhost:3000/#/", &[]).unwrap();
        assert!(
            policy
                .check(Some("http://localhost:3000/deep?x#/y"))
                .is_ok()
        );
        assert!(policy.check(Some("http://localhost:3001/#/")).is_err());
        assert!(policy.allows_origin("http://localhost:3000"));
    }

    #[test]
    fn the_client_url_is_no_pattern() {
        let policy = RedirectPolicy::new("https://acme.io/a*", &[]).unwrap();

        assert!(policy.check(Some("https://acme.io/a*/x")).is_ok());
        assert!(policy.check(Some("https://acme.io/abc")).is_err());
        for client in [
            "localhost:3000",
            "example.com",
            "/app",
            "javascript:x",
            "data:x",
        ] {
            assert!(RedirectPolicy::new(client, &[]).is_err(), "{client}");
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_used_names_itself_and_says_whether_it_matters() {
        for (pattern, matches_nothing) in [
            ("acme.com", true),
            ("localhost:3000", true),
            ("://acme.com", true),
            ("https:acme.com", true),
            ("https://me@acme.com", true),
            ("http://localhost:3000/#/", true),
            ("https://acme.com https://acme.org", true),
            ("https://acme.com\nhttps://acme.org", true),
            ("*", false),
            ("**", false),
            ("http*://acme.com", false),
            ("{http,https}://acme.com", false),
            ("http?://acme.com", false),
            ("https://", false),
            ("https:///x", false),
            ("javascript:alert", false),
            ("file:///etc", false),
            ("https://[acme.com", false),
            ("https://{a.com", false),
        ] {
            let error = RedirectPolicy::new("", &[pattern.to_owned()]).unwrap_err();

            assert!(error.to_string().contains(pattern), "{error}");
            assert_eq!(error.matches_nothing, matches_nothing, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_is_a_slip_matches_nothing_as_in_hasura_auth() {
        assert!(!allows("https://acme.com:port", "https://acme.com"));
        assert!(!allows("http://localhost:3000?x", "http://localhost:3000"));
    }
}
