//! Changing a password.

use auth_domain::services::{Error, PasswordChange, PasswordChangeRefusal, PasswordRefusal};

use crate::world::{PASSWORD, World, credentials, password};

fn change(old: &str, new: &str) -> PasswordChange {
    PasswordChange {
        old: password(old),
        new: password(new),
    }
}

#[tokio::test]
async fn a_changed_password_ends_the_sessions_of_both_generations() {
    let world = World::new().await;
    let session = world.signed_up("ada@example.com").await;
    let services = &world.services;

    services
        .password_change()
        .change(
            &session.access_token.value,
            change(PASSWORD, "battery staple"),
        )
        .await
        .unwrap();

    assert!(
        services
            .tokens()
            .refresh(session.refresh_token)
            .await
            .is_err()
    );
    let old = services
        .sign_in()
        .with_email_password(credentials("ada@example.com", PASSWORD))
        .await;
    let new = services
        .sign_in()
        .with_email_password(credentials("ada@example.com", "battery staple"))
        .await;
    assert!(old.is_err());
    assert!(new.is_ok());
}

#[tokio::test]
async fn a_password_stays_when_the_change_is_refused() {
    let world = World::new().await;
    let session = world.signed_up_by_name("john").await;
    let service = world.services.password_change();

    let wrong = service
        .change(
            session.token.expose(),
            change("wrong horse", "battery staple"),
        )
        .await;
    let short = service
        .change(session.token.expose(), change(PASSWORD, "1234567"))
        .await;
    let long = service
        .change(session.token.expose(), change(PASSWORD, &"x".repeat(73)))
        .await;

    assert!(matches!(
        wrong,
        Err(Error::Refused(PasswordChangeRefusal::WrongPassword))
    ));
    assert!(matches!(
        short,
        Err(Error::Refused(PasswordChangeRefusal::Password(
            PasswordRefusal::TooShort { min: 8 }
        )))
    ));
    assert!(matches!(
        long,
        Err(Error::Refused(PasswordChangeRefusal::Password(
            PasswordRefusal::TooLong
        )))
    ));
    assert!(
        world
            .services
            .current_user()
            .by_bearer(session.token.expose())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn of_two_changes_with_one_old_password_the_first_wins() {
    let world = World::new().await;
    let session = world.signed_up_by_name("john").await;
    let service = world.services.password_change();
    let try_change =
        |new: &'static str| service.change(session.token.expose(), change(PASSWORD, new));

    let (one, other) =
        futures_util::future::join(try_change("battery staple"), try_change("staple battery"))
            .await;

    let wins = [one.is_ok(), other.is_ok()];
    assert_eq!(wins.iter().filter(|won| **won).count(), 1, "{wins:?}");
}
