//! Signing up.

use auth_domain::{
    ports::MailKind,
    services::{
        EmailPasswordSignUp, Error, Failure, PasswordRefusal, SignUpOptions, SignUpRefusal,
        SignedUp, UsernameSignUp,
    },
    user::{DisplayName, EmailAccessList, HasuraId, Locale, Role},
};

use crate::world::{PASSWORD, World, credentials, password, role, sign_up, username};

#[tokio::test]
async fn a_new_user_is_signed_in_with_the_defaults_of_the_installation() {
    let world = World::new().await;

    let session = world.signed_up("Ada@example.com").await;

    let user = session.user;
    assert_eq!(user.display_name, "Ada@example.com");
    assert_eq!(user.roles, [role("me"), Role::user()]);
    assert_eq!(user.default_role, Role::user());
    assert_eq!(user.locale, Locale::english());
    assert!(
        user.avatar_url
            .starts_with("https://www.gravatar.com/avatar/")
    );
    assert!(!user.email_verified);
    assert_eq!(world.mailer.sent(), []);
    let stored = world.stored("ada@EXAMPLE.com").await.unwrap();
    assert_eq!(stored.id, user.id);
    assert_eq!(stored.email.unwrap().as_str(), "Ada@example.com");
}

#[tokio::test]
async fn one_address_has_one_account_whatever_its_spelling() {
    let world = World::new().await;
    world.signed_up("ada@example.com").await;

    let again = world
        .services
        .sign_up()
        .with_email_password(sign_up("ADA@example.com"))
        .await;

    assert!(matches!(
        again,
        Err(Error::Refused(SignUpRefusal::EmailTaken))
    ));
}

#[tokio::test]
async fn sign_up_can_be_disabled() {
    let world = World::with(|it| it.accounts.sign_up_enabled = false).await;
    let by_name = UsernameSignUp {
        username: username("ada"),
        password: password(PASSWORD),
    };

    let modern = world
        .services
        .sign_up()
        .with_email_password(sign_up("ada@example.com"))
        .await;
    let legacy = world.services.sign_up().with_username(by_name).await;

    assert!(matches!(
        modern,
        Err(Error::Refused(SignUpRefusal::Disabled))
    ));
    assert!(matches!(
        legacy,
        Err(Error::Refused(SignUpRefusal::Disabled))
    ));
    assert_eq!(world.stored("ada@example.com").await, None);
}

#[tokio::test]
async fn a_user_created_disabled_exists_but_has_no_session() {
    let world = World::with(|it| it.accounts.new_users_disabled = true).await;

    let outcome = world
        .services
        .sign_up()
        .with_email_password(sign_up("ada@example.com"))
        .await;

    assert!(matches!(
        outcome,
        Err(Error::Refused(SignUpRefusal::CreatedDisabled))
    ));
    assert!(world.stored("ada@example.com").await.unwrap().disabled);
    assert_eq!(world.mailer.sent(), []);
}

