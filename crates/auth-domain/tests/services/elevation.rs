//! A plain access token must not lead to an elevated one (privilege escalation): a user who has to
//! elevate cannot add a factor with it.

use std::sync::Arc;

use auth_domain::{
    one_time_code::OneTimeCode,
    policy::{AuthPolicy, ElevationRule},
    ports::Clock,
    services::{
        DelicateAction, EmailAddressRefusal, Error, LinkRefusal, LinkRequest, PhoneChangeRefusal,
        SecondFactorProof, SecondFactorRefusal,
    },
    session::AccessIdentity,
    testing::{PlainTotp, PlainWebAuthn, policy},
    ticket::Ticket,
    totp::{STEP_SECONDS, TimeStep, TotpSecret},
    user::{PhoneNumber, UserId},
};
use store_testkit::{MemoryStore, samples::security_key};

use crate::world::{World, bearer_of, email};

const ADA: &str = "ada@example.com";
const ELSEWHERE: &str = "+41790000009";

/// Rules under which users may have to elevate, and whether clients know all ways to.
const RULES: [(ElevationRule, bool); 4] = [
    (ElevationRule::Recommended, false),
    (ElevationRule::Recommended, true),
    (ElevationRule::Required, false),
    (ElevationRule::Required, true),
];

fn ruled((rule, every_method_obliges): (ElevationRule, bool)) -> impl FnOnce(&mut AuthPolicy) {
    move |it| {
        it.elevation.rule = rule;
        it.elevation.every_method_obliges = every_method_obliges;
        it.second_factors.totp_enabled = true;
    }
}

/// A world with security keys.
async fn world(rule: (ElevationRule, bool)) -> World {
    let mut policy = policy();
    ruled(rule)(&mut policy);
    let keys = PlainWebAuthn::new().unwrap();
    let store = Arc::new(MemoryStore::default());
    World::over_with(store, Arc::default(), policy, |it| {
        it.web_authn = Some(Arc::new(keys));
    })
    .await
}

impl World {
    async fn give_key(&self, user: UserId) {
        let mut work = self.store.begin().await.unwrap();
        let key = security_key("ada", user);
        work.security_keys().insert(&key).await.unwrap();
        work.commit().await.unwrap();
    }

    fn code_of(&self, secret: &TotpSecret) -> SecondFactorProof {
        let now = u64::try_from(self.clock.now().timestamp()).unwrap();
        SecondFactorProof::read(&PlainTotp::digits(secret, TimeStep(now / STEP_SECONDS)))
    }
}

fn elevated(plain: AccessIdentity) -> AccessIdentity {
    AccessIdentity {
        is_elevated: true,
        ..plain
    }
}

fn number() -> PhoneNumber {
    PhoneNumber::parse(ELSEWHERE).unwrap()
}

fn to_another_address() -> LinkRequest {
    LinkRequest {
        email: email("attacker@example.com"),
        redirect_to: None,
        code_challenge: None,
    }
}

