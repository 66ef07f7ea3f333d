//! Use cases: what a person can ask for, written once for both generations of the API.
//!
//! Every way to sign in ends in the same steps: *identify* the user, *check the account*, perhaps
//! ask for a *second factor*, *open a session* (module `session_opening`). Slow work (hashing, mail)
//! happens outside a unit of work.

mod anonymous;
mod clean_up;
mod context;
mod current_user;
mod custom_claims;
mod dependencies;
mod elevation;
mod email;
mod email_address;
mod email_links;
mod email_sign_in;
mod enumeration_protection;
mod error;
mod first_verification;
mod grant;
mod message_queue;
mod noted_user;
mod password_change;
mod password_rule;
mod personal_access_tokens;
mod phone_change;
mod provider_sign_in;
mod providers;
mod rate_limit;
mod readiness;
mod redeem_code;
mod retry;
mod second_factor;
mod security_keys;
mod session_opening;
mod sessions;
mod sign_in;
mod sign_out;
mod sign_up;
mod sms;
mod sms_sign_in;
mod tokens;

pub use anonymous::{
    AnonymousError, AnonymousRefusal, AnonymousService, AnonymousSignIn, Deanonymize,
    DeanonymizeBySms, DeanonymizeMethod,
};
pub use clean_up::CleanUpService;
pub use current_user::{CurrentUserError, CurrentUserRefusal, CurrentUserService};
pub use dependencies::{AuthenticatorApps, Dependencies, EnumerationProtection, Ports, Services};
pub use elevation::{
    CodeChannel, DelicateAction, ElevationError, ElevationMethod, ElevationRefusal,
    ElevationService,
};
pub use email_address::{EmailAddressError, EmailAddressRefusal, EmailAddressService, LinkRequest};
pub use email_links::{
    EmailLinkService, ExchangeError, ExchangeRefusal, FollowedLink, LinkCode, LinkError,
    LinkRefusal,
};
pub use email_sign_in::{
    Audience, EmailCode, EmailSignIn, EmailSignInError, EmailSignInRefusal, EmailSignInService,
};
pub use error::{Error, Failure, Refusal};
pub use grant::Grant;
pub use message_queue::{MessageDeliveryService, MessageQueueService};
pub use password_change::{
    PasswordChange, PasswordChangeError, PasswordChangeRefusal, PasswordChangeService,
};
pub use password_rule::PasswordRefusal;
pub use personal_access_tokens::{
    PersonalAccessTokenError, PersonalAccessTokenRefusal, PersonalAccessTokenRequest,
    PersonalAccessTokenService,
};
pub use phone_change::{PhoneChangeError, PhoneChangeRefusal, PhoneChangeService};
pub use provider_sign_in::{
    AuthorizationError, BegunFlow, FinishedFlow, FlowFailure, IdTokenProof, IdTokenSignIn,
    ProviderCallback, ProviderFlowRequest, ProviderSignInError, ProviderSignInRefusal,
    ProviderSignInService,
};
pub use providers::Providers;
pub use readiness::{Missing, ReadinessService};
pub use second_factor::{
    SecondFactorError, SecondFactorProof, SecondFactorRefusal, SecondFactorService,
    SecondFactorSignIn, TotpEnrolment,
};
pub use security_keys::{
    SecurityKeyError, SecurityKeyRefusal, SecurityKeyService, SecurityKeySignUp,
};
pub use session_opening::AccountRefusal;
pub use sessions::{SessionError, SessionRefusal, SessionService};
pub use sign_in::{
    EmailPasswordSignIn, SignInError, SignInRefusal, SignInService, SignedIn, UsernameSignIn,
};
pub use sign_out::SignOutService;
pub use sign_up::{
    EmailPasswordSignUp, SignUpError, SignUpOptions, SignUpRefusal, SignUpService, SignedUp,
    UsernameSignUp,
};
pub use sms_sign_in::{SmsCode, SmsSignIn, SmsSignInError, SmsSignInRefusal, SmsSignInService};
pub use tokens::{RefreshError, RefreshRefusal, TokenService};
