//! Users, sessions and moments to test with.
//!
//! Samples are named. The same name gives the same ids and hashes, and different names differ in
//! every value that has to be unique. Names have at most 16 bytes, which is what fits into an id.
#![expect(
    clippy::unwrap_used,
    reason = "a sample that is not valid must fail the test that asks for it"
)]

use std::{net::Ipv6Addr, time::Duration};

use auth_domain::{
    DateTime, Utc,
    flow_binding::{EndedFlow, FlowBindingCookie},
    guessing::{GuessLimits, Place},
    identity::{IdentityKey, NewLinkedIdentity, ProviderId, Subject},
    limits::ClientNetwork,
    one_time_code::{CodeGuess, CodeKey, CodePurpose, HashedCode, NewCode, OneTimeCode},
    ports::{Contact, Deanonymization, RefreshGate, RefreshRotation, StagedProfile},
    queued_message::{Carried, MessageId, NewQueuedMessage},
    recovery_code::{HashedRecoveryCode, RecoveryCode, RecoveryKeys},
    sealed::SealedSecret,
    security_key::{
        Challenge, ChallengePurpose, CredentialId, HashedChallenge, IssuedChallenge, KeyNickname,
        SecurityKey, SecurityKeyId, SignCount,
    },
    session::{
        AddressBlock, AuthMethod, CodeChallenge, Device, ExchangeCode, HashedExchangeCode,
        HashedRefreshToken, HashedSessionToken, PlainRefreshToken, PlainSessionToken,
        RefreshTokenKind, SessionId, StoredExchangeCode, StoredOpaqueSession, StoredRefreshToken,
        UserAgent,
    },
    ticket::{NewTicket, Ticket, TicketPurpose},
    user::{EmailAddress, HashedPassword, Locale, NewUser, PhoneNumber, Role, UserId, Username},
};
use chrono::TimeDelta;
use uuid::Uuid;

/// Seconds that sample tokens and sessions live.
pub const LIFE: i64 = 3600;

/// A moment so many seconds after the one at which samples are made.
///
/// That moment lies in 2001: a store that asks its own clock instead of its caller finds every
/// sample expired. It has microseconds, which a store has to keep.
#[must_use]
pub fn at(seconds: i64) -> DateTime<Utc> {
    let start = TimeDelta::microseconds(1_000_000_000_123_456);
    DateTime::UNIX_EPOCH + start + TimeDelta::seconds(seconds)
}

/// The last moment before `time` that a store can tell from it.
#[must_use]
pub fn just_before(time: DateTime<Utc>) -> DateTime<Utc> {
    time - TimeDelta::microseconds(1)
}

/// The id of the user with this name.
#[must_use]
pub fn user_id(name: &str) -> UserId {
    UserId(uuid(name))
}

/// An ordinary user: verified address `<name>@example.com`, no user name, role `user`.
#[must_use]
pub fn new_user(name: &str) -> NewUser {
    NewUser {
        id: user_id(name),
        created_at: at(0),
        disabled: false,
        display_name: name.to_owned(),
        avatar_url: String::new(),
        locale: Locale::english(),
        email: Some(email(&format!("{name}@example.com"))),
        email_verified: true,
        phone_number: None,
        username: None,
        password_hash: Some(HashedPassword::new(format!("hash of {name}'s password"))),
        default_role: Role::user(),
        roles: vec![Role::user()],
        is_anonymous: false,
        metadata: None,
    }
}

/// An ordinary user who has a user name instead of an address.
#[must_use]
pub fn new_user_called(username_text: &str, name: &str) -> NewUser {
    NewUser {
        email: None,
        email_verified: false,
        username: Some(username(username_text)),
        ..new_user(name)
    }
}

/// An anonymous user.
#[must_use]
pub fn anonymous_user(name: &str) -> NewUser {
    NewUser {
        display_name: "Anonymous User".to_owned(),
        email: None,
        email_verified: false,
        password_hash: None,
        default_role: Role::anonymous(),
        roles: vec![Role::anonymous()],
        is_anonymous: true,
        ..new_user(name)
    }
}

