//! Signing in with identity providers.

use std::{sync::Arc, time::Duration};

use auth_domain::{
    flow_binding::FlowBindingCookie,
    identity::{ExternalIdentity, ProviderId, Subject},
    policy::{AuthPolicy, ElevationRule},
    ports::Background,
    secret::Secret,
    services::{
        Audience, AuthorizationError, BegunFlow, EnumerationProtection, Error, FinishedFlow,
        FlowFailure, Grant, IdTokenProof, IdTokenSignIn, ProviderCallback, ProviderFlowRequest,
        ProviderSignInError, ProviderSignInRefusal, Providers, SignUpOptions, SignUpRefusal,
        SignedUp,
    },
    session::{AccessIdentity, AuthMethod, CodeVerifier, ExchangeCode, Session},
    testing::{KnownPeople, policy},
    user::{DisplayName, User},
};
use store_testkit::{MemoryStore, samples::security_key};

use crate::world::{
    Errands, PASSWORD, Pauses, World, bearer_of, credentials, email, role, sign_up,
};

const ADA: &str = "ada@example.com";

/// A world with GitHub and two providers of its own, of which one is trusted with addresses.
struct Town {
    world: World,
    github: Arc<KnownPeople>,
    company: Arc<KnownPeople>,
    club: Arc<KnownPeople>,
}

impl Town {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut AuthPolicy)) -> Self {
        Self::with_enumeration_protection(None, change).await
    }

    /// The same with enumeration protection.
    async fn enumeration_protected(
        background: Arc<dyn Background>,
        change: impl FnOnce(&mut AuthPolicy),
    ) -> Self {
        let enumeration_protection = EnumerationProtection {
            background,
            delay: Arc::new(Pauses::default()),
        };
        Self::with_enumeration_protection(Some(enumeration_protection), change).await
    }

    async fn with_enumeration_protection(
        enumeration_protection: Option<EnumerationProtection>,
        change: impl FnOnce(&mut AuthPolicy),
    ) -> Self {
        let mut policy = policy();
        change(&mut policy);
        let github = Arc::new(KnownPeople::at("github"));
        let company = Arc::new(KnownPeople::at("c:company"));
        let club = Arc::new(KnownPeople::at("c:club"));
        let providers = Providers::default()
            .with(Arc::clone(&github) as _)
            .with(Arc::clone(&company) as _)
            .with(Arc::clone(&club) as _)
            .with_id_tokens(Arc::clone(&github) as _)
            .trusting_addresses_of(vec![ProviderId::of("c:company")]);
        let store = Arc::new(MemoryStore::default());
        let world = World::over_with(store, Arc::default(), policy, |it| {
            it.providers = providers;
            it.enumeration_protection = enumeration_protection;
        });
        Self {
            world: world.await,
            github,
            company,
            club,
        }
    }

    /// Registers a user of GitHub who has no name, but perhaps an address, verified or not.
    fn knows(&self, name: &str, address: Option<(&str, bool)>) {
        self.github.know(name, person(name, address));
    }

    async fn begin(&self, request: ProviderFlowRequest) -> Result<BegunFlow, FlowFailure> {
        self.world.services.provider_sign_in().begin(request).await
    }

    async fn finish(&self, callback: ProviderCallback) -> Result<FinishedFlow, FlowFailure> {
        self.world
            .services
            .provider_sign_in()
            .finish(callback)
            .await
    }

    /// Goes through the flow of a provider as the user with this code.
    async fn go_through(
        &self,
        request: ProviderFlowRequest,
        code: &str,
    ) -> Result<FinishedFlow, ProviderSignInError> {
        let provider = request.provider.clone();
        let begun = self.begin(request).await.map_err(|it| it.error)?;
        let finished = self.finish(back(provider, &begun, code)).await;
        finished.map_err(|it| it.error)
    }

    /// Signs in with GitHub.
    async fn sign_in(&self, code: &str) -> Result<Session, ProviderSignInError> {
        let finished = self.go_through(request("github"), code).await?;
        Ok(self.session(finished).await)
    }

    /// The same with an exchange code (PKCE).
    async fn sign_in_with_challenge(&self, code: &str) -> (ExchangeCode, CodeVerifier) {
        let verifier = CodeVerifier::new([5; 24]);
        let request = ProviderFlowRequest {
            code_challenge: Some(verifier.challenge()),
            ..request("github")
        };
        let finished = self.go_through(request, code).await.unwrap();
        let Grant::Code(code) = finished.grant else {
            panic!("not a code: {:?}", finished.grant);
        };
        (code, verifier)
    }

    async fn session(&self, finished: FinishedFlow) -> Session {
        let Grant::RefreshToken(token) = finished.grant else {
            panic!("no user was signed in: {:?}", finished.grant);
        };
        self.world.services.tokens().refresh(token).await.unwrap()
    }

    async fn bring(&self, token: &str) -> Result<SignedUp, ProviderSignInError> {
        let request = IdTokenSignIn {
            proof: proof(token),
            options: SignUpOptions::default(),
            audience: Audience::AllUsers,
        };
        self.world
            .services
            .provider_sign_in()
            .with_id_token(request)
            .await
    }

    async fn stored(&self, address: &str) -> User {
        self.world.stored(address).await.unwrap()
    }
}

