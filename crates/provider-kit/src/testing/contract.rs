//! The contract of every provider of the authorization-code flow.

use std::collections::BTreeMap;

use auth_domain::{
    identity::{ExternalIdentity, Subject},
    ports::{Provider, ProviderError},
    user::EmailAddress,
};
use data_encoding::BASE64;
use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use super::service::{
    ACCESS_TOKEN, CALLBACK, CLIENT_ID, CLIENT_SECRET, CODE, Service, authorization_request,
    authorization_response, egress, form_of, proof,
};
use crate::{
    authorization_code_provider::{AuthorizationCodeProvider, OAuth2},
    error::ProfileError,
    oauth_client::ClientAuthentication,
};

/// A provider's documentation, written down once more by hand, to compare the code with.
pub struct Contract<F> {
    /// The provider.
    pub provider: F,
    /// Its own parameters of authorization requests, scopes among them.
    pub parameters: &'static [(&'static str, &'static str)],
    /// Whether it supports PKCE.
    pub pkce: bool,
    /// How this server authenticates there.
    pub authentication: ClientAuthentication,
    /// Headers of each request for the profile, beside the usual ones.
    pub headers: &'static [(&'static str, &'static str)],
    /// Its responses with the profile, by path; the profile itself is at `/profile`.
    pub answers: Vec<(&'static str, Value)>,
    /// The expected user.
    pub person: Person,
}

impl<F> Contract<F> {
    /// A provider like most, which answers with `profile` about `person`.
    #[must_use]
    pub fn of(provider: F, profile: Value, person: Person) -> Self {
        Self {
            provider,
            parameters: &[],
            pkce: false,
            authentication: ClientAuthentication::Body,
            headers: &[],
            answers: vec![("/profile", profile)],
            person,
        }
    }
}

/// A user as the provider describes them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Person {
    /// The provider's id.
    pub id: &'static str,
    /// The address.
    pub email: Option<&'static str>,
    /// Whether the provider says that it verified it.
    pub email_verified: Option<bool>,
    /// The name.
    pub name: Option<&'static str>,
    /// The picture.
    pub picture: Option<&'static str>,
}

impl Person {
    /// The same as the domain has it.
    #[must_use]
    pub fn identity(self) -> ExternalIdentity {
        ExternalIdentity {
            subject: Subject::parse(self.id).unwrap(),
            email: self.email.map(|it| EmailAddress::parse(it).unwrap()),
            email_verified: self.email_verified,
            name: self.name.map(str::to_owned),
            avatar: self.picture.map(|it| it.parse().unwrap()),
        }
    }
}

/// The identity in a profile.
///
/// # Errors
///
/// See [`ProfileError`].
pub fn identity_of<F: AuthorizationCodeProvider>(
    provider: &F,
    profile: &Value,
) -> Result<ExternalIdentity, ProfileError> {
    let read = serde_json::from_value(profile.clone());
    provider.identity(read.ok().ok_or(ProfileError::Unreadable)?)
}

/// Checks that an address is verified if one member of the profile is true, and in no other case.
pub fn verified_only_if_said_by<F: AuthorizationCodeProvider>(
    provider: &F,
    profile: &Value,
    member: &str,
) {
    let judged = |value: Option<Value>| {
        let mut profile = profile.clone();
        let members = profile.as_object_mut().unwrap();
        members.remove(member);
        members.extend(value.map(|it| (member.to_owned(), it)));
        let identity = identity_of(provider, &profile).unwrap();
        assert!(identity.email.is_some());
        identity.email_verified == Some(true)
    };

    assert!(judged(Some(json!(true))));
    assert!(judged(Some(json!("true"))));
    assert!(!judged(None));
    for value in [
        json!(false),
        json!("false"),
        json!(null),
        json!(1),
        json!("yes"),
        json!({}),
    ] {
        assert!(!judged(Some(value.clone())), "{value}");
    }
}