/// Turns an anonymous user into the one with this name, whose address is not verified.
#[must_use]
pub fn deanonymization(name: &str) -> Deanonymization {
    let named = new_user(name);
    Deanonymization {
        contact: Contact::Email(email(&format!("{name}@example.com"))),
        password_hash: named.password_hash,
        display_name: named.display_name,
        avatar_url: named.avatar_url,
        locale: named.locale,
        default_role: named.default_role,
        roles: named.roles,
        metadata: None,
        now: at(60),
    }
}

/// The profile of an anonymous user who is going to become the one with this name.
#[must_use]
pub fn staged_profile(name: &str) -> StagedProfile {
    let Deanonymization {
        display_name,
        locale,
        default_role,
        roles,
        metadata,
        ..
    } = deanonymization(name);
    StagedProfile {
        display_name,
        locale,
        default_role,
        roles,
        metadata,
    }
}

/// A phone number.
///
/// # Panics
///
/// When `text` cannot be one.
#[must_use]
pub fn phone_number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

/// An address.
///
/// # Panics
///
/// When `text` cannot be one.
#[must_use]
pub fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

/// A user name.
///
/// # Panics
///
/// When `text` cannot be one.
#[must_use]
pub fn username(text: &str) -> Username {
    Username::parse(text).unwrap()
}

/// A role.
///
/// # Panics
///
/// When `text` cannot be one.
#[must_use]
pub fn role(text: &str) -> Role {
    Role::parse(text).unwrap()
}

/// The hash of the refresh token with this name.
#[must_use]
pub fn refresh_hash(name: &str) -> HashedRefreshToken {
    PlainRefreshToken::new(uuid(name)).hashed()
}

/// The id of the session that begins with the refresh token of this name.
#[must_use]
pub fn session_id(name: &str) -> SessionId {
    SessionId(uuid(name))
}

/// A regular refresh token with [`LIFE`].
#[must_use]
pub fn refresh_token(name: &str, user_id: UserId) -> StoredRefreshToken {
    StoredRefreshToken {
        id: session_id(name),
        user_id,
        kind: RefreshTokenKind::Regular,
        hash: refresh_hash(name),
        created_at: at(0),
        metadata: None,
        expires_at: at(LIFE),
        methods: AuthMethod::Password.into(),
        device: device("Firefox", "192.0.2.77"),
    }
}

/// A device at an address.
///
/// # Panics
///
/// When `address` is none.
#[must_use]
pub fn device(user_agent: &str, address: &str) -> Device {
    Device {
        user_agent: UserAgent::parse(user_agent),
        network: Some(AddressBlock::around(address.parse().unwrap())),
    }
}

/// A personal access token with [`LIFE`].
#[must_use]
pub fn personal_access_token(name: &str, user_id: UserId) -> StoredRefreshToken {
    StoredRefreshToken {
        kind: RefreshTokenKind::PersonalAccess,
        ..refresh_token(name, user_id)
    }
}

/// A rotation from one named token to another, one minute after samples are made. Its gate is open,
/// it gives the row a new [`LIFE`], and lets nothing be deleted.
#[must_use]
pub fn rotation(from: &str, to: &str) -> RefreshRotation {
    rotation_at(60, from, to)
}

/// The same at another moment.
#[must_use]
pub fn rotation_at(seconds: i64, from: &str, to: &str) -> RefreshRotation {
    RefreshRotation {
        presented: refresh_hash(from),
        successor: refresh_hash(to),
        now: at(seconds),
        expires_at: at(seconds + LIFE),
        remember_for: Duration::from_hours(1),
        gate: RefreshGate {
            verified_email: false,
        },
        device: Device::default(),
    }
}

/// The hash of the opaque session with this name.
#[must_use]
pub fn session_hash(name: &str) -> HashedSessionToken {
    PlainSessionToken::new(name_bytes(name)).hashed()
}

/// An opaque session with [`LIFE`].
#[must_use]
pub fn opaque_session(name: &str, user_id: UserId) -> StoredOpaqueSession {
    StoredOpaqueSession {
        id: session_id(name),
        device: device("curl/8", "198.51.100.9"),
        hash: session_hash(name),
        user_id,
        created_at: at(0),
        expires_at: at(LIFE),
    }
}

