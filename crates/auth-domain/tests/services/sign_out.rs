//! Signing out.

use auth_domain::services::{CurrentUserRefusal, Error, RefreshRefusal, SessionRefusal};

use crate::world::{World, bearer_of};

#[tokio::test]
async fn signing_out_ends_one_session_and_is_repeatable() {
    let world = World::new().await;
    let first = world.signed_up("ada@example.com").await;
    let second = world.signed_in("ada@example.com").await;

    world
        .services
        .sign_out()
        .end_session(first.refresh_token)
        .await
        .unwrap();
    world
        .services
        .sign_out()
        .end_session(first.refresh_token)
        .await
        .unwrap();

    let ended = world.services.tokens().refresh(first.refresh_token).await;
    assert!(matches!(
        ended,
        Err(Error::Refused(RefreshRefusal::InvalidRefreshToken))
    ));
    assert!(
        world
            .services
            .tokens()
            .refresh(second.refresh_token)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn signing_out_everywhere_ends_all_sessions_of_that_user_alone() {
    let world = World::new().await;
    let first = world.signed_up("ada@example.com").await;
    let second = world.signed_in("ada@example.com").await;
    let other = world.signed_up("bob@example.com").await;

    let sign_out = world.services.sign_out();
    assert!(sign_out.end_all_sessions(bearer_of(&first)).await.unwrap());

    for session in [first, second] {
        assert!(
            world
                .services
                .tokens()
                .refresh(session.refresh_token)
                .await
                .is_err()
        );
    }
    assert!(
        world
            .services
            .tokens()
            .refresh(other.refresh_token)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_session_that_has_ended_ends_no_others() {
    let world = World::new().await;
    let attacker = world.signed_up("ada@example.com").await;
    let owner = world.signed_in("ada@example.com").await;
    let (sessions, sign_out) = (&world.services.sessions(), &world.services.sign_out());
    sessions.end(bearer_of(&owner), attacker.id).await.unwrap();

    let all = sign_out.end_all_sessions(bearer_of(&attacker)).await;
    let others = sessions.end_others(bearer_of(&attacker)).await;
    let one = sessions.end(bearer_of(&attacker), owner.id).await;

    assert!(matches!(all, Ok(false)));
    assert!(matches!(
        others,
        Err(Error::Refused(SessionRefusal::SessionEnded))
    ));
    assert!(matches!(
        one,
        Err(Error::Refused(SessionRefusal::SessionEnded))
    ));
    let refreshed = world.services.tokens().refresh(owner.refresh_token).await;
    assert!(refreshed.is_ok());
}

#[tokio::test]
async fn a_token_that_names_no_session_signs_out_everywhere() {
    let world = World::new().await;
    let session = world.signed_up("ada@example.com").await;

    let sign_out = world.services.sign_out();
    assert!(sign_out.end_all_sessions(session.user.id).await.unwrap());

    let refreshed = world.services.tokens().refresh(session.refresh_token).await;
    assert!(matches!(
        refreshed,
        Err(Error::Refused(RefreshRefusal::InvalidRefreshToken))
    ));
}

#[tokio::test]
async fn an_opaque_session_is_gone_after_logout_and_after_its_time() {
    let world = World::new().await;
    let session = world.signed_up_by_name("john").await;
    let other = world.signed_up_by_name("jane").await;
    let current = world.services.current_user();
    assert!(current.by_bearer(session.token.expose()).await.is_ok());

    let sign_out = world.services.sign_out();
    assert!(sign_out.end_opaque_session(&session.token).await.unwrap());
    assert!(!sign_out.end_opaque_session(&session.token).await.unwrap());

    let ended = current.by_bearer(session.token.expose()).await;
    assert!(matches!(
        ended,
        Err(Error::Refused(CurrentUserRefusal::InvalidToken))
    ));
    assert!(current.by_bearer(other.token.expose()).await.is_ok());
    world.clock.advance(std::time::Duration::from_hours(48));
    let expired = current.by_bearer(other.token.expose()).await;
    assert!(matches!(
        expired,
        Err(Error::Refused(CurrentUserRefusal::InvalidToken))
    ));
}