/// Checks that any member but the id may be `null`.
pub fn only_needs<F: AuthorizationCodeProvider>(provider: &F, profile: &Value, id: &str) {
    let names: Vec<String> = profile.as_object().unwrap().keys().cloned().collect();
    for name in names {
        let mut odd = profile.clone();
        let members = odd.as_object_mut().unwrap();
        members.insert(name.clone(), Value::Null);
        let identity = identity_of(provider, &odd);
        assert_eq!(identity.is_ok(), name != id, "{name}");
    }
}

/// Checks that no member of other providers makes an address verified.
pub fn never_verified<F: AuthorizationCodeProvider>(provider: &F, profile: &Value) {
    let mut profile = profile.clone();
    let members = profile.as_object_mut().unwrap();
    for member in [
        "email_verified",
        "verified",
        "verified_email",
        "is_confirmed",
        "confirmed_at",
    ] {
        members.insert(member.to_owned(), json!(true));
    }

    let identity = identity_of(provider, &profile).unwrap();

    assert!(identity.email.is_some());
    assert_eq!(identity.email_verified, None);
}

impl<F: AuthorizationCodeProvider> Contract<F> {
    async fn start(self) -> (Service, OAuth2<F>) {
        let service = Service::start().await;
        let tokens = json!({ "access_token": ACCESS_TOKEN, "token_type": "bearer" });
        service.posts("/token", 200, &tokens);
        for (path, json) in &self.answers {
            service.gets(path, json);
        }
        let provider = OAuth2::new(self.provider, service.registration(), egress());
        (service, provider)
    }
}

/// The authorization request has all that the provider needs, and no secret.
pub async fn the_browser_is_sent_with_what_is_documented<F: AuthorizationCodeProvider>(
    contract: Contract<F>,
) {
    let (parameters, pkce) = (contract.parameters, contract.pkce);
    let (_service, provider) = contract.start().await;

    let sent_to = provider.authorize(&authorization_request()).await.unwrap();

    assert_eq!(provider.id().as_str(), F::ID);
    assert_eq!(sent_to.path(), "/authorize");
    let actual: BTreeMap<_, _> = sent_to.query_pairs().into_owned().collect();
    assert_eq!(sent_to.query_pairs().count(), actual.len(), "{sent_to}");
    let challenge = proof().verifier.challenge();
    let mut expected = BTreeMap::from([
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("redirect_uri", CALLBACK),
        ("state", "a state"),
    ]);
    if pkce {
        expected.insert("code_challenge", challenge.as_str());
        expected.insert("code_challenge_method", "S256");
    }
    expected.extend(parameters.iter().copied());
    let actual: BTreeMap<_, _> = actual
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(actual, expected);
    assert!(!sent_to.as_str().contains("hunter2"));
}

/// The code is exchanged once, the profile is fetched with the token, and both as documented.
pub async fn the_person_is_who_the_profile_says<F: AuthorizationCodeProvider>(
    contract: Contract<F>,
) {
    let (pkce, authentication, headers) =
        (contract.pkce, contract.authentication, contract.headers);
    let person = contract.person.identity();
    let paths = contract.answers.iter().map(|(path, _)| *path);
    let mut asked: Vec<_> = paths.map(|path| format!("GET {path}")).collect();
    let (service, provider) = contract.start().await;

    let identified = provider
        .identify(&authorization_response(&[("code", CODE)]))
        .await
        .unwrap();

    assert_eq!(identified, person);
    let mut lines = service.lines().await;
    assert_eq!(lines.remove(0), "POST /token");
    lines.sort();
    asked.sort();
    assert_eq!(lines, asked);
    let received = service.received().await;
    let (exchange, profiles) = received.split_first().unwrap();
    check_exchange(exchange, pkce, authentication);
    let bearer = format!("Bearer {ACCESS_TOKEN}");
    for request in profiles {
        assert_eq!(header(request, "authorization"), Some(bearer.as_str()));
        assert_eq!(header(request, "accept"), Some("application/json"));
        for (name, value) in headers {
            assert_eq!(header(request, name), Some(*value));
        }
    }
}