fn person(name: &str, address: Option<(&str, bool)>) -> ExternalIdentity {
    ExternalIdentity {
        email: address.map(|(address, _)| email(address)),
        email_verified: address.map(|(_, verified)| verified),
        ..ExternalIdentity::of(Subject::parse(&format!("id of {name}")).unwrap())
    }
}

fn request(provider: &'static str) -> ProviderFlowRequest {
    ProviderFlowRequest {
        provider: ProviderId::of(provider),
        options: SignUpOptions::default(),
        connect: None,
        client_state: None,
        code_challenge: None,
        audience: Audience::AllUsers,
    }
}

fn connecting(session: &Session) -> ProviderFlowRequest {
    ProviderFlowRequest {
        connect: Some(Secret::new(session.access_token.value.clone())),
        ..request("github")
    }
}

fn back(provider: ProviderId, begun: &BegunFlow, code: &str) -> ProviderCallback {
    ProviderCallback {
        provider,
        state: begun.state.expose().to_owned(),
        mark: Some(begun.mark.clone()),
        authorization_error: None,
        parameters: KnownPeople::parameters(code),
    }
}

fn proof(token: &str) -> IdTokenProof {
    IdTokenProof {
        provider: ProviderId::of("github"),
        token: Secret::new(token),
        nonce: None,
    }
}

fn is_taken<T>(outcome: &Result<T, ProviderSignInError>) -> bool {
    matches!(
        outcome,
        Err(Error::Refused(ProviderSignInRefusal::SignUp(
            SignUpRefusal::EmailTaken
        )))
    )
}

fn is_invalid_state(outcome: &Result<FinishedFlow, FlowFailure>) -> bool {
    matches!(
        outcome,
        Err(FlowFailure {
            error: Error::Refused(ProviderSignInRefusal::InvalidState),
            ..
        })
    )
}

#[tokio::test]
async fn a_new_person_gets_an_account_and_comes_back_to_it() {
    let town = Town::new().await;
    let identity = ExternalIdentity {
        name: Some("Ada Lovelace".to_owned()),
        avatar: Some("https://pictures.example.com/ada".parse().unwrap()),
        ..person("ada", Some((ADA, true)))
    };
    town.github.know("ada", identity);

    let first = town.sign_in("ada").await.unwrap().user;
    let second = town.sign_in("ada").await.unwrap().user;

    assert_eq!(first.id, second.id);
    assert_eq!(first.email, Some(email(ADA)));
    assert!(first.email_verified);
    assert_eq!(first.display_name, "Ada Lovelace");
    assert_eq!(first.avatar_url, "https://pictures.example.com/ada");
}

#[tokio::test]
async fn a_user_without_address_and_name_gets_an_account_too() {
    let town = Town::new().await;
    town.knows("ada", None);

    let user = town.sign_in("ada").await.unwrap().user;

    assert_eq!(user.email, None);
    assert!(!user.email_verified);
    assert_eq!(user.display_name, "id of ada");
    assert_eq!(town.sign_in("ada").await.unwrap().user.id, user.id);
}

#[tokio::test]
async fn what_a_new_account_is_to_be_like_survives_the_way_to_the_provider() {
    let town = Town::new().await;
    town.knows("ada", Some((ADA, true)));
    let options = SignUpOptions {
        display_name: Some(DisplayName::parse("Countess").unwrap()),
        redirect_to: Some("http://localhost:3000/welcome".to_owned()),
        ..SignUpOptions::default()
    };
    let request = ProviderFlowRequest {
        options,
        client_state: Some("mine".to_owned()),
        ..request("github")
    };

    let finished = town.go_through(request, "ada").await.unwrap();

    assert_eq!(
        finished.redirect_to.as_str(),
        "http://localhost:3000/welcome"
    );
    assert_eq!(finished.client_state.as_deref(), Some("mine"));
    assert_eq!(town.session(finished).await.user.display_name, "Countess");
}

#[tokio::test]
async fn the_session_tells_that_a_provider_was_used() {
    let town = Town::new().await;
    town.knows("ada", Some((ADA, true)));

    let session = town.sign_in("ada").await.unwrap();

    let current_user = town.world.services.current_user();
    let identity = current_user.identify(&session.access_token.value).unwrap();
    assert!(identity.methods.contains(AuthMethod::Provider));
    assert!(!identity.methods.contains(AuthMethod::Email));
}

