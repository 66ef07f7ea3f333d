//! Signing in.

use std::sync::Arc;

use auth_domain::{
    services::{AccountRefusal, Error, SignInRefusal, SignedIn, UsernameSignIn},
    testing::policy,
    user::{EmailAccessList, HasuraId},
};
use store_testkit::MemoryStore;

use crate::world::{Overtaking, PASSWORD, World, credentials, password, username};

#[tokio::test]
async fn the_right_password_opens_a_session_of_the_same_user() {
    let world = World::new().await;
    let first = world.signed_up("ada@example.com").await;

    let second = world.signed_in("ADA@example.com").await;

    assert_eq!(second.user.id, first.user.id);
    assert_ne!(second.id, first.id);
    assert_ne!(second.refresh_token, first.refresh_token);
}

#[tokio::test]
async fn unknown_users_and_wrong_passwords_look_alike_and_cost_the_same() {
    let world = World::new().await;
    world.signed_up("ada@example.com").await;
    let sign_in = world.services.sign_in();

    let before = world.hasher.verifications();
    let wrong = sign_in
        .with_email_password(credentials("ada@example.com", "wrong"))
        .await;
    let after_wrong = world.hasher.verifications();
    let unknown = sign_in
        .with_email_password(credentials("eve@example.com", "wrong"))
        .await;
    let after_unknown = world.hasher.verifications();

    assert!(matches!(
        wrong,
        Err(Error::Refused(SignInRefusal::InvalidCredentials))
    ));
    assert!(matches!(
        unknown,
        Err(Error::Refused(SignInRefusal::InvalidCredentials))
    ));
    assert_eq!(after_wrong - before, 1);
    assert_eq!(after_unknown - after_wrong, 1);
}

#[tokio::test]
async fn an_account_whose_state_forbids_it_is_told_so() {
    let open = World::new().await;
    open.signed_up("ada@example.com").await;
    let blocked = ["ada@example.com".to_owned()];
    let shut_out = open
        .beside(|it| it.accounts.email_access = EmailAccessList::new(&blocked, &[], &[], &[]))
        .await;
    let verifying = open
        .beside(|it| it.accounts.email_verification_required = true)
        .await;
    let disabling = World::with(|it| it.accounts.new_users_disabled = true).await;
    let service = disabling.services.sign_up();
    let created = service.with_email_password(crate::world::sign_up("ada@example.com"));
    created.await.unwrap_err();

    for (world, expected) in [
        (&shut_out, AccountRefusal::EmailNotAllowed),
        (&verifying, AccountRefusal::Unverified),
        (&disabling, AccountRefusal::Disabled),
    ] {
        let before = world.hasher.verifications();
        let attempt = credentials("ada@example.com", PASSWORD);

        let outcome = world.services.sign_in().with_email_password(attempt).await;

        assert!(
            matches!(outcome, Err(Error::Refused(SignInRefusal::Account(refusal))) if refusal == expected)
        );
        assert_eq!(
            world.hasher.verifications() - before,
            1,
            "it costs the same"
        );
    }
}

#[tokio::test]
async fn a_user_name_signs_in_to_the_same_user() {
    let world = World::new().await;
    world.signed_up_by_name("john").await;
    let credentials = |secret| UsernameSignIn {
        username: username("john"),
        password: password(secret),
    };

    let right = world
        .services
        .sign_in()
        .with_username(credentials(PASSWORD))
        .await
        .unwrap();
    let wrong = world
        .services
        .sign_in()
        .with_username(credentials("wrong horse"))
        .await;

    assert_eq!(right.user.hasura_id, HasuraId(2));
    assert!(matches!(
        wrong,
        Err(Error::Refused(SignInRefusal::InvalidCredentials))
    ));
}

