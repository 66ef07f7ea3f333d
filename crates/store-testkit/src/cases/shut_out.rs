//! Every way to sign in, against everything that locks a user out: no session is opened after it,
//! at whichever moment of the sign-in it comes.

use std::{collections::BTreeSet, sync::Arc};

use auth_domain::{
    error::StoreError,
    ports::{EndedSessions, Store},
    session::SessionId,
    user::{PlainPassword, User, UserId},
};
use futures_util::{
    FutureExt,
    future::{Either, select},
};

use crate::{
    Fixture,
    interrupted_store::InterruptedStore,
    sign_ins::{Credential, Outcome, Ports, Server, SignIn},
    steps::{all_at_once, retried},
};

/// How often a race is run whose outcome depends on the order.
const ROUNDS: u32 = 5;

/// What locks a user out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ShutOut {
    /// An administrator disables the account.
    Disable,
    /// An administrator deletes it.
    Delete,
    /// The owner of the mailbox verifies it for the first time, and all credentials are revoked
    /// (account pre-hijacking).
    Revoke,
    /// The password is changed.
    NewPassword,
}

/// A disabled user is not signed in.
pub async fn no_session_is_opened_after_disabling(fixture: &dyn Fixture) {
    shut_out_at_every_step(fixture, ShutOut::Disable).await;
}

/// A deleted user is not signed in, and the answer is that of an unknown user.
pub async fn no_session_is_opened_after_deleting(fixture: &dyn Fixture) {
    shut_out_at_every_step(fixture, ShutOut::Delete).await;
}

/// Revoked credentials do not sign in.
pub async fn no_session_is_opened_after_a_first_verification(fixture: &dyn Fixture) {
    shut_out_at_every_step(fixture, ShutOut::Revoke).await;
}

/// The former password does not sign in, nor does a code or link that was sent before the change.
/// Personal access tokens, linked identities and security keys stay.
pub async fn no_session_is_opened_after_a_password_change(fixture: &dyn Fixture) {
    shut_out_at_every_step(fixture, ShutOut::NewPassword).await;
}

/// The same with sign-ins that really run at the same time.
pub async fn parallel_sign_ins_do_not_outlive_a_first_verification(fixture: &dyn Fixture) {
    race_against(fixture, ShutOut::Revoke).await;
}

/// The same with a change of the password.
pub async fn parallel_sign_ins_do_not_outlive_a_password_change(fixture: &dyn Fixture) {
    race_against(fixture, ShutOut::NewPassword).await;
}

impl ShutOut {
    /// Whether it locks out a user who signs in in this way.
    fn concerns(self, sign_in: SignIn) -> bool {
        let stays = matches!(
            sign_in,
            SignIn::PersonalAccessToken | SignIn::IdToken | SignIn::SecurityKey
        );
        self != Self::NewPassword || !stays
    }

    fn sign_ins(self) -> impl Iterator<Item = SignIn> {
        SignIn::ALL.into_iter().filter(move |it| self.concerns(*it))
    }

    async fn happen(self, fixture: &dyn Fixture, server: &Server, user: UserId) {
        match self {
            Self::Disable => fixture.disable(user).await,
            Self::Delete => fixture.delete(user).await,
            Self::Revoke | Self::NewPassword => {
                self.happen_by_itself(&*fixture.store(), server, user).await;
            }
        }
    }

    /// Does what needs no administrator.
    async fn happen_by_itself(self, store: &dyn Store, server: &Server, user: UserId) {
        if self == Self::Revoke {
            retried(|| revoke_everything(store, user)).await.unwrap();
        } else {
            let password = PlainPassword::new("chosen meanwhile");
            let service = server.services.password_change();
            service.set(user, &password).await.unwrap();
        }
    }
}

async fn revoke_everything(store: &dyn Store, user: UserId) -> Result<(), StoreError> {
    let mut work = store.begin().await?;
    work.users().lock(user).await?;
    work.users().clear_phone_number(user).await?;
    work.users().clear_password(user).await?;
    work.sessions().end_all_of(user, EndedSessions::All).await?;
    work.identities().forget_all_of(user).await?;
    work.security_keys().forget_all_of(user).await?;
    work.tickets().forget_all_of(user).await?;
    work.second_factors().forget_all_of(user).await?;
    work.commit().await
}