#[tokio::test]
async fn a_client_with_a_challenge_gets_a_code_to_exchange() {
    let town = Town::new().await;
    town.knows("ada", Some((ADA, true)));

    let (code, verifier) = town.sign_in_with_challenge("ada").await;

    let email_links = town.world.services.email_links();
    let session = email_links.exchange(code, verifier).await.unwrap();
    let identity = town.world.services.current_user();
    let identity = identity.identify(&session.access_token.value).unwrap();
    assert!(identity.methods.contains(AuthMethod::Provider));
}

#[tokio::test]
async fn a_code_is_good_for_a_user_without_an_address_too() {
    let town = Town::new().await;
    town.knows("ada", None);

    let (code, verifier) = town.sign_in_with_challenge("ada").await;

    let email_links = town.world.services.email_links();
    let session = email_links.exchange(code.clone(), verifier.clone()).await;
    assert_eq!(session.unwrap().user.email, None);
    assert!(email_links.exchange(code, verifier).await.is_err());
}

#[tokio::test]
async fn a_code_of_a_user_who_was_disabled_is_worth_nothing() {
    let town = Town::new().await;
    let attacker = town.world.signed_up(ADA).await;
    town.knows("eve", None);
    town.go_through(connecting(&attacker), "eve").await.unwrap();
    let (code, verifier) = town.sign_in_with_challenge("eve").await;
    town.knows("ada", Some((ADA, true)));
    town.sign_in("ada").await.unwrap();

    let exchanged = town
        .world
        .services
        .email_links()
        .exchange(code, verifier)
        .await;

    assert!(exchanged.is_err(), "{exchanged:?}");
}

#[tokio::test]
async fn without_a_challenge_nothing_is_granted_where_urls_carry_no_tokens() {
    let town = Town::with(|it| it.sessions.refresh_token_in_redirect = false).await;
    town.knows("ada", Some((ADA, true)));

    let finished = town.go_through(request("github"), "ada").await.unwrap();

    assert_eq!(finished.grant, Grant::Nothing);
}

#[tokio::test]
async fn a_verified_address_leads_to_its_account() {
    let town = Town::new().await;
    let session = town.world.signed_up(ADA).await;
    town.knows("ada", Some((ADA, true)));

    let signed_in = town.sign_in("ada").await.unwrap();

    assert_eq!(signed_in.user.id, session.user.id);
    // From now on the link counts, whatever the address.
    town.knows("ada", Some(("other@example.com", true)));
    assert_eq!(town.sign_in("ada").await.unwrap().user.id, session.user.id);
}

#[tokio::test]
async fn an_unverified_address_leads_to_no_account() {
    let town = Town::new().await;
    town.world.signed_up(ADA).await;
    town.knows("eve", Some((ADA, false)));

    let signed_in = town.sign_in("eve").await;

    assert!(is_taken(&signed_in), "{signed_in:?}");
    assert!(!town.stored(ADA).await.email_verified);
    let again = town.sign_in("eve").await;
    assert!(is_taken(&again), "{again:?}");
}

#[tokio::test]
async fn an_operator_can_trust_a_provider_with_addresses() {
    let town = Town::new().await;
    let session = town.world.signed_up(ADA).await;
    let silent = ExternalIdentity {
        email_verified: None,
        ..person("ada", Some((ADA, true)))
    };
    town.company.know("ada", silent);

    let finished = town.go_through(request("c:company"), "ada").await.unwrap();

    let signed_in = town.session(finished).await;
    assert_eq!(signed_in.user.id, session.user.id);
    assert!(signed_in.user.email_verified);
}

#[tokio::test]
async fn a_denial_holds_even_of_a_trusted_provider() {
    let town = Town::new().await;
    town.world.signed_up(ADA).await;
    town.company.know("eve", person("eve", Some((ADA, false))));

    let signed_in = town.go_through(request("c:company"), "eve").await;

    assert!(is_taken(&signed_in), "{signed_in:?}");
    assert!(!town.stored(ADA).await.email_verified);
}

#[tokio::test]
async fn a_custom_provider_is_not_believed_unless_it_is_trusted() {
    let town = Town::new().await;
    town.world.signed_up(ADA).await;
    town.club.know("ada", person("ada", Some((ADA, true))));
    town.club
        .know("bob", person("bob", Some(("bob@example.com", true))));

    let known = town.go_through(request("c:club"), "ada").await;
    let new = town.go_through(request("c:club"), "bob").await.unwrap();

    assert!(is_taken(&known), "{known:?}");
    assert!(!town.stored(ADA).await.email_verified);
    assert!(!town.session(new).await.user.email_verified);
}