fn check_exchange(exchange: &Request, pkce: bool, authentication: ClientAuthentication) {
    let verifier = proof().verifier;
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", CODE),
        ("redirect_uri", CALLBACK),
    ];
    if pkce {
        form.push(("code_verifier", verifier.expose()));
    }
    let pair = BASE64.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}").as_bytes());
    let basic = format!("Basic {pair}");
    let in_header = authentication == ClientAuthentication::Basic;
    if !in_header {
        form.extend([("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)]);
    }
    let sent = form_of(exchange);
    let sent: Vec<_> = sent
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(sent, form);
    assert_eq!(
        header(exchange, "authorization"),
        in_header.then_some(basic.as_str())
    );
    assert_eq!(header(exchange, "accept"), Some("application/json"));
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.get(name).map(|it| it.to_str().unwrap())
}

/// A profile without an id, in another format, or missing is refused.
pub async fn a_profile_that_is_none_is_refused<F: AuthorizationCodeProvider>(
    contract: Contract<F>,
) {
    let is_other = |(path, _): &&(&str, Value)| *path != "/profile";
    let others: Vec<_> = contract.answers.iter().filter(is_other).cloned().collect();
    let (service, provider) = contract.start().await;
    let tokens = json!({ "access_token": ACCESS_TOKEN });
    for profile in [
        ResponseTemplate::new(200).set_body_json(json!({})),
        ResponseTemplate::new(200).set_body_json(json!([])),
        ResponseTemplate::new(200).set_body_json(json!({ "id": null, "sub": "", "uuid": 0 })),
        ResponseTemplate::new(200).set_body_string(format!("<html>{ACCESS_TOKEN}")),
        ResponseTemplate::new(401).set_body_json(json!({ "token": ACCESS_TOKEN })),
        ResponseTemplate::new(302).insert_header("Location", "/elsewhere"),
    ] {
        service.reset().await;
        service.posts("/token", 200, &tokens);
        service.answers("GET", "/profile", profile);
        for (path, json) in &others {
            service.gets(path, json);
        }

        let refused = provider
            .identify(&authorization_response(&[("code", CODE)]))
            .await
            .unwrap_err();

        assert!(
            matches!(refused, ProviderError::ProfileFailed(_)),
            "{refused:?}"
        );
        assert!(!format!("{refused:?}").contains("hunter2"), "{refused:?}");
        let lines = service.lines().await;
        assert!(!lines.contains(&"GET /elsewhere".to_owned()), "{lines:?}");
    }
}

/// Without a token no profile is fetched.
pub async fn a_code_that_is_refused_asks_for_no_profile<F: AuthorizationCodeProvider>(
    contract: Contract<F>,
) {
    let (service, provider) = contract.start().await;
    let token = json!({ "access_token": ACCESS_TOKEN });
    let error = json!({ "error": "invalid_grant", "error_description": CODE });
    for (status, reply) in [
        (400, &error),
        (200, &error),
        (200, &json!({})),
        (500, &token),
    ] {
        service.reset().await;
        service.posts("/token", status, reply);

        let refused = provider
            .identify(&authorization_response(&[("code", CODE)]))
            .await
            .unwrap_err();

        assert!(
            matches!(refused, ProviderError::CodeRefused(_)),
            "{refused:?}"
        );
        assert!(!format!("{refused:?}").contains("hunter2"), "{refused:?}");
        assert_eq!(service.lines().await, ["POST /token"]);
    }
}

/// Without a code no request is sent.
pub async fn nothing_is_asked_without_a_code<F: AuthorizationCodeProvider>(contract: Contract<F>) {
    let (service, provider) = contract.start().await;

    for parameters in [&[][..], &[("code", "")], &[("state", "a state")]] {
        let refused = provider
            .identify(&authorization_response(parameters))
            .await
            .unwrap_err();

        assert!(
            matches!(refused, ProviderError::CodeRefused(_)),
            "{refused:?}"
        );
    }
    assert!(service.lines().await.is_empty());
}