#[tokio::test]
async fn both_generations_number_the_same_users() {
    let world = World::new().await;

    let modern = world.signed_up("ada@example.com").await;
    let legacy = world.signed_up_by_name("john").await;

    assert_eq!(modern.user.hasura_id, HasuraId(2));
    assert_eq!(legacy.user.hasura_id, HasuraId(3));
    let info = world
        .services
        .current_user()
        .by_bearer(&modern.access_token.value)
        .await
        .unwrap();
    assert_eq!(info.hasura_id, HasuraId(2));
}

#[tokio::test]
async fn the_state_of_a_named_account_is_told_only_to_who_knows_its_password() {
    let world = World::with(|it| it.accounts.new_users_disabled = true).await;
    let request = auth_domain::services::UsernameSignUp {
        username: username("john"),
        password: password(PASSWORD),
    };
    world
        .services
        .sign_up()
        .with_username(request)
        .await
        .unwrap_err();
    let credentials = |secret| UsernameSignIn {
        username: username("john"),
        password: password(secret),
    };

    let wrong = world
        .services
        .sign_in()
        .with_username(credentials("wrong horse"))
        .await;
    let right = world
        .services
        .sign_in()
        .with_username(credentials(PASSWORD))
        .await;

    assert!(matches!(
        wrong,
        Err(Error::Refused(SignInRefusal::InvalidCredentials))
    ));
    assert!(matches!(
        right,
        Err(Error::Refused(SignInRefusal::Account(
            AccountRefusal::Disabled
        )))
    ));
}

#[tokio::test]
async fn a_password_that_was_changed_while_it_was_judged_opens_nothing() {
    let world = World::new().await;
    let ada = world.signed_up("ada@example.com").await.user.id;
    let john = world.signed_up_by_name("john").await.user.id;
    let attempt = credentials("ada@example.com", PASSWORD);
    let named = UsernameSignIn {
        username: username("john"),
        password: password(PASSWORD),
    };

    let modern = world
        .overtaken(ada)
        .sign_in()
        .with_email_password(attempt)
        .await;
    let legacy = world.overtaken(john).sign_in().with_username(named).await;

    assert!(matches!(
        modern,
        Err(Error::Refused(SignInRefusal::InvalidCredentials))
    ));
    assert!(matches!(
        legacy,
        Err(Error::Refused(SignInRefusal::InvalidCredentials))
    ));
}

#[tokio::test]
async fn a_second_factor_switched_on_while_the_password_is_judged_is_asked_for() {
    let world = World::new().await;
    let ada = world.signed_up("ada@example.com").await.user.id;
    let john = world.signed_up_by_name("john").await.user.id;
    let attempt = credentials("ada@example.com", PASSWORD);
    let named = UsernameSignIn {
        username: username("john"),
        password: password(PASSWORD),
    };

    let modern = world.overtaken_by(Overtaking::SecondFactor, ada).sign_in();
    let modern = modern.with_email_password(attempt).await;
    let legacy = world.overtaken_by(Overtaking::SecondFactor, john).sign_in();
    let legacy = legacy.with_username(named).await;

    assert!(
        matches!(modern, Ok(SignedIn::SecondFactor(_))),
        "{modern:?}"
    );
    assert!(matches!(
        legacy,
        Err(Error::Refused(SignInRefusal::SecondFactorRequired))
    ));
}

#[tokio::test]
async fn an_account_disabled_while_its_password_is_judged_is_told_to_be_disabled() {
    let store = MemoryStore::new();
    let shared = Arc::new(store.clone());
    let world = World::over_with(shared, Arc::default(), policy(), |_| {}).await;
    let ada = world.signed_up("ada@example.com").await.user.id;
    let sessions = world.services.sessions();
    let before = sessions.list(ada).await.unwrap();

    let overtaken = world
        .overtaken_by(Overtaking::Disabling(store), ada)
        .sign_in();
    let answer = overtaken.with_email_password(credentials("ada@example.com", PASSWORD));

    let refusal = answer.await.unwrap_err();
    let disabled = AccountRefusal::Disabled;
    assert!(
        matches!(refusal, Error::Refused(SignInRefusal::Account(reason)) if reason == disabled)
    );
    assert_eq!(sessions.list(ada).await.unwrap(), before);
}