/// An attacker with a false `email_verified` loses the account when its owner signs in.
#[tokio::test]
async fn an_attacker_cannot_pre_hijack_an_account_with_a_provider_that_is_not_trusted() {
    let town = Town::new().await;
    town.club.know("eve", person("eve", Some((ADA, true))));
    let planted = town.go_through(request("c:club"), "eve").await.unwrap();
    let planted = town.session(planted).await;
    town.knows("ada", Some((ADA, true)));

    let owner = town.sign_in("ada").await.unwrap();

    assert_eq!(owner.user.id, planted.user.id);
    let tokens = town.world.services.tokens();
    assert!(tokens.refresh(planted.refresh_token).await.is_err());
    let again = town.go_through(request("c:club"), "eve").await;
    assert!(is_taken(&again), "{again:?}");
}

#[tokio::test]
async fn a_trusted_provider_still_has_to_give_an_address() {
    let town = Town::new().await;
    town.company.know("ada", person("ada", None));

    let finished = town.go_through(request("c:company"), "ada").await.unwrap();

    let user = town.session(finished).await.user;
    assert_eq!(user.email, None);
    assert!(!user.email_verified);
}

#[tokio::test]
async fn an_unverified_address_makes_an_account_that_is_not_verified() {
    let town = Town::new().await;
    town.knows("ada", Some((ADA, false)));

    let user = town.sign_in("ada").await.unwrap().user;

    assert_eq!(user.email, Some(email(ADA)));
    assert!(!user.email_verified);
}

#[tokio::test]
async fn an_unverified_address_has_to_be_verified_where_addresses_have_to_be() {
    let town = Town::with(|it| it.accounts.email_verification_required = true).await;
    town.knows("ada", Some((ADA, false)));

    let finished = town.go_through(request("github"), "ada").await.unwrap();

    assert_eq!(finished.grant, Grant::Nothing);
    assert_eq!(town.world.mailer.sent().len(), 1);
    let again = town.sign_in("ada").await;
    assert!(
        matches!(
            again,
            Err(Error::Refused(ProviderSignInRefusal::Account(_)))
        ),
        "{again:?}"
    );
    // Once the provider has verified it, the mail is not needed.
    town.knows("ada", Some((ADA, true)));
    let user = town.sign_in("ada").await.unwrap().user;
    assert!(user.email_verified);
    assert_eq!(town.sign_in("ada").await.unwrap().user.id, user.id);
}

