//! Where a link or a sign-in may lead: the allow-list for `redirectTo`.
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

/// A pattern that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is not a redirect pattern: {reason}")]
pub struct InvalidRedirectPattern {
    /// The pattern as configured.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
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
    /// # Errors
    ///
    /// [`InvalidRedirectPattern`] when one of them is not `scheme://host[:port][/path]`.
    pub fn new(client_url: &str, patterns: &[String]) -> Result<Self, InvalidRedirectPattern> {
        let client_url = client_url.trim();
        let all = std::iter::once(client_url).chain(patterns.iter().map(|it| it.trim()));
        let patterns = all
            .filter(|it| !it.is_empty())
            .map(Pattern::parse)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            client_url: client_url.to_owned(),
            patterns,
        })
    }

    /// Where to lead when the client named no other place.
    #[must_use]
    pub fn client_url(&self) -> RedirectUrl {
        RedirectUrl(self.client_url.clone())
    }

    /// The place `requested`, or the client's URL when none was.
    ///
    /// A path (`/welcome?x=1`) is resolved against the client's URL.
    ///
    /// # Errors
    ///
    /// [`RedirectNotAllowed`] when no pattern allows it.
    pub fn check(&self, requested: Option<&str>) -> Result<RedirectUrl, RedirectNotAllowed> {
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

    /// Whether a page of this origin (`https://app.acme.io`, as in the header of that name) may be
    /// redirected to at all.
    #[must_use]
    pub fn allows_origin(&self, origin: &str) -> bool {
        Url::parse(origin).is_ok_and(|url| self.patterns.iter().any(|it| it.matches_origin(&url)))
    }

    fn resolve(&self, requested: &str) -> Result<(Url, String), RedirectNotAllowed> {
        // White space, controls and backslashes are silently dropped or turned by URL parsers, and
        // by each in its own way.
        if requested.contains(|it: char| it.is_control() || it.is_whitespace() || it == '\\') {
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
        Ok((url, requested.to_owned()))
    }
}

/// One allowed place, with everything below its path.
#[derive(Debug, Clone)]
struct Pattern {
    scheme: String,
    host: Regex,
    port: Option<u16>,
    path: Regex,
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, InvalidRedirectPattern> {
        let invalid = |reason: &str| InvalidRedirectPattern {
            pattern: text.to_owned(),
            reason: reason.to_owned(),
        };
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| invalid("no `scheme://`"))?;
        let end = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (host, port) =
            split_port(authority).ok_or_else(|| invalid("the port is not a number"))?;
        if scheme.is_empty() || authority.contains('@') || authority.contains(['?', '#']) {
            return Err(invalid("not of the form scheme://host[:port][/path]"));
        }
        if scheme.contains(['*', '?', '[', ']', '{', '}', '\\']) {
            return Err(invalid("the scheme cannot be a pattern"));
        }
        let scheme = scheme.to_ascii_lowercase();
        let glob = |glob: &str, separator| {
            glob_to_regex(glob, separator).ok_or_else(|| invalid("an unclosed `[` or `{`"))
        };
        Ok(Self {
            port: port.or_else(|| default_port(&scheme)),
            host: glob(&host_glob(host), '.')?,
            path: glob(&everything_below(path), '/')?,
            scheme,
        })
    }

    fn matches(&self, url: &Url) -> bool {
        let path = &url[Position::BeforePath..Position::AfterPath];
        self.matches_origin(url)
            && (self.path.is_match(path) || self.path.is_match(&format!("{path}/")))
    }

    fn matches_origin(&self, url: &Url) -> bool {
        let port = url.port().or_else(|| default_port(url.scheme()));
        url.username().is_empty()
            && url.password().is_none()
            && url.scheme() == self.scheme
            && port == self.port
            && self.host.is_match(url.host_str().unwrap_or_default())
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    }
}

/// Splits `host:port`; `None` when what follows the colon is no port.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    if authority.ends_with(']') {
        return Some((authority, None));
    }
    match authority.rsplit_once(':') {
        None => Some((authority, None)),
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
    }
}

/// The glob for a host. An IPv6 address has brackets that begin no class, and other spellings than
/// the one parsed URLs have.
fn host_glob(host: &str) -> String {
    let in_brackets = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    match in_brackets.and_then(|it| it.parse::<Ipv6Addr>().ok()) {
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
    fn without_a_wish_the_client_url_is_it() {
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
            let policy = RedirectPolicy::new(pattern, &[]).unwrap();
            policy.check(Some(url)).is_ok()
        };

        assert!(allows("http://[::1]:3000", "http://[::1]:3000/deep"));
        assert!(allows("http://[::1]", "http://[0:0:0:0:0:0:0:1]"));
        assert!(allows("https://[2001:DB8::0001]", "https://[2001:db8::1]"));
        assert!(allows("https://[ab].acme.io", "https://b.acme.io"));
        assert!(!allows("http://[::1]:3000", "http://[::2]:3000"));
        assert!(!allows("http://[::1]:3000", "http://[::1]:3001"));
        assert!(!allows("http://[::1]", "http://1"));
    }

    #[test]
    fn a_pattern_that_cannot_be_read_names_itself() {
        for pattern in [
            "acme.com",
            "http*://acme.com",
            "{http,https}://acme.com",
            "http?://acme.com",
            "://acme.com",
            "https://acme.com:port",
            "https://[acme.com",
            "https://{a.com",
        ] {
            let error = RedirectPolicy::new("", &[pattern.to_owned()]).unwrap_err();
            assert!(error.to_string().contains(pattern), "{error}");
        }
    }
}