#[tokio::test]
async fn for_the_owner_of_a_key_nothing_that_elevates_is_added_with_a_plain_token() {
    for rule in RULES {
        let world = world(rule).await;
        let plain = bearer_of(&world.signed_up(ADA).await);
        let services = &world.services;
        // The attacker was signed in before the key was added, and has a secret ready.
        let early = services.second_factor().generate(plain).await.unwrap();
        world.give_key(plain.user_id).await;

        let app = services.second_factor().generate(plain).await;
        let proof = world.code_of(&early.secret);
        let activated = services
            .second_factor()
            .activate(plain, proof.clone())
            .await;
        let phone = services.phone_change().request(plain, number()).await;
        let address = services
            .email_address()
            .request_change(plain, to_another_address())
            .await;
        let key = services
            .elevation()
            .check(plain, DelicateAction::AddFactor)
            .await;

        assert!(
            matches!(app, Err(Error::Refused(SecondFactorRefusal::NotElevated))),
            "{rule:?}"
        );
        assert!(
            matches!(
                activated,
                Err(Error::Refused(SecondFactorRefusal::NotElevated))
            ),
            "{rule:?}"
        );
        assert!(
            matches!(phone, Err(Error::Refused(PhoneChangeRefusal::NotElevated))),
            "{rule:?}"
        );
        assert!(
            matches!(
                address,
                Err(Error::Refused(EmailAddressRefusal::NotElevated))
            ),
            "{rule:?}"
        );
        assert!(key.is_err(), "{rule:?}");
        let owner = world.stored(ADA).await.unwrap();
        assert_eq!(owner.active_mfa, None, "{rule:?}");
        assert!(
            world.sms.sent().is_empty() && world.mailer.sent().is_empty(),
            "{rule:?}"
        );
        let by_owner = elevated(plain);
        services
            .second_factor()
            .activate(by_owner, proof)
            .await
            .unwrap();
        services
            .phone_change()
            .request(by_owner, number())
            .await
            .unwrap();
        services
            .email_address()
            .request_change(by_owner, to_another_address())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_first_factor_needs_no_elevated_token() {
    for rule in RULES {
        let world = world(rule).await;
        let plain = bearer_of(&world.signed_up(ADA).await);
        let services = &world.services;

        let key = services
            .elevation()
            .check(plain, DelicateAction::AddFactor)
            .await;
        let app = services.second_factor().generate(plain).await.unwrap();
        let proof = world.code_of(&app.secret);
        services
            .second_factor()
            .activate(plain, proof)
            .await
            .unwrap();

        assert!(key.is_ok(), "{rule:?}");
    }
}

#[tokio::test]
async fn the_owner_of_an_app_has_to_elevate_to_add_a_key_where_apps_elevate() {
    for (rule, obliges) in [
        // Only the owner of a key has to elevate there, so an attacker gains nothing by elevating.
        ((ElevationRule::Recommended, false), false),
        ((ElevationRule::Recommended, true), true),
        ((ElevationRule::Required, false), true),
        ((ElevationRule::Required, true), true),
    ] {
        let world = world(rule).await;
        let plain = bearer_of(&world.signed_up(ADA).await);
        let services = &world.services;
        let app = services.second_factor().generate(plain).await.unwrap();
        let proof = world.code_of(&app.secret);
        services
            .second_factor()
            .activate(plain, proof)
            .await
            .unwrap();

        let elevation = services.elevation();
        let checked = |it| elevation.check(it, DelicateAction::AddFactor);

        assert_eq!(checked(plain).await.is_err(), obliges, "{rule:?}");
        assert!(checked(elevated(plain)).await.is_ok(), "{rule:?}");
    }
}

/// An attacker requests a change, and waits until it is worth something.
#[tokio::test]
async fn having_to_elevate_withdraws_changes_that_were_requested_before() {
    let world = world((ElevationRule::Recommended, true)).await;
    let plain = bearer_of(&world.signed_up(ADA).await);
    let services = &world.services;
    services
        .email_address()
        .request_change(plain, to_another_address())
        .await
        .unwrap();
    let ticket = world.mailer.sent().pop().unwrap().ticket;
    services
        .phone_change()
        .request(plain, number())
        .await
        .unwrap();
    let text = world.sms.sent().pop().unwrap();

    let app = services.second_factor().generate(plain).await.unwrap();
    let proof = world.code_of(&app.secret);
    services
        .second_factor()
        .activate(plain, proof)
        .await
        .unwrap();

    let ticket = Ticket::parse(ticket.expose()).unwrap();
    let followed = services.email_links().follow(ticket).await;
    assert!(
        matches!(followed, Err(Error::Refused(LinkRefusal::InvalidTicket))),
        "{followed:?}"
    );
    let code = OneTimeCode::parse(text.code.expose()).unwrap();
    let moved = services
        .phone_change()
        .confirm(plain, &number(), &code)
        .await;
    assert!(
        matches!(moved, Err(Error::Refused(PhoneChangeRefusal::InvalidCode))),
        "{moved:?}"
    );
    let owner = world.stored(ADA).await.unwrap();
    assert_eq!(owner.phone_number, None);
}

/// Without a rule of elevation a change is not withdrawn when a factor is added.
#[tokio::test]
async fn without_a_rule_a_change_goes_on() {
    let world = world((ElevationRule::Disabled, false)).await;
    let plain = bearer_of(&world.signed_up(ADA).await);
    let services = &world.services;
    services
        .email_address()
        .request_change(plain, to_another_address())
        .await
        .unwrap();
    let ticket = world.mailer.sent().pop().unwrap().ticket;

    let app = services.second_factor().generate(plain).await.unwrap();
    let proof = world.code_of(&app.secret);
    services
        .second_factor()
        .activate(plain, proof)
        .await
        .unwrap();

    let ticket = Ticket::parse(ticket.expose()).unwrap();
    assert!(services.email_links().follow(ticket).await.is_ok());
}