/// The ticket with this name, good for verifying an address.
///
/// # Panics
///
/// When the name is empty or longer than a ticket may be.
#[must_use]
pub fn ticket(name: &str) -> Ticket {
    ticket_for(TicketPurpose::VerifyEmail, name)
}

/// The ticket with this name, good for something else.
///
/// # Panics
///
/// When the name is empty or longer than a ticket may be.
#[must_use]
pub fn ticket_for(purpose: TicketPurpose, name: &str) -> Ticket {
    Ticket::parse(&format!("{}:{name}", purpose.prefix())).unwrap()
}

/// The row of a ticket with [`LIFE`], without a code challenge.
#[must_use]
pub fn new_ticket(ticket: &Ticket, user_id: UserId) -> NewTicket {
    NewTicket {
        hash: ticket.hashed(),
        user_id,
        purpose: ticket.purpose(),
        created_at: at(0),
        expires_at: at(LIFE),
        code_challenge: None,
    }
}

/// The hash of a user's code with these digits.
///
/// # Panics
///
/// Unless `digits` are six.
#[must_use]
pub fn code_hash(digits: &str, user: UserId, purpose: CodePurpose) -> HashedCode {
    let code = OneTimeCode::parse(digits).unwrap();
    code.hashed(&CodeKey::derive(b"sample"), user, purpose)
}

/// A code for signing in with these digits and [`LIFE`].
///
/// # Panics
///
/// Unless `digits` are six.
#[must_use]
pub fn new_code(digits: &str, user_id: UserId) -> NewCode {
    new_code_for(CodePurpose::SignIn, digits, user_id)
}

/// The same for something else.
///
/// # Panics
///
/// Unless `digits` are six.
#[must_use]
pub fn new_code_for(purpose: CodePurpose, digits: &str, user_id: UserId) -> NewCode {
    NewCode {
        user_id,
        purpose,
        hash: code_hash(digits, user_id, purpose),
        expires_at: at(LIFE),
    }
}

/// A guess at a code for signing in, one minute after samples are made. Ten wrong ones since then
/// are too many.
///
/// # Panics
///
/// Unless `digits` are six.
#[must_use]
pub fn code_guess(digits: &str, user_id: UserId) -> CodeGuess {
    code_guess_for(CodePurpose::SignIn, digits, user_id)
}

/// The same for something else.
///
/// # Panics
///
/// Unless `digits` are six.
#[must_use]
pub fn code_guess_for(purpose: CodePurpose, digits: &str, user_id: UserId) -> CodeGuess {
    CodeGuess {
        user_id,
        purpose,
        hash: code_hash(digits, user_id, purpose),
        limits: guess_limits(60, 0),
    }
}

/// Limits of a guess from an unknown network, so many seconds after samples are made: guesses from
/// `count_from` on count. Ten are too many for strangers, and 25 in all.
#[must_use]
pub fn guess_limits(now: i64, count_from: i64) -> GuessLimits {
    GuessLimits {
        place: None,
        now: at(now),
        count_from: at(count_from),
        max_wrong: 10,
        max_wrong_in_all: 25,
    }
}

/// A place of a user in the network with this name, of at most 8 bytes.
#[must_use]
pub fn place(name: &str, user: UserId) -> Place {
    let network = Ipv6Addr::from(uuid(name).into_bytes());
    Place::of(
        &CodeKey::derive(b"sample"),
        user,
        ClientNetwork::of(network.into()),
    )
}

/// The hash of a user's recovery code with this name, of at most ten bytes.
#[must_use]
pub fn recovery_code_hash(name: &str, user: UserId) -> HashedRecoveryCode {
    let mut random: [u8; 24] = name_bytes(name);
    // The last ten of the bytes make the code.
    random.rotate_right(14);
    RecoveryCode::new(random).hashed(&RecoveryKeys::derive(b"sample", []), user)
}