/// With enumeration protection the answer is that of a free address.
#[tokio::test]
async fn an_unverified_address_does_not_tell_that_it_is_taken() {
    let errands = Arc::new(Errands::default());
    let town = Town::enumeration_protected(Arc::clone(&errands) as _, |it| {
        it.accounts.email_verification_required = true;
    });
    let town = town.await;
    town.world
        .services
        .sign_up()
        .with_email_password(sign_up(ADA))
        .await
        .unwrap();
    errands.run().await;
    town.knows("eve", Some((ADA, false)));
    town.knows("bob", Some(("bob@example.com", false)));

    let taken = town.go_through(request("github"), "eve").await.unwrap();
    let mails_before = town.world.mailer.sent().len();
    let free = town.go_through(request("github"), "bob").await.unwrap();

    assert_eq!(taken, free);
    assert_eq!(town.world.mailer.sent().len(), mails_before);
    assert_eq!(errands.run().await, 1);
    assert_eq!(town.world.mailer.sent().len(), mails_before + 1);
    // Nor does it the next time, with either audience.
    for audience in [Audience::AllUsers, Audience::NewUsers] {
        let again = |code| {
            let request = ProviderFlowRequest {
                audience,
                ..request("github")
            };
            town.go_through(request, code)
        };
        assert_eq!(again("eve").await.unwrap(), taken);
        assert_eq!(again("bob").await.unwrap(), taken);
    }
    assert_eq!(errands.run().await, 0);
    let wrong = |code| {
        let options = SignUpOptions {
            allowed_roles: Some(vec![role("admin")]),
            ..SignUpOptions::default()
        };
        town.go_through(
            ProviderFlowRequest {
                options,
                ..request("github")
            },
            code,
        )
    };
    town.knows("dan", Some(("dan@example.com", false)));
    for refused in [wrong("eve").await, wrong("dan").await] {
        assert!(
            matches!(
                refused,
                Err(Error::Refused(ProviderSignInRefusal::SignUp(
                    SignUpRefusal::RoleNotAllowed
                )))
            ),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_verified_address_needs_no_mail() {
    let town = Town::with(|it| it.accounts.email_verification_required = true).await;
    town.knows("ada", Some((ADA, true)));

    assert!(town.sign_in("ada").await.unwrap().user.email_verified);
    assert!(town.world.mailer.sent().is_empty());
}

#[tokio::test]
async fn an_account_without_address_needs_no_verification() {
    let town = Town::with(|it| it.accounts.email_verification_required = true).await;
    town.knows("ada", None);

    town.sign_in("ada").await.unwrap();

    assert!(town.sign_in("ada").await.is_ok());
}

#[tokio::test]
async fn concurrent_sign_ins_of_one_new_user_make_one_account() {
    let town = Town::new().await;
    town.knows("ada", Some((ADA, true)));

    let (one, other) = tokio::join!(town.sign_in("ada"), town.sign_in("ada"));

    assert_eq!(one.unwrap().user.id, other.unwrap().user.id);
}

#[tokio::test]
async fn sign_up_can_be_switched_off() {
    for change in [
        (|it| it.accounts.sign_up_enabled = false) as fn(&mut AuthPolicy),
        |it| it.accounts.auto_sign_up = false,
    ] {
        let town = Town::with(change).await;
        town.knows("ada", Some((ADA, true)));

        let signed_in = town.sign_in("ada").await;

        assert!(
            matches!(
                signed_in,
                Err(Error::Refused(ProviderSignInRefusal::SignUp(
                    SignUpRefusal::Disabled
                )))
            ),
            "{signed_in:?}"
        );
        assert_eq!(town.world.stored(ADA).await, None);
    }
}

#[tokio::test]
async fn an_existing_user_cannot_sign_up() {
    let town = Town::with(|it| it.accounts.auto_sign_up = false).await;
    town.knows("ada", Some((ADA, true)));
    let sign_up = || ProviderFlowRequest {
        audience: Audience::NewUsers,
        ..request("github")
    };

    let first = town.go_through(sign_up(), "ada").await.unwrap();
    let second = town.go_through(sign_up(), "ada").await;

    assert!(matches!(first.grant, Grant::RefreshToken(_)));
    assert!(is_taken(&second), "{second:?}");
    assert!(town.sign_in("ada").await.is_ok());
}

#[tokio::test]
async fn an_account_that_starts_disabled_gives_no_session() {
    let town = Town::with(|it| it.accounts.new_users_disabled = true).await;
    town.knows("ada", Some((ADA, true)));

    let first = town.sign_in("ada").await;
    let second = town.sign_in("ada").await;

    assert!(
        matches!(
            first,
            Err(Error::Refused(ProviderSignInRefusal::SignUp(
                SignUpRefusal::CreatedDisabled
            )))
        ),
        "{first:?}"
    );
    assert!(
        matches!(
            second,
            Err(Error::Refused(ProviderSignInRefusal::Account(_)))
        ),
        "{second:?}"
    );
    assert!(town.stored(ADA).await.disabled);
}

/// An attacker who signed up first with an address loses the account to its verified owner.
#[tokio::test]
async fn the_first_verification_of_an_address_revokes_what_was_there() {
    let town = Town::new().await;
    let attacker = town.world.signed_up(ADA).await;
    town.knows("eve", None);
    town.go_through(connecting(&attacker), "eve").await.unwrap();
    town.knows("ada", Some((ADA, true)));

    let owner = town.sign_in("ada").await.unwrap();

    assert_eq!(owner.user.id, attacker.user.id);
    let services = &town.world.services;
    let service = services.sign_in();
    let password = service.with_email_password(credentials(ADA, PASSWORD));
    assert!(password.await.is_err());
    assert!(
        services
            .tokens()
            .refresh(attacker.refresh_token)
            .await
            .is_err()
    );
    // The attacker's own identity leads to a new account now.
    assert_ne!(town.sign_in("eve").await.unwrap().user.id, owner.user.id);
    assert_eq!(town.sign_in("ada").await.unwrap().user.id, owner.user.id);
}

/// Whatever its spelling.
#[tokio::test]
async fn another_spelling_of_an_address_does_not_keep_an_attacker_in() {
    let town = Town::new().await;
    let attacker = town.world.signed_up("Ada@Example.com").await;
    town.knows("ada", Some((ADA, true)));

    let owner = town.sign_in("ada").await.unwrap();

    assert_eq!(owner.user.id, attacker.user.id);
    assert!(owner.user.email_verified);
    let services = &town.world.services;
    let service = services.sign_in();
    let password = service.with_email_password(credentials(ADA, PASSWORD));
    assert!(password.await.is_err());
    let service = services.tokens();
    let refreshed = service.refresh(attacker.refresh_token);
    assert!(refreshed.await.is_err());
}

#[tokio::test]
async fn a_verified_account_keeps_what_it_has() {
    let town = Town::new().await;
    town.knows("ada", Some((ADA, true)));
    let first = town.sign_in("ada").await.unwrap();
    town.company
        .know("ada", person("elsewhere", Some((ADA, true))));

    town.go_through(request("c:company"), "ada").await.unwrap();

    assert!(
        town.world
            .services
            .tokens()
            .refresh(first.refresh_token)
            .await
            .is_ok()
    );
    assert_eq!(town.sign_in("ada").await.unwrap().user.id, first.user.id);
}

#[tokio::test]
async fn a_signed_in_user_can_link_their_account() {
    let town = Town::new().await;
    let session = town.world.signed_up(ADA).await;
    town.knows("ada", Some(("elsewhere@example.com", true)));

    let finished = town.go_through(connecting(&session), "ada").await.unwrap();

    assert_eq!(finished.grant, Grant::Nothing);
    assert_eq!(town.sign_in("ada").await.unwrap().user.id, session.user.id);
    assert_eq!(town.world.stored("elsewhere@example.com").await, None);
}

#[tokio::test]
async fn an_identity_belongs_to_one_account() {
    let town = Town::new().await;
    let ada = town.world.signed_up(ADA).await;
    let eve = town.world.signed_up("eve@example.com").await;
    town.knows("ada", None);
    town.go_through(connecting(&ada), "ada").await.unwrap();

    let by_another = town.go_through(connecting(&eve), "ada").await;
    let again = town.go_through(connecting(&ada), "ada").await;

    for refused in [by_another, again] {
        assert!(
            matches!(
                refused,
                Err(Error::Refused(ProviderSignInRefusal::AlreadyLinked))
            ),
            "{refused:?}"
        );
    }
    assert_eq!(town.sign_in("ada").await.unwrap().user.id, ada.user.id);
}

#[tokio::test]
async fn linking_needs_a_session_that_is_open_when_the_browser_comes_back() {
    let town = Town::new().await;
    let session = town.world.signed_up(ADA).await;
    town.knows("eve", None);
    let forged = ProviderFlowRequest {
        connect: Some(Secret::new("forged")),
        ..request("github")
    };
    let begun = town.begin(connecting(&session)).await.unwrap();
    let services = &town.world.services;
    services
        .sign_out()
        .end_session(session.refresh_token)
        .await
        .unwrap();

    let late = town
        .finish(back(ProviderId::of("github"), &begun, "eve"))
        .await;
    let never = town.begin(forged).await;
    let after = town.begin(connecting(&session)).await;

    let errors = [late.err(), never.err(), after.err()];
    for error in errors.map(|it| it.unwrap().error) {
        assert!(
            matches!(error, Error::Refused(ProviderSignInRefusal::NotSignedIn(_))),
            "{error:?}"
        );
    }
    assert_ne!(town.sign_in("eve").await.unwrap().user.id, session.user.id);
}

#[tokio::test]
async fn linking_is_delicate() {
    let town = Town::with(|it| it.elevation.rule = ElevationRule::Required).await;
    let session = town.world.signed_up(ADA).await;
    town.knows("eve", None);

    let refused = town.go_through(connecting(&session), "eve").await;

    assert!(
        matches!(
            refused,
            Err(Error::Refused(ProviderSignInRefusal::NotElevated(_)))
        ),
        "{refused:?}"
    );
}

/// An attacker begins while the owner need not elevate, and comes back when they have to.
#[tokio::test]
async fn a_link_that_was_begun_with_a_plain_token_is_not_made_once_the_user_has_to_elevate() {
    let town = Town::with(|it| it.elevation.rule = ElevationRule::Recommended).await;
    let session = town.world.signed_up(ADA).await;
    town.knows("eve", None);
    let elevated = AccessIdentity {
        is_elevated: true,
        ..bearer_of(&session)
    };
    let begun = town.begin(connecting(&session)).await.unwrap();
    let mut work = town.world.store.begin().await.unwrap();
    let key = security_key("ada", session.user.id);
    work.security_keys().insert(&key).await.unwrap();
    work.commit().await.unwrap();

    let finished = town.finish(back(ProviderId::of("github"), &begun, "eve"));

    let error = finished.await.unwrap_err().error;
    assert!(
        matches!(error, Error::Refused(ProviderSignInRefusal::NotElevated(_))),
        "{error:?}"
    );
    let service = town.world.services.provider_sign_in();
    let plain = service.link_id_token(bearer_of(&session), proof("eve"));
    assert!(matches!(
        plain.await,
        Err(Error::Refused(ProviderSignInRefusal::NotElevated(_)))
    ));
    let by_owner = service.link_id_token(elevated, proof("eve")).await;
    assert!(by_owner.is_ok(), "{by_owner:?}");
}

#[tokio::test]
async fn a_flow_ends_in_the_browser_it_began_in() {
    let town = Town::new().await;
    town.knows("eve", None);
    let begun = town.begin(request("github")).await.unwrap();
    let github = || ProviderId::of("github");

    for mark in [None, Some(FlowBindingCookie::new([9; 24]))] {
        let elsewhere = ProviderCallback {
            mark,
            ..back(github(), &begun, "eve")
        };
        let finished = town.finish(elsewhere).await;
        assert!(is_invalid_state(&finished), "{finished:?}");
    }
    assert!(town.finish(back(github(), &begun, "eve")).await.is_ok());
}

#[tokio::test]
async fn a_flow_ends_at_the_provider_it_began_with() {
    let town = Town::new().await;
    town.company.know("ada", person("ada", None));
    let begun = town.begin(request("github")).await.unwrap();

    let finished = town.finish(back(ProviderId::of("c:company"), &begun, "ada"));

    let finished = finished.await;
    assert!(is_invalid_state(&finished), "{finished:?}");
}

#[tokio::test]
async fn a_flow_does_not_last() {
    let town = Town::new().await;
    town.knows("ada", None);
    let begun = town.begin(request("github")).await.unwrap();
    let other = town.begin(request("github")).await.unwrap();
    let returning = |begun| back(ProviderId::of("github"), begun, "ada");

    town.world
        .clock
        .advance(begun.ttl.saturating_sub(Duration::from_secs(1)));
    let in_time = town.finish(returning(&begun)).await;
    town.world.clock.advance(Duration::from_secs(1));
    let late = town.finish(returning(&other)).await;

    assert!(in_time.is_ok(), "{in_time:?}");
    assert!(is_invalid_state(&late), "{late:?}");
}

#[tokio::test]
async fn a_flow_ends_once_whatever_comes_of_it() {
    let town = Town::new().await;
    town.knows("ada", None);
    town.knows("eve", None);
    let github = || ProviderId::of("github");
    let authorization_error = AuthorizationError {
        error: "access_denied".to_owned(),
        description: String::new(),
        uri: String::new(),
    };
    let first_ends: [fn(ProviderCallback, AuthorizationError) -> ProviderCallback; 3] = [
        |back, _| back,
        |back, authorization_error| ProviderCallback {
            authorization_error: Some(authorization_error),
            ..back
        },
        |back, _| ProviderCallback {
            parameters: KnownPeople::parameters("unknown"),
            ..back
        },
    ];

    for end in first_ends {
        let begun = town.begin(request("github")).await.unwrap();
        let first = end(back(github(), &begun, "ada"), authorization_error.clone());
        let first = town.finish(first).await;
        let again = town.finish(back(github(), &begun, "eve")).await;

        assert!(!is_invalid_state(&first), "{first:?}");
        assert!(is_invalid_state(&again), "{again:?}");
    }
}

#[tokio::test]
async fn of_callbacks_at_once_with_one_flow_one_is_judged() {
    let town = Town::new().await;
    town.knows("ada", None);
    let begun = town.begin(request("github")).await.unwrap();
    let callback = || town.finish(back(ProviderId::of("github"), &begun, "ada"));

    let (one, other) = tokio::join!(callback(), callback());

    let refused = [&one, &other].map(is_invalid_state);
    assert_eq!(
        refused.iter().filter(|it| **it).count(),
        1,
        "{one:?} {other:?}"
    );
}

#[tokio::test]
async fn an_access_token_is_no_state() {
    let town = Town::new().await;
    let session = town.world.signed_up(ADA).await;
    let begun = town.begin(request("github")).await.unwrap();
    let callback = ProviderCallback {
        state: session.access_token.value,
        ..back(ProviderId::of("github"), &begun, "ada")
    };

    let finished = town.finish(callback).await;

    assert!(is_invalid_state(&finished), "{finished:?}");
}

#[tokio::test]
async fn request_and_response_share_secrets_that_no_other_flow_has() {
    let town = Town::new().await;

    let one = town.begin(request("github")).await.unwrap();
    let other = town.begin(request("github")).await.unwrap();

    let [first, second] = town.github.requests().try_into().unwrap();
    assert_ne!(first.proof.verifier, second.proof.verifier);
    assert_ne!(first.proof.nonce, second.proof.nonce);
    assert_ne!(one.mark, other.mark);
    assert_eq!(
        first.callback.as_str(),
        "http://auth.example.com/signin/provider/github/callback"
    );
}

#[tokio::test]
async fn an_error_of_a_provider_is_told_to_the_client_itself() {
    let town = Town::new().await;
    let options = SignUpOptions {
        redirect_to: Some("http://localhost:3000/deep".to_owned()),
        ..SignUpOptions::default()
    };
    let begun = town.begin(ProviderFlowRequest {
        options,
        ..request("github")
    });
    let begun = begun.await.unwrap();
    let authorization_error = AuthorizationError {
        error: "access_denied".to_owned(),
        description: "no".to_owned(),
        uri: String::new(),
    };
    let callback = ProviderCallback {
        authorization_error: Some(authorization_error.clone()),
        ..back(ProviderId::of("github"), &begun, "ada")
    };

    let failure = town.finish(callback).await.unwrap_err();

    assert_eq!(
        failure.redirect_to.unwrap().as_str(),
        "http://localhost:3000"
    );
    assert!(
        matches!(&failure.error, Error::Refused(ProviderSignInRefusal::AuthorizationFailed(it)) if *it == authorization_error),
        "{:?}",
        failure.error
    );
}

#[tokio::test]
async fn a_provider_that_does_not_help_is_told_apart_by_what_it_refuses() {
    let town = Town::new().await;
    let with = async |parameters| {
        let begun = town.begin(request("github")).await.unwrap();
        let callback = ProviderCallback {
            parameters,
            ..back(ProviderId::of("github"), &begun, "unknown")
        };
        town.finish(callback).await
    };

    let without_code = with(auth_domain::ports::Parameters::default()).await;
    let without_profile = with(KnownPeople::parameters("unknown")).await;

    assert!(matches!(
        without_code.unwrap_err().error,
        Error::Refused(ProviderSignInRefusal::CodeRefused)
    ));
    assert!(matches!(
        without_profile.unwrap_err().error,
        Error::Refused(ProviderSignInRefusal::ProfileFailed)
    ));
}

#[tokio::test]
async fn a_provider_that_is_switched_off_neither_redirects_nor_signs_in() {
    let town = Town::new().await;
    town.knows("ada", None);
    let begun = town.begin(request("github")).await.unwrap();
    let without = World::over_with(
        Arc::clone(&town.world.store),
        Arc::default(),
        policy(),
        |_| {},
    );
    let without = without.await.services.provider_sign_in();

    let sent = without.begin(request("github")).await;
    let back = without
        .finish(back(ProviderId::of("github"), &begun, "ada"))
        .await;

    for error in [sent.unwrap_err().error, back.unwrap_err().error] {
        assert!(
            matches!(
                error,
                Error::Refused(ProviderSignInRefusal::ProviderDisabled)
            ),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_flow_is_no_open_redirect() {
    let town = Town::new().await;
    let options = SignUpOptions {
        redirect_to: Some("https://evil.example.com".to_owned()),
        ..SignUpOptions::default()
    };

    let failure = town
        .begin(ProviderFlowRequest {
            options,
            ..request("github")
        })
        .await
        .unwrap_err();

    assert_eq!(failure.redirect_to, None);
    assert!(matches!(
        failure.error,
        Error::Refused(ProviderSignInRefusal::RedirectNotAllowed)
    ));
}

#[tokio::test]
async fn an_id_token_signs_in_like_a_flow() {
    let town = Town::new().await;
    town.knows("ada", Some((ADA, true)));
    let visited = town.sign_in("ada").await.unwrap();

    let brought = town.bring("ada").await.unwrap();

    let SignedUp::Session(session) = brought else {
        panic!("no user was signed in");
    };
    assert_eq!(session.user.id, visited.user.id);
}

#[tokio::test]
async fn an_id_token_with_a_refused_address_does_not_sign_in() {
    let town = Town::new().await;
    town.knows("ada", None);
    town.sign_in("ada").await.unwrap();

    let brought = town.bring("ada").await;

    assert!(
        matches!(
            brought,
            Err(Error::Refused(ProviderSignInRefusal::SignUp(
                SignUpRefusal::EmailNotAllowed
            )))
        ),
        "{brought:?}"
    );
}

#[tokio::test]
async fn an_invalid_id_token_neither_signs_in_nor_links() {
    let town = Town::new().await;
    let session = town.world.signed_up(ADA).await;
    let service = town.world.services.provider_sign_in();

    let brought = town.bring("unknown").await.err();
    let linked = service.link_id_token(bearer_of(&session), proof("unknown"));

    for error in [brought, linked.await.err()] {
        assert!(
            matches!(
                error,
                Some(Error::Refused(ProviderSignInRefusal::InvalidIdToken))
            ),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn an_id_token_links_a_signed_in_user() {
    let town = Town::new().await;
    let session = town.world.signed_up(ADA).await;
    town.knows("elsewhere", Some(("elsewhere@example.com", true)));
    let service = town.world.services.provider_sign_in();

    let linked = service.link_id_token(bearer_of(&session), proof("elsewhere"));

    linked.await.unwrap();
    assert_eq!(
        town.sign_in("elsewhere").await.unwrap().user.id,
        session.user.id
    );
}
