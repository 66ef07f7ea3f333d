//! Use cases, written once for both generations of the API.
//!
//! Every way to sign in ends in the same steps: *identify* the user, *check the account*, perhaps
//! ask for a *second factor*, *open a session* (module `session_opening`). Slow work (hashing,
//! mail) happens outside a unit of work.

mod account;
mod context;
mod dependencies;
mod elevation;
mod email_links;
mod error;
mod providers;
mod second_factor;
mod sign_in;
mod steps;
mod tokens;
mod upkeep;
mod use_cases;

pub use account::current_user::{CurrentUserError, CurrentUserRefusal, CurrentUserService};
pub use account::email_address::{
    EmailAddressError, EmailAddressRefusal, EmailAddressService, LinkRequest,
};
pub use account::password_change::{
    PasswordChange, PasswordChangeError, PasswordChangeRefusal, PasswordChangeService,
};
pub use account::phone_change::{PhoneChangeError, PhoneChangeRefusal, PhoneChangeService};
pub use account::sign_up::{
    EmailPasswordSignUp, SignUpError, SignUpOptions, SignUpRefusal, SignUpService, SignedUp,
    UsernameSignUp,
};
pub use dependencies::{AuthenticatorApps, Dependencies, EnumerationProtection, Ports};
pub use elevation::{
    CodeChannel, DelicateAction, ElevationError, ElevationMethod, ElevationRefusal,
    ElevationService,
};
pub use email_links::{
    EmailLinkService, ExchangeError, ExchangeRefusal, FollowedLink, LinkCode, LinkError,
    LinkRefusal,
};
pub use error::{Error, Failure, Refusal};
pub use providers::Providers;
pub use second_factor::{
    SecondFactorError, SecondFactorProof, SecondFactorRefusal, SecondFactorService,
    SecondFactorSignIn, TotpEnrolment,
};
pub use sign_in::anonymous::{
    AnonymousError, AnonymousRefusal, AnonymousService, AnonymousSignIn, Deanonymize,
    DeanonymizeBySms, DeanonymizeMethod,
};
pub use sign_in::email::{
    Audience, EmailCode, EmailSignIn, EmailSignInError, EmailSignInRefusal, EmailSignInService,
};
pub use sign_in::password::{
    EmailPasswordSignIn, SignInError, SignInRefusal, SignInService, SignedIn, UsernameSignIn,
};
pub use sign_in::provider::{
    AuthorizationError, BegunFlow, FinishedFlow, FlowFailure, IdTokenProof, IdTokenSignIn,
    ProviderCallback, ProviderFlowRequest, ProviderSignInError, ProviderSignInRefusal,
    ProviderSignInService,
};
pub use sign_in::security_key::{
    SecurityKeyError, SecurityKeyRefusal, SecurityKeyService, SecurityKeySignUp,
};
pub use sign_in::sms::{SmsCode, SmsSignIn, SmsSignInError, SmsSignInRefusal, SmsSignInService};
pub use steps::grant::Grant;
pub use steps::password_rule::PasswordRefusal;
pub use steps::session_opening::AccountRefusal;
pub use tokens::personal_access_tokens::{
    PersonalAccessTokenError, PersonalAccessTokenRefusal, PersonalAccessTokenRequest,
    PersonalAccessTokenService,
};
pub use tokens::refresh::{RefreshError, RefreshRefusal, TokenService};
pub use tokens::sessions::{SessionError, SessionRefusal, SessionService};
pub use tokens::sign_out::SignOutService;
pub use upkeep::clean_up::CleanUpService;
pub use upkeep::message_queue::{MessageDeliveryService, MessageQueueService};
pub use upkeep::readiness::{Missing, ReadinessService};
pub use use_cases::Services;