/// The hash of the exchange code with this name.
#[must_use]
pub fn exchange_code_hash(name: &str) -> HashedExchangeCode {
    ExchangeCode::new(name_bytes(name)).hashed()
}

/// The end of the flow with this name.
#[must_use]
pub fn ended_flow(name: &str) -> EndedFlow {
    EndedFlow {
        mark: FlowBindingCookie::new(name_bytes(name)).hashed(),
        remembered_until: at(LIFE),
    }
}

/// The challenge of the example of RFC 7636, appendix B.
///
/// # Panics
///
/// Never: the example is valid.
#[must_use]
pub fn challenge() -> CodeChallenge {
    CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap()
}

/// An exchange code with [`LIFE`].
#[must_use]
pub fn new_exchange_code(name: &str, user_id: UserId) -> StoredExchangeCode {
    StoredExchangeCode {
        hash: exchange_code_hash(name),
        user_id,
        challenge: challenge(),
        methods: AuthMethod::Email.into(),
        expires_at: at(LIFE),
    }
}

/// A provider.
///
/// # Panics
///
/// When `text` cannot be the name of one.
#[must_use]
pub fn provider(text: &str) -> ProviderId {
    ProviderId::parse(text).unwrap()
}

/// The identity with this id at `github`.
///
/// # Panics
///
/// When that is no id.
#[must_use]
pub fn identity_key(subject: &str) -> IdentityKey {
    IdentityKey {
        provider: provider("github"),
        subject: Subject::parse(subject).unwrap(),
    }
}

/// A link between an account and the identity with this name at `github`.
///
/// # Panics
///
/// When the name is no id.
#[must_use]
pub fn linked_identity(name: &str, user_id: UserId) -> NewLinkedIdentity {
    NewLinkedIdentity {
        id: uuid(name),
        user_id,
        key: identity_key(name),
        created_at: at(0),
    }
}

/// The credential id of the key with this name.
///
/// # Panics
///
/// When the name is empty.
#[must_use]
pub fn credential_id(name: &str) -> CredentialId {
    CredentialId::new(name.as_bytes().to_vec()).unwrap()
}

/// The key with this name, whose signature counter is seven.
#[must_use]
pub fn security_key(name: &str, user_id: UserId) -> SecurityKey {
    SecurityKey {
        id: SecurityKeyId(uuid(name)),
        user_id,
        credential_id: credential_id(name),
        public_key: vec![0xa5, 0, 0xff],
        sign_count: SignCount(7),
        nickname: Some(KeyNickname::from_stored(format!("{name}'s key"))),
    }
}

/// The hash of the challenge with this name.
#[must_use]
pub fn challenge_hash(name: &str) -> HashedChallenge {
    Challenge::new(name_bytes(name), [0; 24]).hashed()
}

/// A challenge for signing in with [`LIFE`], for any user.
#[must_use]
pub fn issued_challenge(name: &str) -> IssuedChallenge {
    IssuedChallenge {
        hash: challenge_hash(name),
        purpose: ChallengePurpose::SignIn,
        user_id: None,
        sign_up: None,
        created_at: at(0),
        expires_at: at(LIFE),
    }
}

fn uuid(name: &str) -> Uuid {
    Uuid::from_bytes(name_bytes(name))
}

/// The name, padded with zeros.
fn name_bytes<const N: usize>(name: &str) -> [u8; N] {
    assert!(name.len() <= N, "the name {name:?} is too long");
    let mut bytes = [0; N];
    for (slot, byte) in bytes.iter_mut().zip(name.bytes()) {
        *slot = byte;
    }
    bytes
}

/// A message to a user with a ticket or code, queued a second after samples are made. Its first
/// attempt has a lease until 45, and it expires with [`LIFE`].
#[must_use]
pub fn queued_message(name: &str, user_id: UserId, carried: Carried) -> NewQueuedMessage {
    NewQueuedMessage {
        id: MessageId(uuid(name)),
        user_id,
        carried,
        template: "email-verify",
        payload: SealedSecret::new(name),
        created_at: at(1),
        expires_at: at(LIFE),
        leased_until: at(45),
    }
}