/// A failure of the store at any step of a sign-in leaves the credential valid: it is consumed in
/// the unit of work that opens the session.
pub async fn a_failure_at_any_step_leaves_the_credential_good(fixture: &dyn Fixture) {
    let store = fixture.store();
    let ports = Ports::new();
    let server = Server::over(Arc::clone(&store), ports.clone()).await;
    let mut number = 0;
    for sign_in in SignIn::ALL {
        for step in 0.. {
            number += 1;
            let user = server.given_user(&*store, number).await;
            let credential = server.prepare(&*store, sign_in, &user).boxed().await;
            let failing = Arc::new(InterruptedStore::failing(Arc::clone(&store), step));
            let failing = Server::unprepared(failing, ports.clone());

            let first = failing.present(credential.clone()).boxed().await;
            if first == Outcome::SignedIn {
                assert!(step > 0, "{sign_in:?} calls the store");
                break;
            }
            assert_eq!(
                first,
                Outcome::Failed,
                "{sign_in:?}, failure at step {step}"
            );
            let again = server.present(credential).boxed().await;
            assert_eq!(
                again,
                Outcome::SignedIn,
                "{sign_in:?}, failure at step {step}"
            );
        }
    }
}

/// Locks a user out before each call of the store that a sign-in makes, and fails when a session
/// was opened after that.
async fn shut_out_at_every_step(fixture: &dyn Fixture, shut_out: ShutOut) {
    let store = fixture.store();
    let ports = Ports::new();
    let server = Server::over(Arc::clone(&store), ports.clone()).await;
    let mut number = 0;
    for sign_in in shut_out.sign_ins() {
        for step in 0.. {
            number += 1;
            let user = server.given_user(&*store, number).await;
            let credential = server.prepare(&*store, sign_in, &user).boxed().await;
            end_all(&*store, &user, sign_in).await;
            let (interrupted, stop) = InterruptedStore::stopping(Arc::clone(&store), step);
            let signing_in = Server::unprepared(Arc::new(interrupted), ports.clone());

            let presenting = signing_in.present(credential).boxed();
            let Either::Right((_, presenting)) = select(presenting, stop.reached).await else {
                break;
            };
            shut_out.happen(fixture, &server, user.id).boxed().await;
            let before = sessions(&*store, &ports, user.id).await;
            stop.go_on.send(()).unwrap();
            let outcome = presenting.await;

            assert_ne!(outcome, Outcome::Failed, "{sign_in:?} met {shut_out:?}");
            let after = sessions(&*store, &ports, user.id).await;
            let opened = after.difference(&before).count();
            assert_eq!(opened, 0, "{sign_in:?}, {shut_out:?} before step {step}");
        }
    }
}

/// Runs a sign-in and a lock-out concurrently: no session is left, in whichever order.
async fn race_against(fixture: &dyn Fixture, shut_out: ShutOut) {
    let store = fixture.store();
    let ports = Ports::new();
    let server = Arc::new(Server::over(Arc::clone(&store), ports.clone()).await);
    let mut number = 0;
    for sign_in in shut_out.sign_ins() {
        for _ in 0..ROUNDS {
            number += 1;
            let user = server.given_user(&*store, number).await;
            let credential = server.prepare(&*store, sign_in, &user).boxed().await;
            end_all(&*store, &user, sign_in).await;

            let signing_in = present(Arc::clone(&server), credential);
            let shutting_out = happen(shut_out, Arc::clone(&store), Arc::clone(&server), user.id);
            all_at_once([signing_in.boxed(), shutting_out.boxed()]).await;

            let left = sessions(&*store, &ports, user.id).await;
            assert!(left.is_empty(), "{sign_in:?} outlived {shut_out:?}");
        }
    }
}

async fn present(server: Arc<Server>, credential: Credential) {
    let outcome = server.present(credential).await;
    assert_ne!(outcome, Outcome::Failed);
}

async fn happen(shut_out: ShutOut, store: Arc<dyn Store>, server: Arc<Server>, user: UserId) {
    shut_out.happen_by_itself(&*store, &server, user).await;
}

/// Ends what the preparation opened.
async fn end_all(store: &dyn Store, user: &User, sign_in: SignIn) {
    let kept = match sign_in {
        SignIn::PersonalAccessToken => EndedSessions::AllButPersonalAccessTokens,
        _ => EndedSessions::All,
    };
    let mut work = store.begin().await.unwrap();
    work.sessions().end_all_of(user.id, kept).await.unwrap();
    work.commit().await.unwrap();
}

async fn sessions(store: &dyn Store, ports: &Ports, user: UserId) -> BTreeSet<SessionId> {
    let mut work = store.begin().await.unwrap();
    let open = work.sessions().list_of(user, ports.now()).await.unwrap();
    work.rollback().await.unwrap();
    open.into_iter().map(|session| session.id).collect()
}