#[tokio::test]
async fn an_address_that_needs_verification_gets_a_mail_and_no_session() {
    let world = World::with(|it| it.accounts.email_verification_required = true).await;
    let request = EmailPasswordSignUp {
        options: SignUpOptions {
            redirect_to: Some("http://localhost:3000/hello".to_owned()),
            locale: Some(Locale::parse("fr").unwrap()),
            display_name: Some(DisplayName::parse("Ada").unwrap()),
            ..SignUpOptions::default()
        },
        ..sign_up("ada@example.com")
    };

    let outcome = world
        .services
        .sign_up()
        .with_email_password(request)
        .await
        .unwrap();

    assert_eq!(outcome, SignedUp::VerificationPending);
    let sent = world.mailer.sent();
    let [mail] = sent.as_slice() else {
        panic!("one mail, not {sent:?}")
    };
    assert_eq!(mail.kind, MailKind::VerifyEmail);
    assert_eq!(mail.to.as_str(), "ada@example.com");
    assert_eq!(mail.display_name, "Ada");
    assert_eq!(mail.locale.as_str(), "fr");
    assert_eq!(mail.redirect_to.as_str(), "http://localhost:3000/hello");
    assert!(mail.ticket.expose().starts_with("verifyEmail:"));
    let link = mail.link.as_ref().unwrap().expose();
    assert!(
        link.starts_with("http://auth.example.com/verify?redirectTo="),
        "{link}"
    );
    let service = world.services.sign_in();
    let sign_in = service.with_email_password(credentials("ada@example.com", PASSWORD));
    assert!(sign_in.await.is_err());
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_an_error_and_keeps_the_account() {
    let world = World::with(|it| it.accounts.email_verification_required = true).await;
    world.mailer.set_refusing(true);

    let outcome = world
        .services
        .sign_up()
        .with_email_password(sign_up("ada@example.com"))
        .await;

    assert!(matches!(outcome, Err(Error::Failed(Failure::Mailer(_)))));
    assert!(world.stored("ada@example.com").await.is_some());
}

#[tokio::test]
async fn a_shut_out_address_is_refused_before_its_password_is_looked_at() {
    let blocked = ["example.com".to_owned()];
    let world = World::with(|it| {
        it.accounts.email_access = EmailAccessList::new(&[], &[], &blocked, &[]);
    })
    .await;
    let request = EmailPasswordSignUp {
        password: password(""),
        ..sign_up("ada@example.com")
    };

    let outcome = world.services.sign_up().with_email_password(request).await;

    assert!(matches!(
        outcome,
        Err(Error::Refused(SignUpRefusal::EmailNotAllowed))
    ));
}

#[tokio::test]
async fn passwords_have_a_shortest_and_a_longest_length() {
    let world = World::with(|it| it.passwords.min_bytes = 5).await;
    let with = |text: &str| EmailPasswordSignUp {
        password: password(text),
        ..sign_up("ada@example.com")
    };

    let short = world
        .services
        .sign_up()
        .with_email_password(with("1234"))
        .await;
    let long = world
        .services
        .sign_up()
        .with_email_password(with(&"é".repeat(37)))
        .await;
    let longest = world
        .services
        .sign_up()
        .with_email_password(with(&"é".repeat(36)))
        .await;

    assert!(matches!(
        short,
        Err(Error::Refused(SignUpRefusal::Password(
            PasswordRefusal::TooShort { min: 5 }
        )))
    ));
    assert!(matches!(
        long,
        Err(Error::Refused(SignUpRefusal::Password(
            PasswordRefusal::TooLong
        )))
    ));
    assert!(longest.is_ok());
}

#[tokio::test]
async fn options_beyond_what_is_allowed_are_refused() {
    let world = World::new().await;
    let with = |options| EmailPasswordSignUp {
        options,
        ..sign_up("ada@example.com")
    };
    let defaults = SignUpOptions::default;
    let redirect = SignUpOptions {
        redirect_to: Some("https://evil.com".into()),
        ..defaults()
    };
    let admin = SignUpOptions {
        allowed_roles: Some(vec![role("admin")]),
        ..defaults()
    };
    let default_only = SignUpOptions {
        default_role: Some(role("admin")),
        ..defaults()
    };
    let not_among = SignUpOptions {
        allowed_roles: Some(vec![role("me")]),
        default_role: Some(Role::user()),
        ..defaults()
    };

    let sign_up = world.services.sign_up();
    let redirect = sign_up.with_email_password(with(redirect)).await;
    let admin = sign_up.with_email_password(with(admin)).await;
    let default_only = sign_up.with_email_password(with(default_only)).await;
    let not_among = sign_up.with_email_password(with(not_among)).await;

    assert!(matches!(
        redirect,
        Err(Error::Refused(SignUpRefusal::RedirectNotAllowed))
    ));
    assert!(matches!(
        admin,
        Err(Error::Refused(SignUpRefusal::RoleNotAllowed))
    ));
    assert!(matches!(
        default_only,
        Err(Error::Refused(SignUpRefusal::DefaultRoleNotInAllowedRoles))
    ));
    assert!(matches!(
        not_among,
        Err(Error::Refused(SignUpRefusal::DefaultRoleNotInAllowedRoles))
    ));
    assert_eq!(world.stored("ada@example.com").await, None);
}

#[tokio::test]
async fn wanted_roles_keep_their_order_and_an_unknown_locale_becomes_the_default() {
    let world = World::new().await;
    let request = EmailPasswordSignUp {
        options: SignUpOptions {
            allowed_roles: Some(vec![Role::user(), role("me"), Role::user()]),
            locale: Some(Locale::parse("zz").unwrap()),
            ..SignUpOptions::default()
        },
        ..sign_up("ada@example.com")
    };

    world
        .services
        .sign_up()
        .with_email_password(request)
        .await
        .unwrap();

    let user = world.stored("ada@example.com").await.unwrap();
    assert_eq!(user.roles, [Role::user(), role("me")]);
    assert_eq!(user.locale, Locale::english());
}

#[tokio::test]
async fn a_user_name_signs_up_with_the_role_user_first() {
    let world = World::with(|it| {
        it.accounts.allowed_roles.push(role("member"));
        it.accounts.username_roles = vec![role("member"), Role::user()];
    })
    .await;

    let session = world.signed_up_by_name(" john ").await;

    assert_eq!(session.user.username, Some(username("john")));
    assert_eq!(session.user.roles, [Role::user(), role("member")]);
    assert_eq!(session.user.hasura_id, HasuraId(2));
    assert_eq!(session.token.expose().len(), 48);
}

#[tokio::test]
async fn the_legacy_rules_for_passwords_and_names_hold() {
    let world = World::new().await;
    world.signed_up_by_name("john").await;
    let with = |name: &str, secret: &str| UsernameSignUp {
        username: username(name),
        password: password(secret),
    };

    let short = world
        .services
        .sign_up()
        .with_username(with("eve", "1234567"))
        .await;
    let taken = world
        .services
        .sign_up()
        .with_username(with("john", PASSWORD))
        .await;
    let other_case = world
        .services
        .sign_up()
        .with_username(with("John", PASSWORD))
        .await;

    assert!(matches!(
        short,
        Err(Error::Refused(SignUpRefusal::Password(
            PasswordRefusal::TooShort { min: 8 }
        )))
    ));
    assert!(matches!(
        taken,
        Err(Error::Refused(SignUpRefusal::UsernameTaken))
    ));
    assert!(other_case.is_ok());
}

#[tokio::test]
async fn a_provider_that_is_switched_off_neither_signs_up_nor_in() {
    let world = World::with(|it| it.accounts.username_enabled = false).await;
    let request = UsernameSignUp {
        username: username("ada"),
        password: password(PASSWORD),
    };

    let outcome = world.services.sign_up().with_username(request).await;

    assert!(matches!(
        outcome,
        Err(Error::Refused(SignUpRefusal::ProviderDisabled))
    ));
}

#[tokio::test]
async fn a_role_that_is_configured_twice_is_given_once() {
    let world = World::with(|it| it.accounts.allowed_roles.push(role("me"))).await;

    let session = world.signed_up("ada@example.com").await;

    assert_eq!(session.user.roles, [role("me"), Role::user()]);
}
